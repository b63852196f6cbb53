"""OAuth 1.0a of integrations, as the server verifies it: HMAC-SHA256 only, nothing of the body of JSON calls.

The rules are those of Magento's Framework/Oauth (Oauth, Helper/Request, Helper/Signature/Hmac).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from .errors import refuse, required

LENGTH = 32
FUTURE_SECONDS = 600
_NEEDED = (
    "oauth_consumer_key", "oauth_signature", "oauth_signature_method", "oauth_nonce", "oauth_timestamp", "oauth_token",
)  # fmt: skip
_OAUTH_NAME = re.compile(r"oauth_[a-z_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """The four credentials of an integration, and what it may do; None = everything."""

    id: int
    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str
    resources: frozenset[str] | None = None


def header_parameters(header: str) -> dict[str, str]:
    """The parameters of an Authorization header; empty when its scheme is not OAuth."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "oauth":
        return {}
    found: dict[str, str] = {}
    for pair in rest.split(","):
        name, separator, value = pair.strip().partition("=")
        if separator:
            found[unquote(name)] = unquote(value.strip('"'))
    return found


def checked(parameters: dict[str, str]) -> None:
    """Refuse what is wrong with the parameters alone, before anything is looked up."""
    version = parameters.get("oauth_version", "1.0")
    if version != "1.0":
        refuse(400, "OAuth version %1 is not supported", [version])
    for name in _NEEDED:
        if not parameters.get(name):
            required(name)
    if len(parameters["oauth_token"]) != LENGTH:
        refuse(400, "The token length is invalid. Check the length and try again.")
    method = parameters["oauth_signature_method"]
    if method != "HMAC-SHA256":
        refuse(400, "Signature method %1 is not supported", [method])


def signed_pairs(text: str) -> list[tuple[str, str]]:
    """Pairs of a query or form that are signed: exactly one "=", and no oauth_ name."""
    pairs = [part.split("=") for part in text.split("&") if part.count("=") == 1]
    decoded = [(unquote_plus(name), unquote_plus(value)) for name, value in pairs]
    return [(name, value) for name, value in decoded if not _OAUTH_NAME.fullmatch(name)]


def base_string(*, method: str, url: str, parameters: dict[str, str], query: str, form: str = "") -> str:
    """METHOD&url&parameters. `url` is absolute; its query is ignored, default ports are dropped."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.port and (parts.scheme, parts.port) not in {("http", 80), ("https", 443)}:
        host = f"{host}:{parts.port}"
    own = [(name, value) for name, value in parameters.items() if name not in {"oauth_signature", "realm"}]
    pairs = [*own, *signed_pairs(query), *signed_pairs(form)]
    encoded = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    joined = "&".join(f"{name}={value}" for name, value in encoded)
    return "&".join((method.upper(), _encoded(f"{parts.scheme}://{host}{parts.path}"), _encoded(joined)))


def signature(base: str, *, consumer_secret: str, token_secret: str) -> str:
    """Base64 of HMAC-SHA256 under both secrets."""
    key = f"{_encoded(consumer_secret)}&{_encoded(token_secret)}".encode()
    return base64.b64encode(hmac.new(key, base.encode(), hashlib.sha256).digest()).decode()


def check_signature(given: str, base: str, integration: Integration) -> None:
    """Refuse a wrong signature."""
    expected = signature(
        base, consumer_secret=integration.consumer_secret, token_secret=integration.access_token_secret
    )
    if not hmac.compare_digest(given.encode(), expected.encode()):
        refuse(401, "The signature is invalid. Verify and try again.")


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")

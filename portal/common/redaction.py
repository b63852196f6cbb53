"""Keeps secrets out of everything that is stored, logged or shown."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit, urlunsplit

MASK = "***"
SECRET_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "orderful-api-key",
        "x-vwd-signature-v1",
    }
)
_SECRET_NAMES = re.compile(
    r"(pass(word|wd)?|secret|token|api[-_]?key|authorization|credential|assertion|signature|\botp\b)", re.IGNORECASE
)
_HARMLESS_NAMES = frozenset({"token_type", "tokentype", "expires_in"})


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers with the values of secret ones masked."""
    return {
        name: MASK if name.lower() in SECRET_HEADERS or _is_secret(name) else value for name, value in headers.items()
    }


def mask_url(url: str) -> str:
    """The URL without user information and with secret query values masked."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = parts.query
    if query and _SECRET_NAMES.search(query):
        query = urlencode([(k, MASK if _is_secret(k) else v) for k, v in parse_qsl(query, keep_blank_values=True)])
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def mask_form(body: str) -> str:
    """A form-encoded body with secret values masked."""
    return urlencode([(k, MASK if _is_secret(k) else v) for k, v in parse_qsl(body, keep_blank_values=True)], safe="*")


def mask_json(value: Any) -> Any:
    """A JSON value with everything under a secret name masked."""
    if isinstance(value, dict):
        return {k: MASK if _is_secret(k) and not isinstance(v, dict | list) else mask_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [mask_json(v) for v in value]
    return value


def mask_body(body: bytes, content_type: str) -> bytes:
    """A request or response body of a login call with secrets masked. Bodies that are neither JSON nor a form are kept
    out whole."""
    kind = content_type.partition(";")[0].strip().lower()
    text = body.decode("utf-8", "replace")
    if kind == "application/x-www-form-urlencoded":
        return mask_form(text).encode()
    try:
        said = json.loads(text)
    except ValueError:
        return MASK.encode() if body else b""
    return json.dumps(MASK if isinstance(said, str) else mask_json(said)).encode()  # a bare string is the token itself


SHORTEST = 4
"""Characters below which a secret is not looked for: it would hit words."""


def scrub(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of the known secret values, however they are spelled there."""
    for secret in spellings(secrets):
        text = text.replace(secret, MASK)
    return text


def spellings(secrets: Iterable[str]) -> list[str]:
    """The secrets as they may stand in what a system answers: plain, in an address or a form, in JSON with its escapes,
    in base64. Longest first, so that none is cut by a shorter one."""
    found: set[str] = set()
    for secret in secrets:
        if len(secret) < SHORTEST:
            continue
        coded = base64.b64encode(secret.encode()).decode().rstrip("=")
        found |= {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), coded}
        found |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return sorted(found, key=len, reverse=True)


def _is_secret(name: str) -> bool:
    return bool(_SECRET_NAMES.search(name)) and name.lower() not in _HARMLESS_NAMES

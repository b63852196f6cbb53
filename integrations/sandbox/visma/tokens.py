"""Access tokens: opaque to clients, self-contained for the simulator, so that they survive a restart."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

import msgspec

SERVICE = "vismanet_erp_service_api"
SCOPES = tuple(f"{SERVICE}:{verb}" for verb in ("read", "create", "update", "delete"))
_KEY = b"sandbox of visma connect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token says. `company` is empty when it was minted for a customer tenant instead of a company tenant."""

    client_id: str
    tenant_id: str
    company: str
    scopes: tuple[str, ...]
    issued: float
    expires: float
    jti: str


def issue(claims: Claims) -> str:
    """A token that looks like a JWT ("eyJ…")."""
    head = _b64(msgspec.json.encode({"alg": "RS256", "typ": "at+jwt", "kid": "sandbox"}))
    body = _b64(msgspec.json.encode(claims))
    return f"{head}.{body}.{_signature(f'{head}.{body}')}"


def read(token: str, now: datetime) -> Claims | None:
    """The claims of a valid token; None for a forged, damaged or expired one."""
    signed, _, signature = token.rpartition(".")
    if not signed or not hmac.compare_digest(signature, _signature(signed)):
        return None
    padded = signed.partition(".")[2]
    claims = msgspec.json.decode(base64.urlsafe_b64decode(padded + "=" * (-len(padded) % 4)), type=Claims)
    return claims if claims.issued - 60 <= now.timestamp() < claims.expires else None


def _signature(signed: str) -> str:
    return _b64(hmac.digest(_KEY, signed.encode(), hashlib.sha256))


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

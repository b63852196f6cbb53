"""Signatures of the Standard Webhooks form. Pure.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
SECRET_BYTES = 32
"""The form asks for 24 to 64."""


def new_secret() -> str:
    """As whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw…"""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(*, wire_id: str, at: dt.datetime, body: bytes, keys: Iterable[str]) -> dict[str, str]:
    """The three headers of a message, signed with every key that is live."""
    moment = int(at.timestamp())
    signed = " ".join(signature(key, wire_id=wire_id, timestamp=moment, body=body) for key in keys)
    return {"webhook-id": wire_id, "webhook-timestamp": str(moment), "webhook-signature": signed}


def signature(key: str, *, wire_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 over id, timestamp and body, in base64. Raises ValueError for a key that is none."""
    try:
        secret = base64.b64decode(key.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("A signing secret is whsec_ and base64.") from error
    digest = hmac.new(secret, f"{wire_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()

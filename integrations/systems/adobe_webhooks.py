"""How events of a shop are verified, and what they are hints for. Three senders, each with a signature of its own:

- Commerce Webhooks: `x-adobe-commerce-webhook-signature` is RSA (PKCS #1 v1.5, SHA-256) over the *base64 text* of the
  raw body. https://developer.adobe.com/commerce/extensibility/webhooks/signature-verification/
- Adobe I/O Events: `x-adobe-digital-signature-1` or `-2` is RSA over the raw body; the older `x-adobe-signature` is
  HMAC-SHA256 with the client secret. https://developer.adobe.com/events/docs/guides/
- Modules of others: HMAC-SHA256 with a shared key, under a header of their own.

Public keys are stored with the address, as secrets are: none is fetched from where an event says that it lies. A public
key is no secret, so no part of one is ever taken for a shared key. Adobe signs the events of all its customers with the
same keys: whose an event is, its `recipient_client_id` says, which is compared where ours is stored beside the keys
(`client-id:…`).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

COMMERCE = "x-adobe-commerce-webhook-signature"
IO_EVENTS = ("x-adobe-digital-signature-1", "x-adobe-digital-signature-2")
EVENT_ID = "x-adobe-event-id"
REQUEST_ID = "x-adobe-commerce-request-id"
KEY_PATHS = ("x-adobe-public-key1-path", "x-adobe-public-key2-path")
KEY_HOST = "https://static.adobeioevents.com"
"""Where Adobe's keys lie, for people: the path comes with the event, the host never does."""
CLIENT_ID = "client-id:"
STALE_AFTER = dt.timedelta(days=2)
"""Adobe repeats an event for a day."""
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9_-][A-Za-z0-9_/-]*\.pem")
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?(?:-----END \1-----|\Z)", re.DOTALL)
"""With the end of the text as its end: one that was cut off is a damaged key, and no list of shared ones."""
_FEEDS = (
    ("creditmemo", "credit-memos"),
    ("credit_memo", "credit-memos"),
    ("invoice", "invoices"),
    ("order", "orders"),
    ("checkout", "orders"),
    ("customer", "customers"),
    ("company", "customers"),
)
"""Word in an event's name → feed; the first that occurs counts: `sales_order_invoice_save_after` is of an invoice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What is stored with an address."""

    public: tuple[rsa.RSAPublicKey, ...]
    shared: tuple[str, ...]
    client_ids: frozenset[str]
    """Of ours at Adobe I/O: events for others are refused. Empty: not compared."""


def entries_of(lines: Sequence[str]) -> list[str]:
    """What a person entered, or what is stored, key by key: a PEM is one entry, however many lines it has. Shared lines
    between two of them (their first ones are all alike) belong to both."""
    text = "\n".join(line.strip() for entry in lines for line in entry.splitlines() if line.strip())
    found, place = [], 0
    for pem in _PEM.finditer(text):
        found += text[place : pem.start()].splitlines()
        found.append(pem.group())
        place = pem.end()
    found += text[place:].splitlines()
    return list(dict.fromkeys(entry for entry in found if entry))


def problem_of(entry: str) -> str:
    """Why an entry of `entries_of` can verify nothing; "" where it can."""
    if "-----" not in entry or _public_key(entry) is not None:
        return ""
    kind = entry.partition("-----BEGIN ")[2].partition("-----")[0] or "key"
    if "PRIVATE" in kind:
        return "This is a private key: it stays where events are signed. Store the public one."
    return f"This {kind.lower()} is damaged, or holds no RSA key: copy all of it, from BEGIN to END."


def keys_of(stored: Sequence[str]) -> Keys:
    """The public keys (PEM, which has several lines), the shared ones and our client ids among those that are stored.
    A damaged one verifies nothing."""
    public, shared, ids = [], [], set()
    for entry in entries_of(stored):
        if "-----" in entry:
            key = _public_key(entry)
            if key is not None:
                public.append(key)
        elif entry.startswith(CLIENT_ID):
            ids.add(entry.removeprefix(CLIENT_ID).strip())
        else:
            shared.append(entry)
    return Keys(public=tuple(public), shared=tuple(shared), client_ids=frozenset(ids))


def _public_key(pem: str) -> rsa.RSAPublicKey | None:
    try:
        if "CERTIFICATE" in pem.partition("\n")[0]:
            key = x509.load_pem_x509_certificate(pem.encode()).public_key()
        else:
            key = serialization.load_pem_public_key(pem.encode())  # type: ignore[assignment]
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPublicKey) else None


def is_signed_by_shop(headers: Mapping[str, str], body: bytes, keys: Sequence[rsa.RSAPublicKey]) -> bool:
    """Whether one of the keys signed a Commerce Webhook."""
    signature = headers.get(COMMERCE, "")
    return bool(signature) and any(_verifies(key, signature, base64.b64encode(body)) for key in keys)


def is_signed_by_adobe(headers: Mapping[str, str], body: bytes, keys: Sequence[rsa.RSAPublicKey]) -> bool:
    """Whether one of the keys made one of the two signatures of I/O Events."""
    stated = [headers[name] for name in IO_EVENTS if headers.get(name)]
    return any(_verifies(key, signature, body) for signature in stated for key in keys)


def refusal_of_event(said: Any, client_ids: frozenset[str], now: dt.datetime) -> str:
    """Why events that Adobe signed are refused all the same: they are for somebody else, or of days ago; "" when they
    are taken."""
    for event in said if isinstance(said, list) else [said]:
        if not isinstance(event, Mapping):
            return "It is no event."
        recipient = str(event.get("recipient_client_id") or "")
        if client_ids and recipient not in client_ids:
            return f"It is for another client of Adobe: {recipient[:60] or 'none is named'}."
        try:
            made = dt.datetime.fromisoformat(str(event.get("time") or ""))
        except ValueError:
            continue
        if made.tzinfo is not None and made < now - STALE_AFTER:
            return f"It is dated {made:%Y-%m-%d %H:%M}."
    return ""


def where_keys_are(headers: Mapping[str, str]) -> str:
    """Where Adobe's own keys of an event can be read by a person. Nothing is ever fetched from there by us, and only
    plain paths are repeated."""
    paths = [headers[name] for name in KEY_PATHS if _PLAIN_PATH.fullmatch(headers.get(name, ""))]
    return " and ".join(f"{KEY_HOST}{path}" for path in paths if len(path) <= 60)


def _verifies(key: rsa.RSAPublicKey, signature: str, signed: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), signed, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def feed_of(event: str) -> str:
    """The feed that an event is a hint for, by its name; "" for none of ours."""
    plain = event.lower()
    return next((feed for word, feed in _FEEDS if word in plain), "")


def names_in(said: Any) -> list[str]:
    """What events of a body are called: I/O Events come alone or by the hundred, and state their type; webhooks state
    the event's name, or only what they are about."""
    if isinstance(said, list):
        return [name for one in said for name in names_in(one)]
    if not isinstance(said, Mapping):
        return []
    for member in ("type", "eventName", "event_name"):
        if isinstance(said.get(member), str) and said[member]:
            return [said[member]]
    inner = said.get("data")
    return [str(name) for name in (inner if isinstance(inner, Mapping) else said) if feed_of(str(name))]


def event_id_of(said: Any) -> str:
    """The id of a single event as its body says it: that is signed, the header is not. "" where it says none."""
    return str(said.get("event_id") or "") if isinstance(said, Mapping) and "specversion" in said else ""

"""How the systems' webhooks are verified, and which feeds they are hints for.

An event is a hint and no more: what happened is read from the source. So little is needed of a body, which is good,
because the vendors publish little of theirs.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from integrations.systems import adobe_webhooks as adobe

STALE_AFTER = dt.timedelta(hours=24)
"""Visma repeats what was not taken with growing pauses; what is older than a day is no news any more."""
AHEAD = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What an event says."""

    event_id: str
    kind: str
    """As the sender writes it."""
    feeds: tuple[str, ...]
    """Feeds with news."""
    occurred_at: dt.datetime | None = None
    verdict_on: str = ""
    """What the sender calls something that we sent, of which it has a verdict now."""
    is_test: bool = False
    """Whether the sender only looks whether somebody is there."""

    @property
    def is_known(self) -> bool:
        """Whether anybody knows what the event means."""
        return bool(self.feeds or self.verdict_on or self.is_test)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """One system's webhooks. Header names are lower case."""

    refusal: Callable[[Mapping[str, str], bytes, Sequence[str], dt.datetime], str]
    """Headers, raw body, keys, now → why it is refused; "" when it is taken."""
    hint: Callable[[Mapping[str, str], bytes], Hint]
    taken_status: int = 200
    taken_body: bytes = b""
    """JSON that the sender wants to hear."""
    challenged: bool = False
    """Whether the sender asks an address to repeat a word before it sends anything there."""
    entries: Callable[[Sequence[str]], list[str]] = lambda lines: list(dict.fromkeys(lines))
    """What was entered as keys, key by key."""
    problem: Callable[[str], str] = lambda entry: ""
    """Why such an entry can be no key; "" where it can."""
    kept_headers: tuple[str, ...] = ()
    """Headers that are stored with the event; none that proves who we are."""


# --- Visma.net ERP

SIGNATURE = "x-vwd-signature-v1"
NOTIFIED = "x-vwd-notification-timestamp"
_VISMA_FEEDS = {
    "purchaseorder": "purchase-orders",
    "apinvoice": "supplier-invoices",
    "supplierinvoice": "supplier-invoices",
    "supplier": "suppliers",
    "arinvoice": "customer-invoices",
    "customerinvoice": "customer-invoices",
    "customer": "customers",
    "purchasereceipt": "purchase-receipts",
}
"""Entity in an event's name → feed; the first that fits counts, so longer names stand before their beginnings."""


def _visma_refusal(headers: Mapping[str, str], body: bytes, keys: Sequence[str], now: dt.datetime) -> str:
    """base64(HMAC-SHA256(key, raw body)) in `x-vwd-signature-v1`; any of the keys may have made it."""
    stated = headers.get(SIGNATURE, "").strip()
    if not keys:
        return "No signature key is stored for this connection."
    signatures = [base64.b64encode(hmac.digest(key.encode(), body, hashlib.sha256)).decode() for key in keys if key]
    if not any(hmac.compare_digest(one.encode(), stated.encode()) for one in signatures):
        return "The signature fits none of the keys."
    notified = _milliseconds(headers.get(NOTIFIED, ""))
    if notified is not None and not now - STALE_AFTER <= notified <= now + AHEAD:
        return f"It is dated {notified:%Y-%m-%d %H:%M} UTC."
    return ""


def feed_of(event: str) -> str:
    """The feed that an event of Visma is a hint for, by the event's name; "" for none of ours."""
    plain = "".join(c for c in event.lower() if c.isalpha())
    return next((feed for name, feed in _VISMA_FEEDS.items() if plain.startswith(name)), "")


def _visma_hint(headers: Mapping[str, str], body: bytes) -> Hint:
    kind = _event_name(_object(body))
    feed = feed_of(kind)
    event_id = headers.get("x-vwd-notification-id") or headers.get("x-vwd-event-id") or _hash(body)
    return Hint(
        event_id=event_id,
        kind=kind,
        feeds=(feed,) if feed else (),
        occurred_at=_milliseconds(headers.get(NOTIFIED, "")),
    )


def _event_name(said: Mapping[str, Any]) -> str:
    """The event's name. The body's schema is not published: these members are the likely ones."""
    for member in ("event", "eventName", "eventType", "type", "entity", "resource"):
        value = said.get(member) or said.get(member[:1].upper() + member[1:])
        if isinstance(value, str) and value:
            return value
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            return str(value["name"])
    return ""


# --- Orderful


def _orderful_refusal(headers: Mapping[str, str], body: bytes, keys: Sequence[str], now: dt.datetime) -> str:
    """Orderful publishes no signature: the address is the secret, and basic authentication where keys are stored
    (`user:password`)."""
    if not keys:
        return ""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    wanted = [base64.b64encode(key.encode()).decode() for key in keys if key]
    if scheme.lower() == "basic" and any(hmac.compare_digest(w.encode(), value.strip().encode()) for w in wanted):
        return ""
    return "The user name or password is wrong."


def _orderful_hint(headers: Mapping[str, str], body: bytes) -> Hint:
    """A transaction as Orderful delivers it. Seen again with another delivery it is another event."""
    said = _object(body)
    delivery = said.get("delivery") if isinstance(said.get("delivery"), dict) else {}
    number = str(said.get("id") or said.get("transactionId") or "")
    parts = [number, str(delivery.get("deliveryId") or delivery.get("href") or "")] if delivery else [number]
    kind = said.get("type")
    name = str(kind.get("name") or "") if isinstance(kind, dict) else str(kind or "")
    return Hint(
        event_id=":".join(p for p in parts if p)[:200] or _hash(body), kind=name, feeds=("inbox",) if number else ()
    )


# --- Airbase

_AIRBASE_FEEDS = {
    "vendor": "vendors",
    "payment": "payments",
    "bill": "payments",
    "purchase_request": "payments",
    "transaction": "payments",
    "reimbursement": "payments",
    "expense": "payments",
}
"""Word in an event's type → feed; the first that occurs counts. Which types there are is not published: those of
payments and of what leads to them have these words."""


def _airbase_refusal(headers: Mapping[str, str], body: bytes, keys: Sequence[str], now: dt.datetime) -> str:
    """Airbase publishes no signature: the address is the secret, and where keys are stored, HMAC-SHA256 over the raw
    body besides. Under which header it comes is not published either, so any that is called a signature will do: nobody
    can make one without a key."""
    if not keys:
        return ""
    stated = [value for name, value in headers.items() if "signature" in name or "hmac" in name]
    if any(is_signature(value, body, keys) for value in stated):
        return ""
    return "The signature fits none of the keys." if stated else "It carries no signature, and a key is stored."


def _airbase_hint(headers: Mapping[str, str], body: bytes) -> Hint:
    """`id, object, type, created_date, data`: https://developers.lumos.com/reference/processairbasemilestoneevent-1.
    Of them the id tells events apart, and the type says where to look."""
    said = _object(body)
    kind, number = (str(said.get(name) or "") for name in ("type", "id"))
    feed = next((feed for word, feed in _AIRBASE_FEEDS.items() if word in kind.lower()), "")
    return Hint(
        event_id=number or _hash(body),
        kind=kind,
        feeds=(feed,) if feed else (),
        occurred_at=_moment(str(said.get("created_date") or "")),
    )


# --- Basware


BASWARE_SIGNATURE = "x-bwapi-signature-256"
CONNECTION_TEST, REQUEST_STATUS = "connectiontest", "requeststatus"
_BASWARE_FEEDS = {
    "accountingdocuments": "accounting-documents",
    "accoutingdocuments": "accounting-documents",  # as the vendor's own sample has it
    "exportedpurchaseorders": "exported-orders",
}


def _basware_refusal(headers: Mapping[str, str], body: bytes, keys: Sequence[str], now: dt.datetime) -> str:
    """HMAC-SHA256 of the raw body in `X-BWAPI-Signature-256`. How it is written is not public, so hex and base64 are
    taken. What is past its expiration time is no news any more."""
    if not keys:
        return "No signature key is stored for this connection."
    if not is_signature(headers.get(BASWARE_SIGNATURE, ""), body, keys):
        return "The signature fits none of the keys."
    expires = _moment(str(_object(body).get("expirationTime") or ""))
    return f"It expired at {expires:%Y-%m-%d %H:%M} UTC." if expires is not None and expires < now else ""


def _basware_hint(headers: Mapping[str, str], body: bytes) -> Hint:
    """`taskId, taskType, taskSubType, documentId`: https://developer.basware.com/api/p2p/manual#PushNotifications"""
    said = _object(body)
    kind, sub_type = (str(said.get(name) or "") for name in ("taskType", "taskSubType"))
    plain = kind.lower()
    feed = _BASWARE_FEEDS.get(plain, "")
    return Hint(
        event_id=str(said.get("taskId") or "") or _hash(body),
        kind=f"{kind} {sub_type}".strip(),
        feeds=(feed,) if feed else (),
        verdict_on=str(said.get("documentId") or "") if plain == REQUEST_STATUS else "",
        is_test=plain == CONNECTION_TEST,
    )


def is_signature(stated: str, body: bytes, keys: Sequence[str]) -> bool:
    """Whether this is HMAC-SHA256 of the body under one of the keys, as hex or base64, with or without `sha256=` before
    it. Compared in constant time."""
    value = stated.strip().removeprefix("sha256=").encode()
    made = [hmac.digest(key.encode(), body, hashlib.sha256) for key in keys if key]
    return any(
        hmac.compare_digest(value, base64.b64encode(one)) or hmac.compare_digest(value.lower(), one.hex().encode())
        for one in made
    )


# --- Adobe Commerce


def _adobe_refusal(headers: Mapping[str, str], body: bytes, keys: Sequence[str], now: dt.datetime) -> str:
    """By a public key or a shared one, whichever its sender signs with. Without keys the address is the secret:
    Commerce Webhooks are not signed unless somebody switches it on."""
    if not keys:
        return ""
    known = adobe.keys_of(keys)
    if adobe.is_signed_by_shop(headers, body, known.public):
        return ""
    if adobe.is_signed_by_adobe(headers, body, known.public):
        return adobe.refusal_of_event(_decoded(body), known.client_ids, now)
    stated = [value for name, value in headers.items() if "signature" in name or "hmac" in name]
    if any(is_signature(value, body, known.shared) for value in stated):
        return ""
    if not stated:
        return "It carries no signature, and a key is stored."
    where = adobe.where_keys_are(headers)
    return "The signature fits none of the keys." + (f" Adobe's own: {where}" if where else "")


def _adobe_hint(headers: Mapping[str, str], body: bytes) -> Hint:
    """What happened, by name. An event may be about things that are not committed yet: they are read a little later,
    and found by polling if that was too soon."""
    said = _decoded(body)
    names = adobe.names_in(said)
    request_id = headers.get(adobe.REQUEST_ID, "")
    stated = adobe.event_id_of(said) or ("" if isinstance(said, list) else headers.get(adobe.EVENT_ID))
    return Hint(
        event_id=stated or f"{request_id}:{_hash(body)}".lstrip(":"),
        kind=names[0] if names else "",
        feeds=tuple(dict.fromkeys(feed for name in names if (feed := adobe.feed_of(name)))),
    )


RECEIVERS: dict[str, Webhooks] = {
    "visma": Webhooks(
        refusal=_visma_refusal,
        hint=_visma_hint,
        kept_headers=(
            "x-vwd-event-id",
            "x-vwd-notification-id",
            "x-vwd-subscription-id",
            "x-vwd-tenant-id",
            "x-vwd-application-id",
            NOTIFIED,
            "x-vwd-webhook-timestamp",
        ),
    ),
    # 200 would tell Orderful that the document is delivered; 202 leaves it where the inbox finds and confirms it.
    "orderful": Webhooks(refusal=_orderful_refusal, hint=_orderful_hint, taken_status=202),
    "airbase": Webhooks(refusal=_airbase_refusal, hint=_airbase_hint),
    "basware": Webhooks(refusal=_basware_refusal, hint=_basware_hint),
    # The shop waits for this answer before it goes on with what somebody is doing there.
    "adobe_commerce": Webhooks(
        refusal=_adobe_refusal,
        hint=_adobe_hint,
        taken_body=b'{"op":"success"}',
        challenged=True,
        entries=adobe.entries_of,
        problem=adobe.problem_of,
        kept_headers=(adobe.EVENT_ID, adobe.REQUEST_ID),
    ),
}


def _decoded(body: bytes) -> Any:
    """None for what is no JSON."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _object(body: bytes) -> Mapping[str, Any]:
    said = _decoded(body)
    return said if isinstance(said, dict) else {}


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _milliseconds(text: str) -> dt.datetime | None:
    """A time in milliseconds since 1970, None for anything else, and for years that no database takes."""
    if not text.strip().isdecimal() or len(text.strip()) > 13:
        return None
    return dt.datetime.fromtimestamp(int(text) / 1000, tz=dt.UTC)


def _moment(text: str) -> dt.datetime | None:
    """An ISO time, in UTC where it names no zone; None for anything else, and for years that no database takes."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 2000 <= found.year <= 2100:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)

"""Filters and cursors of GET /v3/transactions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from integrations.sandbox.kernel import Request, Row

from .errors import refuse

Predicate = Callable[[Row], bool]

FILTERS = {
    "stream": ("TEST", "LIVE"),
    "validationStatus": ("PROCESSING", "VALID", "INVALID"),
    "deliveryStatus": ("PENDING", "SENT", "DELIVERED", "FAILED"),
    "acknowledgmentStatus": ("NOT_ACKNOWLEDGED", "ACCEPTED", "REJECTED", "OVERDUE", "ACCEPTED_WITH_ERRORS"),
}
LISTS = ("businessNumber", "transactionType", "senderIsaId", "receiverIsaId")
MOST_VALUES = 5
REFERENCES = (
    "referenceIdentifier",
    "senderInterchangeReferenceIdentifier",
    "senderGroupReferenceIdentifier",
    "senderTransactionReferenceIdentifier",
    "receiverInterchangeReferenceIdentifier",
    "receiverGroupReferenceIdentifier",
    "receiverTransactionReferenceIdentifier",
)
CURSORS = ("nextCursor", "prevCursor")
PARAMETERS = {*FILTERS, *LISTS, *REFERENCES, *CURSORS, "createdAt"}
SCEPTICAL_PARAMETERS = {*CURSORS, "businessNumber"}
"""What one field note says is all that v3 accepts; option filters=only_business_number."""


def values_of(request: Request, name: str) -> list[str]:
    """Every value of a repeated parameter; commas separate as well, and `name[]` is the same."""
    given = [*request.args.getlist(name), *request.args.getlist(f"{name}[]")]
    return [value for entry in given for value in entry.split(",") if value]


def predicates(request: Request, *, v3_type: Callable[[Row], str]) -> list[Predicate]:
    """What a row must satisfy. Raises Refusal for a wrong value."""
    found: list[Predicate] = []
    for name, allowed in FILTERS.items():
        if values := values_of(request, name):
            _check_words(name, values, allowed)
            found.append(_among(values, _reader(name)))
    readers: dict[str, Callable[[Row], str]] = {
        "businessNumber": lambda row: str(row["business_number"]),
        "transactionType": v3_type,
        "senderIsaId": lambda row: str(row["body"]["senderId"]),
        "receiverIsaId": lambda row: str(row["body"]["receiverId"]),
    }
    for name in LISTS:
        if values := values_of(request, name):
            if len(values) > MOST_VALUES:
                raise refuse(name, f"{name} must contain no more than {MOST_VALUES} elements")
            found.append(_among(values, readers[name]))
    referred = [values for name in REFERENCES if (values := values_of(request, name))]
    found.extend(_among(values, lambda row: f"{int(row['key']):09}") for values in referred)
    if created := request.args.get("createdAt"):
        found.append(_created_within(created))
    return found


def _reader(name: str) -> Callable[[Row], str]:
    if name == "stream":
        return lambda row: str(row["body"]["stream"]).upper()
    status = name.removesuffix("Status")
    return lambda row: str(row["body"]["statuses"][status])


def _among(values: list[str], read: Callable[[Row], str]) -> Predicate:
    wanted = frozenset(values)
    return lambda row: read(row) in wanted


def _check_words(name: str, values: list[str], allowed: tuple[str, ...]) -> None:
    if any(value not in allowed for value in values):
        raise refuse(name, f"each value in {name} must be one of the following values: {', '.join(allowed)}")


def _created_within(text: str) -> Predicate:
    """`[start,end)` with literal brackets and ISO timestamps; nothing else is understood."""
    if not (text.startswith("[") and text.endswith(")") and text.count(",") == 1):
        raise refuse("createdAt", "createdAt must be a range in the form [start,end)")
    start, end = (_moment(part.strip()) for part in text[1:-1].split(","))
    return lambda row: start <= datetime.fromisoformat(row["body"]["createdAt"]) < end


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise refuse("createdAt", "createdAt must contain valid ISO 8601 date strings") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def page(rows: list[Row], request: Request, *, size: int, number: Callable[[Row], int]) -> tuple[list[Row], Any]:
    """One page of rows (largest number first) and the `metadata` with links to its neighbours."""
    after, before = (_decode(request.args.get(name), name) for name in CURSORS)
    if before is not None:
        newer = [row for row in rows if number(row) > before]
        shown, has_newer, has_older = newer[-size:], len(newer) > size, True
    else:
        rest = [row for row in rows if after is None or number(row) < after]
        shown, has_newer, has_older = rest[:size], after is not None and len(rest) < len(rows), len(rest) > size
    links = {
        "next": _link(request, "nextCursor", number(shown[-1])) if shown and has_older else None,
        "prev": _link(request, "prevCursor", number(shown[0])) if shown and has_newer else None,
    }
    return shown, {"pagination": {"links": links}}


def _link(request: Request, name: str, number: int) -> str:
    kept = [(key, value) for key, value in request.args.items(multi=True) if key not in CURSORS]
    cursor = base64.urlsafe_b64encode(f"id:{number}".encode()).decode()
    return f"{request.base}{request.sub_path}?{urlencode([*kept, (name, cursor)])}"


def _decode(cursor: str | None, name: str) -> int | None:
    if cursor is None:
        return None
    try:
        return int(base64.urlsafe_b64decode(cursor).removeprefix(b"id:"))
    except (binascii.Error, ValueError) as error:
        raise refuse(name, f"{name} is not a valid cursor") from error

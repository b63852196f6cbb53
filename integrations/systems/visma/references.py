"""Reference data of the ledger: accounts, values of the subaccount's segments (cost centre, department …), VAT codes,
payment terms.

All but the terms know no pages. Segments come as one record of the dimension, whose values carry their own times of
change.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from integrations.http.errors import NotFound
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import Item, Page, Window
from integrations.systems.visma import wire_ledger as wire
from integrations.systems.visma.client import VismaClient, segment
from integrations.systems.visma.codes import SUBACCOUNT
from integrations.systems.visma.resources import Resource
from integrations.systems.visma.settings import Options
from integrations.systems.visma.wire import Wire

ACCOUNTS = Resource(
    feed="accounts",
    label="GL accounts",
    noun="account",
    entity="account",
    path="v1/account",
    head=wire.AccountHead,
    expansions=frozenset({"accountClassDescription"}),
)

VAT_CODES = Resource(
    feed="vat-codes", label="VAT codes", noun="VAT code", entity="vat_code", path="v1/vat", head=wire.VatHead
)
PAYMENT_TERMS = Resource(
    feed="payment-terms",
    label="Payment terms",
    noun="payment term",
    entity="payment_term",
    path="v1/creditTerm",
    head=wire.CreditTermHead,
)
TERMS_A_PAGE = 500
MOST_PAGES = 100


class SegmentValue(Wire, frozen=True, kw_only=True):
    """What is captured of a value of a segment."""

    segment: int
    segment_name: str
    value: str
    description: str = ""
    active: bool = True


class Whole:
    """A list without pages, read whole: what was seen before says nothing new."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self._client = VismaClient(session, Options.of(connection))

    def now(self) -> dt.datetime | None:
        return self._client.server_time()

    def confirm(self, items: Sequence[Item]) -> None:
        """Visma wants no confirmation."""


class _OneList(Whole):
    """A bare array, and single records below it."""

    resource: Resource

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        answer = self._client.get(self.resource.path)
        rows = self._client.decode(answer, tuple[msgspec.Raw, ...]) if answer.status != 204 else ()
        items = [self.item(bytes(raw), answer.date) for raw in rows]
        yield Page(items=tuple(items), total=len(items))

    def item(self, raw: bytes, answered_at: dt.datetime | None) -> Item:
        return self.resource.item(raw, self._client.options.zone, answered_at=answered_at)

    def fetch(self, source_id: str) -> Item | None:
        try:
            answer = self._client.get(f"{self.resource.path}/{segment(source_id)}")
        except NotFound:
            return None
        return self.item(answer.body, answer.date)


class Accounts(_OneList):
    resource = ACCOUNTS


class VatCodes(_OneList):
    """A code whose rate begins or ends on a day to come says something new on that day, with nobody changing it."""

    resource = VAT_CODES

    def item(self, raw: bytes, answered_at: dt.datetime | None) -> Item:
        today = dt.datetime.now(self._client.options.zone).date()
        return as_of(super().item(raw, answered_at), today)


def as_of(item: Item, today: dt.date) -> Item:
    """The VAT code with the next day on which it changes by itself as part of its fingerprint."""
    if item.problem:
        return item
    try:
        vat = msgspec.json.decode(item.raw, type=wire.Vat, strict=False)
    except msgspec.ValidationError:
        return item  # whoever maps it says so
    days = [(schedule.start_date or "")[:10] for schedule in vat.schedules or ()]
    if vat.not_valid_after:
        with suppress(ValueError, OverflowError):  # no day, or the last that there is: it never ends
            days.append((dt.date.fromisoformat(vat.not_valid_after[:10]) + dt.timedelta(days=1)).isoformat())
    to_come = [day for day in days if day > today.isoformat()]
    if not to_come:
        return item
    mark = hashlib.sha256(f"{item.fingerprint} until {min(to_come)}".encode()).hexdigest()
    return msgspec.structs.replace(item, fingerprint=mark)


class PaymentTerms(Whole):
    """Pages in an envelope, counted from 1."""

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        seen = 0
        for number in range(1, MOST_PAGES + 1):
            params = {"pageNumber": number, "pageSize": TERMS_A_PAGE}
            answer = self._client.get(PAYMENT_TERMS.path, params=params)
            page: wire.CreditTerms = self._client.decode(answer, wire.CreditTerms)
            zone = self._client.options.zone
            items = tuple(PAYMENT_TERMS.item(bytes(raw), zone, answered_at=answer.date) for raw in page.records or ())
            seen += len(items)
            yield Page(items=items, total=page.total_count)
            if not items or page.total_count is None or seen >= page.total_count:
                return

    def fetch(self, source_id: str) -> Item | None:
        """Out of the list: there is no address of a single term (specs: `/v1/creditTerm` alone)."""
        pages = self.read(Window(start=None, end=dt.datetime.max.replace(tzinfo=dt.UTC)), None)
        return next((item for page in pages for item in page.items if item.source_id == source_id), None)


class Dimensions(Whole):
    """One item for each value of a segment. Its raw bytes are the value, with the segment's name beside it."""

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        items = tuple(self._items())
        yield Page(items=items, total=len(items))

    def fetch(self, source_id: str) -> Item | None:
        return next((item for item in self._items() if item.source_id == source_id), None)

    def _items(self) -> Iterator[Item]:
        answer = self._client.get(f"v1/dimension/{SUBACCOUNT}", params={"expandSegmentsValues": "true"})
        dimension: wire.Dimension = self._client.decode(answer, wire.Dimension)
        for part in dimension.segments or ():
            for value in part.segment_values or ():
                number, code = part.segment_id or 0, (value.value_id or "").strip()
                said = SegmentValue(
                    segment=number,
                    segment_name=part.description or f"Segment {number}",
                    value=code,
                    description=value.description or "",
                    active=value.active is not False,
                )
                raw = msgspec.json.encode(said)
                yield Item(
                    source_id=segment_id(number, code),
                    raw=raw,
                    fingerprint=hashlib.sha256(raw).hexdigest(),
                    business_number=code,
                    status="active" if said.active else "inactive",
                    kind=str(number),
                )


def segment_id(number: int, value: str) -> str:
    """What the feed of dimensions calls a value of a segment."""
    return f"{number}:{value}"

"""Reading a shop: what changed since a moment, without pages that drift.

A search can be sorted and takes a bound, so each page is asked for by where the last one ended: everything from that
second on, the first page of it. What changes meanwhile moves to the end and is read again there; nothing slips between
two pages. Where one second fills a page, it is read by id.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from integrations.http.errors import Transient
from integrations.http.session import Session
from integrations.models import Connection, Record
from integrations.systems.adobe import wire
from integrations.systems.adobe.client import Client, Filter, ListPage, moment_of, stamp
from integrations.systems.adobe.errors import LABEL
from integrations.systems.adobe.settings import Options
from integrations.systems.adobe.store_credit import Refund, to_store_credit
from integrations.systems.contract import Item, Page, Window
from integrations.systems.searching import search

CHEAP = "V1/store/storeConfigs"
BEGINNING = "1970-01-01 00:00:00"
SECOND = dt.timedelta(seconds=1)
VOLATILE = frozenset({"updated_at", "status_histories", "ext_order_id", "comments", "custom_attributes"})
"""Members that say nothing new: what we write ourselves comes back in them."""
CUSTOMERS_FEED = "customers"
CREDIT_MEMOS_FEED = "credit-memos"
MOST_IN_A_ROW = 1000
"""More bad records one after the other than a page has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of record."""

    noun: str
    list_path: str
    one_path: str
    id_field: str = "entity_id"


ORDERS = Kind(noun="order", list_path="orders", one_path="orders")
INVOICES = Kind(noun="invoice", list_path="invoices", one_path="invoices")
CREDIT_MEMOS = Kind(noun="credit memo", list_path="creditmemos", one_path="creditmemo")
CUSTOMERS = Kind(noun="customer", list_path="customers/search", one_path="customers", id_field="entity_id")
"""Customers are searched by entity_id and show it as id."""


class Changes:
    """One kind of record at one connection."""

    kind: Kind

    def __init__(self, connection: Connection, session: Session) -> None:
        self._connection = connection
        self._options = Options.of(connection)
        self._client = Client(session, self._options)
        self._session = session

    def now(self) -> dt.datetime | None:
        """The shop's clock by its last answer, else by a cheap call."""
        return self._session.last_date or self._session.get(CHEAP).date

    def confirm(self, items: Sequence[Item]) -> None:
        """The shop wants no confirmation."""

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        """What changed since the window's start, in the order of its changes. What changed after its end is given
        too: the shop's clock shows whole seconds, and one that has begun is not over."""
        since = resume["since"] if resume else (stamp(window.start) if window.start else BEGINNING)
        seen: set[tuple[int, str]] = set()
        while True:
            page = self._page([Filter("updated_at", "gteq", since)], ("updated_at", self.kind.id_field))
            heads = [self._head(raw) for raw in page.elements]
            news = [i for i, head in enumerate(heads) if _mark(head) not in seen]
            seen |= {_mark(head) for head in heads}
            last = heads[-1].updated_at if heads else None
            if page.total is not None and page.total <= len(heads):
                yield Page(items=self._items(page, news), total=page.total)
                return
            if not heads:
                raise Transient(f"{LABEL} counts {page.total} {self.kind.noun}s and sends none of them.")
            stuck = last is None or last <= since
            after = since if last is None or stuck else last
            yield Page(items=self._items(page, news), resume={"since": after}, total=page.total)
            if stuck:
                yield from self._whole_second(since)
                after = _next_second(since)
            since = after
            seen = {mark for mark in seen if mark[1] >= since}

    def fetch(self, source_id: str) -> Item | None:
        if not source_id.isdecimal():
            return None
        raw = self._client.one(f"{self.kind.one_path}/{source_id}")
        return self._item(raw) if raw is not None else None

    def _whole_second(self, second: str) -> Iterator[Page]:
        """All records of one second, by their ids: more of them than a page holds."""
        after, last = 0, wire.Head(updated_at=second)
        while True:
            filters = [Filter("updated_at", "eq", second), Filter(self.kind.id_field, "gt", after)]
            page = self._page(filters, (self.kind.id_field,), before=last)
            heads = [self._head(raw) for raw in page.elements]
            last = next((head for head in reversed(heads) if (head.key or 0) > 0), last)
            keys = [head.key for head in heads if head.key is not None]
            yield Page(items=self._items(page, range(len(page.elements))), resume={"since": second})
            if not keys or max(keys) <= after or (page.total is not None and page.total <= len(page.elements)):
                return
            after = max(keys)

    def _page(self, filters: Sequence[Filter], sort: Sequence[str], *, before: wire.Head | None = None) -> ListPage:
        """A page that comes after `before`. One that does not come, read after read, is asked for in parts: a shop
        fails as a whole over one bad record (https://github.com/magento/magento2/issues/36213), which is put aside as
        an item that says so."""

        def ask(number: int, size: int) -> ListPage:
            return self._client.search(self.kind.list_path, filters, sort, page=number, size=size)

        try:
            return ask(1, self._client.page_size)
        except Transient as fault:
            if not self._session.searches:
                raise
            self._session.get(CHEAP)  # an outage is no bad page
            self._session.is_searching = True
            try:
                parts = search(ask, 1, self._client.page_size, fault)
            finally:
                self._session.is_searching = False
            return self._put_together([part.page for part in parts], fault, before or wire.Head())

    def _put_together(self, parts: Sequence[ListPage | None], fault: Transient, before: wire.Head) -> ListPage:
        elements: list[bytes] = []
        bad = 0
        for part in parts:
            if part is not None:
                elements += part.elements
                before, bad = (self._head(part.elements[-1]), 0) if part.elements else (before, bad)
                continue
            bad += 1  # of several in a row the neighbour is the same
            after = before.increment_id or str(before.key or "the beginning")
            missing = {
                "entity_id": -MOST_IN_A_ROW * (before.key or 0) - bad,
                "updated_at": before.updated_at,
                "unreadable_after": after if bad == 1 else f"{after}, number {bad}",
                "technical": fault.technical or fault.sentence,
            }
            elements.append(msgspec.json.encode(missing))
        return ListPage(elements=tuple(elements), total=next((part.total for part in parts if part is not None), None))

    def _head(self, raw: bytes) -> wire.Head:
        return self._client.decode(raw, wire.Head)

    def _items(self, page: ListPage, places: Sequence[int]) -> tuple[Item, ...]:
        heads = {place: self._head(page.elements[place]) for place in places}
        elsewhere = {str(head.key) for head in heads.values() if not self._is_of_our_stores(head)}
        elsewhere -= self._wanted_all_the_same(elsewhere) if elsewhere else set()
        found = []
        for place, head in heads.items():
            if (head.key or 0) < 0:
                found.append(self._bad(page.elements[place]))
            elif str(head.key) not in elsewhere:
                found.append(self._item(page.elements[place]))
        return tuple(found)

    def _is_of_our_stores(self, head: wire.Head) -> bool:
        """The store in the address filters nothing (https://github.com/magento/devdocs/issues/9405)."""
        return not self._options.store_ids or head.store_id is None or head.store_id in self._options.store_ids

    def _wanted_all_the_same(self, ids: set[str]) -> set[str]:
        """Those records of other stores that are ours."""
        return set()

    def _bad(self, raw: bytes) -> Item:
        """What stands in the place of a record that the shop does not give. Known by its neighbour: nothing else is."""
        after = msgspec.json.decode(raw)["unreadable_after"]
        return Item(
            source_id=f"unreadable, after {after}"[:200],
            raw=raw,
            fingerprint=hashlib.sha256(f"{self.kind.noun}, {after}".encode()).hexdigest(),
            business_number=f"(after {after})",
            problem=f"The {self.kind.noun} after {after} cannot be read: {LABEL} fails over it whenever it is in a "
            "list. Open it in the shop's administration: mostly a payment method or a product type was removed.",
        )

    def _item(self, raw: bytes) -> Item:
        head = self._head(raw)
        return Item(
            source_id=str(head.key),
            raw=raw,
            fingerprint=fingerprint(raw),
            source_version=head.updated_at or "",
            modified_at=moment_of(head.updated_at),
            business_number=self._number(head),
            status=str(head.state if head.state is not None else ""),
            kind=self._kind_of(head),
        )

    def _number(self, head: wire.Head) -> str:
        return head.increment_id or str(head.key)

    def _kind_of(self, head: wire.Head) -> str:
        return ""


class Orders(Changes):
    kind = ORDERS

    def called(self, number: str) -> tuple[Item, ...]:
        """The orders that people know by this number, as they are now."""
        page = self._client.search(self.kind.list_path, [Filter("increment_id", "eq", number)], (self.kind.id_field,))
        return self._items(page, range(len(page.elements)))

    def _kind_of(self, head: wire.Head) -> str:
        return guest_of(head.customer_email or "") if wire.is_guest(head) else ""


class Invoices(Changes):
    kind = INVOICES


class CreditMemos(Changes):
    """Credit memos, each with its order: it alone knows the customer and the rates of taxes."""

    kind = CREDIT_MEMOS

    def _item(self, raw: bytes) -> Item:
        item = super()._item(raw)
        order = self._client.one(f"{ORDERS.one_path}/{self._head(raw).order_id}")
        if order is None:
            return msgspec.structs.replace(item, problem=f"Credit memo {item.business_number} has no order any more.")
        whole = b'"memo":%b,"order":%b' % (raw, order)
        if given := self._client.decode(order, wire.Order).extension.customer_balance_total_refunded:
            whole += b',"to_store_credit":%b' % msgspec.json.encode(self._to_store_credit(raw, given))
        return msgspec.structs.replace(item, raw=b"{%b}" % whole)

    def _to_store_credit(self, raw: bytes, of_order: Decimal) -> wire.ToStoreCredit:
        """Asks for the order's other credit memos, after the order: so none that its sum is of is missing."""
        own = self._client.decode(raw, wire.CreditMemo)
        if own.entity_id is None or own.order_id is None:
            return wire.ToStoreCredit()
        of_it = [Filter("order_id", "eq", own.order_id)]
        page = self._client.search(self.kind.list_path, of_it, (self.kind.id_field,))
        if page.total is not None and page.total > len(page.elements):
            return wire.ToStoreCredit()
        memos = [self._client.decode(element, wire.CreditMemo) for element in page.elements]
        refunds = {memo.entity_id: _refund(memo) for memo in (*memos, own) if memo.entity_id is not None}
        known = self._known({str(key) for key in refunds})
        return wire.ToStoreCredit(amount=to_store_credit(own.entity_id, refunds, of_order=of_order, known=known))

    def _known(self, ids: set[str]) -> dict[int, Decimal]:
        """What of these credit memos went to store credit, as far as it was found out when they were read: later their
        order has more of them, and says less of each."""
        rows = Record.objects.filter(
            feed__connection=self._connection, feed__key=CREDIT_MEMOS_FEED, source_id__in=ids, is_newest=True
        ).select_related("payload")
        found = {}
        for row in rows:
            if row.problem or row.payload.data is None:
                continue
            given = self._client.decode(bytes(row.payload.data), wire.Refunded)
            if not given.order.extension.customer_balance_total_refunded:
                found[int(row.source_id)] = Decimal(0)
            elif given.to_store_credit is not None and given.to_store_credit.amount is not None:
                found[int(row.source_id)] = given.to_store_credit.amount
        return found


class Customers(Changes):
    """Customers with their addresses. A new address does not move a customer's time of change, so once a day all of
    them are read."""

    kind = CUSTOMERS

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        whole = resume is None and self._sweeps(window)
        yield from super().read(Window(start=None, end=window.end) if whole else window, resume)

    def _sweeps(self, window: Window) -> bool:
        """Whether the hour of the sweep lies in the window."""
        hour = self._options.sweep_hour
        if hour < 0 or window.start is None:
            return False
        end = window.end.astimezone(dt.UTC)
        last = end.replace(hour=hour, minute=0, second=0, microsecond=0)
        if last > end:
            last -= dt.timedelta(days=1)
        return window.start < last

    def _wanted_all_the_same(self, ids: set[str]) -> set[str]:
        """Customers who signed up in another store and ordered in one of ours: they were fetched for that order."""
        rows = Record.objects.filter(feed__connection=self._connection, feed__key=CUSTOMERS_FEED, source_id__in=ids)
        return set(rows.values_list("source_id", flat=True))

    def _number(self, head: wire.Head) -> str:
        return head.email or str(head.key)


def _refund(memo: wire.CreditMemo) -> Refund:
    return Refund(
        money=memo.grand_total or Decimal(0),
        used=memo.extension.customer_balance_amount or Decimal(0),
        gift_cards=memo.extension.gift_cards_amount or Decimal(0),
    )


def guest_of(email: str) -> str:
    """What tells one guest from another without naming them: guests have no number, and their orders wait for each
    other where they may become one customer."""
    return f"guest-{hashlib.sha256(email.strip().lower().encode()).hexdigest()[:24]}"


def fingerprint(raw: bytes) -> str:
    """Over what a record says."""
    said = msgspec.json.decode(raw)
    if isinstance(said, dict):
        said = {name: value for name, value in said.items() if name not in VOLATILE and value is not None}
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def _mark(head: wire.Head) -> tuple[int, str]:
    return head.key or 0, head.updated_at or ""


def _next_second(text: str) -> str:
    moment = moment_of(text)
    if moment is None:
        raise Transient(f"{LABEL} gave a time that is none: {text}")
    return stamp(moment + SECOND)


OPENERS: dict[str, Callable[[Connection, Session], Changes]] = {
    "orders": Orders,
    "invoices": Invoices,
    CREDIT_MEMOS_FEED: CreditMemos,
    CUSTOMERS_FEED: Customers,
}

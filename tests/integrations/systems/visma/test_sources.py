"""Reading a list while it changes: nothing lost, however Visma sorts, cuts and counts."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.http.errors import ConfigError, Transient
from integrations.models import Connection
from integrations.systems.contract import Item, Window
from integrations.systems.visma.client import ListPage
from integrations.systems.visma.resources import RESOURCES, Resource, fingerprint
from integrations.systems.visma.settings import Options
from integrations.systems.visma.sources import ListSource

UTC = dt.UTC
START = dt.datetime(2026, 9, 1, 10, tzinfo=UTC)
NOW = dt.datetime(2026, 9, 1, 12, tzinfo=UTC)
WINDOW = Window(start=START, end=NOW)
ORDERS = next(r for r in RESOURCES if r.feed == "purchase-orders")
INVOICES = next(r for r in RESOURCES if r.feed == "supplier-invoices")
STOCKHOLM = ZoneInfo("Europe/Stockholm")


class Books:
    """A list of orders as Visma keeps it: filtered, sorted somehow, cut into pages."""

    def __init__(self, *, sort: str = "number", cap: int = 500, counts: bool = True, **options: Any) -> None:
        given = {"company_id": "1", "tenant_id": "t", "client_id": "c", "zone": "UTC", **options}
        self.options = Options.of(Connection(system="visma", settings=given, secrets={"client_secret": "s"}))
        self.sort, self.cap, self.counts = sort, cap, counts
        self.orders: dict[str, dt.datetime] = {}
        self.versions = 0
        self.clock = NOW
        self.calls = 0
        self.ignores_filter, self.knows_pages = False, True
        self.before_call: Callable[[int], None] = lambda number: None

    def change(self, number: str) -> None:
        self.clock += dt.timedelta(seconds=1)
        self.orders[number] = self.clock

    def _element(self, number: str, total: int) -> bytes:
        order: dict[str, Any] = {
            "orderNbr": number,
            "status": "Open",
            "lastModifiedDateTime": self.orders[number].isoformat().replace("+00:00", "Z"),
            "timeStamp": f"v{self.orders[number].timestamp()}",
        }
        if self.counts:
            order["metadata"] = {"totalCount": total, "maxPageSize": self.cap}
        return json.dumps(order).encode()

    def _sorted(self, since: str) -> list[str]:
        bound = dt.datetime.fromisoformat(since).replace(tzinfo=UTC) if since and not self.ignores_filter else None
        found = [n for n, changed in self.orders.items() if bound is None or changed >= bound]
        match self.sort:
            case "number":
                return sorted(found, key=int)
            case "changed":
                return sorted(found, key=lambda n: (self.orders[n], int(n)))
            case "newest":
                return sorted(found, key=lambda n: (self.orders[n], int(n)), reverse=True)
            case _:
                return sorted(found, key=lambda n: random.Random(n).random())

    def page(
        self,
        path: str,
        number: int,
        *,
        changed_since: str = "",
        size: int | None = None,
        filters: Mapping[str, str] | None = None,
    ) -> ListPage:
        self.calls += 1
        self.before_call(self.calls)
        size = min(self.options.page_size, self.cap)
        found = self._sorted(changed_since)
        rows = found[(number - 1) * size : number * size] if self.knows_pages else found
        elements = tuple(self._element(n, len(found)) for n in rows)
        total = len(found) if rows and self.counts else None
        return ListPage(elements=elements, total=total, date=self.clock)


def books(count: int, **options: Any) -> Books:
    made = Books(**options)
    for n in range(count):
        made.orders[str(500000 + n)] = START + dt.timedelta(seconds=n + 1)
    return made


def source(made: Books) -> ListSource:
    return ListSource(ORDERS, made)


def read(made: Books, window: Window = WINDOW, resume: dict[str, Any] | None = None) -> list[Item]:
    return [item for page in source(made).read(window, resume) for item in page.items]


def numbers(items: list[Item]) -> set[str]:
    return {item.source_id for item in items}


# --- Calls ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (1, 1), (99, 1), (100, 1), (101, 2), (250, 3), (1000, 10)])
def test_no_call_too_many(count: int, calls: int):
    made = books(count)
    assert len(read(made)) == count
    assert made.calls == calls


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (1, 2), (100, 2), (250, 4)])
def test_lists_that_do_not_count_end_with_an_empty_page(count: int, calls: int):
    made = books(count, counts=False)
    assert len(read(made)) == count
    assert made.calls == calls


def test_page_size_is_cut_without_a_word():
    made = books(95, cap=20, page_size=500)
    assert len(read(made)) == 95
    assert made.calls == 5


def test_list_that_knows_no_pages():
    made = books(130, counts=False)
    made.knows_pages = False
    assert numbers(read(made)) == set(made.orders)
    assert made.calls == 2


def test_what_changed_before_is_not_asked_for_and_what_changed_after_is_kept():
    made = books(5)
    made.orders["1"] = START - dt.timedelta(seconds=1)
    made.orders["2"] = START
    made.orders["3"] = NOW + dt.timedelta(minutes=5)
    assert numbers(read(made)) == set(made.orders) - {"1"}


def test_from_the_beginning():
    made = books(5)
    made.orders["1"] = dt.datetime(2001, 1, 1, tzinfo=UTC)
    assert numbers(read(made, Window(start=None, end=NOW))) == set(made.orders)


# --- Change while reading -------------------------------------------------------------------------------------------


def test_rule_01_order_that_moves_to_the_end_pushes_another_over_the_edge():
    made = books(250, sort="changed")
    made.before_call = lambda call: made.change("500000") if call == 2 else None
    items = read(made)
    assert numbers(items) == set(made.orders), "500100 slipped from the second page to the first"
    assert made.calls == 6


def test_rule_01_order_that_goes_pushes_another_over_the_edge():
    made = books(250)

    def remove(call: int) -> None:
        if call == 2:
            del made.orders["500000"]

    made.before_call = remove
    assert set(made.orders) <= numbers(read(made))


def test_list_that_never_stands_still_is_left_for_later():
    made = books(250, sort="changed")

    def churn(call: int) -> None:
        made.change(next(iter(made._sorted(""))))

    made.before_call = churn
    with pytest.raises(Transient):
        read(made)
    assert made.calls <= 20


def test_wrong_count_does_not_stop_the_feed():
    made = books(150)
    true_page = made.page
    made.page = lambda *a, **k: _more(true_page(*a, **k))  # type: ignore[method-assign]
    assert numbers(read(made)) == set(made.orders)


def _more(page: ListPage) -> ListPage:
    return ListPage(elements=page.elements, total=170 if page.elements else None, date=page.date)


CHANGES = st.lists(st.tuples(st.integers(1, 6), st.sampled_from(["change", "add"]), st.integers(0, 40)), max_size=4)
REMOVALS = st.lists(st.tuples(st.integers(1, 6), st.sampled_from(["remove", "change"]), st.integers(0, 40)), max_size=3)


@given(
    st.integers(0, 40),
    st.sampled_from(["number", "changed", "newest", "scattered"]),
    st.integers(1, 15),
    st.one_of(CHANGES, REMOVALS),
)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rule_01_nothing_is_lost(count: int, sort: str, cap: int, changes: list[tuple[int, str, int]]):
    """Orders change, come or go before any call; all that are there from beginning to end are read."""
    made = books(count, sort=sort, cap=cap)

    def disturb(call: int) -> None:
        for at, what, which in changes:
            number = str(500000 + which)
            if at != call:
                continue
            if what == "remove":
                made.orders.pop(number, None)
            elif what == "add":
                made.change(str(int(number) + 100))
            elif number in made.orders:
                made.change(number)

    made.before_call = disturb
    there = set(made.orders)
    try:
        found = numbers(read(made))
    except Transient:
        return  # the cursor stays: read again later
    assert there & set(made.orders) <= found


# --- Interrupted reads ----------------------------------------------------------------------------------------------


def interrupted(made: Books, after: int) -> tuple[list[Item], dict[str, Any] | None]:
    items: list[Item] = []
    for n, page in enumerate(source(made).read(WINDOW, None), start=1):
        items += page.items
        if n == after:
            return items, json.loads(json.dumps(page.resume))
    raise AssertionError


def test_resumed_read_goes_on_with_the_next_page():
    made = books(250)
    items, resume = interrupted(made, 2)
    made.calls = 0
    rest = read(made, resume=resume)
    assert made.calls == 1
    assert len(items) + len(rest) == 250
    assert numbers(items) | numbers(rest) == set(made.orders)


def test_resumed_after_the_last_page_is_done_at_once():
    made = books(250)
    _, resume = interrupted(made, 3)
    assert read(made, resume=resume) == []


@pytest.mark.parametrize("disturbance", ["change", "remove", "add"])
def test_list_that_changed_meanwhile_is_read_anew(disturbance: str):
    made = books(250, sort="changed")
    items, resume = interrupted(made, 1)
    match disturbance:
        case "change":
            made.change("500000")
        case "remove":
            del made.orders["500000"]
        case "add":
            made.change("1")
    found = numbers(items) | numbers(read(made, resume=resume))
    assert set(made.orders) <= found


# --- The filter -----------------------------------------------------------------------------------------------------


def test_ignored_filter_is_said():
    made = books(10)
    made.ignores_filter = True
    for number in made.orders:
        made.orders[number] -= dt.timedelta(days=400)
    with pytest.raises(ConfigError) as caught:
        read(made)
    assert "ignored the filter by time of change on purchase orders" in caught.value.sentence
    assert "500000" in caught.value.sentence
    assert "Accept unfiltered lists" in caught.value.remedy


def test_unfiltered_lists_can_be_accepted():
    made = books(10, accept_unfiltered=True)
    made.ignores_filter = True
    for number in made.orders:
        made.orders[number] -= dt.timedelta(days=400)
    assert len(read(made)) == 10


def test_one_old_order_among_new_ones_is_no_sign():
    made = books(10)
    made.ignores_filter = True
    made.orders["1"] = START - dt.timedelta(days=400)
    assert len(read(made)) == 11


# --- Items ----------------------------------------------------------------------------------------------------------

RAW = (
    b'{"documentType": "DebitAdj" ,"referenceNumber":"000012","supplierReference":"KRED/7","status":"Open",'
    b'"amount":10.50,"lastModifiedDateTime":"2026-09-01T12:00:00.5","timeStamp":"AAE=","errorInfo":"",'
    b'"metadata":{"totalCount":1}}'
)


def test_item_keeps_its_bytes():
    item = INVOICES.item(RAW, STOCKHOLM)
    assert item.raw == RAW
    assert (item.source_id, item.business_number, item.kind) == ("DebitAdj/000012", "KRED/7", "DebitAdj")
    assert (item.status, item.source_version, item.problem) == ("Open", "AAE=", "")
    assert item.modified_at == dt.datetime(2026, 9, 1, 10, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("resource", "source_id", "path"),
    [
        (INVOICES, "DebitAdj/000012", "v1/supplierInvoice/DebitAdj/000012"),
        (INVOICES, "Invoice/12/3", "v1/supplierInvoice/Invoice/b64(MTIvMw)"),
        (ORDERS, "500001", "v1/purchaseorder/500001"),
        (ORDERS, ":/?#[]@&*+;", "v1/purchaseorder/b64(Oi8_I1tdQCYqKzs)"),
        (ORDERS, "Ö-1", "v1/purchaseorder/%C3%96-1"),
        (ORDERS, "..", "v1/purchaseorder/b64(Li4)"),
        (ORDERS, "a b", "v1/purchaseorder/b64(YSBi)"),
    ],
)
def test_path_of_a_record(resource: Any, source_id: str, path: str):
    assert resource.path_of(source_id) == path


@pytest.mark.parametrize(
    ("raw", "source_id", "problem"),
    [
        (b'{"orderNbr":"5","name":"\xff"}', "5", "cannot be read"),
        (b'{"orderNbr":"5","status":{}}', "5", "cannot be read"),
        (b'{"orderNbr":5}', "", "cannot be read"),
        (b'{"orderNbr":null}', "", "has no number"),
        (b"null", "", "cannot be read"),
        (b'"500001"', "", "cannot be read"),
        (b"[]", "", "cannot be read"),
    ],
)
def test_what_cannot_be_understood_is_an_item_with_a_problem(raw: bytes, source_id: str, problem: str):
    item = ORDERS.item(raw, STOCKHOLM)
    assert problem in item.problem
    assert item.raw == raw
    assert item.source_id == source_id if source_id else item.source_id.startswith("unreadable-")
    assert item.fingerprint == ORDERS.item(raw, STOCKHOLM).fingerprint


def test_one_bad_element_does_not_stop_its_neighbours():
    made = books(3)
    page = made.page("", 1)
    made.page = lambda *a, **k: ListPage(elements=(*page.elements, b"null"), total=4, date=NOW)  # type: ignore[method-assign]
    items = read(made)
    assert [bool(item.problem) for item in items] == [False, False, False, True]


@pytest.mark.parametrize("stamp", ["", "yesterday", None, "0001-01-01T00:00:00"])
def test_time_of_change_that_nobody_has_seen(stamp: str | None):
    item = ORDERS.item(json.dumps({"orderNbr": "1", "lastModifiedDateTime": stamp}).encode(), STOCKHOLM)
    assert (item.modified_at, item.problem) == (None, "")


# --- Fingerprints ---------------------------------------------------------------------------------------------------


def test_fingerprint_leaves_out_what_changes_by_itself():
    base = {"orderNbr": "1", "lineTotal": 10.5, "supplier": {"number": "5", "metadata": {"totalCount": 0}}}
    moved = {
        "supplier": {"number": "5", "metadata": {"totalCount": 7}, "errorInfo": "x"}, "lineTotal": 10.50, "note": None,
        "timeStamp": "AAE=", "lastModifiedDateTime": "2026-09-01T12:00:00", "metadata": {"totalCount": 9},
        "orderNbr": "1",
    }  # fmt: skip
    assert fingerprint(json.dumps(base).encode()) == fingerprint(json.dumps(moved).encode())


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.feed)
def test_what_a_list_is_asked_for_is_a_part_of_the_fingerprint(resource: Resource):
    """Mapping needs it, so a change of it is news."""
    asked = {name.removeprefix("expand").lower() for name, _ in resource.asks_for}
    assert not asked & {name.lower() for name in resource.expansions}


def test_fingerprint_sees_what_is_said():
    def mark(**values: Any) -> str:
        return fingerprint(json.dumps({"orderNbr": "1", **values}).encode())

    marks = [
        mark(),
        mark(lineTotal=1),
        mark(lineTotal=1.01),
        mark(lineTotal="1"),
        mark(hold=True),
        mark(lines=[1, 2]),
        mark(lines=[2, 1]),
    ]
    assert len(set(marks)) == len(marks)


@pytest.mark.parametrize(
    ("one", "other"), [(b"1000.0", b"1000"), (b"1E3", b"1000"), (b"0.30000000000000004", b"0.3"), (b"-0.0", b"0")]
)
def test_fingerprint_takes_numbers_by_value(one: bytes, other: bytes):
    assert fingerprint(b'{"a":' + one + b"}") == fingerprint(b'{"a":' + other + b"}")


@pytest.mark.parametrize("number", [b"1e400", b"123456789012345678901234567890.5", b"-1e-400"])
def test_fingerprint_of_numbers_beyond_books(number: bytes):
    assert len(fingerprint(b'{"a":' + number + b"}")) == 64

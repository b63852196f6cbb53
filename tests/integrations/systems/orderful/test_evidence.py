"""Looking for a document at an Orderful that lists in every way that was ever reported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from integrations.http.errors import NotFound, Rejected, Transient
from integrations.systems.contract import Applied, CannotTell, Evidence, NotApplied
from integrations.systems.orderful import evidence, wire
from integrations.systems.orderful.mapping import create_body, mosaic_850
from integrations.systems.orderful.settings import Options
from tests.integrations.systems.orderful.documents import order

SENT_AT = dt.datetime(2026, 11, 20, 12, 0, 0, tzinfo=dt.UTC)
MESSAGE = mosaic_850(order(), purpose="original")
POSTED = msgspec.json.decode(
    create_body("850", stream="live", sender_id="US", receiver_id="THEM", message=MESSAGE), type=wire.Posted
)


def transaction(number: int, *, minutes: float = 0, **changes: Any) -> wire.Transaction:
    """Ours, made so many minutes after the first try."""
    values: dict[str, Any] = {
        "id": str(number),
        "type": wire.Named(name="850_PURCHASE_ORDER"),
        "stream": "LIVE",
        "sender": wire.Identity(isa_id="US", test_isa_id="UST"),
        "receiver": wire.Identity(isa_id="THEM"),
        "business_number": "500001",
        "validation_status": "VALID",
        "created_at": SENT_AT + dt.timedelta(minutes=minutes),
        **changes,
    }
    return wire.Transaction(**values)


class Listing:
    """A client whose list is `rows`, newest first. `filters`: works, refused, ignored, or finds nothing."""

    def __init__(
        self,
        rows: Sequence[wire.Transaction],
        *,
        filters: str = "works",
        page: int = 100,
        pages: int = 20,
        behind: float = -0.5,
    ) -> None:
        self.rows, self.filters, self.page = rows, filters, page
        self.options = Options(list_pages=pages)
        self.session = SimpleNamespace(last_date=timezone.now() - dt.timedelta(seconds=behind))
        self.messages: dict[str, dict[str, Any]] = {}

    def transactions(self, filters: Mapping[str, Any], *, pages: int) -> Iterator[wire.TransactionPage]:
        if filters and self.filters == "refused":
            raise Rejected("property businessNumber should not exist", status=400)
        rows = list(self.rows)
        if filters and self.filters == "works":
            rows = [r for r in rows if r.business_number == filters["businessNumber"]]
        if filters and self.filters == "finds nothing":
            rows = []
        cuts = [rows[i : i + self.page] for i in range(0, len(rows), self.page)] or [[]]
        for index, cut in enumerate(cuts[:pages]):
            more = f"https://x/v3/transactions?nextCursor={index}" if index + 1 < len(cuts) else None
            yield wire.TransactionPage(
                data=cut, metadata=wire.Metadata(pagination=wire.Pagination(links=wire.Links(next=more)))
            )

    def message(self, transaction_id: str) -> dict[str, Any]:
        if transaction_id not in self.messages:
            return {"message": MESSAGE}
        if not self.messages[transaction_id]:
            raise NotFound("Transaction not found", status=404)
        return self.messages[transaction_id]

    def look(self, first_sent_at: dt.datetime | None = SENT_AT) -> Evidence:
        return evidence.look_for(self, POSTED, first_sent_at)


def others(count: int, *, minutes: float = 1) -> list[wire.Transaction]:
    return [transaction(1000 + n, minutes=minutes, business_number=f"6{n:05d}") for n in range(count)]


FILTERS = ["works", "refused", "ignored", "finds nothing"]


@pytest.mark.parametrize("filters", FILTERS)
def test_it_is_found_whatever_the_filter_does(filters: str) -> None:
    found = Listing([*others(250), transaction(7), *others(3, minutes=-90)], filters=filters).look()
    assert isinstance(found, Applied)
    assert found.target_id == "7"
    assert "made 2026-11-20 12:00:00 UTC" in found.proof


@pytest.mark.parametrize("filters", FILTERS)
def test_it_is_not_there_whatever_the_filter_does(filters: str) -> None:
    found = Listing([*others(250), *others(150, minutes=-90)], filters=filters).look()
    assert isinstance(found, NotApplied)
    assert "850_PURCHASE_ORDER 500001 from US to THEM on live since 2026-11-20 11:59:30 UTC" in found.proof


def test_reading_stops_at_the_first_try() -> None:
    """A thousand older pages are no reason to read on."""
    listing = Listing([*others(5), *others(1000, minutes=-90)], filters="refused", page=10, pages=20)
    assert isinstance(listing.look(), NotApplied)


def test_a_list_that_was_not_read_to_the_first_try_decides_nothing() -> None:
    found = Listing([*others(500), transaction(7)], filters="refused", page=10, pages=20).look()
    assert isinstance(found, CannotTell)
    assert "newest 200 transactions" in found.reason


def test_a_filter_that_works_decides_where_the_list_is_too_long() -> None:
    assert isinstance(Listing(others(500), page=10, pages=20).look(), NotApplied)


@pytest.mark.parametrize(
    "changes",
    [
        {"stream": "TEST"},
        {"type": wire.Named(name="860_PURCHASE_ORDER_CHANGE")},
        {"sender": wire.Identity(isa_id="OTHER")},
        {"sender": None},
        {"receiver": wire.Identity(isa_id="OTHER")},
        {"business_number": "500002"},
        {"created_at": SENT_AT - dt.timedelta(seconds=31)},
    ],
)
def test_what_differs_in_one_thing_is_not_ours(changes: dict[str, Any]) -> None:
    assert isinstance(Listing([transaction(7, **changes)], filters="ignored").look(), NotApplied)


def test_both_versions_of_the_api_are_known() -> None:
    row = transaction(7, type="850_PURCHASE_ORDER", stream="live", sender=wire.Identity(test_isa_id="US"))
    assert isinstance(Listing([row]).look(), Applied)


@pytest.mark.parametrize(("behind", "kind"), [(600, Applied), (0, NotApplied), (-600, NotApplied)])
def test_a_clock_behind_ours_is_allowed_for(behind: float, kind: type) -> None:
    row = transaction(7, minutes=-9)
    assert type(Listing([row], behind=behind).look()) is kind


def test_the_newer_of_two_versions_is_told_from_ours() -> None:
    listing = Listing([transaction(8, minutes=2), transaction(7)])
    listing.messages["8"] = {"message": mosaic_850(order(), purpose="replace")}
    found = listing.look()
    assert isinstance(found, Applied)
    assert found.target_id == "7"
    listing.rows = listing.rows[:1]
    found = listing.look()
    assert isinstance(found, NotApplied)
    assert "transaction 8 is another version (purpose is 05 there and 00 here)" in found.proof


def test_a_message_that_cannot_be_compared_is_left_to_a_person() -> None:
    listing = Listing([transaction(7)])
    for message in ({}, {"transactionSets": [{"unknownSegment": [{"a": "1"}]}]}):
        listing.messages["7"] = message
        found = listing.look()
        assert isinstance(found, CannotTell)
        assert "transaction 7" in found.reason


def test_a_transaction_that_is_being_processed_is_looked_at_again() -> None:
    listing = Listing([transaction(7, validation_status="PROCESSING")])
    listing.messages["7"] = {}
    with pytest.raises(Transient, match="still working on transaction 7"):
        listing.look()


@pytest.mark.parametrize("form", [{}, {"transactionSets": [{"segmentOfAnotherName": [{"a": "1"}]}]}])
def test_what_was_sent_must_be_readable_itself(form: dict[str, Any]) -> None:
    """Without its number, every list would seem not to hold it."""
    listing = Listing([transaction(7)])
    listing.convert = lambda x12: form
    posted = msgspec.structs.replace(POSTED, message={}, x12="ISA*...")
    assert isinstance(evidence.look_for(listing, posted, SENT_AT), CannotTell)


def test_without_a_first_try_everything_counts() -> None:
    assert isinstance(Listing([transaction(7, minutes=-10_000)]).look(None), Applied)

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from edi.documents.codes import PURPOSES_READ
from edi.documents.reading import LeftOver, Reading, View, loops, split
from tests.edi.documents.support import parsed


def view(row: str) -> View:
    return Reading(parsed(row, "850")).views[0]


def codes_of(found: View) -> list[str]:
    return [finding.code for finding in found.reading.findings]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("20260504", dt.date(2026, 5, 4)),
        ("260504", dt.date(2026, 5, 4)),
        ("970501", dt.date(1997, 5, 1)),
        (" 20260504", dt.date(2026, 5, 4)),
        ("", None),
    ],
)
def test_dates(text: str, date: dt.date | None) -> None:
    assert view(f"DTM*002*{text}").date(2, "date") == date


@pytest.mark.parametrize("text", ["20260231", "2026-05-04", "2605", "２０２６０５０４", "20261301"])
def test_other_dates_are_errors(text: str) -> None:
    found = view(f"DTM*002*{text}")
    assert found.date(2, "date") is None
    assert codes_of(found) == ["date-unreadable"]
    assert found.reading.findings[0].value == text


@pytest.mark.parametrize(("text", "number"), [("10", "10"), (".5", "0.5"), ("-3.20", "-3.2"), ("0012", "12")])
def test_numbers(text: str, number: str) -> None:
    assert view(f"QTY*01*{text}").number(2, "quantity") == Decimal(number)


@pytest.mark.parametrize("text", ["1,5", "1E5", "ten", "1.2.3", "-", "NaN", "Infinity", "1_000"])
def test_other_numbers_are_errors(text: str) -> None:
    found = view(f"QTY*01*{text}")
    assert found.number(2, "quantity") is None
    assert codes_of(found) == ["number-unreadable"]


def test_half_days_are_errors() -> None:
    found = view("ITD*01*3*****30.5")
    assert found.days(7, "net days") is None
    assert codes_of(found) == ["number-unreadable"]


@pytest.mark.parametrize(
    ("row", "price"),
    [
        ("PO1*1*5*EA*12.5", "12.5"),
        ("PO1*1*5*EA*12.5*PE", "12.5"),
        ("PO1*1*5*EA*1250*HP", "12.5"),
        ("PO1*1*5*EA*125*TP", ".125"),
    ],
)
def test_prices_are_prices_of_one(row: str, price: str) -> None:
    assert view(row).price(4) == Decimal(price)


def test_price_basis_that_is_not_understood_is_left_over() -> None:
    found = view("PO1*1*5*EA*12.5*HF")
    found.price(4)
    assert 5 in found.reading.result(None).left_over[0].unused


def test_item_numbers_of_unknown_kind_are_kept_and_told() -> None:
    found = view("PO1*1*5*EA*1**BP*A-1*C9*77")
    assert [(i.scheme, i.value) for i in found.items(6)] == [("buyer", "A-1"), ("other", "77")]
    assert codes_of(found) == ["code-not-understood"]
    assert not found.reading.findings[0].is_error


@pytest.mark.parametrize(("text", "unit"), [("EA", "EA"), ("EA>1", "EA"), ("ST", "SET"), ("STK", "STK"), ("", "")])
def test_units(text: str, unit: str) -> None:
    assert view(f"POC*1*CA*5**{text}").unit(5) == unit


def test_a_purpose_that_is_not_understood_is_an_error() -> None:
    found = view("BEG*07*SA*1")
    assert found.purpose(1, PURPOSES_READ) == "original"
    assert codes_of(found) == ["purpose-not-understood"]
    assert found.reading.result("draft").document is None
    assert found.reading.result("draft").draft == "draft"


def test_findings_know_their_place() -> None:
    reading = Reading(parsed("CUR*BY*SEK\nDTM*002*tomorrow", "850"))
    reading.views[1].date(2, "date")
    finding = reading.findings[0]
    assert (finding.segment, finding.position, finding.element, finding.value) == ("DTM", 3, 2, "tomorrow")
    assert (finding.set_id, finding.set_control, finding.level) == ("850", "0001", "meaning")


def test_what_is_not_asked_for_is_left_over() -> None:
    reading = Reading(parsed("CUR*BY*SEK*1.1\nFOB*PP", "850"))
    reading.views[0].get(1)
    reading.views[0].get(2)
    assert reading.result(None).left_over == (
        LeftOver(2, "CUR", ("BY", "SEK", "1.1"), (3,)),
        LeftOver(3, "FOB", ("PP",), ()),
    )


def test_peeking_does_not_count() -> None:
    reading = Reading(parsed("FOB*PP", "850"))
    assert reading.views[0].peek(1) == "PP"
    assert len(reading.result(None).left_over) == 1


def test_blocks_go_from_start_to_start() -> None:
    views = Reading(parsed("BEG*00\nPO1*1\nPID*F\nPO1*2\nCTT*2", "850")).views
    head, blocks = split(views, ("PO1", "CTT"))
    assert [v.tag for v in head] == ["BEG"]
    assert [[v.tag for v in block] for block in blocks] == [["PO1", "PID"], ["PO1"], ["CTT"]]


def test_a_foreign_segment_ends_a_loop() -> None:
    views = Reading(parsed("N1*BY\nN3*x\nITD*01\nN4*y\nN1*ST\nN4*z", "810")).views
    outside, inner = loops(views, {"N1": frozenset({"N3", "N4"})})
    assert [v.tag for v in outside] == ["ITD", "N4"]
    assert [[v.tag for v in loop] for loop in inner] == [["N1", "N3"], ["N1", "N4"]]

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from edi.documents import texts
from edi.documents.order_change import LineChange, OrderChange
from edi.documents.values import Charge

WORDY = st.text(st.sampled_from("abc  \n\tåö"), max_size=300)


def test_clean_text_is_on_one_line() -> None:
    assert texts.clean("  Ring\r\nföre\x00 ankomst\u2028tack ") == "Ring före ankomst tack"


def test_what_nobody_sees_is_dropped() -> None:
    assert texts.clean("A\u00ad-1\u200b \ufeff") == "A-1"


def test_split_cuts_at_spaces() -> None:
    assert texts.split("leverans efter klockan tolv", 12) == ["leverans", "efter", "klockan tolv"]


def test_split_cuts_words_that_are_too_long() -> None:
    assert texts.split("abcdefghij kl", 4) == ["abcd", "efgh", "ij", "kl"]
    assert texts.wrapped("abcdefghij kl", 4) == "abcd efgh ij kl"


@given(WORDY, st.integers(1, 40))
def test_pieces_fit_and_lose_nothing(text: str, size: int) -> None:
    cleaned = texts.clean(text)
    pieces = texts.split(cleaned, size)
    assert all(0 < len(piece) <= size and piece == piece.strip() for piece in pieces)
    assert "".join(pieces).replace(" ", "") == cleaned.replace(" ", "")


@given(WORDY, st.integers(1, 40))
def test_wrapping_is_stable(text: str, size: int) -> None:
    once = texts.wrapped(texts.clean(text), size)
    assert texts.wrapped(once, size) == once
    assert texts.join(texts.split(once, size)) == once


def test_texts_change_at_any_depth_but_closed_words_stay() -> None:
    change = OrderChange(
        number="a",
        order_date=dt.date(2026, 1, 1),
        lines=(LineChange(kind="add", description="b"),),
        charges=(Charge(kind="charge", text="c", amount=1),),
    )
    upper = texts.map_texts(change, str.upper)
    assert (upper.number, upper.lines[0].description, upper.charges[0].text) == ("A", "B", "C")
    assert (upper.purpose, upper.lines[0].kind, upper.charges[0].kind) == ("change", "add", "charge")

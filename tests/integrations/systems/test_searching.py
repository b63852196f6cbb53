"""A page that does not come, asked for in parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from integrations.http.errors import Transient
from integrations.systems.searching import MOST_CALLS, Part, PutOff, search


@dataclass(frozen=True, slots=True)
class Rows:
    elements: Sequence[bytes]


@dataclass(slots=True)
class Shelf:
    """A list by pages that fails over some of its rows."""

    rows: list[bytes]
    bad: set[int]
    """Places, from 0."""
    calls: int = 0

    def ask(self, number: int, size: int) -> Rows:
        self.calls += 1
        begin = (number - 1) * size
        if self.bad & set(range(begin, begin + size)):
            raise Transient("It fails.")
        return Rows(self.rows[begin : begin + size])


def found(parts: list[Part[Rows]]) -> list[bytes | None]:
    return [row for part in parts for row in ([None] if part.page is None else part.page.elements)]


@pytest.mark.parametrize("size", [1, 2, 7, 100])
@pytest.mark.parametrize("number", [1, 3])
def test_rule_09_all_but_the_bad_row_come_in_their_order_wherever_it_stands(number: int, size: int) -> None:
    rows = [str(n).encode() for n in range(number * size)]
    page = range((number - 1) * size, number * size)
    for bad in {page[0], page[size // 2], page[-1]}:
        shelf = Shelf(rows, {bad})
        parts = search(shelf.ask, number, size, Transient("It fails."))
        assert found(parts) == [None if n == bad else rows[n] for n in page]
        assert shelf.calls <= 20


def test_rule_09_behind_the_end_of_the_list_nothing_is_asked_for() -> None:
    shelf = Shelf([b"0", b"1", b"2"], {1})
    assert found(search(shelf.ask, 1, 100, Transient("It fails."))) == [b"0", None, b"2"]
    assert shelf.calls <= 20


def test_rule_09_what_fails_as_a_whole_is_an_outage() -> None:
    """The rows of an outage are not put aside."""
    shelf = Shelf([b"0"] * 100, set(range(100)))
    fault = Transient("The first.")
    with pytest.raises(Transient) as caught:
        search(shelf.ask, 1, 100, fault)
    assert caught.value is fault
    assert shelf.calls == MOST_CALLS


def test_rule_09_what_was_put_off_is_told_when_all_others_are_there() -> None:
    done, put_off = [], PutOff()
    for n in range(4):
        with put_off.over(f"Number {n}"):
            if n in (1, 2):
                raise Transient("It fails.")
            done.append(n)
    assert done == [0, 3]
    with pytest.raises(Transient, match="Number 1 does not come; all others were read"):
        put_off.tell()
    PutOff().tell()

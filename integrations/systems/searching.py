"""A page that a system cannot give is asked for in parts, down to the one record that it fails over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from integrations.http.errors import Transient
from integrations.http.session import Session

MOST_CALLS = 60
"""So many calls are spent on one page. More bad records than that are no bad records but an outage."""


class HasElements(Protocol):
    """What is asked of a page."""

    @property
    def elements(self) -> Sequence[bytes]: ...


P = TypeVar("P", bound=HasElements)


@dataclass(frozen=True, slots=True)
class Part(Generic[P]):
    """A part of the page: as it came, or one record that does not come."""

    page: P | None


def search(ask: Callable[[int, int], P], number: int, size: int, fault: Transient) -> list[Part[P]]:
    """The parts of page `number` of `size` records, which failed with `fault`, in their order. `ask` gives a page by
    number and size. Level by level, so that good answers stand between the bad ones. Raises `fault` when it takes too
    many calls, and whatever `ask` raises that is not Transient."""
    found: dict[int, Part[P]] = {}
    failing, calls = [(number, size)], 0
    while failing:
        at, whole = failing.pop(0)
        if whole == 1:
            found[at - 1] = Part(None)
            continue
        pieces = _smallest_factor(whole)
        part = whole // pieces
        for piece in range(pieces * (at - 1) + 1, pieces * at + 1):
            calls += 1
            if calls > MOST_CALLS:
                raise fault
            try:
                page = ask(piece, part)
            except Transient:
                failing.append((piece, part))
                continue
            found[(piece - 1) * part] = Part(page)
            if not page.elements:
                break  # behind the end of the list
    return [found[place] for place in sorted(found)]


@contextmanager
def searching(session: Session, cheap: Callable[[], object]) -> Iterator[None]:
    """While parts of a page are asked for, whose failing says nothing of the connection. Begins with a call that must
    succeed: an outage is no bad page."""
    cheap()
    session.is_searching = True
    try:
        yield
    finally:
        session.is_searching = False


class PutOff:
    """What does not come of single records while a page is read: each is told at the end of the read, when all others
    are there. Then the read has failed, visibly, and it looks for them again; nothing else waits for that."""

    def __init__(self) -> None:
        self._first: Transient | None = None

    @contextmanager
    def over(self, what: str) -> Iterator[None]:
        """Goes on behind the block when `what` does not come. An outage is not put off for long: the breaker opens."""
        try:
            yield
        except Transient as fault:
            if self._first is None:
                fault.sentence = f"{what} does not come; all others were read. {fault.sentence}"
                fault.args = (fault.sentence,)
                self._first = fault

    def tell(self) -> None:
        """Raises what came first."""
        if self._first is not None:
            raise self._first


def _smallest_factor(number: int) -> int:
    return next((n for n in range(2, int(number**0.5) + 1) if number % n == 0), number)

"""What all readers share: segments that remember which of their elements were used, findings, and what is left over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Generic, TypeVar

import msgspec

from edi.documents import codes, money, units
from edi.documents.values import ItemId
from edi.x12.findings import Finding
from edi.x12.segments import Segment, TransactionSet

D = TypeVar("D")
W = TypeVar("W")


PRICED_QUANTITIES = {
    **dict.fromkeys(("CA", "CP", "CT", "LE", "NT", "PE", "PR", "QS", "QT", "TE", "UM", "WE", "WH"), 1),
    "HP": 100,
    "TP": 1000,
}
"""Element 639: how many units a price is for."""


class LeftOver(msgspec.Struct, frozen=True):
    """A segment, or some elements of one, that the document does not hold."""

    position: int
    """Place in the transaction set, ST = 1."""
    tag: str
    elements: tuple[str, ...]
    unused: tuple[int, ...]
    """1-based positions of the elements that were not used; empty when the whole segment was not."""


class ReadResult(msgspec.Struct, Generic[D], frozen=True, kw_only=True):
    """What a transaction set says."""

    draft: D | None
    """The document as far as it could be read: to show, never to act on while there are errors."""
    findings: tuple[Finding, ...] = ()
    left_over: tuple[LeftOver, ...] = ()

    @property
    def document(self) -> D | None:
        """The document, None when anything in it could not be read."""
        return None if any(f.is_error for f in self.findings) else self.draft


class View:
    """One segment, read through: an element that is asked for counts as used."""

    __slots__ = ("position", "reading", "segment", "touched", "used")

    def __init__(self, segment: Segment, position: int, reading: Reading) -> None:
        self.segment = segment
        self.position = position
        self.reading = reading
        self.used: set[int] = set()
        self.touched = False

    @property
    def tag(self) -> str:
        return self.segment.tag

    def peek(self, element: int) -> str:
        """The element, without counting it as used."""
        return self.segment.get(element).strip()

    def get(self, element: int) -> str:
        self.touched = True
        self.used.add(element)
        return self.segment.get(element).rstrip()

    def required(self, element: int, name: str) -> str:
        """A text without which the document cannot be told from others."""
        text = self.get(element).strip()
        if not text:
            self.fail(element, "value-missing", f"The {name} ({self.tag}{element:02}) is missing.")
        return text

    def required_date(self, element: int, name: str) -> dt.date:
        """A date that every document has; 0001-01-01 in the draft where it is missing or unreadable."""
        if not self.peek(element):
            self.fail(element, "value-missing", f"The {name} ({self.tag}{element:02}) is missing.")
        return self.date(element, name) or dt.date.min

    def word(self, element: int, table: Mapping[str, W], default: W, name: str) -> W:
        """The word for a code; a code that the table does not have is a warning and reads as `default`."""
        code = self.get(element).strip()
        if code and code not in table:
            text = f"The {name} '{code}' is not understood here; it is read as {default}."
            self.complain(element, "code-not-understood", text)
        return table.get(code, default)

    def date(self, element: int, name: str) -> dt.date | None:
        """A date CCYYMMDD, or YYMMDD as before 004010 (years 70 to 99 are of the last century)."""
        text = self.get(element).strip()
        if not text:
            return None
        century = "" if len(text) == 8 else "19" if text[:2] >= "70" else "20"
        try:
            if not (text.isascii() and text.isdigit() and len(text) in (6, 8)):
                raise ValueError
            return dt.date(int((century + text)[:4]), int(text[-4:-2]), int(text[-2:]))
        except ValueError:
            self.fail(element, "date-unreadable", f"The {name} '{text}' is not a date; it must be written CCYYMMDD.")
            return None

    def number(self, element: int, name: str) -> Decimal | None:
        """A number of type R."""
        text = self.get(element).strip()
        if not text:
            return None
        try:
            if not set(text) <= set("0123456789.-"):
                raise InvalidOperation
            return Decimal(text)
        except InvalidOperation:
            self.fail(element, "number-unreadable", f"The {name} '{text}' is not a number; send digits with a point.")
            return None

    def n2(self, element: int, name: str) -> Decimal | None:
        """An amount of type N2."""
        text = self.get(element).strip()
        if not text:
            return None
        try:
            return money.from_n2(text)
        except ValueError:
            message = f"The {name} '{text}' is not a number of hundredths: digits without a point."
            self.fail(element, "number-unreadable", message)
            return None

    def days(self, element: int, name: str) -> int | None:
        """A whole number of days."""
        number = self.number(element, name)
        if number is not None and number % 1:
            self.fail(element, "number-unreadable", f"The {name} '{self.peek(element)}' is not a whole number.")
            return None
        return None if number is None else int(number)

    def purpose(self, element: int, table: Mapping[str, W]) -> W:
        """What the message wants with its document (element 353); none stated is an original.

        A purpose that the table does not have is an error: a duplicate or a draft must not be taken for an original.
        """
        code = self.get(element).strip()
        if code and code not in table:
            self.fail(
                element, "purpose-not-understood", f"The purpose '{code}' is not understood here; ask the sender."
            )
        return table.get(code, table["00"])

    def price(self, element: int) -> Decimal | None:
        """A unit price with its basis (element 639) behind it: a price per hundred or thousand becomes that of one.

        A basis that may mean another quantity stays unused and so shows up as left over.
        """
        price, basis = self.number(element, "price"), self.peek(element + 1)
        if basis in PRICED_QUANTITIES:
            self.get(element + 1)
            return None if price is None else price / PRICED_QUANTITIES[basis]
        return price

    def item_number(self, first: int, qualifier: str) -> str:
        """The number of one kind among the pairs from element `first` on, "" when it is not there."""
        for element in range(first, len(self.segment.elements) + 1, 2):
            if self.peek(element) == qualifier:
                self.get(element)
                return self.get(element + 1)
        return ""

    def items(self, first: int, *, apart: Collection[str] = ()) -> tuple[ItemId, ...]:
        """The item numbers from element `first` on, in pairs of qualifier and number, without the kinds `apart`."""
        found = []
        for element in range(first, len(self.segment.elements) + 1, 2):
            if self.peek(element) in apart:
                continue
            qualifier, value = self.get(element).strip(), self.get(element + 1)
            if value:
                scheme = codes.ITEM_IDS_READ.get(qualifier, "other")
                if qualifier not in codes.ITEM_IDS_READ:
                    text = f"Item numbers of kind '{qualifier}' are not understood; {value} is kept as another number."
                    self.complain(element, "code-not-understood", text)
                found.append(ItemId(scheme=scheme, value=value))  # type: ignore[arg-type]
        return tuple(found)

    def unit(self, element: int) -> str:
        """A unit (element 355); of a composite unit of measure its first component."""
        text = self.get(element).strip()
        return units.from_x12(text if text[2:].isalnum() else text[:2])

    def use_all(self) -> None:
        """Count every element as used."""
        self.touched = True
        self.used.update(range(1, len(self.segment.elements) + 1))

    def fail(self, element: int, code: str, message: str) -> None:
        self.reading.find(self, element, code, message, severity_error=True)

    def complain(self, element: int, code: str, message: str) -> None:
        self.reading.find(self, element, code, message, severity_error=False)


class Reading:
    """A transaction set while it is read."""

    def __init__(self, tset: TransactionSet) -> None:
        self.tset = tset
        self.views = [View(segment, position, self) for position, segment in enumerate(tset.body, start=2)]
        self.findings: list[Finding] = []

    def find(self, view: View, element: int, code: str, message: str, *, severity_error: bool) -> None:
        self.findings.append(
            Finding(
                level="meaning",
                code=code,
                message=message,
                severity="error" if severity_error else "warning",
                segment=view.tag,
                position=view.position,
                element=element,
                value=view.peek(element),
                offset=view.segment.element_offset(element) if element else view.segment.offset,
                set_id=self.tset.set_id,
                set_control=self.tset.control_number,
            )
        )

    def missing(self, tag: str, name: str) -> None:
        """Note that a segment without which there is no document is not there."""
        message = f"There is no {tag} segment, so the {name} is not known; the sender must send it again."
        self.findings.append(
            Finding(
                level="meaning",
                code="segment-missing",
                message=message,
                segment=tag,
                set_id=self.tset.set_id,
                set_control=self.tset.control_number,
            )
        )

    def result(self, draft: D | None) -> ReadResult[D]:
        """The draft with what was found wrong and what it does not hold."""
        left = tuple(over for view in self.views if (over := _left_over(view)))
        return ReadResult(draft=draft, findings=tuple(self.findings), left_over=left)


def _left_over(view: View) -> LeftOver | None:
    elements = tuple(view.segment.elements)
    if not view.touched:
        return LeftOver(view.position, view.tag, elements, ())
    unused = tuple(n for n, value in enumerate(elements, start=1) if value.strip() and n not in view.used)
    return LeftOver(view.position, view.tag, elements, unused) if unused else None


def split(views: Sequence[View], starts: Collection[str]) -> tuple[list[View], list[list[View]]]:
    """The views before the first segment of `starts`, and one block from each such segment to the next."""
    head: list[View] = []
    found: list[list[View]] = []
    for view in views:
        if view.tag in starts:
            found.append([view])
        elif found:
            found[-1].append(view)
        else:
            head.append(view)
    return head, found


def loops(views: Iterable[View], members: Mapping[str, Collection[str]]) -> tuple[list[View], list[list[View]]]:
    """The views outside any loop, and one list for each loop.

    `members` names the segments of the loop that a segment opens; another segment ends the loop.
    """
    outside: list[View] = []
    found: list[list[View]] = []
    inside: Collection[str] = ()
    for view in views:
        if view.tag in members:
            inside = members[view.tag]
            found.append([view])
        elif view.tag in inside:
            found[-1].append(view)
        else:
            inside = ()
            outside.append(view)
    return outside, found


def first(views: Iterable[View], tag: str, qualifiers: Collection[str] = ()) -> View | None:
    """The first segment of that tag, whose first element is one of `qualifiers` when any are given."""
    return next((v for v in views if v.tag == tag and (not qualifiers or v.peek(1) in qualifiers)), None)


def every(views: Iterable[View], tag: str) -> list[View]:
    return [v for v in views if v.tag == tag]

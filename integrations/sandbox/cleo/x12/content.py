"""What a trading partner finds inside transaction sets: missing segments and elements, wrong counts and values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from .reader import ElementFault, Group, Interchange, TransactionSet

FUNCTIONAL_IDS: Final = {
    "850": "PO",
    "855": "PR",
    "860": "PC",
    "865": "CA",
    "856": "SH",
    "810": "IN",
    "846": "IB",
    "997": "FA",
}
_MANDATORY = {
    "850": ("BEG", "PO1"),
    "855": ("BAK",),
    "860": ("BCH",),
    "865": ("BCA",),
    "856": ("BSN", "HL"),
    "810": ("BIG", "TDS"),
    "997": ("AK1", "AK9"),
}
_COUNTED = {"850": "PO1", "855": "PO1", "860": "POC", "865": "POC", "856": "HL", "810": "IT1"}
_NUMBERS = {
    "850": ("BEG", 3),
    "855": ("BAK", 3),
    "860": ("BCH", 3),
    "865": ("BCA", 3),
    "856": ("BSN", 2),
    "810": ("BIG", 2),
    "997": ("AK1", 2),
}
_REQUIRED = {
    "BEG": (1, 2, 3, 5),
    "BAK": (1, 2, 3, 4),
    "BCH": (1, 2, 3, 6),
    "BSN": (1, 2, 3, 4),
    "BIG": (1, 2),
    "TDS": (1,),
    "N1": (1,),
    "CTT": (1,),
    "SN1": (2, 3),
}
_DECIMAL = {"PO1": (2, 4), "IT1": (2, 4), "SN1": (2,), "POC": (3, 4, 6)}
_WHOLE = {"TDS": (1,), "CTT": (1,)}  # N2 and N0: no point; an invoice total counts cents
_DATE = {"BEG": (5,), "BAK": (4,), "BCH": (6,), "BSN": (3,), "BIG": (1, 3), "DTM": (2,), "PRF": (4,)}
_MISSING, _BAD_CHARACTER, _BAD_DATE = "1", "6", "8"
_IN_ERROR = "5"


def check_content(interchange: Interchange) -> None:
    """Look into every set; adds to its codes, missing segments, element faults and notes."""
    for group in interchange.groups:
        for one in group.sets:
            _check_set(group, one)


def _check_set(group: Group, one: TransactionSet) -> None:
    if one.id not in FUNCTIONAL_IDS:
        one.codes.append("1")
        one.notes.append(f"transaction set {one.id} is not supported")
        return
    if FUNCTIONAL_IDS[one.id] != group.functional_id:
        one.codes.append("6")
        one.notes.append(f"set {one.id} stands in a group {group.functional_id}")
    one.missing = [tag for tag in _MANDATORY.get(one.id, ()) if not one.find(tag)]
    one.elements = list(_elements(one))
    notes = [f"mandatory segment {tag} is missing" for tag in one.missing]
    notes += [f"{fault.tag}{fault.element:02} is missing or wrong: {fault.value!r}" for fault in one.elements]
    notes += _counts(one)
    if notes:
        one.codes.append(_IN_ERROR)
        one.notes.extend(notes)


def _counts(one: TransactionSet) -> Iterator[str]:
    counted, totals = _COUNTED.get(one.id), one.find("CTT")
    if counted and totals:
        said, there = "".join(totals[0][1:2]), len(one.find(counted))
        if said != str(there):
            yield f"CTT01 says {said}, there are {there} {counted} segments"
    levels = ["".join(segment[1:2]) for segment in one.find("HL")]
    if levels != [str(number) for number in range(1, len(levels) + 1)]:
        yield "HL01 does not count from 1"


def _elements(one: TransactionSet) -> Iterator[ElementFault]:
    for position, segment in enumerate(one.segments, start=1):
        tag = segment[0]
        for element in _REQUIRED.get(tag, ()):
            if element >= len(segment) or not segment[element]:
                yield ElementFault(tag=tag, position=position, element=element, code=_MISSING)
        for element, value in _given(segment, _DECIMAL.get(tag, ())):
            if not _is_decimal(value):
                yield ElementFault(tag=tag, position=position, element=element, code=_BAD_CHARACTER, value=value)
        for element, value in _given(segment, _WHOLE.get(tag, ())):
            if not _is_decimal(value) or "." in value:
                yield ElementFault(tag=tag, position=position, element=element, code=_BAD_CHARACTER, value=value)
        for element, value in _given(segment, _DATE.get(tag, ())):
            if not _is_date(value):
                yield ElementFault(tag=tag, position=position, element=element, code=_BAD_DATE, value=value)


def _given(segment: list[str], elements: tuple[int, ...]) -> Iterator[tuple[int, str]]:
    return ((element, segment[element]) for element in elements if element < len(segment) and segment[element])


def _is_decimal(value: str) -> bool:
    try:
        return value.isascii() and value == value.strip() and Decimal(value).is_finite() and "E" not in value.upper()
    except InvalidOperation:
        return False


def _is_date(value: str) -> bool:
    if len(value) != 8 or not (value.isascii() and value.isdigit()):
        return False
    try:
        datetime.strptime(value, "%Y%m%d")  # noqa: DTZ007 - only asked whether it is a date
    except ValueError:
        return False
    return True


def business_numbers(interchanges: list[Interchange]) -> list[str]:
    """The numbers in the beginning segments: orders, invoices, shipments; for a 997 the group it acknowledges."""
    found = []
    for one in (one for interchange in interchanges for one in interchange.sets):
        tag, position = _NUMBERS.get(one.id, ("", 0))
        beginnings = one.find(tag)
        if beginnings and len(beginnings[0]) > position and beginnings[0][position]:
            found.append(beginnings[0][position])
    return found


def kinds(interchanges: list[Interchange]) -> str:
    """The set ids in order: "850", or "850+860" when there are several."""
    return "+".join(dict.fromkeys(one.id for interchange in interchanges for one in interchange.sets))

"""GS1 check digits of products, locations and packages: what a mistyped or cut number shows itself by."""

from __future__ import annotations

from collections.abc import Iterator

from edi.x12.meaning.document import Document, Placed

_PRODUCTS = {"UP": 12, "EN": 13, "UK": 14, "UA": 12}
"""Product id qualifiers with the length of a number that ends in a check digit."""

_FIRST_PAIR = {"PO1": 6, "IT1": 6, "POC": 8, "LIN": 2, "SLN": 9, "ACK": 7}
"""Element of the first product id qualifier of a segment."""


def check(document: Document) -> None:
    """Warn about product ids, location numbers (N103 UL) and SSCC-18 (MAN*GM) with a wrong check digit."""
    for placed in _segments(document):
        tag = placed.segment.tag
        if tag in _FIRST_PAIR:
            _check_products(document, placed, _FIRST_PAIR[tag])
        elif tag == "N1" and placed.get(3) == "UL":
            _check_number(document, placed, 4, placed.get(4), 13, "location number (GLN)")
        elif tag == "MAN" and placed.get(1) in ("GM", "AA"):
            digits = placed.get(2)
            sscc = digits[2:] if len(digits) == 20 and digits.startswith("00") else digits
            _check_number(document, placed, 2, sscc, 18, "package number (SSCC-18)")


def _segments(document: Document) -> Iterator[Placed]:
    yield from document.heading
    for line in document.lines:
        yield line.first
        yield from line.rest


def _check_products(document: Document, placed: Placed, first: int) -> None:
    elements = placed.segment.elements
    for position in range(first, len(elements), 2):
        length = _PRODUCTS.get(elements[position - 1])
        if length is not None:
            name = f"{elements[position - 1]} product number"
            _check_number(document, placed, position + 1, elements[position], length, name)


def _check_number(document: Document, placed: Placed, element: int, digits: str, length: int, name: str) -> None:
    if len(digits) != length or not digits.isdecimal() or not digits.isascii():
        return
    expected = check_digit(digits[:-1])
    if digits[-1] != expected:
        message = f"{placed.tag}{element:02}: the {name} {digits} has a wrong check digit ({expected} is right)."
        document.report("check-digit", message, placed, element, severity="warning")


def check_digit(digits: str) -> str:
    """The GS1 check digit for ``digits``: weights 3 and 1 from the right, up to the next ten."""
    total = sum(int(char) * (3 if index % 2 == 0 else 1) for index, char in enumerate(reversed(digits)))
    return str(-total % 10)

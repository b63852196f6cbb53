"""What all builders share: the partner's options, refusals in plain words, segments with their lengths checked."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Literal, TypeVar

import msgspec

from edi.documents import codes, limits, money, texts, units
from edi.documents.values import ItemId, Value

Seg = list[str | tuple[str, ...]]
"""Tag and elements; a composite element is a tuple. Trailing empty elements are left off."""

D = TypeVar("D", bound=Value)


class BuildOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one partner wants its documents. Every setting has the usual choice as its default."""

    version: Literal["004010", "005010"] = "004010"
    party_ids: tuple[str, ...] = ("gln", "buyer", "supplier", "duns", "other")
    """Which number of a party stands in N1, in order of preference; the others follow as REF."""
    party_qualifiers: dict[str, str] = {}
    """Element 66 by scheme, where the partner wants another than the usual one: {"duns": "9"}."""
    item_ids: tuple[str, ...] = ("buyer", "supplier", "gtin", "upc", "manufacturer", "other")
    """The order in which a line's item numbers are written; a scheme that is not named here is not sent."""
    item_qualifiers: dict[str, str] = {}
    """Element 235 by scheme, where the partner wants another than the usual one: {"buyer": "IN", "supplier": "VN"}."""
    units: dict[str, str] = {}
    """Own units to element 355 codes; comes before the Nordic table of `edi.documents.units`."""
    tax_type: str = "VA"
    """Element 963: VA value added tax, GS goods and services tax, ST state sales tax."""
    hash_total: bool = False
    """Whether CTT02 carries the hash total of the quantities."""
    tolerance: Decimal | None = None
    """How far amounts may be off, in the document's currency. None: what rounding explains, half a minor unit for each
    amount that is rounded (a line's amount and charges, the lines of an order), and one minor unit for a total."""
    credit_sign: Literal["kept", "positive"] = "kept"
    """Amounts and quantities of a credit note in an 810: negative as in the books, or positive."""


class BuildRefused(Exception):
    """A document that cannot be sent as it is. `reasons` are sentences for the people who own the document."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(reasons))


class Draft:
    """Segments being built, and the reasons why they may not be sent."""

    def __init__(self, options: BuildOptions) -> None:
        self.options = options
        self.segments: list[Seg] = []
        self.reasons: list[str] = []

    def refuse(self, reason: str, *, at: str = "") -> None:
        """Note why the document cannot be sent; `at` names the line or party."""
        sentence = f"{at}: {reason}" if at else reason
        if sentence not in self.reasons:
            self.reasons.append(sentence)

    def add(self, tag: str, *elements: str, at: str = "") -> None:
        """Append a segment, its elements checked for presence and length."""
        for complaint in limits.complaints(tag, elements, self.options.version):
            self.refuse(complaint, at=at)
        kept = list(elements)
        while kept and not kept[-1]:
            kept.pop()
        self.segments.append([tag, *kept])

    def unit(self, unit: str, *, at: str) -> str:
        """The element 355 code of a unit; an unknown unit is a refusal."""
        code = units.to_x12(unit, self.options.units)
        if not code:
            reason = f"unit '{unit}' is not known; add it to the partner's units" if unit else "unit is missing"
            self.refuse(reason, at=at)
        return code

    def n2(self, amount: Decimal, name: str, *, at: str = "") -> str:
        """An amount as N2; one with more than two decimals has no such form and is a refusal."""
        if not money.fits(amount, money.CENT):
            self.refuse(f"{name} {amount} has more than two decimals, which X12 cannot carry here", at=at)
            return "0"
        return money.as_n2(amount)

    def amount(self, amount: Decimal, name: str, currency: str, *, at: str = "") -> str:
        """An amount as R; decimals that the currency does not have are a refusal."""
        if not money.fits(amount, money.minor_unit(currency)):
            self.refuse(f"{name} {amount} has more decimals than {currency} has", at=at)
        return money.as_r(amount)

    def adds_up(self, stated: Decimal, computed: Decimal, sentence: str, *, allowed: Decimal) -> None:
        """Refuse a total that is further off than allowed; `sentence` says what should equal what."""
        if abs(stated - computed) > allowed:
            self.refuse(f"{sentence}: {stated} is stated, the parts make {computed}")

    def check_unique(self, line_numbers: Iterable[str]) -> None:
        """Refuse line numbers that stand on more than one line: an answer to such a line would be ambiguous."""
        for number, count in Counter(line_numbers).items():
            if count > 1:
                self.refuse(f"line number {number} stands on {count} lines")

    def tolerance(self, currency: str, *, rounded: int = 2) -> Decimal:
        """How far a sum of so many rounded amounts may be off: half a minor unit for each, unless the options say."""
        if self.options.tolerance is not None:
            return self.options.tolerance
        return money.minor_unit(currency) / 2 * rounded

    def finish(self) -> list[Seg]:
        """The segments. Raises BuildRefused with every reason that was found."""
        if self.reasons:
            raise BuildRefused(self.reasons)
        return self.segments


def line_name(number: str, description: str = "") -> str:
    """What a line is called in a refusal."""
    return f"line {number}" if number else f"line without a number{f' ({description})' if description else ''}"


def as_date(date: dt.date | None) -> str:
    """CCYYMMDD, "" for None."""
    return date.isoformat().replace("-", "") if date else ""


def item_pairs(items: tuple[ItemId, ...], options: BuildOptions) -> list[str]:
    """Qualifier and number of each item number, as elements 235 and 234."""
    return [part for i in items for part in (codes.item_qualifier(i.scheme, i.value, options.item_qualifiers), i.value)]


def carried_items(items: tuple[ItemId, ...], options: BuildOptions) -> tuple[ItemId, ...]:
    """The item numbers that are sent, in the order they are sent in.

    A GTIN of 12 digits is a UPC and sent so; for a partner who names only one of the two kinds, both have its place.
    """
    places = {scheme: place for place, scheme in enumerate(options.item_ids)}
    places.setdefault("upc", places.get("gtin", -1))
    places.setdefault("gtin", places.get("upc", -1))
    known = [_as_upc(i) if i.scheme == "gtin" and _is_upc(i, options) else i for i in items]
    chosen = [i for i in known if i.value and places.get(i.scheme, -1) >= 0]
    return tuple(sorted(chosen, key=lambda i: places[i.scheme]))


def _is_upc(item: ItemId, options: BuildOptions) -> bool:
    return codes.item_qualifier(item.scheme, item.value, options.item_qualifiers) == "UP"


def _as_upc(item: ItemId) -> ItemId:
    return ItemId(scheme="upc", value=item.value)


def tidy(document: D) -> D:
    """The document with every text on one line and no white space at its ends: what X12 can carry of a text."""
    return texts.map_texts(document, texts.clean)


def losses(document: Value, carried: Value) -> list[str]:
    """What is said by `document` and not by `carried`, one sentence each: what a transaction set leaves out of it."""
    return list(_differences("", msgspec.to_builtins(document), msgspec.to_builtins(carried)))


def _differences(path: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            yield from _differences(f"{path}.{key}" if path else key, value, after.get(key))
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        for index, value in enumerate(before):
            yield from _differences(f"{path}[{index + 1}]", value, after[index] if index < len(after) else None)
    elif before != after:
        yield f"{path}: {before!r} is sent as {after!r}" if after is not None else f"{path}: {before!r} is not sent"

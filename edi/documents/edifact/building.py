"""What all EDIFACT builders share. What they make is checked against the directory before it is given out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from edi.documents import money, texts
from edi.documents.building import BuildRefused
from edi.documents.edifact import codes
from edi.documents.edifact.values import DAY, as_number, day, to_unit
from edi.documents.values import Charge, ItemId, Party, PartyId, Reference, Tax, Terms
from edi.edifact.segments import Message, Segment
from edi.edifact.validate import validate_message
from edi.edifact.writer import Element, Seg, parsed

PIECE, NOTE, PIECES = 35, 70, 5
"""Characters of a name or description, characters of a line of free text, lines of one free text."""
_STREETS = 3


class EdifactOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one partner wants its EDIFACT documents."""

    party_ids: tuple[str, ...] = ("gln", "buyer", "supplier", "duns", "other")
    """Which number of a party stands in NAD, in order of preference."""
    item_ids: tuple[str, ...] = ("gtin", "upc", "buyer", "supplier", "manufacturer", "other")
    """The order in which a line's item numbers are written; a scheme that is not named here is not sent."""
    units: dict[str, str] = {}
    """Own units to UN/ECE units (6411)."""


class Draft:
    """Segments being built, and the reasons why they may not be sent."""

    def __init__(self, kind: str, options: EdifactOptions) -> None:
        self.kind = kind
        self.options = options
        self.segments: list[Seg] = []
        self.reasons: list[str] = []

    def refuse(self, reason: str, *, at: str = "") -> None:
        """Note why the document cannot be sent; ``at`` names the line or party."""
        sentence = f"{at}: {reason}" if at else reason
        if sentence not in self.reasons:
            self.reasons.append(sentence)

    def add(self, tag: str, *elements: Element) -> None:
        """Append a segment."""
        self.segments.append([tag, *elements])

    def date(self, kind: str, date: dt.date | None) -> None:
        """Append a DTM, where there is a date."""
        if date is not None:
            self.add("DTM", (kind, day(date), DAY))

    def reference(self, kind: str, number: str, line: str = "") -> None:
        """Append an RFF, where there is a number."""
        if number:
            self.add("RFF", (kind, number, line))

    def amount(self, kind: str, value: Decimal, currency: str, name: str) -> None:
        """Append an MOA; decimals that the currency does not have are a refusal."""
        if not money.fits(value, money.minor_unit(currency)):
            self.refuse(f"{name} {value} has more decimals than {currency} has")
        self.add("MOA", (kind, as_number(value)))

    def quantity(self, kind: str, value: Decimal, unit: str, *, at: str) -> None:
        """Append a QTY; an unknown unit is a refusal."""
        code = to_unit(unit, self.options.units)
        if not code:
            self.refuse(f"unit '{unit}' is not known; add it to the partner's units", at=at)
        self.add("QTY", (kind, as_number(value), code))

    def notes(self, notes: Iterable[str], *, subject: str = "AAI") -> None:
        """Append one FTX for five lines of a note."""
        for note in notes:
            pieces = texts.split(note, NOTE)
            for start in range(0, len(pieces), PIECES):
                self.add("FTX", subject, "", "", tuple(pieces[start : start + PIECES]))

    def terms_text(self, terms: Terms | None) -> None:
        """Append the terms of payment in words: an FTX in the heading, where free texts stand."""
        if terms is not None:
            self.notes((terms.text,), subject="AAB")

    def description(self, text: str) -> None:
        """Append one IMD for two pieces of a description."""
        pieces = texts.split(text, PIECE)
        for start in range(0, len(pieces), 2):
            self.add("IMD", "F", "", ("", "", "", *pieces[start : start + 2]))

    def line(self, number: str, place: int, items: tuple[ItemId, ...], *, action: str = "") -> None:
        """Append LIN and PIA. A line number that is none for EDIFACT follows as a reference: see ``line_reference``."""
        first, others = (items[0], items[1:]) if items and items[0].scheme in ("gtin", "upc") else (None, items)
        counted = number if is_line_number(number) else str(place)
        self.add("LIN", counted, action, (first.value, codes.ITEM_IDS[first.scheme]) if first is not None else "")
        for start in range(0, len(others), 5):
            numbers = [(item.value, codes.ITEM_IDS[item.scheme]) for item in others[start : start + 5]]
            self.add("PIA", "1", *numbers)

    def substitute(self, items: tuple[ItemId, ...]) -> None:
        """Append a PIA with the numbers of the item that comes instead."""
        if items:
            self.add("PIA", "3", *((item.value, codes.ITEM_IDS[item.scheme]) for item in items))

    def line_reference(self, number: str) -> None:
        """Append the line number that LIN cannot hold."""
        if number and not is_line_number(number):
            self.reference("LI", number)

    def party(self, party: Party) -> None:
        """Append the NAD group of a party."""
        at = f"party {party.role}"
        named = first_id(party.ids, self.options)
        names, streets = texts.split(party.name, PIECE), party.address.lines if party.address is not None else ()
        if not names and named is None:
            self.refuse("it has neither a name nor a number", at=at)
        if len(streets) > _STREETS:
            self.refuse(
                f"the address has {len(streets)} lines of at most {PIECE} characters; {_STREETS} can be sent", at=at
            )
        code: Element = (named.value, "", codes.AGENCIES[named.scheme]) if named is not None else ""
        address = party.address
        where = (address.city, address.region, address.postal_code, address.country) if address is not None else ()
        self.add("NAD", codes.ROLES[party.role], code, "", tuple(names), tuple(streets), *where)
        for one in party.ids:
            if one is not named:
                self.reference(codes.PARTY_REFERENCES[one.scheme], one.value)
        contact = party.contact
        if contact is not None:
            self.add("CTA", "IC", ("", contact.name))
            for channel, value in (("TE", contact.phone), ("EM", contact.email)):
                if value:
                    self.add("COM", (value, channel))

    def references(self, references: Iterable[Reference]) -> None:
        """Append one RFF for each further number of the document."""
        for reference in references:
            self.reference(codes.REFERENCES[reference.kind], reference.value)

    def terms(self, terms: Terms | None) -> None:
        """Append the terms of payment: PAT 1 for the whole amount, PAT 22 for a discount. Their text stands before."""
        if terms is None:
            return
        if terms.net_days is not None or terms.due_date is not None:
            days: Element = ("5", "3", "D", str(terms.net_days)) if terms.net_days is not None else ""
            self.add("PAT", "1", "", days)
            self.date("13", terms.due_date)
        if terms.discount_percent is not None or terms.discount_days is not None:
            early: Element = ("5", "3", "D", str(terms.discount_days)) if terms.discount_days is not None else ""
            self.add("PAT", "22", "", early)
            if terms.discount_percent is not None:
                self.add("PCD", ("12", as_number(terms.discount_percent)))

    def charges(self, charges: Iterable[Charge], currency: str) -> None:
        """Append one ALC group for each allowance or charge."""
        for charge in charges:
            if charge.amount < 0:
                self.refuse(f"{charge.kind} {charge.amount} is negative; state it as the opposite kind")
            kind = "A" if charge.kind == "allowance" else "C"
            self.add("ALC", kind, charge.code, "", "", ("", "", "", *texts.split(charge.text, PIECE)))
            self.amount("8", charge.amount, currency, charge.kind)

    def taxes(self, taxes: Iterable[Tax], currency: str) -> None:
        """Append one TAX group for each tax: the books' code, base, rate, category; its amount."""
        for tax in taxes:
            rate = "" if tax.rate is None else as_number(tax.rate)
            base = "" if tax.base is None else as_number(tax.base)
            category = "" if tax.rate is None else "Z" if tax.rate == 0 else "S"
            self.add("TAX", "7", ("VAT", "", "", tax.code), "", base, ("", "", "", rate), category)
            self.amount("124", tax.amount, currency, "tax")

    def adds_up(self, stated: Decimal, computed: Decimal, sentence: str, *, currency: str, rounded: int) -> None:
        """Refuse a total that is further off than the rounding of its parts explains."""
        if abs(stated - computed) > money.minor_unit(currency) / 2 * max(rounded, 2):
            self.refuse(f"{sentence}: {stated} is stated, the parts make {computed}")

    def finish(self) -> list[Seg]:
        """The segments between UNH and UNT. Raises BuildRefused with every reason, lengths and places among them."""
        if not self.reasons:
            header = Segment("UNH", (("1",), (self.kind, "D", "96A", "UN")))
            body = [parsed(segment) for segment in self.segments]
            message = Message(header=header, body=body, trailer=Segment("UNT", ((str(len(body) + 2),), ("1",))))
            self.reasons = [finding.message for finding in validate_message(message) if finding.is_error]
        if self.reasons:
            raise BuildRefused(self.reasons)
        return self.segments


def is_line_number(number: str) -> bool:
    """Whether LIN can hold a line number as it is: up to six digits."""
    return number.isascii() and number.isdigit() and len(number) <= 6


def first_id(ids: Sequence[PartyId], options: EdifactOptions) -> PartyId | None:
    """The number that stands in NAD: the first of the partner's preference that it can hold."""
    found = (i for scheme in options.party_ids for i in ids if i.scheme == scheme and 0 < len(i.value) <= 17)
    return next(found, None)

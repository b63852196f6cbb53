"""What all records are read with: decoding, numbers, dates, parties."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from edi.documents.values import Address, Charge, Contact, ItemId, Party, PartyId, normalise
from integrations.documents import Supplier
from integrations.systems.contract import Unmappable
from integrations.systems.visma import stamps, wire

AMOUNT_DIGITS = Decimal("0.0001")
"""Visma keeps amounts with four decimals; what a double shows beyond is noise (0.1 + 0.2)."""
FINE_DIGITS = Decimal("0.000001")
"""Quantities, unit costs and rates: six decimals."""

W = TypeVar("W", bound=wire.Wire)


def decoded(raw: bytes, kind: type[W], noun: str) -> W:
    """The record. Raises Unmappable when it has not the form that Visma documents."""
    try:
        return msgspec.json.decode(raw, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unmappable(
            f"A {noun} from Visma cannot be read: {error}",
            remedy="Open it in Visma.net ERP and save it again. If it stays so, tell the people who look after this "
            "connector.",
        ) from error


class Record:
    """The record that is being mapped, by name: reads its values or says which one is wrong."""

    def __init__(self, name: str, zone: ZoneInfo | None = None) -> None:
        self.name, self._zone = name, zone

    def unmappable(self, problem: str, *, field: str, remedy: str = "") -> Unmappable:
        """`problem` completes a sentence that begins with the record: "names no supplier"."""
        correct = f"Correct {self.name} in Visma.net ERP; it is then read again by itself."
        return Unmappable(f"{capitalised(self.name)} {problem}.", remedy=remedy or correct, field=field)

    def amount(self, value: Decimal | None, field: str) -> Decimal:
        """An amount that must be there."""
        return self._required(value, field, AMOUNT_DIGITS)

    def fine(self, value: Decimal | None, field: str) -> Decimal:
        """A quantity or unit cost that must be there."""
        return self._required(value, field, FINE_DIGITS)

    def amount_or_none(self, value: Decimal | None, field: str) -> Decimal | None:
        return None if value is None else self._rounded(value, field, AMOUNT_DIGITS)

    def fine_or_none(self, value: Decimal | None, field: str) -> Decimal | None:
        return None if value is None else self._rounded(value, field, FINE_DIGITS)

    def text(self, value: str | None, field: str, problem: str) -> str:
        """A text that must be there."""
        stated = clean(value)
        if not stated:
            raise self.unmappable(problem, field=field)
        return stated

    def date(self, value: str | None, field: str) -> dt.date | None:
        """A calendar day; None when there is none."""
        try:
            return stamps.day(value, self._zone or ZoneInfo("UTC"))
        except (ValueError, OverflowError) as error:
            raise self.unmappable(f"has {value!r} where a date belongs ({field})", field=field) from error

    def required_date(self, value: str | None, field: str) -> dt.date:
        date = self.date(value, field)
        if date is None:
            raise self.unmappable(f"has no date ({field})", field=field)
        return date

    def _required(self, value: Decimal | None, field: str, digits: Decimal) -> Decimal:
        if value is None:
            raise self.unmappable(f"has no value for {field}", field=field)
        return self._rounded(value, field, digits)

    def _rounded(self, value: Decimal, field: str, digits: Decimal) -> Decimal:
        try:
            rounded = normalise(value.quantize(digits, rounding=ROUND_HALF_UP))
        except InvalidOperation:  # more digits than a number of books has
            rounded = Decimal("NaN")
        if not rounded.is_finite():
            raise self.unmappable(f"has {value} where a number belongs ({field})", field=field)
        return rounded


def clean(text: str | None) -> str:
    return (text or "").strip()


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def notes(*texts: str | None) -> tuple[str, ...]:
    """The texts that say something, each once."""
    return tuple(dict.fromkeys(stated for text in texts if (stated := clean(text))))


def address_of(given: wire.Address | None) -> Address | None:
    """An address in which something is stated. Nordic county numbers are left out: abroad they read as a state's
    code."""
    if given is None:
        return None
    county = clean(given.county.id) if given.county else ""
    address = Address(
        lines=tuple(
            line for text in (given.address_line1, given.address_line2, given.address_line3) if (line := clean(text))
        ),
        city=clean(given.city),
        region=county if county.isalpha() else "",
        postal_code=clean(given.postal_code),
        country=clean(given.country.id).upper() if given.country else "",
    )
    return None if address == Address() else address


def contact_of(given: wire.Contact | None) -> Contact | None:
    """The person to turn to: attention before the contact's name, which mostly repeats the company's."""
    if given is None:
        return None
    contact = Contact(
        name=clean(given.attention) or clean(given.name), email=clean(given.email), phone=clean(given.phone1)
    )
    return None if contact == Contact() else contact


def party_ids(*, buyer: str = "", vat: str = "", organisation: str = "") -> tuple[PartyId, ...]:
    """The numbers of a party that are there. `buyer` = its number in our books."""
    found = (
        PartyId(scheme="buyer", value=buyer),
        PartyId(scheme="vat", value=vat),
        PartyId(scheme="organisation", value=organisation),
    )
    return tuple(number for number in found if number.value)


def item_ids(*, buyer: str = "", supplier: str = "", other: str = "") -> tuple[ItemId, ...]:
    """The numbers of an article that are there."""
    found = (
        ItemId(scheme="buyer", value=buyer),
        ItemId(scheme="supplier", value=supplier),
        ItemId(scheme="other", value=other),
    )
    return tuple(number for number in found if number.value)


def net_price(amount: Decimal, quantity: Decimal) -> Decimal:
    """The unit price that makes up an amount, with the six decimals of unit costs. `quantity` is not 0."""
    return normalise((amount / quantity).quantize(FINE_DIGITS, rounding=ROUND_HALF_UP))


def signed_charge(amount: Decimal, *, text: str) -> tuple[Charge, ...]:
    """An amount that is added (positive) as a charge, one that is taken off (negative) as an allowance."""
    if not amount:
        return ()
    return (Charge(kind="charge" if amount > 0 else "allowance", text=text, amount=normalise(abs(amount))),)


def buyer_party(buyer: Party) -> Party:
    """Our own company, whatever role it was described in."""
    return buyer if buyer.role == "buyer" else msgspec.structs.replace(buyer, role="buyer")


def supplier_party(
    given: wire.Numbered | None,
    record: Record,
    *,
    known: Supplier | None,
    address: Address | None = None,
    contact: Contact | None = None,
) -> Party:
    """The supplier of a document. The document knows number and name; `known` adds what only the supplier's own
    record holds.

    Raises Unmappable when the document names no supplier, or `known` is another one.
    """
    number = record.text(given.number if given else None, "supplier.number", "names no supplier")
    if known is not None and known.number != number:
        raise record.unmappable(f"is of supplier {number}, not {known.number}", field="supplier.number")
    ids = party_ids(buyer=number)
    if known is not None:
        ids = party_ids(buyer=number, vat=known.vat_number, organisation=known.organisation_number)
        address, contact = address or known.address, contact or known.contact
    name = clean(given.name if given else None) or (known.name if known else "")
    return Party(role="supplier", name=name, ids=ids, address=address, contact=contact)

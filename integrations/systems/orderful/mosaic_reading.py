"""Partners' documents in Mosaic (v4, OpenAPI 2.15.0) as canonical documents. Pure.

Read leniently: the vendor's own examples break its schema (numbers where texts are promised). What says nothing that
can be told is named in `Reading.unsure`; what is needed and cannot be told raises Unmappable with its place.

**Quantities of an 860.** Mosaic states the new total (`quantity`), the old one and the difference. The total counts; a
total that is missing is made of the other two; where they contradict it, that is named.

**Signs.** A credit note is negative in the books, whatever sign the partner writes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from edi.documents import units
from edi.documents.codes import PURPOSES
from edi.documents.values import Address, Contact, ItemId, Party, PartyId, Reference, Terms
from integrations.systems.contract import Unmappable
from integrations.systems.orderful import mosaic_words as words

Sender = Literal["buyer", "supplier"]

UNITS_READ = {word: code for code, word in words.UNITS.items()}
PARTIES_READ = {
    "buyer": "buyer",
    "supplier": "supplier",
    "shipTo": "ship_to",
    "billTo": "bill_to",
    "accountsPayable": "bill_to",
    "shipFrom": "ship_from",
    "accountsReceivable": "remit_to",
}
REFERENCES_READ = {
    "departmentNumber": "department",
    "deliveryReference": "delivery_note",
    "billOfLadingNumber": "bill_of_lading",
    "shipmentNumber": "shipment",
    "shipmentId": "shipment",
    "trackingNumber": "tracking",
}
ORDER_TYPES_READ = {**{word: ours for ours, word in words.ORDER_TYPES.items()}, "standalone": "standalone"}
ORDER_TYPES_READ["blanketEstimated"] = "blanket"


@dataclass(slots=True, kw_only=True)
class Reader:
    """A message while it is read."""

    document: str
    """As "Order change PO-1"."""
    sent_by: Sender
    unit_words: Mapping[str, str]
    """Orderful's words for further units, by X12 code."""
    unsure: list[str] = field(default_factory=list)
    without_place: list[str] = field(default_factory=list)
    """Of that, what the document does not hold."""
    contradictions: list[str] = field(default_factory=list)
    """Of that, values that cannot all be meant."""

    def refuse(self, what: str, *, at: str) -> Unmappable:
        return Unmappable(
            f"{self.document} cannot be read: {what}.",
            remedy="Ask the trading partner to send it again; what came is kept as it came.",
            field=at,
        )

    # --- values

    def required(self, message: Mapping[str, Any], name: str) -> str:
        value = text(message.get(name))
        if not value:
            raise self.refuse(f"its {name} is missing", at=name)
        return value

    def number(self, value: Any, *, at: str) -> Decimal | None:
        """A number, whether it came as a text or as a number."""
        stated = text(value)
        if not stated:
            return None
        try:
            number = Decimal(stated)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise self.refuse(f"{at} is '{stated}', which is no number", at=at)
        return number

    def date(self, value: Any, *, at: str) -> dt.date | None:
        """YYYY-MM-DD, with or without a time behind it, or CCYYMMDD."""
        stated = text(value)
        if not stated:
            return None
        try:
            return dt.date.fromisoformat(stated[:10])
        except ValueError as error:
            raise self.refuse(f"{at} is '{stated}', which is no date", at=at) from error

    def required_date(self, value: Any, *, at: str) -> dt.date:
        date = self.date(value, at=at)
        if date is None:
            raise self.refuse(f"its {at} is missing", at=at)
        return date

    def quantity(self, value: Any, *, at: str) -> tuple[Decimal | None, str]:
        """Quantity and X12 unit of `{"value", "unitOfMeasure"}`; a word that is not known stays as it is."""
        stated = object_of(value)
        word = text(stated.get("unitOfMeasure"))
        own = next((code for code, named in self.unit_words.items() if named == word), "")
        code = own or UNITS_READ.get(word, "")
        if word and not code:
            self.unsure.append(f"{at}: the unit '{word}' is not known")
        return self.number(stated.get("value"), at=f"{at}.value"), units.from_x12(code) or word

    def word(self, value: Any, table: Mapping[str, str], default: str, *, at: str) -> str:
        stated = text(value)
        if stated and stated not in table:
            self.unsure.append(f"{at} is '{stated}', which is read as {default}")
        return table.get(stated, default)

    def purpose(self, value: Any, allowed: Sequence[str], *, default: str) -> str:
        """What the message wants with its document: a purpose that is not known must not be taken for another."""
        stated = text(value) or default
        if stated not in PURPOSES or stated not in allowed:
            raise self.refuse(f"its purpose is '{stated}'", at="purpose")
        return stated

    # --- parts

    def parties(self, value: Any) -> tuple[Party, ...]:
        found: list[Party] = []
        for member, stated in object_of(value).items():
            role = PARTIES_READ.get(member, "")
            if role and not any(p.role == role for p in found):
                found.append(self._party(role, object_of(stated)))
            else:
                self.without_place.append(f"party {member} has no place in the document")
                self.unsure.append(self.without_place[-1])
        return tuple(found)

    def _party(self, role: str, stated: Mapping[str, Any]) -> Party:
        lines = tuple(line for n in range(1, 5) if (line := text(stated.get(f"addressLine{n}"))))
        address = Address(
            lines=lines,
            city=text(stated.get("city")),
            region=text(stated.get("stateOrProvinceCode")),
            postal_code=text(stated.get("postalCode")),
            country=text(stated.get("countryCode")),
        )
        contacts = [object_of(c) for c in list_of(stated.get("contacts"))]
        contact = next(
            (
                Contact(name=text(c.get("name")), email=text(c.get("email")), phone=text(c.get("phoneNumber")))
                for c in contacts
            ),
            None,
        )
        code = text(stated.get("identificationCode"))
        ids = (PartyId(scheme=self._scheme(text(stated.get("identificationCodeType"))), value=code),) if code else ()  # type: ignore[arg-type]
        return Party(
            role=role,  # type: ignore[arg-type]
            name=text(stated.get("name")),
            ids=ids,
            address=address if address != Address() else None,
            contact=contact if contact != Contact() else None,
        )

    def _scheme(self, kind: str) -> str:
        """Whose number it is: the sender's or the receiver's, by who sent the document."""
        other: Sender = "supplier" if self.sent_by == "buyer" else "buyer"
        known = {"globalLocationId": "gln", "duns": "duns", "dunsPlus4": "duns"}
        return {**known, "sendersId": self.sent_by, "receiversId": other}.get(kind, "other")

    def item_ids(self, value: Any) -> tuple[ItemId, ...]:
        stated = object_of(value)
        found = [
            ItemId(scheme=scheme, value=number.zfill(digits))  # type: ignore[arg-type]
            for member, scheme, digits in (
                ("buyerItemNumber", "buyer", 0),
                ("vendorItemNumber", "supplier", 0),
                ("gtin12", "upc", 12),
                ("gtin13", "gtin", 13),
                ("gtin14", "gtin", 14),
                ("caseCode", "other", 0),
                ("drugCode", "other", 0),
                ("standardBookNumber", "other", 0),
            )
            if (number := text(stated.get(member)))
        ]
        for entry in [object_of(e) for m in ("buyerItemIds", "vendorItemIds") for e in list_of(stated.get(m))]:
            scheme = "manufacturer" if text(entry.get("type")) == "manufacturerPartNumber" else "other"
            found.append(ItemId(scheme=scheme, value=text(entry.get("value"))))  # type: ignore[arg-type]
        return tuple(dict.fromkeys(i for i in found if i.value))

    def references(self, value: Any) -> tuple[Reference, ...]:
        found = []
        for member, stated in object_of(value).items():
            number = text(object_of(stated).get("value"))
            if number:
                found.append(Reference(kind=REFERENCES_READ.get(member, "other"), value=number))  # type: ignore[arg-type]
        return tuple(found)

    def terms(self, value: Any) -> Terms | None:
        stated = object_of(value)
        found = Terms(
            text=text(stated.get("description")),
            net_days=self._days(stated.get("netDaysDue"), at="termsOfSale.netDaysDue"),
            due_date=self.date(stated.get("netDueDate"), at="termsOfSale.netDueDate"),
            discount_percent=self.number(stated.get("discountPercent"), at="termsOfSale.discountPercent"),
            discount_days=self._days(stated.get("discountDaysDue"), at="termsOfSale.discountDaysDue"),
        )
        return found if found != Terms() else None

    def _days(self, value: Any, *, at: str) -> int | None:
        number = self.number(value, at=at)
        return None if number is None else int(number)


# --- Of JSON


def text(value: Any) -> str:
    """A text or number as text, without spaces at its ends; "" for anything else."""
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def object_of(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def list_of(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def noted(value: Any) -> tuple[str, ...]:
    """Texts of notes: of one note, or of notes by kind."""
    stated = object_of(value)
    if "text" in stated or "description" in stated:
        lines = [text(stated.get("description")), *(text(t) for t in list_of(stated.get("text")))]
        return tuple(dict.fromkeys(line for line in lines if line))
    return tuple(line for part in stated.values() for line in noted(part) if isinstance(part, Mapping))

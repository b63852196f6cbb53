"""What orders and invoices of Mosaic share: parties, articles, quantities, terms, charges, references, notes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from edi.documents import money, units
from edi.documents.values import Charge, ItemId, Party, PartyId, Reference, Tax, Terms, normalise
from integrations.systems.contract import Unmappable
from integrations.systems.orderful import mosaic_words as words

Side = Literal["buyer", "supplier"]
Message = dict[str, Any]

GTINS = {8: "gtin14", 12: "gtin12", 13: "gtin13", 14: "gtin14"}
"""Member by number of digits. Eight digits are written as fourteen with leading zeros, which is the same number."""
ADDRESS_LINES = 4


@dataclass(slots=True, kw_only=True)
class Draft:
    """A message being written: why it may not be sent, and what had no place in it."""

    document: str
    """As "Purchase order 500001"."""
    sent_by: Side
    currency: str
    unit_words: Mapping[str, str]
    problems: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def refuse(self, reason: str, *, field: str = "") -> None:
        """Notes why the document cannot be sent; `field` is the path of the value in the canonical document."""
        if (reason, field) not in self.problems:
            self.problems.append((reason, field))

    def leave_out(self, what: str) -> None:
        """Notes something that the document says and the message cannot."""
        if what not in self.left_out:
            self.left_out.append(what)

    def check(self) -> None:
        """Raises Unmappable with every reason."""
        if self.problems:
            raise Unmappable(
                f"{self.document} cannot be written for Orderful: {'; '.join(reason for reason, _ in self.problems)}.",
                remedy="Correct the named values in the books, or in the partner's and the connection's settings, "
                "then replay.",
                field=next((where for _, where in self.problems if where), ""),
            )

    # --- numbers ---

    def amount(self, amount: Decimal) -> str:
        """An amount with the decimals of its currency; a price may have more."""
        unit = money.minor_unit(self.currency)
        whole = amount.quantize(unit) if money.fits(amount, unit) else normalise(amount)
        return format(whole + 0, "f")  # + 0: a zero has no sign

    def quantity(self, value: Decimal, unit: str, *, at: str, field: str) -> Message:
        """A quantity with its unit. A unit without a word in Mosaic is a refusal."""
        code = units.to_x12(unit) or unit
        word = self.unit_words.get(code) or words.UNITS.get(code, "")
        if not word:
            self.refuse(
                f"{at} has the unit '{unit}', for which Orderful's format has no word; order it in another unit, or "
                "name the word that "
                "Orderful gives you in the connection's setting 'Further units'",
                field=field,
            )
        return {"value": money.as_r(value), "unitOfMeasure": word}


def without_empty(message: Mapping[str, Any]) -> Message:
    """The message without members that say nothing: Orderful refuses null and gains nothing from an empty text."""
    return {name: value for name, value in message.items() if value not in ("", None, {}, [], ())}


# --- parties ---


def party(draft: Draft, one: Party, *, elsewhere: Collection[str] = ()) -> Message:
    """A party: name, the first number that Mosaic can name, address, contact.

    `elsewhere` holds its numbers that have a place of their own in the message.
    """
    name = one.role.replace("_", " ")
    found = _identified(one.ids, draft.sent_by)
    address = one.address
    if not one.name and not found:
        draft.refuse(f"party {name} has neither a name nor a number", field=f"parties.{one.role}")
    for further in one.ids:
        if further.value not in found.values() and further.value not in elsewhere:
            draft.leave_out(f"number {further.value} ({further.scheme}) of party {name}")
    message: Message = {"name": one.name, **found}
    if address is not None:
        if len(address.lines) > ADDRESS_LINES:
            draft.refuse(
                f"the address of party {name} has {len(address.lines)} lines; {ADDRESS_LINES} can be sent",
                field=f"parties.{one.role}",
            )
        message |= {f"addressLine{n}": line for n, line in enumerate(address.lines[:ADDRESS_LINES], start=1)}
        message |= {"city": address.city, "postalCode": address.postal_code, "countryCode": address.country}
        if len(address.region) <= 3:
            message["stateOrProvinceCode"] = address.region
        else:
            draft.leave_out(f"region '{address.region}' of party {name}, which is no code")
    if one.contact is not None:
        contact = {"name": one.contact.name, "phoneNumber": one.contact.phone, "email": one.contact.email}
        message["contacts"] = [{"type": "primary", **without_empty(contact)}] if without_empty(contact) else []
    return without_empty(message)


def _identified(ids: Sequence[PartyId], sent_by: Side) -> Message:
    """`identificationCode` and its type. A number is the sender's or the receiver's by who assigned it, buyer or
    supplier."""
    types = {"gln": "globalLocationId", "duns": "duns"}
    types |= (
        {"buyer": "sendersId", "supplier": "receiversId"}
        if sent_by == "buyer"
        else {"buyer": "receiversId", "supplier": "sendersId"}
    )
    for one in ids:
        if one.value and one.scheme in types:
            return {"identificationCode": one.value, "identificationCodeType": types[one.scheme]}
    return {}


# --- lines ---


def product_ids(draft: Draft, ids: Iterable[ItemId], *, at: str, field: str) -> Message:
    """The article's numbers. None at all is a refusal: Mosaic requires one."""
    found: Message = {}
    for one in ids:
        member, value = _product_member(draft, one, at=at, field=field)
        if not value:
            continue
        if not member or found.get(member, value) != value:
            kind = member or {"manufacturer": "manufacturerPartNumber"}.get(one.scheme, one.scheme)
            found.setdefault("buyerItemIds" if one.scheme == "buyer" else "vendorItemIds", []).append(
                {"type": kind, "value": value}
            )
        else:
            found[member] = value
    if not found:
        draft.refuse(f"{at} has no article number, and Orderful requires one", field=field)
    return found


def _product_member(draft: Draft, one: ItemId, *, at: str, field: str) -> tuple[str, str]:
    """The member of `productIds` for a number ("" = it goes into a list), and the number as written."""
    match one.scheme:
        case "buyer":
            return "buyerItemNumber", one.value
        case "supplier":
            return "vendorItemNumber", one.value
        case "gtin" | "upc":
            if not one.value.isdecimal() or len(one.value) not in GTINS:
                draft.refuse(f"{at} has the GTIN '{one.value}'; a GTIN has 8, 12, 13 or 14 digits", field=field)
                return "", ""
            return GTINS[len(one.value)], one.value.zfill(14) if len(one.value) == 8 else one.value
        case _:
            return "", one.value


# --- terms, charges, taxes ---


def terms_of_sale(terms: Terms | None, *, due: str = "", remark: str = "") -> Message:
    """Terms of payment, counted from the invoice date. `remark` follows the description."""
    stated = terms or Terms()
    discount = stated.discount_percent is not None
    message = without_empty(
        {
            "discountPercent": money.as_r(stated.discount_percent) if stated.discount_percent is not None else "",
            "discountDaysDue": stated.discount_days,
            "netDaysDue": stated.net_days,
            "netDueDate": due or (stated.due_date.isoformat() if stated.due_date else ""),
            "description": ". ".join(t for t in (stated.text.rstrip("."), remark) if t),
        }
    )
    if not message:
        return {}
    return {"type": "basicDiscountOffered" if discount else "basic", "basisDate": "invoiceDate", **message}


def allowances_and_charges(draft: Draft, charges: Iterable[Charge], *, turned: bool = False) -> Message:
    """`allowances` and `charges`; amounts are never negative. `turned` swaps them, for a credit note written with
    positive amounts."""
    found: dict[str, list[Message]] = {"allowances": [], "charges": []}
    for charge in charges:
        if charge.amount < 0:
            draft.refuse(f"{charge.kind} {charge.amount} is negative; state it as the opposite kind", field="charges")
        allowed = (charge.kind == "allowance") != turned
        usual = "discount" if allowed else "charge"
        found["allowances" if allowed else "charges"].append(
            without_empty(
                {
                    "type": words.CHARGE_TYPES.get(charge.code, charge.code) or usual,
                    "amount": draft.amount(charge.amount),
                    "description": charge.text,
                }
            )
        )
    return without_empty(found)


def tax(draft: Draft, one: Tax, *, sign: int = 1, tax_number: str = "") -> Message:
    """One tax: amount, per cent (25 means 25 %), the books' VAT code, the VAT number of who charges it."""
    return without_empty(
        {
            "amount": draft.amount(one.amount * sign),
            "percent": money.as_r(one.rate) if one.rate is not None else "",
            "taxIdNumber": tax_number,
            "assignedId": one.code,
        }
    )


# --- references and notes ---


def references(
    draft: Draft, stated: Iterable[Reference], *, elsewhere: Iterable[str] = (), vendor_number: str = ""
) -> Message:
    """Further numbers by member. `elsewhere` names the kinds that have a member of their own in the document."""
    found: Message = {"vendorNumber": {"value": vendor_number}} if vendor_number else {}
    for one in stated:
        member = words.REFERENCES.get(one.kind, "")
        if one.kind in elsewhere:
            continue
        if member and member not in found:
            found[member] = {"value": one.value}
        else:
            draft.leave_out(f"{one.kind.replace('_', ' ')} {one.value}")
    return found


def first_reference(stated: Iterable[Reference], kind: str) -> str:
    return next((r.value for r in stated if r.kind == kind), "")


def notes(texts: Iterable[str]) -> Message:
    """Free text for people."""
    kept = [text for text in texts if text]
    return {"general": {"text": kept}} if kept else {}

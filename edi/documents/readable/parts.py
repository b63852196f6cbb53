"""What readable documents are made of: facts, tables, sections, and the sections that all documents share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from edi.documents.values import Charge, ItemId, Party, Reference, Tax, Terms

Kind = Literal["text", "number", "amount", "date", "lines"]
"""How a value is shown: `amount` with the currency's decimals, `number` as it is, `lines` one below the other."""

Shown = str | Decimal | int | dt.date | tuple[str, ...] | None


class Fact(msgspec.Struct, frozen=True):
    """One labelled value. A fact without a value is not made."""

    label: str
    value: Shown
    kind: Kind = "text"


class Column(msgspec.Struct, frozen=True):
    label: str
    kind: Kind = "text"


class Table(msgspec.Struct, frozen=True):
    columns: tuple[Column, ...]
    rows: tuple[tuple[Shown, ...], ...]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A titled part: facts, then a table, then texts. Parts that are empty are left out."""

    title: str
    facts: tuple[Fact, ...] = ()
    table: Table | None = None
    texts: tuple[str, ...] = ()


class Readable(msgspec.Struct, frozen=True, kw_only=True):
    """A document to show."""

    title: str
    """What it is, "Purchase order"."""
    number: str
    currency: str = ""
    sections: tuple[Section, ...]
    totals: tuple[Fact, ...] = ()


ROLES = {
    "buyer": "Buyer",
    "supplier": "Supplier",
    "ship_to": "Ship to",
    "bill_to": "Bill to",
    "ship_from": "Ship from",
    "remit_to": "Remit to",
}
PARTY_IDS = {
    "buyer": "Number at the buyer",
    "supplier": "Number at the supplier",
    "gln": "GLN",
    "duns": "D-U-N-S",
    "vat": "VAT number",
    "organisation": "Organisation number",
    "other": "Number",
}
ITEM_IDS = {
    "buyer": "Buyer's item",
    "supplier": "Supplier's item",
    "gtin": "GTIN",
    "upc": "UPC",
    "manufacturer": "Manufacturer's item",
    "other": "Item",
}


def words(code: str) -> str:
    """`credit_note` → "Credit note"."""
    return code.replace("_", " ").capitalize()


def facts_of(*stated: tuple[str, Shown] | tuple[str, Shown, Kind]) -> tuple[Fact, ...]:
    """The facts that have a value."""
    return tuple(Fact(*fact) for fact in stated if fact[1] not in (None, "", ()))


def sections_of(*parts: Section | None) -> tuple[Section, ...]:
    """The sections that show something."""
    return tuple(s for s in parts if s is not None and (s.facts or s.texts or (s.table and s.table.rows)))


def table_of(columns: Sequence[Column], rows: Iterable[tuple[Shown, ...]]) -> Table:
    """A table without the columns in which no row has a value."""
    found = list(rows)
    used = [i for i in range(len(columns)) if any(row[i] not in (None, "", ()) for row in found)]
    return Table(tuple(columns[i] for i in used), tuple(tuple(row[i] for i in used) for row in found))


def party_section(party: Party) -> Section:
    """Who somebody is: name, address, numbers, contact."""
    address = party.address
    where: list[str] = []
    if address is not None:
        town = " ".join(part for part in (address.postal_code, address.city) if part)
        where = [*address.lines, town, address.region, address.country]
    contact = party.contact
    return Section(
        title=ROLES[party.role],
        facts=facts_of(
            ("Name", party.name),
            ("Address", tuple(line for line in where if line), "lines"),
            *((PARTY_IDS[i.scheme], i.value) for i in party.ids),
            ("Contact", contact.name if contact else None),
            ("Phone", contact.phone if contact else None),
            ("E-mail", contact.email if contact else None),
        ),
    )


def reference_section(references: Sequence[Reference]) -> Section:
    """Further numbers of the document."""
    return Section(title="References", facts=facts_of(*((words(r.kind), r.value) for r in references)))


def charge_section(charges: Sequence[Charge]) -> Section:
    """Allowances (negative) and charges."""
    columns = (Column("Kind"), Column("Code"), Column("Text"), Column("Amount", "amount"))
    return Section(
        title="Allowances and charges",
        table=table_of(columns, ((words(c.kind), c.code, c.text, signed(c)) for c in charges)),
    )


def signed(charge: Charge) -> Decimal:
    """What the allowance or charge adds to a total."""
    return charge.amount if charge.kind == "charge" else -charge.amount


def tax_section(taxes: Sequence[Tax]) -> Section:
    """Taxes by code and rate."""
    columns = (Column("Code"), Column("Rate %", "number"), Column("Base", "amount"), Column("Tax", "amount"))
    return Section(title="Taxes", table=table_of(columns, ((t.code, t.rate, t.base, t.amount) for t in taxes)))


def terms_section(terms: Terms | None) -> Section | None:
    """Terms of payment."""
    if terms is None:
        return None
    facts = facts_of(
        ("Terms", terms.text),
        ("Net days", terms.net_days, "number"),
        ("Due date", terms.due_date, "date"),
        ("Discount %", terms.discount_percent, "number"),
        ("Discount days", terms.discount_days, "number"),
    )
    return Section(title="Payment", facts=facts)


def notes_section(notes: Sequence[str]) -> Section:
    """Free texts."""
    return Section(title="Notes", texts=tuple(notes))


def item_lines(items: Sequence[ItemId]) -> tuple[str, ...]:
    """An item's numbers, each with its kind."""
    return tuple(f"{ITEM_IDS[i.scheme]} {i.value}" for i in items)


def numbered(number: str, line: str) -> str:
    """A number with its line."""
    return f"{number} line {line}" if number and line else number or line

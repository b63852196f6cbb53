"""PurchaseOrderDto → PurchaseOrder.

- All amounts of the record but those called InBaseCurrency are in the order's own currency. - An order line has no
discounts: where quantity times unit cost is not the line's amount, the unit price is the net one, amount ÷ quantity
with six decimals. Discounts on the whole order become allowances. - Lines of type Description are texts and become
notes. Freight and services stay lines. Completed lines stay as they are: what was ordered was ordered. - A
cancelled line is marked. Whether Visma's totals still hold it is not documented; where the numbers show that they
do, the line and its VAT are taken out of them, because a cancelled line is not sent.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from edi.documents import money
from edi.documents.purchase_order import OrderLine, PurchaseOrder
from edi.documents.values import Charge, Party, Reference, Terms, normalise
from integrations.documents import Supplier
from integrations.systems.visma import wire
from integrations.systems.visma.mapping.parts import (
    Record,
    address_of,
    buyer_party,
    clean,
    contact_of,
    decoded,
    item_ids,
    net_price,
    notes,
    party_ids,
    signed_charge,
    supplier_party,
)

OrderType = Literal["standalone", "dropship", "blanket", "release", "rush", "new"]
ORDER_TYPES: dict[str, OrderType] = {
    "RegularOrder": "standalone",
    "DropShip": "dropship",
    "Blanket": "blanket",
    "StandardBlanket": "blanket",
}
TEXT_LINE = "Description"
HEADER_DISCOUNTS = frozenset({"Group", "Document", "Flat"})
"""Discounts that stand beside the lines; those of type Line are in the lines' amounts."""


def supplier_of_order(raw: bytes) -> str:
    """Number of an order's supplier, "" where the record states none. Raises Unmappable."""
    given = decoded(raw, wire.PurchaseOrder, "purchase order")
    return clean(given.supplier.number) if given.supplier is not None else ""


def purchase_order(raw: bytes, *, buyer: Party, zone: ZoneInfo, supplier: Supplier | None = None) -> PurchaseOrder:
    """The order. `supplier`, where known, adds VAT and organisation number, address and contact.

    Raises Unmappable for an order without number, date, currency, supplier or totals, and for lines without number,
    quantity or price.
    """
    given = decoded(raw, wire.PurchaseOrder, "purchase order")
    number = clean(given.order_nbr)
    record = Record(f"purchase order {number}" if number else "a purchase order", zone)
    record.text(given.order_nbr, "orderNbr", "has no number")
    currency = record.text(given.currency, "currency", "has no currency").upper()
    all_lines = tuple(given.lines or ())
    lines = tuple(
        _line(line, record, f"lines[{index}]", currency)
        for index, line in enumerate(all_lines)
        if line.line_type != TEXT_LINE
    )
    line_total = record.amount(given.line_total, "lineTotal")
    tax_total = record.amount_or_none(given.tax_total, "taxTotal") or Decimal(0)
    total = record.amount(given.order_total, "orderTotal")
    gone = _cancelled_in_totals(lines, line_total, currency)
    if gone and (gone_tax := _tax_on(gone, given.tax_details or (), tax_total, record, currency)) is not None:
        line_total, tax_total, total = line_total - gone, tax_total - gone_tax, total - gone - gone_tax
    to = ship_to(given)
    parties = [
        buyer_party(buyer),
        supplier_party(
            given.supplier,
            record,
            known=supplier,
            address=address_of(given.remit_address),
            contact=contact_of(given.remit_contact),
        ),
        *([to] if to else []),
    ]
    return PurchaseOrder(
        number=number,
        date=record.required_date(given.date, "date"),
        currency=currency,
        lines=lines,
        parties=tuple(parties),
        order_type=_order_type(given, record),
        requested_date=record.date(given.promised_on, "promisedOn"),
        terms=_terms(given.terms),
        references=_references(given),
        charges=_charges(given, record),
        notes=notes(given.description, *(_said(line) for line in all_lines if line.line_type == TEXT_LINE)),
        line_total=normalise(line_total),
        tax_total=normalise(tax_total),
        total=normalise(total),
    )


def _line(line: wire.OrderLine, record: Record, path: str, currency: str) -> OrderLine:
    if line.line_nbr is None:
        raise record.unmappable(f"has a line without number ({path})", field=f"{path}.lineNbr")
    quantity = record.fine(line.order_qty, f"{path}.orderQty")
    price = record.fine(line.unit_cost, f"{path}.unitCost")
    amount = record.amount_or_none(line.amount, f"{path}.amount")
    if amount and not quantity:  # freight and the like without a quantity: one of it at that amount
        quantity, price = Decimal(1), amount
    elif amount and abs(money.rounded(quantity * price, currency) - amount) > money.minor_unit(currency):
        price = net_price(amount, quantity)
    return OrderLine(
        line_number=str(line.line_nbr),
        quantity=quantity,
        unit=clean(line.uom),
        unit_price=price,
        item_ids=item_ids(
            buyer=clean(line.inventory.number) if line.inventory else "", supplier=clean(line.alternate_id)
        ),
        description=_said(line),
        requested_date=record.date(line.promised, f"{path}.promised"),
        cancelled=bool(line.canceled),
    )


def _said(line: wire.OrderLine) -> str:
    return clean(line.line_description) or (clean(line.inventory.description) if line.inventory else "")


def _order_type(given: wire.PurchaseOrder, record: Record) -> OrderType:
    order_type = ORDER_TYPES.get(given.order_type or "RegularOrder")
    if order_type is None:
        raise record.unmappable(f"is of type {given.order_type!r}, which is not known", field="orderType")
    return order_type


def ship_to(given: wire.PurchaseOrder) -> Party | None:
    """Where the goods go: the warehouse, customer or branch that the order names, with the address of the delivery."""
    warehouse, branch = given.warehouse, given.branch
    place = (clean(given.ship_to.number), clean(given.ship_to.name)) if given.ship_to else ("", "")
    store = (clean(warehouse.id), clean(warehouse.description) or clean(warehouse.name)) if warehouse else ("", "")
    office = (clean(branch.number), clean(branch.name)) if branch else ("", "")
    order = (store, place, office) if given.shipping_destination_type in (None, "Site") else (place, store, office)
    number, name = next((pair for pair in order if any(pair)), ("", ""))
    contact = contact_of(given.shipping_contact)
    address = address_of(given.shipping_address)
    stated = clean(given.shipping_contact.name) if given.shipping_contact else ""
    if not (number or name or stated or address):
        return None
    return Party(role="ship_to", name=stated or name, ids=party_ids(buyer=number), address=address, contact=contact)


def _terms(given: wire.Described | None) -> Terms | None:
    text = clean(given.description) or clean(given.id) if given else ""
    return Terms(text=text) if text else None


def _references(given: wire.PurchaseOrder) -> tuple[Reference, ...]:
    value = clean(given.supplier_ref)
    return (Reference(kind="supplier_order", value=value),) if value else ()


def _charges(given: wire.PurchaseOrder, record: Record) -> tuple[Charge, ...]:
    found: list[Charge] = []
    for index, discount in enumerate(given.discount_details or ()):
        amount = record.amount_or_none(discount.discount_amt, f"discountDetails[{index}].discountAmt")
        if discount.type in HEADER_DISCOUNTS and not discount.skip_discount and amount:
            found += signed_charge(-amount, text=clean(discount.discount_code) or "Discount")
    return tuple(found)


def _cancelled_in_totals(lines: tuple[OrderLine, ...], line_total: Decimal, currency: str) -> Decimal:
    """The amount of cancelled lines that the line total still holds; 0 when it holds none, or does not add up
    either way."""
    cancelled = sum((money.rounded(line.amount, currency) for line in lines if line.cancelled), Decimal(0))
    kept = sum((money.rounded(line.amount, currency) for line in lines if not line.cancelled), Decimal(0))
    allowed = money.minor_unit(currency) * len(lines)
    if all(line.cancelled for line in lines) or abs(line_total - kept) <= allowed:
        return Decimal(0)
    return cancelled if abs(line_total - kept - cancelled) <= allowed else Decimal(0)


def _tax_on(
    amount: Decimal, details: tuple[wire.TaxDetail, ...], tax_total: Decimal, record: Record, currency: str
) -> Decimal | None:
    """The VAT that the tax total holds for `amount` of its lines. None when several rates leave open which is
    meant."""
    if not tax_total:
        return Decimal(0)
    rates = {record.fine_or_none(detail.vat_rate, "taxDetails.vatRate") for detail in details}
    rate = rates.pop() if len(rates) == 1 else None
    return None if rate is None else money.rounded(amount * rate / 100, currency)

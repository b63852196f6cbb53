"""PurchaseReceiptDto → Receipt.

- A receipt (PoReceipt) has positive quantities, a return to the supplier (PoReturn) is stated by Visma with positive
  ones and gets negative ones here. A transfer between own warehouses is no receipt of anything ordered.
- Lines of type Description are texts, and lines with nothing received say nothing: both are left out.
- What is received is told to the supplier, so the supplier's own number of the delivery (Supplier ref.) is kept.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from edi.documents.receipt import Receipt, ReceiptLine
from edi.documents.values import Party, normalise
from integrations.documents import Supplier
from integrations.systems.visma import wire
from integrations.systems.visma.mapping.orders import TEXT_LINE
from integrations.systems.visma.mapping.parts import (
    Record,
    buyer_party,
    clean,
    decoded,
    item_ids,
    party_ids,
    supplier_party,
)

SIGNS = {"PoReceipt": 1, "PoReturn": -1}


def purchase_receipt(raw: bytes, *, buyer: Party, zone: ZoneInfo, supplier: Supplier | None = None) -> Receipt:
    """The receipt. `supplier`, where known, adds VAT and organisation number, address and contact.

    Raises Unmappable for transfers, for a receipt without number, date or supplier, for one on which nothing is
    received, and for lines without number or quantity.
    """
    given = decoded(raw, wire.PurchaseReceipt, "purchase receipt")
    number = clean(given.receipt_nbr)
    record = Record(f"purchase receipt {number}" if number else "a purchase receipt", zone)
    record.text(given.receipt_nbr, "receiptNbr", "has no number")
    sign = SIGNS.get(given.receipt_type or "PoReceipt")
    if sign is None:
        raise record.unmappable(
            f"is of type {given.receipt_type!r}, which receives nothing from a supplier",
            field="receiptType",
            remedy="Nothing is to be done in Visma; such records are not sent.",
        )
    lines = tuple(
        line
        for index, one in enumerate(given.lines or ())
        if one.line_type != TEXT_LINE and (line := _line(one, record, f"lines[{index}]", sign)).quantity
    )
    if not lines:
        raise record.unmappable("has no line on which anything is received", field="lines")
    ship_to = _ship_to(given)
    return Receipt(
        number=number,
        date=record.required_date(given.date, "date"),
        lines=lines,
        shipment_number=clean(given.supplier_ref),
        parties=(
            buyer_party(buyer),
            supplier_party(given.supplier, record, known=supplier),
            *([ship_to] if ship_to else []),
        ),
    )


def _line(line: wire.ReceiptLine, record: Record, path: str, sign: int) -> ReceiptLine:
    if line.line_nbr is None:
        raise record.unmappable(f"has a line without number ({path})", field=f"{path}.lineNbr")
    article = line.inventory
    return ReceiptLine(
        line_number=str(line.line_nbr),
        quantity=normalise(record.fine(line.receipt_qty, f"{path}.receiptQty") * sign),
        unit=clean(line.uom),
        order_number=clean(line.po_order_nbr),
        order_line="" if line.po_order_line_nbr is None else str(line.po_order_line_nbr),
        ordered_quantity=record.fine_or_none(line.order_qty, f"{path}.orderQty") if line.po_order_nbr else None,
        item_ids=item_ids(buyer=clean(article.number) if article else ""),
        description=clean(line.transaction_description) or (clean(article.description) if article else ""),
    )


def _ship_to(given: wire.PurchaseReceipt) -> Party | None:
    """Where it was received: the receipt's warehouse, or the one that all its lines name."""
    stores = {given.warehouse} if given.warehouse else {line.warehouse for line in given.lines or () if line.warehouse}
    if len(stores) != 1:
        return None
    store = stores.pop()
    number, name = clean(store.id), clean(store.description) or clean(store.name)
    return Party(role="ship_to", name=name, ids=party_ids(buyer=number)) if number or name else None

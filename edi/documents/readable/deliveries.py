"""Ship notices and receipts as facts and tables."""

from __future__ import annotations

from collections.abc import Iterator

from edi.documents.readable.parts import (
    Column,
    Readable,
    Section,
    Shown,
    facts_of,
    item_lines,
    numbered,
    party_section,
    reference_section,
    sections_of,
    table_of,
    words,
)
from edi.documents.receipt import Receipt
from edi.documents.ship_notice import Package, ShipNotice, ShippedItem, ShippedOrder

ITEM_COLUMNS = (
    Column("Package", "lines"),
    Column("Order line"),
    Column("Item", "lines"),
    Column("Description"),
    Column("Quantity", "number"),
    Column("Unit"),
    Column("Ordered", "number"),
    Column("Receipt"),
)


def readable_notice(notice: ShipNotice) -> Readable:
    """A ship notice, one section an order, its items with the packages they are in."""
    carrier = notice.carrier
    facts = facts_of(
        ("Date", notice.date, "date"),
        ("Purpose", words(notice.purpose)),
        ("Shipped", notice.shipped_date, "date"),
        ("Expected", notice.expected_date, "date"),
        ("Received", notice.received_date, "date"),
        ("Carrier", " ".join(part for part in (carrier.scac, carrier.name) if part) if carrier else None),
        ("Equipment", carrier.equipment_number if carrier else None),
        ("Packages", notice.package_count, "number"),
        ("Gross weight", notice.gross_weight, "number"),
        ("Unit of weight", notice.weight_unit if notice.gross_weight is not None else None),
    )
    return Readable(
        title="Ship notice",
        number=notice.number,
        sections=sections_of(
            Section(title="Shipment", facts=facts),
            *(party_section(p) for p in notice.parties),
            *(_order_section(order) for order in notice.orders),
            reference_section(notice.references),
        ),
    )


def _order_section(order: ShippedOrder) -> Section:
    rows = [_item_row((), item) for item in order.items]
    for package in order.packages:
        rows += _package_rows((), package)
    facts = facts_of(
        ("Order date", order.order_date, "date"),
        *((words(r.kind), r.value) for r in order.references),
        *((words(p.role), p.name) for p in order.parties),
    )
    return Section(title=f"Order {order.order_number}", facts=facts, table=table_of(ITEM_COLUMNS, rows))


def _package_rows(around: tuple[str, ...], package: Package) -> Iterator[tuple[Shown, ...]]:
    number = package.sscc or package.tracking_number
    within = (*around, f"{words(package.kind)} {number}".rstrip())
    for item in package.items:
        yield _item_row(within, item)
    for inner in package.packages:
        yield from _package_rows(within, inner)


def _item_row(within: tuple[str, ...], item: ShippedItem) -> tuple[Shown, ...]:
    packages = (*within, *(f"Carton {sscc}" for sscc in item.package_ssccs))
    stated = (item.order_line, item_lines(item.item_ids), item.description, item.quantity, item.unit)
    return (packages, *stated, item.ordered_quantity, numbered(item.receipt_number, item.receipt_line))


def readable_receipt(receipt: Receipt) -> Readable:
    """A purchase receipt."""
    columns = (
        Column("Line"),
        Column("Order"),
        Column("Item", "lines"),
        Column("Description"),
        Column("Received", "number"),
        Column("Unit"),
        Column("Ordered", "number"),
    )
    rows = (
        (
            *(line.line_number, numbered(line.order_number, line.order_line), item_lines(line.item_ids)),
            *(line.description, line.quantity, line.unit, line.ordered_quantity),
        )
        for line in receipt.lines
    )
    facts = facts_of(
        ("Date", receipt.date, "date"),
        ("Purpose", words(receipt.purpose)),
        ("Supplier's shipment", receipt.shipment_number),
    )
    return Readable(
        title="Purchase receipt",
        number=receipt.number,
        sections=sections_of(
            Section(title="Receipt", facts=facts),
            *(party_section(p) for p in receipt.parties),
            Section(title="Lines", table=table_of(columns, rows)),
            reference_section(receipt.references),
        ),
    )

"""Purchase orders and their receipts."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from integrations.sandbox.world.companies import exchange_rate
from integrations.sandbox.world.documents import Line, Order, Receipt, ReceiptLine, Tax, cents
from integrations.sandbox.world.goods import EXPENSE_ACCOUNTS, UNKNOWN_ITEM
from integrations.sandbox.world.parties import later, moment
from integrations.sandbox.world.values import Company, Item, Supplier

ORDERS = {"SE": 60, "NO": 36, "DK": 30, "FI": 24}
LONGEST_ORDER = {"SE": 200, "NO": 120, "DK": 60, "FI": 40}
FIRST_ORDER = 500_001
FIRST_RECEIPT = 700_001
_STATUSES = (
    "Open", "Closed", "Printed", "Open", "Hold", "Open", "Closed", "PendingEmail", "Open", "Balanced",
    "Open", "Closed", "PendingPrint", "Cancelled", "Open", "Printed", "Voided", "Open", "Closed", "Open",
)  # fmt: skip
_LENGTHS = (1, 3, 2, 5, 8, 1, 4, 12, 6, 2, 20, 3, 7, 1, 10)
_DESCRIPTIONS = (
    "Påfyllning lager", "Enligt offert > rev. 2", "Avrop vecka 36", "Order * brådskande ~ ring före leverans",
    "Säsongsvaror: höst", "", "Kompletterande beställning", "Årsavtal §4; leverans mån–fre 07:00–15:00",
)  # fmt: skip
_RETURNED = Decimal("0.25")


@dataclass(frozen=True, slots=True)
class Book:
    """What orders are written from."""

    company: Company
    suppliers: list[Supplier]
    items: list[Item]
    today: date
    seed: int
    partners: int
    """How many of the first suppliers are trading partners."""


def build_orders(book: Book, *, size: int) -> list[Order]:
    """The purchase orders of a company in number order, every status of the life cycle among them."""
    rng = random.Random(f"{book.seed}/{book.company.key}/orders")
    count = ORDERS[book.company.key] * size
    orders: list[Order] = []
    for position in range(count):
        order = _order(book, position, count, rng)
        if position % 7 == 6:  # written by one batch job: the same millisecond as the order before
            order = replace(order, modified_at=max(orders[-1].modified_at, order.created_at))
        orders.append(order)
    return orders


def _order(book: Book, position: int, count: int, rng: random.Random) -> Order:
    company, status = book.company, _STATUSES[position % len(_STATUSES)]
    supplier = _supplier(book, position, rng)
    day = book.today - timedelta(days=2 + (count - position) * 120 // count)
    promised = day + timedelta(days=rng.randrange(5, 45))
    rate = exchange_rate(supplier.currency, company.currency)
    length = LONGEST_ORDER[company.key] if position == 8 else _LENGTHS[position % len(_LENGTHS)]
    lines = [_line(book, number, position, status, supplier, promised, rate, rng) for number in range(1, length + 1)]
    faults: set[str] = set()
    if position == 14:
        lines[0] = replace(lines[0], item_number=UNKNOWN_ITEM, description="Artikel som utgått ur registret")
        faults.add("unknown_item")
    if position == 5:
        lines.append(_description_line(lines[-1], len(lines) + 1))
    taxes = taxes_of(company, [(line.vat_id, line.amount) for line in lines])
    created = moment(day, rng)
    line_total, tax_total = sum((line.amount for line in lines), Decimal()), sum((t.amount for t in taxes), Decimal())
    return Order(
        company=company.key,
        number=str(FIRST_ORDER + position),
        order_type={11: "DropShip", 17: "Blanket", 19: "StandardBlanket"}.get(position, "RegularOrder"),
        status=status,
        day=day,
        promised=promised,
        description=_DESCRIPTIONS[position % len(_DESCRIPTIONS)],
        supplier_number=supplier.number,
        supplier_ref=f"Q-{1000 + position}" if position % 3 else "",
        currency=supplier.currency,
        rate=rate,
        branch="2" if position % 10 == 9 else "1",
        warehouse=company.warehouses[position % 2].warehouse_id,
        lines=tuple(lines),
        taxes=taxes,
        line_total=line_total,
        tax_total=tax_total,
        total=line_total + tax_total,
        created_at=created,
        modified_at=later(created, rng, book.today),
        faults=frozenset(faults),
    )


def _supplier(book: Book, position: int, rng: random.Random) -> Supplier:
    """Two orders of three go to a trading partner, each of them in turn; the rest to anyone but inactive ones."""
    partners = book.suppliers[: book.partners]
    if position % 3 != 2:
        return partners[(position // 3 * 2 + position % 3) % len(partners)]
    others = [s for s in book.suppliers[len(partners) :] if s.status not in {"Inactive", "HoldPayments"}]
    return rng.choice(others or partners)


def _line(
    book: Book,
    number: int,
    position: int,
    status: str,
    supplier: Supplier,
    promised: date,
    rate: Decimal,
    rng: random.Random,
) -> Line:
    company, item = book.company, rng.choice(book.items)
    quantity = Decimal(rng.randrange(1, 60))
    if item.uom in {"KG", "L", "M", "TIM", "H"} and number % 2:
        quantity += Decimal(rng.randrange(1, 1000)) / 1000
    cost = (item.cost / rate).quantize(item.cost)
    discount = Decimal(rng.choice(("0", "0", "0", "0", "5", "12.5")))
    canceled = position % 11 == 3 and number == 2
    extended = Decimal("0.00") if canceled else cents(quantity * cost)
    undelivered = canceled or (item.kind == "service" and status != "Closed")
    share = Decimal(0) if undelivered else _received(status, position, number)
    return Line(
        number=number,
        line_type={"stock": "GoodsForInventory", "non_stock": "NonStock", "service": "Service"}.get(
            item.kind, "Freight"
        ),
        item_number=item.number,
        description=item.description,
        uom=item.uom,
        quantity=quantity,
        unit_cost=cost,
        discount_percent=discount,
        extended=extended,
        amount=cents(extended * (100 - discount) / 100),
        vat_id=item.vat_id if supplier.domestic else company.vat_rates[-1].vat_id,
        account=item.account,
        warehouse=company.warehouses[position % 2].warehouse_id if item.kind == "stock" else None,
        alternate_id=f"{supplier.number[-3:]}-{item.internal_id}" if number % 3 == 0 else None,
        received=_whole(quantity * share, quantity),
        promised=promised + timedelta(days=7 * (number % 3 == 2)),
        completed=status == "Closed" and not canceled,
        canceled=canceled,
    )


def _whole(received: Decimal, ordered: Decimal) -> Decimal:
    return received if received == ordered else Decimal(int(received))


def _received(status: str, position: int, number: int) -> Decimal:
    if status == "Closed":
        return Decimal(1)
    if status in {"Open", "Printed"} and position % 2 == 0:
        return (Decimal("0.5"), Decimal(1), Decimal(0))[number % 3]
    return Decimal(0)


def _description_line(previous: Line, number: int) -> Line:
    zero = Decimal("0.00")
    return replace(
        previous,
        number=number,
        line_type="Description",
        item_number=None,
        description="OBS: leverans endast mot kvitto * port 4 > gården ~ ring innan",
        quantity=Decimal(0),
        unit_cost=zero,
        discount_percent=Decimal(0),
        extended=zero,
        amount=zero,
        received=Decimal(0),
        warehouse=None,
        alternate_id=None,
    )


def taxes_of(company: Company, amounts: list[tuple[str, Decimal]]) -> tuple[Tax, ...]:
    """VAT by code, rounded once per code over the document."""
    sums: dict[str, Decimal] = {}
    for vat_id, amount in amounts:
        sums[vat_id] = sums.get(vat_id, Decimal("0.00")) + amount
    return tuple(
        Tax(
            vat_id=vat_id,
            rate=company.vat(vat_id).rate,
            taxable=total,
            amount=cents(total * company.vat(vat_id).rate / 100),
        )
        for vat_id, total in sums.items()
    )


def build_receipts(book: Book, orders: list[Order]) -> list[Receipt]:
    """Receipts for what the orders say was received, some in two parts, then drafts, cancelled ones and returns."""
    rng = random.Random(f"{book.seed}/{book.company.key}/receipts")
    receipts: list[Receipt] = []
    for order in orders:
        if order.order_type not in {"RegularOrder", "DropShip"} or not any(line.received for line in order.lines):
            continue
        first = [(line, _whole(line.received / 2, line.received)) for line in order.lines if line.received]
        split = int(order.number) % 4 == 0 and len(first) > 1
        parts = [
            [(line, q) for line, q in first if q],
            [(line, line.received - q) for line, q in first if line.received > q],
        ]
        for part in parts if split else [[(line, line.received) for line, _ in first]]:
            if part:
                receipts.append(_receipt(book, order, part, len(receipts), rng))
        if int(order.number) % 9 == 2:
            extra = [(line, Decimal(1)) for line, _ in first[:1]]
            for status, kind in (("Hold", "PoReceipt"), ("Cancelled", "PoReceipt"), ("Released", "PoReturn")):
                draft = _receipt(book, order, extra, len(receipts), rng)
                receipts.append(replace(draft, status=status, receipt_type=kind))
    return receipts


def _receipt(book: Book, order: Order, part: list[tuple[Line, Decimal]], position: int, rng: random.Random) -> Receipt:
    lines = tuple(
        ReceiptLine(
            number=number,
            order_number=order.number,
            order_line=line,
            quantity=quantity,
            amount=cents(line.amount * quantity / line.quantity),
        )
        for number, (line, quantity) in enumerate(part, start=1)
    )
    day = min(order.day + timedelta(days=rng.randrange(2, 30)), book.today - timedelta(days=1))
    created: datetime = moment(day, rng)
    return Receipt(
        company=book.company.key,
        number=str(FIRST_RECEIPT + position),
        receipt_type="PoReceipt",
        status="Balanced" if position % 8 == 5 else "Released",
        day=day,
        supplier_number=order.supplier_number,
        supplier_ref=f"DN-{order.number[-3:]}-{position + 1}",
        currency=order.currency,
        rate=order.rate,
        branch=order.branch,
        lines=lines,
        total_quantity=sum((line.quantity for line in lines), Decimal()),
        total=sum((line.amount for line in lines), Decimal("0.00")),
        modified_at=later(created, rng, book.today),
    )


def free_account(company: Company, kind: str) -> str:
    """The expense account for a free invoice line of this kind."""
    return EXPENSE_ACCOUNTS[company.key][kind]

"""The packages and items of a DESADV, written and read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from edi.documents.edifact.building import Draft
from edi.documents.edifact.reading import (
    Reading,
    View,
    blocks,
    description_of,
    items_of,
    one,
    quantity_of,
    reference_of,
)
from edi.documents.edifact.values import as_number, from_unit, to_unit
from edi.documents.ship_notice import Package, ShippedItem, ShippedOrder

_ROOT = "1"
_SHIPPED, _ORDERED = "12", "21"
_ORDER, _LINE, _RECEIPT, _TRACKING, _ORDER_DATE = "ON", "LI", "ALO", "CN", "171"
_KINDS = {"pallet": "201", "carton": "CT"}
"""Kind of a package (7065)."""
_PALLETS = frozenset({"201", "200", "202", "203", "PF", "PX", "09"})
_MARKED, _SSCC = "33E", "BJ"
_MOST_OF_A_LINE = 6
_DEEPEST = 20
"""Levels of packages in each other that are read."""


def packed(draft: Draft, orders: Iterable[ShippedOrder]) -> int:
    """Append the consignments of all orders below the first one; returns how many lines there are."""
    work = _Packing(draft)
    for order in orders:
        if order.items:
            work.open(_ROOT)
            for item in order.items:
                work.item(order, item)
        for package in order.packages:
            work.package(order, package, _ROOT)
    return work.lines


class _Packing:
    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.consignments = 1
        self.lines = 0

    def open(self, parent: str) -> str:
        """Begin a consignment below ``parent`` and return its number."""
        self.consignments += 1
        number = str(self.consignments)
        self.draft.add("CPS", number, parent)
        return number

    def package(self, order: ShippedOrder, package: Package, parent: str) -> None:
        draft = self.draft
        if not (package.items or package.packages):
            draft.refuse(f"the {package.kind} {package.sscc} is empty", at=f"order {order.order_number}")
        number = self.open(parent)
        draft.add("PAC", "1", "", _KINDS[package.kind])
        if package.gross_weight is not None:
            unit = to_unit(package.weight_unit, draft.options.units)
            if not unit:
                draft.refuse(f"unit of weight '{package.weight_unit}' is not known")
            draft.add("MEA", "AAE", "G", (unit, as_number(package.gross_weight)))
        if package.sscc or package.tracking_number:
            draft.add("PCI", _MARKED)
            draft.reference(_TRACKING, package.tracking_number)
            if package.sscc:
                draft.add("GIN", _SSCC, package.sscc)
        for item in package.items:
            self.item(order, item)
        for inner in package.packages:
            self.package(order, inner, number)

    def item(self, order: ShippedOrder, item: ShippedItem) -> None:
        draft = self.draft
        self.lines += 1
        at = f"order {order.order_number}, line {item.order_line or self.lines}"
        draft.line(str(self.lines), self.lines, item.item_ids)
        draft.description(item.description)
        draft.quantity(_SHIPPED, item.quantity, item.unit, at=at)
        if item.ordered_quantity is not None:
            draft.quantity(_ORDERED, item.ordered_quantity, item.unit, at=at)
        fits = len(item.order_line) <= _MOST_OF_A_LINE
        draft.add("RFF", (_ORDER, order.order_number, item.order_line if fits else ""))
        draft.date(_ORDER_DATE, order.order_date)
        if not fits:
            draft.reference(_LINE, item.order_line)
        if item.receipt_number or item.receipt_line:
            draft.add("RFF", (_RECEIPT, item.receipt_number, item.receipt_line))
        for sscc in item.package_ssccs:
            draft.add("PCI", _MARKED)
            draft.add("GIN", _SSCC, sscc)


class _Node(msgspec.Struct):
    """A consignment that was read: its package, when it is one, and what lies in it."""

    package: Package | None
    items: list[tuple[str, ShippedItem]]
    inner: list[_Node]
    depth: int = 0

    def orders(self) -> Iterator[str]:
        """The orders of all that lies in it."""
        yield from (number for number, _ in self.items)
        for node in self.inner:
            yield from node.orders()


def packing_of(reading: Reading) -> tuple[int | None, tuple[ShippedOrder, ...]]:
    """How many packages there are, and the orders with what is shipped of them, in the order of the message.

    A package belongs to the order of the first item in it; one that holds items of several orders is an error.
    """
    nodes: dict[str, _Node] = {}
    tops: list[_Node] = []
    count: int | None = None
    dates: dict[str, View] = {}
    for block in blocks(reading.detail, "CPS"):
        cps = block[0]
        number, parent = cps.get(1), cps.get(2)
        node = _node(block, dates)
        if not parent and node.package is None and not tops:
            count = _count(block)
        above = nodes.get(parent) if parent != _ROOT else None
        if above is not None and above.depth < _DEEPEST:
            node.depth = above.depth + 1
            above.inner.append(node)
        else:
            if above is not None:
                cps.fail("packages-too-deep", f"Packages lie more than {_DEEPEST} levels deep in each other.")
            tops.append(node)
        nodes[number] = node
    found: dict[str, tuple[list[Package], list[ShippedItem]]] = {}
    for node in tops:
        _sort(node, found, reading)
    orders = tuple(
        ShippedOrder(
            order_number=number,
            order_date=dates[number].date("order date") if number in dates else None,
            packages=tuple(packages),
            items=tuple(items),
        )
        for number, (packages, items) in found.items()
    )
    return count, orders


def _sort(node: _Node, found: dict[str, tuple[list[Package], list[ShippedItem]]], reading: Reading) -> None:
    if node.package is None:
        for number, item in node.items:
            found.setdefault(number, ([], []))[1].append(item)
        for inner in node.inner:
            _sort(inner, found, reading)
        return
    numbers = list(dict.fromkeys(node.orders()))
    if len(numbers) > 1:
        reading.fail("package-of-several-orders", f"One package holds items of the orders {', '.join(numbers)}.")
    if numbers:
        found.setdefault(numbers[0], ([], []))[0].append(_whole(node))


def _whole(node: _Node) -> Package:
    package = node.package or Package()
    items, inner = tuple(item for _, item in node.items), tuple(_whole(one_in) for one_in in node.inner)
    return msgspec.structs.replace(package, items=items, packages=inner)


def _count(block: list[View]) -> int | None:
    pac = next((view for view in block if view.tag == "PAC"), None)
    text = pac.get(1) if pac is not None else ""
    return int(text) if text.isascii() and text.isdigit() else None


def _node(block: list[View], dates: dict[str, View]) -> _Node:
    first = next((i for i, view in enumerate(block) if view.tag == "LIN"), len(block))
    head = block[1:first]
    items = []
    for line in blocks(block, "LIN"):
        number, item = _item(line)
        items.append((number, item))
        dated = one(line, "DTM", _ORDER_DATE)
        if dated is not None:
            dates.setdefault(number, dated)
            dated.get(1)
    return _Node(_package(head), items, [])


def _package(head: list[View]) -> Package | None:
    pac = next((view for view in head if view.tag == "PAC" and view.peek(3)), None)
    if pac is None:
        return None
    pac.get(1)
    weight: Decimal | None = None
    unit = ""
    for view in head:
        if view.tag == "MEA" and view.peek(2) == "G":
            view.get(1)
            weight, unit = view.number(3, 2, "weight"), from_unit(view.get(3, 1))
        elif view.tag == "PCI":
            view.get(1)
    gin = one(head, "GIN", _SSCC)
    return Package(
        kind="pallet" if pac.get(3) in _PALLETS else "carton",
        sscc="" if gin is None else gin.get(2),
        tracking_number=reference_of(head, _TRACKING),
        gross_weight=weight,
        weight_unit=unit if weight is not None else "",
    )


def _item(line: list[View]) -> tuple[str, ShippedItem]:
    line[0].get(1)
    quantity, unit = quantity_of(line, _SHIPPED)
    if quantity is None:
        line[0].fail("value-missing", f"Line {line[0].peek(1)} has no despatched quantity (QTY 12).")
    ordered, _ = quantity_of(line, _ORDERED)
    order, receipt = one(line, "RFF", _ORDER), one(line, "RFF", _RECEIPT)
    if order is None:
        line[0].fail("value-missing", f"Line {line[0].peek(1)} does not say for which order it is (RFF ON).")
    ssccs = []
    for view in line:
        if view.tag == "PCI":
            view.get(1)
        elif view.tag == "GIN" and view.peek(1) == _SSCC:
            ssccs.append(view.get(2))
    item = ShippedItem(
        order_line=(order.get(1, 3) if order is not None else "") or reference_of(line, _LINE),
        quantity=quantity or Decimal(0),
        unit=unit,
        ordered_quantity=ordered,
        item_ids=items_of(line),
        description=description_of(line),
        receipt_number="" if receipt is None else receipt.get(1, 2),
        receipt_line="" if receipt is None else receipt.get(1, 3),
        package_ssccs=tuple(ssccs),
    )
    return (order.get(1, 2) if order is not None else ""), item

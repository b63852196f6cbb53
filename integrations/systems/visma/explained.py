"""Whether a purchase order stands just as its supplier's own changes left it. Pure.

An order that an 860 changed comes back from Visma.net as a new version. Its sender need not be told what it told us;
but what anybody else changed meanwhile (before the change, after it, or while its answer was lost) it has to hear of.
So the version is compared, field by field, with what the changes make of the version that the supplier was told last.
What Visma.net works out by itself (amounts, totals) may differ; nothing else. What a new line takes from its article
nobody stated: the first version that was read with the line tells, and what differs from that later was a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from edi.documents import money
from edi.documents.purchase_order import PurchaseOrder
from edi.documents.values import Party
from integrations.systems.visma import changing, order_lines, stamps, wire
from integrations.systems.visma.commands import ChangeOrder
from integrations.systems.visma.mapping import purchase_order
from integrations.systems.visma.mapping.parts import decoded
from integrations.systems.visma.planned import NotApplicable


def is_explained(
    before: bytes,
    now: bytes,
    commands: Sequence[ChangeOrder],
    *,
    buyer: Party,
    zone: ZoneInfo,
    between: Iterable[bytes] = (),
) -> bool:
    """Whether the order `now` is what the changes, one after the other, make of what it was `before`. `between`: the
    versions that were read from the one to the other, oldest first. Raises Unmappable for an order that cannot be
    read."""
    was, is_now = (purchase_order(raw, buyer=buyer, zone=zone) for raw in (before, now))
    try:
        expected = _Expected(decoded(before, wire.PurchaseOrder, "purchase order"), was, zone)
        for command in commands:
            expected.take(command)
    except NotApplicable:
        return False
    for version in between:
        expected.saw(decoded(version, wire.PurchaseOrder, "purchase order"))
    return expected.is_it(decoded(now, wire.PurchaseOrder, "purchase order"), is_now)


class _Expected:
    """An order as it should stand."""

    def __init__(self, order: wire.PurchaseOrder, document: PurchaseOrder, zone: ZoneInfo) -> None:
        self.order, self.document, self.zone = order, document, zone
        self.before = {line.line_nbr: line for line in _lines(order)}
        self.changed: set[int | None] = set()
        """Numbers of lines of which a value changed."""
        self.gone: set[int | None] = set()
        """Of lines that were taken out."""
        self.stated: dict[int | None, dict[str, Any]] = {}
        """What is said of each new line, by the number that it gets here."""
        self.first: dict[tuple[int | None, str], wire.OrderLine] = {}
        """Lines as they were first read, by number and item."""

    def take(self, command: ChangeOrder) -> None:
        """Applies one more change. Raises NotApplicable."""
        members = changing.plan(command, self.order, zone=self.zone).members
        lines = {line.line_nbr: line for line in self.order.lines or ()}
        highest = max((number for number in lines if number is not None), default=0)
        for entry in members.get("lines", ()):
            values = {name: part["value"] for name, part in entry.items() if name != "operation"}
            number = values.pop("lineNumber", None)
            if entry["operation"] == "Insert":
                highest += 1
                lines[highest] = _line(wire.OrderLine(line_nbr=highest, line_type=_goods(self.order)), values)
                self.stated[highest] = values
            elif entry["operation"] == "Delete" or "completed" in values:
                self.gone.add(number)
                self.stated.pop(number, None)
                del lines[number]
            else:
                self.changed.add(number)
                self.stated.get(number, {}).update(values)
                lines[number] = _line(lines[number], values)
        order = msgspec.structs.replace(self.order, lines=tuple(lines.values()))
        if "promisedOn" in members:
            order = msgspec.structs.replace(order, promised_on=members["promisedOn"]["value"])
            day = stamps.day(order.promised_on, self.zone)
            self.document = msgspec.structs.replace(self.document, requested_date=day)
        self.order = order

    def saw(self, order: wire.PurchaseOrder) -> None:
        """Takes note of a version that was read, oldest first."""
        for line in _lines(order):
            self.first.setdefault((line.line_nbr, _item(line)), line)

    def is_it(self, order: wire.PurchaseOrder, document: PurchaseOrder) -> bool:
        """Whether the order says just this."""
        if _head(document) != _head(self.document):
            return False
        told, mine = ({line.line_number: line for line in one.lines} for one in (document, self.document))
        wanted = {line.line_nbr: line for line in _lines(self.order)}
        new: list[wire.OrderLine] = []
        for line in _lines(order):
            number = str(line.line_nbr)
            same = told[number] == mine.get(number) and _vat(line) == _vat(self.before.get(line.line_nbr))
            if line.line_nbr in self.gone and same and line.completed:
                continue  # of what was received meanwhile, it was completed and not deleted
            if line.line_nbr not in wanted or line.line_nbr in self.stated:
                new.append(line)
                continue
            changed = line.line_nbr in self.changed
            base = self.before.get(line.line_nbr, wanted[line.line_nbr])
            if not (self._says(wanted[line.line_nbr], line, base) if changed else same):
                return False
            del wanted[line.line_nbr]
        return set(wanted) == set(self.stated) and self._are_new(new)

    def _says(self, wanted: wire.OrderLine, line: wire.OrderLine, base: wire.OrderLine) -> bool:
        """Whether a changed line says what it should; its discount is the share that it was at `base`."""
        minor = money.minor_unit(self.document.currency)
        whole, was, amount = _whole(line), _whole(base), base.amount
        share = amount / was if was and amount is not None else Decimal(1)
        allowed = minor + (minor * abs(whole / was) if was else minor)
        paid = line.amount is None or abs(line.amount - whole * share) <= allowed
        return paid and self._fields(wanted) == self._fields(line) and _vat(wanted) == _vat(line)

    def _fields(self, line: wire.OrderLine) -> tuple[Any, ...]:
        day = stamps.day(line.promised, self.zone)
        texts = (line.line_type, _item(line), line.alternate_id or "", line.line_description or "", line.uom)
        return *texts, line.order_qty, line.unit_cost, day, bool(line.canceled)

    def _are_new(self, lines: Sequence[wire.OrderLine]) -> bool:
        """Whether the new lines are those that were added, each once, in any order."""
        open_ones = list(self.stated.values())
        for line in lines:
            found = next((values for values in open_ones if self._has(line, values)), None)
            if found is None:
                return False
            open_ones.remove(found)
        return not open_ones

    def _has(self, line: wire.OrderLine, values: dict[str, Any]) -> bool:
        """Whether a line is the new one of which that is stated. What is not stated is as it was first read; where this
        is the first version with the line, it is whatever the books say, but without a discount."""
        if line.canceled:
            return False
        first = self.first.get((line.line_nbr, _item(line)), msgspec.structs.replace(line, amount=None))
        return self._says(_line(first, values), line, first)


def _goods(order: wire.PurchaseOrder) -> str | None:
    return next((line.line_type for line in _lines(order)), None)


def _lines(order: wire.PurchaseOrder) -> list[wire.OrderLine]:
    return [line for line in order.lines or () if line.line_type != order_lines.TEXT_LINE]


def _line(line: wire.OrderLine, values: dict[str, Any]) -> wire.OrderLine:
    """The line with what a request writes to it."""
    item = values.get("inventory")
    return msgspec.structs.replace(
        line,
        inventory=line.inventory if item is None else wire.Numbered(number=item),
        order_qty=values.get("orderQty", line.order_qty),
        unit_cost=values.get("unitCost", line.unit_cost),
        uom=values.get("uom", line.uom),
        promised=values.get("promised", line.promised),
        line_description=values.get("lineDescription", line.line_description),
    )


def _item(line: wire.OrderLine) -> str:
    return (line.inventory.number or "") if line.inventory else ""


def _vat(line: wire.OrderLine | None) -> str:
    return (line.tax_category.number or "") if line is not None and line.tax_category is not None else ""


def _whole(line: wire.OrderLine) -> Decimal:
    """What a line comes to before its discount."""
    return (line.order_qty or Decimal(0)) * (line.unit_cost or Decimal(0))


def _head(document: PurchaseOrder) -> PurchaseOrder:
    """All that an order says beside its lines, but for the totals, which follow from them."""
    nothing = Decimal(0)
    return msgspec.structs.replace(
        document, purpose="original", lines=(), line_total=nothing, tax_total=nothing, total=nothing
    )

"""The plan of an order change: every field that changes, or every reason why none can. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from integrations.systems.visma import wire
from integrations.systems.visma.commands import ChangeOrder


class NotApplicable(Exception):
    """Why a change cannot be applied: every reason, in words."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(reasons))


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field that changes."""

    line: int | None
    """None: of the order, or of a line that is new."""
    name: str
    before: str
    after: str
    reason: str

    @property
    def place(self) -> str:
        """As "line 3, quantity"."""
        return f"line {self.line}, {self.name}" if self.line is not None else self.name

    @property
    def words(self) -> str:
        return f"{self.place}: {self.before or 'nothing'} → {self.after or 'nothing'} ({self.reason})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What changes, and the request members that change it."""

    changes: tuple[FieldChange, ...]
    members: dict[str, Any]
    left_out: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    """What the change says of the whole order, and the order will not say (`restated`)."""
    value: Decimal = Decimal(0)
    """What the lines change in value, each counted without its sign: an increase does not hide a decrease."""
    unpriced: bool = False
    """Whether a line is added without a price: what it costs is for the books to say, after it is there."""

    @property
    def before(self) -> dict[str, str]:
        """What the fields that change say now, by their place."""
        return {one.place: one.before for one in self.changes if one.line is not None or one.name != "new line"}

    @property
    def digest(self) -> str:
        """Tells this plan from any other: what is approved is this and nothing else."""
        return hashlib.sha256("\n".join(one.words for one in self.changes).encode()).hexdigest()

    def needs_approval(self, command: ChangeOrder, order: wire.PurchaseOrder) -> bool:
        """Whether a person has to say yes first, and has not said it to just this."""
        wanted = command.approval
        if wanted is None or not self.changes or wanted.given == self.digest:
            return False
        total = abs(order.order_total or Decimal(0))
        above_amount = wanted.amount is not None and self.value > wanted.amount
        above_share = wanted.percent is not None and self.value * 100 > wanted.percent * total
        unknown = self.unpriced and (wanted.amount is not None or wanted.percent is not None)
        return wanted.always or above_amount or above_share or unknown


@dataclass(slots=True)
class Draft:
    """A plan that is being made."""

    order: wire.PurchaseOrder
    units: Mapping[str, str]
    zone: ZoneInfo
    changes: list[FieldChange] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    members: dict[str, Any] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    value: Decimal = Decimal(0)
    unpriced: bool = False

    def note(self, line: int | None, name: str, before: object, after: object, reason: str) -> None:
        self.changes.append(FieldChange(line=line, name=name, before=said(before), after=said(after), reason=reason))

    def update(self, line: wire.OrderLine, members: dict[str, Any]) -> None:
        """Writes members of a line. A change may speak of one line in several segments, here of its quantity and there
        of its price: it is written once, and what it changes in value is that of all of them together."""
        number = {"value": line.line_nbr}
        entry = next((e for e in self.lines if e["operation"] == "Update" and e["lineNumber"] == number), None)
        if entry is None:
            entry = {"operation": "Update", "lineNumber": number}
            self.lines.append(entry)
        before = difference(line, entry)
        entry.update(members)
        self.value += difference(line, entry) - before


def difference(line: wire.OrderLine, members: dict[str, Any]) -> Decimal:
    """By how much the line's value would change, without its sign."""
    quantity, price = line.order_qty or Decimal(0), line.unit_cost or Decimal(0)
    new: Decimal = members.get("orderQty", {}).get("value", quantity) * members.get("unitCost", {}).get("value", price)
    return abs(new - quantity * price)


def said(value: object) -> str:
    return "" if value is None else str(value)

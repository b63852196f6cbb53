"""Changes of purchase orders, and lines in their notes: on the version that was read, known again by our mark."""

from __future__ import annotations

from edi.documents.order_change import order_numbers
from integrations.http.errors import Conflict, NeedsApproval, NotFound, Rejected
from integrations.systems.contract import (
    Applied,
    CannotTell,
    Change,
    Delivered,
    Differs,
    Effect,
    Evidence,
    NotApplied,
    NotNeeded,
    Outgoing,
)
from integrations.systems.visma import changing, marks, planned, wire
from integrations.systems.visma.client import ETag, segment
from integrations.systems.visma.commands import AppendNote, ChangeOrder
from integrations.systems.visma.sinks.base import ORDERS, CommandSink, read, read_order


class OrderChangeSink(CommandSink[ChangeOrder]):
    """Applies a change as a whole or not at all: fields and mark go in one request, so one proves the other."""

    kind = ChangeOrder

    def apply(self, command: ChangeOrder, item: Outgoing) -> Effect:
        order, etag = read_order(self.client, command.change.number)
        number = order.order_nbr or ""
        if marks.is_marked(order.note, command.stamp):
            return Delivered(target_id=number, version_tag=etag.value)
        try:
            plan = changing.plan(command, order, zone=self.client.options.zone)
        except planned.NotApplicable as refused:
            raise Rejected(
                f"The change of purchase order {number} cannot be applied: {'; '.join(refused.reasons)}.",
                remedy="Nothing of it was applied. Agree with the trading partner on what is meant; then correct the "
                "order in Visma.net and dismiss the change, or correct the change and replay it.",
            ) from refused
        self._same_base(item, plan, number)
        status = {
            "changes": [c.words for c in plan.changes],
            "left_out": list(plan.left_out),
            "otherwise": list(plan.otherwise),
        }
        differs = _differs(command, plan, number)
        if not plan.members:
            return Delivered(target_id=number, version_tag=etag.value, status=status, differs=differs)
        if plan.needs_approval(command, order):
            raise NeedsApproval(
                f"The change of purchase order {number} by {plan.value:.2f} {order.currency or ''} needs a person's "
                "approval.",
                asks=[c.words for c in plan.changes],
                digest=plan.digest,
            )
        count = len(plan.changes)
        said = f"applied, {count} change{'' if count == 1 else 's'}"
        note = marks.marked(order.note, command.stamp, saying=said)
        try:
            new = self.client.put(f"{ORDERS}/{segment(number)}", {**plan.members, "note": {"value": note}}, etag)
        except Conflict as conflict:
            raise Conflict(
                f"Purchase order {number} was changed in Visma.net ERP after it was read.",
                remedy="Look at the order in Visma.net; then replay the change, or dismiss it.",
                technical=conflict.technical,
                status=conflict.status,
                base=plan.before,
            ) from conflict
        return Delivered(target_id=number, version_tag=new.value if new else "", status=status, differs=differs)

    def _same_base(self, item: Outgoing, plan: planned.Plan, number: str) -> None:
        """After a conflict the change goes on the new version only where nobody touched the fields that it changes.
        Otherwise a person sees both values. Raises Rejected."""
        now = plan.before
        others = [
            f"{place} was {before or 'nothing'} and is now {now[place] or 'nothing'}"
            for place, before in item.base.items()
            if place in now and now[place] != before
        ]
        if others:
            wanted = "; ".join(c.words for c in plan.changes if c.place in item.base)
            raise Rejected(
                f"Purchase order {number} was changed by somebody else while the trading partner's change was applied: "
                f"{'; '.join(others)}. The change asks for: {wanted}.",
                remedy="Decide which value counts. To apply the change all the same, replay it; otherwise correct the "
                "order in Visma.net, agree with the trading partner, and dismiss the change.",
            )

    def changes(self, item: Outgoing) -> list[Change]:
        """What the change makes of the order as it is now."""
        command = self.command(item)
        order, _ = read_order(self.client, command.change.number)
        if marks.is_marked(order.note, command.stamp):
            return []
        try:
            plan = changing.plan(command, order, zone=self.client.options.zone)
        except planned.NotApplicable as refused:
            raise Rejected(f"It cannot be applied: {'; '.join(refused.reasons)}.") from refused
        return [
            Change(
                field=f"line {c.line} {c.name}" if c.line is not None else c.name,
                before=c.before,
                after=c.after,
                reason=c.reason,
            )
            for c in plan.changes
        ]

    def look(self, command: ChangeOrder, item: Outgoing) -> Evidence:
        try:
            order, _ = read_order(self.client, command.change.number)
        except Rejected as gone:
            return CannotTell(reason=gone.sentence)
        number, mark = order.order_nbr or "", marks.mark(command.stamp)
        if not marks.is_marked(order.note, command.stamp):
            return NotApplied(proof=f"The note of purchase order {number} does not carry {mark}.")
        others = changing.holds(command, order, zone=self.client.options.zone)
        if others:
            return CannotTell(
                reason=f"Purchase order {number} carries {mark}, and yet says something else: {'; '.join(others)}."
            )
        return Applied(
            target_id=number,
            proof=f"Purchase order {number} carries {mark} and all values of the change.",
        )


def _differs(command: ChangeOrder, plan: planned.Plan, number: str) -> Differs | None:
    """For people: what the change says of the whole order, which is not written to it."""
    if not plan.otherwise:
        return None
    said = ", ".join(plan.otherwise)
    return Differs(
        about=f"{number} {command.stamp}",
        reason=f"It also states {said}."[:500],
        sentence=f"The change of purchase order {number} also states {said} than the order has, which is not applied.",
        remedy="Agree on that with the trading partner, correct the order in Visma.net where it is to be so, and "
        "answer the change yourself: no 865 is sent, for it would accept that too. Then dismiss this.",
    )


class OrderNoteSink(CommandSink[AppendNote]):
    """Adds a line to the end of an order's note; what people wrote stays."""

    kind = AppendNote

    def apply(self, command: AppendNote, item: Outgoing) -> Effect:
        found = self._order(command)
        if found is None:
            return NotNeeded(
                reason=f"There is no purchase order {command.order_number} in Visma.net ERP, so it has no note."
            )
        order, etag = found
        number = order.order_nbr or ""
        if whose := _of_another(order, command):
            return NotNeeded(reason=whose)
        note = marks.marked(order.note, command.stamp, saying=command.text)
        if note == (order.note or ""):
            return Delivered(target_id=number, version_tag=etag.value)
        new = self.client.put(f"{ORDERS}/{segment(number)}", {"note": {"value": note}}, etag)
        return Delivered(target_id=number, version_tag=new.value if new else "")

    def changes(self, item: Outgoing) -> list[Change]:
        command = self.command(item)
        found = self._order(command)
        if found is None:
            return []
        order, _ = found
        if _of_another(order, command):
            return []
        note = marks.marked(order.note, command.stamp, saying=command.text)
        before = order.note or ""
        if note == before:
            return []
        return [Change(field="note", before=before, after=note, reason="a line is added at its end")]

    def look(self, command: AppendNote, item: Outgoing) -> Evidence:
        mark = marks.mark(command.stamp)
        found = self._order(command)
        if found is None:
            return CannotTell(reason=f"There is no purchase order {command.order_number} any more.")
        order, _ = found
        if marks.is_marked(order.note, command.stamp):
            return Applied(target_id=order.order_nbr or "", proof=f"Its note carries {mark}.")
        return NotApplied(proof=f"Its note does not carry {mark}.")

    def _order(self, command: AppendNote) -> tuple[wire.PurchaseOrder, ETag] | None:
        """The order by its number as stated, or without a suffix that the sender added; None when there is none."""
        for number in order_numbers(command.order_number):
            try:
                return read(self.client, ORDERS, number, wire.PurchaseOrder)
            except NotFound:
                continue
        return None


def _of_another(order: wire.PurchaseOrder, command: AppendNote) -> str:
    """That the order is not of the supplier that the line is about, "" where it is."""
    supplier = (order.supplier.number or "") if order.supplier else ""
    if not command.supplier or supplier == command.supplier:
        return ""
    return (
        f"Purchase order {order.order_nbr} is of supplier {supplier}: what {command.supplier} was told does not belong "
        "into its note."
    )

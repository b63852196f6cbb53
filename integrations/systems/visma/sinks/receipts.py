"""Ship notices as purchase receipts, in four writes: an empty receipt, the orders' lines, the quantities, the release.

Visma advises this order of things: lines that are added from the order carry its discounts and fill its list of
receipts. Every write looks first whether it is done already, so that doing it again does nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from integrations.http.errors import NotFound, Rejected, Unknown
from integrations.systems.contract import (
    Accepted,
    Applied,
    CannotTell,
    Confirms,
    Delivered,
    Effect,
    Evidence,
    NotApplied,
    Outgoing,
)
from integrations.systems.visma import marks, receiving, wire
from integrations.systems.visma.client import ETag
from integrations.systems.visma.commands import (
    AddOrderLines,
    MakeReceipt,
    ReceiptCommand,
    ReleaseReceipt,
    SetQuantities,
    WantedLine,
)
from integrations.systems.visma.receiving import Expected, NotReceivable
from integrations.systems.visma.sinks.base import RECEIPT_WRITES, RECEIPTS, CommandSink, read, read_order

OPEN = ("Hold", "Balanced")
LOOK_BACK = dt.timedelta(days=60)
"""How far before its date a receipt of the same shipment is looked for."""
MOST_PAGES = 20
AT_WORK = ("Queued", "InProcess")


class PurchaseReceiptSink(CommandSink[ReceiptCommand]):
    kind = ReceiptCommand
    confirms = Confirms(later=True, poll=dt.timedelta(seconds=5), deadline=dt.timedelta(hours=1))

    def apply(self, command: ReceiptCommand, item: Outgoing) -> Effect:
        match command:
            case MakeReceipt():
                return self._make(command)
            case AddOrderLines():
                return self._add(command)
            case SetQuantities():
                return self._set(command)
            case ReleaseReceipt():
                return self._release(command)

    def look(self, command: ReceiptCommand, item: Outgoing) -> Evidence:
        if isinstance(command, MakeReceipt):
            return self._look_for_made(command)
        try:
            receipt, _ = self._receipt(command)
        except Rejected as fault:
            return CannotTell(reason=fault.sentence)
        number = receipt.receipt_nbr or ""
        match command:
            case AddOrderLines():
                wanted = self._expected(command)
                gone = receiving.missing(wanted, receipt)
                if gone:
                    return NotApplied(proof=f"Receipt {number} lacks {', '.join(ref.words for ref in gone)}.")
                return Applied(target_id=number, proof=f"Receipt {number} has all {len(wanted)} lines.")
            case SetQuantities():
                try:
                    changes = self._changes(command, receipt)
                except NotReceivable as reason:
                    return NotApplied(proof=f"{reason}.")
                if changes or receipt.status == "Hold":
                    return NotApplied(proof=f"{len(changes)} lines of receipt {number} say something else.")
                return Applied(target_id=number, proof=f"All lines of receipt {number} say what was shipped.")
            case ReleaseReceipt():
                if receipt.status == "Released":
                    return Applied(target_id=number, proof=f"Receipt {number} is released.")
                return NotApplied(proof=f"Receipt {number} is {receipt.status}.")

    # --- The empty receipt

    def _make(self, command: MakeReceipt) -> Effect:
        for receipt in self._receipts_since(command.supplier, command.date):
            number = receipt.receipt_nbr or ""
            if marks.is_marked(receipt.note, command.stamp) and receipt.status != "Cancelled":
                return Delivered(target_id=number)
            same = (receipt.supplier_ref or "").strip() == command.shipment_number
            if same and receipt.status != "Cancelled" and receipt.receipt_type == "PoReceipt":
                raise Rejected(
                    f"Shipment {command.shipment_number} of supplier {command.supplier} is on receipt {number} "
                    "already, which was not made by ml-connector.",
                    remedy="If it is the same delivery, dismiss this one. If not, change the receipt's Supplier ref. "
                    "and replay.",
                )
        if command.lines:
            self._check(command)
        body = {
            "receiptType": {"value": "PoReceipt"},
            "supplierId": {"value": command.supplier},
            "date": {"value": f"{command.date.isoformat()}T00:00:00"},
            "supplierRef": {"value": command.shipment_number},
            "hold": {"value": True},
            "note": {"value": marks.mark(command.stamp)},
        }
        return Delivered(target_id=self.client.create(RECEIPT_WRITES, body))

    def _check(self, command: MakeReceipt) -> None:
        """What would be refused of the lines, before anything is made. Raises Rejected."""
        orders = self._orders(command.lines)
        wanted = _expected(command, orders, must_be_open=True)
        _check_not_over(wanted, orders, command.units)
        try:
            receiving.check_units(wanted, orders.values(), command.units)
        except NotReceivable as reason:
            raise _refused(reason) from reason

    def _look_for_made(self, command: MakeReceipt) -> Evidence:
        found = self._marked(command.stamp, command.supplier, command.date)
        if found is None:
            return NotApplied(proof=f"No receipt of supplier {command.supplier} carries {marks.mark(command.stamp)}.")
        return Applied(target_id=found, proof=f"Receipt {found} carries {marks.mark(command.stamp)}.")

    # --- The orders' lines

    def _add(self, command: AddOrderLines) -> Effect:
        receipt, _ = self._receipt(command)
        with _telling_of(receipt):
            return self._add_to(receipt, command)

    def _add_to(self, receipt: wire.PurchaseReceipt, command: AddOrderLines) -> Effect:
        number = receipt.receipt_nbr or ""
        if not receiving.missing(self._expected(command), receipt):
            return Delivered(target_id=number)
        self._must_be_open(receipt)
        orders = self._orders(command.lines)
        wanted = _expected(command, orders, must_be_open=True)
        still = receiving.missing(wanted, receipt)
        _check_not_over((one for one in wanted if one.ref in still), orders, command.units)
        body: dict[str, list[str]] = {}
        for ref in still:
            body.setdefault(ref.order, []).append(str(ref.line))
        lines = [{"orderNbr": order, "lines": [{"lineNbr": n} for n in found]} for order, found in body.items()]
        said = self.client.act(f"{RECEIPT_WRITES}/{number}/action/addpurchaseorderlines", {"purchaseOrderLines": lines})
        if said.action_result == "Failed":
            raise Rejected(
                f"Visma.net ERP does not add the order's lines to receipt {number}: {said.error_info or 'no reason'}",
                remedy="Look at the order in Visma.net; then replay.",
            )
        gone = receiving.missing(wanted, self._receipt(command)[0])
        if not gone:
            return Delivered(target_id=number)
        if said.action_result in AT_WORK:
            return Accepted(target_id=number)
        raise Rejected(
            f"Visma.net ERP left out {', '.join(ref.words for ref in gone)} when it added the orders' lines to receipt "
            f"{number}: services and completed lines are not received.",
            remedy="Look at the order in Visma.net. Correct it and replay, or dismiss this and finish the receipt by "
            "hand.",
        )

    # --- The quantities

    def _set(self, command: SetQuantities) -> Effect:
        receipt, etag = self._receipt(command)
        with _telling_of(receipt):
            return self._set_on(receipt, etag, command)

    def _set_on(self, receipt: wire.PurchaseReceipt, etag: ETag, command: SetQuantities) -> Effect:
        number = receipt.receipt_nbr or ""
        try:
            changes = self._changes(command, receipt)
        except NotReceivable as reason:
            raise _refused(reason) from reason
        if not changes and receipt.status != "Hold":
            return Delivered(target_id=number, version_tag=etag.value)
        self._must_be_open(receipt)
        orders = self._orders(command.lines)
        _check_not_over(_expected(command, orders), orders, command.units, receipt=receipt)
        body: dict[str, Any] = {"hold": {"value": False}, "lines": changes}
        new = self.client.put(f"{RECEIPT_WRITES}/{number}", body, etag)
        return Delivered(target_id=number, version_tag=new.value if new else "")

    def _changes(self, command: SetQuantities, receipt: wire.PurchaseReceipt) -> list[dict[str, Any]]:
        wanted = self._expected(command)
        return receiving.quantity_changes(wanted, receipt, command.units, whole=command.whole)

    # --- The release

    def _release(self, command: ReleaseReceipt) -> Effect:
        receipt, _ = self._receipt(command)
        number = receipt.receipt_nbr or ""
        if receipt.status == "Released":
            return Delivered(target_id=number)
        self._must_be_open(receipt)
        said = self.client.act(f"{RECEIPT_WRITES}/{number}/action/release", {})
        if said.action_result == "Failed":
            raise Rejected(
                f"Visma.net ERP does not release receipt {number}: {said.error_info or 'it says no reason'}",
                remedy="Release it in Visma.net, or correct what it names and replay.",
            )
        status = self._receipt(command)[0].status
        if status == "Released":
            return Delivered(target_id=number)
        if said.action_result in AT_WORK:
            return Accepted(target_id=number)
        raise Unknown(f"Visma.net ERP says that receipt {number} was released, and shows it as {status}.")

    # --- Reading

    def _receipt(self, command: AddOrderLines | SetQuantities | ReleaseReceipt) -> tuple[wire.PurchaseReceipt, ETag]:
        """The receipt with its version. Raises Rejected when it is gone."""
        number = command.receipt_number or self._marked(command.stamp, command.supplier, command.date)
        try:
            if number:
                return read(self.client, RECEIPTS, number, wire.PurchaseReceipt)
        except NotFound as gone:
            raise Rejected(
                f"Receipt {number} is no longer in Visma.net ERP.", remedy="Replay the making of the receipt by force."
            ) from gone
        raise Rejected(
            f"No receipt of supplier {command.supplier} in Visma.net ERP carries {marks.mark(command.stamp)}.",
            remedy="Replay the making of the receipt by force.",
        )

    def _marked(self, stamp: str, supplier: str, date: dt.date) -> str | None:
        for receipt in self._receipts_since(supplier, date):
            if marks.is_marked(receipt.note, stamp) and receipt.status != "Cancelled":
                return receipt.receipt_nbr
        return None

    def _receipts_since(self, supplier: str, date: dt.date) -> Iterator[wire.PurchaseReceipt]:
        """The supplier's receipts of the last weeks. Visma ignores filters that it does not know, so what it sends is
        looked at. Raises Rejected when there are too many to look through."""
        filters = {
            "supplier": supplier,
            "receiptDate": (date - LOOK_BACK).isoformat(),
            "receiptDateCondition": ">=",
            "expandNote": "true",
        }
        rows = 0
        for page_number in range(1, MOST_PAGES + 1):
            page = self.client.page(RECEIPTS, page_number, filters=filters)
            for raw in page.elements:
                receipt = self.client.decode_element(raw, wire.PurchaseReceipt)
                if receipt.supplier is not None and receipt.supplier.number == supplier:
                    yield receipt
            rows += len(page.elements)
            if not page.elements or (page.total is not None and rows >= page.total):
                return
        raise Rejected(
            f"Visma.net ERP lists more receipts of supplier {supplier} than can be looked through, so it cannot be "
            "told whether this shipment was received already.",
            remedy="Enter the receipt in Visma.net and dismiss this delivery.",
        )

    def _orders(self, lines: tuple[WantedLine, ...]) -> dict[str, wire.PurchaseOrder]:
        """The orders by the numbers that are stated."""
        stated = dict.fromkeys(line.order_number for line in lines)
        return {number: read_order(self.client, number)[0] for number in stated}

    def _expected(self, command: AddOrderLines | SetQuantities) -> list[Expected]:
        return _expected(command, self._orders(command.lines))

    def _must_be_open(self, receipt: wire.PurchaseReceipt) -> None:
        if receipt.status not in OPEN:
            raise Rejected(
                f"Receipt {receipt.receipt_nbr} is {receipt.status} in Visma.net ERP; it can no longer be changed.",
                remedy="Correct it in Visma.net by a return or a second receipt, and dismiss this delivery.",
            )


@contextmanager
def _telling_of(receipt: wire.PurchaseReceipt) -> Iterator[None]:
    """What is refused says which receipt stands there half made, and what becomes of it."""
    try:
        yield
    except Rejected as refused:
        if receipt.status in OPEN:
            count = len(receipt.lines or ())
            has = f"{count} line{'' if count == 1 else 's'}" if count else "no lines yet"
            state = "on hold" if receipt.status == "Hold" else "not released"
            refused.remedy += (
                f" Receipt {receipt.receipt_nbr} was made for it and is {state}, with {has}: what is replayed, or "
                "replaces the notice, goes on it. If nothing of it came, delete it in Visma.net and dismiss this."
            )
        raise


def _expected(
    command: MakeReceipt | AddOrderLines | SetQuantities,
    orders: dict[str, wire.PurchaseOrder],
    *,
    must_be_open: bool = False,
) -> list[Expected]:
    try:
        return receiving.expected(command.lines, orders, supplier=command.supplier, must_be_open=must_be_open)
    except NotReceivable as reason:
        raise _refused(reason) from reason


def _check_not_over(
    wanted: Iterable[Expected],
    orders: dict[str, wire.PurchaseOrder],
    units: dict[str, str],
    *,
    receipt: wire.PurchaseReceipt | None = None,
) -> None:
    try:
        receiving.check_not_over(wanted, orders.values(), units, receipt=receipt)
    except NotReceivable as reason:
        raise _refused(reason) from reason


def _refused(reason: NotReceivable) -> Rejected:
    return Rejected(f"The ship notice cannot be received: {reason}.", remedy=reason.remedy)

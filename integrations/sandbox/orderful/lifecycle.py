"""How a transaction changes by itself: validation, delivery, acknowledgment, each at its time.

The steps are fixed when the transaction is created and applied when somebody looks, from the simulator's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from integrations.sandbox.kernel import Row, iso, new_row

from .base import OrderfulBase, TradeRoute
from .directory import SET_NAMES

OUTCOMES = ("FAILED", "INVALID", "DELIVERY_FAILED", "REJECTED", "OVERDUE", "ACCEPTED_WITH_ERRORS")
_EVERY = {
    "delivery_fail_every": "DELIVERY_FAILED",
    "reject_every": "REJECTED",
    "overdue_every": "OVERDUE",
    "accept_with_errors_every": "ACCEPTED_WITH_ERRORS",
}
_PARTNER_GUIDELINE = "Partner guideline: the trading partner does not accept this document"


class Lifecycle(OrderfulBase):
    """Creation of transactions and everything that happens to them later."""

    def add_transaction(
        self,
        *,
        company: str,
        posted_type: str,
        route: TradeRoute,
        message: Any,
        business_number: str,
        purpose: str,
        form: str,
        errors: list[dict[str, Any]],
        at_once: bool,
    ) -> Row:
        """Store an outbound transaction. `form` is "mosaic", "json" or "raw"; `at_once` = validated synchronously."""
        now = self.clock()
        outcome = self._outcome(business_number, invalid=bool(errors))
        if outcome in {"FAILED", "INVALID"} and not errors:
            errors = [{"payloadPaths": None, "errorMessage": _PARTNER_GUIDELINE, "outputPath": "ST"}]
        row = new_row(
            key=self.next_id(),
            business_number=business_number,
            received_at=now,
            body={
                "type": posted_type,
                "stream": route.stream,
                "senderId": route.sender.isa_id(route.stream),
                "receiverId": route.receiver.isa_id(route.stream),
                "message": message,
                "purpose": purpose,
                "statuses": {
                    "validation": "PROCESSING",
                    "delivery": "PENDING",
                    "acknowledgment": "NOT_ACKNOWLEDGED",
                },
                "validationErrors": errors,
                "createdAt": iso(now),
                "lastUpdatedAt": iso(now),
            },
            _company=company,
            _form=form,
            _faulty=bool(errors),
            _sender=route.sender.live,
            _receiver=route.receiver.live,
            _delivery=self.new_uuid(),
            _acknowledgment=None,
            _steps=self._steps(outcome, auto_send=route.auto_send, at_once=at_once),
        )
        self.store.table("transactions").add(row)
        self.store.table("_open").add({"key": row["key"]})
        self.tick()
        return row

    def _outcome(self, business_number: str, *, invalid: bool) -> str:
        """What will become of the next transaction: by its business number, or every n-th by option."""
        created = self.store.next("created")
        if invalid:
            return "INVALID"
        chosen = str(self.options["outcomes"].get(business_number, ""))
        if chosen:
            return chosen
        if _is_nth(created, self.options["fail_every"]):
            return "FAILED"
        for option, outcome in _EVERY.items():
            if _is_nth(created, self.options[option]):
                return outcome
        return "ACCEPTED"

    def _steps(self, outcome: str, *, auto_send: bool, at_once: bool) -> list[list[str]]:
        """[due, status, value], in time order."""
        at = self.clock() + timedelta(seconds=0 if at_once else self.options["validation_delay"])
        if outcome in {"FAILED", "INVALID"}:
            return [[iso(at), "validation", "INVALID"]]
        steps = [[iso(at), "validation", "VALID"]]
        return steps + (self._sending(outcome, at) if auto_send else [])

    def _sending(self, outcome: str, at: datetime) -> list[list[str]]:
        sent = at + timedelta(seconds=self.options["send_delay"])
        delivered = sent + timedelta(seconds=self.options["delivery_delay"])
        steps = [[iso(sent), "delivery", "SENT"]]
        if outcome == "DELIVERY_FAILED":
            return [*steps, [iso(delivered), "delivery", "FAILED"]]
        option = "overdue_delay" if outcome == "OVERDUE" else "acknowledgment_delay"
        answered = delivered + timedelta(seconds=self.options[option])
        return [*steps, [iso(delivered), "delivery", "DELIVERED"], [iso(answered), "acknowledgment", outcome]]

    def tick(self) -> None:
        """Apply every step that is due."""
        now = iso(self.clock())
        waiting = self.store.table("_open")
        for transaction_id in list(waiting):
            row = self.store.table("transactions").get(transaction_id)
            if row is not None:
                self._apply(row, now)
            if row is None or not row["_steps"]:
                del waiting[transaction_id]

    def _apply(self, row: Row, now: str) -> None:
        steps = row["_steps"]
        while steps and steps[0][0] <= now:
            due, status, value = steps.pop(0)
            row["body"]["statuses"][status] = value
            row["body"]["lastUpdatedAt"] = due
            self._note_acknowledgment(row, due)
            self.store.touch()

    def _note_acknowledgment(self, row: Row, at: str) -> None:
        """Keep the acknowledgment itself when the status says that there is one."""
        status = row["body"]["statuses"]["acknowledgment"]
        if status in {"NOT_ACKNOWLEDGED", "OVERDUE"}:
            return
        known = row["_acknowledgment"]
        if known is None or known["status"] != status:
            errors = [] if status == "ACCEPTED" else [_SAMPLE_ERRORS[status]]
            row["_acknowledgment"] = {"status": status, "createdAt": at, "errors": errors}

    def mutate(self, entity: str, key: str | None, values: Mapping[str, Any], count: int) -> list[str]:
        """As the base does; for a transaction, setting a status ends the course that was planned for it.

        `{"send": true}` presses the Send button of transactions whose relationship has autoSend DISABLED.
        """
        if entity != "transactions":
            return super().mutate(entity, key, values, count)
        wanted = dict(values)
        send = wanted.pop("send", False)
        keys = super().mutate(entity, key, wanted, count)
        for transaction_id in keys:
            row = self.store.table(entity)[transaction_id]
            if any(path.startswith("statuses") for path in wanted):
                row["_steps"] = []
            if send and row["body"]["statuses"]["delivery"] == "PENDING":
                row["_steps"] = [*row["_steps"], *self._sending("ACCEPTED", self.clock())]
                self.store.table("_open").add({"key": transaction_id})
        return keys

    def touched(self, entity: str, row: Row) -> None:
        """A mutation is an update of the transaction."""
        if entity == "transactions":
            row["body"]["lastUpdatedAt"] = iso(self.clock())
            self._note_acknowledgment(row, row["body"]["lastUpdatedAt"])
        if entity == "relationships":
            row["body"]["updatedAt"] = iso(self.clock())

    def v3_type(self, row: Row) -> str:
        """The type name that v3 shows; the 860 of v4 has its traditional name there."""
        posted = str(row["body"]["type"])
        return SET_NAMES["860"] if posted.startswith("860_") else posted


def _is_nth(number: int, every: int) -> bool:
    return every > 0 and number % every == 0


_SAMPLE_ERRORS = {
    "REJECTED": {"path": "/message", "code": "R", "message": "The trading partner rejected the document"},
    "ACCEPTED_WITH_ERRORS": {
        "path": "/message/transactionSets/0/CTT_loop",
        "code": "E",
        "message": "The trading partner accepted the document but noted errors",
    },
}

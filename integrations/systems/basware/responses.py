"""What Basware is told of invoices that are in the books: that they were taken over, under which number, what was paid.

Basware wants the first two, one after the other, for an invoice that waits for its transfer, or before that for its
prebooking; what was paid it takes as often as it changes. It only says so there: nothing is booked by it here. Facts:
the vendor's OpenAPI file of Basware P2P (accountingDocuments).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from integrations.http.errors import Fault, Rejected, Transient
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.basware import verdicts, wire
from integrations.systems.basware.client import Client
from integrations.systems.basware.errors import LABEL
from integrations.systems.basware.settings import Options
from integrations.systems.basware.sinks import confirms_of
from integrations.systems.basware.sources import DOCUMENTS
from integrations.systems.contract import (
    AT_ONCE,
    Accepted,
    Applied,
    CannotTell,
    Delivered,
    Effect,
    Evidence,
    NotApplied,
    Outgoing,
    SinkSpec,
    StillOpen,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of an invoice that Basware waits for an answer in, or is told of by itself."""

    waits: str = ""
    """"" for what it does not wait for."""
    after: frozenset[str] = frozenset()
    """Processing statuses in which the acknowledgment is known to have come."""
    responses: str
    """Last part of the path of its responses."""
    member: str
    """Where a document holds them."""


STEPS = {
    "transfer": Step(
        waits="WaitingForTransfer",
        after=frozenset({"TransferInProgress", "Transferred", "TransferFailed", "Paid"}),
        responses="transferResponses",
        member="transfer_responses",
    ),
    "prebook": Step(
        waits="WaitingForPrebook",
        after=frozenset({"PrebookInProgress", "Prebooked", "PrebookFailed", "PrebookCanceled"}),
        responses="prebookResponses",
        member="prebook_responses",
    ),
    "payment": Step(responses="paymentResponses", member="payment_responses"),
}
GONE = f"{LABEL} does not have this invoice any more."


class _Answers:
    """What both sinks share. The invoice's id stands in meta."""

    visibility_delay = dt.timedelta(seconds=5)

    def __init__(self, connection: Connection, session: Session) -> None:
        self.options = Options.of(connection)
        self.client = Client(session, self.options)

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        return [self._apply_one(item) for item in batch]

    def _apply_one(self, item: Outgoing) -> Effect:
        try:
            return self.apply(item)
        except Fault as fault:
            return fault

    def apply(self, item: Outgoing) -> Effect:
        raise NotImplementedError

    def document(self, item: Outgoing) -> wire.AccountingDocument | None:
        """The invoice as it is now."""
        answer = self.client.one(DOCUMENTS, _invoice(item))
        rows = self.client.listed(answer, "accountingDocuments") if answer is not None else ()
        return self.client.decode(rows[0], wire.AccountingDocument) if rows else None


class Acknowledgments(_Answers):
    """That we have an invoice. A second time is refused (405), which is as good where it says so itself."""

    confirms = AT_ONCE

    def apply(self, item: Outgoing) -> Effect:
        if self.client.acknowledge(DOCUMENTS, _invoice(item)):
            return Delivered(target_id=_invoice(item))
        there = self.document(item)
        status = there.processing_status if there is not None else None
        if status in _step(item).after:
            return Delivered(target_id=_invoice(item), status={"p2p": status})
        return Rejected(
            f"{LABEL} takes no acknowledgment of this invoice: it is in status {status or '(none)'}.",
            remedy=f"Look at the invoice in Basware. If it is in {_step(item).waits}, replay this; else dismiss it.",
        )

    def evidence(self, item: Outgoing) -> Evidence:
        there = self.document(item)
        if there is None:
            return CannotTell(reason=GONE)
        if there.processing_status == _step(item).waits:
            return NotApplied(proof=f"It is in status {_step(item).waits}.")
        return Applied(target_id=_invoice(item), proof=f"It is in status {there.processing_status}.")

    def follow(self, item: Outgoing) -> Verdict:
        return StillOpen()


class StepResponses(_Answers):
    """The number of an invoice in the books, as the answer to a step. The body is the response, with an external code
    of ours."""

    def __init__(self, connection: Connection, session: Session) -> None:
        super().__init__(connection, session)
        self.confirms = confirms_of(self.options)

    def apply(self, item: Outgoing) -> Effect:
        there = self.document(item)
        if there is not None and _said(there, item):
            return Delivered(target_id=_code(item))
        if there is not None and _step(item).waits == there.processing_status:
            raise Transient(f"{LABEL} has not taken in yet that the invoice was acknowledged.")
        request_id = self.client.respond(_invoice(item), _step(item).responses, item.body)
        return Accepted(target_id=request_id or _code(item))

    def evidence(self, item: Outgoing) -> Evidence:
        there = self.document(item)
        if there is None:
            return CannotTell(reason=GONE)
        if _said(there, item):
            return Applied(target_id=_code(item), proof=f"The invoice holds our response {_code(item)}.")
        return NotApplied(proof=f"The invoice does not hold our response {_code(item)}.")

    def follow(self, item: Outgoing) -> Verdict:
        """By the request; where its id never came, by the invoice, which shows the response."""
        code = _code(item)
        if item.target_id != code:
            return verdicts.verdict(verdicts.of_request(self.client, item.target_id, code), code)
        there = self.document(item)
        return Delivered(target_id=code) if there is not None and _said(there, item) else StillOpen()


def _invoice(item: Outgoing) -> str:
    return str(item.meta["invoice"])


def _code(item: Outgoing) -> str:
    return str(msgspec.json.decode(item.body)["externalCode"])


def _step(item: Outgoing) -> Step:
    return STEPS[str(item.meta.get("step") or "transfer")]


def _said(there: wire.AccountingDocument, item: Outgoing) -> bool:
    code = _code(item)
    return any(response.external_code == code for response in getattr(there, _step(item).member) or ())


SINKS = (
    SinkSpec(key="acknowledgments", label="Acknowledgments of invoices", open=Acknowledgments),
    SinkSpec(key="transfer-responses", label="Numbers of invoices in the books", open=StepResponses),
    SinkSpec(key="payment-responses", label="What was paid of invoices", open=StepResponses),
)

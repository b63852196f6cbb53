"""Orderful → Visma.net ERP: partners' documents, and what became of ours."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from edi import services as edi
from edi.documents.order_change import OrderChange, order_numbers
from edi.documents.order_response import OrderResponse
from edi.documents.registry import Document
from edi.documents.values import digest
from edi.models import Agreement, PartnerNumber, TransactionSet
from integrations.flows import (
    agreement_settings,
    order_change_answers,
    order_change_checks,
    pair_settings,
    visma_orderful,
)
from integrations.flows.contract import (
    Captured,
    Decision,
    FlowSpec,
    Frozen,
    Job,
    Nothing,
    Operation,
    Prepared,
    Send,
    Take,
)
from integrations.flows.edi_in import companies, documents, messages, received
from integrations.flows.edi_in.documents import Read
from integrations.models import Delivery, Flow, Record, State
from integrations.systems.contract import Setting, Unmappable
from integrations.systems.orderful import acknowledging, inbound
from integrations.systems.orderful.settings import Options
from integrations.systems.received import DOCUMENTS
from integrations.systems.visma import commands, mapping

EVERY = dt.timedelta(minutes=10)
ORDER_CHANGE = "860"
ORDERS = "purchase-orders"
"""Key of the feed of the books' orders."""
order_lane = "purchase-order:{}".format
APPROVAL_SETTINGS = (
    Setting(
        name="approval",
        label="A person approves changes",
        kind="choice",
        default="never",
        choices=(("never", "Never"), ("above", "Above the thresholds"), ("always", "Always")),
        help="A change that waits for approval is applied when somebody approves it, and not at all when it is "
        "refused. Later changes of the same order wait behind it.",
    ),
    Setting(
        name="approval_amount",
        label="Above this amount",
        kind="integer",
        default="",
        help="In the order's currency: what the change adds and takes away, line by line, both counted as positive. "
        "Empty: the amount does not matter.",
    ),
    Setting(
        name="approval_percent",
        label="Above this share of the order (per cent)",
        kind="integer",
        default="",
        help="Of the order's total as it stands in Visma.net. Empty: the share does not matter.",
    ),
)
Policy = Agreement.AcknowledgmentPolicy


def read_document(job: Job) -> Read:
    """The document of an inbox item. Raises Unmappable."""
    item = inbound.received(job.raw)
    found = inbound.read(item, unit_words=_unit_words(job))
    return Read(
        document=found.document,
        set_id=item.set_id,
        business_number=item.business_number,
        unsure=found.unsure,
        unread=found.unread,
        uncertain=found.uncertain,
    )


def _unit_words(job: Job) -> Mapping[str, str]:
    return Options.of(job.flow.integration.partner).unit_words


# --- Receiving


def _message(job: Job) -> edi.Message:
    """What lies in the inbox, as it is kept. What cannot be read, or is not for us, has its reason."""
    try:
        item = inbound.received(job.raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        said = f"Orderful's inbox holds something that cannot be read: {error}"
        return edi.Message(network_id=job.source_id, data=job.raw, problem=job.problem or said)
    document = None if job.problem else _document(job, item)
    return edi.Message(
        network_id=item.transaction_id,
        data=job.raw,
        set_id=item.set_id,
        stream=item.stream,
        sender_id=item.sender_id,
        receiver_id=item.receiver_id,
        business_number=item.business_number,
        purpose=str(getattr(document, "purpose", "")),
        digest=inbound.digest_of(item, document),
        answer=edi.ResponseAnswer(item.business_number, document.answer)
        if isinstance(document, OrderResponse)
        else None,
        problem=job.problem,
    )


def _document(job: Job, item: inbound.Received) -> Document | None:
    """None where it cannot be read: the flow of the document says so, with the reason."""
    try:
        return inbound.read(item, unit_words=_unit_words(job)).document
    except Unmappable:
        return None


def _message_lane(record: Captured) -> str:
    """Versions of one document, and changes of one order, are received in the order in which they came, for they are
    applied as they were received. All else is received side by side."""
    number = record.business_number
    if not number:
        return f"message:{record.source_id}"
    return f"message:{record.kind}:{order_numbers(number)[-1] if record.kind == ORDER_CHANGE else number}"


# --- Order changes


def _accepts_change(record: Captured, settings: Mapping[str, Any]) -> Decision:
    return Take("send") if record.kind == ORDER_CHANGE else None


def _change_lane(record: Captured) -> str:
    """The lane of a change of an order that our books do not know: of its own, for what fails there must not hold up
    the order, should there be one."""
    return f"order-change:{record.source_id}"


def _known_lane(record: Captured, flow: Flow) -> str:
    """The order's own lane: a change waits behind an unfinished 850 of its order. Only the books tell whether the end
    of PO12-345 is a suffix of the sender's, or of an order series that is written so.

    Whose order it is not, and who names one that was never read, has a lane of its own for it: what fails there does
    not hold up the order."""
    numbers = order_numbers(record.business_number)
    rows = Record.objects.filter(
        feed__connection=flow.integration.books_id, feed__key=ORDERS, source_id__in=numbers, is_newest=True
    )
    known = {row.source_id: row for row in rows.select_related("payload")}
    number = next((number for number in numbers if number in known), "")
    row = TransactionSet.objects.filter(pk=int(record.source_id)).first() if record.source_id.isdigit() else None
    if row is None:
        return order_lane(number) if number else ""
    if not number or _is_of_another(row, known[number], flow):
        return f"order-change:{row.partner_id or record.source_id}:{number or numbers[-1]}"
    return order_lane(number)


def _is_of_another(row: TransactionSet, order: Record, flow: Flow) -> bool:
    """Whether the order's supplier is not the sender. Where what was read of the order is not kept any more, by whom it
    was sent to last; where it was sent to nobody either, the sender has to show that it is its own."""
    data = order.payload.data
    if data is None:
        sent = Delivery.objects.filter(
            integration_id=flow.integration_id, lane=order_lane(order.source_id), transaction_set__set_id="850"
        )
        last = sent.filter(state__in=(State.DELIVERED, State.ACCEPTED)).order_by("-pk").first()
        return last is None or last.transaction_set is None or last.transaction_set.partner_id != row.partner_id
    try:
        supplier = mapping.supplier_of_order(bytes(data))
    except Unmappable:
        return True
    company = str((flow.integration.books.settings or {}).get("company_id", ""))
    theirs = PartnerNumber.objects.filter(partner=row.partner_id, company=company, entity="supplier", number=supplier)
    return bool(supplier) and not theirs.exists()


def _prepare_change(job: Job) -> Prepared:
    """The change as a command for the books. Raises Unmappable."""
    read = read_document(job)
    change = read.document
    if not isinstance(change, OrderChange):
        raise Unmappable(f"{received.name_of(read.set_id, read.business_number)} is no order change.")
    change = job.edited(change)
    integration, row = job.flow.integration, received.row_of(job)
    elsewhere = companies.for_another(job, row, order_numbers(change.number))
    if elsewhere is not None:
        return elsewhere
    again = order_change_checks.said_again(job, change, row)
    if again is not None:
        return again
    order_change_checks.check_not_overtaken(job, change, row)
    order_change_checks.check_certain(change, read, is_decided=job.edit is not None or bool(job.forced_purpose))
    company = str((integration.books.settings or {}).get("company_id", ""))
    supplier = received.number_of(row.partner, company=company, entity="supplier")
    if not supplier:
        raise Unmappable(
            f"Order change {change.number} comes from {received.sender_of(row)}, which is not one supplier of company "
            f"{company}: nobody can tell whether the order is its own.",
            remedy="Give the trading partner the one number of its supplier, then replay.",
        )
    body = commands.encode(
        commands.ChangeOrder(
            stamp=row.network_id,
            change=change,
            supplier=supplier,
            quantity_in=agreement_settings.choice(row.agreement, "quantity_in"),
            units=pair_settings.read(integration.settings).units,
            approval=_approval(job),
        )
    )

    def freeze(now: dt.datetime) -> Frozen:
        meta = {"order_number": change.number, "transaction_id": row.network_id}
        return Frozen(body=body, meta=meta, transaction_set=row)

    return Send(
        digest=digest(change),
        purpose=change.purpose,
        document=change,
        freeze=freeze,
        preview=lambda: body,
        changes=read.unsure,
        left_out=order_change_checks.left_out_words(change, read, row.agreement),
        left_out_remedy="Agree on that with the trading partner and answer the change yourself: no 865 is sent, for it "
        "would accept that too. Then dismiss this.",
    )


def _approval(job: Job) -> commands.Approval | None:
    settings = job.flow.settings or {}
    how = settings.get("approval", "never")
    if how == "never":
        return None
    amount, percent = (settings.get(name) for name in ("approval_amount", "approval_percent"))
    return commands.Approval(
        amount=None if amount in ("", None) else Decimal(str(amount)),
        percent=None if percent in ("", None) else Decimal(str(percent)),
        always=how == "always",
        given=job.approved,
    )


# --- Answers to order changes


def _prepare_answer(job: Job) -> Prepared:
    return order_change_answers.prepare_answer(
        job, read_document(job), freeze=visma_orderful.freeze, preview=visma_orderful.body
    )


def _prepare_note(job: Job) -> Prepared:
    return order_change_answers.prepare_note(job, read_document(job))


# --- Acknowledgments


def _prepare_acknowledgment(job: Job) -> Prepared:
    """Our functional acknowledgment, as the agreement says: rejected where the document cannot be read."""
    row = received.row_of(job)
    elsewhere = companies.done_by_another(job)
    if elsewhere is not None:
        return elsewhere
    problem = _unreadable(job)
    policy = row.agreement.acknowledgment_policy if row.agreement is not None else Policy.NEVER
    if policy == Policy.NEVER or (policy == Policy.ON_ERRORS and not problem):
        return Nothing(f"What {received.sender_of(row)} sends is not acknowledged, as agreed ({policy}).")
    body = acknowledging.body_of(problem)

    def freeze(now: dt.datetime) -> Frozen:
        return Frozen(body=body, meta={"transaction_id": row.network_id}, transaction_set=row)

    digest = hashlib.sha256(body).hexdigest()
    return Send(digest=digest, purpose="original", document=None, freeze=freeze, preview=lambda: body)


def _unreadable(job: Job) -> str:
    """Why the document cannot be read, "" where it can."""
    try:
        read_document(job)
    except Unmappable as error:
        return error.sentence
    return ""


# --- Other documents


def _accepts_document(record: Captured, settings: Mapping[str, Any]) -> Decision:
    """All but order changes, whatever it is."""
    return None if record.kind == ORDER_CHANGE else Take("send")


FLOWS = (
    FlowSpec(
        pair="visma-orderful",
        key="received-documents",
        label="Partners' documents → received, checked, matched",
        entity="partner-message",
        source="partner",
        feed="inbox",
        rank=30,
        latest_wins=False,
        takes_problems=True,
        interval=EVERY,
        accepts=lambda record, settings: Take("send"),
        lane=_message_lane,
        prepare=lambda job: messages.prepare(job, _message),
    ),
    FlowSpec(
        pair="visma-orderful",
        key="order-changes",
        label="860 → purchase orders",
        entity="order-change",
        source="partner",
        feed=DOCUMENTS,
        sink="purchase-order-changes",
        rank=41,
        latest_wins=False,
        interval=EVERY,
        accepts=_accepts_change,
        lane=_change_lane,
        lane_known=_known_lane,
        prepare=_prepare_change,
        settings=APPROVAL_SETTINGS,
        may_be_refused=True,
    ),
    FlowSpec(
        pair="visma-orderful",
        key="order-change-answers",
        label="865 for 860, and the order's note",
        entity="order-change-answer",
        source="partner",
        feed=DOCUMENTS,
        sink="transactions",
        answers=True,
        rank=42,
        latest_wins=False,
        interval=EVERY,
        accepts=_accepts_change,
        lane=order_change_answers.lane,
        prepare=_prepare_answer,
        operations=(
            Operation(
                key="note",
                label="Write the acknowledgment into the order's note",
                prepare=_prepare_note,
                sink="order-notes",
                target="books",
                always=True,
            ),
        ),
    ),
    FlowSpec(
        pair="visma-orderful",
        key="acknowledgments",
        label="Received documents → our acknowledgment, of which Orderful makes a 997",
        entity="acknowledgment",
        source="partner",
        feed=DOCUMENTS,
        sink="acknowledgments",
        answers=True,
        rank=30,
        latest_wins=False,
        interval=EVERY,
        accepts=lambda record, settings: Take("send"),
        lane=lambda record: f"acknowledgment:{record.source_id}",
        prepare=_prepare_acknowledgment,
    ),
    FlowSpec(
        pair="visma-orderful",
        key="partner-documents",
        label="855, 856, 810 kept and shown",
        entity="partner-document",
        source="partner",
        feed=DOCUMENTS,
        rank=45,
        latest_wins=False,
        interval=EVERY,
        accepts=_accepts_document,
        lane=lambda record: f"partner-document:{record.source_id}",
        prepare=lambda job: documents.prepare(job, read_document),
    ),
)

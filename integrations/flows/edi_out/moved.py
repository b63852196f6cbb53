"""Who has a document: a record of the books may be moved from one trading partner to another. The new one gets an
original, the one who had it is told that it is cancelled: each partner is told by what it has itself."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import F

from edi.models import Agreement, Direction, PartnerNumber, TransactionSet
from integrations.flows.contract import RECALL, Job, LastExchange, Recall
from integrations.flows.edi_out.values import Outbound, TradeDocument, name_of
from integrations.flows.pair_settings import EdiSettings
from integrations.models import Delivery, State
from integrations.systems.contract import Unmappable

HAS_IT = (State.DELIVERED, State.ACCEPTED)
BY_HAND = "Tell {partner} yourself that it is cancelled, then dismiss this; or correct the agreement and replay it."


def as_known_to(job: Job, partner_id: int) -> Job:
    """The job with what this partner has of the object as its last exchange, whatever another one was told since."""
    if job.last is None and job.operation != RECALL:
        return job
    return replace(job, last=next((one for one in _told(job) if one.partner_id in (partner_id, None)), None))


def recalls(job: Job, outbound: Outbound, document: TradeDocument, settings: EdiSettings) -> tuple[Recall, ...]:
    """What other partners than that of the document still have of it over this network."""
    if job.last is None or job.operation == RECALL:
        return ()
    company = str((job.flow.integration.books.settings or {}).get("company_id", ""))
    number = outbound.partner_number(document)
    numbers = PartnerNumber.objects.filter(company=company, entity=outbound.entity, number=number)
    here = set(numbers.values_list("partner_id", flat=True))
    return tuple(
        Recall(delivery_id=one.delivery_id, document=name_of(document), partner=_had_by(one))
        for one in _told(job)
        if one.purpose != "cancellation"
        and one.partner_id is not None
        and one.partner_id not in here
        and _is_anothers(_then(job, one, outbound, settings), document, outbound, is_known=bool(here))
    )


def agreement_to_recall(job: Job, outbound: Outbound, document: TradeDocument, settings: EdiSettings) -> Agreement:
    """By what the partner who has the document is told that it is not its any more. Raises Unmappable."""
    partner = _set_of(job.recalled).partner
    found = Agreement.objects.filter(
        network=job.flow.integration.partner.network,
        partner=partner,
        document_type=outbound.document_type,
        direction=Direction.OUT,
        stream=settings.stream,
        active=True,
    )
    agreement = found.select_related("partner", "network").first()
    if agreement is None:
        raise cannot_be_told(
            document, str(partner or "its former partner"), f"There is no {settings.stream} agreement with it any more."
        )
    return agreement


def cannot_be_told(document: TradeDocument, partner: str, why: str) -> Unmappable:
    """Why somebody has to tell the partner otherwise."""
    return Unmappable(
        f"{name_of(document)} went to {partner} and is another partner's now, but no cancellation can be sent: {why}",
        remedy=BY_HAND.format(partner=partner),
    )


def _told(job: Job) -> list[LastExchange]:
    """The newest document that each partner has of the object, the newest first."""
    rows = Delivery.objects.filter(
        flow=job.flow,
        integration_id=job.flow.integration_id,
        lane=job.lane,
        state__in=HAS_IT,
        operation__in=["send", "cancel", RECALL],
    ).exclude(document_digest="")
    if job.delivery_id is not None:
        rows = rows.filter(pk__lt=job.delivery_id)
    rows = rows.order_by(F("closed_at").desc(nulls_first=True), "-pk")
    newest: dict[int | None, LastExchange] = {}
    for pk, digest, purpose, partner in rows.values_list(
        "pk", "document_digest", "purpose", "transaction_set__partner_id"
    ):
        newest.setdefault(partner, LastExchange(delivery_id=pk, digest=digest, purpose=purpose, partner_id=partner))
    return list(newest.values())


def _is_anothers(before: TradeDocument | None, now: TradeDocument, outbound: Outbound, *, is_known: bool) -> bool:
    """Whether the document is another partner's than it was, and not only linked anew; or, where its number is nobody's
    yet (not `is_known`), of one that got another number in the books: it has its name."""
    if before is None:
        return True
    if outbound.partner_number(before) == outbound.partner_number(now):
        return False
    return is_known or _name(before, outbound) != _name(now, outbound)


def _name(document: TradeDocument, outbound: Outbound) -> str:
    party = document.party("supplier" if outbound.entity == "supplier" else "buyer")
    return party.name.strip().casefold() if party is not None else ""


def _then(job: Job, told: LastExchange, outbound: Outbound, settings: EdiSettings) -> TradeDocument | None:
    """The document as it was when it was sent; None when that cannot be told any more."""
    row = Delivery.objects.select_related("record__payload").get(pk=told.delivery_id)
    if row.record.payload.data is None:
        return None
    try:
        before = outbound.to_document(
            bytes(row.record.payload.data), job.flow.integration.books, settings.company.party()
        )
        outbound.partner_number(before)
    except Unmappable:
        return None
    return before


def _had_by(told: LastExchange) -> str:
    return str(_set_of(told.delivery_id).partner or "its former partner")


def _set_of(delivery_id: int | None) -> TransactionSet:
    """What was sent by a delivery. Raises TransactionSet.DoesNotExist for one that sent none: nothing is recalled of
    such."""
    return TransactionSet.objects.select_related("partner").get(deliveries=delivery_id)

"""Sending what was never sent. Records that a reconciliation found: they were read while their flow was off, or while
it did not take their status, and get the deliveries that they would have been given then. And records that came to
nothing because nothing was agreed with their trading partner: the deliveries that they have are tried again, by their
own keys, so that nothing goes twice."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from edi.models import Agreement, Direction, TradingPartner
from integrations.engine import dispatch, outcome, taking_up
from integrations.engine.deliver import UNMAPPED
from integrations.engine.step import OperationFailed, Step, Stopped, keep
from integrations.flows.registry import flow_spec
from integrations.models import Delivery, Feed, Flow, Operation, Record, State
from portal.audit import trail
from portal.common.clock import db_now

PER_MINUTE = 120
"""Records whose deliveries are made in a minute: what is new goes beside them."""
SPREAD_SECONDS = 5
SENTENCES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Unagreed:
    """What of a flow was not sent to a trading partner for want of an agreement that there is by now."""

    flow: Flow
    agreement: Agreement
    source_ids: tuple[str, ...]
    since: dt.datetime
    """When the first of them came to nothing."""


def unagreed(partner: TradingPartner) -> list[Unagreed]:
    """What was not sent to a trading partner because nothing was agreed then. Only newest versions: what was changed
    since was looked at again."""
    numbers = {(n.company, n.entity, n.number) for n in partner.numbers.all()}
    if not numbers:
        return []
    rows = list(
        Delivery.objects.filter(
            tenant_id=partner.tenant_id,
            state=State.NO_EFFECT,
            error_class=UNMAPPED,
            record__is_newest=True,
            frozen_meta__number__in=sorted({number for _, _, number in numbers}),
        )
        .select_related("record", "flow__integration__books", "flow__integration__partner__network")
        .order_by("pk")
    )
    if not rows:
        return []
    agreements = Agreement.objects.filter(partner=partner, direction=Direction.OUT, active=True)
    agreed = {(a.network.key, a.document_type, a.stream): a for a in agreements.select_related("network")}
    found: dict[tuple[int, int], list[Delivery]] = {}
    for row in rows:
        who, network = row.frozen_meta, row.flow.integration.partner.network
        company = str((row.flow.integration.books.settings or {}).get("company_id", ""))
        agreement = agreed.get((who["network"], who["document_type"], who["stream"]))
        if (
            agreement is not None
            and agreement.network == network
            and (company, who["entity"], who["number"]) in numbers
        ):
            found.setdefault((row.flow_id, agreement.pk), []).append(row)
    by_pk = {a.pk: a for a in agreed.values()}
    return [
        Unagreed(
            flow=rows_of[0].flow,
            agreement=by_pk[agreement_id],
            source_ids=tuple(dict.fromkeys(row.record.source_id for row in rows_of)),
            since=min(row.since for row in rows_of),
        )
        for (_, agreement_id), rows_of in found.items()
    ]


class NotSent(Exception):
    """Why a record is not sent after all, as a sentence."""


def send_unsent_slice(operation: Operation) -> Step:
    """Makes the deliveries of as many records as the pace gives for a few seconds, one transaction each with the
    progress in it: a kill loses nothing and repeats nothing. Raises Stopped."""
    if operation.flow is None or not _is_on(operation.flow):
        raise OperationFailed("The flow is switched off: nothing of it would be sent.")
    share = PER_MINUTE * SPREAD_SECONDS // 60
    ids: list[str] = operation.selection["source_ids"]
    begin = int(operation.progress.get("looked_at", 0))
    for number, source_id in enumerate(ids[begin : begin + share], start=begin + 1):
        _one(operation, source_id, number)
    if begin + share >= len(ids):
        return Step()
    return Step(again_at=db_now() + dt.timedelta(seconds=SPREAD_SECONDS))


def _is_on(flow: Flow) -> bool:
    return flow.enabled and flow.integration.enabled


def _one(operation: Operation, source_id: str, number: int) -> None:
    before, counted = operation.progress, {"looked_at": number}
    with transaction.atomic():
        held = Operation.objects.select_for_update().filter(
            pk=operation.pk, fence=operation.fence, state=Operation.State.RUNNING
        )
        if not held.exists():
            raise Stopped(str(operation))
        now = db_now()
        more: dict[str, Any] = {}
        try:
            made = send(operation, source_id, now)
            more["done"] = before.get("done", 0) + made
        except NotSent as why:
            said = [*before.get("sentences", []), f"{source_id}: {why}"]
            more = {"refused": before.get("refused", 0) + 1, "sentences": said[:SENTENCES]}
        keep(operation, now=now, **counted, **more)


def send(operation: Operation, source_id: str, now: dt.datetime) -> int:
    """Makes the deliveries of one object's newest record, inside the caller's transaction, and writes it down. Returns
    how many. Raises NotSent where it was sent meanwhile, or the flow does not take it."""
    flow = operation.flow
    assert flow is not None  # noqa: S101 - looked at before
    spec = flow_spec(flow.full_key)
    connection_id = flow.integration.books_id if spec.source == "books" else flow.integration.partner_id
    # Whoever reads the feed captures behind this lock: no newer record comes between the look and the deliveries.
    feed = Feed.objects.select_for_update().filter(connection_id=connection_id, key=spec.feed).first()
    record = Record.objects.filter(feed=feed, source_id=source_id, is_newest=True).first()
    if feed is None or record is None:
        raise NotSent("It is not among our records any more.")
    nowhere = _came_to_nothing(flow, record)
    take = taking_up.taken_as(flow, spec, record)
    if take is None:
        raise NotSent("The flow does not take it as it is now.")
    if nowhere:
        taking_up.begin_lane(flow, spec, record, now=now)
        for delivery in nowhere:
            delivery.look_first = taking_up.may_be_there(feed, record)
            _again(delivery, now)
    made = nowhere or taking_up.make(flow, spec, feed, record, take, now=now)
    trail.record(
        trail.event(
            flow.tenant_id,
            "delivery.reopened" if nowhere else "delivery.made",
            f"{record.business_number or source_id}: {flow} had never sent it. {operation.reason}".strip(),
            object_type="delivery",
            object_id=made[0].pk,
            business_number=record.business_number,
            actor=operation.asked_by,
            actor_name="" if operation.asked_by else operation.asked_by_name,
            details={"operation": operation.pk, "deliveries": len(made)},
        )
    )
    dispatch.wake()
    return len(made)


def _came_to_nothing(flow: Flow, record: Record) -> list[Delivery]:
    """The delivery of a record that had no effect because nothing was agreed; none where the record has no delivery at
    all. Raises NotSent where it has another one."""
    there = list(Delivery.objects.select_for_update(of=("self",)).filter(flow=flow, record=record).order_by("-pk"))
    if any(row.state != State.NO_EFFECT or row.error_class != UNMAPPED for row in there):
        raise NotSent("It has a delivery by now.")
    return there[:1]


def _again(delivery: Delivery, now: dt.datetime) -> None:
    outcome.thaw(delivery)
    delivery.error_class = ""
    outcome.set_state(delivery, State.PENDING, now, reason="Nothing was agreed with the trading partner; now it is.")
    delivery.not_before = now
    delivery.save()

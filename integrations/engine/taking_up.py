"""Deliveries of a record that was captured before and that its flow did not take then: it was off, or its settings were
others. Made as a read would have made them."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F

from integrations.engine import dispatch
from integrations.engine.capture import pending, supersede
from integrations.flows.contract import Captured, FlowSpec, Take
from integrations.flows.registry import flow_spec
from integrations.models import Delivery, Feed, Flow, Record
from portal.audit import trail
from portal.common.clock import db_now


def taken_as(flow: Flow, spec: FlowSpec, record: Record) -> Take | None:
    """As what the flow takes a record as it is now; None where it does not, or only to take something back."""
    decision = spec.accepts(_seen(record), flow.settings or {})
    if not isinstance(decision, Take) or decision.operation == "cancel" or decision.only_if_sent:
        return None
    return decision


def make(flow: Flow, spec: FlowSpec, feed: Feed, record: Record, take: Take, *, now: dt.datetime) -> list[Delivery]:
    """Its deliveries, behind the feed's lock, so that no newer record comes between the look and them."""
    lane = begin_lane(flow, spec, record, now=now)
    same = Record.objects.filter(feed=feed, source_id=record.source_id, fingerprint=record.fingerprint)
    times = same.filter(pk__lt=record.pk).count()
    made = [
        pending(flow, spec, operation, record, lane=lane, times=times, now=now)
        for operation in spec.chain(take.operation)
    ]
    for delivery in made:
        delivery.look_first = may_be_there(feed, record)
        delivery.run_id = None  # no read made it: the equation of the run that captured the record stays as it was
    Delivery.objects.bulk_create(made)
    Record.objects.filter(pk=record.pk).update(takers=F("takers") + 1, not_yet=False)
    return made


def begin_lane(flow: Flow, spec: FlowSpec, record: Record, *, now: dt.datetime) -> str:
    """The lane of a record's deliveries; what waits there of older versions is pointless where the latest wins."""
    lane = spec.lane_of(_seen(record), flow)
    if spec.latest_wins:
        supersede(Delivery.objects.filter(integration_id=flow.integration_id, flow=flow, lane=lane), now)
    return lane


def may_be_there(feed: Feed, record: Record) -> bool:
    """Whether a database that was lost may have sent it."""
    return feed.look_until is not None and (record.modified_at is None or record.modified_at < feed.look_until)


def take_up(flow: Flow, feed_id: int, source_id: str, *, needed_by: Delivery) -> bool:
    """Has what another delivery waits for sent, if it was captured and its flow, which is on by now, has no delivery of
    it. False where there is nothing to take up, or the flow does not take it as it is."""
    spec = flow_spec(flow.full_key)
    with transaction.atomic():
        feed = Feed.objects.select_for_update().get(pk=feed_id)
        record = Record.objects.filter(feed=feed, source_id=source_id, is_newest=True).first()
        if record is None or Delivery.objects.filter(flow=flow, record__source_id=source_id).exists():
            return False
        if (take := taken_as(flow, spec, record)) is None:
            return False
        made = make(flow, spec, feed, record, take, now=db_now())
        trail.record(
            trail.event(
                flow.tenant_id,
                "delivery.made",
                f"{record.business_number or source_id}: {flow} had never sent it, and {needed_by.business_number} of "
                f"{needed_by.flow} waits for it.",
                object_type="delivery",
                object_id=made[0].pk,
                business_number=record.business_number,
                details={"needed_by": needed_by.pk, "deliveries": len(made)},
            )
        )
    dispatch.wake()
    return True


def _seen(record: Record) -> Captured:
    return Captured(
        source_id=record.source_id,
        status=record.status,
        kind=record.kind,
        business_number=record.business_number,
        problem=record.problem,
    )

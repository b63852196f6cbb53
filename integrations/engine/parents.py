"""What a delivery waits for: why the object that it refers to is not at the other side yet, fetched where nobody has
read it, and what waits for one."""

from __future__ import annotations

import structlog
from django.db.models import QuerySet

from integrations.engine.capture import capture
from integrations.engine.handle import FenceLost, RunHandle
from integrations.engine.read import subscriptions_of
from integrations.engine.sessions import Sessions
from integrations.engine.taking_up import take_up
from integrations.flows.contract import FlowSpec, Needs
from integrations.flows.registry import flow_spec, flows_of_pair
from integrations.http.errors import Fault
from integrations.models import OPEN_STATES, Delivery, Feed, Flow, Record, State
from integrations.systems.registry import system
from portal.common.clock import db_now

log = structlog.get_logger()

TELLING = (*OPEN_STATES, State.NO_EFFECT)
"""States of a delivery whose reason says why what it makes is not there."""


def see_to(delivery: Delivery, missing: Needs, sessions: Sessions) -> str:
    """Why a link is missing, in a sentence; a parent that was never captured is fetched from its feed, so that it is
    sent; so is one that was captured while its flow was off. Never raises for what the source is to blame for: what
    waits is looked at again."""
    parents = _parents(delivery, missing)
    if not parents:
        others = flows_of_pair(delivery.flow.integration.pair)
        sent = any(spec.entity == missing.entity and not spec.keeps for spec in others)
        return "No flow that is switched on sends it." if sent else ""  # no flow ever does: a person says what it is
    ids = [flow.pk for flow, _ in parents]
    if delivery.flow_id in ids and delivery.record.source_id == missing.source_id:
        return ""  # it waits for what an earlier version of it, or somebody by hand, has made there
    rows = Delivery.objects.filter(flow__in=ids, record__source_id=missing.source_id).order_by("-pk")
    row = rows.first()
    if row is None and (_fetch(delivery, missing, parents, sessions) or _taken_up(delivery, missing, parents)):
        row = rows.all().first()
    if row is not None:
        state = f"Its delivery {row.pk} is {row.get_state_display()}"
        return f"{state}: {row.reason}" if row.reason and row.state in TELLING else f"{state}."
    feeds = [feed.pk for _, feed in parents]
    if Record.objects.filter(feed__in=feeds, source_id=missing.source_id).exists():
        return "It was read, and its flow did not take it as it is."
    return "It is not in the source."


def read_anew(delivery: Delivery, missing: Needs, sessions: Sessions) -> bool:
    """Fetches an object whose record may be out of date: its source does not note all changes by their time. True when
    it was fetched; what it says now is captured, and its record says that it was looked at."""
    return _fetch(delivery, missing, _parents(delivery, missing), sessions, anew=True)


def children_of(delivery: Delivery, spec: FlowSpec) -> QuerySet[Delivery]:
    """What waits for the object that this delivery makes, the oldest first."""
    key = Needs(spec.entity, delivery.record.source_id).key
    waiting = Delivery.objects.filter(integration_id=delivery.integration_id, state=State.PENDING, waits_for=key)
    return waiting.order_by("pk")


def _parents(delivery: Delivery, missing: Needs) -> list[tuple[Flow, Feed]]:
    """The flows of the integration that send such objects, with their feeds."""
    found = []
    for flow in Flow.objects.filter(integration_id=delivery.integration_id, enabled=True).select_related("integration"):
        try:
            spec = flow_spec(flow.full_key)
        except KeyError:
            continue  # of a later release
        if spec.entity != missing.entity or spec.keeps:
            continue
        connection = flow.integration.books_id if spec.source == "books" else flow.integration.partner_id
        feeds = Feed.objects.filter(connection_id=connection, key=spec.feed)
        feed = feeds.select_related("connection", "tenant").first()
        if feed is not None:
            found.append((flow, feed))
    return found


def _taken_up(delivery: Delivery, missing: Needs, parents: list[tuple[Flow, Feed]]) -> bool:
    """Whether a flow that was switched on since it was captured sends it now."""
    return any(take_up(flow, feed.pk, missing.source_id, needed_by=delivery) for flow, feed in parents)


def _fetch(
    delivery: Delivery,
    missing: Needs,
    parents: list[tuple[Flow, Feed]],
    sessions: Sessions,
    *,
    anew: bool = False,
) -> bool:
    """Fetches an object that was never captured, or (`anew`) one that was. True when it is there now."""
    for _, feed in parents:
        newest = Record.objects.filter(feed=feed, source_id=missing.source_id, is_newest=True)
        if not anew and newest.exists():
            continue
        spec = system(feed.connection.system).feed(feed.key)
        session = sessions.of(feed.connection)
        try:
            asked_at = db_now()
            item = spec.open(feed.connection, session).fetch(missing.source_id)
            if item is None:
                continue
            handle = RunHandle(
                feed, delivery.fence, "", "needed", None, delivery.since, wanted_by=delivery, may_flood=True
            )
            # For every flow that takes from the feed: its next read finds nothing new in it.
            capture(handle, [item], subscriptions_of(feed, spec))
            if anew:
                newest.update(checked_at=asked_at)
        except (Fault, FenceLost) as error:
            log.info("parent.not_fetched", delivery=delivery.pk, needs=missing.key, error=str(error))
            continue
        finally:
            session.take_exchanges()
        return True
    return False

"""Keeping what a page brought: new records, and one delivery for each flow that takes them, in one short
transaction."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec
import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Q, QuerySet

from integrations.engine import dispatch, flood, issues
from integrations.engine.handle import FenceLost, RunHandle
from integrations.flows.contract import Captured, Decision, FlowSpec, NotYet, Take
from integrations.models import Delivery, Feed, Flow, Payload, Record, State
from integrations.systems.contract import Item
from portal.audit import trail
from portal.common.clock import db_now
from portal.common.secrets import SealedBytes, SealedBytesField

log = structlog.get_logger()

BATCH = 100
"""Items of one transaction: a writer on SQLite keeps all others waiting."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A flow that takes from the feed, with what is needed to decide."""

    flow: Flow
    spec: FlowSpec


@dataclass(frozen=True, slots=True)
class _Sealed:
    item: Item
    sha256: str
    data: SealedBytes
    bad: bool = False
    """Something trips over it: it is kept all the same, and every flow has it as a delivery that fails."""


def capture(handle: RunHandle, items: Sequence[Item], subscriptions: Sequence[Subscription]) -> None:
    """Stores the items that say something new, with their deliveries. Raises FenceLost when another worker has the
    feed."""
    handle.pages += 1
    handle.counts.read += len(items)
    for start in range(0, len(items), BATCH):
        batch = items[start : start + BATCH]
        known = _newest(handle.feed, batch)
        # Compressing and encrypting take longer than the whole transaction may: only what looks new, and before it
        # begins.
        news = [
            _Sealed(item, hashlib.sha256(item.raw).hexdigest(), SealedBytesField.seal(item.raw))
            for item in batch
            if item.source_id not in known or known[item.source_id].fingerprint != item.fingerprint
        ]
        handle.counts.unchanged += len(batch) - len(news)
        if news:
            _keep(handle, news, subscriptions)


def _keep(handle: RunHandle, news: Sequence[_Sealed], subscriptions: Sequence[Subscription]) -> None:
    """Stores the items. Where something trips over one of them, the batch is halved until that one stands alone."""
    counts, row = replace(handle.counts), handle.row
    try:
        _store(handle, news, subscriptions)
    except (FenceLost, OperationalError, InterfaceError):
        handle.counts, handle.row = counts, row
        raise
    except Exception as error:
        handle.counts, handle.row = counts, row  # the transaction, and the run that it may have made, is undone
        if len(news) == 1:
            log.exception("feed.item_failed", feed=handle.feed.pk, tenant=handle.feed.tenant_id)
            _store(handle, [_as_bad(news[0], error)], subscriptions)
            return
        half = len(news) // 2
        _keep(handle, news[:half], subscriptions)
        _keep(handle, news[half:], subscriptions)


def _as_bad(entry: _Sealed, error: Exception) -> _Sealed:
    """An item that cannot be kept as it is: its bytes untouched, its texts in a form that every database takes."""
    item = entry.item
    digest = hashlib.sha256(item.source_id.encode()).hexdigest()[:16]
    number = _storable(item.business_number, 100)
    kept = msgspec.structs.replace(
        item,
        source_id=item.source_id if _storable(item.source_id, 150) == item.source_id else f"unreadable-{digest}",
        source_version=_storable(item.source_version, 100),
        business_number=number,
        kind=_storable(item.kind, 40),
        status=_storable(item.status, 40),
        problem=item.problem or f"Record {number or digest} cannot be taken in as it is ({type(error).__name__}).",
    )
    return replace(entry, item=kept, bad=True)


def _storable(text: str, most: int) -> str:
    return text.replace("\x00", "")[:most]


def _newest(feed: Feed, items: Sequence[Item]) -> dict[str, Record]:
    rows = Record.objects.filter(feed=feed, is_newest=True, source_id__in={i.source_id for i in items})
    known = rows.only("id", "source_id", "fingerprint", "modified_at", "captured_at", "run_id")
    return {r.source_id: r for r in known}


def _is_older(item: Item, newest: Record, handle: RunHandle) -> bool:
    """Whether an item says what was true before the newest record of its object: by the source's time of change; where
    that does not tell, it was asked for before the newest was captured by somebody else (a backfill and the live
    reading work side by side)."""
    if newest.modified_at is not None and item.modified_at is not None and newest.modified_at != item.modified_at:
        return item.modified_at < newest.modified_at
    others = handle.row is None or newest.run_id != handle.row.pk
    return others and handle.asked_at is not None and newest.captured_at > handle.asked_at


@transaction.atomic
def _store(handle: RunHandle, sealed: Sequence[_Sealed], subscriptions: Sequence[Subscription]) -> None:
    feed, counts = handle.feed, handle.counts
    now = db_now()
    handle.hold(now)
    newest = _newest(feed, [s.item for s in sealed])  # again: now nobody else can write to this feed
    earlier = _captures_so_far(feed, sealed)
    payloads = _payloads(feed, sealed, now)
    run = handle.ensure(now)
    batch = _Batch.begin(sealed, subscriptions)
    captured = made = 0
    for entry in sealed:
        item = entry.item
        if batch.holds(item.source_id):
            batch.write()  # twice in one batch: the second is judged by the first
        before = newest.get(item.source_id)
        times = earlier.get((item.source_id, item.fingerprint), 0)
        if before is not None and before.fingerprint == item.fingerprint:
            counts.unchanged += 1
            continue
        is_history = before is not None and _is_older(item, before, handle)
        if is_history and times:
            counts.unchanged += 1  # an old version that is kept already, seen again by the overlap
            continue
        record = Record(
            tenant_id=feed.tenant_id,
            feed=feed,
            run=run,
            source_id=item.source_id,
            source_version=item.source_version[:100],
            modified_at=item.modified_at,
            business_number=item.business_number[:100],
            kind=item.kind,
            status=item.status,
            fingerprint=item.fingerprint,
            payload_id=payloads[entry.sha256],
            problem=item.problem[:500],
            is_newest=not is_history,
            captured_at=now,
        )
        captured += 1
        earlier[item.source_id, item.fingerprint] = times + 1
        if is_history:
            counts.history += 1
            batch.add(record, None, [])
            continue
        newest[item.source_id] = record
        deliveries = _deliveries(record, entry, subscriptions, times, now, batch)
        for delivery in deliveries:
            delivery.look_first = _may_be_there(feed, item)
        if not record.takers and not record.not_yet:
            counts.unrouted += 1
        made += len(deliveries)
        batch.add(record, before, deliveries)
    batch.write()
    counts.captured += captured
    counts.deliveries += made
    flood.hold(handle, now)
    if captured:
        trail.record(
            trail.event(
                feed.tenant_id,
                "feed.captured",
                f"{captured} records of {feed}, {made} deliveries.",
                object_type="run" if run is not None else "feed",
                object_id=run.pk if run is not None else feed.pk,
                details={"records": captured, "deliveries": made},
            )
        )
    if made:
        dispatch.wake()


@dataclass(slots=True)
class _Batch:
    """What one transaction writes, gathered so that a few statements do it."""

    in_use: set[tuple[int, str]]
    """Lanes, by flow, in which deliveries were made before this batch."""
    records: list[Record] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    objects: set[str] = field(default_factory=set)
    """What `records` are about, by the source's id."""
    lanes: set[tuple[int, str]] = field(default_factory=set)
    """Of `deliveries`."""

    @classmethod
    def begin(cls, sealed: Sequence[_Sealed], subscriptions: Sequence[Subscription]) -> _Batch:
        in_use: set[tuple[int, str]] = set()
        for subscription in subscriptions:
            flow = subscription.flow
            decided = (_decide(entry, subscription) for entry in sealed)
            lanes = {lane for decision, lane in decided if isinstance(decision, Take)}
            rows = Delivery.objects.filter(integration_id=flow.integration_id, flow=flow, lane__in=lanes)
            in_use.update((flow.pk, lane) for lane in rows.order_by().values_list("lane", flat=True).distinct())
        return cls(in_use)

    def holds(self, source_id: str) -> bool:
        """Whether a version of this object is among what is not written yet."""
        return source_id in self.objects

    def earlier(self, flow: Flow, lane: str) -> QuerySet[Delivery] | None:
        """The deliveries of the flow in a lane so far; None where there are none. Those of this batch are written
        first, so that they are among them."""
        if (flow.pk, lane) in self.lanes:
            self.write()
        if (flow.pk, lane) not in self.in_use:
            return None
        return Delivery.objects.filter(integration_id=flow.integration_id, flow=flow, lane=lane)

    def add(self, record: Record, before: Record | None, deliveries: Sequence[Delivery]) -> None:
        """`before`: the record that was the newest of its object until now."""
        self.records.append(record)
        self.objects.add(record.source_id)
        self.lanes.update((delivery.flow_id, delivery.lane) for delivery in deliveries)
        if before is not None:
            self.replaced.append(before.pk)
        self.deliveries += deliveries

    def write(self) -> None:
        """Everything that was gathered, in its order."""
        if self.replaced:
            Record.objects.filter(pk__in=self.replaced).update(is_newest=False)
        Record.objects.bulk_create(self.records)
        Delivery.objects.bulk_create(self.deliveries)
        self.in_use |= self.lanes
        self.records, self.replaced, self.deliveries, self.objects, self.lanes = [], [], [], set(), set()


def _seen(item: Item) -> Captured:
    return Captured(
        source_id=item.source_id,
        status=item.status,
        kind=item.kind,
        business_number=item.business_number,
        problem=item.problem,
    )


def _decide(entry: _Sealed, subscription: Subscription) -> tuple[Decision, str]:
    """What a flow makes of an item, and in which lane; "" when it does not take it."""
    spec = subscription.spec
    if entry.bad:
        return Take("send"), f"{spec.entity}:{entry.item.source_id}"
    seen = _seen(entry.item)
    decision = spec.accepts(seen, subscription.flow.settings or {})
    return decision, spec.lane_of(seen, subscription.flow) if isinstance(decision, Take) else ""


def _deliveries(
    record: Record,
    entry: _Sealed,
    subscriptions: Sequence[Subscription],
    times: int,
    now: dt.datetime,
    batch: _Batch,
) -> list[Delivery]:
    made: list[Delivery] = []
    for subscription in subscriptions:
        flow, spec = subscription.flow, subscription.spec
        decision, lane = _decide(entry, subscription)
        if isinstance(decision, NotYet):
            record.not_yet = True
        if not isinstance(decision, Take):
            continue
        earlier = batch.earlier(flow, lane)
        if decision.only_if_sent and earlier is None:
            record.not_yet = True
            continue
        record.takers += 1
        if decision.operation == "cancel" and earlier is None:
            continue  # never sent, so there is nothing to cancel
        if spec.latest_wins and earlier is not None:
            supersede(earlier, now)
        # All writes that the record needs, at once: in their lane they go in the order in which they are made here.
        made += [
            pending(flow, spec, operation, record, lane=lane, times=times, now=now)
            for operation in spec.chain(decision.operation)
        ]
    return made


def pending(
    flow: Flow, spec: FlowSpec, operation: str, record: Record, *, lane: str, times: int, now: dt.datetime
) -> Delivery:
    """A delivery of a record for one operation of a flow, due now, not saved yet. `times`: as in `operation_key`."""
    integration = flow.integration
    return Delivery(
        tenant_id=record.tenant_id,
        integration=integration,
        flow=flow,
        record=record,
        run_id=record.run_id,
        operation=operation,
        operation_key=operation_key(record, flow, times, operation),
        lane=lane,
        rank=spec.rank,
        sink_connection=integration.partner if spec.operation(operation).target == "partner" else integration.books,
        business_number=record.business_number,
        source_modified_at=record.modified_at,
        state=State.PENDING,
        since=now,
        not_before=now,
        created_at=now,
    )


def _may_be_there(feed: Feed, item: Item) -> bool:
    """Whether what the item asks for may have been done by a database that was lost (see `engine.restore`)."""
    return feed.look_until is not None and (item.modified_at is None or item.modified_at < feed.look_until)


def supersede(earlier: QuerySet[Delivery], now: dt.datetime) -> None:
    """Closes older deliveries of the lane that were not sent: the newer record says all that they would have. Locks
    them first: one that is being claimed is waited for, and is then no longer among them."""
    waiting = earlier.filter(state__in=[State.WAITING, State.PENDING, State.FAILED])
    unsent = list(waiting.select_for_update(of=("self",)).select_related("issue"))
    if not unsent:
        return
    Delivery.objects.filter(pk__in=[d.pk for d in unsent]).update(
        state=State.SUPERSEDED, since=now, closed_at=now, reason="A newer version of the record took its place."
    )
    for delivery in unsent:
        issues.resolve_if_settled(delivery.issue, "A newer version of the record took its place.", now=now)


def operation_key(record: Record, flow: Flow, times: int, operation: str, nonce: str = "") -> str:
    """What makes an effect this one and no other: tenant, flow, object, content, how often that content was
    captured before, operation.

    `nonce` tells a forced replay from its original.
    """
    parts = (record.tenant_id, flow.pk, record.source_id, record.fingerprint, times, operation, nonce)
    return hashlib.sha256("\x1f".join(str(p) for p in parts).encode()).hexdigest()


def _captures_so_far(feed: Feed, sealed: Sequence[_Sealed]) -> dict[tuple[str, str], int]:
    rows = (
        Record.objects.filter(feed=feed, source_id__in={s.item.source_id for s in sealed})
        .values("source_id", "fingerprint")
        .annotate(times=Count("id"))
    )
    return {(r["source_id"], r["fingerprint"]): r["times"] for r in rows}


def _payloads(feed: Feed, sealed: Sequence[_Sealed], now: dt.datetime) -> dict[str, int]:
    """Payload ids by hash; those that are not there are made."""
    rows = {
        s.sha256: Payload(tenant_id=feed.tenant_id, sha256=s.sha256, size=len(s.item.raw), data=s.data, created_at=now)
        for s in sealed
    }
    Payload.objects.bulk_create(rows.values(), ignore_conflicts=True)
    found = Payload.objects.filter(tenant_id=feed.tenant_id, sha256__in=rows).annotate(gone=Q(data__isnull=True))
    ids: dict[str, int] = {}
    for sha256, pk, gone in found.values_list("sha256", "id", "gone"):
        ids[sha256] = pk
        if gone:  # retention took the bytes, and here they are again
            Payload.objects.filter(pk=pk).update(data=rows[sha256].data, created_at=now)
    return ids

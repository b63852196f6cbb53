"""Dry run: what a flow would create or change in its target, field by field, without a write anywhere."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django_scopes import scope

from integrations.engine.compare import Sides, as_outgoing, has_it_from
from integrations.engine.deliver import last_exchange, outgoing_of
from integrations.engine.sessions import Sessions
from integrations.engine.step import OperationFailed, Step, keep
from integrations.flows.contract import Captured, Job, Keep, Needs, Nothing, NotYet, Send, Take
from integrations.http.errors import Fault, Paused, RateLimited
from integrations.models import Flow, Operation, Record
from integrations.systems.contract import Change, Item, Plans, ReadsBack, Sink, Stated, Unmappable, Window
from integrations.systems.registry import system
from portal.common.clock import db_now

SLICE_SECONDS = 20.0
COLUMNS = ("flow", "number", "action", "what", "field", "before", "after", "reason")
"""Of a dry run as a table."""
LIVE_FROM = "live_from"
"""Option of the operation: the day from which somebody thinks of going live."""
MOST = 5_000
"""Records that one dry run plans: what it says must still be read by somebody."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be done with one record."""

    flow: str
    business_number: str
    source_id: str
    action: str
    """create, replace, change, cancellation, keep, nothing, not_yet, wait, refused."""
    what: str
    """In words."""
    changes: tuple[Change, ...] = ()
    """Field by field, where the target can be read or the document is new."""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "changes": [msgspec.to_builtins(c) for c in self.changes]}


def dry_run(flow: Flow, *, fields: bool = True) -> list[Planned]:
    """Reads the flow's whole current window and says what would be sent. Holds no lock, moves no cursor, stores
    nothing. `fields`: whether the target is read for what would change there."""
    sessions = Sessions()
    with scope(tenant=flow.tenant):
        try:
            sides, begins = Sides(flow, sessions), would_begin(flow)
            return [_plan(sides, item, fields=fields, begins=begins) for item in _items(sides, begins)]
        except Fault as fault:
            return [Planned(flow.full_key, "", "", "refused", f"The source cannot be read: {fault.sentence}")]
        finally:
            sessions.close()


def dry_run_slice(operation: Operation, sessions: Sessions) -> Step:
    """Plans as many records as a slice has time for; what is planned already is passed over when it goes on."""
    if operation.flow is None:
        raise OperationFailed("The flow is gone.")
    return _dry_run(operation, operation.flow, sessions)


def _dry_run(operation: Operation, flow: Flow, sessions: Sessions) -> Step:
    sides, until = Sides(flow, sessions), time.monotonic() + SLICE_SECONDS
    stated = operation.options.get(LIVE_FROM)
    begins = would_begin(flow, dt.datetime.fromisoformat(stated) if stated else None)
    planned: list[dict[str, Any]] = msgspec.json.decode(operation.result) if operation.result else []
    passed = {p["source_id"] for p in planned}
    again = None
    problem = ""
    try:
        for item in _items(sides, begins):
            if item.source_id in passed:
                continue
            planned.append(_plan(sides, item, fields=True, begins=begins).as_json())
            passed.add(item.source_id)
            sessions.forget()
            if time.monotonic() > until:
                again = db_now()
                break
            if len(planned) >= MOST:
                problem = f"There is more: the first {MOST:,} records are planned."
                break
    except (Paused, RateLimited) as wait:
        again, problem = wait.retry_at, wait.sentence
    result = msgspec.json.encode(planned)
    actions = Counter(str(p["action"]) for p in planned)
    keep(operation, now=db_now(), looked_at=len(planned), actions=dict(actions))
    Operation.objects.filter(pk=operation.pk, fence=operation.fence).update(result=result)
    operation.result = result
    return Step(again_at=again, problem=problem)


def would_begin(flow: Flow, chosen: dt.datetime | None = None) -> dt.datetime | None:
    """From when on a flow that was never live would be: the day that was chosen, else what it would be if somebody
    switched it on now. None for one that was live."""
    if flow.live_from is not None:
        return None
    now = db_now()
    if chosen is not None or flow.integration.enabled:
        return chosen or now
    return now.astimezone(ZoneInfo(flow.tenant.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)


def _items(sides: Sides, begins: dt.datetime | None) -> Iterator[Item]:
    """What the source has from the cursor on; where nothing was read yet, from where going live would set it. It is not
    confirmed: the next read gives it again."""
    feed = sides.feed
    start = feed.read_until if feed else None
    if start is None and not sides.flow.integration.enabled:
        start = begins
    window = Window(start=start, end=db_now())
    for page in sides.source().read(window, None):
        yield from page.items


def _plan(sides: Sides, item: Item, *, fields: bool, begins: dt.datetime | None) -> Planned:
    known = _known(sides, item)
    if known is not None:
        return known
    planned, prepared, lane = considered(sides, item, begins=begins)
    if prepared is None or not fields:
        return planned
    try:
        return replace(planned, changes=tuple(_changes(sides, prepared, lane, item.business_number)))
    except (Paused, RateLimited):
        raise
    except Fault as fault:
        refused = fault.kind == "rejected"
        what = f"{planned.what} {'The target would refuse it' if refused else 'The target cannot be read'}: "
        return replace(planned, action="refused" if refused else planned.action, what=what + fault.sentence)


def _known(sides: Sides, item: Item) -> Planned | None:
    """What is to be said of a record that was captured already; None for one that says something new."""
    feed = sides.feed
    if feed is None:
        return None
    known = Record.objects.filter(feed=feed, source_id=item.source_id, is_newest=True).first()
    if known is None or known.fingerprint != item.fingerprint:
        return None
    said = "It has not changed since it was captured."
    return Planned(sides.flow.full_key, item.business_number, item.source_id, "nothing", said)


def considered(sides: Sides, item: Item, *, begins: dt.datetime | None = None) -> tuple[Planned, Send | None, str]:
    """What the flow would do with a record as it is now, what it would send, and the lane. Nothing is asked of the
    target, and nothing is written. `begins`: as `would_begin` says."""
    flow, spec = sides.flow, sides.spec
    none = Planned(flow.full_key, item.business_number, item.source_id, "nothing", "")
    seen = Captured(
        source_id=item.source_id,
        status=item.status,
        kind=item.kind,
        business_number=item.business_number,
        problem=item.problem,
    )
    decision = spec.accepts(seen, flow.settings or {})
    if isinstance(decision, NotYet):
        waits = f"Its status is {decision.status}; it goes when that changes."
        return replace(none, action="not_yet", what=waits), None, ""
    if not isinstance(decision, Take):
        return replace(none, what="It is not for this flow."), None, ""
    lane = spec.lane_of(seen, flow)
    last = last_exchange(flow_id=flow.pk, integration_id=flow.integration_id, lane=lane)
    if decision.only_if_sent and last is None:
        waits = f"Its status is {item.status}; it goes when that changes."
        return replace(none, action="not_yet", what=waits), None, ""
    job = Job(
        flow=flow,
        operation=decision.operation,
        lane=lane,
        business_number=item.business_number,
        raw=item.raw,
        last=last,
        source_id=item.source_id,
        problem=item.problem,
        would_be_live_from=begins,
    )
    try:
        prepared = spec.prepare(job)
    except Unmappable as error:
        return replace(none, action="refused", what=f"{error.sentence} {error.remedy}".strip()), None, lane
    except Needs as missing:
        return replace(none, action="wait", what=f"It {missing}."), None, lane
    if isinstance(prepared, Nothing):
        return replace(none, what=prepared.reason), None, lane
    if isinstance(prepared, Keep):
        return replace(none, action="keep", what=prepared.what), None, lane
    action = "create" if prepared.purpose == "original" else prepared.purpose
    target = flow.integration.partner if spec.target == "partner" else flow.integration.books
    planned = replace(none, action=action, what=f"It would be sent as {prepared.purpose} to {target.name}.")
    return planned, prepared, lane


def _changes(sides: Sides, prepared: Send, lane: str, number: str) -> Iterator[Change]:
    """What would be other in the target, from what to what and why."""
    before = has_it_from(sides.flow, lane)
    sink = _sink(sides)
    outgoing = as_outgoing(prepared, None, business_number=number)
    if isinstance(sink, Plans):
        yield from sink.changes(outgoing)
        return
    if not isinstance(sink, ReadsBack):
        return
    after = sink.says(outgoing)
    there: dict[str, str] = {}
    reason = "new"
    if before is not None:
        stated = sink.current(outgoing_of(before))
        there, reason = (
            (stated.fields, "changed at the source") if isinstance(stated, Stated) else ({}, "not there now")
        )
    for name in dict.fromkeys((*there, *after)):
        if there.get(name, "") != after.get(name, ""):
            yield Change(field=name, before=there.get(name, ""), after=after.get(name, ""), reason=reason)


def _sink(sides: Sides) -> Sink:
    integration = sides.flow.integration
    connection = integration.partner if sides.spec.target == "partner" else integration.books
    session = sides.sessions.of(connection)
    return system(connection.system).sink(sides.spec.sink).open(connection, session)


def as_rows(planned: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """A dry run as a table: a row a changed field, and one for each record of which nothing would change."""
    for one in planned:
        plain = {"flow": one["flow"], "number": one["business_number"], "action": one["action"], "what": one["what"]}
        empty = {"field": "", "before": "", "after": "", "reason": ""}
        for change in one["changes"] or [empty]:
            yield {**plain, **{name: str(change[name]) for name in empty}}

"""Reconciling a flow over a period: counts and amounts on both sides, and every difference in a class.

The source is read live, and each document is looked up live at the target. What the target has is what deliveries of
the object made there; what it should have is what the source says now.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal

import msgspec
from django.utils.translation import gettext_noop

from integrations.engine.compare import Comes, Sides, comes_to, has_it_from, parts_of, target_says
from integrations.engine.deliver import last_exchange, outgoing_of
from integrations.engine.sessions import Sessions
from integrations.engine.step import OperationFailed, Step, keep
from integrations.flows.contract import Captured, Job, Needs, Nothing, Take
from integrations.http.errors import Paused, RateLimited
from integrations.models import Delivery, Operation, Record, State
from integrations.systems.contract import CannotTell, Item, NotApplied, Part, ReadsBack, Stated, Unmappable, Window
from portal.common.clock import db_now
from portal.common.personal import masked_field, masked_text
from portal.common.redaction import scrub

SLICE_SECONDS = 20.0
Class = Literal[
    "same", "in_flight", "failed", "never_seen", "never_sent", "changed_after", "left_out", "not_visible", "unexplained"
]
CLASSES: tuple[Class, ...] = (
    "same",
    "in_flight",
    "failed",
    "never_seen",
    "never_sent",
    "changed_after",
    "left_out",
    "not_visible",
    "unexplained",
)
CLASS_WORDS: dict[str, str] = {
    "same": gettext_noop("the same on both sides"),
    "in_flight": gettext_noop("in flight: it is on its way"),
    "failed": gettext_noop("failed: somebody has to act"),
    "never_seen": gettext_noop("never seen: not read yet"),
    "never_sent": gettext_noop("never sent: read when the flow did not take it"),
    "changed_after": gettext_noop("changed after it was read"),
    "left_out": gettext_noop("left out: by a rule or by a person"),
    "not_visible": gettext_noop("delivered, and not visible there now"),
    "unexplained": gettext_noop("unexplained"),
}
OPEN = (State.WAITING, State.PENDING, State.SENDING, State.ACCEPTED, State.IN_DOUBT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One document."""

    number: str
    source_id: str
    delivery: int
    target_id: str
    ours: Decimal | None
    theirs: Decimal | None
    counts_here: bool
    counts_there: bool
    kind: Class
    why: str
    here: tuple[Part, ...] = ()
    """The source's amount by tax code, where it counts and the flow can tell."""
    there: tuple[Part, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Amounts as text; parts only where there are some."""
        found = {**asdict(self), "ours": _text(self.ours), "theirs": _text(self.theirs)}
        for side in ("here", "there"):
            found[side] = [msgspec.to_builtins(part) for part in found[side]]
        return {name: value for name, value in found.items() if name not in ("here", "there") or value}


class Result(msgspec.Struct, kw_only=True):
    """A reconciliation, as far as it is."""

    todo: list[str] = []
    """Objects that are still to be looked at, by the source's id."""
    lines: list[dict[str, Any]] = []


def summary(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts and amounts on both sides, and how many documents are in each class."""
    kinds = Counter(str(line["kind"]) for line in lines)
    here, there = (
        [line for line in lines if line["counts_here"]],
        [line for line in lines if line["counts_there"]],
    )
    ours, theirs = _sum(here, "ours"), _sum(there, "theirs")
    return {
        "source_count": len(here),
        "target_count": len(there),
        "source_amount": str(ours),
        "target_amount": str(theirs),
        "difference": str(ours - theirs),
        **{kind: kinds.get(kind, 0) for kind in CLASSES},
    }


class Total(msgspec.Struct, kw_only=True):
    """What all documents of one day come to under one tax code in one currency, on both sides."""

    day: str
    currency: str
    code: str
    documents: int = 0
    net_here: Decimal = Decimal(0)
    tax_here: Decimal = Decimal(0)
    net_there: Decimal = Decimal(0)
    tax_there: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        return self.net_here + self.tax_here - self.net_there - self.tax_there

    @property
    def is_equal(self) -> bool:
        """Whether both sides say the same net and the same tax: what one has too much of may make up for the other."""
        return (self.net_here, self.tax_here) == (self.net_there, self.tax_there)


def totals_of(lines: list[dict[str, Any]]) -> list[Total]:
    """By day, currency and tax code; [] for a flow whose amounts are not told so."""
    found: dict[tuple[str, str, str], Total] = {}
    for line in lines:
        touched = set()
        for side in ("here", "there"):
            for part in msgspec.convert(line.get(side, []), list[Part], strict=False):
                key = (part.day, part.currency, part.code)
                total = found.setdefault(key, Total(day=part.day, currency=part.currency, code=part.code))
                if side == "here":
                    total.net_here, total.tax_here = total.net_here + part.net, total.tax_here + part.tax
                else:
                    total.net_there, total.tax_there = total.net_there + part.net, total.tax_there + part.tax
                touched.add(key)
        for key in touched:
            found[key].documents += 1
    return [found[key] for key in sorted(found)]


def _sum(lines: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(line[name]) for line in lines if line[name] not in (None, "")), Decimal(0))


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


# --- In slices


def reconcile_slice(operation: Operation, sessions: Sessions) -> Step:
    """Finds the documents of the period, then looks at as many as a slice has time for."""
    flow = operation.flow
    if flow is None:
        raise OperationFailed("The flow is gone.")
    sides = Sides(flow, sessions)
    if sides.spec.keeps:
        raise OperationFailed(f"{sides.spec.label} has no effect in another system, so there is nothing to reconcile.")
    window = Window(
        start=dt.datetime.fromisoformat(operation.selection["from"]),
        end=dt.datetime.fromisoformat(operation.selection["to"]),
    )
    until = time.monotonic() + SLICE_SECONDS
    result = msgspec.json.decode(operation.result, type=Result) if operation.result else None
    try:
        live: dict[str, Item] = {}
        if result is None:
            live = _live(sides, window)
            result = Result(todo=sorted({*live, *_kept(sides, window)}))
        while result.todo:
            source_id = result.todo[0]
            line = look_at(sides, source_id, live.get(source_id))
            result.todo.pop(0)
            sessions.forget()
            if line is not None:
                result.lines.append(line.as_json())
            if time.monotonic() > until:
                break
    except (Paused, RateLimited) as wait:
        _store(operation, result)
        return Step(again_at=wait.retry_at, problem=wait.sentence)
    _store(operation, result)
    return Step(again_at=db_now()) if result.todo else Step()


def _store(operation: Operation, result: Result | None) -> None:
    if result is None:
        return
    operation.result = msgspec.json.encode(result)
    counts = summary(result.lines)
    keep(operation, now=db_now(), looked_at=len(result.lines), left=len(result.todo), summary=counts)
    Operation.objects.filter(pk=operation.pk, fence=operation.fence).update(result=operation.result)


def _live(sides: Sides, window: Window) -> dict[str, Item]:
    """What the source itself says changed in the period."""
    if sides.leaves:
        return {}
    found: dict[str, Item] = {}
    for page in sides.source().read(window, None):
        for item in page.items:
            inside = item.modified_at is None or (
                (window.start is None or item.modified_at >= window.start) and item.modified_at < window.end
            )
            if inside:
                found[item.source_id] = item
    return found


def _kept(sides: Sides, window: Window) -> set[str]:
    """Objects whose newest version, as we have it, is of the period: the source may have them no more."""
    feed = sides.feed
    if feed is None:
        return set()
    rows = Record.objects.filter(feed=feed, is_newest=True, modified_at__gte=window.start, modified_at__lt=window.end)
    return set(rows.filter(deliveries__flow=sides.flow).values_list("source_id", flat=True))


# --- One document


def look_at(sides: Sides, source_id: str, item: Item | None) -> Line | None:
    """One object on both sides; None when it is no business of the flow. Raises Fault when a side cannot be read."""
    feed = sides.feed
    record = None
    if feed is not None:
        rows = Record.objects.filter(feed=feed, source_id=source_id, is_newest=True).select_related("payload")
        record = rows.first()
    if item is None and not sides.leaves:
        item = sides.source().fetch(source_id)
    seen = _as_captured(item, record)
    decision = sides.spec.accepts(seen, sides.flow.settings or {})
    lane = sides.spec.lane_of(seen, sides.flow)
    there_by = has_it_from(sides.flow, lane)
    if there_by is None and not isinstance(decision, Take):
        return None
    cancelled = isinstance(decision, Take) and decision.operation == "cancel"
    if there_by is None and (cancelled or (isinstance(decision, Take) and decision.only_if_sent)):
        return None
    job = _job(sides, lane, seen, item, record)
    comes = comes_to(sides.spec, job) if job is not None else Comes()
    ours, cancelled = comes.amount, cancelled or comes.cancelled
    if there_by is None and cancelled:
        return None
    stated, differences = _there(sides, there_by)
    newest = _newest_delivery(sides, record)
    kind, why = _class(
        sides, item, record, newest, there_by, stated, differences, job, wanted=isinstance(decision, Take)
    )
    there = isinstance(stated, Stated) and there_by is not None and there_by.purpose != "cancellation"
    theirs = None
    if isinstance(stated, Stated) and there:
        theirs = stated.amount if stated.amount is not None or differences else ours
    counts_here = kind != "left_out" and not cancelled and (item is not None or sides.leaves)
    return Line(
        number=seen.business_number or source_id,
        source_id=source_id,
        delivery=(newest or there_by).pk if newest or there_by else 0,  # type: ignore[union-attr]
        target_id=stated.target_id if isinstance(stated, Stated) else "",
        ours=None if cancelled or (item is None and not sides.leaves) else ours,
        theirs=theirs,
        counts_here=counts_here,
        counts_there=there,
        kind=kind,
        why=_masked(sides, why),
        here=parts_of(sides.spec, job) if counts_here and job is not None else (),
        there=stated.parts if isinstance(stated, Stated) and there else (),
    )


def _as_captured(item: Item | None, record: Record | None) -> Captured:
    row = item if item is not None else record
    assert row is not None  # noqa: S101 - it was found in the source or in our records
    return Captured(
        source_id=row.source_id,
        status=row.status,
        kind=row.kind,
        business_number=row.business_number,
        problem=row.problem,
    )


def _job(sides: Sides, lane: str, seen: Captured, item: Item | None, record: Record | None) -> Job | None:
    raw = item.raw if item is not None else record.payload.data if record is not None else None
    if raw is None:
        return None
    last = last_exchange(flow_id=sides.flow.pk, integration_id=sides.flow.integration_id, lane=lane)
    return Job(
        flow=sides.flow,
        operation="send",
        lane=lane,
        business_number=seen.business_number,
        raw=bytes(raw),
        last=last,
        source_id=seen.source_id,
        problem=seen.problem,
        record_id=record.pk if record else None,
    )


def _newest_delivery(sides: Sides, record: Record | None) -> Delivery | None:
    if record is None:
        return None
    return Delivery.objects.filter(flow=sides.flow, record=record).order_by("-pk").first()


def _there(sides: Sides, there_by: Delivery | None) -> tuple[Stated | NotApplied | CannotTell | None, list[str]]:
    """What the target says of what it was sent, and in what it differs from that."""
    if there_by is None:
        return None, []
    sink = sides.sink_of(there_by)
    outgoing = outgoing_of(there_by)
    stated = target_says(sink, outgoing)
    if not isinstance(stated, Stated) or not stated.fields or not isinstance(sink, ReadsBack):
        return stated, []
    sent = sink.says(outgoing)
    names = dict.fromkeys((*sent, *stated.fields))
    return stated, [
        f"{name} is {masked_field(name, stated.fields.get(name, 'missing'))} there and was sent as "
        f"{masked_field(name, sent.get(name, 'nothing'))}"
        for name in names
        if sent.get(name, "") != stated.fields.get(name, "")
    ]


def _masked(sides: Sides, why: str) -> str:
    """A sentence as anybody may read and download it: what either side answered may quote what was sent to it."""
    return masked_text(scrub(why, sides.secrets))


def _class(
    sides: Sides,
    item: Item | None,
    record: Record | None,
    newest: Delivery | None,
    there_by: Delivery | None,
    stated: Stated | NotApplied | CannotTell | None,
    differences: list[str],
    job: Job | None,
    *,
    wanted: bool,
) -> tuple[Class, str]:
    """Which class a document is in, and why. What the target has lost or changed is never explained by what is under
    way."""
    if isinstance(stated, NotApplied):
        return "unexplained", f"It was delivered and is not there: {stated.proof}"
    if differences:
        return "unexplained", f"It is another than was sent: {'; '.join(differences[:5])}."
    if item is None and not sides.leaves:
        return "unexplained", "The source has it no more, and the other side has it."
    if record is None:
        nothing = _would_not_be_sent(sides, job)
        return ("left_out", nothing) if nothing else ("never_seen", "The source has it, and it was not read yet.")
    if item is not None and item.fingerprint != record.fingerprint:
        at = f" ({item.modified_at:%Y-%m-%d %H:%M} UTC)" if item.modified_at else ""
        return "changed_after", f"It changed at the source{at} after it was read."
    if newest is not None and newest.state in OPEN:
        return "in_flight", f"Delivery {newest.pk} is {newest.get_state_display()}."
    if newest is not None and newest.state == State.FAILED:
        return "failed", newest.reason
    if isinstance(stated, CannotTell):
        return "not_visible", stated.reason
    if there_by is not None:
        return (
            ("same", "") if wanted else ("left_out", "Its status says that it is not sent now; an earlier version was.")
        )
    if newest is not None:
        return "left_out", newest.reason or newest.get_state_display()
    nothing = _would_not_be_sent(sides, job)
    if nothing:
        return "left_out", nothing
    return "never_sent", "It was read while the flow was off, or had another status, and nobody ever sent it from here."


def _would_not_be_sent(sides: Sides, job: Job | None) -> str:
    """Why a document would not be sent; "" when it would be, or would fail."""
    if job is None:
        return ""
    try:
        prepared = sides.spec.prepare(job)
    except (Unmappable, Needs):
        return ""
    return prepared.reason if isinstance(prepared, Nothing) else ""

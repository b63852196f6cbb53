"""One object on both sides, as a reconciliation lists it: each document of it a line, in a class."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal, get_args

import msgspec

from integrations.engine.compare import (
    Comes,
    Sides,
    comes_to,
    has_it_from,
    parts_of,
    stands_by,
    taken_back,
    taken_back_by,
    target_says,
)
from integrations.engine.deliver import last_exchange, outgoing_of
from integrations.flows.contract import CANCELLATION, Captured, Decision, Job, Needs, Nothing, Take, TakenBack
from integrations.http.errors import Rejected
from integrations.models import Delivery, Record, State
from integrations.systems.contract import CannotTell, Item, NotApplied, Part, ReadsBack, Stated, Unmappable
from portal.common.personal import masked_field, masked_text
from portal.common.redaction import scrub

Class = Literal[
    "same",
    "in_flight",
    "failed",
    "never_seen",
    "never_sent",
    "changed_after",
    "left_out",
    "not_final",
    "not_visible",
    "unexplained",
]
CLASSES: tuple[Class, ...] = get_args(Class)
OPEN = (State.WAITING, State.PENDING, State.SENDING, State.ACCEPTED, State.IN_DOUBT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One document. One side's amount is shown, and does not count, where the document is not final there."""

    number: str
    source_id: str
    delivery: int
    target_id: str
    currency: str
    ours: Decimal | None
    """Below zero: of a document that takes one back. So are its parts."""
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


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuses:
    """The target, asked what it has of a document, refuses to say."""

    sentence: str


Answer = Stated | NotApplied | CannotTell | Refuses | None
"""What the target says of a document; None where it has nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """An object as it is at its source and as we have it."""

    sides: Sides
    source_id: str
    item: Item | None
    record: Record | None
    seen: Captured
    decision: Decision
    lane: str
    job: Job | None
    newest: Delivery | None

    @property
    def wanted(self) -> bool:
        return isinstance(self.decision, Take)

    @property
    def is_there(self) -> bool:
        """Whether the source has it still."""
        return self.item is not None or self.sides.leaves

    @property
    def number(self) -> str:
        return self.seen.business_number or self.source_id


def look_at(sides: Sides, source_id: str, item: Item | None) -> list[Line]:
    """One object on both sides: what was made of it, and what takes that back where this is a document of its own. None
    when it is no business of the flow. Raises Fault when a side cannot be read."""
    look = _look(sides, source_id, item)
    there_by = has_it_from(sides.flow, look.lane)
    back, back_by = None, None
    if sides.spec.taken_back is not None:
        there_by, back_by = stands_by(sides.flow, look.lane), taken_back_by(sides.flow, look.lane)
        back = taken_back(sides.spec, look.job, back_by)
    lines = (_of_object(look, there_by, back), _of_taking_back(look, back_by, back))
    return [line for line in lines if line is not None]


def unreadable(sides: Sides, source_id: str, item: Item | None, refused: Rejected) -> Line:
    """An object that its source refuses to show. What it comes to there nobody can tell."""
    rows = Record.objects.filter(feed=sides.feed, source_id=source_id, is_newest=True) if sides.feed else None
    record = rows.first() if rows is not None else None
    newest = _newest_delivery(sides, record)
    seen = item or record
    return Line(
        number=(seen.business_number if seen is not None else "") or source_id,
        source_id=source_id,
        delivery=newest.pk if newest is not None else 0,
        target_id=newest.target_id if newest is not None else "",
        currency="",
        ours=None,
        theirs=None,
        counts_here=False,
        counts_there=False,
        kind="unexplained",
        why=_masked(sides, f"It cannot be looked at: {refused.sentence}"),
    )


def _look(sides: Sides, source_id: str, item: Item | None) -> Look:
    feed = sides.feed
    record = None
    if feed is not None:
        rows = Record.objects.filter(feed=feed, source_id=source_id, is_newest=True).select_related("payload")
        record = rows.first()
    if item is None and not sides.leaves:
        item = sides.source().fetch(source_id)
    seen = _as_captured(item, record)
    lane = sides.spec.lane_of(seen, sides.flow)
    return Look(
        sides=sides,
        source_id=source_id,
        item=item,
        record=record,
        seen=seen,
        decision=sides.spec.accepts(seen, sides.flow.settings or {}),
        lane=lane,
        job=_job(sides, lane, seen, item, record),
        newest=_newest_delivery(sides, record),
    )


def _of_object(look: Look, there_by: Delivery | None, back: TakenBack | None) -> Line | None:
    decision, job = look.decision, look.job
    if there_by is None and not isinstance(decision, Take):
        return None
    cancelled = isinstance(decision, Take) and decision.operation == "cancel"
    if there_by is None and (cancelled or (isinstance(decision, Take) and decision.only_if_sent)):
        return None
    comes = comes_to(look.sides.spec, job) if job is not None else Comes()
    cancelled = cancelled or comes.cancelled
    if there_by is None and cancelled:
        return None
    newest = look.newest
    if there_by is not None and look.sides.spec.taken_back is not None and (cancelled or back is not None):
        cancelled, newest = False, there_by  # it stands, and what is done now is about what takes it back
    stated, differences = _there(look.sides, there_by)
    kind, why = _class(look, newest, there_by, stated, differences, wanted=look.wanted)
    stands = isinstance(stated, Stated) and there_by is not None and there_by.purpose != CANCELLATION
    there = stands and isinstance(stated, Stated) and not stated.unfinished
    theirs = None
    if isinstance(stated, Stated) and stands:
        theirs = stated.amount if stated.amount is not None or differences else comes.amount
    counts_here = kind != "left_out" and not cancelled and look.is_there
    return Line(
        number=look.number,
        source_id=look.source_id,
        delivery=(newest or there_by).pk if newest or there_by else 0,  # type: ignore[union-attr]
        target_id=stated.target_id if isinstance(stated, Stated) else "",
        currency=comes.currency,
        ours=None if cancelled or not look.is_there else comes.amount,
        theirs=theirs,
        counts_here=counts_here,
        counts_there=there,
        kind=kind,
        why=_masked(look.sides, why),
        here=parts_of(look.sides.spec, job) if counts_here and job is not None else (),
        there=stated.parts if isinstance(stated, Stated) and there else (),
    )


def _of_taking_back(look: Look, back_by: Delivery | None, back: TakenBack | None) -> Line | None:
    if back is None and back_by is None:
        return None
    stated, differences = _there(look.sides, back_by)
    kind, why = _class(look, look.newest, back_by, stated, differences, wanted=True)
    if back is None and kind == "same":
        kind, why = "unexplained", "It was taken back, and the source does not say that it is to be."
    there = isinstance(stated, Stated) and not stated.unfinished
    counts_here = back is not None and kind != "left_out" and look.is_there
    theirs = stated.amount if isinstance(stated, Stated) else None
    shown = look.newest or back_by
    return Line(
        number=look.number,
        source_id=look.source_id,
        delivery=shown.pk if shown is not None else 0,
        target_id=stated.target_id if isinstance(stated, Stated) else "",
        currency=back.currency if back is not None else comes_to(look.sides.spec, look.job).currency,
        ours=-back.amount if back is not None and look.is_there else None,
        theirs=-theirs if theirs is not None else None,
        counts_here=counts_here,
        counts_there=there,
        kind=kind,
        why=_masked(look.sides, f"What takes it back: {why}" if why else ""),
        here=_negative(back.parts) if back is not None and counts_here else (),
        there=_negative(stated.parts) if isinstance(stated, Stated) else (),
    )


def _negative(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(msgspec.structs.replace(part, net=-part.net, tax=-part.tax) for part in parts)


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


def _there(sides: Sides, there_by: Delivery | None) -> tuple[Answer, list[str]]:
    """What the target says of what it was sent, and in what it differs from that."""
    if there_by is None:
        return None, []
    sink = sides.sink_of(there_by)
    outgoing = outgoing_of(there_by)
    try:
        stated = target_says(sink, outgoing)
    except Rejected as refused:  # it says something of this document, and nothing of the others
        return Refuses(sentence=refused.sentence), []
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
    look: Look,
    newest: Delivery | None,
    there_by: Delivery | None,
    stated: Answer,
    differences: list[str],
    *,
    wanted: bool,
) -> tuple[Class, str]:
    """Which class a document is in, and why. What the target has lost or changed is never explained by what is under
    way."""
    item, record = look.item, look.record
    if isinstance(stated, NotApplied):
        return "unexplained", f"It was delivered and is not there: {stated.proof}"
    if isinstance(stated, Refuses):
        return "unexplained", f"It was delivered, and cannot be looked at there: {stated.sentence}"
    if differences:
        return "unexplained", f"It is another than was sent: {'; '.join(differences[:5])}."
    if not look.is_there:
        return "unexplained", "The source has it no more, and the other side has it."
    if record is None:
        nothing = _would_not_be_sent(look.sides, look.job)
        return ("left_out", nothing) if nothing else ("never_seen", "The source has it, and it was not read yet.")
    if item is not None and item.fingerprint != record.fingerprint:
        at = f" ({item.modified_at:%Y-%m-%d %H:%M} UTC)" if item.modified_at else ""
        return "changed_after", f"It changed at the source{at} after it was read."
    if newest is not None and newest.state in OPEN:
        return "in_flight", f"Delivery {newest.pk} is {newest.get_state_display()}."
    if newest is not None and newest.state == State.FAILED:
        return "failed", newest.reason
    if isinstance(stated, Stated) and stated.unfinished:
        return "not_final", stated.unfinished
    if isinstance(stated, CannotTell):
        return "not_visible", stated.reason
    if there_by is not None:
        return (
            ("same", "") if wanted else ("left_out", "Its status says that it is not sent now; an earlier version was.")
        )
    if newest is not None:
        return "left_out", newest.reason or newest.get_state_display()
    nothing = _would_not_be_sent(look.sides, look.job)
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

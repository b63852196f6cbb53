"""Comparing one document live on both sides: the source as it is now, what was sent, and what the target says now."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Literal

from django.db.models import QuerySet

from integrations.engine.deliver import job_of, outgoing_of
from integrations.engine.sessions import Sessions
from integrations.flows.contract import (
    CANCELLATION,
    RECALL,
    REDUCTION,
    FlowSpec,
    Job,
    Needs,
    Send,
    TakenBack,
    document_of,
)
from integrations.flows.registry import flow_spec
from integrations.models import OPEN_STATES, Connection, Delivery, Feed, Flow, State
from integrations.systems.contract import (
    Applied,
    CannotTell,
    FeedSpec,
    Item,
    NotApplied,
    Outgoing,
    Part,
    ReadsBack,
    Sink,
    Source,
    Stated,
    Unmappable,
)
from integrations.systems.registry import system

Reason = Literal["same", "mapped", "rounded", "owned by partner", "pending", "conflict"]
TOLERANCE = Decimal("0.01")
"""In the document's currency: what rounding may make of an amount."""
HAS_IT = (State.DELIVERED, State.ACCEPTED)
TAKES_BACK = (CANCELLATION, REDUCTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field on both sides."""

    name: str
    ours: str
    sent: str
    theirs: str
    reason: Reason
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A document on both sides."""

    delivery: int
    """Which delivery the other side has it from; 0: none."""
    target_id: str
    sentence: str
    """Whether it is there, in words."""
    fields: tuple[Field, ...] = field(default=())

    @property
    def conflicts(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f.reason == "conflict")


@dataclass(slots=True)
class Sides:
    """Source and sink of a flow, open for one look."""

    flow: Flow
    sessions: Sessions
    for_people: bool = False
    """Whether somebody waits for it: then it may use the share of the allowance that is kept for people."""
    spec: FlowSpec = field(init=False)
    feed_spec: FeedSpec = field(init=False)

    def __post_init__(self) -> None:
        self.spec = flow_spec(self.flow.full_key)
        self.feed_spec = system(self._from.system).feed(self.spec.feed)

    @property
    def _from(self) -> Connection:
        return self.flow.integration.books if self.spec.source == "books" else self.flow.integration.partner

    @property
    def leaves(self) -> bool:
        """Whether items leave the source once we have them: what was read cannot be read there again."""
        return self.feed_spec.reads == "inbox"

    @property
    def secrets(self) -> set[str]:
        """What neither side's connection may be quoted with."""
        both = (self.flow.integration.books, self.flow.integration.partner)
        return {str(value) for side in both for value in (side.secrets or {}).values() if value}

    @property
    def feed(self) -> Feed | None:
        return Feed.objects.filter(connection=self._from, key=self.spec.feed).first()

    def source(self) -> Source:
        session = self.sessions.of(self._from)
        session.for_people = self.for_people
        return self.feed_spec.open(self._from, session)

    def sink_of(self, delivery: Delivery) -> Sink:
        """The sink that a delivery goes to."""
        connection = delivery.sink_connection
        session = self.sessions.of(connection)
        session.for_people = self.for_people
        return system(connection.system).sink(self.spec.operation(delivery.operation).sink).open(connection, session)


def has_it_from(flow: Flow, lane: str) -> Delivery | None:
    """The newest delivery of an object that the other side has; what was written back to the source is not it."""
    rows = _had(flow, lane).exclude(purpose=REDUCTION)  # it stands beside what is compared
    return rows.order_by("-pk").first()


def stands_by(flow: Flow, lane: str) -> Delivery | None:
    """As `has_it_from`, of a flow whose documents are taken back by others: what was made first, which stays there."""
    return _had(flow, lane).exclude(purpose__in=TAKES_BACK).order_by("-pk").first()


def taken_back_by(flow: Flow, lane: str) -> Delivery | None:
    """As `has_it_from`: by what the document was taken back, whole or in part."""
    return _had(flow, lane).filter(purpose__in=TAKES_BACK).order_by("-pk").first()


def _had(flow: Flow, lane: str) -> QuerySet[Delivery]:
    spec = flow_spec(flow.full_key)
    target = flow.integration.books_id if spec.target == "books" else flow.integration.partner_id
    rows = Delivery.objects.filter(flow=flow, lane=lane, state__in=HAS_IT, frozen__isnull=False)
    beside = [operation.key for operation in spec.operations if operation.beside]
    rows = rows.filter(sink_connection=target).exclude(operation__in=[RECALL, *beside])  # recalled: another partner's
    return rows.select_related("frozen", "record__payload", "sink_connection", "edit", "replays")


def compare(delivery_id: int) -> Comparison:
    """Reads both sides now and compares. Writes nothing. Raises Fault when a side cannot be read."""
    delivery = Delivery.objects.select_related(
        "flow__integration__books", "flow__integration__partner", "record__payload", "sink_connection"
    ).get(pk=delivery_id)
    sessions = Sessions()
    try:
        return _compare(delivery, Sides(delivery.flow, sessions, for_people=True))
    finally:
        sessions.close()


def _compare(delivery: Delivery, sides: Sides) -> Comparison:
    there_by = has_it_from(delivery.flow, delivery.lane)
    if there_by is None:
        sentence = f"The other side has nothing of it: the delivery is {delivery.get_state_display()}."
        return Comparison(delivery=0, target_id="", sentence=sentence)
    sink = sides.sink_of(there_by)
    found = Comparison(delivery=there_by.pk, target_id=there_by.target_id, sentence="")
    outgoing = outgoing_of(there_by)
    stated = target_says(sink, outgoing)
    if isinstance(stated, NotApplied):
        return replace(found, sentence=f"It is not there. {stated.proof}")
    if isinstance(stated, CannotTell):
        return replace(found, sentence=stated.reason)
    if not isinstance(sink, ReadsBack):
        proof = stated.owned.get("proof", "")
        return replace(
            found, sentence=f"It is there as {stated.target_id}. {proof} Its fields cannot be compared here."
        )
    sent = sink.says(outgoing)
    ours, note = _ours(there_by, sides, sink, sent)
    pending = Delivery.objects.filter(flow=delivery.flow, lane=delivery.lane, state__in=OPEN_STATES, pk__gt=there_by.pk)
    under_way = pending.order_by("pk").first()
    waits = f"delivery {under_way.pk} is {under_way.get_state_display()}" if under_way else "the next read brings it"
    return Comparison(
        delivery=there_by.pk,
        target_id=stated.target_id,
        sentence=f"It is there as {stated.target_id}.{' ' + note if note else ''}",
        fields=tuple(judge(ours, sent, stated, waits=waits)),
    )


def target_says(sink: Sink, outgoing: Outgoing) -> Stated | NotApplied | CannotTell:
    """What the target says of what was sent there; of a sink that reads no fields back, only whether it is there.
    Raises Fault."""
    if isinstance(sink, ReadsBack):
        return sink.current(outgoing)
    found = sink.evidence(outgoing)
    if isinstance(found, Applied):
        return Stated(target_id=found.target_id, fields={}, owned={"proof": found.proof})
    return found


def judge(ours: Mapping[str, str], sent: Mapping[str, str], stated: Stated, *, waits: str) -> list[Field]:
    """Each field with the reason why it is as it is: by what the source says, what was sent, what the target says."""
    names = list(dict.fromkeys((*ours, *sent, *stated.fields)))
    found = []
    for name in names:
        here, then, there = ours.get(name, ""), sent.get(name, ""), stated.fields.get(name, "")
        reason, why = _reason(here, then, there, waits)
        found.append(Field(name=name, ours=here, sent=then, theirs=there, reason=reason, why=why))
    own = [
        Field(name=name, ours="", sent="", theirs=value, reason="owned by partner", why="the other side says it")
        for name, value in stated.owned.items()
    ]
    return [*found, *own]


def _reason(here: str, then: str, there: str, waits: str) -> tuple[Reason, str]:
    if here == there:
        return "same", ""
    if _plain(here) == _plain(there):
        return "mapped", "the same in the other side's characters or form"
    if _close(here, there):
        return "rounded", f"within {TOLERANCE}"
    if there == then or _plain(there) == _plain(then):
        return "pending", f"changed at the source since it was sent; {waits}"
    if here == then:
        return "conflict", "changed at the other side since it was sent"
    return "conflict", "changed on both sides since it was sent"


def _plain(text: str) -> str:
    number = _number(text)
    if number is not None:
        return str(number.normalize())
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in folded if c.isalnum())


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _close(one: str, other: str) -> bool:
    a, b = _number(one), _number(other)
    return a is not None and b is not None and abs(a - b) <= TOLERANCE


def _ours(there_by: Delivery, sides: Sides, sink: ReadsBack, sent: dict[str, str]) -> tuple[dict[str, str], str]:
    """What the source says now, in the fields of the sink; what was sent where it cannot be told, and why."""
    if sides.leaves:
        return sent, ""
    item = sides.source().fetch(there_by.record.source_id)
    if item is None:
        return {}, "The source has it no more."
    try:
        prepared = sides.spec.operation(there_by.operation).prepare(job_as_sent(there_by, sides.spec, item))
    except (Unmappable, Needs) as error:
        return sent, f"As it is now it cannot be sent: {getattr(error, 'sentence', error)}"
    if not isinstance(prepared, Send):
        return sent, f"As it is now it would not be sent: {getattr(prepared, 'reason', '')}"
    return sink.says(as_outgoing(prepared, there_by)), ""


def job_as_sent(delivery: Delivery, spec: FlowSpec, item: Item) -> Job:
    """The job of a delivery with the source's content of now, said as it was said then."""
    job = job_of(delivery, spec)
    return Job(
        flow=delivery.flow,
        operation=delivery.operation,
        lane=delivery.lane,
        business_number=delivery.business_number,
        raw=item.raw,
        last=None,
        forced_purpose=delivery.purpose,
        earlier=job.earlier,
        source_id=item.source_id,
        edit=job.edit if item.fingerprint == delivery.record.fingerprint else None,
    )


def as_outgoing(prepared: Send, delivery: Delivery | None, *, business_number: str = "") -> Outgoing:
    """What would be sent, as a sink takes it; nothing is frozen."""
    return Outgoing(
        delivery_id=delivery.pk if delivery else 0,
        operation_key=delivery.operation_key if delivery else "",
        business_number=delivery.business_number if delivery else business_number,
        purpose=prepared.purpose,
        body=prepared.preview(),
        meta=delivery.frozen_meta if delivery else {},
        target_id=delivery.target_id if delivery else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comes:
    """What a document of the source comes to."""

    amount: Decimal | None = None
    """None where it has no total, or is no document."""
    cancelled: bool = False
    """Whether it says of itself that it does not count any more."""
    currency: str = ""


def comes_to(spec: FlowSpec, job: Job | None) -> Comes:
    if job is None:
        return Comes()
    try:
        document = document_of(spec.prepare, job)
    except (Unmappable, Needs):
        return Comes()
    total = getattr(document, "total", None)
    cancelled = getattr(document, "cancelled", False) is True
    currency = getattr(document, "currency", "")
    return Comes(
        amount=total if isinstance(total, Decimal) else None,
        cancelled=cancelled,
        currency=currency if isinstance(currency, str) else "",
    )


def parts_of(spec: FlowSpec, job: Job) -> tuple[Part, ...]:
    """The amount of a document of the source by tax code; () where it cannot be told."""
    if spec.parts is None:
        return ()
    try:
        return spec.parts(job)
    except (Unmappable, Needs):
        return ()


def taken_back(spec: FlowSpec, job: Job | None, by: Delivery | None) -> TakenBack | None:
    """What of a document the source wants taken back by one of its own; None where nothing, or it cannot be told. `by`:
    what did so, if something did."""
    if spec.taken_back is None or job is None:
        return None
    data = by.record.payload.data if by is not None else None
    try:
        return spec.taken_back(job, bytes(data) if data is not None else None)
    except (Unmappable, Needs):
        return None

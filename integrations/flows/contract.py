"""What a flow is made of, as the engine sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal, TypeVar

from edi.documents.values import Value
from edi.models import Interchange, ReceivedFile, TransactionSet
from edi.services import ProblemKind
from integrations.flows.editing import Edit
from integrations.http.session import Session
from integrations.models import Connection, Delivery, DocumentEdit, Flow
from integrations.models import Side as Side
from integrations.systems.contract import Item, Part, Setting, Unmappable
from integrations.systems.files import ReadFile, WantedFile

V = TypeVar("V", bound=Value)
FirstOperation = Literal["send", "cancel"]
RECALL = "recall"
"""Operation of a delivery that takes back what another one sent (`replays`) from a partner whose document it is not any
more. Made by the engine when a flow says so (`recalls`)."""


CANCELLATION = "cancellation"
"""Purpose of what says that a document does not count any more."""
REDUCTION = "reduction"
"""Purpose of a document that takes back a part of one that stays as it is. What the other side has of the record is
still that one: links and comparisons are about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """What a flow sees of a record when it decides whether to take it."""

    source_id: str
    status: str
    kind: str
    business_number: str
    problem: str


@dataclass(frozen=True, slots=True)
class Take:
    """The flow wants this record."""

    operation: FirstOperation
    only_if_sent: bool = False
    """Whether it matters only to what was sent before: where nothing of the object was, it is `NotYet`."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """The flow will want it when its status changes."""

    status: str


Decision = Take | NotYet | None
"""None: not this flow's business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastExchange:
    """The document that the other side has of this object: the last that was delivered (or accepted) in the lane."""

    delivery_id: int
    digest: str
    purpose: str
    partner_id: int | None = None
    """The trading partner who has it, where a flow tells several apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What will be sent, byte for byte, every time."""

    body: bytes
    meta: dict[str, Any]
    transaction_set: TransactionSet | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """What a trading partner has and is to be told of that it is not its any more."""

    delivery_id: int
    """By which it got it."""
    document: str
    """As "Purchase order 4711"."""
    partner: str

    @property
    def words(self) -> str:
        return f"{self.partner} had it before and is told that it is cancelled"


class NotWritten(Unmappable):
    """A document that cannot be written for whom it is for now. Those who have an earlier version of it, and whose it
    is not any more (`recalls`), are told all the same: they need not wait until somebody has corrected it."""

    def __init__(self, cause: Unmappable, recalls: Sequence[Recall]) -> None:
        super().__init__(cause.sentence, remedy=cause.remedy, field=cause.field)
        self.recalls = tuple(recalls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Something is to be sent. `freeze` is called once, inside the transaction that stores its result: it takes control
    numbers and writes the final bytes. `preview` gives what it would write, without taking any."""

    digest: str
    purpose: str
    document: Value | None
    """None for what was written before, as an acknowledgment."""
    freeze: Callable[[dt.datetime], Frozen]
    preview: Callable[[], bytes]
    changes: tuple[str, ...] = ()
    """What was altered on the way and why (transliterated letters), in words."""
    files: tuple[WantedFile, ...] = ()
    """Files of the record that go along. The engine reads them and hands them to `with_files`."""
    with_files: Callable[[Sequence[ReadFile]], Send] | None = None
    left_out: str = ""
    """What does not go along although the record has it, in a sentence: somebody has to know."""
    left_out_remedy: str = ""
    """What can be done about it. Said without `left_out`: the issue of an earlier version is over."""
    recalls: tuple[Recall, ...] = ()
    """What others are to be told of, because the record is not theirs any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """A supplier or customer of the books with whom a document is not agreed over a network."""

    entity: str
    number: str
    name: str
    document_type: str
    stream: str
    network: str
    """Its key."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to do, and why."""

    reason: str
    issue: bool = False
    """Whether somebody has to know."""
    remedy: str = ""
    """What they can do about it."""
    unmapped: Unmapped | None = None
    """With whom nothing is agreed, where that is the reason: it is listed."""
    recalls: tuple[Recall, ...] = ()
    """As those of `Send`."""


class Needs(Exception):
    """Something must be in the other system first. `prepare` raises it; the delivery waits, visibly.

    `entity` and `source_id` name the link that is missing: the delivery goes on as soon as it is written. After
    `deadline` (24 hours unless stated) somebody is told, with `remedy`. `read_anew`: the record of that object is there
    and may be out of date; it is fetched by itself, and its `checked_at` says when. `again`: how soon to look again
    where nobody wakes it.
    """

    def __init__(
        self,
        entity: str,
        source_id: str,
        *,
        words: str = "",
        remedy: str = "",
        deadline: dt.timedelta | None = None,
        read_anew: bool = False,
        again: dt.timedelta | None = None,
    ) -> None:
        self.entity, self.source_id, self.remedy, self.deadline = entity, source_id, remedy, deadline
        self.read_anew, self.again = read_anew, again
        self.key = f"{entity} {source_id}"[:200]
        self.words = words or self.key.replace("-", " ")
        super().__init__(f"waits for {self.words}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that was learned of a document, of an interchange or file that came, or of what a delivery brought to
    the other side, and that somebody has to know of."""

    about: TransactionSet | Interchange | ReceivedFile | Delivery
    error_class: Literal["rejected", "overdue", "not_delivered", "not_valid", "number_reused"] | ProblemKind
    sentence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was done in our own books."""

    summary: str
    """In words, for the document page."""
    transaction_set: TransactionSet | None = None
    problems: tuple[Problem, ...] = ()
    in_order: tuple[TransactionSet | Delivery, ...] = ()
    """Documents, or what deliveries brought, of which something good was learned: earlier problems are over."""
    brought: tuple[str, ...] = ()
    """Keys of feeds of the same connection that have something new now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Nothing is sent: what was read is kept in our own books of documents and their acknowledgments.

    `keep` is called inside the transaction that closes the delivery: both happen, or neither, so it is never in doubt
    and never done twice. It may raise Unmappable; then nothing of it stays.
    """

    digest: str
    what: str
    """What would be done, in words, for a dry run."""
    keep: Callable[[dt.datetime], Kept]


Prepared = Send | Keep | Nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What became of an operation that comes before, for the same record."""

    operation: str
    delivered: bool
    target_id: str
    """What the target called what was made; empty when a person said that it had arrived."""
    meta: Mapping[str, Any]
    reason: str
    """Why it was not delivered, in words."""
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be prepared. Made by the engine from a delivery, or from a record for a dry run."""

    flow: Flow
    operation: str
    lane: str
    business_number: str
    raw: bytes
    last: LastExchange | None
    forced_purpose: str = ""
    """A forced replay says again what its original said, whatever was exchanged since."""
    earlier: tuple[Earlier, ...] = ()
    """The operations of the flow that come before this one, in their order."""
    source_id: str = ""
    """What the source calls the record."""
    record_id: int | None = None
    """None for a dry run."""
    delivery_id: int | None = None
    """None for a dry run."""
    recalled: int | None = None
    """The delivery whose document is taken back, for `RECALL`."""
    problem: str = ""
    """Why the source could not understand it; only for a flow that takes problems."""
    approved: str = ""
    """What a person has approved (`NeedsApproval.digest`); "" when nothing was."""
    edit: Callable[[Any], Any] | None = None
    """What a person changed in the document."""
    would_be_live_from: dt.datetime | None = None
    """Of a dry run of a flow that was never live: from when it is taken to be."""

    def edited(self, document: V) -> V:
        """The document as a person wants it, or as it is. A flow calls this as soon as it has mapped its record: that
        makes its documents editable. Raises Unmappable when the edit fits no more."""
        if self.edit is None:
            return document
        changed: V = self.edit(document)
        return changed

    def made_by(self, operation: str) -> str:
        """What the target calls what an earlier operation made; "" when it is not known."""
        return next((e.target_id for e in self.earlier if e.operation == operation), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What a person made in the place of an operation that could not even be written."""

    body: bytes = b""
    """What would have been written, as far as it is known: what a person made is compared with it. b"": not known."""
    meta: Mapping[str, Any] = field(default_factory=dict)
    """What is kept of it, as `Frozen.meta`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One write that a record needs.

    A record that needs several (create, add lines, release) has one delivery for each, all in its lane: made together
    when the record is captured, done one after the other, each with its own attempts, evidence and key.
    """

    key: str
    """As `add-lines`. It never changes: it is part of the deliveries' keys."""
    label: str
    prepare: Callable[[Job], Prepared]
    sink: str = ""
    """Empty: that of the flow."""
    target: Side | None = None
    """None: that of the flow."""
    always: bool = False
    """Whether it is prepared also when one before it came to nothing (an answer that says so), instead of coming to
    nothing too."""
    overtaken: Callable[[Job], Nothing | None] | None = None
    """Why what is frozen already must not be sent (again), if so: the source has taken back what it asked for. What is
    not frozen is prepared, which sees that."""
    beside: bool = False
    """Whether it only says something on another document of the other side: nothing is compared with what it wrote."""
    by_hand: Callable[[Job], ByHand] | None = None
    """What a person may have made instead. Raises Unmappable and Needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a rule decides."""

    what: str
    value: str
    rule: int
    """The first is 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedLine:
    """One amount of a record that rules were tried on."""

    text: str
    facts: tuple[str, ...]
    """What rules may ask of it, in words."""
    amount: str
    decided: tuple[Decided, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What the rules make of one record."""

    number: str
    facts: tuple[str, ...]
    lines: tuple[TriedLine, ...]
    whole: tuple[Decided, ...] = ()
    """What is decided of the document as a whole."""
    problem: str = ""
    """Why it could not be sent by these rules."""


Choices = tuple[tuple[str, str], ...]
"""Values as rules have them, each with what it means."""


Find = Callable[[Connection, Session, str], tuple[Item, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What one call to one of the two systems tells of the values that rules may ask or state. Others can be typed."""

    what: str
    """As `accounts`."""
    side: Side
    read: Callable[[Connection, Session], Mapping[str, Choices]]
    """By the names of the table's members. Raises Fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTable:
    """A setting of a flow that holds rules, as people edit it line by line and try it on a record."""

    setting: str
    shape: type[Any]
    """Of one rule: its `when`, and what follows as members beside it."""
    what: str
    """Of the records that it is tried on, as `order`."""
    intro: str
    when: tuple[Setting, ...]
    """What a rule may ask. Kind json with a list as default: several values."""
    then: tuple[Setting, ...]
    """What it may state. Kind json with an object as default: name=value."""
    try_on: Callable[[Job], Tried]
    """Goes by the settings of the job's flow. Reads, and writes nothing. Raises Unmappable."""
    offers: tuple[Offer, ...] = ()
    """What can be chosen, read live."""
    find: Find | None = None
    """Records of the source that people know by this number, live: for a try on one that was not read yet. Raises
    Fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How a person says what a waiting delivery waits for, where that has a number that people know."""

    label: str
    help: str
    offered: Callable[[Flow], list[tuple[str, str]]]
    """Numbers to choose from, each with what tells it from others; not all that there are."""
    meant: Callable[[Flow, str], str]
    """The id of what was named. Raises Unmappable when it is not known, or not one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What of a document is to be taken back by one of its own, as by a credit note; amounts above zero."""

    currency: str
    amount: Decimal
    parts: tuple[Part, ...] = ()
    """() where the source does not say by tax code what it is."""


UNHEARD = "not_delivered"
"""Error class of what the other side took and never spoke of: it may not have got to where it belongs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    """What the other side took and should have spoken of since: one issue, until all of it was heard of."""

    key: str
    """Tells it from others of the flow, as the day on which it went."""
    sentence: str
    remedy: str
    deliveries: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSpec:
    """One record type in one direction of a pair."""

    pair: str
    key: str
    label: str
    entity: str
    source: Side
    feed: str
    sink: str = ""
    """Empty: the flow has no effect in another system, `prepare` gives Keep or Nothing."""
    answers: bool = False
    """Whether it goes back to the system that it comes from, as our acknowledgments of what came."""
    rank: int
    """Order among entities: 10 reference data, 20 suppliers and customers, 40 orders, 50 receipts, 60 invoices, 70
    payments."""
    latest_wins: bool = True
    """Whether a newer version makes an unsent older one pointless. Never for events (payments, receipts, credit memos).
    """
    one_to_one: bool = True
    takes_problems: bool = False
    """Whether it is also given what the source could not understand (`Job.problem`), because it keeps everything."""
    settings: tuple[Setting, ...] = ()
    rules: RuleTable | None = None
    """Which of the settings holds rules."""
    parts: Callable[[Job], tuple[Part, ...]] | None = None
    """What the target should have of a record, by tax code, for reconciling. Raises Unmappable. None: not told."""
    taken_back: Callable[[Job, bytes | None], TakenBack | None] | None = None
    """For reconciling, where what takes a document back is a document of its own: what of this record is to be; None
    for nothing. The bytes are the record as it was when that was done, None before. Raises Unmappable, Needs."""
    names: Mapping[str, Naming] = field(default_factory=dict)
    """How what is needed (`Needs.entity`) is named by people; what is not here is named by its id."""
    starts: str = ""
    """What the day of going live (`Flow.live_from`) means for it besides, in a sentence: people choose that day."""
    interval: dt.timedelta = dt.timedelta(minutes=5)
    accepts: Callable[[Captured, Mapping[str, Any]], Decision]
    """Pure. The mapping holds the flow's settings."""
    lane: Callable[[Captured], str]
    """Pure: from what the record says."""
    lane_known: Callable[[Captured, Flow], str] | None = None
    """Where a record does not say for certain which object it is about: the object's lane as our own books know it, ""
    where they do not. Reads them, and calls nobody."""
    prepare: Callable[[Job], Prepared]
    """Reads what it needs (agreement, settings), then maps purely. Raises Unmappable. Writes nothing."""
    off_at_first: bool = False
    """Whether it stays off where an integration is set up, unless somebody switches it on."""
    may_be_refused: bool = False
    """Whether a person may refuse what failed or waits for approval, and the sender is told so."""
    unheard: Callable[[Flow, dt.datetime], tuple[Unheard, ...] | None] | None = None
    """What the other side took and did not speak of for too long; asked once an hour. None: nothing has to be; given
    back, nobody can tell, and nothing changes."""
    heard: Callable[[Flow, Collection[int]], set[int]] | None = None
    """Which of these deliveries were heard of after all: nothing else ends what `unheard` told."""
    operations: tuple[Operation, ...] = ()
    """Further writes that follow the first one (`sink`, `prepare`), in their order. A cancellation has none."""

    def __post_init__(self) -> None:
        if self.operations and self.latest_wins:
            raise ValueError(f"{self.full_key}: what is half done by several operations cannot be superseded")

    def lane_of(self, record: Captured, flow: Flow) -> str:
        """In which lane the deliveries of a record go."""
        return (self.lane_known(record, flow) if self.lane_known is not None else "") or self.lane(record)

    def operation(self, key: str) -> Operation:
        """The operation of a delivery, with sink and target filled in. Raises KeyError for one that the flow no longer
        has."""
        if key in ("send", "cancel", RECALL):
            return Operation(key=key, label=self.label, prepare=self.prepare, sink=self.sink, target=self.target)
        found = next((o for o in self.operations if o.key == key), None)
        if found is None:
            raise KeyError(key)
        return replace(found, sink=found.sink or self.sink, target=found.target or self.target)

    def chain(self, first: str) -> tuple[str, ...]:
        """The keys of an operation and all that follow it."""
        keys = ("send", *(o.key for o in self.operations))
        return keys[keys.index(first) :] if first in keys else (first,)

    def before(self, key: str) -> tuple[str, ...]:
        """The keys of all operations that come before one."""
        keys = ("send", *(o.key for o in self.operations))
        return keys[: keys.index(key)] if key in keys else ()

    @property
    def full_key(self) -> str:
        return f"{self.pair}.{self.key}"

    @property
    def direction(self) -> Literal["out", "in"]:
        """Seen from Visma."""
        return "out" if self.source == "books" or self.answers else "in"

    @property
    def keeps(self) -> bool:
        """Whether all it does is to keep what was read in our own books."""
        return not self.sink

    @property
    def target(self) -> Side:
        """Whose connection its deliveries wait for: the one that is written to, or the source where nothing is
        written."""
        if self.keeps or self.answers:
            return self.source
        return "partner" if self.source == "books" else "books"


class DocumentFound(Exception):
    """Ends a preparation as soon as its document is there."""

    def __init__(self, document: Value) -> None:
        super().__init__(type(document).__name__)
        self.document = document


def document_of(prepare: Callable[[Job], Prepared], job: Job) -> Value | None:
    """The canonical document of a job, before any edit and any look at agreements; None when the flow has none that a
    person may edit. Raises Unmappable when the record cannot become one."""

    def found(document: Value) -> Value:
        raise DocumentFound(document)

    try:
        prepare(replace(job, edit=found))
    except DocumentFound as there:
        return there.document
    return None


def job_for(delivery: Delivery, raw: bytes, last: LastExchange | None, *, earlier: tuple[Earlier, ...] = ()) -> Job:
    """The job of a delivery."""
    original = delivery.replays if delivery.replays_id else None
    edit = delivery.edit if delivery.edit_id else None
    says_the_same = original is not None and edit is None and original.operation == delivery.operation
    return Job(
        flow=delivery.flow,
        operation=delivery.operation,
        lane=delivery.lane,
        business_number=delivery.business_number,
        raw=raw,
        last=last,
        forced_purpose=original.purpose if original is not None and says_the_same else "",
        earlier=earlier,
        source_id=delivery.record.source_id,
        record_id=delivery.record_id,
        delivery_id=delivery.pk,
        recalled=delivery.replays_id if delivery.operation == RECALL else None,
        problem=delivery.record.problem,
        edit=edit_from(edit).applied if edit is not None else None,
        approved=str((delivery.approval or {}).get("approved", "")),
    )


def edit_from(row: DocumentEdit) -> Edit:
    """What a person changed, as it was kept."""
    return Edit(
        document=row.document, schema=row.schema, touched=row.touched, release=row.release, patch=list(row.patch)
    )

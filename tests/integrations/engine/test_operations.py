"""A record that needs several writes: one delivery each, in their order, each with its own key and evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django_scopes import scope

from edi.documents.values import Value
from integrations.engine import replay
from integrations.engine.capture import Subscription, capture
from integrations.engine.claim import Turn, claim_delivery, claim_verdict
from integrations.engine.deliver import deliver
from integrations.engine.handle import RunHandle
from integrations.engine.sessions import Sessions
from integrations.engine.settle import settle
from integrations.flows import registry as flows
from integrations.flows.contract import FlowSpec, Frozen, Job, Needs, Nothing, Operation, Prepared, Send, Take
from integrations.http.errors import Fault, Rejected, Unknown
from integrations.http.session import Profile, Session
from integrations.models import Connection, Delivery, Feed, Flow, Integration, Issue, Link, Run, State
from integrations.systems import registry as systems
from integrations.systems.contract import (
    AT_ONCE,
    Applied,
    Delivered,
    Effect,
    Evidence,
    FeedSpec,
    Item,
    NotApplied,
    Outgoing,
    SinkSpec,
    System,
    Verdict,
)
from portal.common.clock import db_now
from portal.tenants.models import Tenant


class Note(Value, frozen=True, kw_only=True):
    text: str


@dataclass
class Target:
    """What was written, at both sides, in the order in which it happened."""

    confirms = AT_ONCE
    visibility_delay = dt.timedelta(0)
    side: str
    log: list[str]
    faults: dict[str, Fault] = field(default_factory=dict)
    """By what is written."""
    there: set[str] = field(default_factory=set)

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        return [self._apply(item.body.decode(), item.business_number) for item in batch]

    def _apply(self, text: str, number: str) -> Effect:
        self.log.append(f"{self.side}: {text}")
        fault = self.faults.pop(text, None)
        if fault is None or not fault.certainly_not_applied:
            self.there.add(text)
        return fault or Delivered(target_id=f"{number}-{text.split()[0]}")

    def evidence(self, item: Outgoing) -> Evidence:
        text = item.body.decode()
        if text in self.there:
            return Applied(target_id=f"{item.business_number}-{text.split()[0]}", proof="It is there.")
        return NotApplied(proof="It is not there.")

    def follow(self, item: Outgoing) -> Verdict:
        raise AssertionError("confirms at once")


def _send(text: str, job: Job) -> Prepared:
    if job.raw == b"nothing":
        return Nothing("Nothing to do.")
    if job.raw.startswith(b"after ") and text == "create":
        needed = job.raw.removeprefix(b"after ").decode()
        if not Link.objects.filter(integration=job.flow.integration, entity="thing", source_id=needed).exists():
            raise Needs("thing", needed, remedy="Send that one first.", deadline=dt.timedelta(hours=1))
    body = " ".join([text, *(f"after {e.target_id}" for e in job.earlier)])
    return Send(
        digest="",
        purpose="original",
        document=Note(text=text),
        freeze=lambda now: Frozen(body=body.encode(), meta={}),
        preview=body.encode,
    )


def _answer(job: Job) -> Prepared:
    done = all(e.delivered for e in job.earlier)
    return _send("answer-yes" if done else "answer-no", job)


SPEC = FlowSpec(
    pair="visma-cleo",
    key="things",
    label="Create",
    entity="thing",
    source="partner",
    feed="inbox",
    sink="things",
    rank=50,
    latest_wins=False,
    accepts=lambda record, settings: Take("cancel" if record.status == "gone" else "send"),
    lane=lambda record: f"thing:{record.source_id}",
    prepare=lambda job: _send("create", job),
    operations=(
        Operation(key="add-lines", label="Add lines", prepare=lambda job: _send("add", job)),
        Operation(key="release", label="Release", prepare=lambda job: _send("release", job)),
        Operation(key="answer", label="Answer", prepare=_answer, target="partner", always=True),
    ),
)


@dataclass
class Scene:
    tenant: Tenant
    feed: Feed
    flow: Flow
    books: Target
    partner: Target
    log: list[str]
    sessions: Sessions

    def bring(self, source_id: str, raw: bytes = b"{}", *, status: str = "") -> None:
        """The feed brings a record."""
        now = db_now()
        handle = RunHandle(self.feed, self.feed.fence, Run.Kind.LIVE, "test", None, now)
        item = Item(source_id=source_id, raw=raw, fingerprint=raw.hex(), business_number=source_id, status=status)
        capture(handle, [item], [Subscription(self.flow, SPEC)])

    def work(self) -> None:
        """Until nothing is due."""
        turn = Turn()
        while True:
            if (delivery := claim_delivery("test", turn)) is not None:
                deliver(delivery, self.sessions)
            elif (delivery := claim_verdict("test")) is not None:
                settle(delivery, self.sessions)
            else:
                return

    def states(self, source_id: str = "A") -> dict[str, str]:
        """The newest delivery of each operation."""
        rows = Delivery.objects.filter(business_number=source_id).order_by("pk")
        return {row.operation: row.state for row in rows}

    def one(self, operation: str) -> Delivery:
        return Delivery.objects.filter(operation=operation).order_by("-pk")[0]


class _Unread:
    """A source that knows no object by its id, and is not read here."""

    def fetch(self, source_id: str) -> None:
        return None


@pytest.fixture
def scene(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    log: list[str] = []
    targets = {"books": Target("books", log), "partner": Target("partner", log)}

    def system_of(key: str, side: str) -> System:
        return System(
            key=key,
            label=key,
            settings=(),
            session=lambda connection: Session(
                connection,
                Profile(label=key, base_url="http://127.0.0.1", auth=None, budget_identity=("x",)),
            ),
            checks=lambda connection, session: iter(()),
            feeds=(FeedSpec(key="inbox", label="Inbox", entity="thing", open=lambda c, s: _Unread()),),
            sinks=(SinkSpec(key="things", label="Things", open=lambda c, s: targets[side]),),
        )

    known = {"visma": system_of("visma", "books"), "cleo": system_of("cleo", "partner")}
    monkeypatch.setattr(systems, "all_systems", lambda: known)
    monkeypatch.setattr(flows, "all_flows", lambda: {SPEC.full_key: SPEC})
    tenant = Tenant.objects.create(slug="bruket", name="Bruket AB")
    with scope(tenant=tenant):
        books, partner = (
            Connection.objects.create(tenant=tenant, key=key, system=key, name=key) for key in ("visma", "cleo")
        )
        integration = Integration.objects.create(
            tenant=tenant, key="i", pair="visma-cleo", name="i", books=books, partner=partner
        )
        flow = Flow.objects.create(tenant=tenant, integration=integration, key="things")
        feed = Feed.objects.create(
            tenant=tenant,
            connection=partner,
            key="inbox",
            fence=1,
            lease_until=db_now() + dt.timedelta(hours=1),
        )
        yield Scene(tenant, feed, flow, targets["books"], targets["partner"], log, Sessions())


def test_all_are_made_at_once_and_done_in_their_order(scene: Scene):
    scene.bring("A")
    assert list(scene.states()) == ["send", "add-lines", "release", "answer"]
    scene.work()
    assert scene.log == [
        "books: create",
        "books: add after A-create",
        "books: release after A-create after A-add",
        "partner: answer-yes after A-create after A-add after A-release",
    ]
    assert set(scene.states().values()) == {State.DELIVERED}


def test_only_the_first_one_links_the_record(scene: Scene):
    scene.bring("A")
    scene.work()
    assert list(Link.objects.values_list("source_id", "target_id")) == [("A", "A-create")]


def test_each_has_its_own_key(scene: Scene):
    scene.bring("A")
    scene.bring("B")
    keys = list(Delivery.objects.values_list("operation_key", flat=True))
    assert len(set(keys)) == len(keys) == 8


def test_the_same_record_again_makes_nothing_new(scene: Scene):
    scene.bring("A")
    scene.work()
    scene.bring("A")
    assert Delivery.objects.count() == 4


def test_a_flow_counts_once_among_those_that_took_the_record(scene: Scene):
    scene.bring("A")
    assert scene.one("send").record.takers == 1


def test_refused_operation_holds_those_after_it_until_a_person_decides(scene: Scene):
    scene.books.faults["add after A-create"] = Rejected("No such line.")
    scene.bring("A")
    scene.bring("B")
    scene.work()
    assert scene.states() == {
        "send": State.DELIVERED,
        "add-lines": State.FAILED,
        "release": State.PENDING,
        "answer": State.PENDING,
    }
    assert set(scene.states("B").values()) == {State.DELIVERED}, "other records go on"
    failed = Delivery.objects.get(business_number="A", operation="add-lines")
    replay.reopen(failed.pk, actor=None)
    scene.work()
    assert set(scene.states().values()) == {State.DELIVERED}
    assert scene.log.count("books: create") == 2, "once for A, once for B: what was done stays done"


def test_after_a_dismissed_one_the_others_come_to_nothing_but_the_answer_says_so(scene: Scene):
    scene.books.faults["create"] = Rejected("No.")
    scene.bring("A")
    scene.work()
    replay.dismiss(scene.one("send").pk, actor=None, reason="Wrong order.")
    scene.work()
    assert scene.states() == {
        "send": State.DISMISSED,
        "add-lines": State.NO_EFFECT,
        "release": State.NO_EFFECT,
        "answer": State.DELIVERED,
    }
    assert scene.one("add-lines").reason == "Create came to nothing: Wrong order."
    assert scene.log[-1].startswith("partner: answer-no")


def test_nothing_to_do_means_nothing_further(scene: Scene):
    scene.bring("A", b"nothing")
    scene.work()
    assert set(scene.states().values()) == {State.NO_EFFECT}
    assert scene.log == []


def test_unknown_outcome_is_settled_before_the_next_begins(scene: Scene):
    scene.books.faults["create"] = Unknown("The line went dead.")
    scene.bring("A")
    scene.work()
    assert set(scene.states().values()) == {State.DELIVERED}
    assert scene.log.count("books: create") == 1, "it was there, so it is not written again"
    kinds = list(scene.one("send").attempts.values_list("kind", flat=True))
    assert kinds == ["apply", "evidence"]
    assert scene.log[1] == "books: add after A-create", "what evidence found is known to the next"


def test_cancellation_has_no_further_operations(scene: Scene):
    scene.bring("A")
    scene.bring("A", b"gone", status="gone")
    assert list(Delivery.objects.order_by("pk").values_list("operation", flat=True))[4:] == ["cancel"]


def test_forced_replay_makes_what_follows_anew(scene: Scene):
    scene.bring("A")
    scene.work()
    before = len(scene.log)
    replay.force(scene.one("add-lines").pk, actor=None, reason="The lines were deleted by hand.")
    scene.work()
    assert [line.split(" ")[1] for line in scene.log[before:]] == ["add", "release", "answer-yes"]
    assert Delivery.objects.count() == 7
    assert len(set(Delivery.objects.values_list("operation_key", flat=True))) == 7


def test_an_operation_that_this_release_does_not_know_waits_for_one_that_does(scene: Scene):
    scene.bring("A")
    with transaction.atomic():
        Delivery.objects.filter(operation="release").update(operation="gone")
    scene.work()
    assert scene.states()["gone"] == State.PENDING
    assert "does not know" in scene.one("gone").reason


def test_what_is_half_done_cannot_be_superseded():
    with pytest.raises(ValueError, match="cannot be superseded"):
        FlowSpec(
            pair="p",
            key="k",
            label="l",
            entity="e",
            source="partner",
            feed="f",
            sink="s",
            rank=1,
            latest_wins=True,
            accepts=SPEC.accepts,
            lane=SPEC.lane,
            prepare=SPEC.prepare,
            operations=SPEC.operations,
        )


def test_rule_10_a_needed_link_is_waited_for_and_wakes_who_waits(scene: Scene):
    scene.bring("B", b"after A")
    scene.bring("C")
    scene.work()
    waiting = Delivery.objects.get(business_number="B", operation="send")
    assert (waiting.state, waiting.waits_for) == (State.PENDING, "thing A")
    assert waiting.reason.startswith("Waits for thing A.")
    assert waiting.tries == 0
    assert set(scene.states("C").values()) == {State.DELIVERED}, "others go on"
    scene.bring("A")
    scene.work()
    assert set(scene.states("B").values()) == {State.DELIVERED}
    assert Delivery.objects.get(pk=waiting.pk).waits_for == ""
    assert not Issue.objects.exists()


def test_rule_10_waiting_past_the_deadline_is_an_issue_and_over_when_the_link_comes(scene: Scene):
    scene.bring("B", b"after A")
    scene.work()
    Delivery.objects.filter(business_number="B", operation="send").update(not_before=db_now(), deadline=db_now())
    scene.work()
    issue = Issue.objects.get()
    assert issue.error_class == "missing_link"
    assert issue.sentence.startswith("B has been waiting for thing A since ")
    assert issue.remedy == "Send that one first."
    scene.bring("A")
    scene.work()
    assert set(scene.states("B").values()) == {State.DELIVERED}
    assert Issue.objects.get().status == Issue.Status.RESOLVED

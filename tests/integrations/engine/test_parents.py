"""What refers to something that the other side does not have yet waits for it: visibly, and not for ever."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django_scopes import scopes_disabled

from integrations.flows.contract import Job, Needs, Nothing, Prepared, Take
from integrations.flows.registry import all_flows
from integrations.http.errors import Rejected, Transient
from integrations.models import Delivery, Feed, Flow, Issue, Link, Record, State
from integrations.selectors import children_of
from integrations.services.deliveries import dismiss
from portal.common.clock import db_now
from tests.support.harness import Engine
from tests.support.pair import Pair, item, prepared


@pytest.fixture
def engine(db: None, pair: Pair) -> Iterator[Engine]:
    """Every event but that of paper 7 needs paper 7 at the exchange."""

    def prepare(job: Job) -> Prepared:
        if job.flow.key == "events" and job.business_number != "7":
            there = Link.objects.filter(integration_id=job.flow.integration_id, entity="paper", source_id="7")
            if not there.exists():
                raise Needs("paper", "7", remedy="Have paper 7 sent.")
        return prepared(job)

    pair.prepare = prepare
    pair.accepts = lambda record, settings: Take("send")
    events = all_flows()["ledger-exchange.events"]
    all_flows()[events.full_key] = replace(events, lane=lambda record: f"event:{record.source_id}")
    with scopes_disabled():
        yield Engine.make(pair, flows=("papers", "events"))


def event(engine: Engine, number: str) -> Delivery:
    return Delivery.objects.select_related("issue", "record", "flow__integration").get(
        business_number=number, flow__key="events"
    )


def test_rule_10_a_missing_link_is_waited_for_with_its_reason(engine: Engine) -> None:
    engine.send(item("2"))
    waits = event(engine, "2")
    assert (waits.state, waits.waits_for) == (State.PENDING, "paper 7")
    assert waits.reason == "Waits for paper 7. It is not in the source."
    assert waits.deadline is not None
    assert waits.tries == 0
    assert not Issue.objects.exists()
    assert [o.business_number for o in engine.pair.sent] == ["2"]  # the paper itself, which needs nothing


def test_rule_10_what_arrives_while_it_is_looked_for_is_found_soon(engine: Engine) -> None:
    """Who writes the link wakes those who wait; one that is being looked at does not wait yet."""
    engine.send(item("2"))
    Delivery.objects.filter(pk=event(engine, "2").pk).update(not_before=db_now())

    def stale(job: Job) -> Prepared:
        if job.flow.key == "events" and job.business_number == "2":
            raise Needs("paper", "7")
        return prepared(job)

    engine.pair.prepare = stale
    engine.send(item("7"))
    waits = event(engine, "2")
    assert waits.state == State.PENDING
    assert waits.not_before - db_now() <= dt.timedelta(seconds=1)


def test_rule_10_a_link_written_during_the_first_look_is_seen_by_the_second(engine: Engine) -> None:
    """Nobody could see then that this one waits for it, so nobody wakes it: it looks again at once, not in minutes."""
    looks = 0

    def overtaken(job: Job) -> Prepared:
        nonlocal looks
        if job.flow.key == "events" and job.business_number == "2":
            looks += 1
            if looks == 1:
                raise Needs("paper", "7")
        return prepared(job)

    engine.pair.prepare = overtaken
    engine.send(item("7"))
    engine.send(item("2"))
    assert (event(engine, "2").state, looks) == (State.DELIVERED, 2)


def test_rule_10_what_waits_for_a_newer_version_goes_on_when_that_says_nothing_new(engine: Engine) -> None:
    """No link is written then, which would wake it: it must not look again in minutes only."""
    engine.send(item("7"))
    papers = Delivery.objects.filter(flow__key="papers", business_number="7")

    def prepare(job: Job) -> Prepared:
        if job.flow.key == "events" and job.business_number == "2" and papers.filter(state=State.PENDING).exists():
            raise Needs("paper", "7")
        if job.flow.key == "papers" and job.business_number == "7":
            return Nothing("It is there so already.")
        return prepared(job)

    engine.pair.prepare = prepare
    engine.read([item("7", "second"), item("2")])
    later = db_now() + dt.timedelta(hours=1)
    papers.filter(state=State.PENDING).update(not_before=later)
    engine.deliver_all()
    waits = event(engine, "2")
    assert (waits.state, waits.waits_for) == (State.PENDING, "paper 7")
    Delivery.objects.filter(pk=waits.pk).update(not_before=db_now() + dt.timedelta(minutes=5))
    papers.filter(state=State.PENDING).update(not_before=db_now())
    engine.deliver()
    assert papers.latest("pk").state == State.NO_EFFECT
    assert event(engine, "2").not_before <= db_now()


def test_rule_10_what_waits_in_vain_looks_twice_and_then_rarely(engine: Engine) -> None:
    looks, needs_paper_7 = 0, engine.pair.prepare

    def counted(job: Job) -> Prepared:
        nonlocal looks
        looks += job.flow.key == "events"
        return needs_paper_7(job)

    engine.pair.prepare = counted
    engine.send(item("2"))
    waits = event(engine, "2")
    assert looks == 2
    assert waits.not_before - db_now() > dt.timedelta(minutes=4)


def test_rule_10_it_goes_as_soon_as_the_link_is_there(engine: Engine) -> None:
    engine.send(item("2"))
    engine.send(item("7"))
    assert event(engine, "2").state == State.DELIVERED
    assert [o.business_number for o in engine.pair.sent] == ["2", "7", "7", "2"]


def test_rule_10_a_parent_that_was_never_captured_is_fetched(engine: Engine) -> None:
    engine.read([item("2")])
    engine.pair.pages = [[item("7")]]
    engine.deliver_all()
    assert engine.pair.fetched == ["7"]
    assert event(engine, "2").state == State.DELIVERED
    taken = Delivery.objects.filter(business_number="7").values_list("flow__key", flat=True)
    assert set(taken) == {"papers", "events"}, "the next read of the feed finds nothing new in it"
    assert [r.run_id for r in engine.records("7")] == [None]
    assert Link.objects.filter(entity="paper", source_id="7").exists()
    assert engine.feed.read_until is not None


def test_rule_10_a_parent_that_was_captured_while_its_flow_was_off_is_taken_up(engine: Engine) -> None:
    flow = Flow.objects.get(key="papers")
    Flow.objects.filter(pk=flow.pk).update(enabled=False)
    engine.read([item("7"), item("8"), item("2")])
    engine.deliver_all()
    assert event(engine, "2").reason == "Waits for paper 7. No flow that is switched on sends it."
    Flow.objects.filter(pk=flow.pk).update(enabled=True)
    for _ in range(2):
        Delivery.objects.filter(waits_for="paper 7").update(not_before=db_now())
        engine.deliver_all()
    assert event(engine, "2").state == State.DELIVERED
    taken = Delivery.objects.filter(flow=flow)
    assert [d.business_number for d in taken] == ["7"], "nobody waits for the other, and nobody asked for it"
    assert engine.audited().count("delivery.made") == 1
    assert list(Record.objects.filter(source_id="7").values_list("takers", flat=True)) == [2]


def test_rule_10_the_state_of_the_parent_is_said(engine: Engine) -> None:
    engine.read([item("7")])
    engine.pair.effects = [Rejected("No room for paper 7.")]
    engine.deliver_all()
    engine.send(item("2"))
    assert "is failed: No room for paper 7." in event(engine, "2").reason


def test_rule_10_after_its_deadline_it_is_an_issue_and_still_goes(engine: Engine) -> None:
    engine.send(item("2"))
    Delivery.objects.filter(waits_for="paper 7").update(deadline=db_now() - dt.timedelta(minutes=1))
    engine.later()
    engine.deliver_all()
    late = event(engine, "2")
    assert late.state == State.PENDING
    issue = late.issue
    assert issue is not None
    assert issue.remedy == "Have paper 7 sent."
    assert "2 has been waiting for paper 7" in issue.sentence
    engine.send(item("7"))
    assert event(engine, "2").state == State.DELIVERED
    issue.refresh_from_db()
    assert issue.status == Issue.Status.RESOLVED


def test_rule_10_what_waits_for_a_parent_is_listed_before_it_is_dismissed(engine: Engine) -> None:
    engine.read([item("7")])
    engine.pair.effects = [Rejected("No room.")]
    engine.deliver_all()
    engine.send(item("2"), item("3"))
    parent = Delivery.objects.select_related("record").get(business_number="7", flow__key="papers")
    children = children_of(parent)
    assert [c.business_number for c in children] == ["2", "3"]
    dismiss(parent.pk, actor=None, reason="Never sent.")
    engine.later()
    engine.deliver_all()
    assert {c.state for c in children} == {State.PENDING}
    assert "is dismissed" in event(engine, "2").reason


def test_a_fetch_that_fails_is_tried_again(engine: Engine) -> None:
    engine.read([item("2")])
    feed = Feed.objects.get()
    engine.pair.fetch_fails = Transient("Down.")
    engine.deliver_all()
    assert event(engine, "2").state == State.PENDING
    engine.pair.fetch_fails = None
    engine.pair.pages = [[item("7")]]
    engine.later()
    engine.deliver_all()
    assert event(engine, "2").state == State.DELIVERED
    assert Record.objects.filter(feed=feed).count() == 2

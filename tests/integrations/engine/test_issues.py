"""Issues: one for all that has the same cause, said to whoever can act, and over when it is over."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from integrations.engine import issues
from integrations.http.errors import ConfigError, Rejected, Transient, Unauthorized
from integrations.models import Issue, State
from integrations.services.issues import dismiss_issue, retry
from integrations.systems.contract import Unmappable
from portal.common.clock import db_now
from tests.support.harness import Engine
from tests.support.pair import NOON, item

HOUR = dt.timedelta(hours=1)


def test_equal_sentences_of_one_flow_are_one_issue(engine: Engine) -> None:
    engine.pair.effects = [Rejected("The folder is gone.", remedy="Make it.") for _ in range(3)]
    engine.send(item("1"), item("2"), item("3"))
    issue = Issue.objects.get()
    assert (issue.occurrences, issue.sentence, issue.remedy) == (3, "The folder is gone.", "Make it.")
    assert {d.issue_id for d in engine.deliveries()} == {issue.pk}
    assert issue.first_seen_at <= issue.last_seen_at


def test_other_sentences_flows_and_tenants_are_issues_of_their_own(engine: Engine) -> None:
    other = Engine.make(engine.pair, slug="grannen")
    for place in (engine, other):
        engine.pair.effects = [Rejected("The folder is gone."), Rejected("The date is wrong.")]
        place.send(item("1"), item("2"))
    assert Issue.objects.count() == 4
    assert Issue.objects.filter(tenant=other.tenant).count() == 2


def test_rule_08_an_issue_is_over_when_the_last_of_its_deliveries_is(engine: Engine) -> None:
    engine.pair.effects = [Rejected("The folder is gone."), Rejected("The folder is gone.")]
    engine.send(item("1"), item("2"))
    engine.send(item("1", "second", at=NOON + HOUR))
    assert Issue.objects.get().status == Issue.Status.OPEN
    engine.send(item("2", "second", at=NOON + HOUR))
    issue = Issue.objects.get()
    assert (issue.status, issue.resolved_at is not None) == (Issue.Status.RESOLVED, True)


def test_what_comes_back_is_a_new_issue(engine: Engine) -> None:
    for hours in range(2):
        engine.pair.effects = [Rejected("The folder is gone.")]
        engine.send(item("1", f"version {hours}", at=NOON + hours * HOUR))
        engine.send(item("1", f"better {hours}", at=NOON + hours * HOUR + HOUR / 2))
    assert [i.status for i in Issue.objects.order_by("pk")] == [Issue.Status.RESOLVED, Issue.Status.RESOLVED]


@pytest.mark.parametrize("fault", [ConfigError("It may not."), Unauthorized("Who are you?")])
def test_rule_13_a_connection_that_refuses_us_is_one_issue(engine: Engine, fault: Exception) -> None:
    engine.pair.effects = [fault, fault, fault]
    engine.send(item("1"), item("2"), item("3"))
    issue = Issue.objects.get()
    assert (issue.connection_id, issue.flow_id, issue.who) == (engine.exchange.pk, None, Issue.Who.CUSTOMER)
    engine.later()
    engine.deliver()
    assert Issue.objects.get().status == Issue.Status.RESOLVED


def test_no_effect_proves_nothing_of_a_connection(engine: Engine) -> None:
    """No call was made."""
    engine.pair.effects = [ConfigError("It may not.")]
    engine.send(item("1"))
    engine.send(item("2"))  # delivered, which resolves it
    engine.pair.effects = [ConfigError("It may not.")]
    engine.send(item("3"))
    assert Issue.objects.filter(status=Issue.Status.OPEN).count() == 1
    engine.send(item("2", at=NOON + HOUR, fingerprint="other, though it says the same"))
    assert engine.delivery("2").state == State.NO_EFFECT
    assert Issue.objects.filter(status=Issue.Status.OPEN).count() == 1


@pytest.mark.parametrize(
    ("error", "who"),
    [
        (Rejected("x"), Issue.Who.CUSTOMER),
        (Unmappable("x"), Issue.Who.CUSTOMER),
        (ConfigError("x"), Issue.Who.CUSTOMER),
        (Transient("x"), Issue.Who.OTHER_SIDE),
        (KeyError("x"), Issue.Who.STAFF),
    ],
    ids=lambda value: type(value).__name__,
)
def test_rule_08_who_acts_follows_from_the_class(engine: Engine, error: Exception, who: str) -> None:
    engine.read([item("1")])
    delivery = engine.delivery("1")
    issue = issues.for_delivery(delivery, error, now=db_now())
    assert issue.who == who
    assert issue.sentence
    if who == Issue.Who.STAFF:
        assert "'x'" not in issue.sentence  # a person reads a sentence, support reads the rest
        assert "KeyError" in issue.technical


def test_very_long_texts_are_cut(engine: Engine) -> None:
    engine.pair.effects = [Rejected("x" * 2000, remedy="y" * 2000, technical="z" * 50_000)]
    engine.send(item("1"))
    issue = Issue.objects.get()
    assert (len(issue.sentence), len(issue.remedy), len(issue.technical)) == (500, 500, 20_000)


def test_all_of_an_issue_is_tried_again_but_what_is_in_doubt(engine: Engine) -> None:
    engine.pair.effects = [Rejected("The folder is gone.") for _ in range(3)]
    first, *_ = engine.send(item("1"), item("2"), item("3"))
    issue = Issue.objects.get()
    type(first).objects.filter(pk=first.pk).update(state=State.IN_DOUBT)
    many = retry(issue, actor=None)
    assert (many.done, many.refused) == (2, ())
    engine.deliver_all()
    assert sorted(s for _, s in engine.states()) == [State.DELIVERED, State.DELIVERED, State.IN_DOUBT]


def test_an_issue_is_dismissed_with_its_deliveries(engine: Engine) -> None:
    engine.pair.effects = [Rejected("The folder is gone.") for _ in range(2)]
    engine.send(item("1"), item("2"))
    issue = Issue.objects.get()
    with pytest.raises(ValidationError):
        dismiss_issue(issue, actor=None, reason=" ")
    dismiss_issue(issue, actor=None, reason="nobody needs them")
    issue.refresh_from_db()
    assert issue.status in (Issue.Status.DISMISSED, Issue.Status.RESOLVED)
    assert {s for _, s in engine.states()} == {State.DISMISSED}

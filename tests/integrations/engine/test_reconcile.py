"""Reconciling: each document in one class, and what the target lost or changed never explained away."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from integrations.engine import reconcile
from integrations.engine.compare import compare
from integrations.engine.operations import claim_operation, work_on
from integrations.engine.plan import dry_run
from integrations.engine.sessions import Sessions
from integrations.flows.contract import Job, Nothing, Prepared
from integrations.http.errors import RateLimited, Rejected
from integrations.models import Delivery, Operation, State
from integrations.services import operations as services
from integrations.services.deliveries import dismiss
from integrations.systems.contract import Stated
from portal.common.clock import db_now
from tests.support.harness import PASSWORD, WORKER, Engine, killed_at
from tests.support.pair import NOON, item, prepared

HOUR = dt.timedelta(hours=1)


def asked(engine: Engine) -> Operation:
    return services.ask_reconcile(engine.flow(), since=NOON - HOUR, until=NOON + 3 * HOUR, actor=None)


def a_slice(operation: Operation) -> Operation:
    Operation.objects.filter(pk=operation.pk).update(due_at=db_now(), lease_until=None)
    claimed = claim_operation(WORKER)
    assert claimed is not None
    work_on(claimed, Sessions())
    return Operation.objects.get(pk=operation.pk)


def lines(engine: Engine) -> dict[str, dict[str, Any]]:
    operation = a_slice(asked(engine))
    assert operation.state == "done", operation.problem
    found = services.reconciled_lines(operation)
    said = services.summary(found)
    assert sum(said[kind] for kind in reconcile.CLASSES) == len(found)
    assert operation.progress["summary"] == said
    return {line["number"]: line for line in found}


def kinds(engine: Engine) -> dict[str, str]:
    return {number: line["kind"] for number, line in lines(engine).items()}


def test_undisturbed_everything_is_the_same(engine: Engine) -> None:
    engine.send(item("1"), item("2"))
    assert kinds(engine) == {"1": "same", "2": "same"}
    assert engine.pair.confirmed == ["1", "2"], "a look confirms nothing"


def test_every_document_is_in_its_class(engine: Engine) -> None:
    names = ["same", "lost", "altered", "hidden", "changed", "waits", "failed", "dismissed", "gone"]
    engine.pair.effects = []
    engine.send(*(item(n) for n in names if n not in ("failed", "dismissed")))
    engine.pair.effects = [Rejected("It has no number."), Rejected("It has no number.")]
    engine.read([*(item(n) for n in names)])
    engine.deliver_all()
    dismiss(engine.delivery("dismissed").pk, actor=None, reason="the partner has it on paper")
    engine.read([item("waits", "second", at=NOON + HOUR)])

    def prepare(job: Job) -> Prepared:
        return Nothing("Not on this network.") if job.business_number == "nowhere" else prepared(job)

    engine.pair.prepare = prepare
    engine.pair.there = [o for o in engine.pair.there if o.business_number != "lost"]
    engine.pair.altered["altered"] = b"original: altered: other words, Open"
    engine.pair.hidden.add("hidden")
    now = [item(n) for n in names if n not in ("changed", "waits", "gone")]
    now += [item("changed", "second", at=NOON + HOUR), item("waits", "second", at=NOON + HOUR)]
    now += [item("unread"), item("nowhere"), item("held", status="Hold")]
    engine.pair.pages = [now]
    assert kinds(engine) == {
        "same": "same",
        "lost": "unexplained",
        "altered": "unexplained",
        "hidden": "not_visible",
        "changed": "changed_after",
        "waits": "in_flight",
        "failed": "failed",
        "dismissed": "left_out",
        "gone": "unexplained",
        "unread": "never_seen",
        "nowhere": "left_out",
    }
    why = {number: line["why"] for number, line in lines(engine).items()}
    assert "content is other words there and was sent as first" in why["altered"]
    assert why["dismissed"] == "the partner has it on paper"
    assert why["gone"] == "The source has it no more, and the other side has it."
    assert why["nowhere"] == "Not on this network."


def test_what_it_says_quotes_neither_secrets_nor_what_is_a_persons(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sides' words come into the report: what they answered, and the fields in which they differ."""
    engine.send(item("altered"), item("refused"))
    there = Stated(target_id="E-1", fields={"iban": "SE3550000000054910000003", "text": "ask anna@bruket.example"})
    said = {"iban": "SE4550000000058398257466", "text": "first"}
    monkeypatch.setattr("tests.support.pair._Exchange.says", lambda sink, sent: said)
    monkeypatch.setattr(
        "tests.support.pair._Exchange.current",
        lambda sink, sent: there if sent.business_number == "altered" else Stated(target_id="E-2", fields={}),
    )
    Delivery.objects.filter(business_number="refused").update(
        state=State.FAILED, reason=f"{PASSWORD} of anna@bruket.example does not open FI2112345600000785."
    )
    engine.pair.pages = [[item("altered"), item("refused")]]
    why = {number: line["why"] for number, line in lines(engine).items()}
    assert why["altered"] == (
        "It is another than was sent: iban is *** there and was sent as ***; text is ask *** there and was sent as "
        "first."
    )
    assert why["refused"] == "*** of *** does not open ***."


def test_what_is_under_way_does_not_explain_what_is_lost(engine: Engine) -> None:
    engine.send(item("1"))
    engine.pair.there.clear()
    engine.read([item("1", "second", at=NOON + HOUR)])
    assert engine.delivery("1").state == State.PENDING
    assert kinds(engine) == {"1": "unexplained"}


def test_what_nobody_ever_sent_is_a_difference_of_count_and_amount(engine: Engine) -> None:
    engine.send(item("sent"))
    flow = engine.flow()
    flow.enabled = False
    flow.save(update_fields=["enabled"])
    engine.read([item("sent"), item("read while it was off")])
    assert engine.deliveries("read while it was off") == []
    flow.enabled = True
    flow.save(update_fields=["enabled"])
    engine.pair.pages = [[item("sent"), item("read while it was off"), item("not read")]]
    found = lines(engine)
    assert {number: line["kind"] for number, line in found.items()} == {
        "sent": "same",
        "read while it was off": "never_sent",
        "not read": "never_seen",
    }
    said = services.summary(list(found.values()))
    assert (said["source_count"], said["target_count"]) == (3, 1)


def test_amounts_are_summed_up_by_currency_alone() -> None:
    def line(currency: str, ours: str | None, theirs: str | None) -> dict[str, Any]:
        counts = {"counts_here": ours is not None, "counts_there": theirs is not None}
        return {"kind": "same", "currency": currency, "ours": ours, "theirs": theirs} | counts

    old = {k: v for k, v in line("", "7", "7").items() if k != "currency"}  # of before it was kept
    said = services.summary([line("SEK", "100.50", "100"), line("EUR", "10", None), line("SEK", "-20", "-20"), old])
    assert said["amounts"] == {
        "": {"source": "7", "target": "7", "difference": "0"},
        "EUR": {"source": "10", "target": "0", "difference": "10"},
        "SEK": {"source": "80.50", "target": "80", "difference": "0.50"},
    }
    assert services.in_words(said, "difference") == "0, 10 EUR, 0.50 SEK"
    assert services.in_words(services.summary([]), "source") == "0"


def test_only_the_period_is_looked_at(engine: Engine) -> None:
    engine.send(item("before", at=NOON - 2 * HOUR), item("inside"), item("after", at=NOON + 3 * HOUR))
    assert kinds(engine) == {"inside": "same"}


def test_it_waits_for_calls_and_goes_on_where_it_was(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.send(item("1"), item("2"), item("3"))
    look_at, looked = reconcile.look_at, []

    def with_few_calls(sides: Any, source_id: str, found: Any) -> Any:
        looked.append(source_id)
        if len(looked) == 2:
            raise RateLimited("The calls of this window are used up.", retry_at=db_now() + HOUR)
        return look_at(sides, source_id, found)

    monkeypatch.setattr(reconcile, "look_at", with_few_calls)
    operation = a_slice(asked(engine))
    assert (operation.state, operation.problem) == ("running", "The calls of this window are used up.")
    assert (operation.progress["looked_at"], operation.progress["left"]) == (1, 2)
    assert operation.due_at > db_now()
    done = a_slice(operation)
    assert (done.state, looked) == ("done", ["1", "2", "2", "3"])
    assert services.summary(services.reconciled_lines(done))["same"] == 3


def test_killed_anywhere_it_ends_with_each_document_once(engine: Engine) -> None:
    engine.send(item("1"), item("2"))
    for number in range(1, 200):
        operation = asked(engine)
        claimed = claim_operation(WORKER)
        assert claimed is not None
        killed = killed_at(number, lambda claimed=claimed: work_on(claimed, Sessions()))  # type: ignore[misc]
        row = Operation.objects.get(pk=operation.pk)
        done = row if row.ended else a_slice(row)
        assert [line["number"] for line in services.reconciled_lines(done)] == ["1", "2"]
        if not killed:
            return
    raise AssertionError("a slice takes fewer statements")


def test_what_makes_no_sense_is_refused(engine: Engine) -> None:
    with pytest.raises(ValidationError, match="ends before it begins"):
        services.ask_reconcile(engine.flow(), since=NOON, until=NOON, actor=None)


# --- One document


def test_each_field_has_its_reason(engine: Engine) -> None:
    (sent,) = engine.send(item("1"))
    assert {f.name: f.reason for f in compare(sent.pk).fields} == {
        "number": "same",
        "content": "same",
        "status": "same",
        "shelf": "owned by partner",
    }
    engine.pair.pages = [[item("1", "second", at=NOON + HOUR)]]
    (content,) = [f for f in compare(sent.pk).fields if f.name == "content"]
    assert (content.reason, content.ours, content.theirs) == ("pending", "second", "first")
    engine.pair.altered["1"] = b"original: 1: third, Open"
    (content,) = compare(sent.pk).conflicts
    assert content.why == "changed on both sides since it was sent"
    engine.pair.pages = [[item("1")]]
    assert compare(sent.pk).conflicts[0].why == "changed at the other side since it was sent"
    engine.pair.altered["1"] = b"original: 1: FIRST, Open"
    assert [f.reason for f in compare(sent.pk).fields if f.name == "content"] == ["mapped"]
    engine.pair.there.clear()
    assert compare(sent.pk).sentence == "It is not there. no such paper"


def test_a_delivery_that_nobody_has_says_so(engine: Engine) -> None:
    engine.read([item("1")])
    assert "has nothing of it" in compare(engine.delivery("1").pk).sentence


# --- The plan, field by field


def test_a_dry_run_reads_the_target_for_what_would_change(engine: Engine) -> None:
    engine.send(item("1"))
    engine.pair.pages = [[item("1", "second", at=NOON + HOUR), item("2")]]
    changed, new = dry_run(engine.flow())
    assert [(c.field, c.before, c.after, c.reason) for c in changed.changes] == [
        ("content", "first", "second", "the ledger says so")
    ]
    assert {c.field for c in new.changes} == {"number", "content", "status"}
    assert Delivery.objects.count() == 1


def test_a_dry_run_is_an_operation_with_a_result(engine: Engine) -> None:
    engine.pair.pages = [[item("1"), item("2")]]
    done = a_slice(services.ask_dry_run(engine.flow(), actor=None))
    assert (done.state, done.progress["looked_at"], done.progress["actions"]) == ("done", 2, {"create": 2})
    rows = list(services.as_rows(services.planned_rows(done)))
    assert [r["field"] for r in rows if r["number"] == "1"] == ["number", "content", "status"]
    assert engine.pair.sent == []

"""Pull sources: what was read is stored, committed, and only then confirmed; one reader serves all flows."""

from __future__ import annotations

from integrations.engine.read import claim_feed
from integrations.http.errors import Transient
from integrations.models import Delivery, Record, State
from tests.support.harness import WORKER, Engine, killed_at
from tests.support.pair import item


def test_rule_17_killed_before_any_statement_nothing_is_confirmed_that_is_not_stored(engine: Engine) -> None:
    for number in range(1, 200):
        names = [f"{number}-{n}" for n in range(2)]
        engine.pair.confirmed.clear()
        engine.pair.pages = [[item(names[0])], [item(names[1])]]
        killed = killed_at(number, engine.read)
        stored = set(Record.objects.filter(source_id__in=names).values_list("source_id", flat=True))
        assert set(engine.pair.confirmed) <= stored, f"before statement {number}"
        engine.later()
        engine.read()
        assert set(engine.pair.confirmed) >= set(names), "what was stored and not confirmed is confirmed the next time"
        assert Record.objects.filter(source_id__in=names).count() == len(names)
        if not killed:
            return
    raise AssertionError("a read takes fewer statements")


def test_rule_17_one_reader_serves_all_flows_of_an_inbox(engine: Engine) -> None:
    both = Engine.make(engine.pair, slug="handelsen", flows=("papers", "events"))
    both.due()
    claimed = claim_feed(WORKER, only={both.feed.pk})
    assert claimed is not None
    assert claim_feed("elsewhere:1:2", only={both.feed.pk}) is None, "nobody else reads it meanwhile"
    both.later()
    both.send(item("1"))
    assert engine.pair.confirmed == ["1"]
    rows = Delivery.objects.filter(tenant=both.tenant).values_list("flow__key", "state", "record")
    assert {(key, state) for key, state, _ in rows} == {("papers", State.DELIVERED), ("events", State.DELIVERED)}
    assert len({record for _, _, record in rows}) == 1


def test_rule_17_a_page_that_does_not_come_confirms_only_what_came(engine: Engine) -> None:
    engine.read([item("1")], Transient("It is down."))
    assert engine.pair.confirmed == ["1"]
    assert [r.source_id for r in Record.objects.all()] == ["1"]

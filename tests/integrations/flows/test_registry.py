"""Which flows are offered."""

from __future__ import annotations

import pytest

from integrations.flows import registry
from integrations.flows.contract import FlowSpec
from integrations.systems.registry import system


def test_every_flow_reads_a_feed_and_writes_to_a_sink_that_there_is() -> None:
    for spec in registry.all_flows().values():
        names = spec.pair.replace("visma-", "visma ").replace("-", "_").split()
        books, partner = (system(key) for key in names)
        assert (books if spec.source == "books" else partner).feed(spec.feed).key == spec.feed
        for operation in spec.chain("send"):
            found = spec.operation(operation)
            if found.sink:
                assert (books if found.target == "books" else partner).sink(found.sink).key == found.sink


def test_both_directions_of_both_pairs_are_there() -> None:
    expected = {
        "visma-cleo": {"received-files", "advices", "order-responses", "ship-notices"},
        "visma-orderful": {"order-changes", "partner-documents", "statuses"},
    }
    for pair, keys in expected.items():
        assert {s.key for s in registry.flows_of_pair(pair) if s.direction == "in"} >= keys


def test_our_acknowledgments_go_back_to_where_the_documents_came_from() -> None:
    spec = registry.flow_spec("visma-cleo.our-acknowledgments")
    assert (spec.source, spec.target, spec.direction) == ("partner", "partner", "out")


def test_a_flow_whose_sink_is_missing_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_has_sink", lambda spec: spec.key != "order-changes")
    registry.all_flows.cache_clear()
    try:
        assert "visma-orderful.order-changes" not in registry.all_flows()
    finally:
        monkeypatch.undo()
        registry.all_flows.cache_clear()
    assert isinstance(registry.flow_spec("visma-orderful.order-changes"), FlowSpec)


def test_partners_documents_that_are_only_shown_cannot_write_anywhere() -> None:
    """855, 856 and 810 over Orderful: neither the flow nor an operation of it has a way into the books."""
    spec = registry.flow_spec("visma-orderful.partner-documents")
    assert (spec.sink, [operation.sink for operation in spec.operations if operation.sink]) == ("", [])

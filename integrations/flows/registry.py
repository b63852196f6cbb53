"""Which flows there are."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from integrations.flows.contract import FlowSpec
from integrations.systems.registry import system

MODULES = (
    "visma_cleo",
    "visma_cleo_in",
    "visma_cleo_partners",
    "visma_cleo_said",
    "visma_orderful",
    "visma_orderful_in",
    "visma_orderful_said",
    "visma_airbase",
    "visma_airbase_in",
    "visma_basware",
    "visma_basware_orders",
    "visma_basware_invoices",
    "visma_adobe",
    "visma_adobe_in",
    "visma_basware_said",
    "visma_basware_paid",
)


@cache
def all_flows() -> dict[str, FlowSpec]:
    """Every flow by its full key. A flow whose sink its system does not have is not offered."""
    found = (spec for module in MODULES for spec in import_module(f"integrations.flows.{module}").FLOWS)
    return {spec.full_key: spec for spec in found if _has_sink(spec)}


def _has_sink(spec: FlowSpec) -> bool:
    books, _, partner = spec.pair.partition("-")
    target = books if spec.target == "books" else partner.replace("-", "_")
    return spec.keeps or any(sink.key == spec.sink for sink in system(target).sinks)


def flow_spec(full_key: str) -> FlowSpec:
    """The flow called `full_key`. Raises KeyError for an unknown one."""
    return all_flows()[full_key]


def flows_of_pair(pair: str) -> list[FlowSpec]:
    return [spec for spec in all_flows().values() if spec.pair == pair]


def pairs() -> list[str]:
    return sorted({spec.pair for spec in all_flows().values()})

"""A setting that is chosen from a list names one that there is."""

from __future__ import annotations

from integrations.flows.registry import all_flows
from integrations.services.offers import lists_of
from integrations.systems.registry import all_systems
from portal.customer.new_partner import OFFERS
from portal.customer.setting_up import COMPANY_FIELDS, COMPANY_OFFERS


def test_every_list_that_is_named_exists() -> None:
    there = {f"{key}.{name}" for key, spec in all_systems().items() for name in spec.offers}
    declared = [*all_systems().values(), *all_flows().values()]
    named = {name for owner in declared for name in lists_of(owner.settings).values()}
    assert named
    assert named | set(OFFERS.values()) | set(COMPANY_OFFERS.values()) == there
    assert set(COMPANY_OFFERS) <= {name for name, _label, _needed in COMPANY_FIELDS}


def test_a_list_is_one_of_a_system_that_the_form_can_ask() -> None:
    for key, spec in all_flows().items():
        ends = {"visma", spec.pair.partition("-")[2].replace("-", "_")}
        assert {name.partition(".")[0] for name in lists_of(spec.settings).values()} <= ends, key
    for key, spec in all_systems().items():
        assert {name.partition(".")[0] for name in lists_of(spec.settings).values()} <= {key}

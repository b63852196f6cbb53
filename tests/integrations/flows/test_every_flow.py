"""Every flow stands everywhere where flows stand: documentation, demo, stories (scenarios and crash kit)."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from django.conf import settings

from integrations.flows.registry import all_flows
from tests.support.stories import STORIES


def test_the_table_in_the_documentation_lists_exactly_the_flows_there_are() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "flows.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+\.[a-z-]+)` \| (out|in) \|", text, re.MULTILINE)
    assert sorted(rows) == sorted((key, spec.direction) for key, spec in all_flows().items())


def test_every_flow_has_a_story_for_scenarios_and_crash_kit() -> None:
    assert set(STORIES) == set(all_flows())


def test_every_flow_is_switched_on_in_the_demo() -> None:
    text = (Path(settings.BASE_DIR) / "demo" / "tenants.yaml").read_text(encoding="utf-8")
    pairs = [i for tenant in yaml.safe_load(text)["tenants"] for i in tenant["integrations"]]
    connections = {
        c["key"]: c["system"].replace("_", "-") for t in yaml.safe_load(text)["tenants"] for c in t["connections"]
    }
    there = {f"visma-{connections[i['partner']]}.{flow}" for i in pairs for flow in i["flows"]}
    assert there == set(all_flows())

"""A sample of the crash kit: three flows, killed here and there. `make crash` kills every flow everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.crash import states
from tests.support.database import database_url
from tests.support.stories import STORIES

SAMPLE = ("visma-cleo.purchase-orders", "visma-cleo.ship-notices", "visma-orderful.partner-documents")
EVERY = 29


@pytest.mark.timeout(900)  # says nothing of the code: the machine may be busy
@pytest.mark.django_db
def test_rule_03_and_06_a_worker_killed_anywhere_leads_to_the_same_end(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    url = "" if connection.vendor == "sqlite" else database_url()
    command = [sys.executable, "-m", "tests.crash", *SAMPLE, f"--every={EVERY}", "--jobs=1", f"--results={results}"]
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    ended = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment | {"DATABASE_URL": url}, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    said = json.loads(results.read_text())
    assert set(said) == set(SAMPLE) <= set(STORIES)
    assert all(flow["equal"] and flow["points"] >= 3 for flow in said.values())


def test_the_kit_sees_what_is_lost_doubled_or_different() -> None:
    """The comparison itself must be able to fail."""
    row = {"key": "A", "body": {"number": "1", "at": "2026-03-02T12:00:00Z"}}
    later = {"key": "B", "body": {"number": "1", "at": "2026-03-02T13:00:00Z"}}
    before = {"network": {"files": {"items": []}, "requests": {"total": 1}}}

    def news(*rows: object) -> dict[str, object]:
        after = {"network": {"files": {"items": list(rows)}, "requests": {"total": 9}}}
        return states.news_of_simulators(before, after)

    assert states.differences(news(row), news(row)) == []
    assert states.differences(news(row), news({**row, "body": {**later["body"]}})) == []
    assert states.differences(news(row), news())
    assert states.differences(news(row), news(row, later))
    assert states.differences(news(row), news({**row, "body": {"number": "2"}}))

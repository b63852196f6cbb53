"""The state file, and the process as a whole."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from integrations.sandbox.assembly import Settings
from integrations.sandbox.main import running
from tests.integrations.sandbox.conftest import VismaClient

ROOT = Path(__file__).resolve().parents[3]
ONLY_VISMA = Settings(systems=frozenset({"visma"}))


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with running(ONLY_VISMA, state=file) as server:
        client = VismaClient(server)
        location = client.post("/v1/supplier", json={"name": {"value": "Beständig Å AB"}}).headers["Location"]
        etag = client.version("/v1/supplier/50001")
        saved = requests.post(f"{server.url}/_control/save", timeout=10).json()
        assert saved == {"saved": str(file)}
    number = location.rpartition("/")[2]
    with running(ONLY_VISMA, state=file) as server:
        client = VismaClient(server)
        assert client.get(f"/v1/supplier/{number}").json()["name"] == "Beständig Å AB"
        assert client.version("/v1/supplier/50001") == etag
        next_location = client.post("/v1/supplier", json={"name": {"value": "Nästa"}}).headers["Location"]
        assert int(next_location.rpartition("/")[2]) == int(number) + 1
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_the_end_of_the_block_saves(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "state.json"
    with running(ONLY_VISMA, state=file) as server:
        VismaClient(server).post("/v1/supplier", json={"name": {"value": "Sist"}})
    rows = json.loads(file.read_bytes())["systems"]["visma"]["store"]["tables"]["supplier"]
    assert rows[-1]["body"]["name"] == "Sist"


def test_a_damaged_file_is_no_reason_to_forget(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text('{"systems": {"visma"')
    with pytest.raises(ValueError, match="truncated"), running(ONLY_VISMA, state=file):
        pass
    assert file.read_text() == '{"systems": {"visma"'


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "integrations.sandbox", "--port", "0", *arguments]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ})
    assert started.stdout is not None
    found = re.search(r"http://[\d.:]+", started.stdout.readline())
    assert found is not None
    try:
        yield started, found[0]
    finally:
        if started.poll() is None:
            started.kill()
        started.wait(10)


def test_the_process_says_where_it_listens_and_saves_when_it_is_stopped(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with process("--state", str(file), "--latency-ms", "30", "--no-strict") as (started, url):
        visma = requests.get(f"{url}/_control/", timeout=10).json()["systems"]["visma"]
        assert visma["options"]["strict"] is False
        begin = time.monotonic()
        requests.get(f"{url}/visma/v1/branch", timeout=10)
        assert time.monotonic() - begin >= 0.03
        body = {"system": "visma", "entity": "supplier", "key": "50001", "set": {"name": "Vid slutet"}}
        requests.post(f"{url}/_control/mutate", json=body, timeout=10)
        started.send_signal(signal.SIGTERM)
        assert started.wait(10) == 0
    assert "Vid slutet" in file.read_text()


def test_airbase_and_basware_go_on_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(systems=frozenset({"airbase", "basware"}), options={"basware": {"processing_delay": 600}})
    file = tmp_path / "state.json"
    key, basic = {"Authorization": "Bearer sandbox-airbase-se"}, ("basware-se", "sandbox-basware-se-secret")
    bills, vendors = "airbase/nordlogistik/v1/accounting/bills", "basware/eu/v1/vendors"
    bill = {"erp_reference_id": "INV-1", "vendor": {"erp_reference_id": "50001"}, "total_amount": "10.00"}
    vendor = {"externalCode": "V-1", "vendorCode": "1", "name": "X", "companies": [{"companyCode": "1001"}]}
    with running(settings, state=file) as server:
        assert requests.post(f"{server.url}/{bills}/", json=bill, headers=key, timeout=10).status_code == 201
        sent = requests.post(f"{server.url}/{vendors}", json=[vendor], auth=basic, timeout=10)
        assert sent.status_code == 200
    with running(settings, state=file) as server:
        assert requests.post(f"{server.url}/{bills}/", json=bill, headers=key, timeout=10).status_code == 400
        requests.post(f"{server.url}/_control/clock", json={"advance_seconds": 601}, timeout=10)
        own = sent.headers["x-amzn-RequestId"]
        state = requests.get(f"{server.url}/basware/eu/v1/requestStatus/{own}", auth=basic, timeout=10).json()
        assert state["requestStatus"][0]["requestStatus"] == "Success"

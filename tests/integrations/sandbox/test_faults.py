"""Armed faults as a client meets them."""

from __future__ import annotations

import json
import socket
import struct
import time

import pytest
import requests

from tests.integrations.sandbox.conftest import Control, VismaClient

BRANCH = "/v1/branch"


@pytest.mark.parametrize("status", [401, 403, 404, 409, 412, 429, 500, 502, 503])
def test_status_faults_fire_as_often_as_armed(visma: VismaClient, control: Control, status: int) -> None:
    control.fault(status, times=2)
    assert [visma.get(BRANCH).status_code for _ in range(3)] == [status, status, 200]
    assert control.get("faults")[0]["fired"] == 2


def test_429_has_retry_after_only_when_it_was_given(visma: VismaClient, control: Control) -> None:
    control.fault(429)
    control.fault(429, retry_after=7)
    bare = visma.get(BRANCH).headers
    assert "Retry-After" not in bare
    assert bare["X-RateLimit-Remaining"] == "0"
    assert visma.get(BRANCH).headers["Retry-After"] == "7"


def test_500_comes_in_changing_forms(visma: VismaClient, control: Control) -> None:
    control.fault(500, times=4)
    bodies = [visma.get(BRANCH).text for _ in range(4)]
    assert json.loads(bodies[0])["message"].startswith("VismaId: ")
    assert bodies[1] == "Internal Server Error"
    assert bodies[2].startswith("<!DOCTYPE html>")
    assert bodies[3] == ""


def test_503_as_html(visma: VismaClient, control: Control) -> None:
    control.fault("503html")
    answer = visma.get(BRANCH)
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html")


def test_faults_choose_by_method_and_path(visma: VismaClient, control: Control) -> None:
    control.fault(500, method="POST", path_regex="^/v1/supplier$")
    assert visma.get("/v1/supplier").status_code == 200
    assert visma.post(BRANCH).status_code == 405
    assert visma.post("/v1/supplier", json={}).status_code == 500


@pytest.mark.parametrize("pattern", ["^/v1/branch$", "^/visma/v1/branch$", r"branch\?a=1"])
def test_paths_match_with_and_without_prefix_and_query(visma: VismaClient, control: Control, pattern: str) -> None:
    control.fault(500, path_regex=pattern)
    assert visma.get(BRANCH + "?a=1").status_code == 500


def new_supplier(name: str) -> dict[str, object]:
    return {"name": {"value": name}}


def names(visma: VismaClient) -> list[str]:
    return [row["name"] for row in visma.get("/v1/supplier?pageSize=500").json()]


@pytest.mark.parametrize(
    ("fault", "applied"), [("timeout_before", False), ("timeout_after", True), ("reset", False), ("reset_after", True)]
)
def test_lost_answers_and_what_they_leave(visma: VismaClient, control: Control, fault: str, applied: bool) -> None:
    control.fault(fault, method="POST", seconds=0.5)
    with pytest.raises(requests.ConnectionError):
        visma.post("/v1/supplier", json=new_supplier("Förlorad AB"))
    assert ("Förlorad AB" in names(visma)) is applied
    assert control.get("requests?system=visma")[-2]["status"] == 0


def test_what_commits_late_is_there_after_the_connection_broke(visma: VismaClient, control: Control) -> None:
    control.fault("commits_late", method="POST", seconds=0.5)
    with pytest.raises(requests.ConnectionError):
        visma.post("/v1/supplier", json=new_supplier("Sen AB"))
    assert "Sen AB" not in names(visma)
    time.sleep(0.8)
    assert names(visma).count("Sen AB") == 1


def test_a_timeout_ends_when_the_client_leaves(visma: VismaClient, control: Control) -> None:
    control.fault("timeout_before", seconds=20)
    started = time.monotonic()
    with pytest.raises(requests.ReadTimeout):
        visma.get(BRANCH, timeout=0.3)
    assert time.monotonic() - started < 2
    assert visma.get(BRANCH).status_code == 200


def test_a_reset_is_a_reset_and_no_orderly_end(visma: VismaClient, control: Control) -> None:
    control.fault("reset", path_regex="branch")
    host, port = visma.base.removeprefix("http://").partition("/")[0].split(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"GET /visma/v1/branch HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            raw.recv(1)


def test_malformed_acts_and_breaks_the_json(visma: VismaClient, control: Control) -> None:
    control.fault("malformed")
    answer = visma.get(BRANCH)
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_slow_answers_arrive_whole_and_late(visma: VismaClient, control: Control) -> None:
    control.fault("slow", seconds=1)
    started = time.monotonic()
    assert len(visma.get(BRANCH, timeout=0.5).json()) == 2  # no single read takes long
    assert time.monotonic() - started > 0.8


def test_an_answer_leaves_in_one_write(visma: VismaClient) -> None:
    host, port = visma.base.removeprefix("http://").partition("/")[0].split(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"GET /visma/.well-known/openid-configuration HTTP/1.1\r\nHost: x\r\n\r\n")
        first = raw.recv(65_536)
        assert b"token_endpoint" in first
        raw.sendall(b"GET /visma/v1/branch HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert raw.recv(65_536).startswith(b"HTTP/1.1 401 ")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
        assert raw.recv(1) == b""


def test_wrong_descriptions_are_refused(control: Control) -> None:
    for body in ({"fault": "nonsense"}, {"fault": 500, "path_regex": "("}, {"fault": 500, "system": "nobody"}, {}):
        answer = requests.post(f"{control.url}/faults", json=body, timeout=10)
        assert answer.status_code == 400
        assert answer.json()["message"]
    assert control.get("faults") == []

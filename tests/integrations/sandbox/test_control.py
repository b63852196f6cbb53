"""The control API."""

from __future__ import annotations

from datetime import datetime

import requests

from tests.integrations.sandbox.conftest import Control, VismaClient


def test_the_front_page_tells_how_to_connect(control: Control) -> None:
    page = control.get("")
    visma = page["systems"]["visma"]
    assert visma["base_url"].endswith("/visma")
    assert [company["company_id"] for company in visma["companies"]] == [1001, 1002, 1003, 1004]
    assert visma["options"]["strict"] is True
    shown = requests.get(f"{control.url}/", headers={"Accept": "text/html,*/*"}, timeout=10)
    assert shown.headers["Content-Type"].startswith("text/html")
    assert "isv_mlconnector_nordlogistik" in shown.text


def test_state_shows_rows_without_private_members(visma: VismaClient, control: Control) -> None:
    state = control.get("state?system=visma&entity=PURCHASEORDER")["visma"]
    assert set(state) == {"purchaseorder", "requests"}
    orders = state["purchaseorder"]
    assert orders["count"] == len(orders["items"]) == 150
    assert set(orders["items"][0]) == {"key", "business_number", "received_at", "body"}
    assert orders["items"][0]["business_number"] == orders["items"][0]["body"]["orderNbr"] == "500001"


def test_requests_are_logged_as_they_came(visma: VismaClient, control: Control) -> None:
    visma.get("/v1/supplier?pageSize=1&name=%C3%85")
    entry = control.get("requests?system=visma&bodies=1")[-1]
    assert (entry["method"], entry["path"], entry["query"]) == ("GET", "/v1/supplier", "pageSize=1&name=%C3%85")
    assert entry["headers"]["ipp-company-id"] == "1001"
    assert entry["headers"]["authorization"].startswith("Bearer ")
    assert (entry["status"], entry["bytes"] > 0, entry["ms"] > 0) == (200, True, True)
    assert "body" not in control.get("requests")[-1]
    totals = control.get("state?system=visma&entity=none")["visma"]["requests"]
    assert totals == {"total": 2, "by_status": {"200": 2}}


def test_mutate_takes_untouched_rows_first(visma: VismaClient, control: Control) -> None:
    before = visma.version("/v1/purchaseorder/500001")
    first = control.mutate("purchaseorder", None, {"status": "Cancelled"}, count=2)
    second = control.mutate("purchaseorder", None, {"description": "ny"})
    assert first == {"mutated": ["SE/500001", "SE/500002"]}
    assert second == {"mutated": ["SE/500003"]}
    order = visma.get("/v1/purchaseorder/500001")
    assert order.json()["status"] == "Cancelled"
    assert order.headers["ETag"] != before


def test_a_mutated_row_is_in_the_delta(visma: VismaClient, control: Control) -> None:
    newest = max(row["lastModifiedDateTime"] for row in visma.get("/v1/purchaseorder?pageSize=500").json())
    delta = {"lastModifiedDateTime": newest, "lastModifiedDateTimeCondition": ">"}
    assert visma.get("/v1/purchaseorder", params=delta).json() == []
    control.mutate("purchaseorder", "SE/500007", {"description": "ändrad"})
    found = visma.get("/v1/purchaseorder", params=delta).json()
    assert [row["orderNbr"] for row in found] == ["500007"]


def test_a_mutated_line_changes_the_totals(visma: VismaClient, control: Control) -> None:
    keys = control.mutate("purchaseorder", "SE/500005", {"lines.0.unitCost": 1.0})
    assert keys == {"mutated": ["SE/500005"]}
    order = visma.get("/v1/purchaseorder/500005").json()
    assert order["lines"][0]["unitCost"] == 1.0
    assert round(order["lineTotal"] + order["taxTotal"], 2) == order["orderTotal"]
    assert round(sum(line["amount"] for line in order["lines"]), 2) == order["lineTotal"]


def test_wrong_mutations_are_refused_with_a_sentence(control: Control) -> None:
    for body in (
        {"system": "visma", "entity": "nonsense", "set": {}},
        {"system": "visma", "entity": "purchaseorder", "key": "SE/1", "set": {"status": "Open"}},
        {"system": "visma", "entity": "purchaseorder", "key": "500001", "set": {"status": "Open"}},  # in four companies
        {"system": "visma", "entity": "purchaseorder", "key": "SE/500001", "set": {"lines.900.unitCost": 1}},
        {"system": "nobody", "entity": "x", "set": {}},
        {"entity": "x"},
    ):
        answer = requests.post(f"{control.url}/mutate", json=body, timeout=10)
        assert answer.status_code == 400, body
        assert answer.json()["message"]


def test_a_mutation_happens_as_a_whole_or_not_at_all(visma: VismaClient, control: Control) -> None:
    wrong = {"description": "halv", "lines.900.unitCost": 1}
    body = {"system": "visma", "entity": "purchaseorder", "key": "SE/500001", "set": wrong}
    assert requests.post(f"{control.url}/mutate", json=body, timeout=10).status_code == 400
    assert visma.get("/v1/purchaseorder/500001").json()["description"] != "halv"


def test_options_and_reset(visma: VismaClient, control: Control) -> None:
    control.options(rate_limit=3)
    assert visma.get("/v1/branch").headers["X-RateLimit-Limit"] == "3"
    refused = requests.post(f"{control.url}/options", json={"system": "visma", "set": {"x": 1}}, timeout=10)
    assert refused.status_code == 400
    control.fault(500)
    control.mutate("supplier", "50001", {"name": "Annan"})
    control.post("clock", advance_seconds=100)
    control.post("reset")
    assert control.get("faults") == []
    assert control.get("requests") == []
    assert visma.get("/v1/branch").headers["X-RateLimit-Limit"] == "15000"
    assert visma.get("/v1/supplier/50001").json()["name"] != "Annan"


def test_the_clock_moves_for_everyone(visma: VismaClient, control: Control) -> None:
    before = datetime.fromisoformat(control.get("")["clock"])
    control.post("clock", advance_seconds=3_000)
    after = datetime.fromisoformat(control.get("")["clock"])
    assert 3_000 <= (after - before).total_seconds() < 3_010
    assert visma.get("/v1/branch").status_code == 200
    control.post("clock", advance_seconds=700)
    assert visma.get("/v1/branch").status_code == 401  # the token lived 3,600 s


def test_unknown_control_paths_list_what_there_is(control: Control) -> None:
    answer = requests.get(f"{control.url}/nonsense", timeout=10)
    assert answer.status_code == 404
    assert "POST /_control/faults" in answer.json()["endpoints"]
    assert requests.put(f"{control.url}/state", timeout=10).status_code == 405


def test_save_needs_a_state_file(control: Control) -> None:
    assert requests.post(f"{control.url}/save", timeout=10).status_code == 400


def test_actions_are_described_and_wrong_ones_refused(control: Control) -> None:
    page = control.get("")
    assert page["systems"]["visma"]["actions"]["void_payment"].startswith("Void a released supplier payment")
    refused = requests.post(f"{control.url}/act", json={"system": "visma", "action": "dance"}, timeout=10)
    assert refused.status_code == 400
    assert "void_payment" in refused.json()["message"]


def test_a_snapshot_brings_data_options_and_clock_back(visma: VismaClient, control: Control) -> None:
    control.options(rate_limit=3)
    control.mutate("supplier", "50001", {"name": "Annan"})
    control.post("snapshot", name="then")
    clock = datetime.fromisoformat(control.get("")["clock"])
    control.options(rate_limit=9)
    control.mutate("supplier", "50001", {"name": "Tredje"})
    control.post("clock", advance_seconds=1_000)
    control.fault(500)
    control.post("restore", name="then")
    assert control.get("faults") == []
    assert (datetime.fromisoformat(control.get("")["clock"]) - clock).total_seconds() < 60
    answer = visma.get("/v1/supplier/50001")
    assert answer.json()["name"] == "Annan"
    assert answer.headers["X-RateLimit-Limit"] == "3"
    refused = requests.post(f"{control.url}/restore", json={"name": "never"}, timeout=10)
    assert refused.status_code == 400

"""The Airbase simulator: payments, reporting back, voided and failed payments, events."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.spec import check_response, require_specs
from tests.integrations.sandbox.test_airbase_simulator import PREFIX, Airbase, bill, brief, evidence, sandbox, server
from tests.integrations.sandbox.webhook_receiver import Receiver, receiving

__all__ = ["brief", "evidence", "sandbox", "server"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def act(sandbox: Served, action: str, **given: Any) -> str:
    """Something that people at Airbase do for the Swedish company."""
    return sandbox.control("act", {"system": "airbase", "action": action, "with": {"company": "SE", **given}})["result"]


def without_nulls(value: Any) -> Any:
    """Null members off: the description marks references as nullable in a way that no validator reads."""
    if isinstance(value, dict):
        return {
            name: without_nulls(one) for name, one in value.items() if one is not None or name in {"next", "previous"}
        }
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def report(number: str = "000900", status: str = "sync_complete") -> dict[str, Any]:
    return {"status": status, "erp_reference_id": number, "erp_url": None, "error_message": None}


BORN = {"vendor": "50001", "invoice_number": "F1", "total_amount": "10.50"}


def test_an_approved_payment_waits_until_it_is_reported(sandbox: Served, brief: Airbase) -> None:
    brief.post("bills/", json=bill(invoice_number="F90000"))
    own = act(sandbox, "approve_payment", bill="INV-1", amount="40.00", date="2026-01-30", bank_account="1930")
    (entry,) = brief.all("payments/")
    assert entry == brief.all("ledger_entries/")[0]
    assert (entry["type"], entry["status"], entry["total_amount"]) == ("bill_payment", "sync_ready", "40.00")
    assert entry["vendor"]["erp_reference_id"] == "50001"
    assert entry["bank_account"] == {"erp_reference_id": "1930", "name": "Företagskonto"}
    assert [(one["erp_reference_id"], one["amount"]) for one in entry["applied_to"]] == [("INV-1", "40.00")]
    paid = brief.all("bills/")[0]
    assert (paid["payment_status"], paid["payments"]) == ("partially_paid", [{"airbase_id": own, "amount": "40.00"}])
    assert brief.patch(f"payments/{own}/", json=report()).json()["erp_reference_id"] == "000900"
    assert brief.all("payments/") == []
    assert brief.all("payments/", status="sync_complete")[0]["airbase_id"] == own
    act(sandbox, "approve_payment", bill="INV-1")
    assert brief.all("payments/")[0]["total_amount"] == "60.00"
    assert brief.all("bills/")[0]["payment_status"] == "paid"


def test_one_payment_of_several_bills_and_a_credit_note(sandbox: Served, brief: Airbase) -> None:
    for reference, amount in (("A", "100.00"), ("B", "50.25"), ("C", "-20.00")):
        brief.post("bills/", json=bill(reference, total_amount=amount))
    act(sandbox, "approve_payment", bills=[{"bill": "A"}, {"bill": "B", "amount": "50.00"}, {"bill": "C"}])
    (entry,) = brief.all("payments/")
    assert entry["total_amount"] == "130.00"
    assert [one["amount"] for one in entry["applied_to"]] == ["100.00", "50.00", "-20.00"]
    assert entry["invoice_number"] is None


def test_reporting_twice_changes_nothing_and_another_number_is_refused(sandbox: Served, brief: Airbase) -> None:
    own = act(sandbox, "approve_payment", invoice=BORN)
    path = f"ledger_entries/{own}/"
    assert brief.patch(path, json=report(status="done")).status_code == 400
    assert (
        brief.patch(path, json={"status": "sync_failed", "error_message": "period"}).json()["error_message"] == "period"
    )
    assert brief.patch(path, json=report()).status_code == 200
    assert brief.patch(path, json=report()).status_code == 200
    assert brief.patch(path, json=report("000901")).status_code == 400
    assert brief.get(path).json()["erp_reference_id"] == "000900"
    reports = [row["body"].get("erp_reference_id") for row in sandbox.rows("sync_reports")]
    assert reports == ["000900", None, "000900", "000900", "000901"]


def test_entries_are_as_the_recordings_have_them(sandbox: Served, evidence: Airbase) -> None:
    require_specs("airbase")
    act(sandbox, "approve_payment", invoice=BORN, currency="EUR", subsidiary_amount="117.76")
    act(sandbox, "add_entry", type="virtual_card_payment", total_amount="7.00", settlement_amount=None)
    answer = evidence.get("ledger_entries/")
    check_response("airbase", "GET", f"{PREFIX}/ledger_entries/", 200, without_nulls(answer.json()))
    born, payment, card = answer.json()["data"]
    assert (born["type"], born["invoice_number"], born["bank_account"]) == ("bill", "F1", None)
    assert born["ap_account"]["erp_reference_id"] == "2440"
    assert payment["applied_to"] == [
        {"id": born["id"], "airbase_id": born["id"], "transaction_type": "bill"}
    ]  # the recorded shape tells no amounts
    assert payment["amounts"]["subsidiary_amount"]["amount"] == "117.76"
    assert (card["vendor"], len(card["entry_date"])) == (None, 19)
    sandbox.options(date_form="microseconds")
    act(sandbox, "add_entry", type="cashback", status="on_review")
    (odd,) = evidence.all("ledger_entries/", status="on_review")
    assert len(odd["entry_date"]) == 26


def test_a_payment_voided_after_posting(sandbox: Served, brief: Airbase) -> None:
    brief.post("bills/", json=bill())
    own = act(sandbox, "approve_payment", bill="INV-1")
    brief.patch(f"payments/{own}/", json=report())
    act(sandbox, "void_payment", payment=own)
    assert brief.all("payments/") == []
    assert brief.all("payments/", status="voided")[0]["erp_reference_id"] == "000900"
    assert brief.all("bills/")[0]["payment_status"] == "unpaid"
    assert brief.patch(f"payments/{own}/", json=report()).status_code == 400


def test_a_void_may_be_an_entry_of_its_own(sandbox: Served, brief: Airbase) -> None:
    sandbox.options(void_form="entry")
    own = act(sandbox, "approve_payment", invoice=BORN)
    brief.patch(f"ledger_entries/{own}/", json=report())
    act(sandbox, "void_payment", payment=own)
    assert brief.get(f"ledger_entries/{own}/").json()["status"] == "sync_complete"
    void = brief.all("ledger_entries/")[-1]
    assert (void["type"], void["total_amount"]) == ("bill_payment_void", "-10.50")
    assert void["applied_to"][0]["airbase_id"] == own


def test_a_payment_that_the_bank_refused(sandbox: Served, brief: Airbase) -> None:
    own = act(sandbox, "approve_payment", vendor="50001", amount="5.00")
    act(sandbox, "fail_payment", payment=own, reason="closed account")
    (entry,) = brief.all("payments/", status="failed")
    assert (entry["error_message"], entry["applied_to"]) == ("closed account", [])


def test_vendors_made_in_airbase(sandbox: Served, brief: Airbase) -> None:
    twin = act(sandbox, "create_vendor", supplier="50002")
    row = brief.get(f"vendors/{twin}/").json()
    assert (row["erp_reference_id"], bool(row["tax_id"])) == ("", True)
    stranger = act(sandbox, "create_vendor", name="Café Söder", platform_reference=True)
    act(sandbox, "approve_payment", vendor=stranger, amount="5.00")
    vendor = brief.all("payments/")[0]["vendor"]
    assert (len(vendor["erp_reference_id"]), vendor["created_in_airbase"]) == (36, True)
    sandbox.options(mode="evidence")
    shown = Airbase(sandbox.base, scheme="Token").get(f"vendors/{twin}/").json()
    assert "tax_id" not in shown


def test_bills_are_approved_coded_and_rejected(sandbox: Served, brief: Airbase) -> None:
    brief.post("accounts/", json={"name": "Frakt", "erp_reference_id": "5710", "type": "expense", "category": ""})
    lines = [{"line_number": 1, "account": {"erp_reference_id": "5710"}, "amount": "100.00", "tags": []}]
    brief.post("bills/", json=bill(expense_list=lines))
    coded = [{**lines[0], "account": {"erp_reference_id": "6110"}}]
    act(sandbox, "approve_bill", bill="INV-1", expense_list=coded)
    (own,) = brief.all("bills/", status="approved")
    assert own["expense_list"] == coded
    act(sandbox, "approve_payment", bill="INV-1")
    assert brief.all("payments/")[0]["expense_list"] == coded
    brief.post("bills/", json=bill("INV-2"))
    act(sandbox, "reject_bill", bill="INV-2", reason="not ours")
    assert brief.all("bills/", status="rejected")[0]["notes"] == "not ours"


def test_the_onboarding_session(sandbox: Served, brief: Airbase) -> None:
    start, complete = {"action": "START"}, {"action": "COMPLETE"}
    assert brief.post("entity/sync/", json=start).status_code == 409
    refused = brief.patch("entity/sync/", json=complete)
    assert (refused.status_code, refused.json()) == (404, {"detail": "No active sync session found."})
    sandbox.options(onboarding_completed=False)
    assert brief.post("entity/sync/", json=start).status_code == 200
    assert brief.patch("entity/sync/", json=complete).status_code == 200
    assert brief.post("entity/sync/", json=start).status_code == 409
    assert brief.post("entity/sync/", json=complete).status_code == 400


# events


def test_events_are_signed_where_there_is_a_secret(sandbox: Served, receiver: Receiver) -> None:
    act(sandbox, "add_webhook", url=receiver.url, secret="hemlighet-ö", types=["payment_approved"])
    act(sandbox, "create_vendor", name="Not asked for")
    own = act(sandbox, "approve_payment", invoice=BORN)
    ((headers, body),) = receiver.wait(1)
    event = json.loads(body)
    assert set(event) == {"id", "object", "type", "created_date", "data"}
    assert (event["object"], event["type"], event["data"]) == ("event", "payment_approved", {"id": own})
    wanted = hmac.new("hemlighet-ö".encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-airbase-signature"] == wanted


def test_events_may_come_twice_and_are_tried_again(sandbox: Served, receiver: Receiver) -> None:
    sandbox.options(webhook_retries=2, webhook_retry_seconds=0.01)
    act(sandbox, "add_webhook", url=receiver.url)
    receiver.statuses.append(500)
    event = act(sandbox, "send_event", type="purchase_request_approved", data={"id": "pr_1"}, copies=2)
    came = receiver.wait(3)
    assert {json.loads(body)["id"] for _, body in came} == {event}
    assert "x-airbase-signature" not in came[0][0]
    act(sandbox, "send_event", raw="no json")
    assert receiver.wait(4)[3][1] == b"no json"


def test_an_endpoint_that_is_not_there_is_noted(sandbox: Served) -> None:
    act(sandbox, "add_webhook", url="http://127.0.0.1:9/gone")
    act(sandbox, "send_event")
    for _ in range(2_000):
        (sent,) = sandbox.rows("notifications")
        if sent["body"]["tries"]:
            break
        time.sleep(0.01)
    assert sent["body"]["tries"][0]["status"] == 0


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("approve_payment", {"bill": "nothing"}),
        ("approve_payment", {"vendor": "59999", "amount": "1"}),
        ("void_payment", {"payment": "nothing"}),
        ("create_vendor", {}),
        ("dance", {}),
    ],
)
def test_wrong_actions_say_why(sandbox: Served, action: str, given: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="message"):
        act(sandbox, action, **given)


def test_faults_have_the_shape_of_the_service(sandbox: Served, brief: Airbase) -> None:
    sandbox.fault(fault=502, path_regex="vendors")
    broken = brief.get("vendors/")
    assert (broken.status_code, broken.headers["Content-Type"]) == (502, "text/html")
    sandbox.fault(fault=429, path_regex="vendors", retry_after=7)
    limited = brief.get("vendors/")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    sandbox.fault(fault="timeout_after", method="POST", path_regex="vendors", seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        brief.post("vendors/", json={"name": "Applied", "erp_reference_id": "1"})
    assert len(brief.all("vendors/", erp_reference_id="1")) == 1

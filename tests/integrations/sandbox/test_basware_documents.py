"""The Basware simulator: accounting documents, redirects, intake of invoices, exported orders."""

from __future__ import annotations

import base64
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.integrations.sandbox.basware_client import Basware, act, api, sandbox, server, token, vendor
from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.spec import check_response, require_specs

__all__ = ["api", "sandbox", "server"]
DOCUMENTS = "/v1/accountingDocuments"
CONTINUATION = "x-amz-meta-continuationtoken"
INVOICE = {"supplierCode": "50001", "invoiceNumber": "F90000", "invoiceDate": "2026-01-02", "grossSum": 1250.0}


def receive(sandbox: Served, **more: Any) -> str:
    return act(sandbox, "receive_document", **{**INVOICE, **more})


def listed(api: Basware, **params: Any) -> list[dict[str, Any]]:
    answer = api.get(DOCUMENTS, params=params)
    if answer.status_code == 404:
        return []
    assert answer.status_code == 200, answer.text
    return answer.json()["accountingDocuments"]


def one(api: Basware, invoice_id: str) -> dict[str, Any]:
    (document,) = api.get(f"{DOCUMENTS}/{invoice_id}").json()["accountingDocuments"]
    return document


def transfer(**more: Any) -> dict[str, Any]:
    own = {"externalCode": str(uuid.uuid4()), "success": True, "responseMessage": "Booked", "paymentBlock": False}
    return {**own, "voucherNumber1": "900123", **more}


def payment(**more: Any) -> dict[str, Any]:
    own = {"externalCode": str(uuid.uuid4()), "success": True, "paymentBlock": False, "paidTotal": 1250.0}
    return {**own, "paymentNumber": "P-1", "paymentMethod": "Bank", **more}


# redirects


def test_lists_lead_to_another_host_that_refuses_the_token(sandbox: Served, api: Basware) -> None:
    assert api.get(DOCUMENTS, allow_redirects=False).status_code == 404
    receive(sandbox)
    first = api.get(DOCUMENTS, allow_redirects=False)
    assert (first.status_code, first.content) == (302, b"")
    url = first.headers["Location"]
    assert urlsplit(url).hostname in {"localhost", "127.1"}
    assert urlsplit(sandbox.url).hostname == "127.0.0.1"
    refused = requests.get(url, headers={"Authorization": "Bearer x"}, timeout=30)
    assert (refused.status_code, "Only one auth mechanism" in refused.text) == (400, True)
    assert requests.get(url, headers={"Host": "other.example"}, timeout=30).status_code == 403
    assert len(requests.get(url, timeout=30).json()["accountingDocuments"]) == 1
    sandbox.advance(901)
    assert "Request has expired" in requests.get(url, timeout=30).text


def test_on_the_same_host_the_token_must_be_left_out_too(sandbox: Served, api: Basware) -> None:
    sandbox.options(storage_host="same")
    receive(sandbox)
    assert api.get(DOCUMENTS).status_code == 400
    sandbox.options(redirects=[])
    assert len(listed(api)) == 1


def test_the_continuation_token_comes_with_the_redirected_answer(sandbox: Served, api: Basware) -> None:
    numbers = [f"F{n}" for n in range(5)]
    for number in numbers:
        receive(sandbox, invoiceNumber=number)
    first = api.get(DOCUMENTS, params={"pageSize": 2}, allow_redirects=False)
    assert CONTINUATION not in first.headers
    answer = requests.get(first.headers["Location"], timeout=30)
    seen = [row["invoiceNumber"] for row in answer.json()["accountingDocuments"]]
    while CONTINUATION in answer.headers:
        more = {CONTINUATION: answer.headers[CONTINUATION]}
        answer = api.get(DOCUMENTS, params={"pageSize": 2}, headers=more)
        seen += [row["invoiceNumber"] for row in answer.json()["accountingDocuments"]]
    assert seen == numbers
    assert api.get(DOCUMENTS, params={"pageSize": 101}).status_code == 400


# the life of a document


def test_from_approval_to_payment(sandbox: Served, api: Basware) -> None:
    require_specs("basware")
    own = receive(sandbox)
    path = f"{DOCUMENTS}/{own}"
    where = {"companyCode": "1001", "invoiceNumber": "F90000", "invoiceDate": "2026-01-02"}
    status = api.get(f"{DOCUMENTS}/status", params=where).json()
    assert [(row["status"], row["processingStatus"]) for row in status] == [("InApprovalProcess", "New")]
    assert api.post(f"{path}/acknowledge").status_code == 405
    rows = [{"accountCode": "5710", "costCenterCode": "10", "netTotal": 1000.0}]
    act(sandbox, "approve_document", document="F90000", codingRows=rows, orderNumbers=["500001"])
    (waiting,) = listed(api, ProcessingStatus="WaitingForTransfer")
    check_response("basware", "GET", DOCUMENTS, 200, {"accountingDocuments": [waiting]})
    assert [(row["rowIndex"], row["accountCode"]) for row in waiting["codingRows"]] == [(10, "5710")]
    assert api.post(f"{path}/transferResponses", json=transfer()).status_code == 400
    assert api.post(f"{path}/acknowledge").status_code == 200
    assert api.post(f"{path}/acknowledge").status_code == 405
    assert one(api, own)["processingStatus"] == "TransferInProgress"
    assert api.post(f"{path}/paymentResponses", json=payment()).status_code == 400
    booked = transfer()
    assert api.post(f"{path}/transferResponses", json=booked).status_code == 200
    assert api.post(f"{path}/transferResponses", json=booked).status_code == 400
    assert api.post(f"{path}/transferResponses", json=transfer()).status_code == 400
    known = one(api, own)
    assert (known["processingStatus"], known["voucherNumber1"]) == ("Transferred", "900123")
    assert api.get(f"{DOCUMENTS}/status", params={**where, "grossSum": 1250}).json()[0]["status"] == "ReadyForPayment"
    part = payment(paidTotal=500.0, paymentDate="2026-01-30T00:00:00Z")
    assert api.post(f"{path}/paymentResponses", json=part).status_code == 200
    assert one(api, own)["clearingReferenceId"] == "P-1"
    assert api.post(f"{path}/paymentResponses", json=part).status_code == 409
    whole = payment()
    del whole["paymentNumber"]
    assert api.post(f"{path}/paymentResponses", json=whole).status_code == 200
    paid = one(api, own)
    assert (paid["processingStatus"], "clearingReferenceId" in paid) == ("Paid", False)
    assert len(paid["paymentResponses"]) == 2
    assert api.get(f"{DOCUMENTS}/status", params=where).json()[0]["status"] == "Paid"


def test_a_failed_transfer_is_sent_again_under_its_id(sandbox: Served, api: Basware) -> None:
    own = receive(sandbox)
    act(sandbox, "approve_document", document=own)
    api.post(f"{DOCUMENTS}/{own}/acknowledge")
    failed = transfer(success=False, responseMessage="Period is closed")
    assert api.post(f"{DOCUMENTS}/{own}/transferResponses", json=failed).status_code == 200
    known = one(api, own)
    assert (known["processingStatus"], "voucherNumber1" in known) == ("TransferFailed", False)
    assert known["transferResponses"][0]["responseMessage"] == "Period is closed"
    act(sandbox, "retransfer_document", document=own)
    assert [row["invoiceId"] for row in listed(api, ProcessingStatus="WaitingForTransfer")] == [own]
    assert api.post(f"{DOCUMENTS}/{own}/acknowledge").status_code == 200


def test_prebooking(sandbox: Served, api: Basware) -> None:
    own = receive(sandbox)
    act(sandbox, "approve_document", document=own, prebook=True)
    api.post(f"{DOCUMENTS}/{own}/acknowledge")
    body = transfer()
    assert api.post(f"{DOCUMENTS}/{own}/prebookResponses", json=body).status_code == 200
    assert one(api, own)["processingStatus"] == "Prebooked"
    assert api.post(f"{DOCUMENTS}/{own}/prebookResponses", json=body).status_code == 409


def test_rejected_disputed_and_paid_by_people(sandbox: Served, api: Basware) -> None:
    rejected, other = receive(sandbox), receive(sandbox, invoiceNumber="F2")
    act(sandbox, "reject_document", document=rejected, reason="Duplicate", comment="already paid")
    known = one(api, rejected)
    assert (known["processingStatus"], known["removalReasonComment"]) == ("WaitingToBeRemoved", "already paid")
    assert sandbox.row("accountingDocuments", f"SE/{rejected}")["status"] == "Rejected"
    assert api.post(f"{DOCUMENTS}/{rejected}/acknowledge").status_code == 200
    assert one(api, rejected)["processingStatus"] == "Removed"
    act(sandbox, "dispute_document", document=other, reason="Too dear")
    assert one(api, other)["disputeInfo"]["disputeReason"] == "Too dear"
    act(sandbox, "approve_document", document=other)
    assert "disputeInfo" not in one(api, other)
    act(sandbox, "pay_document", document=other, date="2026-02-01", number="77")
    paid = one(api, other)
    assert (paid["processingStatus"], paid["clearingDate"]) == ("Paid", "2026-02-01T00:00:00Z")
    assert [(p["paidTotal"], p["paymentNumber"]) for p in paid["paymentResponses"]] == [(1250.0, "77")]


@pytest.mark.parametrize(
    "wrong", [{"responseMessage": None}, {"externalCode": ""}, {"voucher": "1"}, {"responseMessage": "x" * 251}]
)
def test_wrong_responses(sandbox: Served, api: Basware, wrong: dict[str, Any]) -> None:
    own = receive(sandbox)
    act(sandbox, "approve_document", document=own)
    api.post(f"{DOCUMENTS}/{own}/acknowledge")
    refused = api.post(f"{DOCUMENTS}/{own}/transferResponses", json=transfer(**wrong))
    assert refused.json()["errors"][0]["code"] == "SCHEMA_VALIDATION_ERROR"


def test_the_status_feature_may_be_off(sandbox: Served, api: Basware) -> None:
    receive(sandbox)
    where = {"companyCode": "1001", "invoiceNumber": "F90000", "invoiceDate": "2026-01-02"}
    assert api.get(f"{DOCUMENTS}/status", params=where).status_code == 200
    assert api.get(f"{DOCUMENTS}/status", params={**where, "grossSum": 1}).status_code == 404
    sandbox.options(status_feature=False)
    assert api.get(f"{DOCUMENTS}/status", params=where).status_code == 404
    del where["invoiceDate"]
    assert api.get(f"{DOCUMENTS}/status", params=where).status_code == 400


def test_attachments_appear_with_the_transfer(sandbox: Served, api: Basware) -> None:
    pdf = b"%PDF-1.7 \xff\x00"
    own = receive(sandbox, files=[{"filename": "f.pdf", "base64": base64.b64encode(pdf).decode()}])
    assert "attachments" not in one(api, own)
    act(sandbox, "approve_document", document=own)
    api.post(f"{DOCUMENTS}/{own}/acknowledge")
    api.post(f"{DOCUMENTS}/{own}/transferResponses", json=transfer())
    (attachment,) = one(api, own)["attachments"]
    assert (attachment["category"], attachment["filename"]) == ("ORIGINALIMAGE", "f.pdf")
    answer = api.get(f"{DOCUMENTS}/{own}/attachments/{attachment['externalCode']}")
    assert (answer.content, answer.headers["Content-Type"]) == (pdf, "application/pdf")
    assert api.get(f"{DOCUMENTS}/{own}/attachments/other").status_code == 404


# intake


def put(sandbox: Served, bum_id: str, body: dict[str, Any], **changes: Any) -> requests.Response:
    """An invoice by the Network."""
    values: dict[str, Any] = {
        "headers": {"X-BW-REQUEST-ID": str(uuid.uuid4())},
        "auth": ("network-se", "sandbox-network-se-secret"),
        "timeout": 30,
    }
    return requests.put(f"{sandbox.base}/network/v1/invoices/{bum_id}", json=body, **{**values, **changes})


PAYLOAD = {
    "invoiceNumber": "F1", "supplier": {"number": "50001", "name": "Things"}, "currency": "SEK", "total": "1250.00",
    "invoiceDate": "2026-01-02", "lines": [],
    "attachments": [{"filename": "a.pdf", "contentType": "application/pdf", "content": "JVBERg=="}],
}  # fmt: skip


def test_an_invoice_comes_in_once(sandbox: Served, api: Basware) -> None:
    api.post("/v1/vendors", json=[vendor()])
    assert put(sandbox, "bum-1", PAYLOAD).status_code == 201
    assert put(sandbox, "bum-1", PAYLOAD).status_code == 200
    (document,) = listed(api)
    assert (document["bumid"], document["invoiceNumber"], document["grossSum"]) == ("bum-1", "F1", 1250.0)
    assert (document["supplierCode"], document["companyCode"]) == ("50001", "1001")
    assert "disputeInfo" not in document
    changed = put(sandbox, "bum-1", {**PAYLOAD, "total": "1.00"})
    assert (changed.status_code, changed.json()["errors"]["validationErrors"]) == (409, [])
    state = requests.get(
        f"{sandbox.base}/network/v1/invoices/bum-1",
        auth=("network-se", "sandbox-network-se-secret"),
        headers={"X-BW-REQUEST-ID": str(uuid.uuid4())},
        timeout=30,
    )
    assert state.json() == {"bumId": "bum-1", "status": "Delivered"}


def test_an_invoice_on_its_way_may_still_change(sandbox: Served) -> None:
    sandbox.options(intake_delay=600)
    api = Basware(sandbox)
    put(sandbox, "bum-1", PAYLOAD)
    assert put(sandbox, "bum-1", {**PAYLOAD, "total": "7.00"}).status_code == 200
    assert listed(api) == []
    assert act(sandbox, "process")["invoices"] == 1
    api = Basware(sandbox)
    assert [row["grossSum"] for row in listed(api)] == [7.0]


def test_an_unknown_supplier_is_an_exception(sandbox: Served, api: Basware) -> None:
    sandbox.options(intake_fields={"supplierCode": ["party.id"]})
    put(sandbox, "bum-2", {"party": {"id": "77"}, "amount": 5})
    assert listed(api)[0]["disputeInfo"]["disputeReason"] == "Supplier 77 is not known"


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"auth": ("network-se", "wrong")}, 401, None),
        ({"auth": ("basware-se", "sandbox-basware-se-secret")}, 401, None),
        ({"headers": {}}, 400, "X-BW-REQUEST-ID"),
        ({"json": {}}, 400, "payload"),
        ({"json": {"attachments": [{"content": "%%%"}]}}, 400, "attachments"),
    ],
)
def test_the_network_refuses(sandbox: Served, changes: dict[str, Any], status: int, field: str | None) -> None:
    body = changes.pop("json", PAYLOAD)
    refused = put(sandbox, "bum-1", body, **changes)
    assert refused.status_code == status
    named = [error["fieldId"] for error in refused.json()["errors"]["validationErrors"]]
    assert named == ([field] if field else [])


def test_the_p2p_path_is_there_where_it_is_set(sandbox: Served, api: Basware) -> None:
    path, body = "/v1/invoiceIntake", {**PAYLOAD, "externalCode": "INV-1"}
    api.described = False  # the description has no such path, and no entity type for it
    assert api.post(path, json=[body]).status_code == 403
    sandbox.options(p2p_intake_path=path)
    sandbox.options(outcomes={"INV-2": {"status": "Error", "message": "No such cost centre"}})
    assert api.items(api.post(path, json=[body])) == {"INV-1": "Success"}
    assert api.items(api.post(path, json=[body])) == {"INV-1": "NotProcessed"}
    assert api.post(path, json=[{**body, "total": "3"}]).status_code == 409
    late = api.post(path, json={**body, "externalCode": "INV-2"})
    assert api.errors(late) == ["No such cost centre"]
    assert api.post(path, json=[{}]).status_code == 400
    reader = token(sandbox, scope="accountingDocuments.read").json()["access_token"]
    assert api.post(path, json=[body], headers={"Authorization": f"Bearer {reader}"}).status_code == 403


# exported orders


def test_exported_orders_come_again_when_they_change(sandbox: Served, api: Basware) -> None:
    own = act(sandbox, "export_order", supplierCode="50001", netSum=100.0)
    path, waiting = "/v1/exportedPurchaseOrders", {"orderStatus": "WaitingForExport"}
    (order,) = api.get(path, params=waiting).json()["exportedPurchaseOrders"]
    assert (order["externalCode"], order["orderStatus"]) == (own, "Ordered")
    assert api.post(f"{path}/{own}/acknowledge").status_code == 200
    assert api.post(f"{path}/{own}/acknowledge").status_code == 405
    assert api.get(path, params=waiting).status_code == 404
    act(sandbox, "export_order", externalCode=own, orderStatus="Canceled")
    (again,) = api.get(f"{path}/{own}").json()["exportedPurchaseOrders"]
    assert (again["orderNumber"], again["orderStatus"], again["netSum"]) == (order["orderNumber"], "Canceled", 100.0)


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("approve_document", {"document": "nothing"}),
        ("retransfer_document", {"document": "F90000"}),
        ("dance", {}),
    ],
)
def test_wrong_actions_say_why(sandbox: Served, action: str, given: dict[str, Any]) -> None:
    receive(sandbox)
    with pytest.raises(AssertionError, match="message"):
        act(sandbox, action, **given)

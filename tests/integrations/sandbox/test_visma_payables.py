"""The Visma simulator: what payment integrations need beyond creating and releasing."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests

from tests.integrations.sandbox.conftest import Control, VismaClient
from tests.integrations.sandbox.spec import check_response, require_specs

Body = dict[str, Any]
JOURNALS = "/v2/journaltransaction"


def v(value: Any) -> Body:
    return {"value": value}


def created(answer: requests.Response) -> str:
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].partition("/visma")[2]


def document(visma: VismaClient, amount: float, *, kind: str = "Invoice", currency: str = "SEK") -> str:
    """A released document of supplier 50001; answers its path."""
    line = {"operation": "Insert", "accountNumber": v("6110"), "unitCostInCurrency": v(amount), "quantity": v(1)}
    line |= {"vatCodeId": v("10"), "transactionDescription": v("Papper")}
    body = {
        "documentType": v(kind), "supplierNumber": v("50001"), "currencyId": v(currency), "invoiceLines": [line],
        "supplierReference": v(f"F-{kind}-{amount}"), "amount": v(amount),
    }  # fmt: skip
    number = created(visma.post("/v1/supplierInvoice", json=body)).rpartition("/")[2]
    path = f"/v1/supplierInvoice/{kind}/{number}"
    assert visma.post(f"{path}/action/release").json()["actionResult"] == "Done"
    return path


def payment(*lines: tuple[str, float], **more: Any) -> Body:
    """A payment of (path of a document, amount)."""
    listed = [
        {"documentType": v(path.split("/")[3]), "refNbr": v(path.split("/")[4]), "amountPaid": v(amount)}
        for path, amount in lines
    ]
    return {"type": v("Payment"), "supplier": v("50001"), "paymentLines": listed, **more}


def release(visma: VismaClient, path: str) -> tuple[str, str]:
    answer = visma.post(f"{path}/action/release", json={"type": v("Payment")}).json()
    return answer["actionResult"], answer["errorInfo"]


def act(control: Control, action: str, **given: Any) -> Any:
    return control.post("act", system="visma", action=action, **{"with": {"company": "SE", **given}})["result"]


@pytest.fixture(autouse=True)
def done(control: Control) -> None:
    control.options(release_result="Done")


def test_a_credit_note_reduces_the_payment(visma: VismaClient) -> None:
    first, second = document(visma, 100), document(visma, 50)
    credit = document(visma, 30, kind="DebitAdj")
    path = created(visma.post("/v1/supplierPayment", json=payment((first, 100), (second, 20), (credit, 30))))
    made = visma.get(path).json()
    assert (made["paymentAmount"], made["appliedAmount"], made["unappliedBalance"]) == (90.0, 90.0, 0.0)
    assert release(visma, path) == ("Done", "")
    assert [visma.get(one).json()["balance"] for one in (first, second, credit)] == [0.0, 30.0, 0.0]
    alone = visma.post("/v1/supplierPayment", json=payment((document(visma, 5, kind="DebitAdj"), 5)))
    assert alone.status_code == 400


def test_a_payment_in_another_currency_uses_the_cross_rate(visma: VismaClient) -> None:
    invoice = document(visma, 1121.5)
    body = payment((invoice, 50), currency=v("EUR"))
    body["paymentLines"][0]["crossRate"] = v(11.215)
    path = created(visma.post("/v1/supplierPayment", json=body))
    assert "crossRate" not in visma.get(path).json()["paymentLines"][0]
    assert release(visma, path) == ("Done", "")
    assert visma.get(invoice).json()["balance"] == 560.75
    rest = created(visma.post("/v1/supplierPayment", json=payment((invoice, 50), currency=v("EUR"))))
    assert release(visma, rest) == ("Done", "")
    assert visma.get(invoice).json()["status"] == "Closed"


def test_a_release_that_is_queued_twice_pays_once(visma: VismaClient, control: Control) -> None:
    invoice = document(visma, 100)
    path = created(visma.post("/v1/supplierPayment", json=payment((invoice, 40))))
    control.options(release_result="Queued")
    assert [release(visma, path)[0] for _ in range(2)] == ["Queued", "Queued"]
    assert visma.get(path).json()["status"] == "Balanced"
    control.post("clock", advance_seconds=10)
    assert visma.get(path).json()["status"] == "Closed"
    assert visma.get(invoice).json()["balance"] == 60.0


def test_a_release_may_fail_with_200(visma: VismaClient, control: Control) -> None:
    path = created(visma.post("/v1/supplierPayment", json=payment((document(visma, 100), 40))))
    control.options(release_result="Failed")
    assert release(visma, path)[0] == "Failed"
    assert visma.get(path).json()["status"] == "Balanced"


def test_payments_are_voided_by_people_only(visma: VismaClient, control: Control) -> None:
    invoice = document(visma, 100)
    refused = visma.post("/v1/supplierPayment", json={**payment((invoice, 1)), "type": v("VoidPayment")})
    assert refused.status_code == 400
    path = created(visma.post("/v1/supplierPayment", json=payment((invoice, 100))))
    number = path.rpartition("/")[2]
    with pytest.raises(AssertionError, match="Balanced"):
        act(control, "void_payment", payment=number)
    assert act(control, "release_payment", payment=number) == "Closed"
    assert visma.get(invoice).json()["status"] == "Closed"
    before = visma.version(path)
    assert act(control, "void_payment", payment=number) == f"SE/VoidPayment/{number}"
    assert visma.get(path).json()["status"] == "Voided"
    assert visma.version(path) != before
    void = visma.get(f"/v1/supplierPayment/VoidPayment/{number}").json()
    assert (void["type"], void["refNbr"], void["paymentAmount"]) == ("VoidPayment", number, -100.0)
    reopened = visma.get(invoice).json()
    assert (reopened["status"], reopened["balance"]) == ("Open", 100.0)
    found = visma.get("/v1/supplierPayment", params={"supplier": "50001", "invoiceRefNbr": invoice.split("/")[4]})
    assert sorted(row["type"] for row in found.json()) == ["Payment", "VoidPayment"]


def test_people_attach_files(visma: VismaClient, control: Control) -> None:
    content = base64.b64encode(b"%PDF-1.7").decode()
    own = act(control, "attach_file", number="000001", name="faktura.pdf", base64=content)
    invoice = visma.get("/v1/supplierInvoice/Invoice/000001").json()
    assert [(one["name"], one["id"]) for one in invoice["attachments"]] == [("faktura.pdf", own)]
    file = visma.get(f"/v1/attachment/{own}")
    assert (file.content, file.headers["Content-Type"]) == (b"%PDF-1.7", "application/pdf")
    listed = visma.get("/v1/supplierInvoice", params={"expandAttachment": "true", "pageSize": 500}).json()
    assert [row["referenceNumber"] for row in listed if row["attachments"]] == ["000001"]


# journals


def batch(*amounts: tuple[str, float, float], **more: Any) -> Body:
    """A batch of (account, debit, credit)."""
    lines = [
        {
            "operation": "Insert",
            "accountNumber": v(account),
            "subaccount": [{"segmentId": 1, "segmentValue": "20"}],
            "debitAmountInCurrency": v(debit),
            "creditAmountInCurrency": v(credit),
        }
        for account, debit, credit in amounts
    ]
    day = {"transactionDate": v("2026-09-01T00:00:00"), "ledger": v("1"), "description": v("Omföring")}
    return {**day, "journalTransactionLines": lines, **more}


def test_a_correcting_journal(visma: VismaClient) -> None:
    require_specs("visma")
    path = created(visma.post(JOURNALS, json=batch(("6110", 100.5, 0), ("5710", 0, 100.5))))
    made = visma.get(path)
    check_response("visma", "GET", path, 200, made.json())
    assert (made.json()["status"], made.json()["financialPeriod"], made.json()["debitTotal"]) == (
        "Balanced",
        "202609",
        100.5,
    )
    line = made.json()["journalTransactionLines"][0]
    assert line["subaccount"]["segments"][0]["segmentValue"] == "20"
    stale = {"If-Match": '"AAAAAAAAAAA="'}
    assert visma.put(path, json={"description": v("x")}, headers=stale).status_code == 412
    change = visma.put(path, json={"description": v("Ny text")}, headers={"If-Match": visma.version(path)})
    assert change.status_code == 204
    assert visma.get(path).json()["description"] == "Ny text"


def test_a_released_journal_is_posted(visma: VismaClient, control: Control) -> None:
    now = control.get("")["clock"][:10]
    body = batch(("6110", 10, 0), ("5710", 0, 10), transactionDate=v(f"{now}T00:00:00"))
    path = created(visma.post(JOURNALS, json=body))
    assert visma.post(f"{path}/action/release").json()["actionResult"] == "Done"
    assert visma.get(path).json()["status"] == "Posted"
    assert visma.post(f"{path}/action/release").json()["actionResult"] == "Failed"
    again = visma.put(path, json={"description": v("x")}, headers={"If-Match": visma.version(path)})
    assert again.status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        batch(("6110", 10, 0), ("5710", 0, 9)),
        batch(("0000", 10, 0), ("5710", 0, 10)),
        batch(("6990", 10, 0), ("5710", 0, 10)),
        batch(("6110", 10, 0), ("5710", 0, 10), ledger=v("7")),
        batch(("6110", 10, 0), ("5710", 0, 10), branch=v("7")),
    ],
)
def test_wrong_journals(visma: VismaClient, wrong: Body) -> None:
    assert visma.post(JOURNALS, json=wrong).status_code == 400


def test_pages_of_journals_count_lines(visma: VismaClient) -> None:
    assert visma.get(JOURNALS).status_code == 400
    for _ in range(2):
        created(visma.post(JOURNALS, json=batch(("6110", 1, 0), ("5710", 2, 0), ("5410", 0, 3))))
    pages = [
        visma.get(JOURNALS, params={"periodId": "202609", "pageSize": 2, "pageNumber": n}).json() for n in (1, 2, 3, 4)
    ]
    assert [[len(row["journalTransactionLines"]) for row in page] for page in pages] == [[2], [1, 1], [2], []]
    assert pages[0][0]["metadata"]["totalCount"] == 6
    since = visma.get(JOURNALS, params={"lastModifiedDateTime": "2020-01-01", "lastModifiedDateTimeCondition": ">"})
    assert len(since.json()) == 2

"""The Visma simulator: what sales need beside invoices: credit notes, VAT zones, classes of customers, payments."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.integrations.sandbox.conftest import Control, VismaClient
from tests.integrations.sandbox.spec import check_request, check_response, require_specs

Json = dict[str, Any]


def wrapped(**values: Any) -> Json:
    return {name: {"value": value} for name, value in values.items()}


def line(**values: Any) -> Json:
    return {"operation": "Insert", **wrapped(**{"quantity": 2, "unitPriceInCurrency": 50, "vatCodeId": "11", **values})}


def sale(*lines: Json, **values: Any) -> Json:
    return {**wrapped(**{"customerNumber": "10001", **values}), "invoiceLines": list(lines or [line()])}


def made(visma: VismaClient, path: str, body: Json) -> str:
    answer = visma.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].rpartition("/")[2]


def test_an_invoice_of_a_web_order(visma: VismaClient) -> None:
    body = sale(
        line(description="Row", accountNumber="3001"),
        line(quantity=1, unitPriceInCurrency=0, manualAmountInCurrency=-0.01, vatCodeId="10"),
        externalReference="nordlogistik:7",
        documentDate="2026-01-10",
        creditTermsId="14",
        currencyId="EUR",
        exchangeRate=11.25,
        paymentMethodId="2",
    )
    require_specs("visma")
    check_request("visma", "POST", "/v2/customerinvoice", {}, body)
    number = made(visma, "/v2/customerinvoice", body)
    found = visma.get("/v1/customerinvoice?externalReference=nordlogistik:7").json()
    assert [one["referenceNumber"] for one in found] == [number]
    invoice = found[0]
    assert (invoice["currencyId"], invoice["exchangeRate"]) == ("EUR", 11.25)
    assert (invoice["amountInCurrency"], invoice["amount"]) == (124.99, 1406.14)
    assert (invoice["documentDueDate"][:10], invoice["paymentMethod"]["id"]) == ("2026-01-24", "2")


def test_zones_and_codes_have_to_meet(visma: VismaClient) -> None:
    zones = visma.get("/v1/vatZone").json()
    assert [zone["id"] for zone in zones] == ["01", "02"]
    assert visma.get("/v1/vatZone/02").json() == zones[1]
    assert visma.get("/v1/vatZone/99").status_code == 404
    refused = visma.post("/v2/customerinvoice", json=sale(customerVatZoneId="02"))
    assert refused.status_code == 400
    assert "TaxCategoryID '11' cannot be found in the system." in refused.json()["message"]
    made(visma, "/v2/customerinvoice", sale(line(vatCodeId="10"), customerVatZoneId="02"))
    assert visma.post("/v2/customerinvoice", json=sale(customerVatZoneId="99")).status_code == 400


def test_the_zone_of_the_customer_counts(visma: VismaClient) -> None:
    customer = wrapped(name="Sindre Haugen", customerClassId="3", vatZoneId="02", currencyId="NOK")
    number = made(visma, "/v1/customer", customer)
    shown = visma.get(f"/v1/customer/{number}").json()
    assert (shown["customerClass"]["description"], shown["vatZone"]["id"]) == ("Utlandskunder", "02")
    assert visma.post("/v2/customerinvoice", json=sale(customerNumber=number)).status_code == 400
    made(visma, "/v2/customerinvoice", sale(line(vatCodeId="10"), customerNumber=number))
    assert visma.post("/v1/customer", json=wrapped(name="X", customerClassId="9")).status_code == 400


def test_classes_of_customers(visma: VismaClient) -> None:
    classes = visma.get("/v1/customer/customerClass").json()
    assert [one["id"] for one in classes] == ["1", "2", "3"]
    assert visma.get("/v1/customer/customerClass/2").json() == classes[1]
    assert visma.get("/v1/customer/customerClass/9").status_code == 404
    assert visma.get("/v1/customer/10001").json()["number"] == "10001"


@pytest.fixture
def invoice(visma: VismaClient, control: Control) -> str:
    """A released invoice of 125."""
    control.options(release_result="Done")
    number = made(visma, "/v2/customerinvoice", sale())
    assert visma.post(f"/v1/customerinvoice/{number}/action/release").json()["actionResult"] == "Done"
    return number


def test_a_credit_note_pays_the_invoice_it_names(visma: VismaClient, invoice: str) -> None:
    body = {
        **wrapped(customerNumber="10001", externalReference="nordlogistik:cm1"),
        "lines": [line(quantity=1)],
        "applicationLines": [{"operation": "Insert", **wrapped(documentType="Invoice", refNbr=invoice)}],
    }
    require_specs("visma")
    check_request("visma", "POST", "/v2/customerCreditNote", {}, body)
    number = made(visma, "/v2/customerCreditNote", body)
    note = visma.get(f"/v1/customerCreditNote/{number}")
    check_response("visma", "GET", "/v1/customerCreditNote/1", 200, note.json())
    assert (note.json()["documentType"], note.json()["amount"]) == ("CreditNote", 62.5)
    assert visma.get(f"/v1/customerinvoice/{invoice}").json()["balance"] == 125
    answer = visma.post(f"/v1/customerCreditNote/{number}/action/release")
    assert (answer.status_code, answer.json()["actionResult"]) == (200, "Done")
    assert visma.get(f"/v1/customerinvoice/{invoice}").json()["balance"] == 62.5
    assert visma.get(f"/v1/customerCreditNote/{number}").json()["status"] == "Closed"
    found = visma.get("/v1/customerCreditNote?externalReference=nordlogistik:cm1").json()
    assert [one["referenceNumber"] for one in found] == [number]


def test_credit_notes_are_changed_deleted_and_fail_to_be_released(visma: VismaClient, control: Control) -> None:
    number = made(visma, "/v2/customerCreditNote", {**wrapped(customerNumber="10001"), "lines": [line()]})
    path = f"/v1/customerCreditNote/{number}"
    assert visma.put(path, json=wrapped(note="x")).status_code == 428
    changed = visma.put(path, json=wrapped(invoiceText="Retur"), headers={"If-Match": visma.version(path)})
    assert changed.status_code == 204
    assert visma.put(path, json=wrapped(note="x"), headers={"If-Match": '"AAAAAAAAAAE="'}).status_code == 412
    control.options(release_result="Failed")
    failed = visma.post(f"{path}/action/release")
    assert (failed.status_code, failed.json()["actionResult"]) == (200, "Failed")
    assert visma.get(path).json()["status"] == "Balanced"
    assert visma.delete(path).status_code == 204
    assert visma.get(path).status_code == 404


def test_an_invoice_is_no_credit_note(visma: VismaClient, invoice: str) -> None:
    assert visma.get(f"/v1/customerCreditNote/{invoice}").status_code == 404
    assert {one["documentType"] for one in visma.get("/v1/customerCreditNote").json()} == {"CreditNote"}


def test_customers_pay(visma: VismaClient, control: Control, invoice: str) -> None:
    given = {"company": "SE", "number": invoice}
    before = visma.get(f"/v1/customerinvoice/{invoice}").json()["lastModifiedDateTime"]
    action = "pay_customer_invoice"
    assert control.post("act", system="visma", action=action, **{"with": {**given, "amount": "25"}})["result"] == "Open"
    shown = visma.get(f"/v1/customerinvoice/{invoice}").json()
    assert shown["balance"] == 100
    assert shown["lastModifiedDateTime"] >= before
    assert control.post("act", system="visma", action=action, **{"with": given})["result"] == "Closed"
    again = requests.post(f"{control.url}/act", json={"system": "visma", "action": action, "with": given}, timeout=10)
    assert again.status_code == 400

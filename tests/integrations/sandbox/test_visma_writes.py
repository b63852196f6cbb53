"""Writes to the Visma simulator: shapes, versions, life cycles, actions."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from integrations.sandbox.server import SandboxServer
from tests.integrations.sandbox.conftest import Control, VismaClient

Body = dict[str, Any]


def v(value: object) -> Body:
    """A wrapped scalar."""
    return {"value": value}


def created(answer: requests.Response) -> str:
    """The path of what was created; 201 has no body."""
    assert answer.status_code == 201, answer.text
    assert answer.content == b""
    assert answer.headers["ETag"].startswith('"')
    return answer.headers["Location"].partition("/visma")[2]


def put(client: VismaClient, path: str, body: Body, *, read_path: str | None = None) -> requests.Response:
    """Update with the present version."""
    return client.put(path, json=body, headers={"If-Match": client.version(read_path or path)})


def message(answer: requests.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    text: str = answer.json()["message"]
    assert text.startswith("VismaId: ")
    return text


def result(answer: requests.Response) -> tuple[str, str]:
    assert answer.status_code == 200, answer.text
    return answer.json()["actionResult"], answer.json()["errorInfo"]


ORDER: Body = {
    "supplier": v("50001"),
    "lines": [
        {"operation": "Insert", "inventory": v("A-001"), "orderQty": v(10), "unitCost": v(7.125)},
        {"operation": "Insert", "inventory": v("A-004"), "orderQty": v(3), "unitCost": v("2.50")},
    ],
}


class TestSuppliers:
    """Registers."""

    def test_a_supplier_is_created_changed_and_read(self, visma: VismaClient) -> None:
        body = {
            "name": v("Ny Leverantör ÅÄÖ AB"),
            "currencyId": v("EUR"),
            "creditTermsId": v("14"),
            "mainAddress": v({"addressLine1": v("Gata 1"), "countryId": v("NO")}),
            "attributeLines": [{"attributeId": v("EXTID"), "attributeValue": v("x-1")}],
            "supplierPaymentMethodDetails": [
                {"paymentMethodDetailDescription": "IBAN", "paymentMethodDetailValue": v("NO93")}
            ],
        }
        path = created(visma.post("/v1/supplier", json=body))
        supplier = visma.get(path).json()
        assert supplier["name"] == "Ny Leverantör ÅÄÖ AB"
        assert supplier["creditTerms"]["id"] == "14"
        assert supplier["mainAddress"]["country"] == {"id": "NO", "name": "Norge"}
        assert {"id": "EXTID", "value": "x-1", "description": "EXTID"} in supplier["attributes"]
        answer = put(visma, path, {"mainAddress": v({"city": v("Oslo")})})
        assert (answer.status_code, answer.content) == (204, b"")
        changed = visma.get(path)
        assert changed.headers["ETag"] == answer.headers["ETag"]
        assert changed.json()["mainAddress"]["addressLine1"] == "Gata 1"
        assert changed.json()["mainAddress"]["city"] == "Oslo"

    def test_a_given_number_counts_only_with_override(self, visma: VismaClient) -> None:
        automatic = created(visma.post("/v1/supplier", json={"name": v("A"), "number": v("77")}))
        assert automatic == "/v1/supplier/50081"
        forced = {"name": v("A"), "number": v("77"), "overrideNumberSeries": v(True)}
        assert created(visma.post("/v1/supplier", json=forced)) == "/v1/supplier/77"
        assert "already exists" in message(visma.post("/v1/supplier", json=forced))

    def test_errors_are_packed_into_one_string(self, visma: VismaClient) -> None:
        body = {"name": v(""), "creditTermsId": v("TT"), "currencyId": v("XXX")}
        text = message(visma.post("/v1/supplier", json=body))
        assert "Terms 'TT' cannot be found in the system.\r\nError: 'Supplier name' cannot be empty." in text

    def test_unknown_members_are_ignored_and_null_clears(self, visma: VismaClient) -> None:
        assert put(visma, "/v1/supplier/50001", {"nonsense": 1, "corporateId": v(None)}).status_code == 204
        assert visma.get("/v1/supplier/50001").json()["corporateId"] == ""

    def test_an_unknown_key_is_not_found(self, visma: VismaClient) -> None:
        message(visma.get("/v1/supplier/404"), 404)

    def test_a_customer_by_both_ids(self, visma: VismaClient) -> None:
        path = created(visma.post("/v1/customer", json={"name": v("Kund"), "creditLimit": v(100)}))
        internal = visma.get(path).json()["internalId"]
        assert put(visma, f"/v1/customer/internal/{internal}", {"gln": v("73")}).status_code == 204
        assert visma.get(path).json()["gln"] == "73"


class TestShapes:
    """Scalars are wrapped, a few members are not."""

    @pytest.mark.parametrize(
        "body",
        [
            {"name": "plain"},
            {"name": {"wert": "x"}},
            {"creditTermsId": 30},
            {"mainAddress": {"addressLine1": v("unwrapped object")}},
            {"mainAddress": v({"addressLine1": "unwrapped inside"})},
            {"overrideWithClassValues": v(False)},
            {"status": v("Asleep")},
            {"paymentLeadTime": v("soon")},
            {"paySeparately": v("perhaps")},
            {"attributeLines": v([])},
            {"attributeLines": {"attributeId": v("x")}},
            [1],
            "text",
        ],
    )
    def test_wrong_shapes_are_refused(self, visma: VismaClient, body: object) -> None:
        answer = put(visma, "/v1/supplier/50001", body)
        assert answer.status_code == 400
        assert answer.json()["modelState"]

    def test_lines_take_a_plain_operation(self, visma: VismaClient) -> None:
        wrong = {"supplier": v("50001"), "lines": [{"operation": v("Insert"), "inventory": v("A-001")}]}
        assert visma.post("/v1/purchaseorder", json=wrong).status_code == 400

    def test_scalars_convert_as_json_net_does(self, visma: VismaClient) -> None:
        body = {"name": v(42), "paymentLeadTime": v("7"), "paySeparately": v("True"), "NOTE": v("fall")}
        assert put(visma, "/v1/supplier/50001", body).status_code == 204
        supplier = visma.get("/v1/supplier/50001").json()
        assert (supplier["name"], supplier["paymentLeadTime"], supplier["paySeparately"]) == ("42", 7, True)
        assert supplier["note"] == "fall"

    def test_dates_with_a_zone_land_on_the_day_before(self, visma: VismaClient) -> None:
        path = created(visma.post("/v1/purchaseorder", json=ORDER | {"date": v("2026-06-01T00:00:00+02:00")}))
        assert visma.get(path).json()["date"] == "2026-05-31T22:00:00"
        path = created(visma.post("/v1/purchaseorder", json=ORDER | {"date": v("2026-06-01")}))
        assert visma.get(path).json()["date"] == "2026-06-01T00:00:00"

    def test_not_json(self, visma: VismaClient) -> None:
        xml = visma.post("/v1/supplier", data="<a/>", headers={"Content-Type": "application/xml"})
        assert xml.status_code == 415
        broken = visma.post("/v1/supplier", data="{", headers={"Content-Type": "application/json"})
        assert broken.status_code == 400


class TestVersions:
    """ETag and If-Match."""

    def test_another_version_is_412_and_changes_nothing(self, visma: VismaClient) -> None:
        old = visma.version("/v1/supplier/50001")
        assert put(visma, "/v1/supplier/50001", {"note": v("ett")}).status_code == 204
        answer = visma.put("/v1/supplier/50001", json={"note": v("två")}, headers={"If-Match": old})
        assert (answer.status_code, answer.content) == (412, b"")
        assert visma.get("/v1/supplier/50001").json()["note"] == "ett"

    def test_unquoted_is_another_version(self, visma: VismaClient) -> None:
        bare = visma.version("/v1/supplier/50001").strip('"')
        assert visma.put("/v1/supplier/50001", json={}, headers={"If-Match": bare}).status_code == 412

    def test_without_a_version_it_depends(self, visma: VismaClient, control: Control) -> None:
        assert visma.put("/v1/supplier/50001", json={}).status_code == 428
        control.options(strict_if_match=False)
        assert visma.put("/v1/supplier/50001", json={}).status_code == 204

    def test_the_time_stamp_of_a_body_counts_too(self, visma: VismaClient) -> None:
        stamp = visma.get("/v1/purchaseorder/500001").json()["timeStamp"]
        assert f'"{stamp}"' == visma.version("/v1/purchaseorder/500001")
        body = {"description": v("x"), "timeStamp": stamp}
        assert visma.put("/v1/purchaseorder/500001", json=body).status_code == 204
        assert visma.put("/v1/purchaseorder/500001", json=body).status_code == 412

    def test_items_have_none(self, visma: VismaClient) -> None:
        assert visma.put("/v1/inventory/A-001", json={"description": v("Pall")}).status_code == 204


class TestOrders:
    """Purchase orders."""

    def test_totals_are_calculated(self, visma: VismaClient) -> None:
        path = created(visma.post("/v1/purchaseorder", json=ORDER))
        order = visma.get(path).json()
        assert path == "/v1/purchaseorder/500061"
        assert [line["extCost"] for line in order["lines"]] == [71.25, 7.5]
        assert (order["lineTotal"], order["taxTotal"], order["orderTotal"]) == (78.75, 19.69, 98.44)
        assert (order["status"], order["openQuantity"]) == ("Open", 13.0)

    def test_line_operations(self, visma: VismaClient) -> None:
        path = created(visma.post("/v1/purchaseorder", json=ORDER))
        lines = [
            {"operation": "Update", "lineNumber": v(1), "orderQty": v(4)},
            {"operation": "Delete", "lineNumber": v(2)},
            {"inventory": v("A-005"), "orderQty": v(1)},  # no operation: inserted
        ]
        assert put(visma, path, {"lines": lines}).status_code == 204
        found = visma.get(path).json()["lines"]
        assert [(line["lineNbr"], line["orderQty"]) for line in found] == [(1, 4.0), (2, 1.0)]
        missing = {"lines": [{"operation": "Update", "lineNumber": v(9), "orderQty": v(1)}]}
        assert "Line Nbr. '9'" in message(put(visma, path, missing))

    def test_hold_and_back(self, visma: VismaClient) -> None:
        path = created(visma.post("/v1/purchaseorder", json=ORDER | {"hold": v(True)}))
        assert visma.get(path).json()["status"] == "Hold"
        assert put(visma, path, {"hold": v(False)}).status_code == 204
        assert visma.get(path).json()["status"] == "Open"

    def test_final_orders_do_not_change(self, visma: VismaClient, control: Control) -> None:
        control.mutate("purchaseorder", "SE/500001", {"status": "Cancelled"})
        assert "Cancelled" in message(put(visma, "/v1/purchaseorder/500001", {"description": v("x")}))

    @pytest.mark.parametrize("change", [{"supplier": v("1")}, {"supplier": v("50012")}, {"currency": v("XXX")}])
    def test_wrong_references(self, visma: VismaClient, change: Body) -> None:
        message(visma.post("/v1/purchaseorder", json=ORDER | change))

    def test_free_fields_are_listed_when_asked_for(self, visma: VismaClient) -> None:
        number = created(visma.post("/v1/purchaseorder", json=ORDER | {"customStr1": v("x")})).rpartition("/")[2]
        newest = {"greaterThanValue": str(int(number) - 1)}
        assert "customStr1" not in visma.get("/v1/purchaseorder", params=newest).json()[0]
        asked = {**newest, "includeCustomFreeFields": "true"}
        assert visma.get("/v1/purchaseorder", params=asked).json()[0]["customStr1"] == "x"

    def test_no_supplier_no_order(self, visma: VismaClient) -> None:
        assert "'Supplier' cannot be empty" in message(visma.post("/v1/purchaseorder", json={}))

    def test_a_receipt_from_an_order(self, visma: VismaClient) -> None:
        path = created(visma.post("/v1/purchaseorder", json=ORDER))
        action = f"{path}/action/createpurchasereceipt"
        assert visma.post(action, json={"orderType": v("RegularOrder")}).status_code == 400
        answer = visma.post(action, json={"orderType": "RegularOrder"})
        assert result(answer) == ("Done", "")
        receipt = visma.get(answer.headers["Location"].partition("/visma")[2]).json()
        assert (receipt["status"], receipt["totalQty"], receipt["totalAmt"]) == ("Balanced", 13.0, 78.75)
        assert visma.get(path).json()["openQuantity"] == 0.0
        assert result(visma.post(action, json={"orderType": "RegularOrder"}))[0] == "Failed"


class TestReceipts:
    """Purchase receipts."""

    def test_empty_then_lines_then_release_closes_the_order(self, visma: VismaClient, control: Control) -> None:
        control.options(release_result="Done")
        order = created(visma.post("/v1/purchaseorder", json=ORDER))
        number = order.rpartition("/")[2]
        path = created(visma.post("/v1/PurchaseReceipt", json={"supplierId": v("50001"), "supplierRef": v("DN-9")}))
        read = path.replace("/v1/", "/v2/")
        assert result(visma.post(f"{path}/action/release")) == ("Failed", "The receipt has no lines.")
        one = {"purchaseOrderLines": [{"orderNbr": number, "lines": [{"lineNbr": "1"}]}]}
        assert result(visma.post(f"{path}/action/addpurchaseorderlines", json=one))[0] == "Done"
        assert visma.get(order).json()["lines"][0]["qtyOnReceipts"] == 10.0
        rest = {"purchaseOrders": [{"orderNbr": number, "orderType": "RegularOrder"}]}
        assert result(visma.post(f"{path}/action/addpurchaseorder", json=rest))[0] == "Done"
        changed = {"lines": [{"operation": "Update", "lineNbr": v(2), "receiptQty": v(3)}]}
        assert put(visma, path, changed, read_path=read).status_code == 204
        assert visma.get(order).json()["status"] == "Open"
        assert result(visma.post(f"{path}/action/release")) == ("Done", "")
        assert visma.get(read).json()["status"] == "Released"
        closed = visma.get(order).json()
        assert closed["status"] == "Closed"
        assert [tab["status"] for tab in closed["purchaseReceipts"]] == ["Released"]
        assert result(visma.post(f"{path}/action/release"))[0] == "Failed"
        assert "Released" in message(put(visma, path, {"note": v("x")}, read_path=read))

    def test_cancelling_opens_the_quantities_again(self, visma: VismaClient, control: Control) -> None:
        control.options(release_result="Done")
        order = created(visma.post("/v1/purchaseorder", json=ORDER))
        line = {"poOrderNbr": v(order.rpartition("/")[2]), "poOrderLineNbr": v(1), "receiptQty": v(4)}
        receipt = {"supplierId": v("50001"), "lines": [{"operation": "Insert", **line}]}
        path = created(visma.post("/v1/PurchaseReceipt", json=receipt))
        assert visma.get(order).json()["lines"][0]["qtyOnReceipts"] == 4.0
        assert result(visma.post(f"{path}/action/cancelReceipt"))[0] == "Done"
        assert visma.get(order).json()["lines"][0]["qtyOnReceipts"] == 0.0

    @pytest.mark.parametrize("touches", [False, True])
    def test_the_parent_moves_only_where_the_option_says_so(
        self, visma: VismaClient, control: Control, touches: bool
    ) -> None:
        control.options(receipt_touches_order=touches)
        order = created(visma.post("/v1/purchaseorder", json=ORDER))
        before, version = visma.get(order).json()["lastModifiedDateTime"], visma.version(order)
        control.post("clock", advance_seconds=60)
        line = {"poOrderNbr": v(order.rpartition("/")[2]), "poOrderLineNbr": v(1), "receiptQty": v(4)}
        created(visma.post("/v1/PurchaseReceipt", json={"supplierId": v("50001"), "lines": [line]}))
        assert (visma.get(order).json()["lastModifiedDateTime"] != before) is touches
        assert visma.version(order) != version


INVOICE: Body = {
    "supplierNumber": v("50001"),
    "supplierReference": v("INV-9"),
    "amount": v(1250.0),
    "invoiceLines": [
        {
            "operation": "Insert",
            "transactionDescription": v("Konsult"),
            "quantity": v(1),
            "unitCostInCurrency": v(1000.0),
            "accountNumber": v("6550"),
            "vatCodeId": v("11"),
            "subaccount": [{"segmentId": 1, "segmentValue": "30"}],
        }
    ],
}


class TestInvoices:
    """Supplier invoices."""

    def test_created_balanced_and_open_only_after_release(self, visma: VismaClient) -> None:
        path = created(visma.post("/v1/supplierInvoice", json=INVOICE))
        invoice = visma.get(path).json()
        assert (invoice["status"], invoice["amount"], invoice["vatAmount"]) == ("Balanced", 1250.0, 250.0)
        assert invoice["invoiceLines"][0]["subaccount"]["subaccountNumber"] == "30-000"
        assert invoice["postPeriod"] == invoice["financialPeriod"][4:] + invoice["financialPeriod"][:4]
        assert result(visma.post(f"{path}/action/release")) == ("Done", "")
        assert visma.get(path).json()["status"] == "Open"

    def test_whatever_the_time_out_left_can_be_doubled(self, visma: VismaClient, control: Control) -> None:
        first, second = (created(visma.post("/v1/supplierInvoice", json=INVOICE)) for _ in range(2))
        assert first != second
        control.options(refuse_duplicate_reference=True)
        assert "INV-9" in message(visma.post("/v1/supplierInvoice", json=INVOICE))

    def test_a_stated_amount_has_to_agree(self, visma: VismaClient) -> None:
        assert "out of the balance" in message(visma.post("/v1/supplierInvoice", json=INVOICE | {"amount": v(1300)}))
        path = created(visma.post("/v1/supplierInvoice", json=INVOICE | {"amount": v(1250.4)}))
        invoice = visma.get(path).json()
        assert (invoice["amount"], invoice["roundingDiff"]) == (1250.4, 0.4)
        held = created(visma.post("/v1/supplierInvoice", json=INVOICE | {"amount": v(1), "hold": v(True)}))
        assert visma.get(held).json()["status"] == "Hold"

    def test_wrong_line_details_are_dropped_unless_validated(self, visma: VismaClient) -> None:
        line = {**INVOICE["invoiceLines"][0], "inventoryNumber": v("UTG-0099"), "accountNumber": v("0000")}
        body = {**INVOICE, "invoiceLines": [line]}
        path = created(visma.post("/v1/supplierInvoice", json=body))
        assert visma.get(path).json()["invoiceLines"][0]["account"]["number"] == "4010"
        assert "inventoryNumber" not in visma.get(path).json()["invoiceLines"][0]
        text = message(visma.post("/v1/supplierInvoice", json=body | {"validateLineDetails": v(True)}))
        assert "Inventory ID 'UTG-0099'" in text
        assert "Account '0000'" in text

    def test_from_an_order_and_linked_to_a_receipt(self, visma: VismaClient) -> None:
        body = {"supplierNumber": v("50001"), "addPurchaseOrders": [{"poOrderNumber": v("500001")}]}
        invoice = visma.get(created(visma.post("/v1/supplierInvoice", json=body))).json()
        order = visma.get("/v1/purchaseorder/500001").json()
        assert invoice["detailTotal"] == order["lineTotal"]
        assert {line["poNumber"] for line in invoice["invoiceLines"]} == {"500001"}
        receipt = order["purchaseReceipts"][0]["receiptNumber"]
        link = {"purchaseType": "PurchaseReceipt", "purchaseNumber": v(receipt), "purchaseLineNbr": v(1)}
        line = {**INVOICE["invoiceLines"][0], "linkLine": link}
        linked = visma.get(created(visma.post("/v1/supplierInvoice", json=INVOICE | {"invoiceLines": [line]}))).json()
        assert linked["invoiceLines"][0]["poReceiptNbr"] == receipt
        assert linked["invoiceLines"][0]["poNumber"] == "500001"

    def test_numbers_are_unique_within_a_type(self, visma: VismaClient) -> None:
        assert visma.get("/v1/supplierInvoice/000001").json()["documentType"] == "Invoice"
        assert visma.get("/v1/supplierInvoice/DebitAdj/000001").json()["documentType"] == "DebitAdj"
        path = created(visma.post("/v1/supplierInvoice", json=INVOICE | {"documentType": v("DebitAdj")}))
        assert path.startswith("/v1/supplierInvoice/DebitAdj/")

    def test_a_closed_period_fails_with_200(self, visma: VismaClient, sandbox: SandboxServer) -> None:
        books = sandbox.sandbox.world.invoices
        closed = next(i.number for i in books if i.company == "SE" and "closed_period" in i.faults)
        answer = visma.post(f"/v1/supplierInvoice/Invoice/{closed}/action/release")
        assert result(answer)[0] == "Failed"
        assert "closed in Supplier ledger" in result(answer)[1]

    def test_a_release_may_fail_or_wait(self, visma: VismaClient, control: Control) -> None:
        path = created(visma.post("/v1/supplierInvoice", json=INVOICE))
        control.options(release_result="Failed")
        assert result(visma.post(f"{path}/action/release"))[0] == "Failed"
        control.options(release_result="Queued")
        assert result(visma.post(f"{path}/action/release")) == ("Queued", "")
        assert visma.get(path).json()["status"] == "Balanced"
        control.post("clock", advance_seconds=3)
        assert visma.get(path).json()["status"] == "Open"

    def test_every_fourth_release_waits_by_itself(self, visma: VismaClient) -> None:
        paths = [created(visma.post("/v1/supplierInvoice", json=INVOICE)) for _ in range(4)]
        results = [result(visma.post(f"{path}/action/release"))[0] for path in paths]
        assert results == ["Done", "Done", "Done", "Queued"]

    def test_a_released_document_takes_texts_only(self, visma: VismaClient, control: Control) -> None:
        control.options(release_result="Done")
        path = created(visma.post("/v1/supplierInvoice", json=INVOICE))
        visma.post(f"{path}/action/release")
        assert put(visma, path, {"note": v("n"), "description": v("d")}).status_code == 204
        text = message(put(visma, path, {"invoiceLines": INVOICE["invoiceLines"]}))
        assert "invoiceLines cannot be changed" in text
        message(visma.delete(path))

    def test_coding_before_release(self, visma: VismaClient) -> None:
        path = created(visma.post("/v1/supplierInvoice", json=INVOICE))
        line = {"operation": "Update", "lineNumber": v(1), "accountNumber": v("6110")}
        assert put(visma, path, {"invoiceLines": [line]}).status_code == 204
        invoice = visma.get(path).json()
        assert invoice["invoiceLines"][0]["account"]["number"] == "6110"
        assert invoice["amount"] == 1250.0

    def test_delete_reverse_void_write_off(self, visma: VismaClient, control: Control) -> None:
        control.options(release_result="Done")
        path = created(visma.post("/v1/supplierInvoice", json=INVOICE))
        assert visma.delete(path).status_code == 204
        assert visma.get(path).status_code == 404
        outcomes = {}
        for action in ("reverse", "writeoff", "voidinvoice"):
            path = created(visma.post("/v1/supplierInvoice", json=INVOICE))
            typed = path.replace("supplierInvoice/", "supplierInvoice/Invoice/")
            assert result(visma.post(f"{typed}/action/{action}"))[0] == "Failed"
            visma.post(f"{path}/action/release")
            assert result(visma.post(f"{typed}/action/{action}"))[0] == "Done"
            outcomes[action] = (visma.get(path).json()["status"], visma.get(path).json()["balance"])
        assert outcomes == {"reverse": ("Open", 1250.0), "writeoff": ("Closed", 0.0), "voidinvoice": ("Voided", 0.0)}
        assert visma.get("/v1/supplierInvoice?documentType=DebitAdj&status=Balanced&pageSize=500").json()

    def test_foreign_currency_has_two_amounts(self, visma: VismaClient, control: Control) -> None:
        invoice = visma.get(
            created(visma.post("/v1/supplierInvoice", json=INVOICE | {"currencyId": v("EUR"), "amount": v(1250)}))
        ).json()
        assert (invoice["balanceInCurrency"], invoice["balance"]) == (1250.0, 14018.75)
        control.options(header_amounts="descriptions")
        swapped = visma.get(f"/v1/supplierInvoice/{invoice['referenceNumber']}").json()
        assert (swapped["balanceInCurrency"], swapped["balance"]) == (14018.75, 1250.0)

    def test_attachments(self, visma: VismaClient) -> None:
        path = created(visma.post("/v1/supplierInvoice", json=INVOICE))
        number = path.rpartition("/")[2]
        typed = f"/v1/supplierInvoice/documentType/Invoice/{number}/attachment"
        for revision in (1, 2):
            answer = visma.post(typed, files={"v": ("faktura å.pdf", b"%PDF-1", "application/pdf")})
            location = created(answer)
            row = visma.get(f"/v1/supplierInvoice?expandAttachment=true&greaterThanValue={int(number) - 1:06d}").json()[
                0
            ]
            assert row["attachments"] == [
                {"name": "faktura å.pdf", "id": location.rpartition("/")[2], "revision": revision}
            ]
        file = visma.get(location)
        assert (file.content, file.headers["Content-Type"]) == (b"%PDF-1", "application/pdf")
        assert visma.post(typed, json={}).status_code == 400


class TestPayments:
    """Supplier payments."""

    def open_invoice(self, visma: VismaClient) -> str:
        path = created(visma.post("/v1/supplierInvoice", json=INVOICE))
        assert result(visma.post(f"{path}/action/release"))[0] == "Done"
        return path

    def payment(self, number: str, amount: float) -> Body:
        line = {"operation": "Insert", "documentType": v("Invoice"), "refNbr": v(number), "amountPaid": v(amount)}
        return {
            "type": v("Payment"),
            "supplier": v("50001"),
            "paymentRef": v("AB-1"),
            "paymentAmount": v(amount),
            "paymentLines": [line],
        }

    def test_two_parts_close_an_invoice(self, visma: VismaClient, control: Control) -> None:
        control.options(release_result="Done")
        invoice = self.open_invoice(visma)
        moved = []
        for amount, status, balance in ((1000, "Open", 250.0), (250, "Closed", 0.0)):
            before = visma.get(invoice).json()["lastModifiedDateTime"]
            control.post("clock", advance_seconds=5)
            path = created(visma.post("/v1/supplierPayment", json=self.payment(invoice.rpartition("/")[2], amount)))
            assert visma.get(path).json()["status"] == "Balanced"
            assert visma.post(f"{path}/action/release").status_code == 415
            assert visma.post(f"{path}/action/release", json={}).status_code == 400
            assert result(visma.post(f"{path}/action/release", json={"type": v("Payment")})) == ("Done", "")
            paid = visma.get(path).json()
            assert (paid["status"], paid["released"], paid["paymentRef"]) == ("Closed", True, "AB-1")
            found = visma.get(invoice).json()
            assert (found["status"], found["balance"]) == (status, balance)
            moved.append(found["lastModifiedDateTime"] != before)
        assert moved == [False, True]  # a part payment alone does not move the invoice
        assert result(visma.post(f"{path}/action/release", json={"type": v("Payment")}))[0] == "Failed"

    def test_what_cannot_be_paid(self, visma: VismaClient) -> None:
        number = self.open_invoice(visma).rpartition("/")[2]
        message(visma.post("/v1/supplierPayment", json=self.payment(number, 9999)))
        message(visma.post("/v1/supplierPayment", json=self.payment("999999", 1)))
        other = self.payment(number, 1) | {"supplier": v("50002")}
        message(visma.post("/v1/supplierPayment", json=other))
        blocked = visma.get("/v1/supplier?status=HoldPayments").json()[0]["number"]
        assert "HoldPayments" in message(visma.post("/v1/supplierPayment", json={"supplier": v(blocked)}))

    def test_a_balanced_invoice_is_not_open(self, visma: VismaClient) -> None:
        path = created(visma.post("/v1/supplierInvoice", json=INVOICE))
        payment = created(visma.post("/v1/supplierPayment", json=self.payment(path.rpartition("/")[2], 10)))
        answer = visma.post(f"{payment}/action/release", json={"type": v("Payment")})
        assert result(answer) == ("Failed", f"Invoice {path.rpartition('/')[2]} is not open.")


class TestSales:
    """Customer invoices."""

    def test_created_in_v2_and_read_in_v1(self, visma: VismaClient, control: Control) -> None:
        control.options(release_result="Done")
        line = {"operation": "Insert", "inventoryNumber": v("A-001"), "quantity": v(2), "unitPriceInCurrency": v(100)}
        body = {"customerNumber": v("10001"), "externalReference": v("shop:17"), "invoiceLines": [line]}
        path = created(visma.post("/v2/customerinvoice", json=body))
        assert path.startswith("/v1/customerinvoice/")
        invoice = visma.get(path).json()
        assert (invoice["detailTotal"], invoice["vatTotal"], invoice["amount"]) == (200.0, 50.0, 250.0)
        found = visma.get("/v1/customerinvoice", params={"externalReference": "shop:17"}).json()
        assert [row["referenceNumber"] for row in found] == [invoice["referenceNumber"]]
        assert put(visma, path, {"note": v("CM-1")}).status_code == 204
        assert result(visma.post(f"{path}/action/release")) == ("Done", "")
        assert "externalReference cannot be changed" in message(put(visma, path, {"externalReference": v("x")}))
        assert result(visma.post(f"{path}/action/reverse", json={"returnCreditNote": True}))[0] == "Done"
        credit = visma.get("/v1/customerinvoice?documentType=CreditNote&status=Balanced&pageSize=500").json()[-1]
        assert credit["externalReference"] == "shop:17"

    def test_a_blocked_customer(self, visma: VismaClient) -> None:
        message(visma.post("/v2/customerinvoice", json={"customerNumber": v("10007")}))


class TestBackground:
    """The background API."""

    def test_a_write_in_the_background(self, visma: VismaClient, control: Control) -> None:
        answer = visma.post("/v1/supplier", json={"name": v("Sedan AB")}, headers={"erp-api-background": "none"})
        assert answer.status_code == 202
        state = answer.json()["stateLocation"].partition("/visma")[2]
        assert visma.get(state).json()["status"] == "Started"
        assert not visma.get("/v1/supplier?name=Sedan").json()
        control.post("clock", advance_seconds=2)
        done = visma.get(state).json()
        assert (done["status"], done["statusCode"]) == ("Finished", 201)
        assert visma.get(done["responseHeaders"]["Location"].partition("/visma")[2]).json()["name"] == "Sedan AB"

    def test_a_read_has_content(self, visma: VismaClient, control: Control) -> None:
        job = visma.get("/v1/supplier/50001", headers={"erp-api-background": "subscription:h1=v1"}).json()
        control.post("clock", advance_seconds=2)
        state = visma.get(job["stateLocation"].partition("/visma")[2]).json()
        content = visma.get(state["contentLocation"].partition("/visma")[2])
        assert content.json()["number"] == "50001"

    def test_a_failure_says_why(self, visma: VismaClient, sandbox: SandboxServer, control: Control) -> None:
        job = visma.post("/v1/supplier", json={"name": "x"}, headers={"erp-api-background": "none"}).json()
        control.post("clock", advance_seconds=2)
        path = job["stateLocation"].partition("/visma")[2]
        state = visma.get(path).json()
        assert (state["status"], state["statusCode"]) == ("Failed", 400)
        assert "modelState" in state["errorMessage"]
        assert VismaClient(sandbox, "NO").get(path).status_code == 404
        control.post("clock", advance_seconds=24 * 3600)
        assert VismaClient(sandbox).get(path).status_code == 404


class TestReferences:
    """Accounts."""

    def test_the_misspelt_member(self, visma: VismaClient) -> None:
        path = created(visma.post("/v1/account", json={"accountCD": v("7777"), "extenalCode1": v("E1")}))
        assert visma.get(path).json()["externalCode1Info"]["number"] == "E1"
        assert put(visma, path, {"active": v(False)}).status_code == 204
        assert visma.get(path).json()["active"] is False
        message(visma.post("/v1/account", json={"accountCD": v("7777")}))

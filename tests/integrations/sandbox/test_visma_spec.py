"""What the simulator of Visma answers, against Visma's specification."""

from __future__ import annotations

import pytest

from integrations.sandbox.visma.customer_invoices import CUSTOMER_INVOICES
from integrations.sandbox.visma.listing import Listing
from integrations.sandbox.visma.partners import CUSTOMERS, SUPPLIERS
from integrations.sandbox.visma.purchase_orders import ORDERS
from integrations.sandbox.visma.purchase_receipts import RECEIPTS
from integrations.sandbox.visma.references import REGISTERS
from integrations.sandbox.visma.supplier_invoices import INVOICES
from integrations.sandbox.visma.supplier_payments import PAYMENTS
from tests.integrations.sandbox.conftest import Control, VismaClient
from tests.integrations.sandbox.spec import (
    SpecMismatch,
    check_request,
    check_response,
    query_parameters,
    require_specs,
)

LISTS = [
    "/v1/supplier", "/v1/supplierInvoice", "/v1/supplierPayment", "/v1/purchaseorder", "/v2/PurchaseReceipt",
    "/v1/customer", "/v1/customerinvoice", "/v1/account", "/v1/subaccount", "/v1/dimension", "/v1/branch",
    "/v1/organization", "/v1/currency", "/v1/creditTerm", "/v1/vat", "/v1/vatCategory", "/v1/paymentmethod",
    "/v1/cashaccount", "/v1/inventory", "/v1/warehouse", "/v1/financialPeriod", "/v1/supplier/supplierClass",
    "/v1/customerCreditNote", "/v1/vatZone", "/v1/customer/customerClass",
]  # fmt: skip
EXPANSIONS = (
    "expandAttachment=true&expandAttachments=true&expandNote=true&expandAccountInformation=true&expandLandedCosts=true"
    "&expandTaxDetails=true&expandApplications=true&expandBranches=true&expandBankSettings=true"
    "&expandCrossReference=true&expandAttribute=true&expandSupplierDetails=true"
)


@pytest.fixture(autouse=True)
def _specs() -> None:
    require_specs("visma")


@pytest.mark.parametrize("company", ["SE", "NO", "DK", "FI"])
@pytest.mark.parametrize("path", LISTS)
def test_lists_have_the_declared_shape(visma: VismaClient, path: str, company: str, sandbox) -> None:
    client = VismaClient(sandbox, company)
    answer = client.get(f"{path}?pageSize={500 if company == 'SE' else 15}&{EXPANSIONS}")
    assert answer.status_code == 200
    assert answer.json()
    check_response("visma", "GET", path, 200, answer.json())


@pytest.mark.parametrize(
    "path",
    [
        "/v1/supplier/50001", "/v1/supplierInvoice/000001", "/v1/supplierInvoice/DebitAdj/000001",
        "/v1/supplierPayment/000001", "/v1/supplierPayment/Payment/000001", "/v1/purchaseorder/500001",
        "/v2/PurchaseReceipt/700001", "/v1/customer/10001", "/v1/customer/internal/8001", "/v1/customerinvoice/150001",
        "/v1/account/4010", "/v1/subaccount/10-000", "/v1/dimension/SUBACCOUNT", "/v1/dimension/SUBACCOUNT/1",
        "/v1/dimension/SUBACCOUNT/1/10", "/v1/branch/1", "/v1/organization/1", "/v1/currency/SEK", "/v1/vat/11",
        "/v1/vatCategory/11", "/v1/paymentmethod/1", "/v1/cashaccount/1930", "/v1/inventory/A-001", "/v1/warehouse/1",
        "/v1/supplier/50001/balance",
    ],
)  # fmt: skip
def test_single_reads_have_the_declared_shape(visma: VismaClient, path: str) -> None:
    answer = visma.get(path)
    assert answer.status_code == 200, answer.text
    check_response("visma", "GET", path, 200, answer.json())


def test_created_documents_have_the_declared_shape(visma: VismaClient) -> None:
    order = {
        "supplier": {"value": "50001"},
        "lines": [{"operation": "Insert", "inventory": {"value": "A-001"}, "orderQty": {"value": 3}}],
    }
    check_request("visma", "POST", "/v1/purchaseorder", {}, order)
    location = visma.post("/v1/purchaseorder", json=order).headers["Location"]
    path = location.removeprefix(visma.base)
    check_response("visma", "GET", path, 200, visma.get(path).json())
    invoice = {"supplierNumber": {"value": "50001"}, "addPurchaseOrders": [{"poOrderNumber": {"value": "500001"}}]}
    check_request("visma", "POST", "/v1/supplierInvoice", {}, invoice)
    path = visma.post("/v1/supplierInvoice", json=invoice).headers["Location"].removeprefix(visma.base)
    check_response("visma", "GET", path, 200, visma.get(path).json())
    released = visma.post(f"{path}/action/release")
    assert released.json()["actionResult"] == "Done"
    receipt = {"supplierId": {"value": "50001"}}
    check_request("visma", "POST", "/v1/PurchaseReceipt", {}, receipt)
    number = visma.post("/v1/PurchaseReceipt", json=receipt).headers["Location"].rpartition("/")[2]
    path = f"/v2/PurchaseReceipt/{number}"
    check_response("visma", "GET", path, 200, visma.get(path).json())
    sale = {
        "customerNumber": {"value": "10001"},
        "invoiceLines": [{"operation": "Insert", "inventoryNumber": {"value": "A-001"}, "quantity": {"value": 2}}],
    }
    check_request("visma", "POST", "/v2/customerinvoice", {}, sale)
    path = visma.post("/v2/customerinvoice", json=sale).headers["Location"].removeprefix(visma.base)
    check_response("visma", "GET", path, 200, visma.get(path).json())


def test_background_answers_have_the_declared_shape(visma: VismaClient, control: Control) -> None:
    accepted = visma.get("/v1/branch", headers={"erp-api-background": "none"})
    check_response("visma", "GET", "/v1/branch", 202, accepted.json())
    control.post("clock", advance_seconds=5)
    path = accepted.json()["stateLocation"].removeprefix(visma.base)
    check_response("visma", "GET", path, 200, visma.get(path).json())


EMPTY_EXPANSIONS = {  # nothing in the world would be shown
    "expandapproval", "expandlineprebookaccounts", "expanddunninginformation", "expandpaymentmethods",
    "expanddirectdebit", "expandwarehousedetail", "expandinventoryunits", "expandsalescategories", "expandaddress",
    "expandcontact", "expandcurrency", "expandvatzone", "expandledger", "expandindustrycode", "expanddeliveryaddress",
    "expanddeliverycontact", "expanddefaultcountry", "includeaccountclassdescription", "addcostpricestatistics",
    "expandnote",
}  # fmt: skip
NO_SUCH_DATA = {
    "salescategory", "vendorcd", "dunningletterdatetime", "dunningletterdatetimecondition", "expandaccountinformation",
    "availabilitylastmodifieddatetime", "availabilitylastmodifieddatetimecondition", "attachmentlastmodifieddatetime",
    "attachmentlastmodifieddatetimecondition",
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "listing"),
    [
        ("/v1/supplier", SUPPLIERS),
        ("/v1/customer", CUSTOMERS),
        ("/v1/supplierInvoice", INVOICES),
        ("/v1/supplierPayment", PAYMENTS),
        ("/v1/purchaseorder", ORDERS),
        ("/v2/PurchaseReceipt", RECEIPTS),
        ("/v1/customerinvoice", CUSTOMER_INVOICES),
        *((f"/v1/{listing.entity}", listing) for listing in REGISTERS.values()),
    ],
)
def test_every_documented_parameter_has_its_effect(path: str, listing: Listing) -> None:
    """A documented filter that the simulator ignored would return everything, and nobody would notice."""
    known = {
        "erp-api-background",
        "pagenumber",
        "pagesize",
        "numbertoread",
        "skiprecords",
        "greaterthanvalue",
        "orderby",
    }
    known |= {*listing.text, *listing.contains, *listing.flags, *listing.special, *listing.hidden.values()}
    for name in (*listing.dates, *listing.numbers):
        known |= {name, f"{name}condition"}
    known |= {"lastmodifieddatetime", "lastmodifieddatetimecondition"} if listing.modified else set()
    known |= {"createddatetime", "createddatetimecondition"} if listing.created else set()
    assert {name.lower() for name in query_parameters("visma", path)} <= known | EMPTY_EXPANSIONS | NO_SUCH_DATA


def test_the_helper_finds_what_is_wrong() -> None:
    with pytest.raises(SpecMismatch, match="unknown member"):
        check_response("visma", "GET", "/v1/supplier", 200, [{"nummer": "1"}])
    with pytest.raises(SpecMismatch, match="is not of type"):
        check_response("visma", "GET", "/v1/supplier", 200, [{"number": 1}])
    with pytest.raises(SpecMismatch, match="unknown query parameter"):
        check_request("visma", "GET", "/v1/purchaseorder", {"status": "Open"}, None)
    with pytest.raises(SpecMismatch, match="is not of type"):
        check_request("visma", "POST", "/v1/supplier", {}, {"name": "Acme"})
    with pytest.raises(SpecMismatch, match="no operation"):
        check_request("visma", "PATCH", "/v1/supplier", {}, None)
    check_request("visma", "GET", "/V1/PurchaseOrder", "orderstatus=Open&pageSize=5", None)

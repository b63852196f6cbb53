"""Lists of the Visma simulator: pages, filters, moments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.server import SandboxServer
from integrations.sandbox.visma.stamps import filter_moment, local, rowversion, shown
from tests.integrations.sandbox.conftest import Control, VismaClient

ORDERS = "/v1/purchaseorder"
EVERYTHING = {"pageSize": "500"}


def numbers(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["orderNbr"] for row in answer.json()]


def test_every_element_repeats_the_metadata(visma: VismaClient) -> None:
    rows = visma.get(ORDERS, params={"pageSize": 7}).json()
    assert len(rows) == 7
    assert all(row["metadata"] == {"totalCount": 60, "maxPageSize": 500} for row in rows)


def test_an_empty_answer_has_no_metadata(visma: VismaClient) -> None:
    assert visma.get(ORDERS, params={"supplier": "99999"}).text == "[]"
    assert visma.get(ORDERS, params={"pageNumber": 99}).text == "[]"


def test_pages_are_capped_silently(visma: VismaClient, control: Control) -> None:
    control.options(page_cap=9)
    seen: list[str] = []
    for page in range(1, 8):
        answer = visma.get(ORDERS, params={"pageNumber": page, "pageSize": 50})
        seen += numbers(answer)
        assert answer.json()[0]["metadata"] == {"totalCount": 60, "maxPageSize": 9}
    assert len(seen) == len(set(seen)) == 60


def test_without_a_page_size_the_answer_is_partial_without_a_sign(visma: VismaClient, control: Control) -> None:
    control.options(default_page_size=25)
    assert len(visma.get(ORDERS).json()) == 25


@pytest.mark.parametrize("sort", ["key", "modified", "unsorted"])
def test_the_order_of_rows_is_an_option(visma: VismaClient, control: Control, sort: str) -> None:
    control.options(sort=sort)
    rows = visma.get(ORDERS, params=EVERYTHING).json()
    found = [row["orderNbr"] for row in rows]
    moments = [row["lastModifiedDateTime"] for row in rows]
    assert (found == sorted(found)) is (sort == "key")
    if sort == "unsorted":
        assert moments != sorted(moments)


def test_unknown_parameters_are_ignored(visma: VismaClient) -> None:
    everything = numbers(visma.get(ORDERS, params=EVERYTHING))
    assert numbers(visma.get(ORDERS, params={**EVERYTHING, "status": "Open", "filter": "x"})) == everything
    assert len(numbers(visma.get(ORDERS, params={**EVERYTHING, "orderStatus": "Open"}))) < len(everything)


def test_deprecated_windows_are_ignored_where_pages_are_forced(visma: VismaClient) -> None:
    assert len(visma.get(ORDERS, params={"numberToRead": 3}).json()) == 60
    assert len(visma.get("/v1/account", params={"numberToRead": 3, "skipRecords": 1}).json()) == 3
    assert len(visma.get("/v1/account", params={"pageSize": 3, "pageNumber": 1}).json()) == 15


@pytest.mark.parametrize(
    ("path", "params", "member", "expected"),
    [
        (ORDERS, {"supplier": "50002"}, "supplier.number", {"50002"}),
        (ORDERS, {"orderType": "DropShip"}, "orderType", {"DropShip"}),
        (ORDERS, {"branch": "2"}, "branch.number", {"2"}),
        ("/v1/supplier", {"status": "OnHold"}, "status", {"OnHold"}),
        ("/v1/supplier", {"name": "SKRUV"}, "number", {"50003"}),
        ("/v1/supplierInvoice", {"documentType": "DebitAdj"}, "documentType", {"DebitAdj"}),
        ("/v1/supplierInvoice", {"status": "Balanced"}, "status", {"Balanced"}),
        ("/v1/supplierInvoice", {"released": "1"}, "status", {"Open", "Closed"}),
        ("/v2/PurchaseReceipt", {"receiptType": "PoReturn"}, "receiptType", {"PoReturn"}),
        ("/v2/PurchaseReceipt", {"poOrderNbr": "500001"}, "supplier.number", {"50001"}),
        ("/v1/supplierPayment", {"status": "Closed"}, "status", {"Closed"}),
        ("/v1/supplierPayment", {"invoiceRefNbr": "000002"}, "refNbr", {"000001"}),
        ("/v1/customer", {"status": "CreditHold"}, "status", {"CreditHold"}),
        ("/v1/customerinvoice", {"documentType": "CreditNote"}, "documentType", {"CreditNote"}),
        ("/v1/account", {"active": "false"}, "active", {False}),
        ("/v1/inventory", {"status": "NoPurchases"}, "status", {"NoPurchases"}),
        ("/v1/warehouse", {"active": "false"}, "warehouseID", {"3"}),
    ],
)
def test_filters(visma: VismaClient, path: str, params: dict[str, str], member: str, expected: set[Any]) -> None:
    found = set()
    for row in visma.get(path, params={**params, **EVERYTHING}).json():
        value: Any = row
        for part in member.split("."):
            value = value[part]
        found.add(value)
    assert found <= expected
    assert found


def test_external_references_can_be_found(sandbox: SandboxServer) -> None:
    finland = VismaClient(sandbox, "FI")
    rows = finland.get("/v1/customerinvoice", params={"externalReference": "WEB-9003"}).json()
    assert [row["externalReference"] for row in rows] == ["WEB-9003"]


def test_attributes_are_json(visma: VismaClient) -> None:
    supplier = visma.get("/v1/supplier/50007").json()
    gln = supplier["attributes"][0]["value"]
    rows = visma.get("/v1/supplier", params={"attributes": f'{{"GLN":"{gln}"}}'}).json()
    assert [row["number"] for row in rows] == ["50007"]
    assert visma.get("/v1/supplier", params={"attributes": "GLN"}).status_code == 400


def test_expansions_show_what_is_hidden(visma: VismaClient) -> None:
    assert "glAccounts" not in visma.get("/v1/supplier").json()[0]
    assert "glAccounts" in visma.get("/v1/supplier?expandAccountInformation=true").json()[0]
    assert "attachments" not in visma.get("/v1/supplierInvoice").json()[0]
    assert "attachments" in visma.get("/v1/supplierInvoice?expandAttachment=true").json()[0]
    assert "segmentValues" not in visma.get("/v1/dimension/SUBACCOUNT").json()["segments"][0]
    assert "segmentValues" in visma.get("/v1/dimension/SUBACCOUNT?expandSegmentsValues=true").json()["segments"][0]


@pytest.mark.parametrize(
    "text",
    ["2026-01-01", "2026-01-01 10:00:00", "2026-01-01 10:00:00.123", "2026-01-01T10:00:00", "2026-01-01T10:00:00.1"],
)
def test_accepted_moments(visma: VismaClient, text: str) -> None:
    params = {"lastModifiedDateTime": text, "lastModifiedDateTimeCondition": ">"}
    assert visma.get(ORDERS, params=params).status_code == 200


@pytest.mark.parametrize(
    "text",
    ["2026-01-01T10:00:00Z", "2026-01-01T10:00:00+01:00", "2026-01-01T10:00:00.1234", "20260101", "2026-1-1",
     "2026-01-01T10:00", "2026-13-01", "yesterday"],
)  # fmt: skip
def test_refused_moments(visma: VismaClient, text: str) -> None:
    params = {"lastModifiedDateTime": text, "lastModifiedDateTimeCondition": ">"}
    assert visma.get(ORDERS, params=params).status_code == 400


@pytest.mark.parametrize("name", ["lastModifiedDateTime", "orderDate", "deliveryDate"])
def test_a_moment_needs_its_condition(visma: VismaClient, name: str) -> None:
    assert visma.get(ORDERS, params={name: "2026-01-01"}).status_code == 400
    assert visma.get(ORDERS, params={name: "2026-01-01", f"{name}Condition": "="}).status_code == 400
    assert visma.get(ORDERS, params={f"{name}Condition": ">"}).status_code == 200


def test_moments_divide_rows_to_the_millisecond(visma: VismaClient) -> None:
    rows = visma.get(ORDERS, params=EVERYTHING).json()
    stamps = sorted(row["lastModifiedDateTime"] for row in rows)
    middle = stamps[30]
    for condition, count in {
        ">": sum(s > middle for s in stamps),
        ">=": sum(s >= middle for s in stamps),
        "<": sum(s < middle for s in stamps),
        "<=": sum(s <= middle for s in stamps),
    }.items():
        params = {**EVERYTHING, "lastModifiedDateTime": middle, "lastModifiedDateTimeCondition": condition}
        assert len(visma.get(ORDERS, params=params).json()) == count


def test_balances_compare_as_numbers(visma: VismaClient) -> None:
    rows = visma.get("/v1/supplierInvoice", params={"balance": "0", "balanceCondition": ">", **EVERYTHING}).json()
    assert rows
    assert all(row["balance"] > 0 for row in rows)
    assert visma.get("/v1/supplierInvoice", params={"balance": "x", "balanceCondition": ">"}).status_code == 400


@pytest.mark.parametrize("form", ["zoneless", "utc", "offset", "mixed"])
def test_moments_are_shown_in_three_forms(visma: VismaClient, control: Control, form: str) -> None:
    control.options(timestamp_form=form)
    rows = visma.get(ORDERS, params=EVERYTHING).json()
    kinds = {"Z" if row["lastModifiedDateTime"].endswith("Z") else row["lastModifiedDateTime"][-6:-5] for row in rows}
    expected = {"zoneless": False, "utc": {"Z"}, "offset": {"+"}, "mixed": None}[form]
    if expected is False:
        assert not kinds & {"Z", "+"}
    elif expected:
        assert kinds == expected
    else:
        assert {"Z", "+"} < kinds


def test_zoneless_moments_are_local_to_the_company(sandbox: SandboxServer, control: Control) -> None:
    finland = VismaClient(sandbox, "FI")
    zoneless = finland.get(f"{ORDERS}/500001").json()["lastModifiedDateTime"]
    control.options(timestamp_form="utc")
    exact = datetime.fromisoformat(finland.get(f"{ORDERS}/500001").json()["lastModifiedDateTime"])
    assert datetime.fromisoformat(zoneless) == exact.astimezone(ZoneInfo("Europe/Helsinki")).replace(tzinfo=None)
    control.options(timestamp_form="zoneless", time_zone="UTC")
    assert datetime.fromisoformat(finland.get(f"{ORDERS}/500001").json()["lastModifiedDateTime"]) == exact.replace(
        tzinfo=None
    )


def test_credit_terms_have_the_other_shape(visma: VismaClient) -> None:
    body = visma.get("/v1/creditTerm", params={"pageSize": 2, "pageNumber": 2}).json()
    assert (body["pageNumber"], body["pageSize"], body["totalCount"], len(body["records"])) == (2, 2, 5, 2)


def test_references_differ_in_metadata_and_versions(visma: VismaClient) -> None:
    assert visma.get("/v1/account").json()[0]["metadata"] == {"totalCount": 0, "maxPageSize": 0}
    for path in ("/v1/branch", "/v1/currency", "/v1/cashaccount", "/v1/financialPeriod"):
        assert not {"metadata", "timeStamp"} & set(visma.get(path).json()[0])
    assert "timestamp" in visma.get("/v1/inventory").json()[0]
    assert "timestamp" in visma.get("/v1/warehouse").json()[0]
    assert "ETag" not in visma.get("/v1/branch/1").headers


def test_a_double_may_show_its_last_bit(visma: VismaClient) -> None:
    order = visma.get(f"{ORDERS}/500004").json()
    assert round(order["lineTotal"], 2) != order["lineTotal"]
    assert round(order["lineTotal"] + order["taxTotal"], 2) == order["orderTotal"]


def test_the_removed_receipt_reads_are_gone(visma: VismaClient) -> None:
    assert visma.get("/v1/PurchaseReceipt").status_code == 405
    assert visma.get("/v1/PurchaseReceipt/700001").status_code == 405


def test_row_versions() -> None:
    assert rowversion(0) == "AAAAAE0YIiI="
    assert len({rowversion(n) for n in range(1000)}) == 1000


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1)))  # noqa: DTZ001 - zoneless is meant
def test_what_is_shown_can_be_used_as_a_filter(moment: datetime) -> None:
    stored = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC).isoformat()
    text = shown(stored, zone="Europe/Oslo", form="zoneless", salt=0)
    assert filter_moment(text) == local(stored, "Europe/Oslo")

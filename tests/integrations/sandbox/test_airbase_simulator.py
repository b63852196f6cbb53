"""The Airbase simulator: access, master data, bills and orders, in both modes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.integrations.sandbox.served import Served, serving
from tests.integrations.sandbox.spec import check_response, require_specs

PREFIX = "/v1/accounting"
KEY = "sandbox-airbase-se"


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving("airbase") as served:
        yield served


@pytest.fixture
def sandbox(server: Served) -> Served:
    server.reset()
    return server


class Airbase(requests.Session):
    """Paths are below /v1/accounting/ of the Swedish tenant."""

    def __init__(self, base: str, *, scheme: str = "Bearer", key: str = KEY) -> None:
        super().__init__()
        self.base, self.trust_env = base, False
        self.headers["Authorization"] = f"{scheme} {key}"

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        kwargs.setdefault("timeout", 30)
        full = url if url.startswith("http") else f"{self.base}{PREFIX}/{url}"
        return super().request(method, full, *args, **kwargs)

    def all(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All rows of a list, page by page."""
        rows: list[dict[str, Any]] = []
        for number in range(1, 1000):
            page = self.get(path, params={**params, "page": number}).json()
            rows += page["data"]
            if not page["data"] or page["pagination"]["next"] is None:
                return rows
        raise AssertionError("the list does not end")


@pytest.fixture
def brief(sandbox: Served) -> Airbase:
    return Airbase(f"{sandbox.base}/nordlogistik")


@pytest.fixture
def evidence(sandbox: Served) -> Airbase:
    sandbox.options(mode="evidence")
    return Airbase(sandbox.base, scheme="Token")


def bill(reference: str = "INV-1", **more: Any) -> dict[str, Any]:
    return {"erp_reference_id": reference, "vendor": {"erp_reference_id": "50001"}, "total_amount": "100.00", **more}


def vendors(numbers: range, **more: Any) -> dict[str, Any]:
    return {"entities": [{"name": f"Vendor {n}", "erp_reference_id": str(n), **more} for n in numbers]}


# access


def test_each_mode_has_its_scheme_and_base_url(sandbox: Served, brief: Airbase) -> None:
    assert brief.get("vendors/").status_code == 200
    assert Airbase(brief.base, scheme="Token").get("vendors/").json() == {"detail": "Invalid token."}
    assert Airbase(sandbox.base).get("vendors/").status_code == 404
    sandbox.options(mode="evidence")
    assert Airbase(sandbox.base, scheme="Token").get("vendors/").status_code == 200
    refused = Airbase(sandbox.base).get("vendors/")
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Token")
    sandbox.options(scheme="Bearer")
    assert Airbase(sandbox.base).get("vendors/").status_code == 200


def test_a_key_opens_one_tenant(sandbox: Served, brief: Airbase) -> None:
    assert Airbase(brief.base, key="sandbox-airbase-no").get("vendors/").status_code == 401
    norway = Airbase(f"{sandbox.base}/fjordmekanikk", key="sandbox-airbase-no")
    assert {row["erp_reference_id"] for row in norway.all("vendors/")} == {"60001", "60002", ""}
    own = brief.all("vendors/")[0]["airbase_id"]
    assert norway.get(f"vendors/{own}/").status_code == 404


def test_a_read_only_key_and_closed_accounts_are_403(sandbox: Served, brief: Airbase) -> None:
    reader = Airbase(brief.base, key=f"{KEY}-readonly")
    assert reader.get("vendors/").status_code == 200
    assert reader.post("vendors/", json={"name": "X"}).status_code == 403
    sandbox.options(accounts_writable=False)
    assert brief.post("accounts/bulk_upsert/", json={"entities": []}).status_code == 403
    assert brief.post("vendors/", json={"name": "X"}).status_code == 201


def test_without_slash_a_call_is_redirected(brief: Airbase) -> None:
    answer = brief.get("vendors", params={"page": 2}, allow_redirects=False)
    assert answer.status_code == 301
    assert answer.headers["Location"].endswith("/v1/accounting/vendors/?page=2")


def test_headers_tell_allowance_and_methods(brief: Airbase) -> None:
    first, second = brief.get("vendors/"), brief.get("vendors/")
    assert first.headers["X-Ratelimit-Limit"] == "500"
    assert (first.headers["X-Ratelimit-Remaining"], second.headers["X-Ratelimit-Remaining"]) == ("499", "498")
    assert first.headers["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert brief.get("ledger_entries/").headers["Allow"] == "GET, HEAD, OPTIONS"
    refused = brief.post("ledger_entries/", json={})
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("told", [True, False])
def test_beyond_the_allowance_calls_are_throttled(sandbox: Served, brief: Airbase, told: bool) -> None:
    sandbox.options(rate_limit=2, rate_window=3600, retry_after=told)
    assert [brief.get("vendors/").status_code for _ in range(3)] == [200, 200, 429]
    refused = brief.get("vendors/")
    assert refused.json()["detail"].startswith("Request was throttled. Expected available in ")
    assert ("Retry-After" in refused.headers) is told
    sandbox.advance(3601)
    assert brief.get("vendors/").status_code == 200


def test_moved_resources_leave_their_default_path(sandbox: Served, brief: Airbase) -> None:
    sandbox.options(paths={"bills": "/v1/ap/bills/"})
    assert brief.get("bills/").status_code == 404
    moved = f"{brief.base}/v1/ap/bills/"
    made = brief.post(moved, json=bill())
    assert made.status_code == 201
    assert brief.get(f"{moved}{made.json()['airbase_id']}/").json()["erp_reference_id"] == "INV-1"


def test_a_mode_has_only_its_own_resources(evidence: Airbase) -> None:
    for path in ("bills/", "purchase_orders/", "payments/", "employees/"):
        assert evidence.get(path).status_code == 404
        assert evidence.post(path, json={}).status_code == 404
    refused = evidence.get("tags/")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST, OPTIONS")


# lists


def test_pages_end_with_an_empty_one(sandbox: Served, brief: Airbase) -> None:
    brief.post("vendors/bulk_upsert/", json=vendors(range(1, 101)))
    first = brief.get("vendors/", params={"page_size": 60}).json()
    assert len(first["data"]) == 60
    assert first["pagination"] == {
        "next": f"{brief.base}{PREFIX}/vendors/?page_size=60&page=2", "previous": None, "page": 1, "page_size": 60
    }  # fmt: skip
    second = brief.get(first["pagination"]["next"]).json()
    assert (len(second["data"]), second["pagination"]["next"]) == (44, None)
    beyond = brief.get("vendors/", params={"page": 99})
    assert (beyond.status_code, beyond.json()["data"]) == (200, [])
    sandbox.options(next_form="number", max_page_size=10)
    assert brief.get("vendors/", params={"page_size": 60}).json()["pagination"]["next"] == 2
    assert len(brief.get("vendors/", params={"page_size": 60}).json()["data"]) == 10


def test_an_empty_reference_finds_what_is_not_linked(brief: Airbase) -> None:
    assert [row["erp_reference_id"] for row in brief.all("vendors/", erp_reference_id="50001")] == ["50001"]
    unlinked = brief.all("vendors/", erp_reference_id="")
    assert len(unlinked) == 2
    assert unlinked[0]["tax_id"]


@pytest.mark.parametrize(("names", "there", "gone"), [("old", "id", "airbase_id"), ("new", "airbase_id", "id")])
def test_a_vendor_under_old_and_new_names(sandbox: Served, brief: Airbase, names: str, there: str, gone: str) -> None:
    assert {"id", "airbase_id"} <= set(brief.all("vendors/")[0])
    sandbox.options(names=names)
    row = brief.all("vendors/")[0]
    assert there in row
    assert gone not in row
    assert "airbase_id" in row["subsidiary_reference_ids"][0]


# writes


def test_a_reference_is_unique_and_fixed(brief: Airbase) -> None:
    unlinked = brief.all("vendors/", erp_reference_id="")[0]
    path = f"vendors/{unlinked['airbase_id']}/"
    assert "erp_reference_id" in brief.patch(path, json={"erp_reference_id": "50001"}).json()
    assert brief.patch(path, json={"erp_reference_id": "50099"}).json()["erp_reference_id"] == "50099"
    refused = brief.patch(path, json={"erp_reference_id": "50098"})
    assert refused.json() == {"erp_reference_id": ["This field cannot be changed once it is set."]}
    assert brief.patch(path, json={"name": "Renamed"}).json()["erp_reference_id"] == "50099"
    assert brief.post("vendors/", json={"name": "Twin", "erp_reference_id": "50099"}).status_code == 400


@pytest.mark.parametrize(
    ("resource", "body", "wrong"),
    [
        ("vendors", {}, "name"),
        ("vendors", {"name": ""}, "name"),
        ("vendors", {"name": "x" * 256}, "name"),
        (
            "vendors",
            {"name": "X", "subsidiary_reference_ids": [{"erp_reference_id": "77"}]},
            "subsidiary_reference_ids",
        ),
        ("accounts", {"name": "X", "erp_reference_id": "1"}, "type"),
        ("subsidiaries", {"name": "X", "erp_reference_id": "9"}, "iso_code"),
        ("tags", {"erp_reference_id": "9"}, "name"),
        ("bills", {"erp_reference_id": "1", "vendor": {"erp_reference_id": "50001"}}, "total_amount"),
        ("bills", bill(total_amount=100.0), "total_amount"),
        ("bills", bill(vendor={"erp_reference_id": "59999"}), "vendor"),
        ("bills", bill(currency={"iso_code": "JPY"}), "currency"),
        ("bills", bill(entry_date="02.01.2026"), "entry_date"),
        ("bills", bill(status="approved"), "status"),
        ("bills", bill(expense_list=[{"amount": 12.5}]), "expense_list"),
        ("bills", bill(expense_list=[{"account": {"erp_reference_id": "4010"}}]), "expense_list"),
        ("purchase_orders", bill(line_items=[{"unit_price": 3}]), "line_items"),
    ],
)
def test_wrong_fields_are_named(brief: Airbase, resource: str, body: dict[str, Any], wrong: str) -> None:
    refused = brief.post(f"{resource}/", json=body)
    assert refused.status_code == 400
    assert list(refused.json()) == [wrong]


def test_a_currency_without_reference_cannot_be_used(brief: Airbase) -> None:
    euros = [row for row in brief.all("currencies/") if row["iso_code"] == "EUR"]
    assert sorted(row["erp_reference_id"] for row in euros) == ["", "EUR"]
    assert brief.post("bills/", json=bill(currency={"iso_code": "EUR"})).json()["currency"]["erp_reference_id"] == "EUR"


def test_bulk_results_come_in_another_order(brief: Airbase) -> None:
    sent = [str(number) for number in range(50002, 50012)]
    answer = brief.post("vendors/bulk_upsert/", json=vendors(range(50002, 50012)))
    told = answer.json()
    assert [row["erp_reference_id"] for row in told["updated"]] == ["50002"]
    created = [row["erp_reference_id"] for row in told["created"]]
    assert created != sent[1:]
    assert sorted(created) == sent[1:]
    again = brief.post("vendors/bulk_upsert/", json={"entities": [{**told["created"][0], "name": "New name"}]})
    assert again.json() == {"created": [], "updated": [told["created"][0]]}
    assert len(brief.all("vendors/", erp_reference_id=created[0])) == 1


def test_one_wrong_row_refuses_the_batch(brief: Airbase) -> None:
    before = len(brief.all("vendors/"))
    rows = [{"name": "A"}, {"name": ""}, {"name": "B", "airbase_id": "nothing"}, "text"]
    refused = brief.post("vendors/bulk_upsert/", json={"entities": rows})
    assert refused.status_code == 400
    assert [error["index"] for error in refused.json()["validation_errors"]] == [1, 2, 3]
    assert len(brief.all("vendors/")) == before
    twice = {"entities": [{"name": "A", "erp_reference_id": "7"}, {"name": "B", "erp_reference_id": "7"}]}
    assert brief.post("vendors/bulk_upsert/", json=twice).json()["validation_errors"][0]["index"] == 1
    assert brief.post("vendors/bulk_upsert/", json=vendors(range(101))).status_code == 400


def test_bulk_may_refuse_a_known_reference(sandbox: Served, brief: Airbase) -> None:
    sandbox.options(bulk_match="airbase_id")
    assert brief.post("vendors/bulk_upsert/", json=vendors(range(50001, 50002))).status_code == 400


def test_closed_and_paid_bills_do_not_change(sandbox: Served, brief: Airbase) -> None:
    own = brief.post("bills/", json=bill(due_date="2026-01-31", unheard_of="kept")).json()
    assert (own["status"], own["payment_status"], own["unheard_of"]) == ("awaiting_approval", "unpaid", "kept")
    path = f"bills/{own['airbase_id']}/"
    assert brief.patch(path, json={"total_amount": "120.00"}).json()["total_amount"] == "120.00"
    sandbox.control(
        "act", {"system": "airbase", "action": "approve_payment", "with": {"company": "SE", "bill": "INV-1"}}
    )
    assert brief.patch(path, json={"total_amount": "130.00"}).status_code == 400
    assert brief.patch(path, json={"status": "closed"}).status_code == 400
    assert brief.patch(path, json={"total_amount": "120.00"}).status_code == 200
    other = brief.post("bills/", json=bill("INV-2")).json()
    assert brief.patch(f"bills/{other['airbase_id']}/", json={"status": "closed"}).json()["status"] == "closed"
    assert brief.patch(f"bills/{other['airbase_id']}/", json={"notes": "late"}).status_code == 400


def test_answers_are_as_the_recordings_have_them(evidence: Airbase) -> None:
    require_specs("airbase")
    made = evidence.post("vendors/", json={"name": "X", "erp_reference_id": "50055"})
    own = made.json()["airbase_id"]
    calls = [
        ("GET", "vendors/", {}),
        ("GET", f"vendors/{own}/", {}),
        ("PATCH", f"vendors/{own}/", {"name": "Y"}),
        ("POST", "vendors/bulk_upsert/", vendors(range(3))),
        ("GET", "ledger_entries/", {}),
    ]
    for method, path, body in calls:
        answer = evidence.request(method, path, json=body)
        assert answer.status_code == 200, answer.text
        check_response("airbase", method, f"{PREFIX}/{path}", 200, answer.json())
    check_response("airbase", "POST", f"{PREFIX}/vendors/", 201, made.json())

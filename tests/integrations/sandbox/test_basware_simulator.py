"""The Basware simulator: regions, tokens, limits, records and how they reach P2P."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.integrations.sandbox.basware_client import (
    Basware,
    act,
    api,
    line,
    order,
    sandbox,
    server,
    slow,
    term,
    token,
    vendor,
)
from tests.integrations.sandbox.served import Served

__all__ = ["api", "sandbox", "server", "slow"]
CONTINUATION = "x-amz-meta-continuationtoken"


def codes(answer: requests.Response) -> list[tuple[str, str]]:
    """(externalCode, code) of each error."""
    body = answer.json()
    assert body["hasErrors"]
    assert body["requestId"] == answer.headers["x-amzn-RequestId"]
    return [(error["externalCode"], error["code"]) for error in body["errors"]]


# access


def test_only_one_region_knows_a_client(sandbox: Served) -> None:
    assert [token(sandbox, region).status_code for region in ("eu", "us", "au", "ca")] == [200, 401, 401, 401]
    assert token(sandbox, "us", client="basware-no").status_code == 200
    sandbox.options(regions={"SE": "au"})
    assert token(sandbox, "eu").json() == {"error": "invalid_client"}
    assert token(sandbox, "au").status_code == 200


def test_a_token_names_its_scopes_and_lifetime(sandbox: Served) -> None:
    sandbox.options(token_lifetime=300)
    given = token(sandbox, scope="vendors.read vendors.write").json()
    assert given["scope"] == "vendors.read vendors.write"
    assert (given["expires_in"], given["token_type"]) == (300, "Bearer")
    assert given["access_token"].count(".") == 2


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": ""}, "scope field required"),
        ({"grant_type": ""}, "grant_type field required"),
        ({"grant_type": "password"}, "grant_type must be client_credentials"),
        ({"scope": "vendors.read dogs.read"}, "scope not granted: dogs.read"),
    ],
)
def test_wrong_token_requests(sandbox: Served, form: dict[str, str], error: str) -> None:
    refused = token(sandbox, **form)
    assert (refused.status_code, refused.json()["error_description"]) == (400, error)


def test_credentials_stand_in_the_header_only(sandbox: Served) -> None:
    form = {"grant_type": "client_credentials", "scope": "vendors.read", "client_id": "basware-se"}
    refused = requests.post(f"{sandbox.base}/eu/v1/tokens", data=form, timeout=30)
    assert (refused.status_code, refused.json()) == (401, {"error": "invalid_client"})
    assert token(sandbox, secret="wrong").status_code == 401
    no_form = requests.post(
        f"{sandbox.base}/eu/v1/tokens", json=form, auth=("basware-se", "sandbox-basware-se-secret"), timeout=30
    )
    assert no_form.status_code == 422


def test_tokens_expire_and_belong_to_a_region(sandbox: Served, api: Basware) -> None:
    api.post("/v1/vendors", json=[vendor()])
    assert api.get("/v1/vendors").status_code == 200
    stranger = requests.get(f"{sandbox.base}/us/v1/vendors", headers=dict(api.headers), timeout=30)
    assert (stranger.status_code, stranger.json()) == (401, {"message": "Unauthorized"})
    sandbox.advance(3601)
    assert api.get("/v1/vendors").status_code == 401


def test_each_verb_needs_its_scope(sandbox: Served, api: Basware) -> None:
    reading = token(sandbox, scope="vendors.read").json()["access_token"]
    api.headers["Authorization"] = f"Bearer {reading}"
    assert api.get("/v1/vendors").status_code == 404
    assert api.post("/v1/vendors", json=[vendor()]).status_code == 403
    assert api.get("/v1/accounts").status_code == 403


def test_basic_is_accepted_too(sandbox: Served) -> None:
    known = {"auth": ("basware-se", "sandbox-basware-se-secret"), "timeout": 30}
    assert requests.get(f"{sandbox.base}/eu/v1/vendors", **known).status_code == 404
    known["auth"] = ("basware-se", "wrong")
    assert requests.get(f"{sandbox.base}/eu/v1/vendors", **known).status_code == 401


@pytest.mark.parametrize("told", [True, False])
def test_the_gateway_limits(sandbox: Served, api: Basware, told: bool) -> None:
    sandbox.options(rate_limit=2, rate_window=3000, retry_after=told, rate_headers=True)
    first = api.get("/v1/accounts")
    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("2", "1")
    assert [api.get("/v1/accounts").status_code for _ in range(2)] == [404, 429]
    refused = api.get("/v1/accounts")
    assert refused.json() == {"message": "Too Many Requests"}
    assert ("Retry-After" in refused.headers) is told
    sandbox.advance(3001)
    assert api.get("/v1/accounts").status_code == 404


# the API layer


def test_nothing_found_is_404_without_body(api: Basware) -> None:
    for path in ("/v1/vendors", "/v1/vendors/nobody", "/v1/requestStatus", "/v1/lists/ACC_LIST_1"):
        answer = api.get(path)
        assert (answer.status_code, answer.content) == (404, b"")
    assert answer.headers["x-amzn-RequestId"]


def test_records_are_upserted_as_a_whole(api: Basware) -> None:
    first = api.post("/v1/vendors", json=[vendor(description="old", name="A", tags=None), vendor("50002")])
    assert first.status_code == 200
    assert first.json()[0]["description"] == "old"
    assert api.post("/v1/vendors", json=[vendor(name="B")]).status_code == 200
    known = api.get("/v1/vendors/V-50001").json()
    assert known["name"] == "B"
    assert not {"description", "tags"} & set(known)
    assert [row["externalCode"] for row in api.get("/v1/vendors").json()["vendorEntities"]] == ["V-50001", "V-50002"]


def test_patch_keeps_what_is_not_sent(api: Basware) -> None:
    api.post("/v1/vendors", json=[vendor(description="kept")])
    changed = api.patch("/v1/vendors/V-50001", json={"name": "New", "description": None})
    assert (changed.json()["name"], changed.json()["description"]) == ("New", "kept")
    wrong = api.patch("/v1/vendors/V-50001", json={"externalCode": "V-2"})
    assert codes(wrong) == [("V-50001", "EXTERNAL_CODE_MISMATCH")]
    assert api.patch("/v1/vendors/nobody", json={"name": "X"}).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        vendor(colour="red"),
        vendor(name=None),
        vendor(name="x" * 251),
        vendor(name=7),
        vendor(externalCode="x" * 37),
        vendor(companies=[{"companyCode": "1001", "region": "eu"}]),
        vendor(processingStatus={"active": "yes"}),
        vendor(addresses=[{"externalCode": "A", "name": "Main", "addressType": "Castle"}]),
        vendor(companies={}),
        "text",
    ],
)
def test_schema_errors_refuse_the_batch(api: Basware, wrong: Any) -> None:
    refused = api.post("/v1/vendors", json=[vendor("50009"), wrong])
    assert refused.status_code == 400
    assert {code for _, code in codes(refused)} == {"SCHEMA_VALIDATION_ERROR"}
    assert api.get("/v1/vendors").status_code == 404


def test_batches_have_limits(api: Basware) -> None:
    assert api.post("/v1/vendors", json=[vendor(str(n)) for n in range(200)]).status_code == 200
    assert api.post("/v1/vendors", json=[vendor(str(n)) for n in range(201)]).status_code == 400
    assert api.post("/v1/paymentTerms", json=[term(str(n)) for n in range(501)]).status_code == 400
    assert api.post("/v1/matchingOrderLines", json=[line(n + 1) for n in range(101)]).status_code == 400
    assert api.post("/v1/vendors", json=[]).status_code == 400
    assert api.post("/v1/vendors", data=b"[" + b" " * 6 * 1024 * 1024 + b"]").status_code == 413
    twice = api.post("/v1/vendors", json=[vendor(), vendor()])
    assert (twice.status_code, codes(twice)) == (409, [("V-50001", "CONFLICT_IN_POST")])


def test_the_continuation_token_stands_in_headers(api: Basware) -> None:
    api.post("/v1/vendors", json=[vendor(str(n)) for n in range(5)])
    first = api.get("/v1/vendors", params={"pageSize": 2})
    seen, headers = [row["vendorCode"] for row in first.json()["vendorEntities"]], first.headers
    assert (
        api.get("/v1/vendors", params={"pageSize": 3}, headers={CONTINUATION: headers[CONTINUATION]}).status_code == 400
    )
    while CONTINUATION in headers:
        page = api.get("/v1/vendors", params={"pageSize": 2}, headers={CONTINUATION: headers[CONTINUATION]})
        seen += [row["vendorCode"] for row in page.json()["vendorEntities"]]
        headers = page.headers
    assert seen == ["0", "1", "2", "3", "4"]
    for size in ("0", "201", "x"):
        assert codes(api.get("/v1/vendors", params={"pageSize": size})) == [("", "PARAMETER_VALIDATION_ERROR")]


def test_lists_and_their_keys(api: Basware) -> None:
    item = {
        "externalCode": "D-10",
        "text_1": "10",
        "text_2": "Terminal",
        "companies": [{"companyCode": "1001", "active": True}],
    }
    answer = api.post("/v1/lists/ACC_LIST_35", json=[item])
    assert api.items(answer) == {"D-10": "Success"}
    assert api.get("/v1/lists/ACC_LIST_35/D-10").json()["text_2"] == "Terminal"
    assert api.get("/v1/lists/ACC_LIST_1").status_code == 404
    assert api.post("/v1/lists/ACC_LIST_36", json=[item]).status_code == 400
    assert api.post("/v1/lists/ACC_LIST_1", json=[{**item, "text_26": "x"}]).status_code == 400


def test_delete_leaves_p2p_alone(sandbox: Served, api: Basware) -> None:
    api.post("/v1/vendors", json=[vendor(), vendor("50002")])
    assert api.delete("/v1/vendors", json={"externalCode": "V-50001"}).status_code == 200
    assert api.delete("/v1/vendors", json={"lastUpdated": "0001-01-01"}).status_code == 202
    assert api.get("/v1/vendors").status_code == 404
    assert len(sandbox.rows("p2p")) == 2
    assert api.delete("/v1/vendors", json={}).status_code == 400


# the second step


def test_processing_takes_its_time(sandbox: Served, slow: Basware) -> None:
    sandbox.options(processing_delay=600)
    answer = slow.post("/v1/vendors", json=[vendor()])
    assert slow.state(answer)["requestStatus"] == "InProgress"
    assert slow.items(answer) == {"V-50001": "InProgress"}
    assert sandbox.rows("p2p") == []
    sandbox.advance(601)
    assert slow.state(answer)["requestStatus"] == "Success"
    assert slow.state(answer)["operationType"] == "POST"
    other = slow.post("/v1/vendors", json=[vendor("50002")])
    assert act(sandbox, "process") == {"requests": 1, "invoices": 0}
    assert slow.items(other) == {"V-50002": "Success"}


def test_an_identical_record_is_not_processed_even_if_p2p_refused_it(sandbox: Served, api: Basware) -> None:
    sandbox.options(outcomes={"V-50001": {"status": "Error", "message": "Locked in P2P"}})
    first = api.post("/v1/vendors", json=[vendor()])
    assert api.errors(first) == ["Locked in P2P"]
    sandbox.options(outcomes={})
    again = api.post("/v1/vendors", json=[vendor()])
    assert api.items(again) == {"V-50001": "NotProcessed"}
    assert api.state(again)["requestStatus"] == "Success"
    assert api.items(api.post("/v1/vendors", json=[vendor(description="x")])) == {"V-50001": "Success"}
    (known,) = sandbox.rows("p2p")
    assert (known["body"]["externalCode"], known["body"]["processed"]) == ("V-50001", 1)


def test_an_overtaken_record_expires(sandbox: Served, slow: Basware) -> None:
    sandbox.options(processing_delay=600, expire_seconds=60)
    first = slow.post("/v1/vendors", json=[vendor(name="A")])
    second = slow.post("/v1/vendors", json=[vendor(name="B")])
    act(sandbox, "process")
    assert slow.items(first) == {"V-50001": "RecordExpired"}
    assert slow.items(second) == {"V-50001": "Success"}


def test_p2p_checks_what_the_schema_does_not(api: Basware) -> None:
    elsewhere = api.post("/v1/vendors", json=[vendor(companies=[{"companyCode": "9"}])])
    assert api.errors(elsewhere) == ["Record skipped due to wrong or missing CompanyCode"]
    terms = {"paymentTerms": {"paymentTermCode": "30"}}
    early = api.post("/v1/vendors", json=[vendor("50002", **terms), vendor("50003")])
    assert api.items(early) == {"V-50002": "Error", "V-50003": "Success"}
    assert api.state(early)["requestStatus"] == "Error"
    api.post("/v1/paymentTerms", json=[term("30")])
    assert api.items(api.post("/v1/vendors", json=[vendor("50004", **terms)])) == {"V-50004": "Success"}
    iban = {"schemeId": "IBAN", "id": "NO9386011117947"}
    account = {"financialAccountIdentifiers": [iban, iban]}
    means = [{"paymentMeansCode": "BANK", "financialAccounts": [account]}]
    twice = api.post("/v1/vendors", json=[vendor("50005", paymentMeans=means)])
    assert api.errors(twice) == ["Bank accounts of a supplier must be unique"]


def test_orders_need_their_supplier_and_lines_their_order(sandbox: Served, api: Basware) -> None:
    early = api.post("/v1/matchingOrders", json=[order()])
    assert api.errors(early) == ["Supplier 50001 does not exist in company 1001"]
    orphan = api.post("/v1/matchingOrderLines", json=[line()])
    assert api.errors(orphan) == ["Order O-500001 does not exist"]
    api.post("/v1/vendors", json=[vendor()])
    assert api.items(api.post("/v1/matchingOrders", json=[order(description="again")])) == {"O-500001": "Success"}
    assert sandbox.row("p2p", "SE/matchingOrders/O-500001")["body"]["visible"] is False
    done = api.post("/v1/matchingOrderLines", json=[line(uom="EA"), line(2)])
    assert set(api.items(done).values()) == {"Success"}
    assert api.state(done)["systems"][0]["items"][0]["parentExternalCode"] == "O-500001"
    assert sandbox.row("p2p", "SE/matchingOrders/O-500001")["body"]["visible"] is True
    assert codes(api.get("/v1/matchingOrderLines")) == [("", "PARAMETER_VALIDATION_ERROR")]
    found = api.get("/v1/matchingOrderLines", params={"orderExternalCode": "O-500001"}).json()
    assert len(found["matchingOrderLines"]) == 2
    assert api.post("/v1/matchingOrderLines", json=[line(quantity=0)]).status_code == 400


def test_lines_are_patched_one_after_the_other(sandbox: Served, api: Basware) -> None:
    sandbox.options(line_busy_seconds=60)
    api.post("/v1/vendors", json=[vendor()])
    api.post("/v1/matchingOrders", json=[order()])
    api.post("/v1/matchingOrderLines", json=[line(), line(2)])
    receipt = {"externalCode": "R-1", "goodsReceiptNumber": "700001", "quantity": 4}
    path = "/v1/matchingOrderLines/L-500001-1"
    assert api.patch(path, json={"goodsReceipts": [receipt]}).status_code == 200
    second = {"externalCode": "R-2", "goodsReceiptNumber": "700002", "quantity": -4, "referenceGRExternalCode": "R-1"}
    assert api.patch(path, json={"goodsReceipts": [second]}).status_code == 503
    assert api.patch("/v1/matchingOrderLines/L-500001-2", json={"isClosed": True}).status_code == 200
    sandbox.advance(61)
    assert api.patch(path, json={"goodsReceipts": [second]}).status_code == 200
    known = sandbox.row("p2p", "SE/matchingOrderLines/L-500001-1")["body"]
    assert [one["externalCode"] for one in known["content"]["goodsReceipts"]] == ["R-1", "R-2"]


def test_errors_are_found_and_acknowledged_once(sandbox: Served, api: Basware) -> None:
    sandbox.options(fail_every=2)
    good = api.post("/v1/vendors", json=[vendor()])
    bad = api.post("/v1/vendors", json=[vendor("50002"), vendor("50003")])
    own = bad.headers["x-amzn-RequestId"]
    assert [row["requestId"] for row in api.get("/v1/requestStatus").json()["requestStatus"]] == [own]
    both = api.get("/v1/requestStatus", params={"entityType": "Vendor"}).json()["requestStatus"]
    assert [row["requestStatus"] for row in both] == ["Success", "Error"]
    hidden = api.get(f"/v1/requestStatus/{own}", params={"ignoreSuccessfulItems": "true"}).json()
    assert [item["status"] for item in hidden["requestStatus"][0]["systems"][0]["items"]] == ["Error"]
    assert api.get("/v1/errorFeedbacks").json()["errorList"][0]["externalCode"] == "V-50002"
    assert api.get(f"/v1/errorFeedbacks/{own}").status_code == 200
    assert api.get(f"/v1/errorFeedbacks/{good.headers['x-amzn-RequestId']}").status_code == 404
    assert api.post("/v1/requestStatus/acknowledge", json={"requestIds": [own]}).status_code == 200
    assert api.post("/v1/requestStatus/acknowledge", json={"requestIds": [own]}).status_code == 405
    assert api.post("/v1/requestStatus/acknowledge", json={"requestIds": ["nothing"]}).status_code == 404
    assert api.get("/v1/requestStatus").status_code == 404
    assert api.state(bad)["requestStatus"] == "AcknowledgedError"


def test_what_is_in_progress_cannot_be_acknowledged(sandbox: Served, slow: Basware) -> None:
    sandbox.options(processing_delay=600)
    own = slow.post("/v1/vendors", json=[vendor()]).headers["x-amzn-RequestId"]
    assert slow.post("/v1/requestStatus/acknowledge", json={"requestIds": [own]}).status_code == 400
    since = {"lastUpdated": "2099-01-01T00:00:00Z", "status": "InProgress"}
    assert slow.get("/v1/requestStatus", params=since).status_code == 404


def test_a_time_out_after_the_effect_leaves_one_record(sandbox: Served, api: Basware) -> None:
    sandbox.fault(fault="timeout_after", method="POST", path_regex="/v1/vendors", seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        api.post("/v1/vendors", json=[vendor()])
    assert api.items(api.post("/v1/vendors", json=[vendor()])) == {"V-50001": "NotProcessed"}
    assert [row["body"]["processed"] for row in sandbox.rows("p2p")] == [1]
    sandbox.fault(fault=429, path_regex="/v1/vendors")
    assert "Retry-After" not in api.get("/v1/vendors").headers

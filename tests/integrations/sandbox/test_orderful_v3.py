"""The v3 endpoints of the Orderful simulator: OrderfulJSON, lists, acknowledgments, conversion, raw files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integrations.sandbox.orderful_client import (
    PARTNER,
    US,
    V3_CHANGE,
    V4,
    api,
    body,
    messages,
    post,
    sandbox,
    server,
    statuses,
    v3_body,
    v3_message,
)
from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.vendor_schema import Checked

__all__ = ["api", "sandbox", "server"]


def create(api: Checked, **changes: Any) -> str:
    answer = api.post("/v3/transactions", json=v3_body(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def test_validation_is_asynchronous(api: Checked, sandbox: Served) -> None:
    sandbox.options(validation_delay=30)
    number = create(api)
    assert statuses(api, number) == ("PROCESSING", "PENDING", "NOT_ACKNOWLEDGED")
    sandbox.advance(31)
    assert statuses(api, number)[0] == "VALID"
    assert sandbox.row("transactions", number)["business_number"] == "500001"
    assert api.get(f"/v3/transactions/{number}/message").json()["transactionSets"] == v3_message()["transactionSets"]


@pytest.mark.parametrize("fault", ["null", "number", "no beginning", "no lines", "no order number"])
def test_invalid_content_is_created_and_found_invalid(api: Checked, sandbox: Served, fault: str) -> None:
    message = v3_message()
    one = message["transactionSets"][0]
    match fault:
        case "null":
            one["PO1_loop"][0]["baselineItemData"][0]["unitPrice"] = None
        case "number":
            one["PO1_loop"][0]["baselineItemData"][0]["quantity"] = 10
        case "no beginning":
            del one["beginningSegmentForPurchaseOrder"]
        case "no lines":
            del one["PO1_loop"]
        case _:
            del one["beginningSegmentForPurchaseOrder"][0]["purchaseOrderNumber"]
    number = create(api, message=message)
    sandbox.advance(30)
    assert statuses(api, number) == ("INVALID", "PENDING", "NOT_ACKNOWLEDGED")
    assert api.get(f"/v2/transactions/{number}/validations").status_code == 404
    sandbox.options(undocumented_v2=True)
    assert api.get(f"/v2/transactions/{number}/validations").json()


def test_request_errors(api: Checked, sandbox: Served) -> None:
    for wrong, text in (
        (v3_body(summary={}), "Either message or summary"),
        ({name: value for name, value in v3_body().items() if name != "message"}, "Either message or summary"),
        (v3_body(stream="live"), "stream must be one of"),
        (v3_body(type="850_PURCHASE_ORDER"), "type.name must be"),
        (v3_body(type={"name": "860_PURCHASE_ORDER_CHANGE"}), "does not exist"),
        (v3_body(sender={"isaId": "X" * 36}), "between 1 and 35"),
        (v3_body(senderId=US), "property senderId should not exist"),
        (v3_body(receiver={"isaId": "NOBODY"}), "was not found"),
    ):
        answer = api.post("/v3/transactions", json=wrong)
        assert answer.status_code == 400
        assert text in messages(answer)[0]
    assert sandbox.rows("transactions") == []


def test_message_may_be_a_string_of_json(api: Checked) -> None:
    number = create(api, message=json.dumps(v3_message("77")))
    assert api.get(f"/v3/transactions/{number}").json()["businessNumber"] == "77"


def test_order_changes_have_their_own_name_on_v3(api: Checked) -> None:
    beginning = {"transactionSetPurposeCode": "04", "purchaseOrderNumber": "500001"}
    change = {"beginningSegmentForPurchaseOrderChange": [beginning], "POC_loop": [{"lineItemChange": [{}]}]}
    create(api, type={"name": V3_CHANGE}, message={"transactionSets": [change]})
    post(api, "860_PURCHASE_ORDER_CHANGE")
    listed = api.get("/v3/transactions", params={"transactionType": V3_CHANGE}).json()["data"]
    assert [one["type"]["name"] for one in listed] == [V3_CHANGE] * 2


# lists


def test_pages_lose_and_double_nothing(api: Checked, sandbox: Served) -> None:
    sandbox.options(page_size=3)
    created = [create(api, message=v3_message(str(number))) for number in range(8)]
    pages, url = [], "/v3/transactions?stream=LIVE"
    while url:
        page = api.get(url).json()
        pages.append([one["id"] for one in page["data"]])
        links = page["metadata"]["pagination"]["links"]
        url = links["next"]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert [one for page in pages for one in page] == created[::-1]
    back = api.get(links["prev"]).json()
    assert [one["id"] for one in back["data"]] == pages[1]
    assert "stream=LIVE" in back["metadata"]["pagination"]["links"]["next"]
    sandbox.options(page_size=8)
    assert api.get("/v3/transactions").json()["metadata"]["pagination"]["links"] == {"next": None, "prev": None}


def test_filters(api: Checked, sandbox: Served) -> None:
    sandbox.options(outcomes={"1": "INVALID"})
    bad, good = create(api, message=v3_message("1")), create(api, message=v3_message("2"))
    sandbox.advance(30)

    def ids(**params: Any) -> list[str]:
        return [one["id"] for one in api.get("/v3/transactions", params=params).json()["data"]]

    assert ids(businessNumber=["1", "2"]) == [good, bad]
    assert ids(businessNumber="2") == [good]
    assert ids(validationStatus="INVALID") == [bad]
    assert ids(deliveryStatus=["DELIVERED", "FAILED"]) == [good]
    assert ids(acknowledgmentStatus="ACCEPTED") == [good]
    assert ids(senderIsaId=US, receiverIsaId=PARTNER) == [good, bad]
    assert ids(stream="TEST") == []
    created = api.get(f"/v3/transactions/{good}").json()["createdAt"]
    assert ids(createdAt=f"[{created},2100-01-01T00:00:00Z)") == [good]
    assert ids(createdAt=f"[2000-01-01T00:00:00Z,{created})") == [bad]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("limit=5", "property limit should not exist"),
        ("createdAt=2026-01-01T00:00:00Z", "must be a range"),
        ("createdAt=[x,y)", "valid ISO 8601"),
        ("stream=live", "must be one of"),
        ("businessNumber=1,2,3,4,5,6", "no more than 5"),
        ("nextCursor=%21%21", "not a valid cursor"),
    ],
)
def test_wrong_queries_are_refused(api: Checked, query: str, text: str) -> None:
    answer = api.get(f"/v3/transactions?{query}")
    assert answer.status_code == 400
    assert text in messages(answer)[0]


def test_sceptical_filters(api: Checked, sandbox: Served) -> None:
    sandbox.options(filters="only_business_number")
    assert api.get("/v3/transactions?stream=LIVE").status_code == 400
    assert api.get("/v3/transactions?businessNumber=1").status_code == 200


def test_expand_message(api: Checked) -> None:
    number = create(api)
    assert "transactionSets" not in api.get(f"/v3/transactions/{number}").json()["message"]
    assert "transactionSets" in api.get(f"/v3/transactions/{number}?expand=message").json()["message"]
    assert api.get("/v3/transactions/1").json()["message"] == "Transaction not found"


# acknowledgments


def test_acknowledge_once_and_only_as_receiver(api: Checked, sandbox: Served) -> None:
    sent, received = create(api), sandbox.mutate("inbox", {})[0]
    verdict = {"status": "REJECTED", "errors": [{"path": "/message", "code": "00", "message": "no such order"}]}
    assert api.post(f"/v3/transactions/{sent}/acknowledgment", json=verdict).status_code == 403
    assert api.post(f"/v3/transactions/{received}/acknowledgment", json={"status": "MAYBE"}).status_code == 400
    assert api.post(f"/v3/transactions/{received}/acknowledgment", json=verdict).status_code == 201
    assert api.post(f"/v3/transactions/{received}/acknowledgment", json=verdict).status_code == 409
    kept = api.get(f"/v3/transactions/{received}/acknowledgment").json()
    assert (kept["status"], kept["errors"]) == ("REJECTED", verdict["errors"])


# conversion and raw files

X12 = (
    "ISA*00*          *00*          *ZZ*A              *ZZ*B              *261120*1200*U*00401*000000001*0*P*>~"
    "GS*PO*A*B*20261120*1200*1*X*004010~ST*850*0001~BEG*00*SA*77**20261101~N1*ST*Lager*92*1~N3*Gatan 1~"
    "PO1*1*10*EA*12.5**VP*A1*UP*012345678905~PID*F****Skruv~PO1*2*1*EA*3~CTT*2~SE*9*0001~GE*1*1~IEA*1*000000001~"
)


def test_convert_both_ways(api: Checked) -> None:
    there = {"Content-Type": "application/edi-x12", "Accept": "application/json"}
    converted = api.post("/v3/convert", data=X12, headers=there)
    assert converted.status_code == 201
    one = converted.json()["transactionSets"][0]
    assert one["beginningSegmentForPurchaseOrder"][0]["purchaseOrderNumber"] == "77"
    assert one["N1_loop"][0]["partyLocation"] == [{"addressInformation": "Gatan 1"}]
    line = one["PO1_loop"][0]
    assert line["baselineItemData"][0]["productServiceID1"] == "012345678905"
    assert line["PID_loop"][0]["productItemDescription"][0]["description"] == "Skruv"
    back = {"Content-Type": "application/json", "Accept": "application/edi-x12"}
    text = api.post("/v3/convert", json=converted.json(), headers=back).text
    assert X12.split("ST*850")[1].split("CTT")[0] in text.replace("\n", "")
    number = create(api, message=converted.json())
    assert api.get(f"/v3/transactions/{number}").json()["businessNumber"] == "77"


@pytest.mark.parametrize("data", ["", "hello", X12[:90], X12.replace("*ZZ*A", "*ZZ")])
def test_convert_refuses_what_is_no_interchange(api: Checked, data: str) -> None:
    headers = {"Content-Type": "application/edi-x12", "Accept": "application/json"}
    assert api.post("/v3/convert", data=data, headers=headers).status_code == 400
    assert api.post("/v3/convert", data=X12, headers={"Content-Type": "application/edi-x12"}).status_code == 400


def test_raw_takes_no_x12(api: Checked) -> None:
    headers = {
        "orderful-business-number": "B-1",
        "orderful-stream": "live",
        "orderful-transaction-type": "850_PURCHASE_ORDER",
        "orderful-receiver-id": PARTNER,
        "orderful-sender-id": US,
        "Content-Type": "text/plain",
    }
    created = api.post("/v3/transactions/raw", data="anything", headers=headers)
    assert created.status_code == 201
    assert api.get(f"/v3/transactions/{created.json()['id']}").json()["businessNumber"] == "B-1"
    assert (
        api.post(
            "/v3/transactions/raw", data=X12, headers={**headers, "Content-Type": "application/edi-x12"}
        ).status_code
        == 400
    )
    assert api.post("/v3/transactions/raw", data="x", headers={**headers, "orderful-stream": None}).status_code == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "isaId", "x_loop"]), inner),
    max_leaves=6,
)
LINES = st.fixed_dictionaries({"transactionSets": st.lists(st.fixed_dictionaries({"PO1_loop": JSON, "x": JSON}))})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(member=st.sampled_from(sorted(v3_body())), value=JSON | LINES)
def test_no_body_breaks_the_endpoints(api: Checked, member: str, value: Any) -> None:
    assert api.post("/v3/transactions", json=v3_body(**{member: value})).status_code in {201, 400, 403}
    member = {"sender": "senderId", "receiver": "receiverId"}.get(member, member)
    assert api.post("/transactions", json=body(**{member: value}), headers=V4).status_code in {202, 400, 403}
    assert api.get("/v3/transactions").status_code == 200

"""What the tests of the Orderful simulator share: a server, a checked session, requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integrations.sandbox.mosaic_documents import document
from tests.integrations.sandbox.served import Served, serving
from tests.integrations.sandbox.vendor_schema import Checked

SPEC = "orderful-openapi-2.15.0.json"
KEY, READ_ONLY = "sandbox-orderful-se", "sandbox-orderful-se-readonly"
US, PARTNER = "NORDLOGISTIK", "SUP50002"
V4 = {"orderful-api-version": "v4"}
V3_CHANGE = "860_PURCHASE_ORDER_CHANGE_REQUEST_BUYER_INITIATED"


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving("orderful") as served:
        yield served


@pytest.fixture
def sandbox(server: Served) -> Served:
    server.reset()
    return server


@pytest.fixture
def api(sandbox: Served) -> Iterator[Checked]:
    with Checked(sandbox.base) as session:
        session.headers["orderful-api-key"] = KEY
        yield session


def body(document_type: str = "850_PURCHASE_ORDER", **changes: Any) -> dict[str, Any]:
    """A v4 create request."""
    values = {"type": document_type, "stream": "live", "senderId": US, "receiverId": PARTNER}
    return {**values, "message": document(document_type), **changes}


def post(api: Checked, document_type: str = "850_PURCHASE_ORDER", **changes: Any) -> Any:
    """A v4 create; answers the decoded body of a 202."""
    answer = api.post("/transactions", json=body(document_type, **changes), headers=V4)
    assert answer.status_code == 202, answer.text
    return answer.json()


def v3_message(number: str = "500001") -> dict[str, Any]:
    beginning = {"transactionSetPurposeCode": "00", "purchaseOrderNumber": number, "date": "20261101"}
    line = {"assignedIdentification": "1", "quantity": "10", "unitOrBasisForMeasurementCode": "EA", "unitPrice": "4.50"}
    product = {"productServiceIDQualifier": "VP", "productServiceID": "A-1"}
    return {
        "transactionSets": [
            {
                "beginningSegmentForPurchaseOrder": [beginning],
                "PO1_loop": [{"baselineItemData": [{**line, **product}]}],
                "CTT_loop": [{"transactionTotals": [{"numberOfLineItems": "1"}]}],
            }
        ]
    }


def v3_body(**changes: Any) -> dict[str, Any]:
    """A v3 create request."""
    values = {"type": {"name": "850_PURCHASE_ORDER"}, "stream": "LIVE", "message": v3_message()}
    return {**values, "sender": {"isaId": US}, "receiver": {"isaId": PARTNER}, **changes}


def statuses(api: Checked, transaction_id: str) -> tuple[str, str, str]:
    view = api.get(f"/v3/transactions/{transaction_id}").json()
    return view["validationStatus"], view["deliveryStatus"], view["acknowledgmentStatus"]


def messages(answer: Any) -> list[str]:
    assert answer.json()["type"] == "argumentError"
    return [error["message"] for error in answer.json()["errors"]]

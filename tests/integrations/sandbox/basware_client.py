"""What the tests of the Basware simulator share: a server, a session with a token, records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.integrations.sandbox.served import Served, serving
from tests.integrations.sandbox.spec import FILES, SPECS, check_response

APIS = (
    "vendors", "accounts", "costCenters", "taxCodes", "paymentTerms", "lists", "projects", "matchingOrders",
    "matchingOrderLines", "accountingDocuments", "exportedPurchaseOrders", "requestStatus", "errorFeedbacks",
    "subscriptions",
)  # fmt: skip
ALL = " ".join([*(f"{api}.{verb}" for api in APIS for verb in ("read", "write", "delete")), "tasks.read"])
QUICK = {"processing_delay": 0, "intake_delay": 0, "line_busy_seconds": 0}
UNDESCRIBED = ("/v1/invoiceIntake",)


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving("basware") as served:
        yield served


@pytest.fixture
def sandbox(server: Served) -> Served:
    server.reset()
    return server


def token(
    sandbox: Served, region: str = "eu", *, client: str = "basware-se", secret: str = "", **form: str
) -> requests.Response:
    """POST /v1/tokens."""
    return requests.post(
        f"{sandbox.base}/{region}/v1/tokens",
        data={"grant_type": "client_credentials", "scope": ALL, **form},
        auth=(client, secret or f"sandbox-{client.removesuffix('-readonly')}-secret"),
        timeout=30,
    )


class Basware(requests.Session):
    """Paths are below the host of one region; successful answers are held against the vendor's description."""

    def __init__(self, sandbox: Served, region: str = "eu", *, client: str = "basware-se") -> None:
        super().__init__()
        self.base, self.trust_env = f"{sandbox.base}/{region}", False
        self.described = all((SPECS / name).exists() for name in FILES["basware"])
        self.headers["Authorization"] = f"Bearer {token(sandbox, region, client=client).json()['access_token']}"

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        kwargs.setdefault("timeout", 30)
        answer = super().request(method, self.base + url, *args, **kwargs)
        path = urlsplit(url).path
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        if self.described and answer.status_code == 200 and is_json and path not in UNDESCRIBED:
            check_response("basware", method, path, 200, answer.json())
        return answer

    def state(self, answer: requests.Response) -> dict[str, Any]:
        """What requestStatus says about an earlier answer."""
        found = self.get(f"/v1/requestStatus/{answer.headers['x-amzn-RequestId']}")
        assert found.status_code == 200, found.text
        state: dict[str, Any] = found.json()["requestStatus"][0]
        return state

    def items(self, answer: requests.Response) -> dict[str, str]:
        """externalCode to status of an earlier answer's records."""
        return {item["externalCode"]: item["status"] for item in self.state(answer)["systems"][0]["items"]}

    def errors(self, answer: requests.Response) -> list[str]:
        """Every late error of an earlier answer, as text."""
        found = self.state(answer)["systems"][0]["items"]
        return [error["message"] for item in found for error in item["errors"]]


@pytest.fixture
def slow(sandbox: Served) -> Basware:
    """The Swedish tenant, with the delays of the start."""
    return Basware(sandbox)


@pytest.fixture
def api(sandbox: Served) -> Basware:
    """The Swedish tenant, processed at once."""
    sandbox.options(**QUICK)
    return Basware(sandbox)


def act(sandbox: Served, action: str, **given: Any) -> Any:
    """Something that people do for the Swedish company."""
    return sandbox.control("act", {"system": "basware", "action": action, "with": {"company": "SE", **given}})["result"]


def vendor(number: str = "50001", **more: Any) -> dict[str, Any]:
    return {
        "externalCode": f"V-{number}",
        "vendorCode": number,
        "name": f"Supplier {number}",
        "companies": [{"companyCode": "1001"}],
        **more,
    }


def term(code: str = "30") -> dict[str, Any]:
    name = {"translation": f"{code} days", "language": "en-US"}
    dates = {"validFrom": "2020-01-01T00:00:00Z", "validTo": "2099-12-31T00:00:00Z"}
    companies = [{"companyCode": "1001", "inherit": True, "active": True}]
    return {"externalCode": f"T-{code}", "paymentTermCode": code, "paymentTermNames": [name], **dates} | {
        "companies": companies
    }


def order(number: str = "500001", **more: Any) -> dict[str, Any]:
    return {
        "externalCode": f"O-{number}",
        "orderNumber": number,
        "sourceSystem": "VISMA1001",
        "companyCode": "1001",
        "organizationElementCode": "1001",
        "currencyCode": "SEK",
        "supplierCode": "50001",
        **more,
    }


def line(position: int = 1, number: str = "500001", **more: Any) -> dict[str, Any]:
    return {
        "externalCode": f"L-{number}-{position}",
        "orderExternalCode": f"O-{number}",
        "lineNumber": str(position),
        "quantity": 10,
        "matchingMode": "Standard",
        **more,
    }

"""Clients of the Adobe Commerce simulator: OAuth 1.0a on PaaS, IMS on SaaS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1Session

from tests.integrations.sandbox.served import Served, serving

Json = dict[str, Any]
SLUGS = {"FI": "kasityopuoti", "SE": "nordlogistik"}
SCOPES = "openid,AdobeID,email,profile,additional_info.roles,additional_info.projectedProductContext,commerce.accs"


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving("adobe") as served:
        yield served


@pytest.fixture
def sandbox(server: Served) -> Served:
    server.reset()
    return server


def shop(sandbox: Served, company: str = "FI") -> Json:
    """What the sandbox tells of a shop: URLs and credentials."""
    told = requests.get(f"{sandbox.url}/_control/", timeout=10).json()["systems"]["adobe"]["shops"]
    return dict(told[company])


def act(sandbox: Served, action: str, company: str = "FI", **given: Any) -> Any:
    """Let a person in the shop do something."""
    body = {"system": "adobe", "action": action, "with": {"company": company, **given}}
    return sandbox.control("act", body)["result"]


def criteria(*groups: Any, **more: Any) -> dict[str, str]:
    """Query of a search: each group is a (field, condition, value) or a list of them; size, page, sort."""
    query = {"searchCriteria": ""} if not (groups or more) else {}
    for number, group in enumerate(groups):
        for position, (field, condition, value) in enumerate([group] if isinstance(group, tuple) else group):
            own = f"searchCriteria[filter_groups][{number}][filters][{position}]"
            query |= {f"{own}[field]": field, f"{own}[condition_type]": condition, f"{own}[value]": str(value)}
    for position, (field, way) in enumerate(more.get("sort", ())):
        own = f"searchCriteria[sortOrders][{position}]"
        query |= {f"{own}[field]": field, f"{own}[direction]": way}
    for name, member in (("size", "pageSize"), ("page", "currentPage")):
        if name in more:
            query[f"searchCriteria[{member}]"] = str(more[name])
    return query


class Paas(OAuth1Session):
    """Paths are below /V1 of a store view; "read only" takes the integration with few permissions."""

    def __init__(
        self, sandbox: Served, company: str = "FI", *, store: str = "default", kind: str = "", **changed: str
    ) -> None:
        own = shop(sandbox, company)
        names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        values = {name: own[f"{name}{kind and f' ({kind})'}"] for name in names} | changed
        super().__init__(
            values["consumer_key"],
            client_secret=values["consumer_secret"],
            resource_owner_key=values["access_token"],
            resource_owner_secret=values["access_token_secret"],
            signature_method="HMAC-SHA256",
        )
        self.trust_env = False
        self.base = f"{sandbox.base}/{SLUGS[company]}/rest/{store}/V1"

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        """One call."""
        kwargs.setdefault("timeout", 30)
        answer: requests.Response = super().request(method, self.base + url, *args, **kwargs)
        return answer

    def found(self, path: str, *groups: Any, **more: Any) -> Json:
        """A search that succeeds."""
        answer = self.get(path, params=criteria(*groups, **more))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def order(self, entity_id: int) -> Json:
        """One order."""
        return dict(self.get(f"/orders/{entity_id}").json())


def ims_token(sandbox: Served, company: str = "FI", **changed: str) -> requests.Response:
    """Ask for a token of Adobe's identity service."""
    own = shop(sandbox, company)
    form = {
        "grant_type": "client_credentials",
        "client_id": own["ims_client_id"],
        "client_secret": own["ims_client_secret"],
        "scope": SCOPES,
        **changed,
    }
    return requests.post(f"{sandbox.base}/ims/token/v3", data=form, timeout=10)


class Saas(requests.Session):
    """Paths are below /V1 of the tenant."""

    def __init__(self, sandbox: Served, company: str = "FI") -> None:
        super().__init__()
        own = shop(sandbox, company)
        self.trust_env = False
        self.base = f"{sandbox.url}{own['SaaS base URL']}/V1"
        token = ims_token(sandbox, company).json()["access_token"]
        headers: Mapping[str, str] = {
            "Authorization": f"Bearer {token}",
            "x-api-key": own["ims_client_id"],
            "x-gw-ims-org-id": own["ims_org_id"],
            "Store": "all",
        }
        self.headers.update(headers)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """One call."""
        kwargs.setdefault("timeout", 30)
        return super().request(method, self.base + url, *args, **kwargs)

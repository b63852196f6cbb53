"""A served sandbox for the tests of one module, back to its seed before each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from integrations.sandbox.assembly import Settings
from integrations.sandbox.main import running
from integrations.sandbox.server import SandboxServer


@pytest.fixture(scope="module")
def visma_server() -> Iterator[SandboxServer]:
    """Visma alone, strict."""
    with running(Settings(systems=frozenset({"visma"}))) as server:
        yield server


@pytest.fixture
def sandbox(visma_server: SandboxServer) -> SandboxServer:
    """The server of the module, reset."""
    requests.post(f"{visma_server.url}/_control/reset", timeout=10)
    return visma_server


class VismaClient(requests.Session):
    """Calls one company of the simulator with a valid token and the company header."""

    def __init__(self, server: SandboxServer, company: str = "SE", *, scope: str = "") -> None:
        super().__init__()
        self.base = f"{server.url}/visma"
        self.company = server.sandbox.world.company(company)
        self.trust_env = False
        form = {
            "grant_type": "client_credentials",
            "client_id": self.company.visma_client_id,
            "client_secret": self.company.visma_client_secret,
            "tenant_id": self.company.visma_tenant_id,
        }
        if scope:
            form["scope"] = scope
        answer = requests.post(f"{self.base}/connect/token", data=form, timeout=10)
        self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        self.headers["ipp-company-id"] = str(self.company.visma_company_id)

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Paths are relative to the base URL."""
        kwargs.setdefault("timeout", 30)
        return super().request(method, self.base + str(url), *args, **kwargs)

    def version(self, path: str) -> str:
        """The ETag of a resource."""
        return self.get(path).headers["ETag"]


@pytest.fixture
def visma(sandbox: SandboxServer) -> VismaClient:
    """A client of the Swedish company."""
    return VismaClient(sandbox)


@pytest.fixture
def control(sandbox: SandboxServer) -> Control:
    """The control API."""
    return Control(sandbox)


class Control:
    """Short calls of /_control."""

    def __init__(self, server: SandboxServer) -> None:
        self.url = f"{server.url}/_control"

    def get(self, path: str) -> Any:
        """GET, decoded."""
        answer = requests.get(f"{self.url}/{path}", timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        """POST, decoded."""
        answer = requests.post(f"{self.url}/{path}", json=body, timeout=30)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def mutate(self, entity: str, key: str | None, values: dict[str, Any], *, count: int = 1) -> Any:
        """Change rows of Visma."""
        return self.post("mutate", system="visma", entity=entity, key=key, set=values, count=count)

    def options(self, **values: Any) -> None:
        """Set switches of Visma."""
        self.post("options", system="visma", set=values)

    def fault(self, fault: int | str, **more: Any) -> None:
        """Arm a fault for Visma's API."""
        self.post("faults", **{"system": "visma", "path_regex": "^/v", "times": 1, "fault": fault, **more})

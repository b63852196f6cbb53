"""What the tests of the Cleo simulator share: a server, a session that is logged in, folders and files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integrations.sandbox.served import Served, serving
from tests.integrations.sandbox.vendor_schema import Checked

SPEC = "cleo-harmony-derived.openapi.json"
USER, PASSWORD = "ml-connector-se", "Sandbox-Cleo-1"
PARTNER = "SUP50001"
X12 = {"Content-Type": "application/edi-x12"}


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving("cleo") as served:
        yield served


@pytest.fixture
def sandbox(server: Served) -> Served:
    server.reset()
    return server


@pytest.fixture
def api(sandbox: Served) -> Iterator[Checked]:
    with Checked(sandbox.base) as session:
        session.headers["Authorization"] = f"Bearer {login(session).json()['access_token']}"
        yield session


def login(session: Checked, username: str = USER, password: str = PASSWORD) -> Any:
    form = {"grant_type": "password", "username": username, "password": password}
    return session.post("/api/authentication", data=form)


def folder(api: Checked, path: str) -> str:
    """The path of the files of a folder."""
    found = api.get("/api/folders", params={"filter": f'path eq "{path}"'}).json()
    assert found["totalResults"] == 1, path
    return f"/api/folders/{found['resources'][0]['id']}/files"


def upload(api: Checked, text: str | bytes, name: str = "order.x12", path: str = f"/{PARTNER}/upload/850") -> Any:
    data = text if isinstance(text, bytes) else text.encode()
    return api.post(folder(api, path), params={"name": name}, data=data, headers=X12)


def listed(api: Checked, path: str) -> list[dict[str, Any]]:
    return api.get(folder(api, path)).json()["resources"]


def downloads(api: Checked, sandbox: Served, path: str = f"/{PARTNER}/download/997") -> list[str]:
    """The contents of a download folder, once everything that is planned has come."""
    sandbox.advance(10)
    return [api.get(f"/api/files/{file['id']}/content").text for file in listed(api, path)]


def segments(text: str) -> list[str]:
    return [segment for segment in text.replace("\n", "").split("~") if segment]


def file_row(sandbox: Served, name: str = "order.x12") -> dict[str, Any]:
    return sandbox.row("files", f"/{PARTNER}/upload/850/{name}")

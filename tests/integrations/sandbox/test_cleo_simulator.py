"""The Cleo simulator over HTTP: login, folders, uploads and downloads."""

from __future__ import annotations

import base64

import pytest

from tests.integrations.sandbox.cleo_client import (
    PARTNER,
    PASSWORD,
    USER,
    X12,
    api,
    file_row,
    folder,
    listed,
    login,
    sandbox,
    server,
    upload,
)
from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.vendor_schema import Checked
from tests.integrations.sandbox.x12_text import purchase_order

__all__ = ["api", "sandbox", "server"]


# login


def test_password_grant(api: Checked, sandbox: Served) -> None:
    answer = login(api)
    assert answer.status_code == 200
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 3600)
    sandbox.options(expires_in=False)
    assert set(login(api).json()) == {"access_token", "token_type"}


@pytest.mark.parametrize(
    ("username", "password", "status", "text"),
    [
        (USER, "wrong", 401, "Invalid username or password"),
        ("nobody", PASSWORD, 401, "Invalid username or password"),
        ("sftp-only-se", PASSWORD, 403, "Cleo Portal permission"),
        ("expired-se", PASSWORD, 403, "password has expired"),
    ],
)
def test_refused_logins(api: Checked, sandbox: Served, username: str, password: str, status: int, text: str) -> None:
    answer = login(api, username, password)
    assert (answer.status_code, text in answer.json()["message"]) == (status, True)
    assert sandbox.rows("authentications")[-1]["body"]["status"] == status


def test_only_form_encoding_with_the_right_grant(api: Checked) -> None:
    assert api.post("/api/authentication", json={"grant_type": "password"}).status_code == 400
    assert api.post("/api/authentication", data={"grant_type": "client_credentials"}).status_code == 400


def test_lockout_after_five_wrong_passwords(api: Checked, sandbox: Served) -> None:
    assert [login(api, USER, "x").status_code for _ in range(5)] == [401] * 5
    locked = login(api)
    assert (locked.status_code, "locked" in locked.json()["message"]) == (403, True)
    assert login(api, "mailbox-se").status_code == 200
    sandbox.advance(14 * 60)
    assert login(api).status_code == 403
    sandbox.advance(61)
    assert login(api).status_code == 200


def test_slow_mistakes_and_good_logins_do_not_lock(api: Checked, sandbox: Served) -> None:
    for _ in range(8):
        assert login(api, USER, "x").status_code == 401
        sandbox.advance(20)
    sandbox.advance(60)
    for _ in range(4):
        login(api, USER, "x")
    assert login(api).status_code == 200
    for _ in range(4):
        login(api, USER, "x")
    assert login(api).status_code == 200


def test_tokens_expire(api: Checked, sandbox: Served) -> None:
    assert api.get("/api/folders").status_code == 200
    sandbox.advance(3601)
    expired = api.get("/api/folders")
    assert (expired.status_code, expired.json()["message"]) == (401, "The access token has expired")
    for wrong in (None, "Bearer nonsense", "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()):
        assert api.get("/api/folders", headers={"Authorization": wrong}).status_code == 401
    sandbox.options(basic_auth=True)
    assert api.get("/api/folders", headers={"Authorization": wrong}).status_code == 200


# folders and files


def test_folders_are_paged_from_zero(api: Checked) -> None:
    seen: list[str] = []
    total = 1
    while len(seen) < total:
        page = api.get("/api/folders", params={"startIndex": len(seen), "count": 40}).json()
        total = page["totalResults"]
        seen += [one["path"] for one in page["resources"]]
    assert len(seen) == len(set(seen)) == total > 40
    assert {path.split("/")[1] for path in seen} >= {PARTNER, "SUP50003"}
    assert not any(path.startswith("/SUP6") for path in seen)


@pytest.mark.parametrize(
    "query", ["startIndex=-1", "count=x", "filter=path", 'filter=owner eq "x"', 'filter=path co "x"']
)
def test_wrong_queries(api: Checked, query: str) -> None:
    answer = api.get(f"/api/folders?{query}")
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_upload_is_stored_byte_for_byte(api: Checked, sandbox: Served) -> None:
    data = purchase_order().replace("A1", "Å1").encode("latin-1")
    created = upload(api, data)
    assert created.status_code == 201
    assert api.get(f"/api/files/{created.json()['id']}/content").content == data
    row = file_row(sandbox)
    assert (row["business_number"], row["body"]["kind"], row["body"]["size"]) == ("500001", "850", len(data))
    assert api.delete(f"/api/files/{created.json()['id']}").status_code == 204
    assert api.delete(f"/api/files/{created.json()['id']}").status_code == 404
    assert sandbox.rows("files") == []


@pytest.mark.parametrize(
    ("name", "path", "headers", "status"),
    [
        ("order.exe", "/SUP50001/upload/850", X12, 400),
        ("", "/SUP50001/upload/850", X12, 400),
        ("a/b.x12", "/SUP50001/upload/850", X12, 400),
        ("suppliers.x12", "/SUP50001/upload/partners", X12, 400),
        ("order.x12", "/SUP50001/download/855", X12, 403),
        ("order.x12", "/SUP50001/upload/850", {"Content-Type": "text/plain"}, 415),
    ],
)
def test_refused_uploads(
    api: Checked, sandbox: Served, name: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = api.post(folder(api, path), params={"name": name}, data=b"x", headers=headers)
    assert answer.status_code == status
    assert answer.json()["message"]
    assert sandbox.rows("files") == []


def test_allowed_file_types_are_a_setting_of_the_folder(api: Checked, sandbox: Served) -> None:
    sandbox.mutate("folders", {"allowedFileTypes": "850_.*"}, key=f"/{PARTNER}/upload/850")
    assert upload(api, purchase_order()).status_code == 400
    assert upload(api, purchase_order(), "850_1.x12").status_code == 201


@pytest.mark.parametrize(
    ("policy", "status", "names"),
    [
        ("refuse", 409, ["order.x12"]),
        ("overwrite", 201, ["order.x12"]),
        ("version", 201, ["order.x12", "order (1).x12"]),
    ],
)
def test_names_that_exist(api: Checked, sandbox: Served, policy: str, status: int, names: list[str]) -> None:
    sandbox.options(overwrite=policy)
    upload(api, purchase_order(1))
    assert upload(api, purchase_order(2)).status_code == status
    assert [file["name"] for file in listed(api, f"/{PARTNER}/upload/850")] == names


def test_another_companys_files_are_closed(api: Checked) -> None:
    created = upload(api, purchase_order()).json()["id"]
    own = folder(api, f"/{PARTNER}/upload/850")
    token = login(api, "ml-connector-no").json()["access_token"]
    stranger = {"Authorization": f"Bearer {token}"}
    assert api.get(own, headers=stranger).status_code == 404
    assert api.get(f"/api/files/{created}/content", headers=stranger).status_code == 404


def test_uploads_may_be_picked_up(api: Checked, sandbox: Served) -> None:
    sandbox.options(pickup_seconds=30)
    created = upload(api, purchase_order()).json()["id"]
    assert len(listed(api, f"/{PARTNER}/upload/850")) == 1
    sandbox.advance(31)
    assert listed(api, f"/{PARTNER}/upload/850") == []
    assert api.get(f"/api/files/{created}/content").status_code == 404
    assert file_row(sandbox)["body"]["picked_up"] is True


def test_mailbox_paths_can_move(api: Checked, sandbox: Served) -> None:
    sandbox.options(list_paths="moved")
    assert api.get("/api/folders").status_code == 404
    found = api.get("/api/portal/folders", params={"filter": f'path eq "/{PARTNER}/upload/850"'}).json()["resources"]
    answer = api.post(
        sandbox.url + found[0]["_links"]["files"]["href"], params={"name": "a.x12"}, data=b"x", headers=X12
    )
    assert answer.status_code == 201
    sandbox.options(list_paths="default")
    assert api.get("/api/portal/folders").status_code == 404

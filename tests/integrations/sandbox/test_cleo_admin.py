"""The admin resources of the Cleo simulator: connections, actions, groups, certificates."""

from __future__ import annotations

import base64
import json

from integrations.sandbox.assembly import Sandbox, Settings
from tests.integrations.sandbox.cleo_client import (
    PARTNER,
    SPEC,
    USER,
    api,
    login,
    sandbox,
    server,
)
from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.vendor_schema import Checked, require

__all__ = ["api", "sandbox", "server"]


def test_mailbox_accounts_do_not_see_admin_resources(api: Checked, sandbox: Served) -> None:
    token = login(api, "mailbox-se").json()["access_token"]
    mailbox = {"Authorization": f"Bearer {token}"}
    paths = ["connections", "actions", "authenticators", "certs"]
    assert [api.get(f"/api/{path}", headers=mailbox).status_code for path in paths] == [403] * 4
    assert api.get("/api/folders", headers=mailbox).status_code == 200
    assert [api.get(f"/api/{path}").status_code for path in paths] == [200] * 4
    sandbox.options(mailbox_user=True)
    assert [api.get(f"/api/{path}").status_code for path in paths] == [403] * 4


def test_connections(api: Checked, sandbox: Served) -> None:
    connections = api.get("/api/connections").json()["resources"]
    wanted = connections[1]
    found = api.get("/api/connections", params={"filter": f'alias eq "{wanted["alias"]}"'}).json()
    assert (found["totalResults"], found["resources"]) == (1, [wanted])
    href = sandbox.url + wanted["_links"]["self"]["href"]
    assert api.get(href).json() == wanted
    change = {
        "alias": "Nytt namn AB",
        "type": "as2",
        "id": "mine",
        "ready": False,
        "localName": "x",
        "connect": {"password": "p"},
    }
    replaced = api.put(href, json=change)
    assert replaced.status_code == 200
    assert api.get(href).json() == replaced.json()
    kept = replaced.json()
    assert (kept["id"], kept["ready"], kept["localName"], kept["connect"]) == (wanted["id"], True, "x", {})
    assert "outgoing" not in kept
    assert api.put(href, json={"alias": "x"}).status_code == 400
    created = api.post("/api/connections", json={"alias": "Ny", "type": "sftp"})
    assert created.status_code == 201
    assert api.post("/api/connections", json={"alias": "Ny", "type": "sftp"}).status_code == 409
    assert api.delete(f"/api/connections/{created.json()['id']}").status_code == 204
    assert api.get(f"/api/connections/{created.json()['id']}").status_code == 404


def test_supplier_names_change_behind_the_clients_back(api: Checked, sandbox: Served) -> None:
    (key,) = sandbox.mutate("connections", {"alias": "Omdöpt AB"})
    assert api.get(f"/api/connections/{key}").json()["alias"] == "Omdöpt AB"


def test_actions_answer_200_also_when_they_fail(api: Checked, sandbox: Served) -> None:
    action = api.get("/api/actions", params={"filter": f'alias eq "send-{PARTNER}"'}).json()["resources"][0]
    run = sandbox.url + action["_links"]["run"]["href"]
    done = api.post(run, params={"timeout": 300, "messagesCount": 100})
    assert (done.status_code, done.json()["status"], done.json()["result"]) == (200, "completed", "success")
    assert 'Run: type="API"' in done.json()["messages"][0]
    assert len(api.post(run, params={"messagesCount": 1}).json()["messages"]) == 1
    sandbox.options(action_failures=[f"send-{PARTNER}"])
    failed = api.post(run).json()
    assert (failed["result"], "refused" in " ".join(failed["messages"])) == ("failure", True)
    assert api.get(f"/api/actions/{action['id']}").json()["lastStatus"] == "failure"
    assert api.post("/api/actions/nothing/run").status_code == 404


def test_groups_users_and_certificates(api: Checked, sandbox: Served) -> None:
    group = api.get("/api/authenticators").json()["resources"][0]
    users = sandbox.url + group["_links"]["users"]["href"]
    assert USER in {user["username"] for user in api.get(users).json()["resources"]}
    created = api.post(users, json={"username": "ny", "accept": {"password": "Secret-123"}})
    assert (created.status_code, "Secret-123" in created.text) == (201, False)
    assert api.post(users, json={"username": "ny"}).status_code == 409
    cert = {"requestType": "importCert", "import": base64.b64encode(b"certificate").decode()}
    imported = api.post("/api/certs", json=cert)
    assert (imported.status_code, len(imported.json()["id"])) == (201, 40)
    assert api.post("/api/certs", json=cert).status_code == 409
    assert api.post("/api/certs", json={**cert, "import": "not base64!"}).status_code == 400
    serial = imported.json()["serialNumber"]
    assert api.get("/api/certs", params={"filter": f'serialNumber eq "{serial}"'}).json()["totalResults"] == 1


def test_links_may_leave_out_the_prefix(api: Checked, sandbox: Served) -> None:
    assert api.get("/api/connections").json()["resources"][0]["_links"]["self"]["href"].startswith("/cleo/api/")
    sandbox.options(link_prefix=False)
    assert api.get("/api/connections").json()["resources"][0]["_links"]["self"]["href"].startswith("/api/")


def test_answers_are_held_against_the_derived_description(api: Checked) -> None:
    require(SPEC)
    for path in ("connections", "actions", "authenticators", "certs"):
        api.get(f"/api/{path}")
    login(api, USER, "wrong")
    assert len(api.checked) >= 4


def test_state_survives_a_restart() -> None:
    settings = Settings(systems=frozenset({"cleo"}))
    first = Sandbox(settings)
    first.systems["cleo"].mutate("inbound", None, {"kinds": "855"}, 3)
    saved = json.loads(json.dumps(first.dump()))
    second = Sandbox(settings)
    second.load(saved)
    assert second.dump()["systems"] == first.dump()["systems"]
    (again,) = second.systems["cleo"].mutate("inbound", None, {"kinds": "855"}, 1)
    assert again not in first.systems["cleo"].store.table("files")

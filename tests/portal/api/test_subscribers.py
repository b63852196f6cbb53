"""Outgoing webhooks over the API, scopes, problems and ETags."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django_scopes import scopes_disabled

from integrations.notices.models import Subscriber
from portal.audit.models import AuditEvent
from portal.tenants.models import ApiKey, Scope
from tests.portal.api.conftest import Caller, Owned

SUBSCRIBERS = "/api/v1/subscribers"
URL = "http://127.0.0.1:9/other"


class Program:
    """Calls with a key of a scope."""

    def __init__(self, owned: Owned, scope: Scope) -> None:
        with scopes_disabled():
            _, key = ApiKey.issue(tenant=owned.tenant, name=f"program {scope}", scope=scope)
        self._headers = {"Authorization": f"Bearer {key}"}

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body) if body is not None else ""
        call = getattr(Client(), method)
        return call(path, data, content_type="application/json", headers=self._headers)


def test_a_webhook_is_made_changed_tried_rotated_and_removed(ours: Owned) -> None:
    program = Program(ours, Scope.ADMIN)
    made = program("post", SUBSCRIBERS, {"name": "BI", "url": URL, "kinds": ["issue.opened"]})
    assert made.status_code == 201, made.content
    path, secret = f"{SUBSCRIBERS}/{made.json()['id']}", made.json()["secret"]
    assert secret.startswith("whsec_")
    assert "secret" not in Program(ours, Scope.READ)("get", path).json()
    changed = program("patch", path, {"kinds": ["run.failed"]})
    assert (changed.status_code, changed.json()["kinds"]) == (200, ["run.failed"])
    test = program("post", f"{path}/test")
    assert (test.status_code, test.json()["state"]) == (202, "pending")
    again = program("post", f"/api/v1/messages/{test.json()['id']}/resend")
    assert again.status_code == 202
    assert again.json()["webhook_id"] == test.json()["webhook_id"]
    rotated = program("post", f"{path}/rotate").json()
    assert rotated["secret"] != secret
    assert rotated["former_until"]
    assert program("post", f"{path}/switch", {"on": False}).json()["enabled"] is False
    refused = program("post", f"{path}/test")
    assert (refused.status_code, "switch it on" in refused.json()["detail"]) == (400, True)
    assert program("delete", path).status_code == 204
    with scopes_disabled():
        assert not Subscriber.objects.filter(name="BI").exists()
        told = AuditEvent.objects.filter(object_type="subscriber", actor_name__startswith="program admin")
        assert told.filter(action="subscriber.removed").exists()


@pytest.mark.parametrize("scope", [Scope.READ, Scope.OPERATE])
def test_a_lower_scope_changes_no_webhook(ours: Owned, scope: Scope) -> None:
    program, path = Program(ours, scope), f"{SUBSCRIBERS}/{ours.message.subscriber_id}"
    asked = [
        ("post", SUBSCRIBERS, {"name": "BI", "url": URL}),
        ("patch", path, {"url": URL}),
        ("delete", path, None),
        ("post", f"{path}/rotate", None),
        ("post", f"{path}/switch", {"on": False}),
        ("post", f"{path}/test", None),
    ]
    assert {program(*call).status_code for call in asked} == {403}
    resent = program("post", f"/api/v1/messages/{ours.message.pk}/resend")
    assert resent.status_code == (403 if scope == Scope.READ else 202)


def test_nobody_changes_the_webhooks_of_others(ours: Owned, theirs: Owned) -> None:
    program, path = Program(theirs, Scope.ADMIN), f"{SUBSCRIBERS}/{ours.message.subscriber_id}"
    assert program("delete", path).status_code == 404
    assert program("post", f"{path}/rotate").status_code == 404
    assert program("post", f"/api/v1/messages/{ours.message.pk}/resend").status_code == 404


def test_a_refusal_is_a_problem_that_names_the_member(ours: Owned) -> None:
    refused = Program(ours, Scope.ADMIN)("post", SUBSCRIBERS, {"name": "BI", "url": "https://10.0.0.1/x"})
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")
    said = refused.json()
    assert (said["status"], said["title"], said["type"]) == (400, "Bad Request", "about:blank")
    assert "inside our own network" in said["errors"]["url"][0]
    for answer in (
        Caller().get("/api/v1/status"),
        Caller(ours.key).get("/api/v1/runs/999999"),
        Caller(ours.key).get("/api/v1/nothing/here"),
    ):
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


def test_what_is_known_already_is_not_sent_again(ours: Owned) -> None:
    headers, path = {"Authorization": f"Bearer {ours.key}"}, f"/api/v1/deliveries/{ours.delivery.pk}"
    first = Client().get(path, headers=headers)
    known = Client().get(path, headers={**headers, "If-None-Match": first["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    with scopes_disabled():
        type(ours.delivery).objects.filter(pk=ours.delivery.pk).update(reason="Something else.")
    changed = Client().get(path, headers={**headers, "If-None-Match": first["ETag"]})
    assert (changed.status_code, changed.json()["reason"]) == (200, "Something else.")
    assert Client().get(path, headers={"If-None-Match": first["ETag"]}).status_code == 401


def test_issues_and_records_are_found(ours: Owned) -> None:
    caller = Caller(ours.key)
    found = caller.get("/api/v1/issues", status="open", flow="purchase-orders").json()["results"]
    assert [(row["id"], row["flow"]) for row in found] == [(ours.issue.pk, "visma-orderful.purchase-orders")]
    assert caller.get("/api/v1/issues", status="resolved").json()["results"] == []
    assert [row["id"] for row in caller.get("/api/v1/records").json()["results"]] == [ours.record.pk]
    assert caller.get("/api/v1/records", business_number="nothing").json()["results"] == []

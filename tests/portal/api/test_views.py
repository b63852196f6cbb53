"""What the API says."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone
from django_scopes import scopes_disabled

from integrations.models import Delivery, State
from portal.tenants.models import ApiKey
from tests.portal.api.conftest import Caller, Owned


def test_status(ours: Owned) -> None:
    status = Caller(ours.key).get("/api/v1/status").json()
    assert status["tenant"] == "ours"
    assert status["healthy"] is False
    assert status["open_issues"] == 1
    assert [f["flow"] for f in status["flows"]] == ["visma-orderful.purchase-orders"]
    assert status["flows"][0]["failed"] == 1
    assert status["flows"][0]["cause"] == "Refused."


def test_a_delivery_with_its_attempts(ours: Owned) -> None:
    answer = Caller(ours.key).get(f"/api/v1/deliveries/{ours.delivery.pk}").json()
    assert answer["state"] == "failed"
    assert answer["reason"] == "Refused."
    assert [a["outcome"] for a in answer["attempts"]] == ["rejected"]


def test_a_run_adds_up(ours: Owned) -> None:
    made = Caller(ours.key).get(f"/api/v1/runs/{ours.run.pk}").json()["deliveries"]
    assert made.pop("created") == sum(made.values()) == 1


def test_deliveries_are_paged_by_key(ours: Owned) -> None:
    with scopes_disabled():
        for n in range(5):
            copy = Delivery.objects.get(pk=ours.delivery.pk)
            copy.pk, copy.operation_key, copy.lane, copy.state = None, f"copy-{n}", f"lane-{n}", State.DELIVERED
            copy.save()
    first = Caller(ours.key).get("/api/v1/deliveries", page_size=4).json()
    second = Client().get(first["next"], headers={"Authorization": f"Bearer {ours.key}"}).json()
    ids = [row["id"] for row in first["results"] + second["results"]]
    assert len(ids) == len(set(ids)) == 6
    assert ids == sorted(ids, reverse=True)
    only = Caller(ours.key).get("/api/v1/deliveries", state="delivered").json()["results"]
    assert len(only) == 5


def test_the_api_changes_nothing(ours: Owned) -> None:
    headers = {"Authorization": f"Bearer {ours.key}"}
    for path in [*ours.paths(), "/api/v1/deliveries", "/api/v1/status"]:
        for method in ("post", "put", "patch", "delete"):
            assert getattr(Client(), method)(path, headers=headers).status_code in (403, 405), (method, path)


@pytest.mark.parametrize("ending", ["revoked_at", "expires_at"])
def test_an_ended_key_is_refused(ours: Owned, ending: str) -> None:
    with scopes_disabled():
        ApiKey.objects.filter(tenant=ours.tenant).update(**{ending: timezone.now()})
    assert Caller(ours.key).get("/api/v1/status").status_code == 401


def test_only_the_hash_of_a_key_is_stored(ours: Owned) -> None:
    with scopes_disabled():
        row = ApiKey.objects.filter(tenant=ours.tenant).values().get()
    assert ours.key.split("_", 2)[2] not in json.dumps(row, default=str)


def test_keys_by_command(ours: Owned, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("api_key", "create", "--tenant", "ours", "--name", "monitoring")
    key = capsys.readouterr().out.strip()
    assert Caller(key).get("/api/v1/status").status_code == 200
    with pytest.raises(CommandError, match="monitoring"):
        call_command("api_key", "create", "--tenant", "ours", "--name", "monitoring")
    call_command("api_key", "revoke", "--tenant", "ours", "--name", "monitoring")
    assert Caller(key).get("/api/v1/status").status_code == 401


@pytest.mark.django_db
def test_the_schema_is_there_and_whole() -> None:
    answer = Client().get("/api/schema/", {"format": "json"})
    assert answer.status_code == 200
    paths = json.loads(answer.content)["paths"]
    assert {"/api/v1/status", "/api/v1/deliveries", "/api/v1/deliveries/{id}", "/api/v1/runs"} <= set(paths)

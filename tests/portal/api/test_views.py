"""What the API says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
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


@pytest.mark.parametrize("name", ["flows", "runs", "integrations", "feeds", "deliveries", "issues", "records"])
def test_a_list_costs_as_many_queries_with_five_rows_as_with_one(ours: Owned, name: str) -> None:
    def counted() -> tuple[int, list[Any]]:
        with CaptureQueriesContext(connection) as queries:
            answer = caller.get(f"/api/v1/{name}").json()
        return len(queries), answer if isinstance(answer, list) else answer["results"]

    caller, of_name = Caller(ours.key), {"integrations": "integration", "deliveries": "delivery"}
    with scopes_disabled():
        row = {"feeds": ours.run.feed}.get(name) or getattr(ours, of_name.get(name, name.removesuffix("s")))
    caller.get(f"/api/v1/{name}")  # what is looked up once
    one, before = counted()
    with scopes_disabled():
        for n in range(4):
            copied(row, n)
    five, after = counted()
    assert len(after) == len(before) + 4
    assert five == one
    told = {"flows": "delivered_until", "runs": "deliveries"}.get(name)
    if told:
        single = caller.get(f"/api/v1/{name}/{row.pk}").json()
        assert next(r for r in after if r["id"] == row.pk)[told] == single[told]
        assert any(r[told] != single[told] for r in after), "each has its own"


def copied(row: Any, number: int) -> Any:
    """Another one like it."""
    keys = {
        "flow": {"key": FLOWS[number]},
        "run": {"outcome": "done"},
        "integration": {"key": f"copy-{number}"},
        "feed": {"key": f"copy-{number}"},
        "delivery": {"operation_key": f"copy-{number}", "lane": f"copy-{number}", "state": State.DELIVERED},
        "issue": {"fingerprint": f"copy-{number}"},
        "record": {"source_id": f"copy-{number}"},
    }
    copy = type(row).objects.get(pk=row.pk)
    copy.pk = None
    for column, value in keys[row._meta.model_name].items():
        setattr(copy, column, value)
    if row._meta.model_name == "integration":
        copy.books = copied_connection(copy.books, number)
    copy.save()
    return copy


def copied_connection(row: Any, number: int) -> Any:
    row.pk, row.key, row.network = None, f"copy-{number}", None
    row.save()
    return row


FLOWS = ("supplier-invoices", "purchase-receipts", "statuses", "customer-invoices")


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

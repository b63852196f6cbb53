"""Comparing both sides, and the work that does it."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from integrations.models import Operation
from tests.integrations.admin.house import House


def page(house: House, name: str, *args: object) -> str:
    return reverse(f"customer:{name}", args=[house.tenant.slug, *args])


def test_an_operator_has_both_sides_compared_for_days_of_the_companys_zone(house: House, operator: Client) -> None:
    url = page(house, "reconciliation")
    assert operator.post(url, {"since": "2026-11-01", "until": "2026-11-02"}).status_code == 302
    asked = Operation.objects.get(kind="reconcile")
    assert asked.state == "running"
    assert asked.selection == {"from": "2026-11-01T00:00:00+01:00", "to": "2026-11-03T00:00:00+01:00"}
    rows = operator.get(url).context["rows"]
    assert [r.operation for r in rows] == [asked]


def test_a_period_that_ends_before_it_begins_is_refused(house: House, operator: Client) -> None:
    text = operator.post(page(house, "reconciliation"), {"since": "2026-11-05", "until": "2026-11-01"}).content.decode()
    assert "ends before it begins" in text
    assert not Operation.objects.filter(kind="reconcile").exists()


def test_work_is_cancelled_by_operators(house: House, operator: Client, viewer: Client) -> None:
    url = page(house, "operation_act", house.operation.pk, "cancel")
    assert viewer.post(url, {"reason": ""}).status_code == 403
    assert operator.post(url, {"reason": ""}).status_code == 302
    house.operation.refresh_from_db()
    assert house.operation.state == "cancelled"


def test_there_is_no_file_before_there_is_a_result(house: House, viewer: Client) -> None:
    assert viewer.get(page(house, "operation_file", house.operation.pk, "csv")).status_code == 404

"""The trail: found, proven, exported."""

from __future__ import annotations

import csv
import io

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from portal.audit import trail
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import House


def page(house: House, name: str = "activity") -> str:
    return reverse(f"customer:{name}", args=[house.tenant.slug])


def test_the_trail_of_a_number_is_found(house: House, viewer: Client) -> None:
    lines = viewer.get(page(house), {"q": "500123"}).context["page"].rows
    assert [line.action for line in lines] == ["delivery.failed"]
    assert viewer.get(page(house), {"action": "issue"}).context["page"].rows == []


def test_an_intact_trail_is_proven_and_a_viewer_cannot_ask(house: House, operator: Client, viewer: Client) -> None:
    assert viewer.post(page(house)).status_code == 403
    verdict = operator.post(page(house)).context["verdict"]
    assert verdict.intact
    assert verdict.events >= 1


def test_the_export_holds_what_the_filter_leaves_and_is_itself_noted(house: House, viewer: Client) -> None:
    with transaction.atomic():
        trail.record(trail.event(house.tenant, "x.y", "=1+1", object_type="tenant", object_id=1, actor_name="@eve"))
        trail.record(trail.event(house.other, "x.y", "not yours", object_type="tenant", object_id=1))
    answer = viewer.get(page(house, "activity_export"), {"action": "x"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["what"], row["who"]) for row in rows] == [("'=1+1", "'@eve")]
    assert AuditEvent.objects.filter(tenant=house.tenant, action="activity.exported").count() == 1


def test_the_trail_is_read_page_by_page_with_few_queries(house: House, viewer: Client) -> None:
    with transaction.atomic():
        trail.record(
            *(trail.event(house.tenant, "a.b", str(n), object_type="delivery", object_id=n) for n in range(200))
        )
    connection.force_debug_cursor = True
    before = len(connection.queries)
    answer = viewer.get(page(house))
    assert len(answer.context["page"].rows) == 50
    assert len(connection.queries) - before <= 7
    connection.force_debug_cursor = False

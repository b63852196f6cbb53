"""What is stopped, paused or switched off says so, wherever the reader would otherwise believe that it goes on."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import Connection, Feed, Flow, Integration
from portal.audit.models import AuditEvent
from portal.tenants.models import Tenant
from tests.integrations.admin.house import House

SAID = "Sending to Orderful is stopped for Visma with Orderful: wrong prices"


def shown(house: House, client: Client, name: str, *args: object, query: str = "") -> str:
    text = client.get(reverse(f"customer:{name}", args=[house.tenant.slug, *args]) + query).content.decode()
    return re.sub(r"\s+", " ", text)


def act(house: House, client: Client, name: str, **data: str) -> str:
    url = reverse("customer:integration_act", args=[house.tenant.slug, house.integration.key, name])
    plan = client.get(url).content.decode()
    client.post(url, data)
    return plan


def test_an_operator_stops_one_direction_and_lets_it_go_on(house: House, operator: Client, viewer: Client) -> None:
    key, documents = house.integration.key, reverse("customer:documents", args=[house.tenant.slug])
    assert "Stop sending to the partner" in shown(house, operator, "integration", key)
    assert "Stop sending to the partner" not in shown(house, viewer, "integration", key)
    plan = act(house, operator, "stop-partner", reason="wrong prices")
    rows = f"{documents}?integration={house.integration.pk}&amp;to={house.orderful.pk}&amp;state=pending"
    assert f'<a href="{rows}">1</a>' in plan
    found = operator.get(rows.replace("&amp;", "&")).context["page"].rows
    assert [row.pk for row in found] == [house.pending.pk]
    for name, args in (("integration", [key]), ("integrations", []), ("home", []), ("document", [house.pending.pk])):
        assert SAID in shown(house, viewer, name, *args), name
    assert "sending is stopped" in shown(house, viewer, "home")
    assert "All is well" not in shown(house, viewer, "home")
    assert "stopped by a person: wrong prices" in shown(house, viewer, "documents", query="?state=pending")
    assert "Allow it again" in shown(house, operator, "integration", key)
    assert "Allow it again" not in shown(house, viewer, "integration", key)
    assert "have waited" in act(house, operator, "allow-partner")
    assert SAID not in shown(house, viewer, "integration", key)
    done = AuditEvent.objects.filter(object_type="integration", actor__username="operator").order_by("pk")
    assert [event.action for event in done] == ["integration.stopped", "integration.allowed"]


def test_all_sending_that_is_stopped_is_said(house: House, viewer: Client) -> None:
    Tenant.objects.filter(pk=house.tenant.pk).update(sending_stopped=True)
    for name, args in (("integration", [house.integration.key]), ("integrations", []), ("home", [])):
        assert "All sending is stopped." in shown(house, viewer, name, *args), name
    assert "all sending is stopped" in shown(house, viewer, "documents", query="?state=pending")
    assert "All is well" not in shown(house, viewer, "home")


@pytest.mark.parametrize("what", ["flow", "integration", "connection", "feed paused", "feed off"])
def test_no_next_look_is_promised_where_there_is_none(house: House, operator: Client, staff: Client, what: str) -> None:
    match what:
        case "flow":
            Flow.objects.filter(pk=house.flow.pk).update(enabled=False)
            said = "none: the flow is switched off"
        case "integration":
            Integration.objects.filter(pk=house.integration.pk).update(enabled=False)
            said = "none: the integration is switched off"
        case "connection":
            Connection.objects.filter(pk=house.visma.pk).update(enabled=False)
            said = "none: the connection Visma is switched off"
        case "feed paused":
            Feed.objects.filter(pk=house.feed.pk).update(paused_reason="stocktaking")
            said = "none: reading is paused"
        case _:
            Feed.objects.filter(pk=house.feed.pk).update(enabled=False)
            said = "none: reading is switched off"
    card = of_flow(shown(house, operator, "integration", house.integration.key))
    assert said in card
    assert "as soon as a worker is free" not in card
    if what == "flow":
        settings = reverse("customer:flow_settings", args=[house.tenant.slug, house.flow.pk])
        assert f'<a href="{settings}">Switch it on' in card
    page = staff.get(reverse("admin:integrations_flow_change", args=[house.flow.pk])).content.decode()
    assert "as soon as a worker is free" not in page
    if what in ("connection", "feed paused", "feed off"):
        text = shown(house, operator, "connection", house.visma.key)
        assert "none: " in text[text.index(">purchase-orders<") :]


def of_flow(page: str) -> str:
    """The part of an integration's page that is about the purchase orders."""
    begin = page.index('id="flow-purchase-orders"')
    return page[begin : page.index("</section>", begin)]

"""What a customer sets: when something is read, and the settings of an integration with trading partners."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import Integration, MappingVersion
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import House


def page(house: House, name: str, *args: object) -> str:
    return reverse(f"customer:{name}", args=[house.tenant.slug, *args])


def filled(client: Client, url: str) -> dict[str, Any]:
    """The form of a page as a person finds it."""
    form = client.get(url).context["form"]
    return {f.html_name: f.value() for f in form if f.value() not in (None, False)}


# --- When it is read


def test_a_feed_follows_the_procurement_cycle_that_the_customer_states(house: House, operator: Client) -> None:
    url = page(house, "feed_act", house.feed.pk, "schedule")
    plan = operator.get(url).content.decode()
    assert f"every {house.feed.interval_seconds} s" in plan
    cycle = {
        "every": "600",
        "cron": "0 6-18/2 * * 1-5\r\n30  20 * * 5",
        "business_days": "SE",
        "closed_days": "12-24, 2026-12-28",
        "quiet_hours": "21:00-05:00",
    }
    answer = operator.post(url, cycle, follow=True)
    house.feed.refresh_from_db()
    assert house.feed.schedule == {
        "cron": ["0 6-18/2 * * 1-5", "30 20 * * 5"],
        "business_days": "SE",
        "closed_days": ["12-24", "2026-12-28"],
        "quiet_hours": ["21:00-05:00"],
    }
    assert house.feed.interval_seconds == 600
    shown = answer.content.decode()
    assert "on business days of SE" in shown
    assert "not from 21:00 to 05:00" in shown
    assert AuditEvent.objects.get(action="feed.scheduled").actor_name == "operator"
    again = filled(operator, url)
    assert again["quiet_hours"] == "21:00-05:00"
    assert again["business_days"] == "SE"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"cron": "every morning"}, "cron line"),
        ({"quiet_hours": "late"}, "quiet hours"),
        ({"closed_days": "Christmas"}, "Christmas"),
        ({"cron": "0 22 * * *", "quiet_hours": "21:00-05:00"}, "nothing would ever be read"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_with_the_reason(
    house: House, operator: Client, wrong: dict[str, str], said: str
) -> None:
    before = house.feed.schedule
    answer = operator.post(page(house, "feed_act", house.feed.pk, "schedule"), {"every": "300", **wrong})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    house.feed.refresh_from_db()
    assert house.feed.schedule == before


def test_where_a_schedule_is_changed_is_shown_to_those_who_may(house: House, operator: Client, viewer: Client) -> None:
    link = page(house, "feed_act", house.feed.pk, "schedule")
    for where in (page(house, "connection", house.visma.key), page(house, "integration", house.integration.key)):
        assert link in operator.get(where).content.decode(), where
        assert link not in viewer.get(where).content.decode(), where


# --- The settings of an integration


@pytest.fixture
def with_cleo(house: House, operator: Client) -> Integration:
    """Visma.net with Cleo, as the set-up makes it, with a setting that only a configuration file has."""
    form = {"name": "With Cleo", "stream": "test", "company_name": "Bruket AB", "flow_purchase-orders": "on"}
    operator.post(page(house, "integration_pair", house.visma.key, house.cleo.key), form)
    return Integration.objects.get(partner=house.cleo)


def test_each_field_of_a_supplier_gets_its_master(house: House, with_cleo: Integration, operator: Client) -> None:
    url = page(house, "integration_settings", with_cleo.key)
    assert url in operator.get(page(house, "integration", with_cleo.key) + "?tab=settings").content.decode()
    form = filled(operator, url)
    assert [form[f"master_{n}"] for n in ("name", "address", "vat_number", "organisation_number")] == [
        "visma", "network", "visma", "visma",
    ]  # fmt: skip
    answer = operator.post(url, {**form, "master_vat_number": "network", "master_address": "visma"})
    assert answer.status_code == 302, answer.context["form"].errors
    with_cleo.refresh_from_db()
    assert with_cleo.settings["supplier_masters"] == {
        "name": "visma",
        "address": "visma",
        "vat_number": "network",
        "organisation_number": "visma",
    }
    newest = MappingVersion.objects.filter(flow__integration=with_cleo, flow__key="purchase-orders").latest("number")
    assert newest.number == 2
    assert newest.made_by_name == "operator"
    assert newest.integration_settings["supplier_masters"]["vat_number"] == "network"
    assert AuditEvent.objects.filter(action="integration.changed", actor__username="operator").count() == 2


def test_what_the_form_does_not_change_stays_as_it_is(house: House, with_cleo: Integration, operator: Client) -> None:
    settings = {
        "stream": "test",
        "company": {"name": "Bruket AB", "address": ["Gata 1", "Port B"], "country": "SE"},
        "units": {"STK": "EA"},
    }
    Integration.objects.filter(pk=with_cleo.pk).update(settings=settings)
    url = page(house, "integration_settings", with_cleo.key)
    answer = operator.post(url, filled(operator, url), follow=True)
    with_cleo.refresh_from_db()
    assert with_cleo.settings == settings
    assert "Nothing changed" in answer.content.decode()


def test_going_live_is_asked_for_twice(house: House, with_cleo: Integration, operator: Client) -> None:
    url = page(house, "integration_settings", with_cleo.key)
    form = {**filled(operator, url), "stream": "live"}
    assert "real documents would go out" in operator.post(url, form).content.decode()
    with_cleo.refresh_from_db()
    assert with_cleo.settings["stream"] == "test"
    assert operator.post(url, {**form, "sure": "on"}).status_code == 302
    with_cleo.refresh_from_db()
    assert with_cleo.settings["stream"] == "live"


def test_settings_that_cannot_be_are_refused(house: House, with_cleo: Integration, operator: Client) -> None:
    url = page(house, "integration_settings", with_cleo.key)
    form = {**filled(operator, url), "units": '{"STK": 7}'}
    assert "not complete" in operator.post(url, form).content.decode()
    with_cleo.refresh_from_db()
    assert "units" not in with_cleo.settings

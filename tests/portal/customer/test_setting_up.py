"""Making a connection and an integration, from nothing to live."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import Connection, Feed, Flow, Integration, Operation
from integrations.services import setting_up
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import SECRETS, House


def page(house: House, name: str, *args: object) -> str:
    return reverse(f"customer:{name}", args=[house.tenant.slug, *args])


@pytest.fixture
def draft(house: House, operator: Client) -> Integration:
    """Visma.net with Cleo, tried out by nobody yet."""
    url = page(house, "integration_pair", house.visma.key, house.cleo.key)
    form = {
        "name": "Visma with Cleo",
        "stream": "test",
        "company_name": "Bruket AB",
        "company_country": "SE",
        "flow_purchase-orders": "on",
        "flow_supplier-invoices": "on",
    }
    answer = operator.post(url, form)
    row = Integration.objects.get(partner=house.cleo)
    assert answer["Location"] == page(house, "integration_setup", row.key)
    return row


def test_customers_get_invoices_only_where_somebody_says_so(house: House, operator: Client) -> None:
    form = operator.get(page(house, "integration_pair", house.visma.key, house.orderful.key)).context["form"]
    flows = {name.removeprefix("flow_"): f.initial for name, f in form.fields.items() if name.startswith("flow_")}
    assert flows["purchase-orders"]
    assert [key for key, ticked in flows.items() if not ticked] == ["customer-invoices"]


def test_a_connection_is_made_from_what_its_system_declares(house: House, operator: Client) -> None:
    url = page(house, "connection_new_of", "cleo")
    refused = operator.post(url, {"name": "Cleo two"})
    assert refused.status_code == 200
    assert not Connection.objects.filter(name="Cleo two").exists()
    form = {
        **{f.html_name: f.value() or "" for f in refused.context["form"]},
        "setting_base_url": "https://cleo.example.com",
        "setting_username": "me",
        "setting_password": "never-shown-7",
    }
    made = operator.post(url, form)
    assert made.status_code == 302, made.context["form"].errors
    row = Connection.objects.get(name="Cleo two")
    assert row.secrets["password"] == "never-shown-7"
    for where in (page(house, "connection", row.key), page(house, "connection_edit", row.key)):
        assert "never-shown-7" not in operator.get(where).content.decode()


def test_an_empty_secret_keeps_what_is_stored(house: House, operator: Client) -> None:
    url = page(house, "connection_edit", house.cleo.key)
    form = {f.html_name: f.value() or "" for f in operator.get(url).context["form"]}
    assert operator.post(url, {**form, "name": "Cleo, renamed"}).status_code == 302
    row = Connection.objects.get(pk=house.cleo.pk)
    assert row.name == "Cleo, renamed"
    assert row.secrets["password"] == SECRETS[2]


def test_nothing_is_read_for_an_integration_before_it_is_live(house: House, draft: Integration) -> None:
    assert not draft.enabled
    assert draft.settings == {"stream": "test", "company": {"name": "Bruket AB", "country": "SE"}}
    on = set(Flow.objects.filter(integration=draft, enabled=True).values_list("key", flat=True))
    assert on == {"purchase-orders", "supplier-invoices"}
    new = Feed.objects.get(connection=house.visma, key="supplier-invoices")
    assert new.paused_reason == setting_up.SET_UP
    house.feed.refresh_from_db()
    assert house.feed.paused_reason == ""


def test_a_dry_run_is_asked_for_each_flow(house: House, draft: Integration, operator: Client) -> None:
    url = page(house, "integration_setup", draft.key)
    answer = operator.post(url, {"what": "try", "trial-start": "2026-11-01"}, follow=True)
    asked = Operation.objects.filter(kind="dry_run")
    assert {o.flow.key for o in asked if o.flow} == {"purchase-orders", "supplier-invoices"}
    assert {o.options["live_from"] for o in asked} == {"2026-11-01T00:00:00+01:00"}
    assert "from 2026-11-01" in answer.content.decode()
    assert "future" in operator.post(url, {"what": "try", "trial-start": "2100-01-01"}).content.decode()
    assert asked.count() == 2


def test_going_live_begins_at_the_chosen_day_with_a_first_limit(
    house: House, draft: Integration, operator: Client
) -> None:
    url = page(house, "integration_setup", draft.key)
    before = Feed.objects.get(pk=house.feed.pk).read_until
    answer = operator.post(url, {"what": "live", "start": "2026-11-01", "limit": "25"}, follow=True)
    draft.refresh_from_db()
    assert draft.enabled
    feed = Feed.objects.get(connection=house.visma, key="supplier-invoices")
    assert feed.paused_reason == ""
    assert feed.read_until == dt.datetime(2026, 10, 31, 23, tzinfo=dt.UTC)
    assert feed.flood_floor == 25
    flows = Flow.objects.filter(integration=draft)
    assert set(flows.filter(enabled=True).values_list("live_from", flat=True)) == {feed.read_until}
    assert set(flows.filter(enabled=False).values_list("live_from", flat=True)) == {None}
    assert Feed.objects.get(pk=house.feed.pk).read_until == before
    assert "Read for others already" in answer.content.decode()
    assert AuditEvent.objects.filter(action="integration.live", actor__username="operator").exists()
    assert operator.get(url).status_code == 302


def test_a_start_in_the_future_is_refused(house: House, draft: Integration, operator: Client) -> None:
    url = page(house, "integration_setup", draft.key)
    assert "future" in operator.post(url, {"what": "live", "start": "2100-01-01", "limit": "5"}).content.decode()
    draft.refresh_from_db()
    assert not draft.enabled


def test_a_pair_is_offered_once(house: House, draft: Integration, operator: Client) -> None:
    assert operator.get(page(house, "integration_new")).context["choices"] == []


def test_changed_settings_of_a_flow_make_a_mapping_version(house: House, operator: Client) -> None:
    url = page(house, "flow_settings", house.flow.pk)
    form = operator.get(url).context["form"]
    values = {f.html_name: f.value() for f in form if f.value() not in (None, False, "")}
    assert operator.post(url, {**values, "setting_statuses": ["Open"]}).status_code == 302
    house.flow.refresh_from_db()
    assert house.flow.settings == {"statuses": ["Open"]}
    assert house.flow.mapping_version == 2
    shown = operator.get(page(house, "integration", house.integration.key) + "?tab=mapping").content.decode()
    assert "Open" in shown

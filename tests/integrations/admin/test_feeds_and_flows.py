"""Feeds, flows and integrations: reading now, pausing with a reason, moving the cursor, switches and settings."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Backfill, Delivery, Feed, Flow, Integration
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import House


def act(name: str, action: str, pk: int) -> str:
    return reverse(f"admin:integrations_{name}_act", args=[action]) + f"?ids={pk}"


def event(action: str) -> AuditEvent:
    return AuditEvent.objects.get(action=action)


# --- Feeds


def test_reading_now_makes_the_feed_due(house: House, staff: Client) -> None:
    Feed.objects.filter(pk=house.feed.pk).update(due_at=timezone.now() + dt.timedelta(hours=1))
    staff.post(act("feed", "run-now", house.feed.pk))
    assert Feed.objects.filter(pk=house.feed.pk, due_at__lte=timezone.now()).exists()
    assert event("feed.run_now").actor == house.staff
    assert staff.get(act("feed", "run-now", house.feed.pk)).status_code == 405


def test_a_paused_feed_is_not_read_now(house: House, staff: Client) -> None:
    Feed.objects.filter(pk=house.feed.pk).update(paused_reason="moving house")
    answer = staff.post(act("feed", "run-now", house.feed.pk), follow=True)
    assert "Resume it first" in answer.content.decode()
    assert not AuditEvent.objects.filter(action="feed.run_now").exists()


def test_pausing_a_feed_asks_why_and_resuming_goes_on(house: House, staff: Client) -> None:
    url = act("feed", "pause", house.feed.pk)
    assert staff.post(url, {"reason": ""}).status_code == 200
    assert Feed.objects.get(pk=house.feed.pk).paused_reason == ""
    staff.post(url, {"reason": "Visma is being moved"})
    assert Feed.objects.get(pk=house.feed.pk).paused_reason == "Visma is being moved"
    assert "Visma is being moved" in event("feed.paused").summary
    page = staff.get(reverse("admin:integrations_feed_change", args=[house.feed.pk])).content.decode()
    assert "Paused: Visma is being moved" in page
    staff.post(act("feed", "resume", house.feed.pk))
    assert Feed.objects.get(pk=house.feed.pk).paused_reason == ""
    assert event("feed.resumed").actor == house.staff


def test_a_schedule_is_set_shown_with_its_next_reads_and_written_down(house: House, staff: Client) -> None:
    url = act("feed", "schedule", house.feed.pk)
    assert "every 300 s" in staff.get(url).content.decode()
    form = {"every": 300, "cron": "0 6 * * *\n0  18 * * 1-5", "business_days": "SE", "closed_days": "12-24"}
    wrong = staff.post(url, {**form, "quiet_hours": "at night"}, follow=True).content.decode()
    assert "no quiet hours" in wrong
    assert Feed.objects.get(pk=house.feed.pk).schedule == {}
    staff.post(url, {**form, "quiet_hours": "20:00-05:00"})
    feed = Feed.objects.get(pk=house.feed.pk)
    assert feed.schedule == {
        "cron": ["0 6 * * *", "0 18 * * 1-5"],
        "business_days": "SE",
        "closed_days": ["12-24"],
        "quiet_hours": ["20:00-05:00"],
    }
    assert feed.due_at is not None
    assert feed.due_at > timezone.now()
    page = staff.get(reverse("admin:integrations_feed_change", args=[feed.pk])).content.decode()
    assert "on business days of SE, not on 12-24, not from 20:00 to 05:00" in page
    assert "18:00" in page
    assert event("feed.scheduled").actor == house.staff
    staff.post(url, {"every": 60, "cron": "", "business_days": "", "closed_days": "", "quiet_hours": ""})
    feed.refresh_from_db()
    assert (feed.schedule, feed.interval_seconds) == ({}, 60)


def test_rule_01_moving_the_cursor_warns_asks_why_and_is_written_down(house: House, staff: Client) -> None:
    url = act("feed", "cursor", house.feed.pk)
    text = staff.get(url).content.decode()
    assert "is never read" in text
    assert "Purchase orders" in text or "purchase-orders" in text
    before = Feed.objects.get(pk=house.feed.pk).read_until
    assert staff.post(url, {"read_until": "2026-01-31 12:00:00"}).status_code == 200
    assert Feed.objects.get(pk=house.feed.pk).read_until == before, "no reason, no move"
    staff.post(url, {"read_until": "2026-01-31 12:00:00", "reason": "backup was restored"})
    assert Feed.objects.get(pk=house.feed.pk).read_until == dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
    assert "backup was restored" in event("feed.cursor_moved").summary


def test_the_cursor_goes_to_the_beginning_only_when_that_is_ticked(house: House, staff: Client) -> None:
    url = act("feed", "cursor", house.feed.pk)
    assert "Say from when" in staff.post(url, {"reason": "x"}).content.decode()
    staff.post(url, {"whole": "on", "reason": "all again"})
    assert Feed.objects.get(pk=house.feed.pk).read_until is None


def test_the_cursor_cannot_lie_in_the_future_or_move_while_it_is_read(house: House, staff: Client) -> None:
    url = act("feed", "cursor", house.feed.pk)
    before = Feed.objects.get(pk=house.feed.pk).read_until
    future = f"{timezone.now() + dt.timedelta(days=1):%Y-%m-%d %H:%M:%S}"
    assert "future" in staff.post(url, {"read_until": future, "reason": "x"}).content.decode()
    Feed.objects.filter(pk=house.feed.pk).update(lease_until=timezone.now() + dt.timedelta(minutes=1))
    answer = staff.post(url, {"read_until": "2026-01-31 12:00:00", "reason": "x"})
    assert "being read right now" in answer.content.decode()
    assert Feed.objects.get(pk=house.feed.pk).read_until == before


# --- Periods that are read again


def test_a_period_is_read_again_with_a_plan_and_can_be_cancelled(house: House, staff: Client) -> None:
    url = act("feed", "backfill", house.feed.pk)
    plan = staff.get(url).content.decode()
    assert "nothing older replaces what is newer" in plan
    period = {"start": "2026-01-01", "end": "2026-02-01"}
    assert staff.post(url, period).status_code == 200
    assert not Backfill.objects.exists(), "no reason, no backfill"
    staff.post(url, {**period, "reason": "January was missing"})
    row = Backfill.objects.get()
    assert (row.feed_id, row.state) == (house.feed.pk, Backfill.State.OPEN)
    assert row.asked_by is not None
    assert "January was missing" in event("backfill.begun").summary
    page = staff.get(reverse("admin:integrations_feed_change", args=[house.feed.pk])).content.decode()
    assert "Periods that were read again" in page
    assert "One is under way already" in staff.get(url).content.decode()
    staff.post(act("feed", "cancel-backfill", house.feed.pk), {"reason": "the wrong month"})
    row.refresh_from_db()
    assert row.state == Backfill.State.CANCELLED
    assert "the wrong month" in event("backfill.cancelled").summary


# --- Flows


def test_running_a_flow_reads_its_feed(house: House, staff: Client) -> None:
    staff.post(act("flow", "run-now", house.flow.pk))
    assert event("feed.run_now").object_id == str(house.feed.pk)


def test_ticked_flows_are_run_at_once_from_the_list(house: House, staff: Client) -> None:
    url = reverse("admin:integrations_flow_changelist")
    data = {"action": "run-now", "_selected_action": [house.flow.pk], "index": 0}
    assert "read as soon as a worker is free" in staff.post(url, data, follow=True).content.decode()
    assert event("feed.run_now").object_id == str(house.feed.pk)


def test_pausing_a_flow_says_how_much_will_wait(house: House, staff: Client) -> None:
    url = act("flow", "pause", house.flow.pk)
    text = staff.get(url).content.decode()
    assert "Deliveries that wait from now on" in text
    staff.post(url, {"reason": "partner tests"})
    assert Flow.objects.get(pk=house.flow.pk).paused_reason == "partner tests"
    Integration.objects.filter(pk=house.integration.pk).update(partner_stopped="wrong prices")
    said = staff.post(act("flow", "resume", house.flow.pk), follow=True).content.decode()
    assert "Nothing goes out yet: Sending to Orderful is stopped" in said
    assert Flow.objects.get(pk=house.flow.pk).paused_reason == ""
    assert event("flow.resumed").actor == house.staff


def test_the_settings_of_a_flow_are_drawn_from_its_declaration_and_saved_by_the_service(
    house: House, staff: Client
) -> None:
    page = reverse("admin:integrations_flow_change", args=[house.flow.pk])
    text = staff.get(page).content.decode()
    assert "Statuses that are sent" in text
    fields = staff.get(page).context["adminform"].form.fields
    data = {"enabled": "on", **{n: f.prepare_value(f.initial) for n, f in fields.items() if n != "enabled"}}
    staff.post(page, data)
    assert Flow.objects.get(pk=house.flow.pk).settings == {}, "defaults are not copied"
    staff.post(page, {**data, "setting_statuses": ["Open"]})
    flow = Flow.objects.get(pk=house.flow.pk)
    assert flow.settings["statuses"] == ["Open"]
    assert AuditEvent.objects.filter(action="integration.changed", actor=house.staff).exists()


def test_a_flow_that_this_release_does_not_know_still_has_a_page(house: House, staff: Client) -> None:
    Flow.objects.filter(pk=house.flow.pk).update(key="from-the-future")
    page = reverse("admin:integrations_flow_change", args=[house.flow.pk])
    assert "This release does not know the flow" in staff.get(page).content.decode()
    for name in ("flow", "delivery", "issue", "integration", "feed"):
        assert staff.get(reverse(f"admin:integrations_{name}_changelist")).status_code == 200, name
    assert staff.get(reverse("admin:integrations_feed_change", args=[house.feed.pk])).status_code == 200
    assert staff.get(reverse("admin:integrations_delivery_change", args=[house.failed.pk])).status_code == 200


def test_the_list_of_flows_counts_what_hangs(house: House, staff: Client) -> None:
    rows = staff.get(reverse("admin:integrations_flow_changelist")).context["cl"].result_list
    hanging = {f.key: f.hanging for f in rows}
    assert hanging["purchase-orders"] == {"failed": 1, "in_doubt": 1}
    assert Delivery.objects.count() == 4


# --- Integrations


def test_an_integration_is_made_of_two_connections_of_one_tenant(house: House, root: Client) -> None:
    start = reverse("admin:integrations_integration_add")
    assert f"?tenant={house.tenant.pk}" in root.get(start).content.decode()
    text = root.get(start, {"tenant": house.tenant.pk}).content.decode()
    assert f"books={house.visma.pk}&amp;partner={house.cleo.pk}" in text
    assert f"partner={house.orderful.pk}" not in text, "that pair exists"
    url = f"{start}?tenant={house.tenant.pk}&books={house.visma.pk}&partner={house.cleo.pk}"
    data = {"key": "visma-cleo", "name": "Visma with Cleo", "enabled": "on", "flow_purchase-orders": "on"}
    root.post(url, data)
    made = Integration.objects.get(key="visma-cleo")
    assert (made.tenant, made.pair) == (house.tenant, "visma-cleo")
    assert [f.key for f in made.flows.all() if f.enabled] == ["purchase-orders"], "only what was ticked"


@pytest.mark.parametrize("query", ["books=1&partner=1", "books=x&partner=2", "books=999&partner=998"])
def test_connections_that_cannot_be_paired_are_not(house: House, root: Client, query: str) -> None:
    answer = root.get(reverse("admin:integrations_integration_add") + "?" + query)
    assert "for which tenant?" in answer.content.decode()


def test_switching_a_flow_on_keeps_the_settings_of_its_neighbour(house: House, staff: Client) -> None:
    Flow.objects.filter(pk=house.flow.pk).update(settings={"statuses": ["Open"]})
    page = reverse("admin:integrations_integration_change", args=[house.integration.pk])
    data = {"name": "Orders", "enabled": "on", "flow_purchase-orders": "on", "flow_supplier-invoices": "on"}
    assert staff.post(page, data).status_code == 302
    flows = {f.key: f for f in Flow.objects.filter(integration=house.integration)}
    assert flows["supplier-invoices"].enabled
    assert flows["purchase-orders"].settings == {"statuses": ["Open"]}
    assert Integration.objects.get(pk=house.integration.pk).name == "Orders"

"""Runs add up, and the kill switch of a tenant stops what is sent."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from integrations.models import Integration, Run, State
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import House


def test_the_equations_of_a_run_add_up_and_each_number_opens_its_rows(house: House, staff: Client) -> None:
    text = staff.get(reverse("admin:integrations_run_change", args=[house.run.pk])).content.decode()
    assert text.count("adds up") == 2
    assert "does not add up" not in text
    deliveries = reverse("admin:integrations_delivery_changelist")
    for state in (State.FAILED, State.DELIVERED, State.IN_DOUBT, State.PENDING):
        url = f"{deliveries}?run={house.run.pk}&amp;state={state.value}"
        assert url in text
        rows = staff.get(url.replace("&amp;", "&")).context["cl"].result_list
        assert [r.state for r in rows] == [state]


def test_a_run_that_does_not_add_up_says_so(house: House, staff: Client) -> None:
    Run.objects.filter(pk=house.run.pk).update(read=99)
    text = staff.get(reverse("admin:integrations_run_change", args=[house.run.pk])).content.decode()
    assert "does not add up" in text


def test_unrouted_records_of_a_run_are_one_click_away(house: House, staff: Client) -> None:
    Run.objects.filter(pk=house.run.pk).update(unrouted=1)
    house.record.takers = 0
    house.record.save()
    url = reverse("admin:integrations_record_changelist") + f"?run={house.run.pk}&routed=no"
    assert url.replace("&", "&amp;") in staff.get(reverse("admin:integrations_run_changelist")).content.decode()
    assert [r.pk for r in staff.get(url).context["cl"].result_list] == [house.record.pk]


def test_the_kill_switch_counts_asks_why_and_is_written_down(house: House, staff: Client) -> None:
    url = reverse("admin:tenants_tenant_act", args=["stop"]) + f"?ids={house.tenant.pk}"
    text = staff.get(url).content.decode()
    assert "Deliveries that wait until sending is allowed again" in text
    assert staff.post(url, {"reason": ""}).status_code == 200
    house.tenant.refresh_from_db()
    assert not house.tenant.sending_stopped
    staff.post(url, {"reason": "wrong prices"})
    house.tenant.refresh_from_db()
    house.other.refresh_from_db()
    assert (house.tenant.sending_stopped, house.other.sending_stopped) == (True, False)
    event = AuditEvent.objects.get(action="tenant.sending_stopped")
    assert event.actor == house.staff
    assert "wrong prices" in event.summary
    page = staff.get(reverse("admin:integrations_delivery_change", args=[house.pending.pk])).content.decode()
    assert "Sending is stopped for Bruket AB." in page


def test_sending_is_allowed_again(house: House, staff: Client) -> None:
    type(house.tenant).objects.filter(pk=house.tenant.pk).update(sending_stopped=True)
    url = reverse("admin:tenants_tenant_act", args=["allow"]) + f"?ids={house.tenant.pk}"
    plan = staff.get(url).content.decode()
    assert "goes out, in its order" in plan
    assert "Held by another switch" not in plan
    Integration.objects.filter(pk=house.integration.pk).update(partner_stopped="wrong prices")
    assert [line.value for line in staff.get(url).context["plan"].lines] == ["0", "1"]
    staff.post(url)
    house.tenant.refresh_from_db()
    assert not house.tenant.sending_stopped


def test_one_direction_is_stopped_and_shown_wherever_it_matters(house: House, staff: Client) -> None:
    act = "admin:integrations_integration_act"
    url = reverse(act, args=["stop-partner"]) + f"?ids={house.integration.pk}"
    plan = staff.get(url).content.decode()
    deliveries = reverse("admin:integrations_delivery_changelist")
    rows = f"{deliveries}?integration={house.integration.pk}&amp;to={house.orderful.pk}&amp;state=pending"
    assert f'<a href="{rows}">1</a>' in plan
    assert [r.pk for r in staff.get(rows.replace("&amp;", "&")).context["cl"].result_list] == [house.pending.pk]
    assert staff.post(url, {"reason": ""}).status_code == 200
    house.integration.refresh_from_db()
    assert house.integration.partner_stopped == ""
    staff.post(url, {"reason": "wrong prices"})
    house.integration.refresh_from_db()
    assert (house.integration.books_stopped, house.integration.partner_stopped) == ("", "wrong prices")
    event = AuditEvent.objects.get(action="integration.stopped")
    assert (event.actor, "wrong prices" in event.summary) == (house.staff, True)
    said = "Sending to Orderful is stopped for Visma with Orderful: wrong prices"
    for name, row in (("delivery", house.pending), ("flow", house.flow), ("integration", house.integration)):
        page = staff.get(reverse(f"admin:integrations_{name}_change", args=[row.pk])).content.decode()
        assert said in page, name
    assert said in staff.get(reverse("admin:tenants_tenant_change", args=[house.tenant.pk])).content.decode()
    index = staff.get(reverse("admin:index")).content.decode()
    assert "nothing goes to Orderful" in index
    assert "Nothing needs somebody" not in index
    allow = reverse(act, args=["allow-partner"]) + f"?ids={house.integration.pk}"
    assert "goes out, in its order" in staff.get(allow).content.decode()
    staff.post(allow)
    house.integration.refresh_from_db()
    assert house.integration.partner_stopped == ""

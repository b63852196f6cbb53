"""Issues: who acts, what they press, and when they come back."""

from __future__ import annotations

import datetime as dt

import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Flow, Issue
from portal.customer.home import WORST_FIRST
from tests.integrations.admin.house import House


def page(house: House, name: str, *args: object) -> str:
    return reverse(f"customer:{name}", args=[house.tenant.slug, *args])


def listed(client: Client, house: House, tab: str) -> list[int]:
    return [i.pk for i in client.get(page(house, "issues"), {"tab": tab}).context["page"].rows]


def test_an_issue_stands_under_who_acts(house: House, viewer: Client) -> None:
    assert listed(viewer, house, "yours") == [house.issue.pk]
    assert listed(viewer, house, "others") == []
    Issue.objects.update(who=Issue.Who.STAFF)
    assert listed(viewer, house, "yours") == []
    assert listed(viewer, house, "others") == [house.issue.pk]


def test_home_counts_what_needs_the_customer(house: House, viewer: Client) -> None:
    assert viewer.get(page(house, "home")).context["yours"].issues == 1


def test_home_shows_first_what_needs_the_customer(house: House, viewer: Client) -> None:
    integration = house.flow.integration
    Flow.objects.filter(integration=integration, key="order-changes").delete()
    first_by_name = Flow.objects.create(tenant=house.tenant, integration=integration, key="order-changes", enabled=True)
    assert first_by_name.key < house.flow.key
    answer = viewer.get(page(house, "home"))
    shown = [(s.condition, s.flow.pk) for s in answer.context["statuses"]]
    assert len({condition for condition, _ in shown}) > 1, "flows that are alike have no order"
    assert shown[0] == ("needs_you", house.flow.pk)
    assert [c for c, _ in shown] == sorted((c for c, _ in shown), key=WORST_FIRST.index)
    assert "Delivered until" in answer.content.decode()


def test_all_that_hang_on_an_issue_are_tried_again(house: House, operator: Client) -> None:
    more = [house.delivery(f"8{n:05}", "failed", issue=house.issue) for n in range(3)]
    url = page(house, "issue_act", house.issue.pk, "retry")
    assert "Deliveries tried again" in operator.get(url).content.decode()
    operator.post(url, {"reason": "", "how": "first"})
    house.failed.refresh_from_db()
    assert house.failed.state == "pending"
    operator.post(url, {"reason": "", "how": "all"})
    for delivery in more:
        delivery.refresh_from_db()
        assert delivery.state == "pending"


def test_a_snoozed_issue_comes_back_by_itself(house: House, operator: Client) -> None:
    assert operator.post(page(house, "issue_act", house.issue.pk, "snooze"), {"hours": "4"}).status_code == 302
    assert listed(operator, house, "yours") == []
    assert listed(operator, house, "snoozed") == [house.issue.pk]
    assert operator.get(page(house, "home")).context["yours"].issues == 0
    house.issue.refresh_from_db()
    assert house.issue.status == "open"
    assert house.issue.snoozed_until > timezone.now() + dt.timedelta(hours=3)
    operator.post(page(house, "issue_act", house.issue.pk, "wake"))
    assert listed(operator, house, "yours") == [house.issue.pk]


def test_a_past_snooze_hides_nothing(house: House, viewer: Client) -> None:
    Issue.objects.update(snoozed_until=timezone.now() + dt.timedelta(hours=1))
    with time_machine.travel(timezone.now() + dt.timedelta(hours=2), tick=True):
        viewer.force_login(house.customer)
        assert listed(viewer, house, "snoozed") == []


def test_dismissing_asks_for_a_reason(house: House, operator: Client) -> None:
    url = page(house, "issue_act", house.issue.pk, "dismiss")
    assert operator.post(url, {"reason": ""}).status_code == 200
    house.issue.refresh_from_db()
    assert house.issue.status == "open"
    assert operator.post(url, {"reason": "a test supplier"}).status_code == 302
    house.issue.refresh_from_db()
    assert house.issue.status == "dismissed"


def test_the_value_that_it_is_about_is_marked_in_what_was_read(house: House, viewer: Client) -> None:
    Issue.objects.filter(pk=house.issue.pk).update(field="lines[0].orderQty")
    for where in (page(house, "issue", house.issue.pk), page(house, "document", house.failed.pk)):
        text = viewer.get(where).content.decode()
        assert '<mark id="marked">      &quot;orderQty&quot;: 40</mark>' in text
        assert "The value that it is about is marked." in text
    Issue.objects.filter(pk=house.issue.pk).update(field="lines[0].unitCost")
    text = viewer.get(page(house, "issue", house.issue.pk)).content.decode()
    assert "is missing; where it belongs is marked" in text
    Issue.objects.filter(pk=house.issue.pk).update(status=Issue.Status.RESOLVED, field="lines[0].orderQty")
    assert "<mark" not in viewer.get(page(house, "document", house.failed.pk)).content.decode(), "it is over"

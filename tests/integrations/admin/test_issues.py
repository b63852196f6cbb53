"""Issues: replaying and dismissing all that they hit, with the plan first."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from integrations.models import Issue, State
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import House


def act(house: House, action: str) -> str:
    return reverse("admin:integrations_issue_act", args=[action]) + f"?ids={house.issue.pk}"


def test_the_list_shows_what_is_open_first_and_how_many_it_hits(house: House, staff: Client) -> None:
    house.delivery("500200", State.FAILED, issue=house.issue)
    house.delivery("500201", State.DELIVERED, issue=house.issue)
    answer = staff.get(reverse("admin:integrations_issue_changelist"))
    assert [(i.sentence, i.hanging) for i in answer.context["cl"].result_list] == [(house.issue.sentence, 2)]
    Issue.objects.update(status=Issue.Status.RESOLVED)
    assert staff.get(reverse("admin:integrations_issue_changelist")).context["cl"].result_count == 0
    assert staff.get(reverse("admin:integrations_issue_changelist"), {"status": "all"}).context["cl"].result_count == 1


def test_replaying_all_shows_the_plan_then_tries_each_failed_one_again(house: House, staff: Client) -> None:
    more = house.delivery("500200", State.FAILED, issue=house.issue)
    doubt = house.delivery("500201", State.IN_DOUBT, issue=house.issue)
    text = staff.get(act(house, "retry")).content.decode()
    assert "Try all 2 again" in text
    assert "Left alone: in doubt" in text
    staff.post(act(house, "retry"), {"reason": "VAT number added", "how": "all"})
    for row, state in ((house.failed, State.PENDING), (more, State.PENDING), (doubt, State.IN_DOUBT)):
        row.refresh_from_db()
        assert row.state == state
    assert AuditEvent.objects.filter(action="delivery.replayed", actor=house.staff).count() == 2


def test_the_first_of_an_issue_can_be_tried_alone(house: House, staff: Client) -> None:
    more = house.delivery("500200", State.FAILED, issue=house.issue)
    staff.post(act(house, "retry"), {"reason": "", "how": "first"})
    house.failed.refresh_from_db()
    more.refresh_from_db()
    assert (house.failed.state, more.state) == (State.PENDING, State.FAILED)


def test_dismissing_an_issue_closes_it_with_what_failed(house: House, staff: Client) -> None:
    assert staff.post(act(house, "dismiss"), {"reason": ""}).status_code == 200
    house.issue.refresh_from_db()
    assert house.issue.status == Issue.Status.OPEN
    staff.post(act(house, "dismiss"), {"reason": "test data"})
    house.issue.refresh_from_db()
    house.failed.refresh_from_db()
    assert house.failed.state == State.DISMISSED
    assert house.issue.status in (Issue.Status.DISMISSED, Issue.Status.RESOLVED)
    assert "test data" in house.issue.resolution


def test_an_issue_without_deliveries_is_dismissed_and_leaves_a_trace(house: House, staff: Client) -> None:
    house.failed.issue = None
    house.failed.save()
    staff.post(act(house, "dismiss"), {"reason": "the system is gone"})
    house.issue.refresh_from_db()
    assert (house.issue.status, house.issue.resolution) == (Issue.Status.DISMISSED, "the system is gone")
    event = AuditEvent.objects.get(action="issue.dismissed")
    assert (event.actor, event.object_id) == (house.staff, str(house.issue.pk))


def test_an_issue_is_not_closed_while_something_is_in_doubt(house: House, staff: Client) -> None:
    house.delivery("500201", State.IN_DOUBT, issue=house.issue)
    house.failed.issue = None
    house.failed.save()
    answer = staff.post(act(house, "dismiss"), {"reason": "never mind"})
    assert "in doubt" in answer.content.decode()
    house.issue.refresh_from_db()
    assert house.issue.status == Issue.Status.OPEN


def test_a_flood_is_released_or_dismissed_by_a_person(house: House, staff: Client) -> None:
    assert staff.post(act(house, "release"), {"reason": "meant"}).status_code in (200, 302)
    held = house.delivery("500300", State.WAITING, issue=house.issue)
    Issue.objects.filter(pk=house.issue.pk).update(error_class="flood")
    assert "Release 1" in staff.get(act(house, "release")).content.decode()
    assert "Held back and dismissed" in staff.get(act(house, "dismiss")).content.decode()
    staff.post(act(house, "release"), {"reason": "a new price list"})
    held.refresh_from_db()
    assert held.state == State.PENDING
    assert AuditEvent.objects.get(action="flood.released").summary == "1 deliveries: a new price list"

    held.state = State.WAITING
    held.save()
    Issue.objects.filter(pk=house.issue.pk).update(status=Issue.Status.OPEN)
    staff.post(act(house, "dismiss"), {"reason": "a mistake"})
    held.refresh_from_db()
    assert held.state == State.DISMISSED

"""Operations in the admin: the plan of a replay of many, its page, and its two buttons."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from integrations.engine.operations import claim_operation, work_on
from integrations.engine.sessions import Sessions
from integrations.models import Operation, State
from integrations.services import operations as services
from integrations.services.operations import Options, Selection
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import House
from tests.integrations.admin.test_deliveries import act, state_of


def page(row: Operation) -> str:
    return reverse("admin:integrations_operation_change", args=[row.pk])


def button(action: str, row: Operation) -> str:
    return reverse("admin:integrations_operation_act", args=[action]) + f"?ids={row.pk}"


def new(house: House) -> list[Operation]:
    """Operations that the test made."""
    return list(Operation.objects.exclude(pk=house.operation.pk))


def test_replaying_many_shows_the_plan_and_then_is_an_operation(house: House, staff: Client) -> None:
    more = [house.delivery(f"6{n:05}", State.FAILED) for n in range(3)]
    url = act("replay-many", matching="state%3Dfailed")
    text = staff.get(url).content.decode()
    assert "Would be sent" in text
    assert "Try 4 again" in text
    assert new(house) == [], "looking does nothing"
    done = staff.post(url, {"content": "current", "per_minute": "600", "reason": "folder made"}, follow=True)
    (operation,) = new(house)
    assert page(operation) in done.content.decode()
    assert (operation.state, operation.asked_by, operation.options["per_minute"]) == ("running", house.staff, 600)
    claimed = claim_operation("elsewhere:1:1")
    assert claimed is not None
    work_on(claimed, Sessions())
    assert {state_of(d) for d in [house.failed, *more]} == {State.PENDING}
    text = staff.get(page(operation)).content.decode()
    for words in ("folder made", "Would be sent", "Progress", "Done"):
        assert words in text
    assert AuditEvent.objects.filter(action="delivery.replayed", actor=house.staff).count() == 4


def test_nothing_to_replay_has_no_button(house: House, staff: Client) -> None:
    text = staff.get(act("replay-many", ids=house.delivered.pk)).content.decode()
    assert "nothing to try again" in text
    staff.post(act("replay-many", ids=house.delivered.pk), {"content": "current", "per_minute": "60", "reason": ""})
    assert new(house) == []


def test_a_planned_operation_is_started_and_cancelled_by_its_buttons(house: House, staff: Client) -> None:
    planned = services.ask_replay(house.tenant, Selection(), Options(), reason="", actor=house.staff)
    listed = staff.get(reverse("admin:integrations_operation_changelist")).content.decode()
    assert "planned" in listed
    assert "Would be sent" in staff.get(button("start", planned)).content.decode()
    staff.post(button("start", planned), {"reason": ""})
    assert Operation.objects.get(pk=planned.pk).state == "running"
    again = staff.post(button("start", planned), {"reason": ""}).content.decode()
    assert "running already" in again
    staff.post(button("cancel", planned), {"reason": "wrong ones"})
    row = Operation.objects.get(pk=planned.pk)
    assert (row.state, row.problem) == ("cancelled", "wrong ones")
    assert "ended already" in staff.get(button("cancel", planned)).content.decode()
    assert state_of(house.failed) == State.FAILED

"""What waits for a person's approval, as staff see and decide it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import Delivery, State
from integrations.services.deliveries import APPROVAL
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import House

ASKS = ["line 1, quantity: 10 → 321 (another quantity)", "line 2, unit cost: 5 → 6 (another price)"]


def act(action: str, row: Delivery) -> str:
    return reverse("admin:integrations_delivery_act", args=[action]) + f"?ids={row.pk}"


@pytest.fixture
def waiting(house: House) -> Delivery:
    approval = {"asks": ASKS, "digest": "d" * 64}
    return house.delivery("500777", State.WAITING, waits_for=APPROVAL, approval=approval)


def test_the_page_shows_what_waits_and_both_buttons(house: House, staff: Client, waiting: Delivery) -> None:
    text = staff.get(reverse("admin:integrations_delivery_change", args=[waiting.pk])).content.decode()
    assert "What waits for approval" in text
    for line in ASKS:
        assert line.replace("→", "→") in text
    assert act("approve", waiting).partition("?")[0] in text
    assert act("refuse", waiting).partition("?")[0] in text
    assert "It waits for a person&#x27;s approval." in text or "It waits for a person's approval." in text


def test_looking_at_the_plan_decides_nothing(house: House, staff: Client, waiting: Delivery) -> None:
    text = staff.get(act("approve", waiting)).content.decode()
    assert ASKS[0] in text
    waiting.refresh_from_db()
    assert waiting.state == State.WAITING


def test_approving_lets_it_go_and_says_who_and_what(house: House, staff: Client, waiting: Delivery) -> None:
    staff.post(act("approve", waiting), {"reason": "Agreed"})
    waiting.refresh_from_db()
    assert (waiting.state, waiting.waits_for) == (State.PENDING, "")
    assert waiting.approval["approved"] == "d" * 64
    event = AuditEvent.objects.get(action="delivery.approved")
    assert event.actor == house.staff
    assert event.details["asked"] == ASKS


def test_refusing_asks_why_and_closes_it(house: House, staff: Client, waiting: Delivery) -> None:
    staff.post(act("refuse", waiting), {"reason": ""})
    waiting.refresh_from_db()
    assert waiting.state == State.WAITING
    staff.post(act("refuse", waiting), {"reason": "Too much"})
    waiting.refresh_from_db()
    assert waiting.state == State.DISMISSED
    assert "Too much" in waiting.reason
    assert AuditEvent.objects.get(action="delivery.refused").actor == house.staff
    text = staff.get(reverse("admin:integrations_delivery_change", args=[waiting.pk])).content.decode()
    assert f"What {house.staff.get_username()} decided about" in text


@pytest.mark.parametrize("action", ["approve", "refuse"])
def test_what_nobody_is_asked_about_is_left_alone(house: House, staff: Client, action: str) -> None:
    """A failed delivery of a flow whose sender is told nothing."""
    text = staff.post(act(action, house.failed), {"reason": "x"}).content.decode()
    assert "None of the chosen deliveries" in text
    house.failed.refresh_from_db()
    assert house.failed.state == State.FAILED

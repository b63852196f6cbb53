"""Support looks at a tenant's portal as a viewer: with a reason, for a while, in the trail."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from portal.audit.models import AuditEvent
from portal.tenants import looking
from tests.integrations.admin.house import PERSONAL, House, client_of


def home(house: House) -> str:
    return reverse("customer:home", args=[house.tenant.slug])


def look(house: House, client: Client, reason: str = "They called.") -> None:
    url = reverse("admin:tenants_tenant_act", args=["look"]) + f"?ids={house.tenant.pk}"
    client.post(url, {"reason": reason})


def test_without_a_look_the_portal_is_not_there_for_staff(house: House, staff: Client) -> None:
    assert staff.get(home(house)).status_code == 404
    look(house, staff, reason="")
    assert staff.get(home(house)).status_code == 404


def test_a_look_shows_what_viewers_see_and_stands_in_the_trail(house: House, staff: Client) -> None:
    look(house, staff)
    page = staff.get(home(house))
    assert page.status_code == 200
    assert "as its viewers see it" in page.content.decode()
    event = AuditEvent.objects.get(action="tenant.looked_at")
    assert (event.actor, event.tenant) == (house.staff, house.tenant)
    assert "They called." in event.summary
    document = staff.get(reverse("customer:document", args=[house.tenant.slug, house.failed.pk])).content.decode()
    assert not [value for value in PERSONAL if value in document]
    other = reverse("customer:home", args=[house.other.slug])
    assert staff.get(other).status_code == 404
    assert (
        "Open their portal"
        in staff.get(reverse("admin:tenants_tenant_change", args=[house.tenant.pk])).content.decode()
    )


def test_a_look_changes_nothing(house: House, staff: Client) -> None:
    look(house, staff)
    slug = house.tenant.slug
    for name, *args in (
        ("document_act", house.failed.pk, "replay"),
        ("flow_act", house.flow.pk, "pause"),
        ("document_reveal", house.failed.pk, "raw"),
    ):
        assert staff.post(reverse(f"customer:{name}", args=[slug, *args]), {"reason": "x"}).status_code == 403, name


def test_it_ends_by_itself_and_by_hand(house: House, staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    look(house, staff)
    answer = staff.post(reverse("customer:look_end", args=[house.tenant.slug]))
    assert answer["Location"] == reverse("admin:tenants_tenant_change", args=[house.tenant.pk])
    assert staff.get(home(house)).status_code == 404
    assert AuditEvent.objects.filter(action="tenant.look_ended", actor=house.staff).exists()
    monkeypatch.setattr(looking, "LASTS", dt.timedelta(0))
    look(house, staff)
    assert staff.get(home(house)).status_code == 404


def test_only_staff_looks_and_only_in_the_session_that_asked(house: House, staff: Client) -> None:
    look(house, staff)
    assert client_of(house.staff).get(home(house)).status_code == 404
    house.staff.is_staff = False
    house.staff.save(update_fields=["is_staff"])
    assert staff.get(home(house)).status_code == 404

"""The audit trail: read-only, found by object and number, and proven by a button."""

from __future__ import annotations

from django.db import connection
from django.test import Client
from django.urls import reverse

from portal.audit import trail
from portal.audit.models import AuditEvent, Seal
from tests.integrations.admin.house import House

VERIFY = "admin:audit_verify"


def test_an_intact_trail_is_said_to_be_intact(house: House, staff: Client) -> None:
    trail.seal_events(house.tenant)
    text = staff.post(reverse(VERIFY), {"tenant": house.tenant.pk}).content.decode()
    assert "The audit trail of Bruket AB is intact." in text
    events = AuditEvent.objects.filter(tenant=house.tenant, seal__isnull=False).count()
    assert f"{Seal.objects.filter(tenant=house.tenant).count()} seals over {events} events" in text


def test_only_the_tenant_that_was_asked_for_is_looked_at(house: House, staff: Client) -> None:
    text = staff.post(reverse(VERIFY), {"tenant": house.other.pk}).content.decode()
    assert "The audit trail of Grannen AB is intact." in text
    assert "0 seals over 0 events" in text


def test_a_changed_event_is_found_and_named(house: House, staff: Client) -> None:
    event = AuditEvent.objects.filter(seal__isnull=False).order_by("id")[0]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER audit_event_no_update")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_event_append_only")
        cursor.execute("UPDATE audit_auditevent SET summary = 'nothing happened' WHERE id = %s", [event.pk])
    text = staff.post(reverse(VERIFY), {"tenant": house.tenant.pk}).content.decode()
    assert "was tampered with" in text
    assert "An event under seal 1" in text


def test_looking_verifies_nothing_and_nonsense_goes_back(house: House, staff: Client) -> None:
    assert "is intact" not in staff.get(reverse(VERIFY)).content.decode()
    assert staff.post(reverse(VERIFY), {"tenant": "999999"}).status_code == 302
    assert staff.post(reverse(VERIFY), {"tenant": "x"}).status_code == 302


def test_events_lead_to_their_object_and_objects_to_their_events(house: House, staff: Client) -> None:
    listed = staff.get(reverse("admin:audit_auditevent_changelist")).content.decode()
    page = reverse("admin:integrations_delivery_change", args=[house.failed.pk])
    assert page in listed
    query = f"tenant={house.tenant.pk}&amp;object_type=delivery&amp;object_id={house.failed.pk}"
    assert query in staff.get(page).content.decode()
    found = staff.get(reverse("admin:audit_auditevent_changelist") + "?" + query.replace("&amp;", "&"))
    assert [e.action for e in found.context["cl"].result_list] == ["delivery.failed"]


def test_the_trail_is_found_by_business_number(house: House, staff: Client) -> None:
    found = staff.get(reverse("admin:audit_auditevent_changelist"), {"q": "500123"}).context["cl"].result_list
    assert [e.object_id for e in found] == [str(house.failed.pk)]


def test_nobody_changes_the_trail(house: House, root: Client) -> None:
    event = AuditEvent.objects.order_by("-id")[0]
    for verb in ("delete", "add"):
        args = [event.pk] if verb == "delete" else []
        assert root.get(reverse(f"admin:audit_auditevent_{verb}", args=args)).status_code == 403
    seal = Seal.objects.order_by("-id")[0]
    assert root.get(reverse("admin:audit_seal_delete", args=[seal.pk])).status_code == 403

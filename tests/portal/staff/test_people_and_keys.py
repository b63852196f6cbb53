"""People, members and API keys: who may make them, what is shown once, what is written down."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import reverse

from portal.audit.models import AuditEvent
from portal.tenants.models import ApiKey, Membership, Tenant, User, hash_key
from tests.integrations.admin.house import PASSWORD, House


def test_a_new_key_is_shown_once_and_only_its_hash_is_kept(house: House, root: Client) -> None:
    data = {"tenant": house.tenant.pk, "name": "warehouse", "expires_at_0": "", "expires_at_1": ""}
    answer = root.post(reverse("admin:tenants_apikey_add"), data)
    found = re.search(r"mlc_[0-9a-f]{10}_[\w-]{43}", answer.content.decode())
    assert found is not None
    key = ApiKey.objects.get(name="warehouse")
    assert key.key_hash == hash_key(found[0])
    for url in (reverse("admin:tenants_apikey_changelist"), reverse("admin:tenants_apikey_change", args=[key.pk])):
        text = root.get(url).content.decode()
        assert found[0] not in text
        assert key.key_hash not in text
    event = AuditEvent.objects.get(action="apikey.created")
    assert event.actor == house.root
    assert found[0] not in f"{event.summary}{event.details}"


def test_a_key_without_name_is_not_made(house: House, root: Client) -> None:
    assert root.post(reverse("admin:tenants_apikey_add"), {"tenant": house.tenant.pk}).status_code == 200
    assert ApiKey.objects.count() == 1


def test_a_key_is_revoked_with_a_reason_and_stays_as_evidence(house: House, root: Client, staff: Client) -> None:
    url = reverse("admin:tenants_apikey_act", args=["revoke"]) + f"?ids={house.key.pk}"
    assert staff.post(url, {"reason": "x"}).status_code == 404, "staff look and repair; keys are set-up"
    assert root.post(url, {"reason": ""}).status_code == 200
    root.post(url, {"reason": "leaked"})
    house.key.refresh_from_db()
    assert house.key.revoked_at is not None
    assert "leaked" in AuditEvent.objects.get(action="apikey.revoked").summary
    assert root.get(reverse("admin:tenants_apikey_delete", args=[house.key.pk])).status_code == 403
    assert "revoked already" in root.get(url).content.decode()


def test_superusers_make_people_and_staff_do_not(house: House, root: Client, staff: Client) -> None:
    data = {
        "username": "ny",
        "email": "ny@house.example",
        "password1": "correct horse 10",
        "password2": "correct horse 10",
    }
    url = reverse("admin:tenants_user_add")
    assert staff.post(url, data).status_code == 403
    assert not User.objects.filter(username="ny").exists()
    assert root.post(url, {**data, "usable_password": "true"}).status_code == 302
    made = User.objects.get(username="ny")
    assert (made.is_staff, made.check_password("correct horse 10")) == (False, True)


def test_a_person_is_made_staff_by_a_superuser(house: House, root: Client) -> None:
    url = reverse("admin:tenants_user_change", args=[house.customer.pk])
    data = {"username": "kund", "email": "kund@house.example", "is_active": "on", "is_staff": "on"}
    assert root.post(url, data).status_code == 302
    house.customer.refresh_from_db()
    assert house.customer.is_staff
    assert house.customer.check_password(PASSWORD)


def test_members_come_and_go_and_that_is_written_down(house: House, root: Client, staff: Client) -> None:
    add = reverse("admin:tenants_membership_add")
    data = {"tenant": house.other.pk, "user": house.customer.pk, "role": "viewer"}
    assert staff.post(add, data).status_code == 403
    root.post(add, data)
    row = Membership.objects.get(tenant=house.other)
    root.post(reverse("admin:tenants_membership_change", args=[row.pk]), {"role": "operator"})
    root.post(reverse("admin:tenants_membership_delete", args=[row.pk]), {"post": "yes"})
    assert not Membership.objects.filter(tenant=house.other).exists()
    actions = AuditEvent.objects.filter(tenant=house.other, actor=house.root).order_by("id")
    assert [e.action for e in actions] == ["membership.created", "membership.changed", "membership.deleted"]


def test_a_tenant_is_made_and_never_deleted(house: House, root: Client) -> None:
    data = {"name": "Ny AB", "slug": "ny", "time_zone": "Europe/Oslo", "retention": "standard"}
    root.post(reverse("admin:tenants_tenant_add"), data)
    tenant = Tenant.objects.get(slug="ny")
    assert AuditEvent.objects.get(tenant=tenant).action == "tenant.created"
    wrong = root.post(reverse("admin:tenants_tenant_add"), {**data, "slug": "x", "time_zone": "Mars/Olympus"})
    assert "is not a time zone" in wrong.content.decode()
    assert root.get(reverse("admin:tenants_tenant_delete", args=[tenant.pk])).status_code == 403
    root.post(reverse("admin:tenants_tenant_change", args=[tenant.pk]), {**data, "slug": "other"})
    tenant.refresh_from_db()
    assert tenant.slug == "ny", "the short name never changes"

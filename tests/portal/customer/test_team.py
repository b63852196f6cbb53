"""Members, invitations and keys."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.audit.models import AuditEvent
from portal.tenants.models import ApiKey, Invitation, Membership, Role, User
from tests.integrations.admin.house import House, client_of
from tests.portal.customer.conftest import Customers


@pytest.fixture
def url(house: House) -> str:
    return reverse("customer:team", args=[house.tenant.slug])


def invited(owner: Client, url: str, email: str = "Ny@Kund.example", role: str = "operator") -> str:
    """Invites somebody; gives back the address that stands in the mail."""
    assert owner.post(url, {"what": "invite", "email": email, "role": role}).status_code == 302
    found = re.search(r"http\S+/invitation/\S+", mail.outbox[-1].body)
    assert found is not None
    return found[0].split("8000", 1)[1]


def test_an_invited_person_makes_an_account_and_is_in(house: House, owner: Client, url: str) -> None:
    link, client = invited(owner, url), Client()
    assert "ny@kund.example" in client.get(link).content.decode()
    answer = client.post(link, {"name": "Nya Kunden", "password": "a long enough one 7"})
    assert answer["Location"] == reverse("customer:home", args=["bruket"])
    assert client.get(answer["Location"]).status_code == 200
    assert Membership.objects.get(user__email="ny@kund.example").role == Role.OPERATOR
    assert AuditEvent.objects.filter(action="invitation.accepted").exists()
    assert client.get(link).status_code == 404


def test_a_weak_password_is_refused(owner: Client, url: str) -> None:
    link = invited(owner, url)
    assert Client().post(link, {"name": "N", "password": "short"}).status_code == 200
    assert not User.objects.filter(email="ny@kund.example").exists()


def test_who_has_an_account_accepts_logged_in_and_nobody_else_does(
    customers: Customers, owner: Client, url: str
) -> None:
    link = invited(owner, url, customers.stranger.email, "viewer")
    assert "Log in to accept" in Client().get(link).content.decode()
    assert Client().post(link, {"name": "X", "password": "a long enough one 7"}).status_code == 200
    assert client_of(customers.operator).post(link).status_code == 200
    assert client_of(customers.stranger).post(link).status_code == 302
    assert Membership.objects.filter(user=customers.stranger).count() == 2
    assert Membership.objects.get(user=customers.operator).role == Role.OPERATOR


def test_an_invitation_ends(owner: Client, url: str) -> None:
    link = invited(owner, url)
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert Client().get(link).status_code == 404
    link = invited(owner, url)
    row = Invitation.objects.get(withdrawn_at=None)
    owner.post(url, {"what": "withdraw", "pk": row.pk})
    assert Client().get(link).status_code == 404
    assert Client().get(reverse("invitation", args=["guessed"])).status_code == 404


def test_the_token_stands_nowhere_but_in_the_mail(owner: Client, url: str) -> None:
    token = invited(owner, url).rstrip("/").rpartition("/")[2]
    assert token not in owner.get(url).content.decode()
    assert not Invitation.objects.filter(token_hash=token).exists()
    assert not AuditEvent.objects.filter(summary__contains=token).exists()


def test_the_last_owner_stays(house: House, customers: Customers, owner: Client, url: str) -> None:
    mine = Membership.objects.get(user=customers.owner)
    for asked in ({"what": "role", "role": "viewer"}, {"what": "remove"}):
        assert "only owner" in owner.post(url, {**asked, "pk": mine.pk}, follow=True).content.decode()
    other = Membership.objects.get(user=customers.operator)
    owner.post(url, {"what": "role", "pk": other.pk, "role": "owner"})
    owner.post(url, {"what": "remove", "pk": mine.pk})
    assert owner.get(url).status_code == 404
    assert AuditEvent.objects.filter(action="membership.removed").exists()


def test_members_of_others_cannot_be_touched(customers: Customers, owner: Client, url: str) -> None:
    theirs = Membership.objects.get(user=customers.stranger)
    assert owner.post(url, {"what": "remove", "pk": theirs.pk}).status_code == 404
    assert Membership.objects.filter(pk=theirs.pk).exists()


def test_a_key_is_shown_once_works_and_can_be_ended(house: House, owner: Client, url: str) -> None:
    answer = owner.post(url, {"what": "key", "name": "till", "days": "90"})
    assert "no-store" in answer["Cache-Control"]
    found = re.search(r"mlc_\w+_[\w-]+", answer.content.decode())
    assert found is not None
    call = {"headers": {"Authorization": f"Bearer {found[0]}"}}
    assert Client().get("/api/v1/status", **call).status_code == 200
    assert found[0] not in owner.get(url).content.decode()
    row = ApiKey.objects.get(name="till")
    with time_machine.travel(timezone.now() + dt.timedelta(days=91)):
        assert Client().get("/api/v1/status", **call).status_code == 401
    owner.post(url, {"what": "revoke", "pk": row.pk})
    assert Client().get("/api/v1/status", **call).status_code == 401


def test_only_owners_see_keys_and_invitations(house: House, operator: Client, url: str) -> None:
    text = operator.get(url).content.decode()
    assert house.key.prefix not in text
    assert "Invite" not in text

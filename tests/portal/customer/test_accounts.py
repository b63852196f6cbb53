"""Logging in, choosing a company, and the second factor."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse

from portal.audit.models import AuditEvent
from portal.tenants.models import Membership, Role, Tenant, User
from tests.integrations.admin.house import PASSWORD, House, client_of
from tests.portal.customer.conftest import Customers


def log_in(client: Client, email: str, password: str = PASSWORD, **query: str) -> str:
    url = reverse("account_login") + (f"?next={query['next']}" if query else "")
    answer = client.post(url, {"login": email, "password": password, **query})
    return answer.get("Location", "")


def test_a_member_of_one_company_comes_to_its_home(customers: Customers) -> None:
    client = Client()
    assert log_in(client, customers.viewer.email) == "/"
    assert client.get("/")["Location"] == reverse("customer:home", args=["bruket"])


def test_the_page_that_was_asked_for_comes_after_the_login(house: House, customers: Customers) -> None:
    client, wanted = Client(), reverse("customer:documents", args=["bruket"])
    assert client.get(wanted)["Location"] == f"{reverse('account_login')}?next={wanted}"
    assert log_in(client, customers.viewer.email, next=wanted) == wanted


def test_a_wrong_password_says_so_and_lets_nobody_in(customers: Customers) -> None:
    client = Client()
    assert log_in(client, customers.viewer.email, "wrong") == ""
    assert client.get(reverse("customer:home", args=["bruket"])).status_code == 302


def test_who_belongs_to_two_companies_chooses(house: House, customers: Customers) -> None:
    Membership.objects.create(tenant=house.other, user=customers.viewer, role=Role.OWNER)
    client = client_of(customers.viewer)
    text = client.get("/").content.decode()
    assert reverse("customer:home", args=["bruket"]) in text
    assert reverse("customer:home", args=["grannen"]) in text
    assert client.get(reverse("customer:home", args=["grannen"])).status_code == 200
    assert client.get(reverse("customer:home", args=["bruket"])).status_code == 200


def test_staff_without_a_company_come_to_the_admin(house: House) -> None:
    assert client_of(house.staff).get("/")["Location"] == reverse("admin:index")


SIGN_UP = {
    "company": "Bruket AB",
    "name": "Anna Berg",
    "email": "anna@ny.example",
    "password1": PASSWORD,
    "password2": PASSWORD,
    "time_zone": "Europe/Oslo",
}


def test_nobody_signs_up_where_people_are_invited(db: None) -> None:
    client = Client()
    answer = client.post(reverse("account_signup"), SIGN_UP)
    assert "_auth_user_id" not in client.session
    assert "by invitation" in answer.content.decode()
    assert not Tenant.objects.exists()


def test_who_signs_up_owns_a_company_of_their_own(house: House, settings: Any) -> None:
    """Another company of the same name is there already: it stays another one, and its pages are not seen."""
    settings.SIGN_UP = True
    client, started = Client(), "/get-started/visma-cleo/"
    answer = client.post(reverse("account_signup"), {**SIGN_UP, "company": "Grannen", "next": started})
    assert answer["Location"] == started
    assert client.get(started)["Location"] == "/t/grannen-2/integrations/new/?pair=visma-cleo"
    page = client.get("/t/grannen-2/integrations/new/?pair=visma-cleo").content.decode()
    assert "Connect Cleo Integration Cloud" in page
    member = Membership.objects.select_related("tenant").get(user__email="anna@ny.example")
    assert (member.role, member.tenant.time_zone, member.tenant.slug) == (Role.OWNER, "Europe/Oslo", "grannen-2")
    assert client.get(reverse("customer:home", args=[house.other.slug])).status_code == 404
    assert AuditEvent.objects.filter(tenant=member.tenant, action="membership.founded").exists()


def test_a_weak_password_makes_neither_account_nor_company(db: None, settings: Any) -> None:
    settings.SIGN_UP = True
    answer = Client().post(reverse("account_signup"), {**SIGN_UP, "password1": "12345", "password2": "12345"})
    assert answer.context["form"].errors
    assert not Tenant.objects.exists()
    assert not User.objects.exists()


def test_a_second_factor_is_kept_encrypted_and_asked_for(customers: Customers) -> None:
    client = Client()
    log_in(client, customers.owner.email)
    again = client.get(reverse("mfa_activate_totp"))["Location"]
    assert again.startswith(reverse("account_reauthenticate"))
    client.post(again, {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    assert client.post(reverse("mfa_activate_totp"), {"code": code}).status_code == 302
    kept = Authenticator.objects.get(user=customers.owner, type="totp")
    assert secret not in str(kept.data)

    other = Client()
    assert log_in(other, customers.owner.email) == reverse("mfa_authenticate")
    assert other.get(reverse("customer:home", args=["bruket"])).status_code == 302


def test_nobody_sees_renames_or_removes_the_security_key_of_another(customers: Customers) -> None:
    key = Authenticator.objects.create(user=customers.owner, type="webauthn", data={"name": "Ring", "credential": {}})
    client = Client()
    log_in(client, customers.viewer.email)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert "Ring" not in client.get(reverse("mfa_list_webauthn")).content.decode()
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert client.get(reverse(name, args=[key.pk])).status_code == 404
        assert client.post(reverse(name, args=[key.pk]), {"name": "Mine"}).status_code == 404
    assert Authenticator.objects.get(pk=key.pk).data["name"] == "Ring"

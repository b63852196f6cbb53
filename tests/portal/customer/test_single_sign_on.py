"""Logging in through a provider of identities: whom it lets in, whom it does not, and what it counts for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.urls import reverse
from django_scopes import scopes_disabled

from integrations.services import people
from portal.tenants.models import Membership, Role, User
from tests.integrations.admin.house import PASSWORD, House
from tests.portal.customer.conftest import Customers
from tests.support.http_server import DOWN, serving
from tests.support.identities import CLIENT, SECRET, Identities

LOGIN = "/account/oidc/sso/login/"


@pytest.fixture
def provider(customers: Customers, settings: Any) -> Iterator[Identities]:
    """Its one person is the viewer of the house."""
    one = Identities({"sub": "u-1", "email": customers.viewer.email, "email_verified": True, "name": "Vera Viewer"})
    with serving(one.server):
        app = {"provider_id": "sso", "name": "Bruket ID", "client_id": CLIENT, "secret": SECRET}
        app["settings"] = {"server_url": one.server.url}
        settings.OIDC_NAME = "Bruket ID"
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
        yield one


def come_in(client: Client, provider: Identities, *, to: str = "") -> Any:
    """Clicks the link of the login page, logs in there, and comes back."""
    page = client.get(reverse("account_login") + (f"?next={to}" if to else "")).content.decode()
    assert "Log in with Bruket ID" in page
    sent = client.get(LOGIN, {"next": to} if to else {})
    assert sent["Location"].startswith(provider.server.url), "over to the provider"
    back = urlsplit(provider.visited(sent["Location"]))
    return client.get(f"{back.path}?{back.query}")


def test_nobody_is_offered_what_is_not_set_up(db: None) -> None:
    assert "/account/oidc/" not in Client().get(reverse("account_login")).content.decode()
    assert Client().get(LOGIN).status_code == 404


def test_a_member_comes_in_by_their_address_and_to_where_they_were_going(
    provider: Identities, customers: Customers
) -> None:
    client, wanted = Client(), reverse("customer:documents", args=["bruket"])
    assert come_in(client, provider, to=wanted)["Location"] == wanted
    assert client.get(wanted).status_code == 200
    assert User.objects.get(pk=client.session["_auth_user_id"]) == customers.viewer
    assert not SocialToken.objects.exists(), "what opens the provider is not kept"

    provider.claims["email"] = "vera.married@bruket.example"
    again = Client()
    come_in(again, provider)
    assert again.session["_auth_user_id"] == str(customers.viewer.pk), "known by the provider's own number from now on"


def test_a_password_that_somebody_else_may_have_set_goes_with_the_first_login(
    provider: Identities, customers: Customers
) -> None:
    """Nobody has proven that the account's address is its owner's: who made it knows the password."""
    come_in(Client(), provider)
    assert not User.objects.get(pk=customers.viewer.pk).has_usable_password()


@pytest.mark.parametrize("claimed", [False, None], ids=["says no", "says nothing"])
def test_an_address_that_the_provider_has_not_checked_lets_nobody_in(
    provider: Identities, customers: Customers, claimed: bool | None
) -> None:
    provider.claims["email_verified"] = claimed
    client = Client()
    assert come_in(client, provider)["Location"] == reverse("account_login")
    assert "does not say that your address is yours" in client.get(reverse("account_login")).content.decode()
    assert "_auth_user_id" not in client.session
    assert User.objects.get(pk=customers.viewer.pk).check_password(PASSWORD)


def test_a_domain_that_the_operators_vouch_for_needs_no_word_of_the_provider(
    provider: Identities, customers: Customers, settings: Any
) -> None:
    del provider.claims["email_verified"]
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"]["verified_email"] = ["elsewhere.example"]
    client = Client()
    come_in(client, provider)
    assert "_auth_user_id" not in client.session
    app["settings"]["verified_email"] = [customers.viewer.email.partition("@")[2]]
    come_in(client, provider)
    assert client.session["_auth_user_id"] == str(customers.viewer.pk)


@pytest.mark.parametrize("open_to_all", [False, True])
def test_who_was_not_invited_gets_no_account(provider: Identities, settings: Any, open_to_all: bool) -> None:
    settings.SIGN_UP = open_to_all
    provider.claims.update(sub="u-2", email="new@bruket.example")
    client, before = Client(), User.objects.count()
    come_in(client, provider)
    page = client.get(reverse("account_login")).content.decode()
    assert "new@bruket.example has no account here" in page
    assert "_auth_user_id" not in client.session
    assert User.objects.count() == before
    assert not SocialAccount.objects.exists()


def test_who_was_invited_gets_one_and_accepts(provider: Identities, house: House, customers: Customers) -> None:
    with scopes_disabled():
        _row, token = people.invite(house.tenant, "New@bruket.example", Role.OPERATOR, actor=customers.owner)
    provider.claims.update(sub="u-2", email="new@bruket.example", name="Nina New")
    client, invitation = Client(), reverse("invitation", args=[token])
    assert come_in(client, provider, to=invitation)["Location"] == invitation
    user = User.objects.get(email="new@bruket.example")
    assert (user.get_full_name(), user.has_usable_password()) == ("Nina New", False)
    assert client.post(invitation)["Location"] == reverse("customer:home", args=["bruket"])
    with scopes_disabled():
        assert Membership.objects.get(user=user).role == Role.OPERATOR


def test_it_is_a_second_factor_only_where_the_operators_say_so(
    provider: Identities, house: House, settings: Any
) -> None:
    with scopes_disabled():
        house.tenant.second_factor_required = True
        house.tenant.save()
    client, home = Client(), reverse("customer:home", args=["bruket"])
    come_in(client, provider)
    assert client.get(home)["Location"] == reverse("mfa_index")
    settings.OIDC_SECOND_FACTOR = True
    assert client.get(home).status_code == 200
    with_password = Client()
    with_password.force_login(User.objects.get(pk=client.session["_auth_user_id"]))
    assert with_password.get(home)["Location"] == reverse("mfa_index"), "who came in another way is asked"


def test_a_second_factor_that_somebody_set_up_is_asked_for_all_the_same(
    provider: Identities, customers: Customers, settings: Any
) -> None:
    settings.OIDC_SECOND_FACTOR = True
    Authenticator.objects.create(user=customers.viewer, type="totp", data={"secret": ""})
    assert come_in(Client(), provider)["Location"] == reverse("mfa_authenticate")


def test_nobody_can_join_their_identity_to_the_account_of_a_visitor(provider: Identities, customers: Customers) -> None:
    """A page elsewhere sends a visitor, who is logged in here, through its maker's login with the provider."""
    provider.claims.update(sub="attacker", email="attacker@elsewhere.example")
    client = Client()
    client.force_login(customers.owner)
    sent = client.get(LOGIN, {"process": "connect"})
    back = urlsplit(provider.visited(sent["Location"]))
    client.get(f"{back.path}?{back.query}")
    assert not SocialAccount.objects.exists()


def test_a_code_that_was_used_or_made_for_another_browser_opens_nothing(provider: Identities) -> None:
    client = Client()
    sent = client.get(LOGIN)["Location"]
    back = urlsplit(provider.visited(sent))
    other = Client()
    assert other.get(f"{back.path}?{back.query}").status_code in (200, 401)
    assert "_auth_user_id" not in other.session, "another browser knows nothing of the state"
    client.get(f"{back.path}?{back.query}")
    client.logout()
    client.get(f"{back.path}?{back.query}")
    assert "_auth_user_id" not in client.session


def test_a_provider_that_is_down_is_told_and_the_password_works(provider: Identities, customers: Customers) -> None:
    provider.server.otherwise = lambda asked: DOWN
    client = Client()
    page = client.get(LOGIN)
    assert "_auth_user_id" not in client.session
    assert page.status_code == 503
    assert "Try again" in page.content.decode()
    client.post(reverse("account_login"), {"login": customers.viewer.email, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(customers.viewer.pk)

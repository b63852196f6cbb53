"""Passkeys and security keys in a browser, with the authenticator that Chromium itself simulates."""

from __future__ import annotations

from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from tests.browser.conftest import Visit, Visitor
from tests.browser.test_every_page import violations
from tests.integrations.admin.house import PASSWORD, House


def with_authenticator(visitor: Visitor, *, knows_its_owner: bool = True) -> None:
    """Plugs one into the browser that says yes to everything: built in with a finger, or a key without one."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal" if knows_its_owner else "usb",
        "hasResidentKey": knows_its_owner,
        "hasUserVerification": knows_its_owner,
        "isUserVerified": knows_its_owner,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def logs_in(visitor: Visitor, house: House) -> None:
    visitor.goes(reverse("account_login"))
    visitor.fills(login=house.customer.email, password=PASSWORD)
    with visitor.page.expect_navigation():
        visitor.presses("Log in", exact=True)


def logs_out(visitor: Visitor) -> None:
    visitor.goes(reverse("customer:home", args=["bruket"]))
    visitor.page.locator("details.who summary").click()
    with visitor.page.expect_navigation():
        visitor.presses("Log out")


def adds_a_key(visitor: Visitor, name: str, *, passkey: bool) -> None:
    visitor.goes(reverse("mfa_add_webauthn"))
    visitor.fills(password=PASSWORD)
    visitor.presses("Confirm")
    visitor.fills(name=name)
    visitor.page.locator("[name=passwordless]").set_checked(passkey)
    assert not violations(visitor)
    with visitor.page.expect_navigation():
        visitor.presses("Add")


def test_a_passkey_logs_in_alone_until_it_is_removed(house: House, visit: Visit, tmp_path: Path) -> None:
    visitor = visit()
    with_authenticator(visitor)
    logs_in(visitor, house)
    adds_a_key(visitor, "My laptop", passkey=True)
    assert "recovery" in visitor.heading.lower(), "who loses the key gets in by these"
    visitor.goes(reverse("mfa_list_webauthn"))
    visitor.sees("My laptop")
    assert not violations(visitor)
    logs_out(visitor)

    documents = reverse("customer:documents", args=[house.tenant.slug])
    visitor.goes(documents)
    with visitor.page.expect_navigation(url=f"**{documents}"):
        visitor.presses("Log in with a passkey")
    assert visitor.heading == "Documents", "neither a password nor a code, and to where they were going"

    visitor.goes(reverse("mfa_list_webauthn"))
    visitor.clicks("Remove")
    visitor.clicks("Use a security key")
    assert not violations(visitor)
    visitor.presses("Use a security key")
    visitor.sees("Are you sure")
    with visitor.page.expect_navigation():
        visitor.presses("Remove")
    assert not Authenticator.objects.filter(user=house.customer, type="webauthn").exists()
    logs_out(visitor)
    visitor.goes(reverse("account_login"))
    with visitor.page.expect_navigation():
        visitor.presses("Log in with a passkey")
    visitor.goes(documents)
    assert visitor.heading == "Log in", "a key that was removed opens nothing"


def test_a_security_key_is_a_second_factor_and_no_first_one(house: House, visit: Visit) -> None:
    visitor = visit()
    with_authenticator(visitor, knows_its_owner=False)
    logs_in(visitor, house)
    adds_a_key(visitor, "The key on my ring", passkey=False)
    logs_out(visitor)

    visitor.goes(reverse("account_login"))
    visitor.presses("Log in with a passkey")
    visitor.page.locator("[data-passkey-trouble]").wait_for()
    assert visitor.heading == "Log in", "it does not know whose it is"
    visitor.fills(login=house.customer.email, password=PASSWORD)
    with visitor.page.expect_navigation():
        visitor.presses("Log in", exact=True)
    visitor.goes(reverse("customer:home", args=[house.tenant.slug]))
    assert not visitor.page.locator("details.who").count(), "the password alone is not enough any more"
    visitor.goes(reverse("mfa_authenticate"))
    assert not violations(visitor)
    with visitor.page.expect_navigation(url="**/t/bruket/**"):
        visitor.presses("Use a security key")
    assert visitor.page.locator("details.who").is_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["no authenticator", "no JavaScript"])
def test_without_one_the_page_says_so_and_the_password_works(house: House, visit: Visit, javascript: bool) -> None:
    visitor = visit(javascript=javascript)
    visitor.goes(reverse("account_login"))
    button = visitor.page.get_by_role("button", name="Log in with a passkey")
    if javascript:
        assert not visitor.page.locator("[data-passkey-trouble]").is_visible()
        visitor.page.evaluate(
            "() => { navigator.credentials.get = async () => { throw new DOMException('Not now', 'NotAllowedError') } }"
        )
        button.click()
        visitor.page.locator("[data-passkey-trouble]").wait_for()
    else:
        assert not button.is_visible()
        assert visitor.page.locator("noscript p").is_visible()
    logs_in(visitor, house)
    visitor.goes(reverse("customer:home", args=[house.tenant.slug]))
    assert visitor.page.locator("details.who").is_visible()

"""The one login: it counts wrong passwords over all processes, staff come in by it too, and both tenants and staff can
ask for a second factor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings as project
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django_scopes import scopes_disabled

from portal.audit.models import AuditEvent
from portal.tenants.models import Tenant
from tests.integrations.admin.house import PASSWORD, House, client_of
from tests.support.database import environment


def log_in(client: Client, email: str, password: str = PASSWORD, **values: str) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password}, headers=values)


def second_factor(user: Any) -> None:
    Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})


def test_the_admin_has_no_login_of_its_own(house: House) -> None:
    """It would know neither the count of wrong passwords nor the second factor."""
    client, admin = Client(), reverse("admin:login")
    for answer in (client.get(admin), client.post(admin, {"username": "root", "password": PASSWORD})):
        assert answer["Location"].startswith(reverse("account_login"))
    assert "_auth_user_id" not in client.session


def test_five_wrong_passwords_lock_the_address_out_even_for_the_right_one(house: House) -> None:
    email = house.staff.email
    for number in range(5):
        log_in(Client(REMOTE_ADDR=f"10.0.0.{number}"), email, "wrong")
    locked = Client(REMOTE_ADDR="10.0.0.99")
    log_in(locked, email)
    assert "_auth_user_id" not in locked.session, "other addresses do not help"
    free = Client(REMOTE_ADDR="10.0.0.99")
    log_in(free, house.customer.email)
    assert "_auth_user_id" in free.session, "others come in"


def test_what_is_counted_stands_in_the_database() -> None:
    assert project.CACHES["default"]["BACKEND"].endswith("DatabaseCache")
    assert type(cache._connections[cache._alias]).__name__ == "DatabaseCache"


def test_staff_need_a_second_factor_where_the_installation_says_so(house: House, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    client = client_of(house.staff)
    assert client.get(reverse("admin:index"))["Location"] == reverse("mfa_index")
    assert client.post(reverse("admin:index"))["Location"] == reverse("mfa_index")
    second_factor(house.staff)
    assert client.get(reverse("admin:index")).status_code == 200


def test_an_owner_asks_members_for_a_second_factor(house: House) -> None:
    team, home = (reverse(f"customer:{name}", args=["bruket"]) for name in ("team", "home"))
    owner = client_of(house.customer)
    owner.post(team, {"what": "second_factor", "needed": "yes"})
    assert not Tenant.objects.get(slug="bruket").second_factor_required, "the owner would be locked out"
    second_factor(house.customer)
    owner.post(team, {"what": "second_factor", "needed": "yes"})
    assert Tenant.objects.get(slug="bruket").second_factor_required
    assert AuditEvent.objects.filter(action="tenant.second_factor").count() == 1
    assert owner.get(home).status_code == 200
    Authenticator.objects.all().delete()
    for answer in (owner.get(home), owner.post(team, {"what": "second_factor", "needed": "no"})):
        assert answer["Location"] == reverse("mfa_index")
    assert owner.get(reverse("mfa_index")).status_code == 200


def test_sessions_are_listed_and_ended(house: House) -> None:
    here, there = Client(), Client()
    for client, browser in ((here, "Firefox here"), (there, "Chrome there")):
        log_in(client, house.customer.email, **{"User-Agent": browser})
    page = here.get(reverse("usersessions_list"))
    assert "Chrome there" in page.content.decode()
    assert "unsafe" not in page["Content-Security-Policy"]
    here.post(reverse("usersessions_list"))
    home = reverse("customer:home", args=["bruket"])
    assert there.get(home).status_code == 302
    assert here.get(home).status_code == 200
    with scopes_disabled():
        assert UserSession.objects.count() == 1


def test_one_session_is_ended_and_nobody_elses(house: House) -> None:
    clients = [Client() for _ in range(3)]
    for number, client in enumerate(clients):
        log_in(client, house.customer.email, **{"User-Agent": f"Browser {number}"})
    stranger, home = Client(), reverse("customer:home", args=["bruket"])
    log_in(stranger, house.root.email)
    row = UserSession.objects.get(user_agent="Browser 1")
    url = reverse("usersessions_end", args=[row.pk])
    assert clients[0].get(reverse("usersessions_list")).content.decode().count("/end/") == 2, "not its own"
    assert clients[0].get(url).status_code == 405
    assert stranger.post(url).status_code == 404
    assert Client().post(url)["Location"].startswith(reverse("account_login"))
    assert clients[1].get(home).status_code == 200
    assert clients[0].post(url)["Location"] == reverse("usersessions_list")
    assert [client.get(home).status_code for client in clients] == [200, 302, 200]
    assert clients[0].post(url).status_code == 404, "it is over"
    own = UserSession.objects.get(user_agent="Browser 0")
    assert clients[0].post(reverse("usersessions_end", args=[own.pk]))["Location"] == reverse("account_login")
    assert clients[0].get(home).status_code == 302


def test_ending_a_session_needs_the_token_of_its_page(house: House) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(house.customer)
    assert client.post(reverse("usersessions_end", args=[1])).status_code == 403


NAMES = (
    "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD", "SECURE_SSL_REDIRECT",
    "SECURE_REFERRER_POLICY", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
    "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_SAMESITE", "X_FRAME_OPTIONS",
)  # fmt: skip


def test_headers_and_cookies_of_an_installation_with_tls(house: House, settings: Any, own_folder: Path) -> None:
    """With the settings that a process has which is started with an address of https."""
    code = f"import json; from portal import settings; print(json.dumps({{n: getattr(settings, n) for n in {NAMES}}}))"
    environ = {**environment(own_folder), "BASE_URL": "https://connector.example"}
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environ},
        cwd=project.BASE_DIR,
        capture_output=True,
        check=True,
    )
    for name, value in json.loads(said.stdout).items():
        setattr(settings, name, value)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    client, page = Client(), reverse("account_login")
    plain = client.get(page)
    assert (plain.status_code, plain["Location"]) == (301, f"https://testserver{page}")
    answer = client.get(page, secure=True)
    assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    client.post(page, {"login": house.customer.email, "password": PASSWORD}, secure=True)
    assert {"sessionid", "csrftoken"} <= set(client.cookies)
    for name in ("sessionid", "csrftoken"):
        cookie = client.cookies[name]
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax"), name
    assert client.cookies["sessionid"]["max-age"] == 12 * 3600


@pytest.mark.parametrize("password", ["short", "password1234", "123456789012", "kund@house.example"])
def test_weak_passwords_are_refused(house: House, password: str) -> None:
    client = Client()
    log_in(client, house.customer.email)
    client.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": password, "password2": password}
    )
    house.customer.refresh_from_db()
    assert house.customer.check_password(PASSWORD)

"""Every page: for whom it is, what it never shows, what it may load, and what it costs."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from portal.customer.door import RANKS
from portal.tenants.models import Role
from tests.integrations.admin.house import PERSONAL, SECRETS, House, client_of
from tests.portal.customer.conftest import Customers
from tests.portal.customer.pages import every_page, pages_of_rows

LIVE = {"document_compare", "connection_act", "flow_preview"}
"""Pages that call the systems, which are not there in these tests."""


@pytest.mark.parametrize("who", ["owner", "operator", "viewer"])
def test_a_member_sees_what_the_role_allows(house: House, customers: Customers, who: str) -> None:
    client, rank = client_of(getattr(customers, who)), RANKS[who]
    wrong = {}
    for name, url, view in every_page(house):
        if name in {*LIVE, "operation_file"} and rank >= RANKS[view.role]:
            continue
        answer = client.get(url)
        expected = (200, 302) if rank >= RANKS[view.role] else (403,)
        if answer.status_code not in expected or "account/login" in answer.get("Location", ""):
            wrong[url] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize("who", ["operator", "viewer"])
def test_a_member_cannot_press_what_the_role_forbids(house: House, customers: Customers, who: str) -> None:
    client, rank, asked = client_of(getattr(customers, who)), RANKS[who], 0
    for _, url, view in every_page(house):
        if view.post is None:
            assert client.post(url).status_code == 405, url
        elif rank < RANKS[view.post]:
            asked += 1
            assert client.post(url, {"reason": "because"}).status_code == 403, url
    house.failed.refresh_from_db()
    assert house.failed.state == "failed"
    assert asked or who == "operator"


def test_every_page_says_for_whom_it_is(house: House) -> None:
    for _, url, view in every_page(house):
        assert view.role in Role, url


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_belongs_elsewhere_gets_404(house: House, stranger: Client, method: str) -> None:
    answers = {url: getattr(stranger, method)(url).status_code for _, url, _ in every_page(house)}
    assert set(answers.values()) == {404}, answers


@pytest.mark.parametrize("method", ["get", "post"])
def test_rows_of_another_tenant_are_not_there(house: House, stranger: Client, method: str) -> None:
    """The address names their own tenant, and a row of somebody else's."""
    answers = {
        url: getattr(stranger, method)(url, {"reason": "x"}).status_code for url in pages_of_rows(house, "grannen")
    }
    assert set(answers.values()) <= {404, 405}, answers
    assert 404 in answers.values()


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_not_logged_in_is_sent_to_the_login(house: House, method: str) -> None:
    client = Client()
    for _, url, _ in every_page(house):
        answer = getattr(client, method)(url)
        assert answer.status_code == 302, url
        assert answer["Location"].startswith(reverse("account_login")), url


def test_a_tenant_that_is_not_there_looks_like_one_of_others(owner: Client) -> None:
    assert owner.get("/t/nobody/").status_code == 404


def test_no_secret_and_no_personal_data_stands_in_any_page(house: House, owner: Client) -> None:
    hidden = {*SECRETS, house.key.key_hash, house.root.password, *PERSONAL}
    for name, url, _ in every_page(house):
        if name in LIVE:
            continue
        text = owner.get(url).getvalue().decode()
        assert not [secret for secret in hidden if secret in text], url


def test_every_page_has_a_strict_policy_and_needs_no_inline_script_or_style(house: House, owner: Client) -> None:
    pages = [url for name, url, _ in every_page(house) if name not in LIVE]
    for url in [*pages, reverse("account_login"), reverse("mfa_index"), reverse("account_change_password")]:
        answer = owner.get(url, follow=True)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy, url
        assert "unsafe" not in policy, url
        text = answer.getvalue().decode()
        assert "<style" not in text, url
        assert not re.search(r"\s(style|on\w+)=", text), url
        for piece in text.split("<script")[1:]:
            assert "src=" in piece.split(">")[0], url


BUDGETS = {
    "home": 13,
    "documents": 7,
    "document": 22,
    "issues": 9,
    "issue": 10,
    "integrations": 13,
    "integration": 15,
    "runs": 6,
    "run": 13,
    "records": 5,
    "connections": 5,
    "connection": 12,
    "activity": 7,
    "team": 7,
    "reconciliation": 7,
    "operations": 5,
    "operation": 5,
    "partners": 9,
    "partner": 20,
    "interchanges": 6,
    "interchange": 10,
    "received": 5,
    "unmapped": 11,
}
"""Queries that a page may take, the session's, the person's and the membership's included."""


@pytest.mark.parametrize("name", sorted(BUDGETS))
def test_a_page_keeps_its_budget_of_queries(
    house: House, viewer: Client, django_assert_max_num_queries: object, name: str
) -> None:
    for number in range(30):
        house.delivery(f"6{number:05}", "failed", issue=house.issue)
    url = next(url for found, url, _ in every_page(house) if found == name)
    viewer.get(url)
    with django_assert_max_num_queries(BUDGETS[name]):  # type: ignore[operator]
        assert viewer.get(url).status_code == 200

"""Every page: answers staff, turns everybody else away, and shows no secret."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.integrations.admin.house import PERSONAL, SECRETS, House, client_of
from tests.portal.staff.pages import SUPERUSERS_ONLY, actions_of_superusers, lists, others, plans, row_pages


def every_page(house: House) -> list[str]:
    return [*others(), *lists(), *row_pages(), *plans(house)]


def only_for_superusers(url: str) -> bool:
    return SUPERUSERS_ONLY in url or any(f"/act/{name}/" in url for name in actions_of_superusers())


def test_every_page_answers_a_superuser(house: House, root: Client) -> None:
    failed = {url: status for url in every_page(house) if (status := root.get(url).status_code) != 200}
    assert failed == {}


def test_every_page_answers_staff_but_for_the_queue(house: House, staff: Client) -> None:
    pages = every_page(house)
    assert any(only_for_superusers(url) for url in pages)
    for url in pages:
        expected = (403, 404) if only_for_superusers(url) else (200,)
        assert staff.get(url).status_code in expected, url


@pytest.mark.parametrize("who", ["nobody", "customer"])
def test_no_page_answers_anybody_else(house: House, who: str) -> None:
    client = client_of(house.customer if who == "customer" else None)
    for url in every_page(house):
        answer = client.get(url)
        assert answer.status_code in (302, 403), url
        if answer.status_code == 302:
            assert answer["Location"].startswith(reverse("admin:login")), url


def test_nobody_else_can_press_anything(house: House) -> None:
    client = client_of(house.customer)
    for url in plans(house):
        assert client.post(url, {"reason": "because"}).status_code in (302, 403), url
    house.failed.refresh_from_db()
    assert house.failed.state == "failed"


def test_no_secret_stands_in_any_page(house: House, root: Client) -> None:
    hidden = {*SECRETS, house.key.key_hash, house.root.password}
    for url in [*every_page(house), reverse("admin:integrations_connection_add") + "?system=visma"]:
        text = root.get(url).content.decode()
        assert not [secret for secret in hidden if secret in text], url


def test_personal_data_is_masked_on_every_page(house: House, staff: Client) -> None:
    for url in [*every_page(house), reverse("admin:integrations_record_change", args=[house.record.pk])]:
        text = staff.get(url).content.decode()
        assert not [value for value in PERSONAL if value in text], url


def test_every_page_has_a_strict_policy_and_needs_no_inline_script_or_style(house: House, root: Client) -> None:
    for url in [reverse("admin:login"), *every_page(house)]:
        answer = root.get(url) if url != reverse("admin:login") else Client().get(url)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy, url
        assert "unsafe" not in policy
        text = answer.content.decode()
        assert "<style" not in text, url
        assert " style=" not in text, url
        assert " onclick=" not in text, url
        for piece in text.split("<script")[1:]:
            assert "src=" in piece.split(">")[0] or "application/json" in piece.split(">")[0], url


def test_pages_of_evidence_offer_neither_adding_nor_changing_nor_deleting(house: House, root: Client) -> None:
    names = ["delivery", "record", "run", "exchange", "issue", "link"]
    for name in names:
        assert root.get(f"/admin/integrations/{name}/add/").status_code == 403, name
        row = {"delivery": house.failed, "record": house.record, "run": house.run, "exchange": house.exchange}.get(name)
        if row is not None:
            assert root.get(f"/admin/integrations/{name}/{row.pk}/delete/").status_code == 403, name
            assert root.post(f"/admin/integrations/{name}/{row.pk}/change/", {"state": "delivered"}).status_code == 200
    house.failed.refresh_from_db()
    assert house.failed.state == "failed"
    assert root.get("/admin/audit/auditevent/add/").status_code == 403
    assert root.get(f"/admin/edi/interchange/{house.interchange.pk}/delete/").status_code == 403


def test_staff_cannot_make_or_change_people(house: House, staff: Client) -> None:
    assert staff.get("/admin/tenants/user/add/").status_code == 403
    url = reverse("admin:tenants_user_change", args=[house.staff.pk])
    assert staff.post(url, {"username": "sara", "is_superuser": "on"}).status_code == 403
    house.staff.refresh_from_db()
    assert not house.staff.is_superuser
    assert "password" not in staff.get(url).content.decode().split('id="content-main"')[1]

"""Connections: secrets that are written and never read, the live test, what stands in the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.http.errors import ConfigError
from integrations.models import Breaker, Connection
from integrations.systems import registry
from integrations.systems.contract import Setting, Step, System
from portal.audit.models import AuditEvent
from portal.common.secrets import fingerprint_of
from tests.integrations.admin.house import SECRETS, House


class _Session:
    """Enough of a session for a live test that makes no call."""

    for_people = False

    def close(self) -> None: ...


STEPS = [
    Step(name="Reach the host", ok=True, detail="in 20 ms"),
    Step(name="Right company", ok=False, detail="Answered 401.", remedy="Copy the company's tenant id."),
]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """A system of its own, whose live test gives what the list holds."""
    steps = list(STEPS)

    def checks(connection: Any, session: Any) -> Iterator[Step]:
        yield from steps

    system = System(
        key="fake",
        label="Fake system",
        settings=(
            Setting(name="password", label="Password", secret=True, required=True),
            Setting(name="pin", label="PIN", secret=True),
            Setting(name="base_url", label="Address", kind="url", required=True),
            Setting(name="pages", label="Pages", kind="integer", default=5),
            Setting(name="careful", label="Careful", kind="boolean", default=True),
            Setting(name="mode", label="Mode", kind="choice", choices=(("a", "A"), ("b", "B")), default="a"),
            Setting(name="words", label="Words", kind="json", default={}),
        ),
        session=lambda connection: _Session(),  # type: ignore[return-value]
        checks=checks,
    )
    monkeypatch.setitem(registry.all_systems(), "fake", system)
    return steps


def form(**changes: Any) -> dict[str, Any]:
    values = {
        "name": "Fake",
        "enabled": "on",
        "setting_base_url": "https://fake.example.com",
        "setting_pages": "5",
        "setting_careful": "on",
        "setting_mode": "a",
        "setting_words": "{}",
    }
    return {k: v for k, v in {**values, **changes}.items() if v is not None}


@pytest.fixture
def connection(house: House, root: Client, fake: list[Step]) -> Connection:
    """A connection to the fake system, made in the browser."""
    url = reverse("admin:integrations_connection_add") + "?system=fake"
    answer = root.post(url, form(tenant=house.tenant.pk, key="fake", setting_password="first-password"))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return Connection.objects.get(key="fake")


def page(row: Connection) -> str:
    return reverse("admin:integrations_connection_change", args=[row.pk])


def test_adding_asks_for_the_system_first(house: House, root: Client, staff: Client, fake: list[Step]) -> None:
    text = root.get(reverse("admin:integrations_connection_add")).content.decode()
    assert "?system=fake" in text
    assert "?system=visma" in text
    assert staff.get(reverse("admin:integrations_connection_add")).status_code == 403


def test_a_connection_is_made_with_its_settings_and_secrets_apart(connection: Connection, house: House) -> None:
    assert connection.system == "fake"
    assert connection.secrets == {"password": "first-password"}
    assert connection.settings["base_url"] == "https://fake.example.com"
    assert (connection.settings["pages"], connection.settings["careful"]) == (5, True)
    event = AuditEvent.objects.get(action="connection.created", object_id=str(connection.pk))
    assert event.actor == house.root
    assert "first-password" not in f"{event.summary}{event.details}"


def test_secrets_are_written_and_never_read(connection: Connection, staff: Client) -> None:
    text = staff.get(page(connection)).content.decode()
    assert "first-password" not in text
    assert f"Set, fingerprint {fingerprint_of('first-password')}." in text
    assert "Not set." in text, "the PIN"
    assert 'name="setting_password"' in text
    password = text.split('name="setting_password"')[1].split(">")[0]
    assert "value=" not in password


def test_an_empty_secret_keeps_what_is_stored_and_a_new_one_replaces_it(connection: Connection, staff: Client) -> None:
    staff.post(page(connection), form(setting_password="", setting_pages="7"))
    connection.refresh_from_db()
    assert (connection.secrets["password"], connection.settings["pages"]) == ("first-password", 7)
    staff.post(page(connection), form(setting_password=" second "))
    connection.refresh_from_db()
    assert connection.secrets["password"] == " second ", "spaces belong to a password"
    events = AuditEvent.objects.filter(action="connection.changed", object_id=str(connection.pk)).order_by("id")
    assert [sorted(e.details["changed"]) for e in events] == [["pages"], ["pages", "password"]]


def test_saving_without_a_change_changes_nothing(connection: Connection, staff: Client) -> None:
    before = Connection.objects.get(pk=connection.pk).updated_at
    staff.post(page(connection), form())
    assert Connection.objects.get(pk=connection.pk).updated_at == before
    assert not AuditEvent.objects.filter(action="connection.changed", object_id=str(connection.pk)).exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"setting_base_url": "ftp://x"}, "http(s) address"),
        ({"setting_base_url": ""}, "required"),
        ({"setting_pages": "many"}, "whole number"),
        ({"setting_words": "{"}, "valid JSON"),
        ({"setting_mode": "c"}, "valid choice"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_saved(
    connection: Connection, staff: Client, changes: dict[str, str], said: str
) -> None:
    answer = staff.post(page(connection), form(**changes))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert Connection.objects.get(pk=connection.pk).settings == connection.settings


def test_a_secret_is_not_given_back_when_another_field_was_wrong(connection: Connection, staff: Client) -> None:
    answer = staff.post(page(connection), form(setting_password="typed-just-now", setting_pages="many"))
    assert answer.status_code == 200
    assert "typed-just-now" not in answer.content.decode()


def test_a_required_secret_must_be_given_the_first_time(house: House, root: Client, fake: list[Step]) -> None:
    url = reverse("admin:integrations_connection_add") + "?system=fake"
    answer = root.post(url, form(tenant=house.tenant.pk, key="fake"))
    assert answer.status_code == 200
    assert "setting_password" in answer.context["adminform"].form.errors
    assert not Connection.objects.filter(key="fake").exists()


def test_an_emptied_setting_goes_back_to_its_default(connection: Connection, staff: Client) -> None:
    staff.post(page(connection), form(setting_pages="7"))
    staff.post(page(connection), form(setting_pages=""))
    assert Connection.objects.get(pk=connection.pk).settings["pages"] == 5


def test_the_live_test_is_a_checklist_with_a_remedy_for_each_failed_step(
    connection: Connection, house: House, staff: Client
) -> None:
    url = reverse("admin:integrations_connection_act", args=["test"]) + f"?ids={connection.pk}"
    assert staff.get(url).status_code == 405, "looking at an address must not call another system"
    answer = staff.post(url, follow=True)
    text = answer.content.decode()
    for step in STEPS:
        assert step.name in text
        assert step.detail in text
    assert "Copy the company&#x27;s tenant id." in text
    connection.refresh_from_db()
    assert connection.health == Connection.Health.BROKEN
    assert AuditEvent.objects.get(action="connection.tested").actor == house.staff


def test_a_passed_test_lets_calls_through_again(connection: Connection, staff: Client, fake: list[Step]) -> None:
    Breaker.objects.create(
        tenant_id=connection.tenant_id, connection=connection, position=Breaker.Position.OPEN, reason="no answer"
    )
    assert "It is not called" in staff.get(page(connection)).content.decode()
    fake[:] = [STEPS[0]]
    url = reverse("admin:integrations_connection_act", args=["test"]) + f"?ids={connection.pk}"
    assert "works: all 1 steps passed" in staff.post(url, follow=True).content.decode()
    assert Breaker.objects.get(connection=connection).position == Breaker.Position.CLOSED


def test_a_test_that_cannot_even_begin_says_why(
    connection: Connection, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(connection: Any) -> Any:
        raise ConfigError("The address is empty.", remedy="Write it.")

    system = registry.all_systems()["fake"]
    broken = System(key="fake", label="F", settings=system.settings, session=refuse, checks=system.checks)
    monkeypatch.setitem(registry.all_systems(), "fake", broken)
    url = reverse("admin:integrations_connection_act", args=["test"]) + f"?ids={connection.pk}"
    assert "The address is empty." in staff.post(url, follow=True).content.decode()


def test_the_list_and_pages_of_others_work_without_the_encryption_keys(
    house: House, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost key breaks the pages that need a secret, and no other."""
    from encrypted_model_fields import fields

    class Broken:
        def decrypt(self, token: bytes) -> bytes:
            from cryptography.fernet import InvalidToken

            raise InvalidToken

    monkeypatch.setattr(fields, "CRYPTER", Broken())
    for name in ("connection", "delivery", "record", "feed", "flow", "integration", "exchange", "issue", "run"):
        assert staff.get(reverse(f"admin:integrations_{name}_changelist")).status_code == 200, name
    assert staff.get(reverse("admin:integrations_issue_change", args=[house.issue.pk])).status_code == 200
    assert staff.get(reverse("admin:integrations_feed_change", args=[house.feed.pk])).status_code == 200


def test_the_page_shows_what_is_left_of_the_calls(house: House, staff: Client) -> None:
    text = staff.get(page(house.visma)).content.decode()
    assert "Calls left in this window" in text
    assert SECRETS[3] not in text

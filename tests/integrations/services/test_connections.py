"""What people do to connections: settings are checked, secrets are kept, and what waited is looked at again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection as database

from integrations.engine import issues
from integrations.http import breaker
from integrations.http.errors import ConfigError, Paused, Unknown
from integrations.models import AccessToken, Breaker, Connection, Delivery, Feed, Issue, State
from integrations.services.connections import check_connection, check_values, save_connection
from integrations.systems.contract import NotApplied
from portal.audit.models import AuditEvent
from portal.common.clock import db_now
from tests.support.harness import PASSWORD, Engine
from tests.support.http_server import Says, ScriptedServer, serving
from tests.support.pair import item, lose_answer

LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def save(engine: Engine, **values: Any) -> tuple[Connection, bool]:
    return save_connection(
        tenant=engine.tenant, key="exchange", system_key="exchange", name="Exchange", values=values, actor=None
    )


def test_defaults_are_filled_in_and_secrets_stand_apart(engine: Engine) -> None:
    row = engine.exchange
    assert row.settings == {"account": "main", "size": 50, "region": "north", "quick": False}
    assert row.secrets == {"password": PASSWORD}


def test_saving_what_is_there_changes_nothing(engine: Engine) -> None:
    lines, changed_at = AuditEvent.objects.count(), engine.exchange.updated_at
    row, changed = save(engine, account="main", password=PASSWORD)
    assert (changed, row.updated_at, AuditEvent.objects.count()) == (False, changed_at, lines)


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_secret_keeps_its_value(engine: Engine, empty: str | None) -> None:
    save(engine, password=empty, size=70)
    assert engine.exchange.secrets == {"password": PASSWORD}
    assert engine.exchange.settings["size"] == 70


def test_a_setting_that_is_emptied_takes_its_default(engine: Engine) -> None:
    save(engine, size=70)
    save(engine, size="")
    assert engine.exchange.settings["size"] == 50


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"sise": 1}, "no setting called sise"),
        ({"size": "many"}, "not a whole number"),
        ({"size": True}, "not a whole number"),
        ({"quick": "yes"}, "not true or false"),
        ({"address": "ftp://x"}, "not an http"),
        ({"region": "west"}, "none of north, south"),
        ({"account": ["a"]}, "not text"),
    ],
)
def test_wrong_values_are_refused_with_a_sentence(engine: Engine, values: dict[str, Any], says: str) -> None:
    before = engine.exchange.settings
    for refuse in (lambda: save(engine, **values), lambda: check_values(engine.exchange, values)):
        with pytest.raises(ValidationError) as caught:
            refuse()
        assert says in " ".join(caught.value.messages)
    assert engine.exchange.settings == before


def test_a_connection_never_becomes_one_to_another_system(engine: Engine) -> None:
    with pytest.raises(ValidationError, match="make a new one"):
        save_connection(
            tenant=engine.tenant, key="exchange", system_key="ledger", name="Exchange", values={}, actor=None
        )


def test_the_audit_trail_names_what_changed_and_never_a_secret(engine: Engine) -> None:
    save(engine, password="a new password", size=70)
    line = AuditEvent.objects.latest("pk")
    assert line.action == "connection.changed"
    assert set(line.details["changed"]) == {"password", "size"}
    assert not AuditEvent.objects.filter(summary__contains="a new password").exists()
    assert not AuditEvent.objects.filter(summary__contains=PASSWORD).exists()


def test_secrets_stand_encrypted_in_the_database(engine: Engine) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT secrets, settings FROM integrations_connection")
        rows = cursor.fetchall()
    assert rows
    assert all(PASSWORD not in f"{secrets}{settings}" for secrets, settings in rows)


def test_new_credentials_are_tried_at_once(engine: Engine) -> None:
    """The breaker closes, the token is dropped, the issue is over, and what waited is due."""
    row = engine.exchange
    engine.read([item("1")])
    Delivery.objects.update(not_before=LATER)
    Feed.objects.update(connection=row, due_at=LATER, failures=1)
    breaker.refused(row, "The password is wrong.")
    AccessToken.objects.create(tenant=row.tenant, connection=row, token="old", expires_at=LATER)
    issues.for_connection(row, ConfigError("The password is wrong."), now=db_now())

    save(engine, password="a new password")

    assert Breaker.objects.get(connection=row).position == Breaker.Position.CLOSED
    assert AccessToken.objects.get(connection=row).token == ""
    assert Issue.objects.get().status == Issue.Status.RESOLVED
    assert Delivery.objects.get().not_before <= db_now()
    due = Feed.objects.get().due_at
    assert due is not None
    assert due <= db_now()


def test_the_live_test_is_kept_step_by_step(engine: Engine) -> None:
    with serving(ScriptedServer()) as server:
        save(engine, address=server.url)
        breaker.refused(engine.exchange, "It was down.")
        (step,) = check_connection(engine.exchange)
        assert step.ok
        row = engine.exchange
        assert (row.health, row.check_steps[0]["name"]) == (Connection.Health.OK, "Reach it")
        assert row.checked_at is not None
        assert Breaker.objects.get(connection=row).position == Breaker.Position.CLOSED

        server.otherwise = lambda asked: Says(403, {"message": "not for you"})
        (step,) = check_connection(engine.exchange)
        assert (step.ok, engine.exchange.health) == (False, Connection.Health.BROKEN)
        assert AuditEvent.objects.filter(action="connection.tested").count() == 2


@pytest.mark.parametrize("how", ["a live test that passed", "new credentials"])
def test_rule_06_what_is_in_doubt_is_looked_for_once_the_connection_works(engine: Engine, how: str) -> None:
    """But what a look did not find has to wait for the second one: it may only not be visible yet."""
    engine.pair.effects = [lose_answer(engine.pair), Unknown("No answer.")]
    engine.pair.visibility_delay = dt.timedelta(minutes=10)
    engine.send(item("never looked for"), item("not found"))
    Delivery.objects.filter(business_number="not found").update(not_before=db_now())
    assert engine.settle().business_number == "not found"
    with serving(ScriptedServer()) as server:
        if how == "new credentials":
            save(engine, address=server.url)
        else:
            Connection.objects.filter(pk=engine.exchange.pk).update(settings={"address": server.url})
            check_connection(engine.exchange)
    assert engine.delivery("never looked for").not_before <= db_now()
    assert engine.delivery("not found").not_before > db_now() + dt.timedelta(minutes=8)
    engine.settle()
    assert engine.delivery("never looked for").state == State.DELIVERED
    assert engine.delivery("not found").state == State.IN_DOUBT


def test_a_passed_test_has_what_is_in_doubt_looked_up_at_once(engine: Engine) -> None:
    """Its look-up had to wait for the breaker: half an hour, where the credentials were refused. A second look that
    keeps its distance to the first one goes on doing so."""
    engine.pair.effects = [Unknown("No answer.")]
    engine.read([item("1")])
    engine.deliver()
    engine.pair.evidences = [
        Paused("It is not called for now.", retry_at=db_now() + dt.timedelta(minutes=30)),
        NotApplied(proof="no such key"),
    ]
    engine.pair.visibility_delay = dt.timedelta(minutes=20)
    engine.later()
    assert engine.settle().not_before > db_now() + dt.timedelta(minutes=25)
    with serving(ScriptedServer()) as server:
        save(engine, address=server.url)
        check_connection(engine.exchange)
        (delivery,) = Delivery.objects.all()
        assert delivery.state == State.IN_DOUBT
        assert delivery.not_before <= db_now()
        assert engine.settle().not_before > db_now() + dt.timedelta(minutes=15), "looked once"
        check_connection(engine.exchange)
        (delivery,) = Delivery.objects.all()
        assert delivery.not_before > db_now() + dt.timedelta(minutes=15)


def test_settings_that_cannot_work_fail_the_live_test_with_a_sentence(engine: Engine, monkeypatch: Any) -> None:
    def broken(*arguments: object) -> object:
        raise ConfigError("It has no address.", remedy="Fill it in.")

    monkeypatch.setattr("tests.support.pair._checks", broken)
    monkeypatch.setattr("integrations.http.session.Session.__init__", broken)
    (step,) = check_connection(engine.exchange)
    assert (step.ok, step.detail, step.remedy) == (False, "It has no address.", "Fill it in.")

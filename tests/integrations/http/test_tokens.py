"""Tokens: fetched by one, used by all, stored encrypted, refreshed once."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django_scopes import scopes_disabled

from integrations.http import breaker, tokens
from integrations.http.errors import ConfigError, Paused, Transient, Unauthorized
from integrations.http.session import BearerToken, Session
from integrations.http.tokens import FetchedToken
from integrations.models import AccessToken, Breaker, Connection
from portal.common.clock import db_now
from tests.support.database import in_threads
from tests.support.http_server import Asked, Says, ScriptedServer

MARGIN = dt.timedelta(seconds=120)
HOUR = dt.timedelta(hours=1)


def fetching(*lifetimes: dt.timedelta | None) -> tuple[list[str], Callable[[], FetchedToken]]:
    fetched: list[str] = []

    def fetch() -> FetchedToken:
        fetched.append(f"token {len(fetched) + 1}")
        return FetchedToken(fetched[-1], lifetimes[min(len(fetched), len(lifetimes)) - 1])

    return fetched, fetch


def test_a_token_is_fetched_once_and_kept(connection: Connection) -> None:
    fetched, fetch = fetching(HOUR)
    first = tokens.current(connection, fetch, margin=MARGIN)
    assert tokens.current(connection, fetch, margin=MARGIN) == first
    assert fetched == ["token 1"]


def test_rule_14_it_is_refreshed_before_it_ends(connection: Connection) -> None:
    fetched, fetch = fetching(HOUR)
    tokens.current(connection, fetch, margin=MARGIN)
    AccessToken.objects.update(expires_at=db_now() + MARGIN / 2)
    assert tokens.current(connection, fetch, margin=MARGIN).value == "token 2"
    assert len(fetched) == 2


def test_a_token_of_unstated_life_is_used_until_it_is_refused(connection: Connection) -> None:
    fetched, fetch = fetching(None)
    token = tokens.current(connection, fetch, margin=MARGIN)
    assert tokens.current(connection, fetch, margin=MARGIN).value == token.value
    assert tokens.current(connection, fetch, margin=MARGIN, refused=token.generation).value == "token 2"
    assert len(fetched) == 2


def test_rule_14_only_the_token_that_was_refused_is_replaced(connection: Connection) -> None:
    fetched, fetch = fetching(HOUR)
    old = tokens.current(connection, fetch, margin=MARGIN)
    for _ in range(3):  # late answers to calls with the same old token
        assert tokens.current(connection, fetch, margin=MARGIN, refused=old.generation).value == "token 2"
    assert len(fetched) == 2


def test_rule_14_who_looked_before_a_refresh_does_not_fetch_after_it(connection: Connection) -> None:
    _, fetch = fetching(HOUR)
    tokens.current(connection, fetch, margin=MARGIN)
    seen = AccessToken.objects.get()
    tokens.current(connection, fetch, margin=MARGIN, refused=seen.generation)
    assert not tokens._claim(seen, db_now()), "it has a newer one by now"
    assert tokens._claim(AccessToken.objects.get(), db_now())


def test_rule_14_the_old_one_is_used_while_somebody_refreshes(connection: Connection) -> None:
    fetched, fetch = fetching(HOUR)
    tokens.current(connection, fetch, margin=MARGIN)
    AccessToken.objects.update(expires_at=db_now() + MARGIN / 2, refreshing_until=db_now() + HOUR)
    assert tokens.current(connection, fetch, margin=MARGIN).value == "token 1"
    assert len(fetched) == 1


def test_a_refresh_that_died_is_taken_over(connection: Connection) -> None:
    _, fetch = fetching(HOUR)
    AccessToken.objects.create(
        tenant=connection.tenant, connection=connection, refreshing_until=db_now() - dt.timedelta(seconds=1)
    )
    assert tokens.current(connection, fetch, margin=MARGIN).value == "token 1"


def test_a_refresh_that_fails_frees_the_way(connection: Connection) -> None:
    def broken() -> FetchedToken:
        raise Transient("Down.")

    with pytest.raises(Transient):
        tokens.current(connection, broken, margin=MARGIN)
    assert AccessToken.objects.get().refreshing_until is None
    _, fetch = fetching(HOUR)
    assert tokens.current(connection, fetch, margin=MARGIN).value == "token 1"


def test_nobody_waits_for_ever(connection: Connection, monkeypatch: Any) -> None:
    monkeypatch.setattr(tokens, "WAIT_SECONDS", 0.2)
    _, fetch = fetching(HOUR)
    AccessToken.objects.create(tenant=connection.tenant, connection=connection, refreshing_until=db_now() + HOUR)
    with pytest.raises(Transient, match="another worker"):
        tokens.current(connection, fetch, margin=MARGIN)


def test_new_credentials_drop_the_token(connection: Connection) -> None:
    _, fetch = fetching(HOUR)
    tokens.current(connection, fetch, margin=MARGIN)
    tokens.forget(connection)
    assert tokens.current(connection, fetch, margin=MARGIN).value == "token 2"


def test_it_stands_encrypted_in_the_database(connection: Connection) -> None:
    _, fetch = fetching(HOUR)
    tokens.current(connection, fetch, margin=MARGIN)
    with database.cursor() as cursor:
        cursor.execute("SELECT token FROM integrations_accesstoken")
        (stored,) = cursor.fetchone()
    assert "token 1" not in stored
    assert stored.startswith("gAAAA")


def test_rule_14_eight_threads_cause_one_refresh(live_connection: Connection) -> None:
    calls: list[float] = []

    def fetch() -> FetchedToken:
        calls.append(time.monotonic())
        time.sleep(0.5)
        return FetchedToken(f"token {len(calls)}", HOUR)

    def use(number: int) -> str:
        with scopes_disabled():
            return tokens.current(live_connection, fetch, margin=MARGIN).value

    assert in_threads(8, use) == ["token 1"] * 8
    assert len(calls) == 1


def test_rule_13_eight_threads_try_a_wrong_password_once(
    live_connection: Connection, open_session: Callable[..., Session], server: ScriptedServer
) -> None:
    """Those who wait for the token must not try the same password one after the other: systems lock accounts."""

    def login(asked: Asked) -> Says:
        time.sleep(0.5)
        return Says(401, {"message": "Invalid user name or password"})

    server.otherwise = login

    def fetch(session: Session) -> FetchedToken:
        session.login("/token", form={"password": "wrong"})
        raise AssertionError("it was let in")

    def use(number: int) -> None:
        with scopes_disabled():
            open_session(live_connection, auth=BearerToken(fetch)).get("/things")

    results = in_threads(8, use)
    assert len(server.to("/token")) == 1
    assert sum(isinstance(r, ConfigError) for r in results) == 1
    assert sum(isinstance(r, Paused) for r in results) == 7
    assert Breaker.objects.get().position == Breaker.Position.OPEN


def test_rule_13_who_was_overtaken_by_a_refusal_does_not_try_the_same_password(
    connection: Connection, open_session: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its look at the breaker and its claim of the token somebody else is refused, and lets go of the token."""
    claim = tokens._claim

    def overtaken(row: AccessToken, now: dt.datetime) -> bool:
        breaker.refused(connection, "Invalid user name or password")
        return claim(row, now)

    monkeypatch.setattr(tokens, "_claim", overtaken)
    tried: list[Session] = []

    def fetch(session: Session) -> FetchedToken:
        tried.append(session)
        raise AssertionError("it was tried")

    with pytest.raises(Paused):
        open_session(connection, auth=BearerToken(fetch)).get("/things")
    assert not tried
    assert AccessToken.objects.get().refreshing_until is None


def bearer(server: ScriptedServer) -> BearerToken:
    def fetch(session: Session) -> FetchedToken:
        answer = session.login("/token", form={"client_secret": "s3cret-of-login", "grant_type": "x"})
        return FetchedToken(answer.json()["access_token"], HOUR)

    return BearerToken(fetch)


def test_rule_14_a_401_refreshes_once_and_retries_once(
    connection: Connection, open_session: Callable[..., Session], server: ScriptedServer
) -> None:
    issued = iter(range(1, 9))
    valid = {"Bearer T2"}

    def answer(asked: Asked) -> Says:
        if asked.path == "/token":
            return Says(200, {"access_token": f"T{next(issued)}"})
        return Says(200, {}) if asked.headers["Authorization"] in valid else Says(401)

    server.otherwise = answer
    session = open_session(connection, auth=bearer(server))
    assert session.request("POST", "/things").status == 200
    assert [(a.method, a.path) for a in server.asked] == [
        ("POST", "/token"),
        ("POST", "/things"),
        ("POST", "/token"),
        ("POST", "/things"),
    ]
    valid.clear()
    with pytest.raises(Unauthorized):
        session.get("/things")
    assert len(server.to("/token")) == 3
    assert Breaker.objects.get().position == Breaker.Position.OPEN


def test_a_login_is_recorded_without_its_secrets(
    connection: Connection, open_session: Callable[..., Session], server: ScriptedServer
) -> None:
    server.script = [
        Says(200, {"access_token": "T-very-secret", "expires_in": 3600}, {"Content-Type": "application/json"})
    ]
    session = open_session(connection, auth=bearer(server))
    session.get("/things")
    rows = [e.row(connection, None) for e in session.take_exchanges()]
    assert len(rows) == 2
    for row in rows:
        row.save()
        row.refresh_from_db()
        kept = f"{row.request_headers} {row.response_headers} {row.url}".encode()
        kept += bytes(row.request_body or b"") + bytes(row.response_body or b"")
        assert b"T-very-secret" not in kept
        assert b"s3cret-of-login" not in kept
    assert b"grant_type=x" in bytes(rows[0].request_body or b"")
    assert rows[1].request_headers["Authorization"] == "***"

"""What a single call comes to, whatever the other side answers."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from integrations.http import network
from integrations.http.errors import (
    ConfigError,
    Conflict,
    Fault,
    NotFound,
    Paused,
    RateLimited,
    Rejected,
    Transient,
    Unauthorized,
    Unknown,
)
from integrations.http.session import Session
from integrations.models import Breaker, Connection
from integrations.systems.contract import System
from tests.integrations.systems.contract.subjects import Subject
from tests.support.simulators import Simulators

Arm = Callable[..., None]
DEADLINE = 1.5
"""Seconds for a call that is held up for longer."""
HOLD = {"seconds": 12}


def read(session: Session) -> Any:
    """The system's cheapest read, decoded."""
    return session.decode(session.get(session.profile.probe), Any)


def hurry(session: Session, more: dict[str, Any]) -> None:
    """Signs in, then waits for answers only shortly where they will be held up."""
    read(session)
    if more:
        session.profile = replace(session.profile, deadline=DEADLINE)


def write(session: Session) -> Any:
    """A call that would change something, at an address that takes none: what is looked at is the fault."""
    return session.request("POST", session.profile.probe.partition("?")[0], json={}, effect=True)


def test_a_call_that_succeeds_is_recorded_and_counted(session: Session) -> None:
    assert read(session) is not None
    assert session.calls >= 1
    assert session.last_date is not None
    assert all(said.succeeded for said in session.take_exchanges())


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        (403, {}, ConfigError),
        (404, {}, NotFound),
        (409, {}, (Conflict, Rejected)),
        (412, {}, (Conflict, Rejected)),
        (500, {}, Transient),
        (502, {}, Transient),
        (503, {}, Transient),
        ("503html", {}, Transient),
        ("timeout_before", HOLD, Transient),
        ("timeout_after", HOLD, Transient),
        ("slow", HOLD, Transient),
        ("reset", {}, Transient),
        ("reset_after", {}, Transient),
        ("malformed", {}, Transient),
        ("redirect", {}, ConfigError),
    ],
)
def test_a_read_that_fails_certainly_had_no_effect(
    session: Session, fault: Arm, sandbox: Simulators, kind: int | str, more: dict[str, Any], expected: Any
) -> None:
    hurry(session, more)
    fault(kind, **more)
    begun = time.monotonic()
    with pytest.raises(Fault) as caught:
        read(session)
    assert isinstance(caught.value, expected), repr(caught.value)
    assert caught.value.certainly_not_applied
    assert caught.value.sentence
    assert time.monotonic() - begun < HOLD["seconds"], "the deadline of a call is enforced"
    assert sandbox.fired() == 1, "it is not tried again by itself"


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("timeout_before", HOLD),
        ("timeout_after", HOLD),
        ("slow", HOLD),
        ("reset", {}),
        ("reset_after", {}),
        ("503html", {}),
        (500, {}),
    ],
)
def test_an_effect_whose_answer_is_lost_is_of_unknown_outcome(
    session: Session, fault: Arm, sandbox: Simulators, kind: int | str, more: dict[str, Any]
) -> None:
    hurry(session, more)
    fault(kind, method="POST", **more)
    with pytest.raises(Fault) as caught:
        write(session)
    assert isinstance(caught.value, Unknown), repr(caught.value)
    assert not caught.value.certainly_not_applied
    assert sandbox.fired() == 1


@pytest.mark.parametrize(("kind", "expected"), [(429, RateLimited), (403, ConfigError), (404, Rejected)])
def test_an_effect_that_is_refused_certainly_did_not_happen(
    session: Session, fault: Arm, kind: int, expected: type[Fault]
) -> None:
    read(session)
    fault(kind, method="POST")
    with pytest.raises(expected) as caught:
        write(session)
    assert caught.value.certainly_not_applied


@pytest.mark.parametrize("seconds", [7, None])
def test_a_429_stops_every_call_of_the_allowance(
    system: System, connection: Connection, session: Session, fault: Arm, sandbox: Simulators, seconds: int | None
) -> None:
    read(session)
    fault(429, retry_after=seconds)
    now = timezone.now()
    with pytest.raises(RateLimited) as caught:
        read(session)
    wait = (caught.value.retry_at - now).total_seconds()
    assert 5 <= wait <= 15 if seconds else 1 <= wait <= 3700
    asked = len(sandbox.requests(connection.system))
    other = system.session(connection)
    with pytest.raises(RateLimited):
        read(other)
    other.close()
    assert len(sandbox.requests(connection.system)) == asked


def test_a_refused_token_is_fetched_anew_once(session: Session, fault: Arm, subject: Subject) -> None:
    read(session)
    fault(401)
    if subject.fixed_key:
        with pytest.raises((Unauthorized, ConfigError)):
            read(session)
    else:
        assert read(session) is not None


def test_nobody_hammers_a_door_that_stays_closed(
    session: Session, fault: Arm, sandbox: Simulators, connection: Connection
) -> None:
    read(session)
    fault(401, times=50)
    with pytest.raises((Unauthorized, ConfigError)):
        read(session)
    assert sandbox.fired() <= 2
    assert Breaker.objects.get(connection=connection).position == Breaker.Position.OPEN
    fired = sandbox.fired()
    with pytest.raises(Paused):
        read(session)
    assert sandbox.fired() == fired


def test_a_redirect_is_not_followed_with_our_credentials(
    session: Session, fault: Arm, sandbox: Simulators, connection: Connection
) -> None:
    read(session)
    fault("redirect", times=5)
    with pytest.raises(ConfigError):
        read(session)
    assert not [e for e in sandbox.requests(connection.system) if "elsewhere" in e["query"]]


def test_an_answer_without_end_is_not_taken(
    session: Session, sandbox: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(session)
    monkeypatch.setattr(network, "MAX_BODY", 8)
    with pytest.raises(Transient) as caught:
        read(session)
    assert "MB" in caught.value.sentence


def test_the_sources_clock_is_known(session: Session, sandbox: Simulators) -> None:
    sandbox.post("clock", advance_seconds=1800)
    read(session)
    assert session.last_date is not None
    ahead = session.last_date - timezone.now()
    assert dt.timedelta(seconds=1790) < ahead < dt.timedelta(seconds=1810)


@pytest.mark.parametrize("kind", [None, 401, 403, 500, "malformed", "reset_after"])
def test_no_secret_stands_in_what_is_kept_or_said(
    session: Session, fault: Arm, connection: Connection, kind: int | str | None
) -> None:
    said = ""
    read(session)
    if kind is not None:
        fault(kind, times=3)
        try:
            read(session)
        except Fault as error:
            said = f"{error} {error.sentence} {error.remedy} {error.technical}"
    recorded = session.take_exchanges()
    assert recorded
    secrets = {s for s in session.secrets if len(s) >= 4}
    assert secrets
    for exchange in recorded:
        row = exchange.row(connection, None)
        kept = [bytes(body).decode("utf-8", "replace") for body in (row.request_body, row.response_body) if body]
        said += f"{row.url} {row.request_headers} {row.response_headers} {kept} {row.problem} {exchange!r}"
    assert not [secret[:4] for secret in secrets if secret in said]

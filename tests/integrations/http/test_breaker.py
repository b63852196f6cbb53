"""The breaker: an outage leaves few in doubt, one probe looks, refused credentials are not tried again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django_scopes import scopes_disabled

from integrations.http import breaker
from integrations.http.breaker import FAILURES_IN_A_ROW, FIRST_PAUSE, LONGEST_PAUSE, REFUSED_PAUSE
from integrations.http.errors import ConfigError, Paused, Rejected, Transient, Unauthorized, Unknown
from integrations.http.session import Session
from integrations.models import Breaker, Connection
from portal.common.clock import db_now
from tests.support.database import in_threads
from tests.support.http_server import Asked, Says, ScriptedServer


def now_due(connection: Connection) -> None:
    """The pause is over."""
    Breaker.objects.filter(connection=connection).update(probe_after=db_now() - dt.timedelta(seconds=1))


def position(connection: Connection) -> str:
    return Breaker.objects.get(connection=connection).position


def test_rule_13_five_failures_in_a_row_open_it(session: Session, server: ScriptedServer) -> None:
    server.otherwise = lambda asked: Says(503)
    for _ in range(FAILURES_IN_A_ROW):
        assert not Breaker.objects.filter(position=Breaker.Position.OPEN).exists()
        with pytest.raises(Transient):
            session.get("/things")
    assert position(session.connection) == Breaker.Position.OPEN
    calls = len(server.asked)
    with pytest.raises(Paused) as caught:
        session.get("/things")
    assert len(server.asked) == calls
    assert caught.value.retry_at > db_now()


def test_a_success_between_counts_anew(session: Session, server: ScriptedServer) -> None:
    for _ in range(3):
        server.script = [*[Says(503)] * (FAILURES_IN_A_ROW - 1), Says(200, {})]
        for _ in range(FAILURES_IN_A_ROW - 1):
            with pytest.raises(Transient):
                session.get("/things")
        session.get("/things")
    assert position(session.connection) == Breaker.Position.CLOSED


def test_rule_13_an_unknown_outcome_opens_it_at_once(session: Session, server: ScriptedServer) -> None:
    server.script = [Says(500)]
    with pytest.raises(Unknown):
        session.request("POST", "/things")
    assert position(session.connection) == Breaker.Position.OPEN


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_sensible_refusal_is_an_answer(session: Session, server: ScriptedServer, status: int) -> None:
    server.script = [*[Says(503)] * (FAILURES_IN_A_ROW - 1), Says(status), Says(503)]
    for _ in range(FAILURES_IN_A_ROW + 1):
        with pytest.raises((Transient, Rejected, Exception)):
            session.get("/things")
    assert position(session.connection) == Breaker.Position.CLOSED


def test_rule_13_a_probe_is_a_read_and_goes_before_the_effect(session: Session, server: ScriptedServer) -> None:
    breaker.failed(session.connection, "It was down.", open_now=True)
    now_due(session.connection)
    server.script = [Says(503)]
    with pytest.raises(Transient):
        session.request("POST", "/things")
    assert [(a.method, a.path) for a in server.asked] == [("GET", "/probe")]
    now_due(session.connection)
    session.request("POST", "/things")
    assert [(a.method, a.path) for a in server.asked[1:]] == [("GET", "/probe"), ("POST", "/things")]
    assert position(session.connection) == Breaker.Position.CLOSED


def test_rule_13_effects_stay_on_trial_until_one_of_them_is_answered(session: Session, server: ScriptedServer) -> None:
    """Reads may go on all the time while what is written gets no answer."""
    pauses = []
    for _ in range(3):
        server.script = [*([Says(200, {})] if pauses else []), Says(500)]  # the probe is answered, the effect is not
        with pytest.raises(Unknown):
            session.request("POST", "/things")
        row = Breaker.objects.get(connection=session.connection)
        assert row.probe_after is not None
        pauses.append((row.probe_after - db_now()).total_seconds())
        now_due(session.connection)
        assert breaker.check(session.connection)
    assert pauses[0] < pauses[1] < pauses[2]
    session.get("/things")
    assert position(session.connection) == Breaker.Position.CLOSED
    assert breaker.check(session.connection)
    session.request("POST", "/things")
    assert not breaker.check(session.connection)


def test_a_refused_effect_ends_the_trial(session: Session, server: ScriptedServer) -> None:
    breaker.failed(session.connection, "It was down.", open_now=True)
    now_due(session.connection)
    server.script = [Says(200, {}), Says(422)]
    with pytest.raises(Rejected):
        session.request("POST", "/things")
    assert not breaker.check(session.connection)


def test_rule_13_one_probe_at_a_time(
    live_connection: Connection, open_session: Callable[..., Session], server: ScriptedServer
) -> None:
    breaker.failed(live_connection, "It was down.", open_now=True)
    now_due(live_connection)

    def admitted(number: int) -> bool:
        with scopes_disabled():
            return breaker.admit(live_connection).must_probe

    results = in_threads(8, admitted)
    assert results.count(True) == 1
    assert sum(isinstance(r, Paused) for r in results) == 7
    assert all(r.retry_at < db_now() + dt.timedelta(seconds=5) for r in results if isinstance(r, Paused))


def test_a_probe_that_died_is_free_again(session: Session) -> None:
    breaker.failed(session.connection, "It was down.", open_now=True)
    now_due(session.connection)
    assert breaker.admit(session.connection).must_probe
    with pytest.raises(Paused):
        breaker.admit(session.connection)
    now_due(session.connection)
    assert breaker.admit(session.connection).must_probe


def test_pauses_grow_with_openings_in_a_row(session: Session) -> None:
    pauses = []
    for _ in range(14):
        breaker.failed(session.connection, "It is down.", open_now=True)
        row = Breaker.objects.get()
        assert row.probe_after is not None
        pauses.append(row.probe_after - db_now())
        now_due(session.connection)
        breaker.admit(session.connection)
    assert pauses[0] <= FIRST_PAUSE < pauses[1] < pauses[2]
    assert pauses[-1] <= LONGEST_PAUSE


def test_one_outage_met_by_many_calls_is_one_opening(session: Session) -> None:
    for _ in range(6):
        breaker.failed(session.connection, "It is down.", open_now=True)
    row = Breaker.objects.get()
    assert row.openings == 1
    assert row.probe_after is not None
    assert row.probe_after <= db_now() + FIRST_PAUSE


@pytest.mark.parametrize("status", [401, 403])
def test_rule_13_refused_credentials_open_it_for_long(session: Session, server: ScriptedServer, status: int) -> None:
    server.script = [Says(status)]
    with pytest.raises((Unauthorized, ConfigError)):
        session.get("/things")
    if status == 401:
        row = Breaker.objects.get()
        assert row.probe_after is not None
        assert row.probe_after > db_now() + REFUSED_PAUSE - dt.timedelta(minutes=1)
    else:  # a right that is missing concerns one thing, not the connection
        assert position(session.connection) == Breaker.Position.CLOSED


@pytest.mark.parametrize("status", [400, 401, 403])
def test_rule_13_a_refused_login_opens_it_once(session: Session, server: ScriptedServer, status: int) -> None:
    server.script = [Says(status, {"message": "wrong password"})]
    with pytest.raises(ConfigError):
        session.login("/token", form={"password": "x"})
    row = Breaker.objects.get()
    assert (row.position, row.openings) == (Breaker.Position.OPEN, 1)
    assert row.probe_after is not None
    assert row.probe_after > db_now() + REFUSED_PAUSE - dt.timedelta(minutes=1)


def test_new_credentials_close_it(session: Session) -> None:
    breaker.refused(session.connection, "The password is wrong.")
    breaker.reset(session.connection)
    assert not breaker.admit(session.connection).must_probe


def test_a_good_answer_where_nothing_was_wrong_asks_and_writes_nothing(
    session: Session, django_assert_num_queries: Callable[..., object]
) -> None:
    admitted = breaker.admit(session.connection)
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        breaker.succeeded(session.connection, admitted)


@pytest.mark.parametrize("failures", [0, 2])
def test_rule_13_what_was_under_way_does_not_close_what_refused_credentials_opened(
    live_connection: Connection, open_session: Callable[..., Session], server: ScriptedServer, failures: int
) -> None:
    """A call is on its way; another is refused; then the first one is answered well. `failures`: what was counted when
    it began."""
    session = open_session(live_connection)
    server.script = [Says(503)] * failures
    for _ in range(failures):
        with pytest.raises(Transient):
            session.get("/things")

    def refuses(asked: Asked) -> Says:
        with scopes_disabled():
            breaker.refused(session.connection, "The password is wrong.")
        return Says(200, {})

    server.otherwise = refuses
    session.request("POST", "/things")
    row = Breaker.objects.get()
    assert (row.position, row.openings, row.reason) == (Breaker.Position.OPEN, 1, "The password is wrong.")
    assert row.probe_after is not None
    assert row.probe_after > db_now() + REFUSED_PAUSE - dt.timedelta(minutes=1)
    with pytest.raises(Paused):
        session.get("/things")
    server.otherwise = lambda asked: Says(200, {})
    now_due(session.connection)
    session.get("/things")  # this one began since
    assert position(session.connection) == Breaker.Position.CLOSED


def test_rule_13_what_was_opened_anew_while_a_probe_was_answered_stays_open(
    live_connection: Connection, open_session: Callable[..., Session], server: ScriptedServer
) -> None:
    session = open_session(live_connection)
    breaker.failed(session.connection, "It was down.", open_now=True)
    now_due(session.connection)

    def refuses(asked: Asked) -> Says:
        with scopes_disabled():
            breaker.refused(session.connection, "The password is wrong.")
        return Says(200, {})

    server.otherwise = refuses
    with pytest.raises(Paused):
        session.request("POST", "/things")
    assert [a.method for a in server.asked] == ["GET"]
    assert position(session.connection) == Breaker.Position.OPEN


def test_rule_13_each_of_many_failures_at_once_counts(live_connection: Connection) -> None:
    breaker.breaker_of(live_connection)

    def fails(number: int) -> None:
        with scopes_disabled():
            breaker.failed(live_connection, "It is down.", open_now=False)

    in_threads(FAILURES_IN_A_ROW, fails)
    row = Breaker.objects.get()
    assert (row.position, row.failures) == (Breaker.Position.OPEN, FAILURES_IN_A_ROW)

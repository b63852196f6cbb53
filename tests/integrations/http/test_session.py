"""A session: what goes out, what comes back, and which fault says what to do next."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

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
from integrations.models import Breaker, Connection, RateBudget
from portal.common import durations
from portal.common.models import Duration
from tests.integrations.http.conftest import KEY
from tests.support.certificates import self_signed
from tests.support.http_server import Asked, Says, ScriptedServer, serving


def test_a_call_carries_key_headers_and_body(session: Session, server: ScriptedServer) -> None:
    server.script = [Says(201, {"id": 7}, {"ETag": '"v1"'})]
    answer = session.request("POST", "/things", params={"a": "å"}, json={"name": "Öl"}, headers={"X-Own": "1"})
    assert (answer.status, answer.json(), answer.headers["etag"]) == (201, {"id": 7}, '"v1"')
    (asked,) = server.asked
    headers = {k.lower(): v for k, v in asked.headers.items()}
    assert (asked.method, asked.path) == ("POST", "/things?a=%C3%A5")
    assert msgspec.json.decode(asked.body) == {"name": "Öl"}
    assert headers["x-api-key"] == KEY
    assert headers["content-type"] == "application/json"
    assert headers["x-own"] == "1"


def test_bytes_go_as_they_are(session: Session, server: ScriptedServer) -> None:
    session.request("POST", "/files", body=b"ISA*00~\x85\xe5", content_type="application/edi-x12")
    assert server.asked[0].body == b"ISA*00~\x85\xe5"
    assert server.asked[0].headers["Content-Type"] == "application/edi-x12"


def test_how_long_calls_take_is_counted_by_system_however_they_end(session: Session, server: ScriptedServer) -> None:
    durations.store()
    Duration.objects.all().delete()
    server.script = [Says(200, {}), Says(422, {})]
    session.request("GET", "/things")
    with pytest.raises(Rejected):
        session.request("POST", "/things", json={})
    durations.store()
    row = Duration.objects.get()
    assert (row.kind, row.system, sum(row.counts)) == ("call", session.connection.system, 2)


@pytest.mark.parametrize(
    ("status", "read", "written"),
    [
        (400, Rejected, Rejected),
        (401, Unauthorized, Unauthorized),
        (403, ConfigError, ConfigError),
        (404, NotFound, NotFound),
        (408, Transient, Unknown),
        (409, Conflict, Conflict),
        (412, Conflict, Conflict),
        (422, Rejected, Rejected),
        (429, RateLimited, RateLimited),
        (500, Transient, Unknown),
        (502, Transient, Unknown),
        (503, Transient, Unknown),
        (302, ConfigError, ConfigError),
    ],
)
def test_rule_08_each_status_has_its_consequence(
    session: Session, server: ScriptedServer, status: int, read: type[Fault], written: type[Fault]
) -> None:
    for method, kind in (("GET", read), ("POST", written)):
        server.script = [Says(status, b"<html><body><h1>Sorry</h1><p>for this</p></body></html>")]
        with pytest.raises(Fault) as caught:
            session.request(method, "/things")
        assert type(caught.value) is kind
        assert caught.value.status == status
        assert "<" not in caught.value.sentence
        assert caught.value.certainly_not_applied == (kind is not Unknown)
        if isinstance(caught.value, RateLimited):
            assert caught.value.connection_id == session.connection.pk
        Breaker.objects.all().delete()
        RateBudget.objects.update(blocked_until=None)


def test_a_redirect_is_not_followed(session: Session, server: ScriptedServer) -> None:
    server.script = [Says(302, None, {"Location": f"{server.url}/elsewhere"})]
    with pytest.raises(ConfigError):
        session.get("/things")
    assert len(server.asked) == 1


def test_credentials_stay_with_their_host(session: Session, server: ScriptedServer) -> None:
    for link in ("http://evil.example/next", "//evil.example/next", f"{server.url}@evil.example/next"):
        with pytest.raises(ConfigError, match="another host"):
            session.get(link)
    assert server.asked == []
    session.get(f"{server.url}/next?page=2")
    assert server.asked[0].path == "/next?page=2"


def test_nobody_listens(connection: Connection, open_session: Callable[..., Session]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(Transient, match="could not be reached"):
        open_session(connection, base_url=closed).request("POST", "/things")


def test_a_host_that_nobody_knows(connection: Connection, open_session: Callable[..., Session]) -> None:
    with pytest.raises(Transient, match="is not known"):
        open_session(connection, base_url="https://nobody.invalid").request("POST", "/things")


def test_a_certificate_that_nobody_vouches_for_is_told_nothing(
    connection: Connection, open_session: Callable[..., Session], tmp_path: Path
) -> None:
    """It is checked before anything is said: neither the key nor the document gets there, so it is no doubt."""
    with serving(ScriptedServer(), tls=self_signed(tmp_path)) as server:
        with pytest.raises(Transient, match="No safe \\(TLS\\) connection") as raised:
            open_session(connection, base_url=server.url).request("POST", "/things", body=b"an order", effect=True)
        assert raised.value.certainly_not_applied
        assert not server.asked


@pytest.mark.parametrize(("method", "kind"), [("GET", Transient), ("POST", Unknown)])
def test_rule_06_silence_after_a_write_is_doubt(
    connection: Connection, open_session: Callable[..., Session], server: ScriptedServer, method: str, kind: type[Fault]
) -> None:
    import time

    def silent(asked: Asked) -> Says:
        time.sleep(2)
        return Says()

    server.otherwise = silent
    with pytest.raises(kind, match="did not answer in time"):
        open_session(connection, deadline=0.5).request(method, "/things")


def test_a_body_that_cannot_be_read_is_doubt_only_after_a_write(session: Session, server: ScriptedServer) -> None:
    server.otherwise = lambda asked: Says(200, b'{"cut')
    with pytest.raises(Transient):
        session.decode(session.get("/things"), dict[str, Any])
    with pytest.raises(Unknown):
        session.decode(session.request("POST", "/things"), dict[str, Any], effect=True)


@pytest.mark.parametrize("broken", ["line\nbreak", "tab\r\n", "ü and more €"])
def test_a_key_that_no_header_can_hold_is_a_setting_to_correct(
    connection: Connection, open_session: Callable[..., Session], server: ScriptedServer, broken: str
) -> None:
    """Nothing was sent, so nothing is in doubt."""
    from integrations.http.session import KeyHeader

    session = open_session(connection, auth=KeyHeader("X-Api-Key", broken))
    with pytest.raises(ConfigError) as caught:
        session.request("POST", "/things")
    assert broken not in caught.value.sentence + caught.value.technical
    assert server.asked == []


def test_no_secret_stands_in_a_fault(session: Session, server: ScriptedServer) -> None:
    """Some systems repeat the key that they refuse."""
    server.script = [Says(403, {"message": f"The application with key {KEY} may not do this"})]
    with pytest.raises(ConfigError) as caught:
        session.get("/things")
    fault = caught.value
    assert KEY not in f"{fault.sentence} {fault.remedy} {fault.technical}"


def test_no_secret_stands_in_what_is_recorded(session: Session, server: ScriptedServer) -> None:
    server.script = [Says(400, {"message": f"key {KEY} is not for this"}, {"Set-Cookie": "session=s3cret"})]
    with pytest.raises(Rejected):
        session.request("POST", f"/things/{KEY}", params={"api_key": KEY, "a": "b"}, body=f"and {KEY}".encode())
    (said,) = session.take_exchanges()
    row = said.row(session.connection, None)
    text = f"{row.url} {row.request_headers} {row.response_headers} {row.problem}"
    assert KEY not in text
    assert "s3cret" not in text
    row.save()
    row.refresh_from_db()
    for body in (row.request_body, row.response_body):
        assert body
        assert KEY.encode() not in bytes(body)
    assert b"is not for this" in bytes(row.response_body or b"")
    assert "a=b" in row.url


def test_what_was_said_is_taken_once(session: Session) -> None:
    session.get("/one")
    session.get("/two")
    assert [e.url.rpartition("/")[2] for e in session.take_exchanges()] == ["one", "two"]
    assert session.take_exchanges() == []
    assert session.calls == 2


def test_the_servers_clock_is_heard(session: Session, server: ScriptedServer) -> None:
    server.script = [Says(200, {}, {"Date": "Fri, 20 Nov 2026 10:00:00 GMT"}), Says(200, {}, {"Date": "nonsense"})]
    answer = session.get("/things")
    assert answer.date is not None
    assert session.last_date == answer.date


def test_an_effect_that_could_outlast_its_lease_is_not_begun(session: Session, server: ScriptedServer) -> None:
    import time

    session.effects_until = time.monotonic() + session.profile.deadline - 1
    with pytest.raises(Paused):
        session.request("POST", "/things")
    assert server.asked == []
    session.get("/things")
    session.effects_until = time.monotonic() + session.profile.deadline + 60
    session.request("POST", "/things")
    assert len(server.asked) == 2


def test_very_large_answers_are_not_swallowed(session: Session, server: ScriptedServer, monkeypatch: Any) -> None:
    monkeypatch.setattr("integrations.http.network.MAX_BODY", 1000)
    server.otherwise = lambda asked: Says(200, b"x" * 5000)
    with pytest.raises(Transient):
        session.get("/things")
    with pytest.raises(Unknown):
        session.request("POST", "/things")

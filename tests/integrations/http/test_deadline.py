"""The total deadline of a call holds however slowly an answer comes; a cut answer is never taken for a whole one."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from django_scopes import scope

from integrations.http.errors import Fault, Transient, Unknown
from integrations.http.session import KeyHeader, Profile, Session
from integrations.models import Connection
from portal.tenants.models import Tenant

DEADLINE = 1.0


@pytest.fixture
def connection(db: None) -> Iterator[Connection]:
    tenant = Tenant.objects.create(slug="nordbod", name="Nordbod AB")
    with scope(tenant=tenant):
        yield Connection.objects.create(tenant=tenant, key="x", system="x", name="X")


def answering(parts: Sequence[bytes], pause: float) -> int:
    """The port of a server that answers one call with these parts, `pause` seconds apart, and goes."""
    server = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with server, server.accept()[0] as peer:
            peer.recv(65_536)
            for part in parts:
                try:
                    peer.sendall(part)
                except OSError:
                    return
                time.sleep(pause)

    threading.Thread(target=run, daemon=True).start()
    return int(server.getsockname()[1])


def session(connection: Connection, port: int) -> Session:
    profile = Profile(
        label="The system",
        base_url=f"http://127.0.0.1:{port}",
        auth=KeyHeader("x-key", "k"),
        budget_identity=("x",),
        deadline=DEADLINE,
    )
    return Session(connection, profile)


@pytest.mark.parametrize(
    ("header", "part"),
    [(b"Content-Length: 1000\r\n", b"x"), (b"Transfer-Encoding: chunked\r\n", b"1\r\nx\r\n"), (b"", b"x")],
)
def test_answer_that_drips_is_given_up(connection: Connection, header: bytes, part: bytes):
    port = answering([b"HTTP/1.1 200 OK\r\n" + header + b"\r\n", *[part] * 40], pause=0.2)
    begun = time.monotonic()
    with pytest.raises(Transient):
        session(connection, port).get("/")
    assert time.monotonic() - begun < 2 * DEADLINE


@pytest.mark.parametrize(("method", "kind"), [("GET", Transient), ("PUT", Unknown)])
def test_answer_that_breaks_off_is_no_answer(connection: Connection, method: str, kind: type[Fault]):
    port = answering([b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"[]"], pause=0)
    with pytest.raises(kind):
        session(connection, port).request(method, "/")

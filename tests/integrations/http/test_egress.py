"""The egress guard: which addresses are never called, and that a name cannot lead elsewhere once it was checked."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable
from typing import Any

import pytest
import requests

from integrations.http.egress import check_address
from integrations.http.errors import ConfigError, Transient, Unknown
from integrations.http.pinned import PinnedAdapter
from integrations.http.session import Session
from integrations.models import Connection
from tests.support.http_server import Says, ScriptedServer

V4 = ["127.0.0.1", "127.8.8.8", "10.0.0.5", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"]
V6 = [
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a00:5::1]",
]
SPELLED_OTHERWISE = ["2130706433", "0x7f.1", "017700000001", "0"]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A name server of the test: name → its answers, one after the other; the last one stays. What it does not know is
    looked up for real. Its key "asked" keeps which names were asked for."""
    answers: dict[str, list[str]] = {"asked": []}
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *args: Any, **values: Any) -> Any:
        known = answers.get(host)
        if known is None:
            return real(host, port, *args, **values)
        answers["asked"].append(host)
        address = known.pop(0) if len(known) > 1 else known[0]
        return real(address, port, *args, **values)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


@pytest.mark.parametrize("host", [*V4, *V6, *SPELLED_OTHERWISE])
def test_egress_never_reaches_our_own_network(settings: Any, host: str) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = []
    with pytest.raises(ConfigError, match="our own network"):
        check_address(f"https://{host}/latest/meta-data")


@pytest.mark.parametrize("url", ["ftp://x.example/", "file:///etc/passwd", "gopher://x/", "https://", "//x.example"])
def test_egress_calls_nothing_but_http(url: str) -> None:
    with pytest.raises(ConfigError, match="not an address"):
        check_address(url)


def test_egress_needs_tls_outside(settings: Any) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = []
    with pytest.raises(ConfigError, match="without TLS"):
        check_address("http://93.184.216.34/")
    assert check_address("https://93.184.216.34/") == ("93.184.216.34",)


def test_egress_one_forbidden_address_among_good_ones_is_enough(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = []
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.216.34", "10.0.0.5")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **values: both)
    with pytest.raises(ConfigError, match="our own network"):
        check_address("https://two.example/")


def test_egress_what_an_operator_allows_is_called(settings: Any) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["10.1.0.0/16"]
    assert check_address("http://10.1.2.3/") == ("10.1.2.3",)
    assert check_address("http://[::ffff:10.1.2.3]/")
    with pytest.raises(ConfigError):
        check_address("http://10.2.2.3/")


def test_egress_a_name_that_moves_after_the_check_leads_nowhere_else(
    settings: Any,
    names: dict[str, list[str]],
    connection: Connection,
    open_session: Callable[..., Session],
    server: ScriptedServer,
) -> None:
    """Nobody listens at 127.0.0.2: a call that looked the name up again would fail, or reach the forbidden address."""
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    names["moving.example"] = ["127.0.0.1", "127.0.0.2"]
    port = server.url.rpartition(":")[2]
    session = open_session(connection, base_url=f"http://moving.example:{port}")
    assert session.get("/things").status == 200
    assert names["asked"] == ["moving.example"], "the name is looked up once a call"
    assert server.asked[0].headers["Host"] == f"moving.example:{port}"
    with pytest.raises(ConfigError, match="our own network"):
        session.get("/things")
    assert len(server.asked) == 1


def test_egress_a_host_that_was_not_checked_is_not_called(server: ScriptedServer) -> None:
    with requests.Session() as http:
        http.mount("http://", PinnedAdapter())
        with pytest.raises(ConfigError, match="was not checked"):
            http.get(server.url, timeout=5)
    assert server.asked == []


def test_egress_the_next_address_is_tried_where_one_is_dead(server: ScriptedServer) -> None:
    adapter = PinnedAdapter()
    adapter.pin("two.example", ("127.0.0.3", "127.0.0.1"))
    with requests.Session() as http:
        http.mount("http://", adapter)
        assert http.get(f"http://two.example:{server.url.rpartition(':')[2]}", timeout=5).status_code == 200
    assert len(server.asked) == 1


@pytest.mark.parametrize("inside", ["http://169.254.169.254/latest/", "http://10.0.0.5/", "https://[::1]/"])
def test_egress_a_redirect_is_checked_like_any_other_address(
    session: Session, server: ScriptedServer, inside: str
) -> None:
    """Even where the other host is known as a store of the system's."""
    server.script = [Says(302, None, {"Location": inside})]
    with pytest.raises(ConfigError, match="our own network"):
        session.get("/things", storage=("169.254.169.254", "10.0.0.5", "::1"))


def test_egress_a_followed_redirect_carries_no_credentials(session: Session, server: ScriptedServer) -> None:
    server.script = [Says(302, None, {"Location": "/store?signature=x"}), Says(200, {"here": 1})]
    assert session.get("/things", headers={"X-Own": "1"}, storage=("127.0.0.1",)).json() == {"here": 1}
    sent = {name.lower() for name in server.asked[1].headers}
    assert sent.isdisjoint({"x-api-key", "authorization", "cookie", "x-own"})


@pytest.mark.parametrize(("method", "kind"), [("GET", Transient), ("POST", Unknown)])
def test_egress_a_body_that_unpacks_without_end_is_left(
    session: Session, server: ScriptedServer, method: str, kind: type[Exception]
) -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024), 9)
    server.script = [Says(200, bomb, {"Content-Encoding": "gzip"})]
    with pytest.raises(kind, match="unpacks to more than 200 times") as caught:
        session.request(method, "/things")
    megabytes = int(str(caught.value).partition("after ")[2].split()[0])
    assert megabytes < 32, "it is left as soon as it is seen"

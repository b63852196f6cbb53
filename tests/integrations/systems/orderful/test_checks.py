"""The live test of a connection, against a simulated Orderful."""

from __future__ import annotations

from collections.abc import Callable

from integrations.models import Connection
from integrations.systems.orderful.spec import SYSTEM
from tests.integrations.sandbox.served import Served


def test_the_live_test_of_a_good_connection(connection: Connection) -> None:
    steps = list(SYSTEM.checks(connection, SYSTEM.session(connection)))
    assert [s.name for s in steps if not s.ok] == []
    names = [s.name for s in steps]
    for name in (
        "API key",
        "Clock",
        "EDI accounts",
        "Our live id",
        "Relationships",
        "Ready for test",
        "Look up transactions",
    ):
        assert name in names
    assert "NORDLOGISTIKT" in next(s.detail for s in steps if s.name == "EDI accounts")


def test_the_live_test_of_a_wrong_key(connect: Callable[..., Connection]) -> None:
    connection = connect(api_key="nope-nope")
    steps = list(SYSTEM.checks(connection, SYSTEM.session(connection)))
    assert [(s.name, s.ok) for s in steps] == [("API key", False)]
    assert steps[0].remedy


def test_the_live_test_of_a_wrong_id_and_address(connect: Callable[..., Connection]) -> None:
    connection = connect(sender_id="SOMEBODY")
    steps = {s.name: s for s in SYSTEM.checks(connection, SYSTEM.session(connection))}
    assert not steps["Our live id"].ok
    away = connect(base_url="http://127.0.0.1:9")
    [step] = list(SYSTEM.checks(away, SYSTEM.session(away)))
    assert not step.ok
    assert step.name == "Reach http://127.0.0.1:9"


def test_the_clock_is_compared(connection: Connection, orderful: Served) -> None:
    orderful.advance(600)
    steps = {s.name: s for s in SYSTEM.checks(connection, SYSTEM.session(connection))}
    assert not steps["Clock"].ok
    assert "time server" in steps["Clock"].remedy

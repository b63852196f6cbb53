"""Rows over which Airbase fails, or that cannot be read: their neighbours come all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django_scopes import scope

from integrations.http.errors import Rejected, Transient
from integrations.http.session import Session
from integrations.models import Breaker, Connection
from integrations.systems.airbase.sources import NewVendors, Payments
from integrations.systems.airbase.spec import SYSTEM
from integrations.systems.contract import Item, Window
from portal.common.clock import db_now
from portal.tenants.models import Tenant
from tests.integrations.sandbox.served import Served, serving
from tests.support.http_server import Asked, Says, ScriptedServer, failing
from tests.support.http_server import serving as serving_script

Open = Callable[[Callable[[Asked, Says], bool]], Session]


@pytest.fixture(scope="module")
def airbase() -> Iterator[Served]:
    with serving("airbase") as served:
        served.options(mode="evidence")
        for n in range(9):
            made = {"company": "FI", "name": f"Made in Airbase {n}"}
            served.control("act", {"system": "airbase", "action": "create_vendor", "with": made})
        yield served


@pytest.fixture
def opened(db: None, airbase: Served) -> Iterator[Open]:
    """Opens a session to Airbase as it is, but for the answers that are spoilt."""
    tenant = Tenant.objects.create(slug="nordbod", name="Nordbod AB")
    with scope(tenant=tenant), serving_script(ScriptedServer()) as server:

        def open_(spoilt: Callable[[Asked, Says], bool]) -> Session:
            server.otherwise = failing(airbase.url, spoilt)
            connection = Connection.objects.create(
                tenant=tenant,
                key="airbase",
                system="airbase",
                name="Airbase",
                settings={
                    "base_url": f"{server.url}/airbase",
                    "auth_scheme": "Token",
                    "resources": "ledger",
                    "page_size": 4,
                    "subsidiary": "*",
                },
                secrets={"api_key": "sandbox-airbase-fi"},
            )
            return SYSTEM.session(connection)

        yield open_


def read(source: Any, came: list[Item] | None = None) -> list[Item]:
    """Everything that comes; in `came`, also where the read fails."""
    found = [] if came is None else came
    for page in source.read(Window(start=None, end=db_now()), None):
        found += page.items
    return found


def test_rule_09_a_bad_page_of_vendors_is_searched_down_to_the_one_row(opened: Open) -> None:
    session = opened(lambda asked, says: False)
    vendors = NewVendors(session.connection, session)
    every = [item.source_id for item in read(vendors)]
    assert len(every) > 8
    session.connection.delete()
    for bad in (every[0], every[5], every[-1]):
        session = opened(lambda asked, says, bad=bad: bad.encode() in says.bytes)  # type: ignore[misc]
        vendors = NewVendors(session.connection, session)
        with pytest.raises(Transient):
            read(vendors)
        session.searches = True
        found = read(vendors)
        assert [item.source_id for item in found if not item.problem] == [one for one in every if one != bad]
        (aside,) = [item for item in found if item.problem]
        assert "cannot be read: Airbase fails over it" in aside.problem
        assert (every[every.index(bad) - 1] if bad != every[0] else "at the beginning") in aside.source_id
        assert Breaker.objects.get(connection=session.connection).position == Breaker.Position.CLOSED
        session.connection.delete()


def test_rule_09_a_payment_whose_bill_does_not_come_keeps_no_other_back(airbase: Served, opened: Open) -> None:
    """It is looked for again at the next read, and the reading says that it failed."""

    def entry(**values: Any) -> str:
        given = {"company": "FI", "vendor": None, "total_amount": "12.00", **values}
        told = airbase.control("act", {"system": "airbase", "action": "add_entry", "with": given})
        return str(told["result"])

    bills = [entry(type="bill", status="sync_complete") for _ in range(3)]
    payments = [
        entry(type="bill_payment", status="sync_ready", applied_to=[{"id": bill, "airbase_id": bill}]) for bill in bills
    ]
    session = opened(lambda asked, says: f"/{bills[1]}/" in asked.path)
    came: list[Item] = []
    with pytest.raises(Transient, match=f"A bill of payment {payments[1]} does not come"):
        read(Payments(session.connection, session), came)
    assert set(payments) - {item.source_id for item in came} == {payments[1]}
    assert Breaker.objects.get(connection=session.connection).position == Breaker.Position.CLOSED


def test_a_status_that_airbase_refuses_keeps_no_other_back(airbase: Served, opened: Open) -> None:
    def entry(status: str) -> str:
        given = {"company": "FI", "vendor": None, "total_amount": "12.00", "type": "bill_payment", "status": status}
        told = airbase.control("act", {"system": "airbase", "action": "add_entry", "with": given})
        return str(told["result"])

    ready, failed = entry("sync_ready"), entry("failed")
    session = opened(lambda asked, says: False)
    session.connection.settings = {**session.connection.settings, "voided_statuses": ["voided", "failed"]}
    source = Payments(session.connection, session)
    pages = source._pages

    def refusing(path: str, **filters: str) -> Any:
        if filters["status"] == "voided":
            raise Rejected("Airbase refused it: status: “voided” is not a valid choice.", status=400)
        return pages(path, **filters)

    source._pages = refusing  # type: ignore[method-assign]
    found = {item.source_id: item for item in read(source)}
    assert {ready, failed} <= set(found)
    (told,) = [item for item in found.values() if item.problem]
    assert "in the status voided" in told.problem
    assert "“Statuses: taken back”" in told.problem
    assert "not a valid choice" in told.problem
    assert [item.fingerprint for item in read(source) if item.problem] == [told.fingerprint], "told once"


def test_a_bill_that_is_not_there_yet_is_asked_for_again(airbase: Served, opened: Open) -> None:
    """Its payment was captured without it, and is something new once the bill is there."""
    given = {"company": "FI", "vendor": None, "total_amount": "12.00", "type": "bill_payment", "status": "sync_ready"}
    applied = {**given, "applied_to": [{"id": "later", "airbase_id": "later"}]}
    told = airbase.control("act", {"system": "airbase", "action": "add_entry", "with": applied})
    session = opened(lambda asked, says: False)
    source = Payments(session.connection, session)
    first = source.fetch(told["result"])
    assert first is not None
    assert b'"bills":[]' in first.raw
    raw = source._client.one("/v1/accounting/ledger_entries/", told["result"])
    assert raw is not None
    again = source._item(raw, frozenset({first.fingerprint}))
    assert again.fingerprint == first.fingerprint, "as long as it is not there, it says nothing new"
    source._bill = lambda airbase_id: b'{"airbase_id":"later"}'  # type: ignore[method-assign]
    now = source._item(raw, frozenset({first.fingerprint}))
    assert b'"bills":[{"airbase_id":"later"}]' in now.raw
    assert now.fingerprint != first.fingerprint
    source._bill = lambda airbase_id: pytest.fail("it is known")  # type: ignore[method-assign]
    assert source._item(raw, frozenset({now.fingerprint})).fingerprint == now.fingerprint
    airbase.mutate("ledger_entries", {"status": "sync_complete"}, key=f"FI/{told['result']}")


def test_rule_09_a_vendor_that_cannot_be_read_keeps_no_other_back(airbase: Served, opened: Open) -> None:
    session = opened(lambda asked, says: False)
    every = read(NewVendors(session.connection, session))
    key = next(row["key"] for row in airbase.rows("vendors") if row["body"]["airbase_id"] == every[0].source_id)
    airbase.mutate("vendors", {"name": {"not": "a name"}}, key=key)
    found = read(NewVendors(session.connection, session))
    airbase.mutate("vendors", {"name": "Again"}, key=key)
    assert [item.source_id for item in found if not item.problem] == [item.source_id for item in every[1:]]
    assert [item.problem.partition(":")[0] for item in found if item.problem] == [
        "A vendor that Airbase sent cannot be read"
    ]


def test_rule_09_an_outage_is_no_bad_page(opened: Open) -> None:
    session = opened(lambda asked, says: True)
    session.searches = True
    with pytest.raises(Transient):
        read(NewVendors(session.connection, session))
    assert session.calls == 2

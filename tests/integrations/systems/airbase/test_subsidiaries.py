"""A tenant of Airbase with several subsidiaries: each connection takes those of its own company, none by guess."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import msgspec
import pytest
from django_scopes import scope

from integrations.documents import Supplier
from integrations.flows.contract import Captured, NotYet, Take
from integrations.flows.registry import flow_spec
from integrations.http.errors import ConfigError
from integrations.models import Connection
from integrations.systems.airbase.mapping import vendor
from integrations.systems.airbase.sources import NOBODYS, OTHERS, NewVendors, Payments
from integrations.systems.airbase.spec import SYSTEM
from integrations.systems.airbase.subsidiaries import offered
from integrations.systems.contract import Applied, Delivered, Item, Outgoing, Window
from portal.common.clock import db_now
from portal.tenants.models import Tenant
from tests.integrations.sandbox.served import Served, serving


@pytest.fixture(scope="module")
def airbase() -> Iterator[Served]:
    with serving("airbase") as served:
        served.options(mode="evidence")
        yield served


@contextmanager
def connected(airbase: Served, subsidiary: str) -> Iterator[Connection]:
    """A connection to the tenant of FI, for these of its subsidiaries."""
    tenant = Tenant.objects.create(slug="nordbod", name="Nordbod AB")
    with scope(tenant=tenant):
        yield Connection.objects.create(
            tenant=tenant,
            key="airbase",
            system="airbase",
            name="Airbase",
            settings={
                "base_url": f"{airbase.url}/airbase",
                "auth_scheme": "Token",
                "resources": "ledger",
                "subsidiary": subsidiary,
            },
            secrets={"api_key": "sandbox-airbase-fi"},
        )


def subsidiaries(airbase: Served) -> list[dict[str, Any]]:
    return [row["body"] for row in airbase.rows("subsidiaries") if row["key"].startswith("FI/")]


def entry(airbase: Served, of: dict[str, Any] | None) -> str:
    named = {name: of[name] for name in ("erp_reference_id", "name")} if of is not None else None
    given = {"company": "FI", "type": "bill_payment", "status": "sync_ready", "total_amount": "5.00"}
    with_it = {"system": "airbase", "action": "add_entry", "with": {**given, "subsidiary": named}}
    return str(airbase.control("act", with_it)["result"])


def standings(connection: Connection, kind: type[Payments] | type[NewVendors] = Payments) -> dict[str, Item]:
    with closing(SYSTEM.session(connection)) as session:
        pages = kind(connection, session).read(Window(start=None, end=db_now()), None)
        return {item.source_id: item for page in pages for item in page.items}


@pytest.mark.django_db
def test_payments_of_another_subsidiary_are_left_out_and_say_so(airbase: Served) -> None:
    own, other = subsidiaries(airbase)[:2]
    ours, theirs, nobodys = entry(airbase, own), entry(airbase, other), entry(airbase, None)
    with connected(airbase, own["erp_reference_id"]) as connection:
        found = standings(connection)
        assert [found[one].status for one in (ours, theirs, nobodys)] == ["ready", OTHERS, NOBODYS]
        connection.settings["subsidiary"] = other["name"].upper()  # by its name, and it is another company now
        moved = standings(connection)
        assert [moved[one].status for one in (ours, theirs, nobodys)] == [OTHERS, "ready", NOBODYS]
        assert moved[theirs].fingerprint != found[theirs].fingerprint, "it is something new, and is booked"
        connection.settings["subsidiary"] = "*"
        assert {item.status for item in standings(connection).values()} == {"ready"}
    spec = flow_spec("visma-airbase.payments")

    def decided(status: str) -> object:
        return spec.accepts(
            Captured(source_id="1", status=status, kind="bill_payment", business_number="1", problem=""), {}
        )

    assert decided(OTHERS) == NotYet(OTHERS)
    assert decided(NOBODYS) == Take("send")


@pytest.mark.django_db
@pytest.mark.parametrize(("subsidiary", "says"), [("", "none is chosen"), ("Nowhere", "no subsidiary nowhere")])
def test_nothing_is_taken_while_it_is_not_clear_which_subsidiary_it_is(
    airbase: Served, subsidiary: str, says: str
) -> None:
    own = subsidiaries(airbase)[0]
    entry(airbase, own)
    with connected(airbase, subsidiary) as connection:
        with pytest.raises(ConfigError, match=says) as caught:
            standings(connection)
        assert "Choose the subsidiary" in caught.value.remedy
        assert own["name"] in caught.value.sentence
        with closing(SYSTEM.session(connection)) as session:
            step = next(s for s in SYSTEM.checks(connection, session) if s.name == "Subsidiaries")
            assert not step.ok
            assert says in step.detail
            choices = {choice.value for choice in offered(connection, session)}
        assert choices == {"*", *(s["erp_reference_id"] for s in subsidiaries(airbase))}


@pytest.mark.django_db
def test_vendors_of_another_subsidiary_are_left_out(airbase: Served) -> None:
    own, other = subsidiaries(airbase)[:2]
    given = {"company": "FI", "name": "Made in Airbase"}  # in the first subsidiary
    made = airbase.control("act", {"system": "airbase", "action": "create_vendor", "with": given})["result"]
    with connected(airbase, other["erp_reference_id"]) as connection:
        assert standings(connection, NewVendors)[made].status == OTHERS
        connection.settings["subsidiary"] = own["erp_reference_id"]
        assert standings(connection, NewVendors)[made].status == "new"


@pytest.mark.django_db
def test_a_vendor_goes_with_its_subsidiaries_and_is_known_again_by_them(airbase: Served) -> None:
    own, other = (s["erp_reference_id"] for s in subsidiaries(airbase)[:2])
    supplier = Supplier(number="50777", name="Acme AB", active=True, status="Active")
    item = Outgoing(
        delivery_id=1,
        operation_key="k",
        business_number="50777",
        purpose="original",
        body=msgspec.json.encode(vendor(supplier, subsidiaries=[own, other])),
        meta={},
    )
    with connected(airbase, "*") as connection, closing(SYSTEM.session(connection)) as session:
        sink = SYSTEM.sink("vendors").open(connection, session)
        (effect,) = sink.apply_many([item])
        assert isinstance(effect, Delivered)
        assert isinstance(sink.evidence(item), Applied)
    (made,) = [r["body"] for r in airbase.rows("vendors") if r["body"]["erp_reference_id"] == "50777"]
    assert [s["erp_reference_id"] for s in made["subsidiary_reference_ids"]] == [own, other]

"""Reading a shop as shops are: full seconds, late commits, records over which a page fails, addresses that move no
time of change, limits of pages."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django_scopes import scopes_disabled

from integrations.http.errors import Transient
from integrations.http.session import Session
from integrations.models import Breaker, Connection, Flow
from integrations.services.connections import check_connection
from integrations.systems.adobe.client import Client
from integrations.systems.adobe.settings import Options
from integrations.systems.adobe.sources import OPENERS, Changes
from integrations.systems.adobe.spec import OVERLAP
from integrations.systems.contract import Item, Window
from integrations.systems.registry import system
from portal.common.clock import db_now
from tests.integrations.flows.adobe.conftest import Shop

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = dt.timedelta(hours=1)


@contextmanager
def source(shop: Shop, feed: str = "orders", **settings: Any) -> Iterator[tuple[Changes, Session]]:
    """A source of the shop's connection; keywords change the connection's settings."""
    with scopes_disabled():
        row = Connection.objects.get(tenant=shop.world.tenant, system="adobe_commerce")
        row.settings = {**row.settings, **settings}
        session = system("adobe_commerce").session(row)
        try:
            yield OPENERS[feed](row, session), session
        finally:
            session.close()


def everything(found: Changes, *, start: dt.datetime | None = None, end: dt.datetime | None = None) -> list[Item]:
    window = Window(start=start, end=end or db_now() + HOUR)
    return [item for page in found.read(window, None) for item in page.items]


def ids(shop: Shop) -> set[str]:
    return {str(order["entity_id"]) for order in shop.rows("orders")}


@pytest.mark.parametrize("legacy", [False, True])
def test_a_second_that_fills_pages_loses_and_doubles_nothing(shop: Shop, legacy: bool) -> None:
    """Old shops repeat the last page for ever: a read ends all the same."""
    shop.world.simulators.options("adobe", legacy_paging=legacy)
    shop.act("place_orders", count=17)
    stamps = Counter(order["updated_at"] for order in shop.rows("orders"))
    assert max(stamps.values()) > 3
    with source(shop, page_size=3) as (orders, session):
        found = [item.source_id for item in everything(orders)]
        assert set(found) == ids(shop)
        assert session.calls < 3 * len(found)


@pytest.mark.parametrize("fatal", [False, True], ids=["masked", "fatal"])
def test_a_record_over_which_pages_fail_is_put_aside_and_always_the_same(shop: Shop, fatal: bool) -> None:
    """In both shapes that such an error has."""
    shop.world.simulators.options("adobe", fatal_errors=fatal)
    shop.act("place_orders", count=6)
    every = sorted(int(number) for number in ids(shop))
    bad = {every[2], every[3], every[-2]}  # two in a row, and one in a full second
    shop.world.simulators.options("adobe", corrupt_orders=sorted(bad))
    with source(shop, page_size=4) as (orders, session):
        with pytest.raises(Transient):
            everything(orders)  # once it may be an outage
        session.searches = True
        seen = [everything(orders), everything(orders)]
        assert {b.position for b in Breaker.objects.all()} <= {Breaker.Position.CLOSED}
    for found in seen:
        good = {item.source_id for item in found if not item.problem}
        assert good == {str(number) for number in every} - {str(number) for number in bad}
        assert all("cannot be read" in item.problem for item in found if item.problem)
    aside = [{(i.source_id, i.fingerprint) for i in found if i.problem} for found in seen]
    assert len(aside[0]) == len(bad)
    assert aside[0] == aside[1]


def test_an_order_that_is_committed_late_is_in_the_next_window(shop: Shop) -> None:
    simulators = shop.world.simulators
    simulators.options("adobe", commit_delay=600)
    made = shop.order()
    with source(shop) as (orders, _):
        until = orders.now()
        assert until is not None
        assert str(made["entity_id"]) not in {i.source_id for i in everything(orders)}
        simulators.post("clock", advance_seconds=601)
        assert str(made["entity_id"]) in {i.source_id for i in everything(orders, start=until - OVERLAP)}
        assert str(made["entity_id"]) not in {i.source_id for i in everything(orders, start=until + HOUR)}


def test_the_nightly_sweep_finds_an_address_that_moved_no_time_of_change(shop: Shop) -> None:
    number = next(c["id"] for c in shop.rows("customers") if c["addresses"])
    with source(shop, "customers", sweep_hour=2) as (customers, _):
        night = db_now().replace(hour=2, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
        before = {i.source_id: i.fingerprint for i in everything(customers)}
        shop.act("change_address", customer=number, street=["Uusikatu 9"])
        quiet = everything(customers, start=night - 4 * HOUR, end=night - HOUR)
        swept = {i.source_id: i.fingerprint for i in everything(customers, start=night - HOUR, end=night + HOUR)}
    assert quiet == []
    assert set(swept) == set(before)
    assert [one for one in swept if swept[one] != before[one]] == [str(number)]


def test_orders_of_other_stores_are_left_alone(shop: Shop) -> None:
    theirs, mine = shop.order(store="se"), shop.order()
    store = shop.stored(theirs)["store_id"]
    with source(shop, store_ids=[store]) as (orders, _):
        found = {i.source_id for i in everything(orders)}
        assert orders.called(mine["increment_id"]) == ()  # type: ignore[attr-defined]
    assert str(theirs["entity_id"]) in found
    assert str(mine["entity_id"]) not in found


def test_a_customer_of_another_store_is_ours_from_the_first_order_on(
    make_shop: Callable[..., Shop], settle: Callable[..., None]
) -> None:
    """Who signed up elsewhere is fetched for the order, and followed from then on; others are left alone."""
    shop = make_shop(flows={"customers": {"matched_fields": ["name"]}})
    buyer, stranger = [c["id"] for c in shop.rows("customers") if c["store_id"] == 1 and c["addresses"]][:2]
    made = shop.order(store="se", customer=buyer)
    store = shop.stored(made)["store_id"]
    assert store != 1
    with scopes_disabled():
        row = Connection.objects.get(tenant=shop.world.tenant, system="adobe_commerce")
        Connection.objects.filter(pk=row.pk).update(settings={**row.settings, "store_ids": [store]})
    settle()
    number = shop.document(made)["customer"]["number"]
    for customer in (buyer, stranger):
        shop.act("change_customer", customer=customer, firstname="Uusi", lastname="Nimi")
    settle()
    assert shop.troubles() == []
    customers = {c["number"]: c["name"] for c in shop.rows("customer", system="visma")}
    assert customers[number] == "Uusi Nimi"
    assert {d.record.source_id for d in shop.deliveries("customers")} == {str(buyer)}


def test_a_limit_of_pages_is_learned(shop: Shop) -> None:
    shop.world.simulators.options("adobe", input_limits=True)
    with source(shop) as (_, session):
        row = Connection.objects.get(tenant=shop.world.tenant, system="adobe_commerce")
        client = Client(session, Options.of(row))
        client.page_size = 900
        assert client.search("orders", (), ("entity_id",)).elements
        assert client.page_size == 300


def test_the_live_test_names_what_is_wrong_and_learns_what_the_shop_can(shop: Shop) -> None:
    with scopes_disabled():
        row = Connection.objects.get(tenant=shop.world.tenant, system="adobe_commerce")
        steps = {step.name.partition(" http")[0]: step for step in check_connection(row)}
        assert {"Reach", "Stores", "Modules", "Clock", "Read orders", "Comments on orders"} <= set(steps)
        assert all(step.ok for step in steps.values())
        assert "Webhooks can tell of news" in steps["Modules"].detail
        assert "Magento_AdobeCommerceWebhooks" in Connection.objects.get(pk=row.pk).settings["modules"]
        row = Connection.objects.get(pk=row.pk)
        row.settings = {**row.settings, "store_ids": [1, 99]}
        [wrong] = [step for step in check_connection(row) if not step.ok]
        assert (wrong.name, "no store view 99" in wrong.detail) == ("Stores", True)
        before = shop.rows("orders")
        shop.world.simulators.options("adobe", acl_denied=["Magento_Sales::comment", "Magento_Sales::api_actions"])
        steps = {step.name: step for step in check_connection(Connection.objects.get(pk=row.pk))}
        assert not steps["Comments on orders"].ok
        assert "Magento_Sales::comment" in steps["Comments on orders"].detail
        assert "Not tested" in steps["Write to orders"].detail, "what cannot be asked is told"
        Flow.objects.filter(key__in=["customer-invoices", "supplier-invoices"]).update(enabled=False)
        steps = {step.name: step for step in check_connection(Connection.objects.get(pk=row.pk))}
        assert steps["Comments on orders"].ok, "no flow needs the right"
        assert "Magento_Sales::comment" in steps["Comments on orders"].detail
        shop.world.simulators.options("adobe", acl_denied=[])
        assert shop.rows("orders") == before, "a test writes nothing"
        shop.world.simulators.options("adobe", modules=["Magento_Store"])
        steps = {step.name: step for step in check_connection(Connection.objects.get(pk=row.pk))}
        assert "news is found by polling" in steps["Modules"].detail
        shop.act("revoke")
        [refused] = check_connection(Connection.objects.get(pk=row.pk))
        shop.act("revoke", restore=True)
    assert not refused.ok
    assert refused.remedy


def test_a_shop_that_wants_us_to_wait_and_books_that_changed_meanwhile(
    make_shop: Callable[..., Shop], settle: Callable[..., None]
) -> None:
    shop = make_shop(flows={"customers": {"matched_fields": ["name"]}})
    simulators = shop.world.simulators
    made = shop.order(payment="klarna_kp")
    simulators.fault("adobe", 503, "V1/", times=2)
    simulators.fault("adobe", 429, "V1/orders", times=1, retry_after=1)
    settle()
    assert shop.document(made)
    shop.act("invoice", order=made["increment_id"])
    shop.act("change_customer", customer=101, firstname="Uusi", lastname="Nimi")
    fired = simulators.fired()
    simulators.fault("visma", 412, "v1/customer/", method="PUT")
    simulators.fault("visma", 409, "v1/customerinvoice/", method="PUT")
    settle()
    assert simulators.fired() == fired + 2
    assert shop.troubles() == []
    [invoice] = [i for i in shop.rows("invoices") if str(i["order_id"]) == str(made["entity_id"])]
    assert invoice["increment_id"] in shop.document(made)["note"]

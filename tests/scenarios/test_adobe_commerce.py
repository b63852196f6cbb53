"""A day of a web shop: orders in three currencies, guests, companies, invoices in parts, cancellations of orders and of
their rests, refunds to money and to store credit; a stumbling network; both sides come out equal, from outside to the
cent and by our own reconciliation."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django_scopes import scopes_disabled

from integrations.models import Breaker, Connection, Delivery, Feed, State
from integrations.services.connections import check_connection
from portal.common.clock import db_now
from tests.support.cluster import Cluster
from tests.support.settling import read_now, settled
from tests.support.simulators import Simulators
from tests.support.weather import NO_TIME, Weather, somebody_watches, the_wait_is_over, told_to_wait
from tests.support.web_day import begin_the_rest, configure, end_the_rest, in_the_books, reconciled, wrong
from tests.support.world import World


def test_a_day_of_web_orders_closes_equal_although_the_network_stumbles(
    transactional_db: None, sandbox: Simulators, cluster: Cluster, tmp_path: Path
) -> None:
    orders = sandbox.act("adobe", "place_orders", company="FI", count=24, seconds=60, finish=True)
    finished = [o["increment_id"] for o in orders if o["state"] == "complete"]
    later = begin_the_rest(sandbox, 3)
    world, weather = configure(sandbox, tmp_path), Weather(sandbox)
    # No list fails more than twice in a row: the third time its bad record would be looked for.
    weather.meet("adobe", "V1/orders$", "reset", "503html")
    weather.meet("adobe", "V1/customers/search$", "reset_after", 503)
    weather.meet("adobe", "V1/invoices$", 429)
    weather.meet("adobe", "V1/creditmemos$", "malformed", (429, {"retry_after": 1}))
    weather.meet("adobe", "V1/orders$", "reset_after", (429, {"retry_after": 1}), method="POST")
    weather.meet("visma", "customerinvoice$", "reset_after", (429, {"retry_after": 1}), "reset_after", method="POST")
    weather.meet("visma", "v1/customer$", "503html", "reset_after", method="POST")
    weather.meet("visma", "v1/customerinvoice/", 412, 409, method="PUT")
    cluster.wait(lambda: _people_look(world) and weather.is_over, seconds=240)
    weather.clear()
    assert weather.met == {"reset", "reset_after", "503", "503html", "malformed", "409", "412", "429", NO_TIME}
    since = read_now()
    cluster.wait(lambda: _people_look(world) and settled(since), seconds=240)
    end_the_rest(sandbox, later, finished[:3])
    cluster.settle(seconds=120)
    assert wrong(sandbox, later.taken_back) == []
    books = in_the_books(sandbox, company="FI", prefix="shop:")
    codes = {code for document in books.values() for code in document.tax}
    assert len(codes) > 1, "the day has several tax codes, each of which came out equal"
    assert {document.currency for document in books.values()} == {"EUR", "SEK", "NOK"}
    assert {number.partition(":")[0] for number in books if ":" in number} == {"creditmemo", "cancelled"}
    with scopes_disabled():
        since = db_now() - dt.timedelta(days=60)
        for flow in ("orders", "credit-memos"):
            totals, different = reconciled(flow, since=since, seconds=120)
            assert (different, bool(totals)) == ([], True)
        cluster.settle(seconds=120)  # what was made in the books is read and told
        made = Delivery.objects.count()
        cluster.settle(seconds=120)
        assert Delivery.objects.count() == made
        assert set(Breaker.objects.values_list("position", flat=True)) == {Breaker.Position.CLOSED}


def _people_look(world: World) -> bool:
    """They test a connection that stopped; and the minute passes that a 429 without a time costs, for all who were told
    to wait."""
    if told_to_wait(world, "shop"):
        the_wait_is_over(world)
        now = db_now()
        Feed.objects.filter(tenant=world.tenant, due_at__gt=now).update(due_at=now)
        waiting = Delivery.objects.filter(tenant=world.tenant, state=State.PENDING, waits_for="", not_before__gt=now)
        waiting.update(not_before=now)
    return somebody_watches(world, "shop") and somebody_watches(world, "visma")


SERVICE = {
    "auth": "ims",
    "client_id": "ims-kasityopuoti",
    "client_secret": "sandbox-kasityopuoti-ims-secret",
    "org_id": "KASITYOPUOTI000000000000@AdobeOrg",
}
ADMINISTRATOR = {
    "auth": "admin",
    "username": "admin-kasityopuoti",
    "password": "sandbox-kasityopuoti-Passw0rd",
    "totp_seed": "NNQXG2LUPFXXA5LPORUXI33UOAYDAMBQ",
}


@pytest.mark.parametrize("way", ["service", "administrator"])
def test_a_shop_is_read_whichever_way_it_lets_us_in(
    transactional_db: None, sandbox: Simulators, cluster: Cluster, tmp_path: Path, way: str
) -> None:
    service = SERVICE | {
        "base_url": "${SANDBOX_URL}/adobe/accs/kasityopuotitenant0000",
        "ims_url": "${SANDBOX_URL}/adobe/ims/token/v3",
    }
    configure(sandbox, tmp_path, **(service if way == "service" else ADMINISTRATOR))
    with scopes_disabled():
        steps = check_connection(Connection.objects.get(system="adobe_commerce"))
    assert [step for step in steps if not step.ok] == []
    cluster.settle(seconds=240)
    assert wrong(sandbox) == []

"""A day of a web shop: orders in three currencies, guests, companies, invoices in parts, refunds; a stumbling network;
both sides come out equal, from outside and by our own reconciliation."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django_scopes import scopes_disabled

from integrations.models import Connection, Delivery
from integrations.services.connections import check_connection
from portal.common.clock import db_now
from tests.support.cluster import Cluster
from tests.support.simulators import Simulators
from tests.support.web_day import begin_the_rest, configure, end_the_rest, in_the_books, reconciled, wrong


def test_a_day_of_web_orders_closes_equal_although_the_network_stumbles(
    transactional_db: None, sandbox: Simulators, cluster: Cluster, tmp_path: Path
) -> None:
    orders = sandbox.act("adobe", "place_orders", company="FI", count=24, seconds=60, finish=True)
    finished = [o["increment_id"] for o in orders if o["state"] == "complete"]
    in_parts = begin_the_rest(sandbox, 3)
    configure(sandbox, tmp_path)
    for fault in ("reset", "reset_after", 503):
        sandbox.fault("adobe", fault, "V1/", times=2)
    sandbox.fault("visma", "reset_after", "customerinvoice$", method="POST", times=2)
    sandbox.fault("visma", "reset_after", "v1/customer$", method="POST")
    cluster.settle(seconds=240)
    end_the_rest(sandbox, in_parts, finished[:3])
    cluster.settle(seconds=120)
    assert wrong(sandbox) == []
    books = in_the_books(sandbox, company="FI", prefix="shop:")
    assert len({code for _, _, code in books.tax}) > 1, "the day has several tax codes, each of which came out equal"
    assert {currency for _, currency in books.gross} == {"EUR", "SEK", "NOK"}
    with scopes_disabled():
        since = db_now() - dt.timedelta(days=60)
        for flow in ("orders", "credit-memos"):
            totals, different = reconciled(flow, since=since, seconds=120)
            assert (different, bool(totals)) == ([], True)
        cluster.settle(seconds=120)  # what was made in the books is read and told
        made = Delivery.objects.count()
        cluster.settle(seconds=120)
        assert Delivery.objects.count() == made


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

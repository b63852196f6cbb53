"""Events as the shop's simulator sends and signs them, taken in at our address: the shop's own, and those of Adobe."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import requests
from django_scopes import scopes_disabled

from integrations.models import Connection, Feed, WebhookEvent
from integrations.services import webhooks
from integrations.systems.registry import system
from portal.common.clock import db_now
from tests.integrations.flows.adobe.conftest import Shop
from tests.integrations.sandbox.webhook_receiver import receiving

pytestmark = pytest.mark.django_db(transaction=True)
TAKEN, REFUSED = 200, 401


def due(shop: Shop) -> set[str]:
    soon = db_now() + dt.timedelta(minutes=1)
    rows = Feed.objects.filter(connection__system="adobe_commerce", tenant=shop.world.tenant, due_at__lte=soon)
    return set(rows.values_list("key", flat=True))


def rest(shop: Shop) -> None:
    Feed.objects.filter(tenant=shop.world.tenant).update(due_at=db_now() + dt.timedelta(hours=6))


def public_keys(shop: Shop) -> list[str]:
    """Those of I/O Events, as a person reads them at Adobe's host."""
    url = f"{shop.world.simulators.url}/adobe/public_keys"
    return [requests.get(f"{url}/events-{number}.pem", timeout=10).text for number in (1, 2)]


def test_what_the_shop_and_adobe_sign_is_taken_and_what_is_altered_is_not(shop: Shop) -> None:
    with scopes_disabled(), receiving() as receiver:
        endpoint = webhooks.endpoint_of(Connection.objects.get(tenant=shop.world.tenant, system="adobe_commerce"))
        keys = [shop.act("webhook_public_key"), *public_keys(shop), "client-id:ours"]
        assert webhooks.set_keys(endpoint, keys, actor=None) == 4
        rest(shop)
        shop.act("add_webhook", url=receiver.url)
        shop.order(payment="banktransfer")
        headers, body = receiver.wait(1)[0]
        assert webhooks.receive("adobe_commerce", endpoint.token, headers, body + b" ") == REFUSED
        assert not due(shop)
        assert webhooks.receive("adobe_commerce", endpoint.token, headers, body) == TAKEN
        assert due(shop) == {"orders"}
        rest(shop)
        assert webhooks.receive("adobe_commerce", endpoint.token, headers, body) == TAKEN, "the same again"
        assert not due(shop)
        assert WebhookEvent.objects.get().times == 2


def test_what_adobe_signs_is_taken_for_us_alone_whatever_its_header_says(shop: Shop) -> None:
    with scopes_disabled(), receiving() as receiver:
        connection = Connection.objects.get(tenant=shop.world.tenant, system="adobe_commerce")
        endpoint = webhooks.endpoint_of(connection)
        webhooks.set_keys(endpoint, [*public_keys(shop)[1:], "client-id:ours"], actor=None)  # one of the two
        rest(shop)
        session = system("adobe_commerce").session(connection)
        event = {"name": "observer.sales_order_save_commit_after", "fields": [{"name": "entity_id"}]}
        session.request("POST", "V1/eventing/eventSubscribe", json={"event": event, "force": False})
        session.close()
        for client in ("theirs", "ours"):
            shop.act("add_event_registration", url=f"{receiver.url}?{client}", client_id=client, client_secret="s")
        shop.order(payment="banktransfer")
        came = {json.loads(body)["recipient_client_id"]: (headers, body) for headers, body in receiver.wait(2)}
        assert webhooks.receive("adobe_commerce", endpoint.token, *came["theirs"]) == REFUSED
        assert not due(shop)
        headers, body = came["ours"]
        for event_id in (headers["x-adobe-event-id"], "another", "one more"):
            again = {**headers, "x-adobe-event-id": event_id}
            assert webhooks.receive("adobe_commerce", endpoint.token, again, body) == TAKEN
        assert due(shop) == {"orders"}
        assert WebhookEvent.objects.get().times == 3

"""The Adobe Commerce simulator: webhooks and I/O Events with their signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.integrations.sandbox.adobe_client import Paas, Saas, act, sandbox, server
from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.webhook_receiver import Receiver, receiving

__all__ = ["sandbox", "server"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def verify(pem: str, signature: str, content: bytes) -> None:
    key = serialization.load_pem_public_key(pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(base64.b64decode(signature), content, padding.PKCS1v15(), hashes.SHA256())


def test_a_webhook_is_signed_over_the_base64_of_its_body(sandbox: Served, receiver: Receiver) -> None:
    fields = [{"name": "order.entity_id", "source": "data.order.entity_id"}]
    act(sandbox, "add_webhook", url=receiver.url, fields=fields, headers=[{"name": "X-Portal-Key", "value": "k"}])
    order = act(sandbox, "guest_order", payment="banktransfer")
    headers, body = receiver.wait(1)[0]
    assert json.loads(body) == {"order": {"entity_id": order["entity_id"]}}
    assert headers["x-portal-key"] == "k"
    pem = act(sandbox, "webhook_public_key")
    verify(pem, headers["x-adobe-commerce-webhook-signature"], base64.b64encode(body))
    with pytest.raises(InvalidSignature):
        verify(pem, headers["x-adobe-commerce-webhook-signature"], body)


def test_a_module_may_sign_with_a_shared_secret(sandbox: Served, receiver: Receiver) -> None:
    sandbox.options(webhook_hmac_secret="hemlighet-ö")
    act(sandbox, "add_webhook", url=receiver.url)
    act(sandbox, "guest_order", payment="banktransfer")
    headers, body = receiver.wait(1)[0]
    digest = hmac.new("hemlighet-ö".encode(), body, hashlib.sha256).digest()
    assert headers["x-adobe-signature"] == base64.b64encode(digest).decode()


def test_a_sparse_save_is_told_as_sparsely(sandbox: Served, receiver: Receiver) -> None:
    act(sandbox, "add_webhook", url=receiver.url)
    Paas(sandbox).post("/orders", json={"entity": {"entity_id": 1, "ext_order_id": "V-1", "items": []}})
    told = json.loads(receiver.wait(1)[0][1])["data"]["order"]
    assert (told["entity_id"], told["ext_order_id"]) == (1, "V-1")
    assert "grand_total" not in told
    assert Paas(sandbox).order(1)["items"]


def test_without_fields_the_whole_event_comes(sandbox: Served, receiver: Receiver) -> None:
    act(sandbox, "add_webhook", url=receiver.url, event="sales_order_creditmemo_save_after")
    order = act(sandbox, "guest_order")
    act(sandbox, "credit_memo", order=order["increment_id"])
    payload = json.loads(receiver.wait(1)[0][1])
    assert (payload["subject"], payload["eventName"]) == ([], "sales_order_creditmemo_save_after")
    assert payload["data"]["creditmemo"]["order_id"] == order["entity_id"]


def test_subscribing_by_api_depends_on_version_and_module(sandbox: Served, receiver: Receiver) -> None:
    hook = {"webhook_method": "observer.sales_order_save_after", "webhook_type": "after", "batch_name": "visma",
            "hook_name": "order", "url": receiver.url}  # fmt: skip
    paas = Paas(sandbox)
    assert paas.post("/webhooks/subscribe", json={"webhook": hook}).status_code == 404
    assert Saas(sandbox).post("/webhooks/subscribe", json={"webhook": hook}).json() is True
    assert [one["hook_name"] for one in paas.get("/webhooks/list").json()] == ["order"]
    sandbox.options(version="2.4.9")
    assert paas.post("/webhooks/unsubscribe", json={"webhook": hook}).json() is True
    assert paas.get("/webhooks/list").json() == []
    sandbox.options(modules=["Magento_Store"])
    assert paas.get("/webhooks/list").status_code == 404


def test_events_may_overtake_each_other(sandbox: Served, receiver: Receiver) -> None:
    event = {"name": "observer.sales_order_save_commit_after", "fields": [{"name": "status"}]}
    Paas(sandbox).post("/eventing/eventSubscribe", json={"event": event, "force": False})
    act(sandbox, "add_event_registration", url=receiver.url, client_id="c1", client_secret="s1", unchallenged=True)
    sandbox.options(events_swapped=True)
    order = act(sandbox, "guest_order", payment="banktransfer")
    act(sandbox, "hold", order=order["increment_id"])
    told = [json.loads(content)["data"]["value"]["status"] for _headers, content in receiver.wait(2)]
    assert told == ["holded", "pending"]


def test_events_are_challenged_signed_twice_and_may_come_twice(sandbox: Served, receiver: Receiver) -> None:
    paas = Paas(sandbox)
    event = {
        "name": "observer.sales_order_save_commit_after",
        "fields": [{"name": "entity_id"}, {"name": "updated_at"}],
    }
    assert paas.post("/eventing/eventSubscribe", json={"event": event, "force": False}).json() is True
    receiver.statuses.append(500)
    own = {"company": "FI", "url": receiver.url, "client_id": "c1", "client_secret": "s1"}
    body = {"system": "adobe", "action": "add_event_registration", "with": own}
    assert requests.post(f"{sandbox.url}/_control/act", json=body, timeout=10).status_code == 400
    act(sandbox, "add_event_registration", url=receiver.url, client_id="c1", client_secret="s1")
    sandbox.options(webhook_copies=2)
    order = act(sandbox, "guest_order", payment="banktransfer")
    (headers, content), (again, _) = receiver.wait(2)[:2]
    told = json.loads(content)
    assert told["type"] == "com.adobe.commerce.observer.sales_order_save_commit_after"
    assert told["recipient_client_id"] == "c1"
    assert told["data"]["value"]["entity_id"] == order["entity_id"]
    assert set(told["data"]["value"]) == {"entity_id", "updated_at"}
    assert headers["x-adobe-event-id"] == again["x-adobe-event-id"] == told["event_id"]
    for number in (1, 2):
        pem = requests.get(sandbox.url + headers[f"x-adobe-public-key{number}-path"], timeout=10).text
        verify(pem, headers[f"x-adobe-digital-signature-{number}"], content)

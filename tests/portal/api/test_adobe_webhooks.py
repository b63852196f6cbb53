"""Webhooks of Adobe Commerce: three ways to sign, an answer that lets the shop go on, a challenge."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from django_scopes import scopes_disabled

from integrations.actions.webhooks import KeysForm
from integrations.models import Connection, Feed, WebhookEndpoint, WebhookEvent
from integrations.services import webhooks
from portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db
ORDER = json.dumps(
    {"subject": [], "eventName": "sales_order_save_after", "data": {"order": {"entity_id": 42}}}
).encode()
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = (
    KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)


@pytest.fixture
def shop() -> Iterator[WebhookEndpoint]:
    with scopes_disabled():
        tenant = Tenant.objects.create(slug="krok", name="Krok AB")
        connection = Connection.objects.create(tenant=tenant, key="shop", system="adobe_commerce", name="Shop")
        for key in ("orders", "invoices", "credit-memos", "customers"):
            due = timezone.now() + dt.timedelta(hours=6)
            Feed.objects.create(tenant=tenant, connection=connection, key=key, due_at=due, settle_seconds=5)
        yield webhooks.endpoint_of(connection)


def address(to: WebhookEndpoint) -> str:
    return f"/api/v1/webhooks/adobe_commerce/{to.token}/"


def post(to: WebhookEndpoint, body: bytes = ORDER, **headers: str) -> Any:
    return Client(enforce_csrf_checks=True).post(address(to), body, content_type="application/json", headers=headers)


def rsa_of(signed: bytes) -> str:
    return base64.b64encode(KEY.sign(signed, padding.PKCS1v15(), hashes.SHA256())).decode()


def due(to: WebhookEndpoint) -> set[str]:
    soon = timezone.now() + dt.timedelta(minutes=1)
    rows = Feed.objects.filter(connection=to.connection, due_at__lte=soon)
    return set(rows.values_list("key", flat=True))


def test_the_shop_is_told_to_go_on_and_its_orders_are_read(shop: WebhookEndpoint) -> None:
    answer = post(shop)
    assert (answer.status_code, answer.json()) == (200, {"op": "success"})
    assert due(shop) == {"orders"}


@pytest.mark.parametrize(
    ("header", "signed"),
    [
        ("x-adobe-commerce-webhook-signature", base64.b64encode(ORDER)),
        ("x-adobe-digital-signature-1", ORDER),
        ("x-adobe-digital-signature-2", ORDER),
    ],
)
def test_a_public_key_verifies_what_its_sender_signs(shop: WebhookEndpoint, header: str, signed: bytes) -> None:
    webhooks.set_keys(shop, PEM.splitlines(), actor=None)
    assert post(shop, **{header: rsa_of(signed)}).status_code == 200
    assert post(shop, **{header: rsa_of(b"another body")}).status_code == 401
    assert post(shop, **{header: "no base64!"}).status_code == 401
    assert post(shop).status_code == 401


def test_a_commerce_signature_over_the_raw_body_is_none(shop: WebhookEndpoint) -> None:
    webhooks.set_keys(shop, [PEM], actor=None)
    assert post(shop, **{"x-adobe-commerce-webhook-signature": rsa_of(ORDER)}).status_code == 401


@pytest.mark.parametrize("header", ["x-adobe-signature", "x-shop-hmac-sha256"])
def test_a_shared_key_verifies_too_beside_a_public_one(shop: WebhookEndpoint, header: str) -> None:
    webhooks.set_keys(shop, ["shared secret", PEM], actor=None)
    mac = base64.b64encode(hmac.digest(b"shared secret", ORDER, hashlib.sha256)).decode()
    assert post(shop, **{header: mac}).status_code == 200
    wrong = base64.b64encode(hmac.digest(b"another", ORDER, hashlib.sha256)).decode()
    assert post(shop, **{header: wrong}).status_code == 401


def test_the_public_key_itself_is_no_shared_key(shop: WebhookEndpoint) -> None:
    webhooks.set_keys(shop, [PEM], actor=None)
    for line in PEM.splitlines():
        mac = base64.b64encode(hmac.digest(line.encode(), ORDER, hashlib.sha256)).decode()
        assert post(shop, **{"x-adobe-signature": mac}).status_code == 401


@pytest.mark.parametrize(
    ("event", "feed"),
    [
        ("com.adobe.commerce.observer.sales_order_save_commit_after", "orders"),
        ("com.adobe.commerce.observer.sales_order_invoice_save_after", "invoices"),
        ("com.adobe.commerce.observer.sales_order_creditmemo_save_after", "credit-memos"),
        ("com.adobe.commerce.observer.customer_save_after", "customers"),
    ],
)
def test_an_event_says_where_to_look_once(shop: WebhookEndpoint, event: str, feed: str) -> None:
    body = json.dumps(
        {"specversion": "1.0", "id": "23f7", "type": event, "data": {"value": {"entity_id": 42}}}
    ).encode()
    for _ in range(2):
        assert post(shop, body, **{"x-adobe-event-id": "e-1"}).status_code == 200
    assert due(shop) == {feed}
    assert WebhookEvent.objects.get().times == 2


def test_a_batch_of_events_makes_all_their_feeds_due(shop: WebhookEndpoint) -> None:
    names = ("sales_order_save_after", "customer_save_after")
    body = json.dumps([{"type": f"com.adobe.commerce.observer.{n}"} for n in names]).encode()
    assert post(shop, body).status_code == 200
    assert due(shop) == {"orders", "customers"}


def test_what_is_unknown_is_parked(shop: WebhookEndpoint) -> None:
    assert post(shop, b'{"eventName": "catalog_product_save_after", "data": {}}').status_code == 200
    assert not due(shop)
    assert WebhookEvent.objects.get().state == WebhookEvent.State.PARKED


def test_a_challenge_is_answered_with_its_own_word_at_the_right_address_alone(shop: WebhookEndpoint) -> None:
    answer = Client().get(address(shop), {"challenge": "8ec8d794"})
    assert (answer.status_code, answer.content) == (200, b"8ec8d794")
    assert answer["Content-Type"].startswith("text/plain")
    assert Client().get(address(shop)).status_code == 405
    wrong = address(shop).replace(str(shop.token), "x" * 43)
    assert Client().get(wrong, {"challenge": "x"}).status_code == 405


def test_public_keys_that_people_paste_stay_whole_and_each_of_them_verifies(shop: WebhookEndpoint) -> None:
    """Two keys begin with the same line."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = other.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    pasted = f"{pem.decode()}\n shared-key \n{PEM}".replace("\n", "\r\n")
    form = KeysForm({"keys": pasted})
    assert form.is_valid(), form.errors
    assert webhooks.set_keys(shop, form.cleaned_data["keys"], actor=None) == 3
    assert list(shop.keys) == [pem.decode().strip(), "shared-key", PEM.strip()]
    assert post(shop, **{"x-adobe-commerce-webhook-signature": rsa_of(base64.b64encode(ORDER))}).status_code == 200
    assert post(shop, **{"x-adobe-commerce-webhook-signature": rsa_of(b"another")}).status_code == 401


def test_half_a_key_and_a_private_one_are_not_stored() -> None:
    half = KeysForm({"keys": PEM.rpartition("-----END")[0]})
    assert "not whole" in str(half.errors["keys"])
    private = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert "private key" in str(KeysForm({"keys": private.decode()}).errors["keys"])


# --- What an attacker would try

ANOTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key: rsa.RSAPrivateKey, form: serialization.PublicFormat) -> str:
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def event(**changes: Any) -> bytes:
    """An I/O Event of now for us."""
    values = {
        "specversion": "1.0",
        "type": "com.adobe.commerce.observer.sales_order_save_commit_after",
        "time": timezone.now().isoformat(),
        "event_id": "e-1",
        "recipient_client_id": "ours",
    }
    return json.dumps(values | changes).encode()


def signed(to: WebhookEndpoint, body: bytes, **headers: str) -> int:
    return int(post(to, body, **{"x-adobe-digital-signature-1": rsa_of(body)} | headers).status_code)


def test_two_public_keys_beside_each_other_are_both_kept_whole(shop: WebhookEndpoint) -> None:
    """Their first lines are alike: taken line by line, the second lost them, and what was left of it, which is no
    secret, was taken for a shared key."""
    theirs = pem_of(ANOTHER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert webhooks.set_keys(shop, theirs.splitlines(), actor=None) == 1
    assert webhooks.set_keys(shop, PEM.splitlines(), actor=None, beside_old=True) == 2
    assert signed(shop, event()) == 200
    for line in (*PEM.splitlines(), *theirs.splitlines()):
        mac = base64.b64encode(hmac.digest(line.encode(), ORDER, hashlib.sha256)).decode()
        assert post(shop, **{"x-adobe-signature": mac}).status_code == 401


@pytest.mark.parametrize("cut", [1, 3, -1])
def test_a_damaged_key_is_refused_when_it_is_stored_and_verifies_nothing(shop: WebhookEndpoint, cut: int) -> None:
    lines = PEM.splitlines()[:cut]
    with pytest.raises(ValidationError, match="damaged"):
        webhooks.set_keys(shop, lines, actor=None)
    WebhookEndpoint.objects.filter(pk=shop.pk).update(keys=lines)  # as an older release stored it
    for line in PEM.splitlines():
        mac = base64.b64encode(hmac.digest(line.encode(), ORDER, hashlib.sha256)).decode()
        assert post(shop, **{"x-adobe-signature": mac}).status_code == 401


def test_other_forms_of_a_public_key_are_taken_and_a_private_one_is_not(shop: WebhookEndpoint) -> None:
    webhooks.set_keys(shop, pem_of(KEY, serialization.PublicFormat.PKCS1).splitlines(), actor=None)
    assert signed(shop, event()) == 200
    private = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    with pytest.raises(ValidationError, match="private key"):
        webhooks.set_keys(shop, private.splitlines(), actor=None)


def test_an_event_that_adobe_signed_for_somebody_else_is_refused(shop: WebhookEndpoint) -> None:
    webhooks.set_keys(shop, [*PEM.splitlines(), "client-id:ours"], actor=None)
    assert signed(shop, event()) == 200
    for wrong in ({"recipient_client_id": "theirs"}, {"recipient_client_id": None}):
        assert signed(shop, event(event_id="e-2", **wrong)) == 401
    batch = b"[" + event(event_id="e-3") + b"," + event(recipient_client_id="theirs") + b"]"
    assert signed(shop, batch) == 401
    mac = base64.b64encode(hmac.digest(b"client-id:ours", ORDER, hashlib.sha256)).decode()
    assert post(shop, **{"x-adobe-signature": mac}).status_code == 401, "a client id is no key"


def test_an_event_of_days_ago_is_refused_and_one_that_is_repeated_is_nothing_new(shop: WebhookEndpoint) -> None:
    webhooks.set_keys(shop, [PEM], actor=None)
    old = timezone.now() - dt.timedelta(days=3)
    assert signed(shop, event(time=old.isoformat())) == 401
    assert not due(shop)
    body = event()
    for other in ("e-1", "e-2", "e-3"):  # the header is not signed: another one there is the same event
        assert signed(shop, body, **{"x-adobe-event-id": other}) == 200
    assert WebhookEvent.objects.get().times == 3


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/prod/keys/pub-key-voy5XEbWmT.pem", True),
        ("@evil.example/key.pem", False),
        ("/../../key.pem", False),
        ("//evil.example/key.pem", False),
        ("https://evil.example/key.pem", False),
    ],
)
def test_a_key_is_never_fetched_and_only_adobes_own_host_is_named(shop: WebhookEndpoint, path: str, told: bool) -> None:
    webhooks.set_keys(shop, [pem_of(ANOTHER, serialization.PublicFormat.SubjectPublicKeyInfo)], actor=None)
    assert signed(shop, event(), **{"x-adobe-public-key1-path": path}) == 401
    said = WebhookEndpoint.objects.get(pk=shop.pk).last_refusal
    assert ("https://static.adobeioevents.com/prod/keys/" in said) == told
    assert "evil" not in said


def test_a_signature_of_one_kind_is_none_of_the_other(shop: WebhookEndpoint) -> None:
    webhooks.set_keys(shop, [PEM], actor=None)
    assert post(shop, **{"x-adobe-commerce-webhook-signature": rsa_of(ORDER)}).status_code == 401
    assert post(shop, **{"x-adobe-digital-signature-1": rsa_of(base64.b64encode(ORDER))}).status_code == 401
    assert post(shop, **{"x-adobe-signature": rsa_of(ORDER)}).status_code == 401


def test_a_full_batch_of_adobe_is_taken_and_no_more(shop: WebhookEndpoint) -> None:
    names = ("sales_order_save_after", "customer_save_after")
    events = [{"type": f"com.adobe.commerce.observer.{names[n % 2]}", "data": "x" * 19_000} for n in range(100)]
    body = json.dumps(events).encode()
    assert 1_900_000 < len(body) < 2_000_000
    assert post(shop, body).status_code == 200
    assert due(shop) == {"orders", "customers"}
    assert post(shop, body + b" " * 400_000).status_code == 413

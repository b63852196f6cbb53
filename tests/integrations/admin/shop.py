"""A web shop beside the house's other connections: its flow of orders, and one order that was read."""

from __future__ import annotations

import hashlib
from typing import Any

from django.utils import timezone

from integrations.models import Connection, Feed, Flow, Integration, Payload, Record
from integrations.services.connections import save_connection
from integrations.services.feeds import save_integration
from tests.integrations.admin.house import SECRETS, House
from tests.integrations.systems.adobe.orders import item, order, raw, shipped_to

RULES: list[dict[str, Any]] = [
    {"when": {"percents": [25]}, "vat_code": "25"},
    {"when": {"kinds": ["shipping"]}, "account": "3520"},
    {"account": "3001", "segments": {"1": "100"}},
]
NUMBER = "000000042"


def orders_of_shop(house: House) -> Flow:
    """The flow, made once."""
    found = Integration.objects.filter(tenant=house.tenant, key="visma-shop").first()
    if found is None:
        names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        values = {"base_url": "https://shop.example.com", "auth": "oauth1", **dict.fromkeys(names, SECRETS[0])}
        shop, _ = save_connection(
            tenant=house.tenant,
            key="shop",
            name="Web shop",
            system_key="adobe_commerce",
            values=values,
            actor=house.root,
        )
        found, _ = save_integration(
            tenant=house.tenant,
            key="visma-shop",
            name="Visma with the shop",
            books=house.visma,
            partner=shop,
            enabled=True,
            settings={},
            flows={"orders": {"enabled": True, "settings": {"rules": RULES}}},
            actor=house.root,
        )
        _read(house, shop)
    return Flow.objects.select_related("integration").get(integration=found, key="orders")


def _read(house: House, shop: Connection) -> None:
    taxed = [{"type": "product", "item_id": 1, "applied_taxes": [{"code": "NO-25", "percent": 25}]}]
    applied = [{"code": "NO-25", "title": "MVA", "percent": 25, "amount": 37.5}]
    said = {"applied_taxes": applied, "item_applied_taxes": taxed, "shipping_assignments": shipped_to("SE")}
    data = raw(order(item(1), extension_attributes=said))
    payload = Payload.objects.create(
        tenant=house.tenant,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        data=data,
        created_at=timezone.now(),
    )
    Record.objects.create(
        tenant=house.tenant,
        feed=Feed.objects.get(connection=shop, key="orders"),
        run=house.run,
        source_id="42",
        business_number=NUMBER,
        status="processing",
        fingerprint=payload.sha256,
        payload=payload,
        captured_at=timezone.now(),
    )

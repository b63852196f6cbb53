"""A company with its web shop, as the demo configures it, and what its people do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django_scopes import scope, scopes_disabled

from integrations.models import Delivery, Feed, Integration, Issue
from portal.common.clock import db_now
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

PAIR = "visma-adobe-commerce"


@dataclass(frozen=True, slots=True)
class Shop:
    """The company, its shop, and what stands in its books."""

    world: World

    def act(self, action: str, **values: Any) -> Any:
        return self.world.simulators.act("adobe", action, company=self.world.company, **values)

    def order(self, **values: Any) -> dict[str, Any]:
        """Places an order; one article for customer 101 unless said otherwise."""
        given = {"items": [{"sku": "A-001", "qty": 2}], "customer": 101} | values
        if "guest" in given:
            del given["customer"]
        made: dict[str, Any] = self.act("place_order", **given)
        return made

    def rows(self, entity: str, *, system: str = "adobe") -> list[dict[str, Any]]:
        begin = f"{self.world.company}/"
        return [r["body"] for r in self.world.simulators.rows(system, entity) if r["key"].startswith(begin)]

    def stored(self, made: dict[str, Any]) -> dict[str, Any]:
        """The order as it stands in the shop."""
        return next(o for o in self.rows("orders") if str(o["entity_id"]) == str(made["entity_id"]))

    def documents(self, reference: str) -> list[dict[str, Any]]:
        """Customer invoices and credit notes of the books with this external reference."""
        return [d for d in self.rows("customerinvoice", system="visma") if d["externalReference"] == reference]

    def document(self, made: dict[str, Any]) -> dict[str, Any]:
        """The one invoice of an order."""
        [found] = self.documents(f"shop:{made['entity_id']}")
        return found

    def comments(self, made: dict[str, Any]) -> list[str]:
        histories = sorted(self.stored(made).get("status_histories") or [], key=lambda h: int(h["entity_id"]))
        return [h["comment"] for h in histories if h.get("comment")]

    def troubles(self) -> list[str]:
        with scope(tenant=self.world.tenant):
            stuck = self.world.deliveries(state__in=["failed", "in_doubt", "waiting"])
            return [f"{d.flow.key} {d.operation} {d.business_number}: {d.state} {d.reason}" for d in stuck]

    def issues(self) -> list[str]:
        with scope(tenant=self.world.tenant):
            return [i.sentence for i in Issue.objects.filter(status=Issue.Status.OPEN)]

    def deliveries(self, flow: str, **filters: Any) -> list[Delivery]:
        with scope(tenant=self.world.tenant):
            return self.world.deliveries(flow__key=flow, flow__integration__pair=PAIR, **filters)


def money(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


@pytest.fixture
def make_shop(world: World, sandbox: Simulators, tmp_path: Path) -> Callable[..., Shop]:
    """Configures the company with its shop alone. `past`: what is there already counts as read; `flows`: settings that
    take the place of the demo's; None switches a flow off."""

    def make(*, past: bool = True, flows: dict[str, Any] | None = None, **changes: Any) -> Shop:
        text = (Path(settings.BASE_DIR) / "demo" / "tenants.yaml").read_text(encoding="utf-8")
        entry = next(t for t in yaml.safe_load(text)["tenants"] if t["slug"] == "kasityopuoti")
        entry["connections"] = [c for c in entry["connections"] if c["system"] in ("visma", "adobe_commerce")]
        entry["integrations"] = [i for i in entry["integrations"] if i["key"] == PAIR]
        entry["trading_partners"] = []
        entry.pop("agreement_defaults", None)
        connection = next(c for c in entry["connections"] if c["key"] == "shop")
        connection["settings"] = connection["settings"] | changes
        mine = entry["integrations"][0]["flows"]
        for key, values in (flows or {}).items():
            if values is None:
                del mine[key]
            else:
                mine[key] = {"settings": (mine[key] or {}).get("settings", {}) | values}
        apply_entry(entry, sandbox, folder=tmp_path)
        with scopes_disabled():
            Integration.objects.exclude(key=PAIR).update(enabled=False)
            Feed.objects.exclude(connection__system__in=["visma", "adobe_commerce"]).update(enabled=False)
            feeds = Feed.objects.update(settle_seconds=0, due_at=db_now())
            if past:
                Feed.objects.filter(read_until=None).update(read_until=db_now(), overlap_seconds=0)
            assert feeds
        sandbox.options("visma", release_result="Done")
        return Shop(World(world.tenant, entry, sandbox))

    return make


@pytest.fixture
def shop(make_shop: Callable[..., Shop]) -> Shop:
    return make_shop()

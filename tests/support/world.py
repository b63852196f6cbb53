"""A tenant of the demo, configured against the simulators, and what must stand on its networks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from integrations.models import Connection, Delivery, Feed, Flow, Integration
from integrations.services.configuration.applying import apply
from integrations.services.configuration.loading import load
from portal.common.installation import write_epoch
from portal.tenants.models import Tenant
from tests.support.simulators import Simulators

PASSWORD = "look-around-2026"
QUICK = {
    "visma": {"deadline_seconds": 5, "visibility_seconds": 2},
    "orderful": {"poll_seconds": 1, "visibility_seconds": 1, "deadline_seconds": 2},
    "cleo": {"visibility_seconds": 1, "deadline_seconds": 2},
}
"""Settings by which stories about waiting take seconds."""
FLOWS = ("purchase-orders", "supplier-invoices")
"""The flows that are switched on: what must stand on the networks is known for them (see networks.py)."""


@dataclass(frozen=True, slots=True)
class World:
    """The tenant and where it is connected to."""

    tenant: Tenant
    entry: dict[str, Any]
    """As it stands in the demo's configuration."""
    simulators: Simulators

    @property
    def company(self) -> str:
        """The company's country, which begins the keys of its rows in Visma: FI/500001."""
        company_id = self.connection("visma").settings["company_id"]
        found = self.simulators.get("")["systems"]["visma"]["companies"]
        key: str = next(c["key"] for c in found if str(c["company_id"]) == company_id)
        return key

    def connection(self, key: str) -> Connection:
        return Connection.objects.get(tenant=self.tenant, key=key)

    def integration(self, key: str) -> Integration:
        return Integration.objects.get(tenant=self.tenant, key=key)

    def flow(self, full_key: str) -> Flow:
        pair, _, key = full_key.partition(".")
        return Flow.objects.get(tenant=self.tenant, integration__pair=pair, key=key)

    def feed(self, key: str) -> Feed:
        return Feed.objects.select_related("connection", "tenant").get(tenant=self.tenant, key=key)

    def deliveries(self, number: str = "", **filters: Any) -> list[Delivery]:
        """Deliveries in the order in which they were made; `number` is a business number."""
        rows = Delivery.objects.filter(tenant=self.tenant, **filters)
        if number:
            rows = rows.filter(business_number=number)
        return list(rows.select_related("flow__integration", "issue", "record").order_by("pk"))


def entry_of(slug: str) -> dict[str, Any]:
    """A tenant as it stands in the demo's configuration, with its networks alone and quick settings."""
    text = (Path(settings.BASE_DIR) / "demo" / "tenants.yaml").read_text(encoding="utf-8")
    entry: dict[str, Any] = next(t for t in yaml.safe_load(text)["tenants"] if t["slug"] == slug)
    entry["connections"] = [c for c in entry["connections"] if c["system"] in QUICK]
    entry["integrations"] = [i for i in entry["integrations"] if i["partner"] in QUICK]
    for connection in entry["connections"]:
        connection["settings"] |= QUICK[connection["system"]]
    for integration in entry["integrations"]:
        integration["flows"] = {key: value for key, value in integration["flows"].items() if key in FLOWS}
    return entry


def configure(slug: str, simulators: Simulators, *, folder: Path) -> World:
    """Applies the demo's entry of a tenant by way of a configuration file, as an operator does."""
    entry = entry_of(slug)
    apply_entry(entry, simulators, folder=folder)
    return World(Tenant.objects.get(slug=slug), entry, simulators)


def apply_entry(entry: dict[str, Any], simulators: Simulators, *, folder: Path) -> None:
    """Applies one tenant's entry. A worker that was about to note that it lives may have written the epoch of the
    database before, which was emptied under it: the file is written anew."""
    write_epoch()
    file = folder / f"{entry['slug']}.yaml"
    file.write_text(yaml.safe_dump({"tenants": [entry]}, allow_unicode=True), encoding="utf-8")
    apply(*load(file, environment={"SANDBOX_URL": simulators.url, "DEMO_PASSWORD": PASSWORD}))

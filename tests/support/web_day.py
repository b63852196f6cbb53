"""A day of a web shop, and whether shop and books say the same of it, by day, currency and tax code.

Both sides are read from the simulators by the simplest means there are: nothing of the connector's code has a say.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from django.conf import settings
from django_scopes import scopes_disabled

from integrations.engine.operations import claim_operation, work_on
from integrations.engine.sessions import Sessions
from integrations.models import Delivery, Feed, Flow, Operation, State
from integrations.services import operations
from portal.common.clock import db_now
from tests.support.simulators import Simulators
from tests.support.world import apply_entry

CENT = Decimal("0.01")
SOLD = ("processing", "complete", "closed")
PAIR = "visma-adobe-commerce"
IN = ("customers", "guests", "orders", "invoices", "credit-memos", "customer-invoices")
CODES = {"25.5": "255", "13.5": "135", "10": "100", "0": "000"}
"""VAT codes of the books by the shop's rates, as the demo's rules have them."""
Key = tuple[str, ...]
"""Day and currency; of a tax its code besides."""


@dataclass(slots=True)
class Totals:
    """What was sold less what was given back."""

    documents: int = 0
    gross: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    tax: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def in_the_shop(simulators: Simulators, *, company: str, zone: str) -> Totals:
    """Orders that were sold, and credit memos."""
    found = Totals()
    orders = {o["entity_id"]: o for o in _rows(simulators, "adobe", "orders", company)}
    for order in orders.values():
        if order["state"] in SOLD:
            _add(found, order, order, sign=1, zone=zone)
    for memo in _rows(simulators, "adobe", "creditmemos", company):
        _add(found, memo, orders[memo["order_id"]], sign=-1, zone=zone)
    return found


def in_the_books(simulators: Simulators, *, company: str, prefix: str) -> Totals:
    """Released invoices and credit notes that carry the shop's name."""
    found = Totals()
    for document in _rows(simulators, "visma", "customerinvoice", company):
        if not (document["externalReference"] or "").startswith(prefix) or document["status"] not in ("Open", "Closed"):
            continue
        sign = -1 if document["documentType"] == "CreditNote" else 1
        key = (document["documentDate"][:10], document["currencyId"])
        found.documents += 1
        found.gross[key] += sign * _money(document["amountInCurrency"])
        for tax in document["taxDetails"]:
            if tax["vatAmount"]:
                found.tax[*key, tax["taxId"]] += sign * _money(tax["vatAmount"])
    return found


def differences(shop: Totals, books: Totals) -> list[str]:
    """What the two say differently. Totals are equal to the cent; the tax may differ by what VAT by code and VAT by row
    differ, at most a cent a document."""
    said = []
    if shop.documents != books.documents:
        said.append(f"{shop.documents} documents in the shop, {books.documents} in the books")
    allowed = CENT * max(shop.documents, 1)
    for what, there, here, most in (("", shop.gross, books.gross, 0), (" tax", shop.tax, books.tax, allowed)):
        said += [
            f"{' '.join(key)}{what}: {there[key]} in the shop, {here[key]} in the books"
            for key in sorted({*there, *here})
            if abs(there[key] - here[key]) > most
        ]
    return said


def _add(found: Totals, document: dict[str, Any], order: dict[str, Any], *, sign: int, zone: str) -> None:
    made = dt.datetime.strptime(document["created_at"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC)
    key = (made.astimezone(ZoneInfo(zone)).date().isoformat(), order["order_currency_code"])
    found.documents += 1
    found.gross[key] += sign * _money(document["grand_total"])
    for percent, tax in _taxes(document, order):
        if tax:
            found.tax[*key, CODES[f"{Decimal(str(percent)).normalize():f}"]] += sign * _money(tax)


def _taxes(document: dict[str, Any], order: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Rates and taxes of a document. A credit memo's rows know no rates: their order does."""
    extension = order["extension_attributes"]
    if document is order:
        return [(tax["percent"], tax["amount"]) for tax in extension["applied_taxes"]]
    rates = {item["item_id"]: item["tax_percent"] for item in order["items"]}
    shipping = [one for one in extension["item_applied_taxes"] if one["type"] == "shipping"]
    rate = shipping[0]["applied_taxes"][0]["percent"] if shipping else 0
    rows = [(rates[row["order_item_id"]], row.get("tax_amount") or 0) for row in document["items"]]
    return [*rows, (rate, document.get("shipping_tax_amount") or 0)]


def _rows(simulators: Simulators, system: str, entity: str, company: str) -> list[dict[str, Any]]:
    return [row["body"] for row in simulators.rows(system, entity) if row["key"].startswith(f"{company}/")]


def _money(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(CENT)


# --- The company with its shop alone


def configure(sandbox: Simulators, folder: Path, **changes: Any) -> None:
    """The demo's company with its shop alone; keywords change the shop's settings."""
    text = (Path(settings.BASE_DIR) / "demo" / "tenants.yaml").read_text(encoding="utf-8")
    entry = next(t for t in yaml.safe_load(text)["tenants"] if t["slug"] == "kasityopuoti")
    entry["connections"] = [c for c in entry["connections"] if c["system"] in ("visma", "adobe_commerce")]
    entry["integrations"] = [i for i in entry["integrations"] if i["key"] == PAIR]
    entry["integrations"][0]["flows"] = {k: v for k, v in entry["integrations"][0]["flows"].items() if k in IN}
    entry["trading_partners"] = []
    entry.pop("agreement_defaults", None)
    for connection in entry["connections"]:
        connection["settings"] |= {"deadline_seconds": 10} | (changes if connection["key"] == "shop" else {})
    apply_entry(entry, sandbox, folder=folder)
    with scopes_disabled():
        Feed.objects.filter(connection__system="visma").update(read_until=db_now(), overlap_seconds=0)
        Feed.objects.update(settle_seconds=0, due_at=db_now())


STORES = ("default", "se", "no")


def begin_the_rest(sandbox: Simulators, count: int) -> list[str]:
    """What a day has besides: orders of companies on account, and orders that are invoiced in two parts. Returns the
    numbers of the latter."""
    begun = []
    for number in range(count):
        company = {
            "email": f"osto{number}@yritys.example",
            "company": f"Yritys {number} Oy",
            "vat_id": f"FI{30_000_000 + number}",
        }
        bought = [{"sku": "A-001", "qty": 2}, {"sku": "A-004", "qty": 1}]
        made = _act(
            sandbox, "guest_order", guest=company, items=bought, payment="purchaseorder", po_number=f"PO-{number}"
        )
        _act(sandbox, "pay", order=made["increment_id"])
        bought = [{"sku": "A-001", "qty": 4}, {"sku": "A-004", "qty": 1}]
        store = STORES[number % len(STORES)]
        made = _act(sandbox, "place_order", customer=10001, store=store, items=bought, payment="klarna_kp")
        _act(sandbox, "invoice", order=made["increment_id"], items=[{"sku": "A-001", "qty": 1}])
        begun.append(made["increment_id"])
    return begun


def end_the_rest(sandbox: Simulators, begun: Sequence[str], finished: Sequence[str]) -> None:
    """The other parts are invoiced; of `finished` orders all is given back, one piece, or an amount alone."""
    for number in begun:
        _act(sandbox, "invoice", order=number)
    rows = {str(o["increment_id"]): o for o in _rows(sandbox, "adobe", "orders", "FI")}
    for place, number in enumerate(finished):
        first = next(i["sku"] for i in rows[number]["items"] if i["parent_item_id"] is None)
        parts: tuple[dict[str, Any], ...] = (
            {},
            {"items": [{"sku": first, "qty": 1}], "shipping": 0},
            {"items": [], "shipping": 0, "adjustment_positive": 1},
        )
        _act(sandbox, "credit_memo", order=number, **parts[place % len(parts)])


def _act(sandbox: Simulators, action: str, **given: Any) -> Any:
    return sandbox.act("adobe", action, company="FI", **given)


def reconciled(flow: str, *, since: dt.datetime, seconds: float) -> tuple[dict[str, str], list[str]]:
    """What our own reconciliation of a flow says: totals by day, currency and VAT code, and what is different. Fails
    after `seconds`."""
    row = Flow.objects.select_related("integration", "tenant").get(key=flow, integration__pair=PAIR)
    asked = operations.ask_reconcile(row, since=since, until=db_now() + dt.timedelta(days=1), actor=None)
    until = time.monotonic() + seconds
    while not asked.ended:
        assert time.monotonic() < until, f"The reconciliation of {flow} does not end."
        Operation.objects.filter(pk=asked.pk, lease_until=None).update(due_at=db_now())
        claimed = claim_operation("web-day")
        if claimed is not None:
            work_on(claimed, Sessions())
        else:  # a worker has it
            time.sleep(0.2)
        asked = Operation.objects.get(pk=asked.pk)
    lines = operations.reconciled_lines(asked)
    totals = operations.totals_of(lines)
    said = [asked.problem] if asked.problem else []
    said += [f"{flow} {one['number']}: {one['kind']}" for one in lines if one["counts_here"] and one["kind"] != "same"]
    said += [f"{flow} {t.day} {t.currency} {t.code}: {t.difference}" for t in totals if t.difference]
    shown = {f"{t.day} {t.currency} {t.code}": f"{t.net_there} + {t.tax_there}" for t in totals}
    return shown, said + ([] if totals else [f"{flow}: nothing was compared"])


def wrong(sandbox: Simulators) -> list[str]:
    """What shop and books say differently, and what is stuck."""
    shop = in_the_shop(sandbox, company="FI", zone="Europe/Helsinki")
    books = in_the_books(sandbox, company="FI", prefix="shop:")
    with scopes_disabled():
        stuck = Delivery.objects.filter(state__in=[State.FAILED, State.IN_DOUBT, State.WAITING])
        said = [f"{d.flow.key} {d.business_number} {d.operation}: {d.reason}" for d in stuck.select_related("flow")]
    return said + differences(shop, books)

"""A day of a web shop, and whether shop and books say the same of it, document by document, VAT code by VAT code and
account by account, to the cent.

Both sides are read from the simulators by the simplest means there are: nothing of the connector's code has a say.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import ROUND_HALF_UP, Decimal
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
from portal.tenants.models import Tenant
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

CENT = Decimal("0.01")
SOLD = ("processing", "complete", "closed")
PAIR = "visma-adobe-commerce"
IN = ("customers", "guests", "orders", "invoices", "credit-memos", "customer-invoices")
CODES = {"25.5": "255", "13.5": "135", "10": "100", "0": "000"}
"""VAT codes of the books by the shop's rates, as the demo's rules have them; and its accounts:"""
SALES, CREDITS, ROUNDING = "3000", "2870", "4700"
Nets = dict[tuple[str, str], Decimal]
"""By VAT code and account; what is nothing is left out."""


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or a credit note, as it stands in the books or must stand there."""

    kind: str
    day: str
    currency: str
    gross: Decimal
    nets: Nets
    tax: dict[str, Decimal]
    """By VAT code."""


Documents = dict[str, Document]
"""By what their external references say behind the shop's name: `42`, `creditmemo:7`, `cancelled:43`."""


def in_the_shop(simulators: Simulators, *, company: str, zone: str, taken_back: Collection[str] = ()) -> Documents:
    """What must stand in the books: an invoice for each order that was sold, a credit note for each credit memo, and
    one for what was cancelled of the orders `taken_back` (their numbers) after they had been sold."""
    orders = {o["entity_id"]: o for o in _rows(simulators, "adobe", "orders", company)}
    cancelled = {key: o for key, o in orders.items() if o["increment_id"] in taken_back}
    found = {str(key): wanted(o, o, zone=zone) for key, o in orders.items() if o["state"] in SOLD or key in cancelled}
    for key, order in cancelled.items():
        found[f"cancelled:{key}"] = wanted(rest_of(order), order, zone=zone)
    kept: dict[int, Decimal] = defaultdict(Decimal)
    for given in _rows(simulators, "adobe", "balance_history", company):
        kept[given["creditmemo_id"]] += _money(given["amount"])
    for memo in _rows(simulators, "adobe", "creditmemos", company):
        order, own = orders[memo["order_id"]], memo["entity_id"]
        found[f"creditmemo:{own}"] = wanted(memo, order, zone=zone, kept=kept[own])
    return found


def rest_of(order: Mapping[str, Any]) -> dict[str, Any]:
    """What was cancelled of an order: all that was not invoiced, as if it were a credit memo of the day of that."""
    rows = []
    for item in order["items"]:
        amounts = (
            ("row_total", "row_invoiced"),
            ("tax_amount", "tax_invoiced"),
            ("discount_amount", "discount_invoiced"),
        )
        compensation = "discount_tax_compensation_amount"
        amounts += ((compensation, "discount_tax_compensation_invoiced"),)
        left = {name: float(_money(item[name]) - _money(item.get(done) or 0)) for name, done in amounts}
        rows.append({"order_item_id": item["item_id"], **left})
    way = 0 if order.get("shipping_invoiced") else 1
    names = ("shipping_amount", "shipping_discount_amount", "shipping_discount_tax_compensation_amount")
    return {
        "increment_id": f"{order['increment_id']}, cancelled",
        "entity_id": None,
        "created_at": order["updated_at"],
        "items": rows,
        "tax_amount": float(_money(order["tax_amount"]) - _money(order.get("tax_invoiced") or 0)),
        "grand_total": float(_money(order["grand_total"]) - _money(order.get("total_invoiced") or 0)),
        "extension_attributes": {} if order.get("total_invoiced") else order["extension_attributes"],
        **{name: (order.get(name) or 0) * way for name in names},
    }


def in_the_books(simulators: Simulators, *, company: str, prefix: str) -> Documents:
    """Released invoices and credit notes that carry the shop's name. One that is there twice has a name of its own."""
    found: Documents = {}
    for document in _rows(simulators, "visma", "customerinvoice", company):
        reference = document["externalReference"] or ""
        if not reference.startswith(prefix) or document["status"] not in ("Open", "Closed"):
            continue
        key = reference.removeprefix(prefix)
        found[f"{key} once more, {document['referenceNumber']}" if key in found else key] = stands(document)
    return found


def stands(document: Mapping[str, Any]) -> Document:
    """A document of the books."""
    nets: Nets = defaultdict(Decimal)
    for line in document["invoiceLines"]:
        nets[line["vatCode"]["id"], line["account"]["number"]] += _money(line["amountInCurrency"])
    return Document(
        kind=document["documentType"],
        day=document["documentDate"][:10],
        currency=document["currencyId"],
        gross=_money(document["amountInCurrency"]),
        nets=_said(nets),
        tax=_said({tax["taxId"]: _money(tax["vatAmount"]) for tax in document["taxDetails"]}),
    )


def wanted(document: Mapping[str, Any], order: Mapping[str, Any], *, zone: str, kept: Decimal = Decimal(0)) -> Document:
    """What the books must have of an order, or of a credit memo of it: VAT once for each code, and what that differs
    from the shop's, which reckons it by row, as rounding. `kept`: what of a refund the customer has as store credit."""
    nets: Nets = defaultdict(Decimal)
    rates: dict[str, Decimal] = {}
    for account, rate, net in _parts(document, order):
        code = CODES[f"{rate.normalize():f}"]
        nets[code, account] += net
        rates[code] = rate
    nets[CODES["0"], CREDITS] -= kept
    rates.setdefault(CODES["0"], Decimal(0))
    gross = _money(document["grand_total"]) - kept
    assert sum(nets.values()) + _money(document["tax_amount"]) == gross, f"{document['increment_id']} is not understood"
    tax = {
        code: (sum(net for (own, _), net in nets.items() if own == code) * rate / 100).quantize(CENT, ROUND_HALF_UP)
        for code, rate in rates.items()
    }
    nets[CODES["0"], ROUNDING] += gross - sum(nets.values()) - sum(tax.values())
    made = dt.datetime.strptime(document["created_at"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC)
    return Document(
        kind="Invoice" if document is order else "CreditNote",
        day=made.astimezone(ZoneInfo(zone)).date().isoformat(),
        currency=order["order_currency_code"],
        gross=gross,
        nets=_said(nets),
        tax=_said(tax),
    )


def differences(shop: Documents, books: Documents) -> list[str]:
    """What the two say differently."""
    said = [f"{key} is not in the books" for key in shop if key not in books]
    said += [f"{key} is in the books alone" for key in books if key not in shop]
    for key in sorted({*shop} & {*books}):
        there, here = shop[key], books[key]
        pairs = [(f.name, getattr(there, f.name), getattr(here, f.name)) for f in fields(Document)]
        said += [f"{key} {name}: must be {must}, is {now}" for name, must, now in pairs if must != now]
    return said


def sold(documents: Documents) -> dict[tuple[str, str], Decimal]:
    """What was sold less what was given back, by day and currency."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for one in documents.values():
        found[one.day, one.currency] += one.gross if one.kind == "Invoice" else -one.gross
    return found


def _parts(document: Mapping[str, Any], order: Mapping[str, Any]) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Account, rate of tax and net amount of all that a document comes to. A credit memo's rows know no rates, and it
    says nothing of fees: its order does both."""
    none, extension, own = Decimal(0), order["extension_attributes"], document.get("extension_attributes") or {}
    items = {item["item_id"]: item for item in order["items"]}
    sums = {item["parent_item_id"] for item in order["items"] if item["parent_item_id"] and item["row_total"]}
    for row in document["items"]:
        item = items[row["item_id"] if document is order else row["order_item_id"]]
        if row.get("row_total") and item["item_id"] not in sums:  # the parent of such rows shows their sum
            yield SALES, Decimal(str(item["tax_percent"])), _net(row, "row_total", "")
    shipping = [one for one in extension["item_applied_taxes"] if one["type"] == "shipping"]
    rate = Decimal(str(shipping[0]["applied_taxes"][0]["percent"])) if shipping else none
    yield SALES, rate, _net(document, "shipping_amount", "shipping_")
    for fee in extension.get("custom_fees") or ():
        if document is order:
            yield SALES, none, _money(fee["custom_fee_amount"])
        elif fee["creditmemo_id"] == str(document["entity_id"]):
            yield SALES, none, _money(fee["custom_fee_amount_refunded"])
    yield SALES, none, _money(document.get("adjustment") or 0)
    for name in ("gift_cards_amount", "customer_balance_amount"):
        yield CREDITS, none, -_money(own.get(name) or 0)


def _net(row: Mapping[str, Any], name: str, prefix: str) -> Decimal:
    """After discounts, without the tax that hides in them."""
    off, back = row.get(f"{prefix}discount_amount") or 0, row.get(f"{prefix}discount_tax_compensation_amount") or 0
    return _money(row.get(name) or 0) - _money(off) + _money(back)


def _said(amounts: Mapping[Any, Decimal]) -> dict[Any, Decimal]:
    return {key: amount for key, amount in amounts.items() if amount}


def _rows(simulators: Simulators, system: str, entity: str, company: str) -> list[dict[str, Any]]:
    return [row["body"] for row in simulators.rows(system, entity) if row["key"].startswith(f"{company}/")]


def _money(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(CENT)


# --- The company with its shop alone


def configure(sandbox: Simulators, folder: Path, **changes: Any) -> World:
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
    return World(Tenant.objects.get(slug=entry["slug"]), entry, sandbox)


STORES = ("default", "se", "no")


@dataclass(frozen=True, slots=True)
class Begun:
    """Numbers of orders that something becomes of later."""

    in_parts: list[str] = field(default_factory=list)
    """Their other part is invoiced."""
    whole: list[str] = field(default_factory=list)
    """They are cancelled."""
    rest: list[str] = field(default_factory=list)
    """What was not invoiced of them is cancelled."""
    rest_and_refunded: list[str] = field(default_factory=list)
    """The same; then what was invoiced is given back."""
    refunded_and_rest: list[str] = field(default_factory=list)
    """The same, the other way round: so they are cancelled."""
    to_store_credit: list[str] = field(default_factory=list)
    """They are refunded to store credit, wholly or not."""

    @property
    def taken_back(self) -> set[str]:
        return {*self.whole, *self.rest, *self.rest_and_refunded, *self.refunded_and_rest}


def begin_the_rest(sandbox: Simulators, count: int) -> Begun:
    """What a day has besides: orders of companies on account, orders that are invoiced in two parts, cancelled, or
    refunded to store credit."""
    begun = Begun()
    for number in range(count):
        company = {
            "email": f"osto{number}@yritys.example",
            "company": f"Yritys {number} Oy",
            "vat_id": f"FI{30_000_000 + number}",
        }
        bought = [{"sku": "A-001", "qty": 2}, {"sku": "A-004", "qty": 1}]
        made = _act(
            sandbox,
            "guest_order",
            guest=company,
            items=bought,
            payment="purchaseorder",
            po_number=f"PO-{number}",
            fees=[{"code": "app::handling", "label": "Handling", "amount": 1.25 * (number + 1)}],
        )
        _act(sandbox, "pay", order=made["increment_id"])
        bought = [{"sku": "A-001", "qty": 4}, {"sku": "A-004", "qty": 1}]
        store = STORES[number % len(STORES)]
        made = _act(sandbox, "place_order", customer=10001, store=store, items=bought, payment="klarna_kp")
        _act(sandbox, "invoice", order=made["increment_id"], items=[{"sku": "A-001", "qty": 1}])
        begun.in_parts.append(made["increment_id"])
        _begin_what_is_taken_back(sandbox, begun, number, store)
    return begun


def _begin_what_is_taken_back(sandbox: Simulators, begun: Begun, number: int, store: str) -> None:
    def order(payment: str, invoiced: int, **given: Any) -> str:
        bought = [{"sku": "A-001", "qty": 4}, {"sku": "A-004", "qty": 1}]
        made = _act(sandbox, "place_order", customer=10001, store=store, items=bought, payment=payment, **given)
        if invoiced:
            _act(sandbox, "invoice", order=made["increment_id"], items=[{"sku": "A-001", "qty": invoiced}])
        return str(made["increment_id"])

    begun.whole.append(order("klarna_kp", 0, discount_percent=7, **({"store_credit": 2} if number % 2 else {})))
    for orders in (begun.rest, begun.rest_and_refunded, begun.refunded_and_rest):
        orders.append(order("klarna_kp", 1, discount_percent=number % 2 * 5))
    begun.to_store_credit.append(order("stripe_payments", 0, store_credit=number % 2 * 3))


def end_the_rest(sandbox: Simulators, begun: Begun, finished: Sequence[str]) -> None:
    """The other parts are invoiced, or cancelled; of `finished` orders all is given back, one piece, or an amount
    alone."""
    for number in begun.in_parts:
        _act(sandbox, "invoice", order=number)
    for number in begun.refunded_and_rest:
        _act(sandbox, "credit_memo", order=number)
    for number in begun.taken_back:
        assert _act(sandbox, "cancel", order=number)
    for number in begun.rest_and_refunded:
        _act(sandbox, "credit_memo", order=number)
    for place, number in enumerate(begun.to_store_credit):
        _act(sandbox, "credit_memo", order=number, to_store_credit=("all", 3.35)[place % 2])
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
    said += [f"{flow} {one['number']}: only there" for one in lines if one["counts_there"] and not one["counts_here"]]
    said += [
        f"{flow} {t.day} {t.currency} {t.code}: {t.net_here} + {t.tax_here} here, {t.net_there} + {t.tax_there} there"
        for t in totals
        if not t.is_equal
    ]
    shown = {f"{t.day} {t.currency} {t.code}": f"{t.net_there} + {t.tax_there}" for t in totals}
    return shown, said + ([] if totals else [f"{flow}: nothing was compared"])


def wrong(sandbox: Simulators, taken_back: Collection[str] = ()) -> list[str]:
    """What shop and books say differently, and what is stuck. `taken_back`: as for `in_the_shop`."""
    shop = in_the_shop(sandbox, company="FI", zone="Europe/Helsinki", taken_back=taken_back)
    books = in_the_books(sandbox, company="FI", prefix="shop:")
    with scopes_disabled():
        stuck = Delivery.objects.filter(state__in=[State.FAILED, State.IN_DOUBT, State.WAITING])
        said = [f"{d.flow.key} {d.business_number} {d.operation}: {d.reason}" for d in stuck.select_related("flow")]
    return said + differences(shop, books)

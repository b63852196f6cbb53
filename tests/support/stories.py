"""One story for each flow: what happens behind the connector's back, so that the flow has something to do.

The same stories prove that every flow works at all (tests/scenarios), and that it ends the same wherever its worker is
killed (tests/crash). A new flow joins by one line in STORIES.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction
from django_scopes import scopes_disabled

from integrations.flows.registry import flow_spec
from integrations.models import Delivery, Feed, State
from portal.common.clock import db_now
from portal.common.installation import installation
from tests.support.simulators import Simulators
from tests.support.world import apply_entry

News = Callable[[Simulators], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What another flow of the pair did before the story begins."""

    flow: str
    news: News


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is told of one flow. It begins with a tenant that has read everything and sent nothing."""

    news: News
    """What changes in the source. Everything that the flow then does is part of the story."""
    delivered: int
    """How many deliveries of the flow are delivered at its end: a story in which nothing happens proves nothing."""
    before: Before | None = None
    also: tuple[str, ...] = ()
    """Flows without which this one has nothing to do."""
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Settings of connections, by system, beside those of the demo."""
    tenant: str = "kasityopuoti"

    def entry(self, flow: str) -> dict[str, Any]:
        """The tenant as the demo configures it: the flow's pair alone, and of its flows those of the story."""
        told = {flow, *self.also} | ({self.before.flow} if self.before is not None else set())
        text = (Path(settings.BASE_DIR) / "demo" / "tenants.yaml").read_text(encoding="utf-8")
        entry: dict[str, Any] = next(t for t in yaml.safe_load(text)["tenants"] if t["slug"] == self.tenant)
        pair = flow_spec(flow).pair
        entry["integrations"] = [i for i in entry["integrations"] if f"{i['key']}" == pair]
        for integration in entry["integrations"]:
            integration["flows"] = {k: v for k, v in integration["flows"].items() if f"{pair}.{k}" in told}
        for connection in entry["connections"]:
            connection["settings"] |= QUICK.get(connection["system"], {}) | self.settings.get(connection["system"], {})
        return entry

    def begin(
        self,
        flow: str,
        simulators: Simulators,
        *,
        folder: Path,
        work: Callable[[], object],
        aside: Callable[[Callable[[], object]], object] = lambda step: step(),
    ) -> None:
        """Simulators and database as they stand when the story begins. `work` does all that is due. `aside` does what
        needs the database, where that must not be this process."""
        simulators.reset()
        for system, values in AT_ONCE.items():
            simulators.options(system, **values)
        if self.before is not None:
            earlier = self.before.flow
            aside(lambda: configure(self.entry(earlier), simulators, folder=folder))
            self.before.news(simulators)
            aside(work)
        aside(lambda: configure(self.entry(flow), simulators, folder=folder))
        self.news(simulators)


def configure(entry: dict[str, Any], simulators: Simulators, *, folder: Path) -> None:
    """Applies a tenant's entry. What stands in books and shop until now is no news; what partners have sent is."""
    installation()
    # At once: a worker that saw a feed before it is said where it begins would read all that ever was.
    with transaction.atomic(), scopes_disabled():
        apply_entry(entry, simulators, folder=folder)
        books = Feed.objects.filter(connection__system__in=["visma", "adobe_commerce"], read_until=None)
        books.update(read_until=db_now(), overlap_seconds=0)
        Feed.objects.update(settle_seconds=0, due_at=db_now())


def delivered(flow: str) -> int:
    """How many deliveries of a flow reached the other side."""
    pair, _, key = flow.partition(".")
    with scopes_disabled():
        rows = Delivery.objects.filter(flow__integration__pair=pair, flow__key=key, state=State.DELIVERED)
        return rows.count()


AT_ONCE: dict[str, dict[str, Any]] = {
    "orderful": dict.fromkeys(
        ("validation_delay", "send_delay", "delivery_delay", "acknowledgment_delay", "overdue_delay"), 0
    ),
    "cleo": {"answer_delay": 0, "half_written_every": 0},
    "basware": {"processing_delay": 0, "intake_delay": 0, "line_busy_seconds": 0, "rate_limit": 1_000_000},
}
"""Simulators that make nobody wait."""
QUICK: dict[str, dict[str, Any]] = {
    "visma": {"deadline_seconds": 20, "visibility_seconds": 1},
    "orderful": {"poll_seconds": 1, "visibility_seconds": 0, "deadline_seconds": 20},
    "cleo": {"visibility_seconds": 0, "quiet_seconds": 0, "deadline_seconds": 20},
    "basware": {"status_seconds": 1, "deadline_seconds": 20, "calls_per_minute": 100_000},
    "adobe_commerce": {"deadline_seconds": 20, "sweep_hour": -1},
}
"""Settings without which a story would be one of waiting."""

# --- What can happen


def changed(entity: str, *keys: str, **values: Any) -> News:
    """Somebody saves these rows in Visma.net, with other values or without."""
    return lambda simulators: [simulators.mutate(entity, key, values) for key in keys]


def file_at_cleo(**values: Any) -> News:
    """A trading partner leaves a file in a download folder."""
    return lambda simulators: simulators.mutate(
        "inbound", None, {"company": "FI", "usage": "T"} | values, system="cleo"
    )


def item_at_orderful(**values: Any) -> News:
    """A trading partner sends a document to the inbox."""
    values = {"company": "FI", "stream": "test"} | values
    return lambda simulators: simulators.mutate("inbox", None, values, system="orderful")


def connection_at_cleo(partner: str, **values: Any) -> News:
    """A person changes what a connection at Cleo says of its trading partner."""

    def news(simulators: Simulators) -> None:
        rows = simulators.rows("cleo", "connections")
        key = next(r["key"] for r in rows if r["body"]["partnerName"] == partner)
        simulators.mutate("connections", key, {f"partner.{k}": v for k, v in values.items()}, system="cleo")

    return news


def matched_at_cleo(invoice: str, *, partner: str, folder: str) -> News:
    """Cleo writes the match result of an invoice, under the number that the supplier gave it."""

    def news(simulators: Simulators) -> None:
        rows = {r["key"]: r["body"] for r in simulators.rows("visma", "supplierInvoice")}
        number = rows[invoice]["supplierReference"] or rows[invoice]["referenceNumber"]
        result = {"invoiceNumber": number, "result": "Matched"}
        file_at_cleo(partner=partner, folder=folder, kinds="match", content=result)(simulators)

    return news


def paid_at_airbase(bill: str) -> News:
    """Somebody approves the payment of a bill."""
    given = {"system": "airbase", "action": "approve_payment", "with": {"company": "FI", "bill": bill}}
    return lambda simulators: simulators.post("act", **given)


def only_the_twin_is_new(simulators: Simulators) -> None:
    """Of the vendors that were made in Airbase, the one that the books know by its VAT number is left; the other would
    ask a person."""
    for row in simulators.rows("airbase", "vendors"):
        if row["key"].startswith("FI/") and not row["body"]["erp_reference_id"] and not row["body"]["tax_id"]:
            simulators.mutate("vendors", row["key"], {"erp_reference_id": "99999"}, system="airbase")


def at_basware(action: str, **given: Any) -> News:
    """Somebody does something in Basware."""
    what = {"company": "FI"} | given
    return lambda simulators: simulators.post("act", system="basware", action=action, **{"with": what})


def in_the_books(action: str, **given: Any) -> News:
    """Somebody does something in Visma.net."""
    return lambda simulators: simulators.act("visma", action, company="FI", **given)


def in_the_shop(action: str, **given: Any) -> News:
    """Shoppers or people of the web shop do something."""
    return lambda simulators: simulators.act("adobe", action, company="FI", **given)


def with_the_order(action: str, **given: Any) -> News:
    """People of the web shop do something with the order that was placed last."""
    return lambda simulators: simulators.act("adobe", action, company="FI", order=_last_order(simulators), **given)


def bought_for_the_order(purchase: str) -> News:
    """Somebody writes the number of the order that was placed last into a purchase order."""
    return lambda simulators: simulators.mutate("purchaseorder", purchase, {"supplierRef": _last_order(simulators)})


def paid_in_the_books(simulators: Simulators) -> None:
    """The invoices of the shop's orders are settled."""
    for row in simulators.rows("visma", "customerinvoice"):
        if row["body"]["externalReference"].startswith("shop:"):
            values = {"status": "Closed", "balance": 0.0, "balanceInCurrency": 0.0}
            simulators.mutate("customerinvoice", row["key"], values)


def renamed_in_the_books(simulators: Simulators) -> None:
    """The customers that came from the shop get another name."""
    for row in simulators.rows("visma", "customer"):
        if (row["body"].get("accountReference") or "").startswith("shop:"):
            simulators.mutate("customer", row["key"], {"name": "Uusi Nimi"})


def _last_order(simulators: Simulators) -> str:
    orders = [row["body"] for row in simulators.rows("adobe", "orders") if row["key"].startswith("FI/")]
    return str(max(orders, key=lambda order: order["entity_id"])["increment_id"])


def nothing(simulators: Simulators) -> None:
    """The other side answers by itself what it was sent before."""


def both(*news: News) -> News:
    return lambda simulators: [one(simulators) for one in news]


# --- The stories

CLEO_ORDER, ORDERFUL_ORDER = "FI/500004", "FI/500020"
"""Orders of which nothing was received yet, by the network of their supplier."""
_CLEO_ORDERS = Before(flow="visma-cleo.purchase-orders", news=changed("purchaseorder", CLEO_ORDER))
_ORDERFUL_ORDERS = Before(flow="visma-orderful.purchase-orders", news=changed("purchaseorder", ORDERFUL_ORDER))
_SUPPLIERS = Before(flow="visma-cleo.suppliers", news=changed("supplier", "FI/80001"))
_CLEO_INVOICES = Before(flow="visma-cleo.supplier-invoices", news=changed("supplierInvoice", "FI/Invoice/000001"))
_MATCHES = "/SUP80001/download/810"
_AIRBASE_SUPPLIERS = Before(
    flow="visma-airbase.suppliers", news=changed("supplier", "FI/80001", "FI/80003", "FI/80005")
)
_AIRBASE_INVOICES = Before(
    flow="visma-airbase.supplier-invoices",
    news=both(_AIRBASE_SUPPLIERS.news, changed("supplierInvoice", "FI/Invoice/000001")),
)
_AIRBASE_ORDERS = Before(
    flow="visma-airbase.purchase-orders",
    news=both(_AIRBASE_SUPPLIERS.news, changed("purchaseorder", "FI/500001")),
)
_BASWARE_SUPPLIERS = changed("supplier", "FI/80001")
_BASWARE_ORDERS = Before(
    flow="visma-basware.purchase-orders", news=both(_BASWARE_SUPPLIERS, changed("purchaseorder", "FI/500001"))
)
_BASWARE_INVOICES = Before(
    flow="visma-basware.supplier-invoices",
    news=both(_BASWARE_SUPPLIERS, changed("supplierInvoice", "FI/Invoice/000001")),
)
_BASWARE_TERMS = ("visma-basware.suppliers", "visma-basware.payment-terms")
_BASWARE_OUT = (
    *_BASWARE_TERMS, "visma-basware.accounts", "visma-basware.dimensions", "visma-basware.tax-codes",
)  # fmt: skip
_BASWARE_BUM_ID = "VISMA-1004-I-Invoice-000001"
"""The invoice as it was sent to Basware."""
_AIRBASE_OUT = ("visma-airbase.suppliers", "visma-airbase.accounts", "visma-airbase.dimensions")
_SHOP = "visma-adobe-commerce"
_SOLD = in_the_shop("place_order", items=[{"sku": "A-001", "qty": 2}], customer=10001)
_UNPAID = in_the_shop("place_order", items=[{"sku": "A-001", "qty": 2}], customer=10001, payment="klarna_kp")
_SHOPPER = in_the_shop("change_customer", customer=10001, lastname="Uusi")
_SHOP_CUSTOMERS = (f"{_SHOP}.customers",)
_RECEIVING = ("visma-cleo.received-files",)
_TAKING = ("visma-orderful.received-documents",)
_NO_ADDRESS = {f"mainAddress.{member}": "" for member in ("addressLine1", "addressLine2", "postalCode", "city")}
_ADDRESS = {"line1": "Uusikatu 7", "postalCode": "33100", "city": "Tampere", "country": "FI"}
_ADVICE = file_at_cleo(
    folder="/SUP80003/download",
    name="advice.edi",
    content="ISA*00*          *00*          *ZZ*SUP80003T      *ZZ*KASITYOPUOTIT  *261121*0020*U*00401*000000900*0*T*>~"
    "GS*AG*SUP80003T*KASITYOPUOTIT*20261121*0020*900*X*004010~"
    "ST*824*0001~BGN*00*1*20261121~OTI*TA*PO*500004~SE*4*0001~GE*1*900~IEA*1*000000900~",
)
"""It accepts the order."""
_MORE = [
    {"purchaseOrderLineId": "1", "changeReason": "quantityChange", "quantity": {"value": "321"}},
]

STORIES: dict[str, Story] = {
    "visma-cleo.purchase-orders": Story(
        news=changed("purchaseorder", CLEO_ORDER, description="Muutettu"), delivered=2, before=_CLEO_ORDERS
    ),
    "visma-cleo.supplier-invoices": Story(news=changed("supplierInvoice", "FI/Invoice/000001"), delivered=1),
    "visma-cleo.purchase-receipts": Story(news=changed("PurchaseReceipt", "FI/700001"), delivered=1),
    "visma-cleo.suppliers": Story(news=changed("supplier", "FI/80001", name="Uusi Nimi Oy"), delivered=1),
    "visma-cleo.trading-partners": Story(
        # Nobody has entered the address in the books: one that stood there would be for a person to judge.
        news=both(changed("supplier", "FI/80001", **_NO_ADDRESS), connection_at_cleo("SUP80001", address=_ADDRESS)),
        delivered=1,
        before=_SUPPLIERS,
    ),
    "visma-cleo.received-files": Story(news=nothing, delivered=1, before=_CLEO_ORDERS),
    "visma-cleo.our-acknowledgments": Story(
        news=file_at_cleo(kinds="855"), delivered=1, before=_CLEO_ORDERS, also=_RECEIVING
    ),
    "visma-cleo.advices": Story(news=_ADVICE, delivered=1, before=_CLEO_ORDERS, also=_RECEIVING),
    "visma-cleo.order-responses": Story(
        news=file_at_cleo(kinds="855"), delivered=1, before=_CLEO_ORDERS, also=_RECEIVING
    ),
    "visma-cleo.ship-notices": Story(news=file_at_cleo(kinds="856"), delivered=3, before=_CLEO_ORDERS, also=_RECEIVING),
    "visma-cleo.match-results": Story(
        news=matched_at_cleo("FI/Invoice/000001", partner="SUP80001", folder=_MATCHES),
        delivered=1,
        before=_CLEO_INVOICES,
        settings={"cleo": {"match_folders": [_MATCHES]}},
    ),
    "visma-cleo.audit-events": Story(news=nothing, delivered=1, before=_CLEO_ORDERS),
    "visma-airbase.accounts": Story(news=changed("account", "FI/4000", description="Uusi nimi"), delivered=14),
    "visma-airbase.dimensions": Story(news=changed("dimension", "FI/SUBACCOUNT"), delivered=5),
    "visma-airbase.suppliers": Story(news=changed("supplier", "FI/80001", name="Uusi Nimi Oy"), delivered=1),
    "visma-airbase.purchase-orders": Story(
        news=changed("purchaseorder", CLEO_ORDER), delivered=1, before=_AIRBASE_SUPPLIERS
    ),
    "visma-airbase.purchase-receipts": Story(
        news=changed("PurchaseReceipt", "FI/700001"), delivered=1, before=_AIRBASE_ORDERS, also=_AIRBASE_OUT
    ),
    "visma-airbase.supplier-invoices": Story(
        news=changed("supplierInvoice", "FI/Invoice/000001"), delivered=1, before=_AIRBASE_ORDERS, also=_AIRBASE_OUT
    ),
    "visma-airbase.invoice-payments": Story(
        news=in_the_books("pay_invoice", number="000001", amount="10.00"),
        delivered=1,
        before=_AIRBASE_INVOICES,
        also=(*_AIRBASE_OUT, "visma-airbase.supplier-invoices"),
    ),
    "visma-airbase.vendors": Story(news=only_the_twin_is_new, delivered=2),
    "visma-airbase.payments": Story(
        news=paid_at_airbase("Invoice/000001"), delivered=3, before=_AIRBASE_INVOICES, also=_AIRBASE_OUT
    ),
    "visma-basware.accounts": Story(news=changed("account", "FI/4000", description="Uusi nimi"), delivered=14),
    "visma-basware.dimensions": Story(news=changed("dimension", "FI/SUBACCOUNT"), delivered=3),
    "visma-basware.payment-terms": Story(news=nothing, delivered=5),
    "visma-basware.tax-codes": Story(news=nothing, delivered=4),
    "visma-basware.suppliers": Story(
        news=changed("supplier", "FI/80001", name="Uusi Nimi Oy"), delivered=1, also=_BASWARE_TERMS
    ),
    "visma-basware.purchase-orders": Story(
        news=both(_BASWARE_SUPPLIERS, changed("purchaseorder", "FI/500001")), delivered=2, also=_BASWARE_OUT
    ),
    "visma-basware.purchase-receipts": Story(
        news=changed("PurchaseReceipt", "FI/700001"), delivered=1, before=_BASWARE_ORDERS, also=_BASWARE_OUT
    ),
    "visma-basware.supplier-invoices": Story(
        news=both(_BASWARE_SUPPLIERS, changed("supplierInvoice", "FI/Invoice/000001")),
        delivered=1,
        also=_BASWARE_TERMS,
    ),
    "visma-basware.invoice-statuses": Story(
        news=at_basware("reject_document", document=_BASWARE_BUM_ID),
        delivered=1,
        before=_BASWARE_INVOICES,
        also=_BASWARE_TERMS,
    ),
    "visma-basware.invoice-notes": Story(
        news=at_basware("pay_document", document=_BASWARE_BUM_ID, date="2026-01-30", number="P-1"),
        delivered=1,
        before=_BASWARE_INVOICES,
        also=_BASWARE_TERMS,
    ),
    "visma-basware.prebook-responses": Story(
        news=at_basware("approve_document", document=_BASWARE_BUM_ID, prebook=True),
        delivered=2,
        before=_BASWARE_INVOICES,
        also=_BASWARE_TERMS,
    ),
    "visma-basware.transfer-responses": Story(
        news=at_basware("approve_document", document=_BASWARE_BUM_ID),
        delivered=2,
        before=_BASWARE_INVOICES,
        also=_BASWARE_TERMS,
    ),
    "visma-basware.payment-responses": Story(
        news=both(
            at_basware("approve_document", document=_BASWARE_BUM_ID),
            in_the_books("pay_invoice", number="000001"),
        ),
        delivered=1,
        before=_BASWARE_INVOICES,
        also=(*_BASWARE_TERMS, "visma-basware.transfer-responses"),
    ),
    "visma-basware.exported-orders": Story(
        news=at_basware("export_order", supplierCode="80001", externalCode="BW-1"), delivered=1
    ),
    f"{_SHOP}.customers": Story(news=_SHOPPER, delivered=1),
    f"{_SHOP}.guests": Story(news=in_the_shop("guest_order", email="anna@example.fi"), delivered=1),
    f"{_SHOP}.orders": Story(news=_SOLD, delivered=3, also=_SHOP_CUSTOMERS),
    f"{_SHOP}.invoices": Story(
        news=with_the_order("invoice"),
        delivered=1,
        before=Before(flow=f"{_SHOP}.orders", news=_UNPAID),
        also=_SHOP_CUSTOMERS,
    ),
    f"{_SHOP}.credit-memos": Story(
        news=with_the_order("credit_memo"),
        delivered=3,  # made, released, and named on the invoice
        before=Before(flow=f"{_SHOP}.orders", news=_SOLD),
        also=_SHOP_CUSTOMERS,
    ),
    f"{_SHOP}.customer-invoices": Story(
        news=paid_in_the_books,
        delivered=1,
        before=Before(flow=f"{_SHOP}.orders", news=_SOLD),
        also=_SHOP_CUSTOMERS,
    ),
    f"{_SHOP}.supplier-invoices": Story(
        news=changed("supplierInvoice", "FI/Invoice/000001"),
        delivered=1,
        before=Before(flow=f"{_SHOP}.orders", news=both(_SOLD, bought_for_the_order("FI/500001"))),
        also=(*_SHOP_CUSTOMERS, f"{_SHOP}.purchase-orders"),
    ),
    f"{_SHOP}.purchase-orders": Story(
        news=bought_for_the_order("FI/500001"),
        delivered=1,
        before=Before(flow=f"{_SHOP}.orders", news=_SOLD),
        also=_SHOP_CUSTOMERS,
    ),
    f"{_SHOP}.visma-customers": Story(
        news=renamed_in_the_books, delivered=1, before=Before(flow=f"{_SHOP}.customers", news=_SHOPPER)
    ),
    "visma-orderful.purchase-orders": Story(
        news=changed("purchaseorder", ORDERFUL_ORDER, description="Muutettu"), delivered=2, before=_ORDERFUL_ORDERS
    ),
    "visma-orderful.supplier-invoices": Story(news=changed("supplierInvoice", "FI/Invoice/000002"), delivered=1),
    "visma-orderful.customer-invoices": Story(news=changed("customerinvoice", "FI/150007"), delivered=1),
    "visma-orderful.purchase-receipts": Story(news=changed("PurchaseReceipt", "FI/700002"), delivered=1),
    "visma-orderful.received-documents": Story(news=item_at_orderful(type="855"), delivered=1, before=_ORDERFUL_ORDERS),
    "visma-orderful.order-changes": Story(
        news=item_at_orderful(type="860", **{"message.lineItems": _MORE}),
        delivered=1,
        before=_ORDERFUL_ORDERS,
        also=_TAKING,
    ),
    "visma-orderful.order-change-answers": Story(
        news=item_at_orderful(type="860", **{"message.lineItems": _MORE}),
        delivered=2,
        before=_ORDERFUL_ORDERS,
        also=(*_TAKING, "visma-orderful.order-changes"),
    ),
    "visma-orderful.acknowledgments": Story(
        news=item_at_orderful(type="855"), delivered=1, before=_ORDERFUL_ORDERS, also=_TAKING
    ),
    "visma-orderful.partner-documents": Story(
        news=both(*(item_at_orderful(type=kind) for kind in ("855", "856", "810"))),
        delivered=3,
        before=_ORDERFUL_ORDERS,
        also=_TAKING,
    ),
    "visma-orderful.statuses": Story(news=nothing, delivered=1, before=_ORDERFUL_ORDERS),
}

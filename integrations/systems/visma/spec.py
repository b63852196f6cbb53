"""Visma.net ERP as a system: settings, session, live test, feeds, sinks."""

from __future__ import annotations

import datetime as dt
from functools import partial

from integrations.models import Connection
from integrations.systems.contract import FeedSpec, SinkSpec, System
from integrations.systems.visma import checks, choices, settlements, subscriptions
from integrations.systems.visma.errors import LABEL
from integrations.systems.visma.references import Accounts, Dimensions, PaymentTerms, VatCodes
from integrations.systems.visma.resources import RESOURCES
from integrations.systems.visma.session import open_session
from integrations.systems.visma.settings import SETTINGS
from integrations.systems.visma.sinks.coding import InvoiceCodingSink
from integrations.systems.visma.sinks.customers import CustomerSink
from integrations.systems.visma.sinks.invoice_notes import InvoiceNoteSink
from integrations.systems.visma.sinks.invoices import SupplierInvoiceSink
from integrations.systems.visma.sinks.journals import JournalSink
from integrations.systems.visma.sinks.new_suppliers import NewSupplierSink
from integrations.systems.visma.sinks.orders import OrderChangeSink, OrderNoteSink
from integrations.systems.visma.sinks.payments import SupplierPaymentSink
from integrations.systems.visma.sinks.receipts import PurchaseReceiptSink
from integrations.systems.visma.sinks.sales import SaleNoteSink, SaleSink
from integrations.systems.visma.sinks.suppliers import SupplierSink
from integrations.systems.visma.sources import ListSource

REFERENCES = dt.timedelta(minutes=30)
"""How often ledger references are read: they are read whole, and change seldom."""


def _budget_identity(connection: Connection) -> tuple[str, ...]:
    """Application and company, also for a connection whose other settings are not complete yet."""
    settings = connection.settings or {}
    return (str(settings.get("client_id", "")).strip(), str(settings.get("company_id", "")).strip())


SYSTEM = System(
    key="visma",
    label=LABEL,
    settings=SETTINGS,
    session=open_session,
    checks=checks.run,
    offers=choices.OFFERS,
    register=subscriptions.register,
    feeds=(
        *(FeedSpec(key=r.feed, label=r.label, entity=r.entity, open=partial(ListSource.open, r)) for r in RESOURCES),
        FeedSpec(
            key=settlements.FEED,
            label=settlements.LABEL,
            entity=settlements.ENTITY,
            open=settlements.Settlements,
        ),
        FeedSpec(
            key="accounts", label="GL accounts", entity="account", open=Accounts, reads="whole", interval=REFERENCES
        ),
        FeedSpec(
            key="dimensions",
            label="Dimensions",
            entity="dimension",
            open=Dimensions,
            reads="whole",
            interval=REFERENCES,
        ),
        FeedSpec(
            key="vat-codes", label="VAT codes", entity="vat_code", open=VatCodes, reads="whole", interval=REFERENCES
        ),
        FeedSpec(
            key="payment-terms",
            label="Payment terms",
            entity="payment_term",
            open=PaymentTerms,
            reads="whole",
            interval=REFERENCES,
        ),
    ),
    sinks=(
        SinkSpec(key="purchase-order-changes", label="Changes of purchase orders", open=OrderChangeSink.open),
        SinkSpec(key="order-notes", label="Notes of purchase orders", open=OrderNoteSink.open),
        SinkSpec(key="purchase-receipts", label="Purchase receipts", open=PurchaseReceiptSink.open),
        SinkSpec(key="invoice-coding", label="Coding of supplier invoices", open=InvoiceCodingSink.open),
        SinkSpec(key="supplier-invoices", label="Supplier invoices", open=SupplierInvoiceSink.open, knows_numbers=True),
        SinkSpec(key="invoice-notes", label="Notes of supplier invoices", open=InvoiceNoteSink.open),
        SinkSpec(key="new-suppliers", label="New suppliers", open=NewSupplierSink.open),
        SinkSpec(key="journals", label="Journals", open=JournalSink.open),
        SinkSpec(key="supplier-payments", label="Supplier payments", open=SupplierPaymentSink.open, knows_numbers=True),
        SinkSpec(key="suppliers", label="Fields of suppliers", open=SupplierSink.open),
        SinkSpec(key="customers", label="Customers", open=CustomerSink.open),
        SinkSpec(
            key="customer-invoices", label="Customer invoices and credit notes", open=SaleSink.open, knows_numbers=True
        ),
        SinkSpec(key="sale-notes", label="Notes of customer invoices", open=SaleNoteSink.open),
    ),
    budget_identity=_budget_identity,
)

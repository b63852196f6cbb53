"""The world as rows of the simulator."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from integrations.sandbox.visma import ledger_bodies, parts, purchase_bodies, reference_bodies, register_bodies
from integrations.sandbox.visma.base import VismaBase
from integrations.sandbox.world import Company
from integrations.sandbox.world.identifiers import guid

NOISY_ORDER = "500004"  # its line total shows the last bit of a double: 1234.5600000000002


class Seeding(VismaBase):
    """Fills the store. Everything was modified before the world's day began."""

    def seed(self) -> None:
        """Registers, then documents, company by company."""
        for company in self.world.companies:
            self._seed_references(company)
            self._seed_registers(company)
            self._seed_documents(company)
            self._seed_series(company)

    def _put(self, company: Company, entity: str, key: str, body: dict[str, Any], modified: datetime) -> None:
        self.stored(entity, company.key, key, body, modified=modified, created=modified)

    def _seed_references(self, company: Company) -> None:
        rng = random.Random(f"{self.world.seed}/{company.key}/visma")
        early = datetime.combine(self.world.today, time(7, 30), tzinfo=UTC) - timedelta(days=400)
        guids = iter(lambda: guid(rng), "")
        tables: dict[str, Iterator[tuple[str, dict[str, Any]]]] = {
            "account": reference_bodies.accounts(company),
            "subaccount": reference_bodies.subaccounts(company),
            "branch": reference_bodies.branches(company),
            "creditTerm": reference_bodies.credit_terms(),
            "paymentmethod": reference_bodies.payment_methods(),
            "cashaccount": reference_bodies.cash_accounts(company),
            "warehouse": reference_bodies.warehouses(company),
            "financialPeriod": reference_bodies.financial_periods(self.world.today),
            "currency": ((code, reference_bodies.currency(code, company)) for code in parts.CURRENCIES),
        }
        for entity, bodies in tables.items():
            for position, (key, body) in enumerate(bodies):
                self._put(company, entity, key, body, early + timedelta(hours=position))
        for key, vat, category in reference_bodies.vat_codes(company):
            self._put(company, "vat", key, vat, early)
            self._put(company, "vatCategory", key, category, early)
        self._put(company, "organization", "1", reference_bodies.organization(company), early)
        self._put(company, "dimension", "SUBACCOUNT", reference_bodies.dimension(company, guids), early)

    def _seed_registers(self, company: Company) -> None:
        world, key = self.world, company.key
        for supplier in (s for s in world.suppliers if s.company == key):
            self._put(
                company, "supplier", supplier.number, register_bodies.supplier(supplier, company), supplier.modified_at
            )
        for customer in (c for c in world.customers if c.company == key):
            self._put(
                company, "customer", customer.number, register_bodies.customer(customer, company), customer.modified_at
            )
        for item in (i for i in world.items if i.company == key):
            self._put(company, "inventory", item.number, register_bodies.item(item, company), item.modified_at)

    def _seed_documents(self, company: Company) -> None:
        world, key = self.world, company.key
        suppliers = {s.number: s for s in world.suppliers if s.company == key}
        customers = {c.number: c for c in world.customers if c.company == key}
        tabs: dict[str, list[dict[str, Any]]] = {}
        for receipt in (r for r in world.receipts if r.company == key):
            supplier = suppliers[receipt.supplier_number]
            body = purchase_bodies.receipt(receipt, company, supplier)
            self._put(company, "PurchaseReceipt", receipt.number, body, receipt.modified_at)
            order_number = receipt.lines[0].order_number or ""
            tabs.setdefault(order_number, []).append(purchase_bodies.receipt_in_order(receipt, supplier))
        for order in (o for o in world.orders if o.company == key):
            body = purchase_bodies.order(order, company, suppliers[order.supplier_number])
            body["purchaseReceipts"] = tabs.get(order.number, [])
            if order.number == NOISY_ORDER:
                body["lineTotal"] = math.nextafter(body["lineTotal"], math.inf)
            self._put(company, "purchaseorder", order.number, body, order.modified_at)
        for invoice in (i for i in world.invoices if i.company == key):
            body = ledger_bodies.invoice(invoice, company, suppliers[invoice.supplier_number])
            row_key = f"{invoice.document_type}/{invoice.number}"
            self.stored("supplierInvoice", key, row_key, body, modified=invoice.modified_at, created=invoice.created_at)
        for payment in (p for p in world.payments if p.company == key):
            body = ledger_bodies.payment(payment, company, suppliers[payment.supplier_number])
            self._put(company, "supplierPayment", payment.number, body, payment.modified_at)
        for sale in (c for c in world.customer_invoices if c.company == key):
            body = ledger_bodies.customer_invoice(sale, company, customers[sale.customer_number])
            self.stored("customerinvoice", key, sale.number, body, modified=sale.modified_at, created=sale.created_at)

    def _seed_series(self, company: Company) -> None:
        """Automatic numbering goes on where the seed ends."""
        for entity in (
            "supplier",
            "customer",
            "purchaseorder",
            "PurchaseReceipt",
            "supplierPayment",
            "customerinvoice",
        ):
            self._start_series(company, entity, entity)
        for row in self.store.table("supplierInvoice").values():
            if row["_company"] == company.key:
                name = f"{company.key}/supplierInvoice/{row['body']['documentType']}"
                self.store.counters[name] = max(self.store.counters.get(name, 0), int(row["body"]["referenceNumber"]))

    def _start_series(self, company: Company, entity: str, series: str) -> None:
        numbers = [
            int(row["business_number"]) for row in self.store.table(entity).values() if row["_company"] == company.key
        ]
        self.store.counters[f"{company.key}/{series}"] = max(numbers, default=0)

"""The simulator of Visma.net ERP: all groups of endpoints together."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from typing import Any

from integrations.sandbox.kernel import Reply, Request, Row, reply_bytes
from integrations.sandbox.visma import amounts
from integrations.sandbox.visma.background import Background
from integrations.sandbox.visma.connect import Connect
from integrations.sandbox.visma.credit_notes import CreditNotes
from integrations.sandbox.visma.journals import Journals
from integrations.sandbox.visma.partners import Partners
from integrations.sandbox.visma.people import People
from integrations.sandbox.visma.purchase_receipts import PurchaseReceipts
from integrations.sandbox.visma.references import References
from integrations.sandbox.visma.seeding import Seeding
from integrations.sandbox.visma.subscriptions import Subscriptions
from integrations.sandbox.visma.tokens import SCOPES

COMPRESSED_FROM_BYTES = 1_024
_HEADER_PAIRS = ("balance", "cashDiscount", "detailTotal", "discountTotal", "vatTaxableTotal", "vatExemptTotal")


class VismaSimulator(
    Background,
    Connect,
    Partners,
    PurchaseReceipts,
    People,
    Journals,
    CreditNotes,
    References,
    Subscriptions,
    Seeding,
):
    """Everything under /visma."""

    def entities(self) -> Iterable[str]:
        """Tables with rows of companies; what is queued is nobody's business."""
        return [name for name in self.store.entities() if name != "pendingAction"]

    def rendered(self, entity: str, row: Row, hidden: list[str] | None = None) -> dict[str, Any]:
        """As the base does; `header_amounts` = descriptions swaps the twins of invoice headers."""
        body = super().rendered(entity, row, hidden)
        if entity == "supplierInvoice" and self.options["header_amounts"] == "descriptions":
            for name in (*_HEADER_PAIRS, "vatTotal", "roundingDiff"):
                body[name], body[name + "InCurrency"] = body[name + "InCurrency"], body[name]
        if entity == "supplierPayment":  # crossRate is written and never read
            lines = body["paymentLines"]
            body["paymentLines"] = [{k: v for k, v in line.items() if k != "crossRate"} for line in lines]
        return body

    def after(self, request: Request, reply: Reply) -> Reply:
        """Compress where the option says so and the client accepts it."""
        reply = super().after(request, reply)
        if not self.options["compress"] or "gzip" not in request.headers.get("Accept-Encoding", ""):
            return reply
        body, headers = reply_bytes(reply)
        if len(body) < COMPRESSED_FROM_BYTES:
            return reply
        packed = gzip.compress(body, compresslevel=1)
        return Reply(reply.status, packed, {**headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"})

    def mutate(self, entity: str, key: str | None, values: Mapping[str, Any], count: int) -> list[str]:
        """A person changes rows in the ERP: totals follow changed lines, lastModified and the row version move."""
        entity = self.entity_named(entity)
        keys = super().mutate(entity, key, values, count)
        for changed in keys:
            row = self.store.table(entity)[changed]
            body, company = row["body"], self.world.company(row["_company"])
            if entity == "purchaseorder" and any(name.startswith("lines.") for name in values):
                for line in body["lines"]:
                    amounts.order_line(line)
                amounts.order(body, company)
            elif entity == "supplierInvoice" and any(name.startswith("invoiceLines.") for name in values):
                rounding = amounts.decimal(body["roundingDiffInCurrency"])
                amounts.settle(body, amounts.supplier_invoice(body, company), rounding)
        return keys

    def touched(self, entity: str, row: Row) -> None:
        """A mutated row was modified now."""
        self.touch(row)

    def resolve_key(self, entity: str, key: str) -> str:
        """A row key "SE/500001", or a number that only one company has. Raises KeyError."""
        table = self.store.table(entity)
        if key in table:
            return key
        found = [full for full in table if full.endswith(f"/{key}")]
        if len(found) != 1:
            raise KeyError(f"{len(found)} rows of {entity} have the number {key}: {', '.join(found) or 'none'}")
        return found[0]

    def describe(self) -> dict[str, Any]:
        """What a connection needs, by company."""
        return {
            "token_path": "/connect/token",
            "scopes": list(SCOPES),
            "companies": [
                {
                    "key": company.key,
                    "name": company.name,
                    "company_id": company.visma_company_id,
                    "tenant_id": company.visma_tenant_id,
                    "customer_tenant_id": company.visma_customer_tenant_id,
                    "client_id": company.visma_client_id,
                    "client_secret": company.visma_client_secret,
                    "time_zone": company.time_zone,
                    "isa_id": company.isa_id,
                    "test_isa_id": company.test_isa_id,
                }
                for company in self.world.companies
            ],
        }

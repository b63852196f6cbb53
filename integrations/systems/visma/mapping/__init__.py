"""Visma's records as documents. Pure: bytes in, values out, Unmappable when a record cannot be said as a document.

Common to all:
- Amounts come as doubles. They are rounded to the digits that Visma keeps: four decimals for amounts, six for
  quantities, prices and rates. Totals are never corrected: what does not add up is refused where it is sent, in
  words.
- `zone` is the company's, for dates that come as instants.
- Notes (the yellow slips of Visma's windows) are our own people's and are not sent; descriptions are.
- Units stay as Visma writes them; whoever sends a document translates them.
- `purpose` is always original: whether a document replaces or cancels an earlier one is for the flow to say.
"""

from integrations.systems.visma.mapping.customers import customer
from integrations.systems.visma.mapping.invoices import balance_of, supplier_invoice
from integrations.systems.visma.mapping.orders import purchase_order, supplier_of_order
from integrations.systems.visma.mapping.receipts import purchase_receipt
from integrations.systems.visma.mapping.sales import customer_invoice
from integrations.systems.visma.mapping.suppliers import paid_to, status_of, supplier

__all__ = [
    "balance_of",
    "customer",
    "customer_invoice",
    "paid_to",
    "purchase_order",
    "purchase_receipt",
    "status_of",
    "supplier",
    "supplier_invoice",
    "supplier_of_order",
]

"""Nothing is sent whose total is not what its parts make. Pure."""

from __future__ import annotations

from decimal import Decimal

from edi.documents import money
from edi.documents.invoice import Invoice
from integrations.systems.contract import Unmappable


def must_add_up(invoice: Invoice) -> None:
    """Raises Unmappable for an invoice whose total is further than one minor unit of its currency from its lines,
    charges, allowances, tax and rounding: a part was misread or is missing, and the receiver would book what nobody
    can explain."""
    lines = sum((line.amount for line in invoice.lines), Decimal(0))
    parts = lines + money.net_charges(invoice.charges) + invoice.tax_total + invoice.rounding
    if abs(invoice.total - parts) <= money.minor_unit(invoice.currency):
        return
    raise Unmappable(
        f"Invoice {invoice.number} states a total of {invoice.total} {invoice.currency}; its lines, charges, tax and "
        f"rounding make {parts}.",
        remedy="Compare it with the invoice in Visma.net. If that one is right, tell the people who look after this "
        "connector.",
        field="total",
    )

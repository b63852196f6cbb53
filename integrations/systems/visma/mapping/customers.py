"""CustomerDto → Customer."""

from __future__ import annotations

from integrations.documents import Customer
from integrations.systems.visma import wire_sales
from integrations.systems.visma.mapping.parts import Record, address_of, clean, contact_of, decoded

ACTIVE = frozenset({"Active", "OneTime", "CreditHold"})
"""Statuses in which a customer can be invoiced. CreditHold stops new orders, not invoices of delivered ones."""


def customer(raw: bytes) -> Customer:
    """The customer. Raises Unmappable when number or name is missing."""
    given = decoded(raw, wire_sales.Customer, "customer")
    number = clean(given.number)
    record = Record(f"customer {number}" if number else "a customer")
    record.text(given.number, "number", "has no number")
    return Customer(
        number=number,
        name=record.text(given.name, "name", "has no name"),
        active=clean(given.status) in ACTIVE,
        status=clean(given.status),
        address=address_of(given.main_address),
        invoice_address=address_of(given.invoice_address),
        delivery_address=address_of(given.delivery_address),
        contact=contact_of(given.main_contact),
        vat_number=clean(given.vat_registration_id),
        organisation_number=clean(given.corporate_id),
        gln=clean(given.gln),
        currency=clean(given.currency_id).upper(),
    )

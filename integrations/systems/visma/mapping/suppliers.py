"""SupplierDto → Supplier."""

from __future__ import annotations

import re

from integrations.documents import Supplier
from integrations.systems.visma import wire
from integrations.systems.visma.mapping.parts import Record, address_of, clean, contact_of, decoded

ACTIVE = frozenset({"Active", "OneTime", "HoldPayments"})
"""Statuses in which a supplier can be ordered from. OnHold and Inactive take no new documents; HoldPayments stops
payments only.
"""
_ACCOUNT_WORDS = re.compile(r"iban|bban|giro|account|konto|tilinumero", re.IGNORECASE)


def supplier(raw: bytes) -> Supplier:
    """The supplier. Days of payment stay unknown: Visma's terms are a name here, their days stand in another
    record.

    Raises Unmappable when number or name is missing.
    """
    given = decoded(raw, wire.Supplier, "supplier")
    number = clean(given.number)
    record = Record(f"supplier {number}" if number else "a supplier")
    record.text(given.number, "number", "has no number")
    return Supplier(
        number=number,
        name=record.text(given.name, "name", "has no name"),
        active=clean(given.status) in ACTIVE,
        status=clean(given.status),
        address=address_of(given.main_address),
        contact=contact_of(given.main_contact),
        vat_number=clean(given.vat_registration_id),
        organisation_number=clean(given.corporate_id),
        currency=clean(given.currency_id).upper(),
        bank_account=_bank_account(given),
    )


def status_of(raw: bytes) -> str:
    """Visma's status of a supplier, order or invoice; "" when it states none. Raises Unmappable for what is no
    record.
    """
    return clean(decoded(raw, wire.Head, "record").status)


def _bank_account(given: wire.Supplier) -> str:
    """The account that Visma pays to: of the kind that the supplier is paid by, else the first that is called an
    account.
    """
    details = given.supplier_payment_method_details or ()
    wanted = clean(given.account_used_for_payment).upper()
    for detail in details:
        kind = clean(detail.payment_method_detail_banking_detail_type).upper()
        if wanted and kind == wanted and clean(detail.payment_method_detail_value):
            return clean(detail.payment_method_detail_value)
    for detail in details:
        named = _ACCOUNT_WORDS.search(clean(detail.payment_method_detail_description))
        if named and clean(detail.payment_method_detail_value):
            return clean(detail.payment_method_detail_value)
    return ""

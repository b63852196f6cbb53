"""SupplierDto → Supplier."""

from __future__ import annotations

import re

from integrations.documents import PaidTo, Supplier
from integrations.systems.visma import wire
from integrations.systems.visma.mapping.parts import Record, address_of, clean, contact_of, decoded

ACTIVE = frozenset({"Active", "OneTime", "HoldPayments"})
"""Statuses in which a supplier can be ordered from. OnHold and Inactive take no new documents; HoldPayments stops
payments only.
"""
_ACCOUNT_WORDS = re.compile(r"iban|bban|giro|account|konto|tilinumero", re.IGNORECASE)
_BIC_WORDS = re.compile(r"swift|\bbic\b", re.IGNORECASE)
_BANK_WORDS = re.compile(r"bank.?(name|navn|namn|nimi)|(name|navn|namn).*bank|pankin nimi", re.IGNORECASE)
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")


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


def paid_to(raw: bytes) -> PaidTo:
    """How the supplier is paid: what the payment details say by their descriptions, which are free texts. Raises
    Unmappable."""
    given = decoded(raw, wire.Supplier, "supplier")
    accounts, bic, bank = [_bank_account(given)], "", ""
    for detail in given.supplier_payment_method_details or ():
        words, value = clean(detail.payment_method_detail_description), clean(detail.payment_method_detail_value)
        code = re.sub(r"\s", "", value).upper()
        if _BIC_WORDS.search(words):
            bic = bic or (code if _BIC.fullmatch(code) else "")
        elif _BANK_WORDS.search(words):
            bank = bank or value
        elif _ACCOUNT_WORDS.search(words) and re.search(r"(\d\D*){4}", value):  # no holder's name
            accounts.append(value)
    each: dict[str, str] = {}
    for account in accounts:
        if account:
            each.setdefault(re.sub(r"[^0-9A-Z]", "", account.upper()), account)
    address = address_of(given.remit_address)
    return PaidTo(
        accounts=tuple(each.values()),
        bic=bic,
        bank=bank,
        address=address if address != address_of(given.main_address) else None,
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

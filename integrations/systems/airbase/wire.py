"""What Airbase sends, as far as we read it. Unknown members are skipped; of each renamed pair either name is taken."""

from __future__ import annotations

from typing import Any

import msgspec


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """Base: members may be missing or null."""


class Identified(Wire, frozen=True, kw_only=True):
    """`airbase_id` is taking the place of `id`."""

    id: str | None = None
    airbase_id: str | None = None
    erp_reference_id: str | None = None

    @property
    def own_id(self) -> str:
        return self.airbase_id or self.id or ""

    @property
    def reference(self) -> str:
        return (self.erp_reference_id or "").strip()


class Named(Identified, frozen=True, kw_only=True):
    name: str | None = None


class Tag(Named, frozen=True, kw_only=True):
    type_label: str | None = None


class Currency(Wire, frozen=True, kw_only=True):
    erp_reference_id: str | None = None
    iso_code: str | None = None

    @property
    def code(self) -> str:
        return (self.iso_code or self.erp_reference_id or "").upper()


class Vendor(Named, frozen=True, kw_only=True):
    is_active: bool | None = None
    email: str | None = None
    tax_id: str | None = None
    subsidiary_reference_ids: tuple[Named, ...] | None = None


class Expense(Wire, frozen=True, kw_only=True):
    line_number: int | None = None
    account: Named | None = None
    amount: str | None = None
    tags: tuple[Tag, ...] | None = None
    description: str | None = None


class Applied(Identified, frozen=True, kw_only=True):
    transaction_type: str | None = None
    amount: str | None = None


class Money(Wire, frozen=True, kw_only=True):
    amount: str | None = None
    currency: Currency | None = None


class Amounts(Wire, frozen=True, kw_only=True):
    amount: Money | None = None
    settlement_amount: Money | None = None
    subsidiary_amount: Money | None = None


class Entry(Identified, frozen=True, kw_only=True):
    """A ledger entry: a bill, a payment, a card purchase."""

    type: str | None = None
    status: str | None = None
    error_message: str | None = None
    subsidiary: Named | None = None
    vendor: Named | None = None
    invoice_number: str | None = None
    bank_account: Named | None = None
    applied_to: tuple[Applied, ...] | None = None
    entry_date: str | None = None
    payment_entry_date: str | None = None
    currency: Currency | None = None
    total_amount: str | None = None
    expense_list: tuple[Expense, ...] | None = None
    amounts: Amounts | None = None
    notes: str | None = None


class Payment(Wire, frozen=True, kw_only=True):
    """What is captured of a payment: the entry itself, and the bills that it pays."""

    payment: Entry
    bills: tuple[Entry, ...] = ()


class Pagination(Wire, frozen=True, kw_only=True):
    next: Any = None


class Page(Wire, frozen=True, kw_only=True):
    data: tuple[msgspec.Raw, ...] = ()
    pagination: Pagination | None = None


class Upserted(Wire, frozen=True, kw_only=True):
    """The answer to a bulk upsert; in an order of its own."""

    created: tuple[Identified, ...] = ()
    updated: tuple[Identified, ...] = ()


class RowError(Wire, frozen=True, kw_only=True):
    index: int | None = None


class Refusal(Wire, frozen=True, kw_only=True):
    validation_errors: tuple[msgspec.Raw, ...] = ()

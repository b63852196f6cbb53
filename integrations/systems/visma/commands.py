"""What the sinks of Visma take: frozen as JSON when a delivery is opened, the same for every try.

A command says what shall be so, not which request makes it so: the sink reads the record, compares, and writes the
difference on the version that it read.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TypeVar

import msgspec

from edi.documents.order_change import OrderChange
from edi.documents.values import Address, ItemId
from integrations.systems.contract import Outgoing


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="command"):
    """Base of all commands."""


# --- Purchase receipts


class WantedLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a ship notice says of one line of an order."""

    order_number: str
    """As the sender writes it; a suffix that the sender added is tried away."""
    quantity: Decimal
    unit: str = ""
    order_line: str = ""
    """Empty, or not a line of the order: then the item decides."""
    item_ids: tuple[ItemId, ...] = ()

    @property
    def words(self) -> str:
        line = self.order_line or ", ".join(i.value for i in self.item_ids) or "without number"
        return f"line {line} of order {self.order_number}"


class MakeReceipt(Command, frozen=True, kw_only=True, tag="make-receipt"):
    """An empty receipt, on hold, that carries the shipment's number and our mark."""

    stamp: str
    """What tells this shipment from every other: the sender's id and its number of the shipment."""
    supplier: str
    """Number in our books."""
    date: dt.date
    shipment_number: str
    lines: tuple[WantedLine, ...] = ()
    """What the next two writes put on it: looked at before it is made, so that none is made that stays empty."""
    units: dict[str, str] = {}
    """Own units to X12 codes, before the built-in table."""


class AddOrderLines(Command, frozen=True, kw_only=True, tag="add-order-lines"):
    """The order's lines on the receipt, so that discounts and links carry over."""

    stamp: str
    supplier: str
    date: dt.date
    receipt_number: str = ""
    """Empty: it is found by its mark."""
    lines: tuple[WantedLine, ...]
    units: dict[str, str] = {}
    """Own units to X12 codes, before the built-in table."""


class SetQuantities(Command, frozen=True, kw_only=True, tag="set-quantities"):
    """What was shipped, line by line; takes the receipt off hold."""

    stamp: str
    supplier: str
    date: dt.date
    receipt_number: str = ""
    lines: tuple[WantedLine, ...]
    whole: bool = False
    """Whether lines of orders that are not named come off: the notice takes the place of one before it."""
    units: dict[str, str] = {}
    """Own units to X12 codes, before the built-in table."""


class ReleaseReceipt(Command, frozen=True, kw_only=True, tag="release-receipt"):
    stamp: str
    supplier: str
    date: dt.date
    receipt_number: str = ""


ReceiptCommand = MakeReceipt | AddOrderLines | SetQuantities | ReleaseReceipt


# --- Purchase orders and suppliers


class Approval(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which changes a person has to approve: those whose value is above either threshold. None: no such threshold."""

    amount: Decimal | None = None
    """In the order's currency."""
    percent: Decimal | None = None
    """Of the order's total as it is."""
    always: bool = False
    given: str = ""
    """What was approved (`planned.Plan.digest`)."""


class ChangeOrder(Command, frozen=True, kw_only=True, tag="change-order"):
    """A trading partner's change of one of our purchase orders, as a whole or not at all."""

    stamp: str
    """What tells this change from every other: the id of its transaction."""
    change: OrderChange
    supplier: str = ""
    """Number in our books of the supplier that the order must have. Empty: any."""
    quantity_in: str = "auto"
    """Where the sender states the new quantity: auto, ordered (POC03) or left (POC04)."""
    units: dict[str, str] = {}
    approval: Approval | None = None
    """None: nobody is asked."""


class AppendNote(Command, frozen=True, kw_only=True, tag="append-note"):
    """A line at the end of a purchase order's note."""

    stamp: str
    order_number: str
    text: str
    supplier: str = ""
    """Number in our books of the supplier that the order must have. Empty: any."""


class AppendInvoiceNote(Command, frozen=True, kw_only=True, tag="append-invoice-note"):
    """A line at the end of a supplier invoice's note."""

    stamp: str
    number: str
    document_type: str = "Invoice"
    text: str


class UpdateSupplier(Command, frozen=True, kw_only=True, tag="update-supplier"):
    """Fields of a supplier. None = not ours to change. `base` holds what we knew when the change was made: a field
    that has neither the base's value nor the new one was changed in Visma too, and a person decides. `first_seen` names
    fields of which nothing was known before: they are filled where Visma is empty, and replace nothing."""

    number: str
    name: str | None = None
    address: Address | None = None
    vat_number: str | None = None
    organisation_number: str | None = None
    base: SupplierBase | None = None
    first_seen: tuple[str, ...] = ()


class SupplierBase(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str | None = None
    address: Address | None = None
    vat_number: str | None = None
    organisation_number: str | None = None


class AdoptSupplier(Command, frozen=True, kw_only=True, tag="adopt-supplier"):
    """A supplier that was made in another system: the one in our books that it is, else a new one, once a person has
    said yes."""

    stamp: str
    name: str
    tax_id: str = ""
    """VAT or organisation number, as the other system writes it."""
    email: str = ""
    supplier_class: str = ""
    given: str = ""
    """What was approved (`digest`)."""


# --- Supplier invoices that were approved elsewhere


class NewLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of an invoice that is to be made."""

    account: str
    amount: Decimal
    """What is to be paid, VAT included, in the invoice's currency."""
    description: str = ""
    segments: dict[int, str] = {}
    """Segment of the subaccount to its value."""


class NewInvoice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A supplier invoice that is to be made. A credit note states its amounts without sign."""

    stamp: str
    """What tells it from every other; at most 50 characters, kept in the invoice's description."""
    supplier: str
    number: str
    """The supplier's own."""
    date: dt.date
    amount: Decimal
    currency: str
    lines: tuple[NewLine, ...]
    document_type: str = "Invoice"
    branch: str = ""
    vat_code: str = ""
    """Empty: by the supplier."""


class MakeInvoices(Command, frozen=True, kw_only=True, tag="make-invoices"):
    """Invoices, each once."""

    invoices: tuple[NewInvoice, ...]


class ReleaseInvoices(Command, frozen=True, kw_only=True, tag="release-invoices"):
    """Invoices that can be paid only when they are released."""

    keys: tuple[str, ...]
    """Type and number, as `Invoice/000357`."""


InvoiceCommand = MakeInvoices | ReleaseInvoices


# --- Supplier payments


class PaidDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document that a payment pays, and how much of it, in the payment's currency."""

    number: str
    """Reference number in our books."""
    amount: Decimal
    document_type: str = "Invoice"


class MakePayment(Command, frozen=True, kw_only=True, tag="make-payment"):
    """A payment to a supplier, applied to its documents. Without documents it is made unapplied."""

    stamp: str
    """What tells this payment from every other; at most 50 characters, kept in the payment's description."""
    supplier: str
    date: dt.date
    reference: str
    """What the bank and the supplier know it by: Visma's payment reference."""
    amount: Decimal
    currency: str
    payment_method: str = ""
    """Empty: the supplier's own."""
    cash_account: str = ""
    """Empty: the supplier's own."""
    branch: str = ""
    documents: tuple[PaidDocument, ...] = ()
    made_as: str = ""
    """Number under which we made it before, from an earlier version; "" when we did not."""


class ReleasePayment(Command, frozen=True, kw_only=True, tag="release-payment"):
    stamp: str
    supplier: str
    date: dt.date
    payment_number: str = ""
    """Empty: it is found by its stamp."""
    amount: Decimal | None = None
    """What was approved. A payment that says otherwise by now is not released."""


PaymentCommand = MakePayment | ReleasePayment


class LineCoding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """To which account and dimensions a line of an invoice is coded."""

    line_number: int
    account: str = ""
    segments: dict[int, str] = {}
    """Segment of the subaccount to its value."""
    was_account: str | None = None
    """What the line said when the change was made; None: not known."""
    was_segments: dict[int, str] = {}

    @property
    def words(self) -> str:
        parts = [f"account {self.account}"] if self.account else []
        parts += [f"segment {n} {value}" for n, value in self.segments.items()]
        return f"line {self.line_number} to {', '.join(parts)}"


class CodedInvoice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Account and dimensions of a supplier invoice's lines."""

    number: str
    document_type: str = "Invoice"
    lines: tuple[LineCoding, ...] = ()


class JournalLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of a journal. Below zero it is a credit."""

    account: str
    amount: Decimal
    description: str = ""
    segments: dict[int, str] = {}


class NewJournal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A journal of the general ledger that a person releases."""

    stamp: str
    """What tells it from every other; kept in its description."""
    date: dt.date
    since: dt.date
    """Before this day it cannot have been made."""
    currency: str
    lines: tuple[JournalLine, ...]
    branch: str = ""
    exchange_rate: Decimal | None = None
    """Of what it corrects, so that both come to the same in the company's own currency; None: that of its day."""


class MakeJournals(Command, frozen=True, kw_only=True, tag="make-journals"):
    """Journals, each once."""

    journals: tuple[NewJournal, ...]


class CodeInvoices(Command, frozen=True, kw_only=True, tag="code-invoices"):
    """The coding of invoices, as it was approved elsewhere."""

    invoices: tuple[CodedInvoice, ...]


C = TypeVar("C")


def encode(command: Command) -> bytes:
    return msgspec.json.encode(command)


def decode(item: Outgoing, kind: type[C]) -> C:
    """The command of a frozen effect. Raises msgspec.ValidationError when it is none of `kind`: a bug."""
    return msgspec.json.decode(item.body, type=kind)

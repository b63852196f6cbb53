"""What all flows from Visma.net to trading partners share: documents, lanes, default statuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edi.documents.receipt import as_ship_notice
from edi.documents.values import Party
from integrations.flows import edi_out
from integrations.flows.contract import Captured, Decision
from integrations.flows.edi_out import Outbound
from integrations.flows.status import by_status, choices_of, status_settings
from integrations.models import Connection
from integrations.systems.contract import Setting
from integrations.systems.visma import mapping, vocabulary
from integrations.systems.visma.settings import Options

ORDER_STATUSES = {
    "leave": ("Open", "Printed", "PendingEmail", "PendingPrint", "Closed"),
    "cancel": ("Cancelled", "Voided"),
}
RECEIPT_STATUSES = {"leave": ("Released",), "cancel": ("Cancelled",)}
INVOICE_STATUSES = {"leave": ("Open", "Closed"), "cancel": ("Voided",)}
SALES_STATUSES = {"leave": ("Open", "Closed"), "cancel": ("Voided",)}


INVOICE_TYPES = ("Invoice", "CreditAdj", "DebitAdj")
RECEIPT_TYPES = ("PoReceipt",)
SALES_TYPES = ("Invoice", "CreditNote", "DebitNote")


def type_setting(default: tuple[str, ...], why: str, *, among: Sequence[str]) -> Setting:
    """The setting by which types of records are sent. `among`: the types that there are."""
    return Setting(
        name="document_types",
        label="Types that are sent",
        kind="choices",
        choices=choices_of(among),
        default=[word for word in among if word in default],
        help=why,
    )


ORDER_SETTINGS = status_settings(**ORDER_STATUSES, among=vocabulary.ORDER_STATUSES)
RECEIPT_SETTINGS = (
    *status_settings(**RECEIPT_STATUSES, among=vocabulary.RECEIPT_STATUSES),
    type_setting(
        RECEIPT_TYPES,
        "A ship notice can neither take goods back nor tell of transfers between own warehouses.",
        among=vocabulary.RECEIPT_TYPES,
    ),
)
INVOICE_SETTINGS = (
    *status_settings(**INVOICE_STATUSES, among=vocabulary.SUPPLIER_INVOICE_STATUSES),
    type_setting(
        INVOICE_TYPES,
        "Prepayments, refunds and checks are no invoices: partners would book them as such.",
        among=vocabulary.SUPPLIER_INVOICE_TYPES,
    ),
)
SALES_SETTINGS = (
    *status_settings(**SALES_STATUSES, among=vocabulary.CUSTOMER_INVOICE_STATUSES),
    type_setting(
        SALES_TYPES,
        "Payments, interest invoices and cash sales are nothing that a customer books as an invoice.",
        among=vocabulary.CUSTOMER_INVOICE_TYPES,
    ),
)
accepts_order = by_status(**ORDER_STATUSES)


def _by_type(
    default: tuple[str, ...], then: Callable[[Captured, Mapping[str, Any]], Decision]
) -> Callable[[Captured, Mapping[str, Any]], Decision]:
    """An `accepts` that goes by type, then by status."""

    def accepts(record: Captured, settings: Mapping[str, Any]) -> Decision:
        if record.kind and record.kind not in settings.get("document_types", default):
            return None
        return then(record, settings)

    return accepts


accepts_receipt = _by_type(RECEIPT_TYPES, by_status(**RECEIPT_STATUSES))
accepts_invoice = _by_type(INVOICE_TYPES, by_status(**INVOICE_STATUSES))
accepts_customer_invoice = _by_type(SALES_TYPES, by_status(**SALES_STATUSES))


def document_lane(entity: str) -> Callable[[Captured], str]:
    """Deliveries of one object go one after the other."""
    return lambda record: f"{entity}:{record.source_id}"


def _purchase_order(raw: bytes, books: Connection, ourselves: Party) -> edi_out.TradeDocument:
    return mapping.purchase_order(raw, buyer=ourselves, zone=Options.of(books).zone)


def _supplier_invoice(raw: bytes, books: Connection, ourselves: Party) -> edi_out.TradeDocument:
    return mapping.supplier_invoice(raw, buyer=ourselves, zone=Options.of(books).zone)


def _purchase_receipt(raw: bytes, books: Connection, ourselves: Party) -> edi_out.TradeDocument:
    return as_ship_notice(mapping.purchase_receipt(raw, buyer=ourselves, zone=Options.of(books).zone))


def _customer_invoice(raw: bytes, books: Connection, ourselves: Party) -> edi_out.TradeDocument:
    return mapping.customer_invoice(raw, seller=ourselves, zone=Options.of(books).zone)


PURCHASE_ORDER = Outbound(
    document_type="850", to_document=_purchase_order, entity="supplier", partner_number=edi_out.supplier_number
)
SUPPLIER_INVOICE = Outbound(
    document_type="810", to_document=_supplier_invoice, entity="supplier", partner_number=edi_out.supplier_number
)
PURCHASE_RECEIPT = Outbound(
    document_type="856", to_document=_purchase_receipt, entity="supplier", partner_number=edi_out.supplier_number
)
CUSTOMER_INVOICE = Outbound(
    document_type="810", to_document=_customer_invoice, entity="customer", partner_number=edi_out.customer_number
)

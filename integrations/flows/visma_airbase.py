"""Visma.net ERP → Airbase: reference data, vendors, bills and purchase orders for approval."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from integrations.documents import Supplier
from integrations.flows.airbase_in.new_invoices import bill_that_it_is
from integrations.flows.contract import Captured, Decision, FlowSpec, Job, Nothing, NotYet, Prepared, Take
from integrations.flows.status import status_settings
from integrations.flows.visma_airbase_paid import accepts_payment, invoice_key, payment
from integrations.flows.visma_airbase_receipts import NOT_OFFERED, receipt
from integrations.flows.visma_airbase_settled import PAID, Standing, standing_of
from integrations.flows.visma_documents import ORDER_STATUSES
from integrations.flows.visma_renumbered import kept_of, must_be_the_same
from integrations.flows.visma_rows import (
    INVOICE_STATUSES,
    OURSELVES,
    RECEIPT_STATUSES,
    accepts_invoice,
    accepts_order,
    accepts_receipt,
    books_of,
    invoice_types,
    must_be_there,
    row_flow,
    send_bytes,
)
from integrations.http.errors import Paused
from integrations.models import Feed, Flow, Record
from integrations.systems.airbase import mapping as airbase
from integrations.systems.airbase.errors import LABEL
from integrations.systems.airbase.settings import Options as AirbaseOptions
from integrations.systems.airbase.sinks import IF_REFUSED
from integrations.systems.contract import Setting, Unmappable
from integrations.systems.visma import mapping as visma
from integrations.systems.visma import vocabulary, wire
from integrations.systems.visma import wire_ledger as ledger
from integrations.systems.visma.mapping.parts import decoded
from integrations.systems.visma.references import SegmentValue
from integrations.systems.visma.settlements import FEED as PAYMENTS
from portal.common.clock import db_now

PAIR = "visma-airbase"
FIRST_LOOK = dt.timedelta(seconds=3)
"""How soon a supplier is looked at again that waits for Airbase's vendors to be read."""
VOIDED = (
    "The invoice was voided in Visma.net. 1. Open its bill in Airbase, reject it and stop payments of it that are "
    "scheduled. 2. Where Airbase has paid it, ask the supplier for the money. 3. Dismiss this."
)
CHANGED = (
    "Airbase keeps the bill as it was. Where it names something that is wrong, correct that in Visma.net; the "
    "corrected version goes by itself. Where it takes no changes because the bill is approved or paid: correct or "
    "reject it in Airbase by hand, stop payments of it that are scheduled, and dismiss this."
)
flow: Callable[..., FlowSpec] = partial(row_flow, PAIR)


def send_row(
    job: Job,
    row: dict[str, Any],
    *,
    purpose: str = "original",
    if_refused: str = "",
    kept: Mapping[str, Any] | None = None,
) -> Prepared:
    """The row, unless Airbase has it so already. `if_refused`: what a person does if Airbase does not take it; `kept`:
    what is kept beside it."""
    meta = {**({IF_REFUSED: if_refused} if if_refused else {}), **(kept or {})}
    return send_bytes(job, msgspec.json.encode(row, order="sorted"), row, to=LABEL, meta=meta, purpose=purpose)


def there(job: Job, entity: str, source_ids: set[str], words: str, key: str) -> None:
    """Raises Needs for the first that Airbase does not have yet."""
    must_be_there(job, entity, source_ids, words, to=LABEL, flow=key)


# --- Reference data


def _account(job: Job) -> Prepared:
    given = decoded(job.raw, ledger.Account, "account")
    number = (given.account_cd or "").strip()
    row = airbase.account(
        number=number,
        name=(given.description or "").strip(),
        kind=given.type or "Expense",
        active=given.active is not False,
    )
    return send_row(job, row)


def _dimension(job: Job) -> Prepared:
    given = decoded(job.raw, SegmentValue, "segment value")
    row = airbase.tag(
        reference=airbase.tag_reference(given.segment, given.value),
        name=f"{given.value} {given.description}".strip(),
        label=given.segment_name,
        active=given.active,
    )
    return send_row(job, row)


def _supplier(job: Job) -> Prepared:
    """A supplier that Airbase has already, made there and not linked yet, becomes that vendor, and no second one."""
    supplier = visma.supplier(job.raw)
    given = decoded(job.raw, wire.Supplier, "supplier")
    must_be_the_same(job, given, to=LABEL)
    row = airbase.vendor(supplier, subsidiaries=[str(one) for one in job.flow.settings.get("subsidiaries") or ()])
    if job.last is None and (twin := _made_there(job, supplier)):
        row["airbase_id"] = twin
    return send_row(job, row, kept=kept_of(given))


def _made_there(job: Job, supplier: Supplier) -> str:
    """The vendor made in Airbase that has this supplier's VAT or organisation number; "" when there is none. Raises
    Paused until the vendors were read for the first time."""
    integration = job.flow.integration
    if not Flow.objects.filter(integration=integration, key="vendors", enabled=True).exists():
        return ""
    feed = Feed.objects.filter(connection=integration.partner, key="vendors").first()
    if feed is None or feed.last_read_at is None:
        raise Paused("Airbase's own vendors are read first.", retry_at=db_now() + FIRST_LOOK)
    wanted = {airbase.plain(n) for n in (supplier.vat_number, supplier.organisation_number)} - {""}
    if not wanted:
        return ""
    for record in Record.objects.filter(feed=feed, is_newest=True, status="new").select_related("payload"):
        raw = record.payload.data
        try:
            vendor = airbase.new_vendor(bytes(raw)) if raw is not None else None
        except Unmappable:
            continue  # the vendor says so itself
        if vendor is not None and airbase.plain(vendor.tax_id) in wanted:
            return record.source_id
    return ""


# --- Bills


def _accepts_bill(record: Captured, settings: Mapping[str, Any]) -> Decision:
    """As invoices are; one that was paid meanwhile matters if Airbase has it as a bill."""
    decision = accepts_invoice(record, settings)
    return Take("send", only_if_sent=True) if isinstance(decision, NotYet) and record.status == PAID else decision


def _bill(job: Job) -> Prepared:
    if not AirbaseOptions.of(job.flow.integration.partner).takes_documents:
        return Nothing(NOT_OFFERED.format(what="bills"))
    invoice = visma.supplier_invoice(job.raw, buyer=OURSELVES, zone=books_of(job).zone)
    given = decoded(job.raw, ledger.Payable, "supplier invoice")
    reference = f"{given.document_type}/{given.reference_number}"
    if job.operation == "cancel":
        return _close(job, reference, if_refused=VOIDED)
    bill = bill_that_it_is(job, given, invoice) if job.last is None else ""
    standing = standing_of(job, reference, given.status or "", bill=bill)
    if bill:
        return _made_in_airbase(reference, bill, standing)
    if not standing.is_open:
        if job.last is None:
            return Nothing("Nothing of it is open in Visma.net: there is nothing to be paid.")
        if not standing.elsewhere:
            return Nothing("It was paid by what was approved in Airbase.")
        if not standing.by_airbase:
            return _close(job, reference, if_refused=_paid_elsewhere(reference, "its bill", standing))
    supplier = (given.supplier.number or "").strip() if given.supplier else ""
    there(job, "supplier", {supplier}, "supplier", "suppliers")
    there(job, "account", {line.account for line in invoice.lines if line.account}, "account", "accounts")
    tags = _tags(given)
    there(job, "dimension", {t for line in tags.values() for t in line}, "dimension", "dimensions")
    return send_row(
        job,
        airbase.bill(invoice, reference=reference, vendor_number=supplier, tags=tags, settled=standing.elsewhere),
        if_refused=_paid_elsewhere(reference, "its bill", standing)
        if standing.elsewhere
        else CHANGED
        if job.last is not None
        else "",
    )


def _made_in_airbase(reference: str, bill: str, standing: Standing) -> Nothing:
    """A bill that was made there is not ours to change: of what was paid without Airbase a person is told."""
    if not standing.elsewhere:
        return Nothing(f"It is bill {bill}, which was made in Airbase: it is there already.")
    return Nothing(
        f"{standing.elsewhere} {standing.currency} of {reference} was paid or settled in Visma.net, and not by "
        f"Airbase, which has it as bill {bill}.",
        issue=True,
        remedy=_paid_elsewhere(reference, f"bill {bill}", standing),
    )


def _paid_elsewhere(reference: str, bill: str, standing: Standing) -> str:
    """What a person does so that it is not paid a second time."""
    return (
        f"{standing.elsewhere} {standing.currency} of {reference} was paid or settled in Visma.net without Airbase. "
        f"Open {bill} in Airbase, reject it or lower it by that amount, and stop payments of it that are scheduled; if "
        "it was paid there too, ask the supplier for the money. Then dismiss this."
    )


def _tags(given: ledger.Payable) -> dict[str, tuple[str, ...]]:
    """The dimensions of each line, by its number."""
    found = {}
    for line in given.invoice_lines or ():
        parts = (line.subaccount.segments if line.subaccount else None) or ()
        found[str(line.line_number)] = tuple(
            airbase.tag_reference(p.segment_id, p.segment_value.strip())
            for p in parts
            if p.segment_id is not None and p.segment_value
        )
    return found


def _close(job: Job, reference: str, *, if_refused: str = "") -> Prepared:
    if job.last is None:
        return Nothing("It was cancelled before Airbase had it.")
    return send_row(job, airbase.closed(reference), purpose="cancellation", if_refused=if_refused)


# --- Purchase orders and receipts


def _purchase_order(job: Job) -> Prepared:
    if not AirbaseOptions.of(job.flow.integration.partner).takes_documents:
        return Nothing(NOT_OFFERED.format(what="purchase orders"))
    number = visma.purchase_order(job.raw, buyer=OURSELVES, zone=books_of(job).zone).number
    if job.operation == "cancel":
        return _close(job, number)
    return _order_row(job, job.raw)


def _order_row(job: Job, raw: bytes) -> Prepared:
    given = decoded(raw, wire.PurchaseOrder, "purchase order")
    order = visma.purchase_order(raw, buyer=OURSELVES, zone=books_of(job).zone)
    supplier = (given.supplier.number or "").strip() if given.supplier else ""
    there(job, "supplier", {supplier}, "supplier", "suppliers")
    received = {
        str(line.line_nbr): line.qty_on_receipts or Decimal(0) for line in given.lines or () if line.qty_on_receipts
    }
    row = airbase.purchase_order(
        order, reference=order.number, vendor_number=supplier, received=received, done=given.status == "Closed"
    )
    return send_row(job, row)


FLOWS = (
    flow("accounts", "GL accounts", entity="account", sink="accounts", rank=10, prepare=_account),
    flow(
        "dimensions",
        "Dimensions → tags",
        entity="dimension",
        sink="tags",
        rank=11,
        prepare=_dimension,
    ),
    flow(
        "suppliers",
        "Suppliers → vendors",
        entity="supplier",
        sink="vendors",
        rank=20,
        prepare=_supplier,
        settings=(
            Setting(
                name="subsidiaries",
                label="Subsidiaries of vendors",
                kind="json",
                default=[],
                shape=list[str],
                help='References of the subsidiaries that vendors are sent with, as Airbase has them: ["1", "2"]. '
                "Empty: none is named, and Airbase decides. Vendors that were sent go again with their next change.",
            ),
        ),
    ),
    flow(
        "purchase-orders",
        "Purchase orders",
        entity="purchase-order",
        sink="purchase-orders",
        rank=40,
        prepare=_purchase_order,
        accepts=accepts_order,
        settings=status_settings(**ORDER_STATUSES, among=vocabulary.ORDER_STATUSES),
    ),
    flow(
        "purchase-receipts",
        "Purchase receipts → received quantities",
        entity="purchase-receipt",
        rank=50,
        prepare=receipt,
        accepts=accepts_receipt,
        settings=status_settings(**RECEIPT_STATUSES, among=vocabulary.RECEIPT_STATUSES),
    ),
    flow(
        "supplier-invoices",
        "Supplier invoices → bills",
        entity="supplier-invoice",
        sink="bills",
        rank=60,
        prepare=_bill,
        accepts=_accepts_bill,
        settings=(
            *status_settings(**INVOICE_STATUSES, among=vocabulary.SUPPLIER_INVOICE_STATUSES),
            invoice_types("bills"),
        ),
    ),
    flow(
        "invoice-payments",
        "Payments of invoices → open amounts of bills",
        entity="invoice-payment",
        feed=PAYMENTS,
        rank=65,
        latest_wins=False,
        one_to_one=False,
        prepare=payment,
        accepts=accepts_payment,
        lane=lambda record: f"invoice-payment:{invoice_key(record.source_id)}",
    ),
)

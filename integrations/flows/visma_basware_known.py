"""Which invoice of the books a document of Basware is, and which only looks like one."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from integrations.flows.contract import Job, Nothing
from integrations.flows.visma_basware import place_of
from integrations.models import Link, Record
from integrations.systems.basware import mapping as basware
from integrations.systems.basware import wire
from integrations.systems.basware.errors import LABEL
from integrations.systems.basware.standing import Standing, standing_of
from integrations.systems.contract import Unmappable
from integrations.systems.visma import wire_ledger as ledger
from integrations.systems.visma.mapping.parts import decoded

INVOICES = "supplier-invoices"
AT_A_TIME = 100
"""Records that are in memory at once while one of a number is looked for: many suppliers number from 1."""


def document_of(job: Job) -> wire.AccountingDocument:
    """Raises Unmappable."""
    return _read(job.raw)


def _read(raw: bytes) -> wire.AccountingDocument:
    try:
        return msgspec.json.decode(raw, type=wire.AccountingDocument, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unmappable(f"An invoice that {LABEL} sent cannot be read: {error}.") from error


def invoice_of(job: Job, document: wire.AccountingDocument) -> str | Nothing:
    """Key of the invoice in the books, as "Invoice/000001": by the id that we sent it under, else by supplier and
    number; "" when the books have none, or several. Nothing, and why, for what looks like an invoice of the books and
    is another document. Raises Unmappable."""
    standing = standing_of(document)
    links = Link.objects.filter(integration_id=job.flow.integration_id, entity="supplier-invoice")
    linked = links.filter(target_id=standing.bum_id).first() if standing.bum_id else None
    if linked is not None:
        return linked.source_id
    found = []
    for record, given in _called(job, standing.number):
        if basware.invoice_id(place_of(job), record.source_id) == standing.bum_id:
            return record.source_id
        if given.supplier is not None and given.supplier.number == standing.supplier:
            found.append((record.source_id, given))
    if len(found) != 1:
        return ""
    [(invoice, given)] = found
    own = links.filter(source_id=invoice).first()
    what = f"Document {standing.invoice_id} of Basware"
    if own is not None and (standing.bum_id or _is_shown(job, standing, own.target_id)):
        return Nothing(
            f"{what} (id {standing.bum_id or 'none'}) has the supplier and the number of {invoice} of the books, which "
            f"went to Basware as {own.target_id}: Basware has invoice {standing.number} twice.",
            issue=True,
            remedy="Look at both in Basware and remove the one that is too many, so that it is paid once. Then dismiss "
            "this.",
        )
    gross = document.gross_sum
    if gross is not None and given.amount is not None and abs(gross) != abs(given.amount):
        return Nothing(
            f"{what} has the supplier and the number of {invoice} of the books, and comes to {gross} instead of "
            f"{given.amount} {given.currency_id}: nothing says that it is the same.",
            issue=True,
            remedy="Compare both. Correct the wrong one in Visma.net or in Basware; if they are two invoices, one of "
            "them has the wrong number. Then dismiss this.",
        )
    return invoice


def _called(job: Job, number: str) -> Iterator[tuple[Record, ledger.Payable]]:
    """The invoices of the books of a supplier's number."""
    rows = Record.objects.filter(
        feed__connection=job.flow.integration.books, feed__key=INVOICES, business_number=number, is_newest=True
    )
    for record in rows.select_related("payload").order_by("pk").iterator(AT_A_TIME) if number else ():
        raw = record.payload.data
        if raw is not None:
            yield record, decoded(bytes(raw), ledger.Payable, "supplier invoice")


def _is_shown(job: Job, standing: Standing, bum_id: str) -> bool:
    """Whether Basware shows what we sent as a document of its own. Only then is one without an id another."""
    rows = Record.objects.filter(
        feed__connection=job.flow.integration.partner,
        feed__key="accounting-documents",
        business_number=standing.number,
        is_newest=True,
    ).exclude(source_id=standing.invoice_id)
    for record in rows.select_related("payload").iterator(AT_A_TIME):
        raw = record.payload.data
        if raw is not None and _read(bytes(raw)).bumid == bum_id:
            return True
    return False

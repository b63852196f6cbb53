"""Visma.net ERP → Basware: supplier invoices for approval, once P2P knows their vendor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from integrations.flows.contract import Frozen, Job, Nothing, Prepared, Send
from integrations.flows.status import status_settings
from integrations.flows.visma_basware import flow, place_of, send, there
from integrations.flows.visma_basware_unseen import DEFAULT_DAYS, heard, unseen
from integrations.flows.visma_rows import INVOICE_STATUSES, OURSELVES, accepts_invoice, books_of, invoice_types
from integrations.systems.basware import attachments
from integrations.systems.basware import mapping as basware
from integrations.systems.basware.settings import Options
from integrations.systems.contract import Setting
from integrations.systems.files import ReadFile, WantedFile
from integrations.systems.visma import mapping as visma
from integrations.systems.visma import vocabulary
from integrations.systems.visma import wire_ledger as ledger
from integrations.systems.visma.mapping.parts import decoded

Members = dict[Literal["attachments", "filename", "contentType", "content"], str]
"""Our name of a member → that of this Basware."""
VOIDED = (
    "1. Reject the invoice in Basware, or have it removed there where it is approved already. 2. Where Basware says "
    "that it was paid, claim the money back from the supplier. 3. Dismiss this."
)
SPARE = 1024
"""Bytes of a request that are left free."""


def _invoice(job: Job) -> Prepared:
    """The invoice, under an id of ours that never changes."""
    invoice = visma.supplier_invoice(job.raw, buyer=OURSELVES, zone=books_of(job).zone)
    given = decoded(job.raw, ledger.Payable, "supplier invoice")
    reference = f"{given.document_type}/{given.reference_number}"
    if job.operation == "cancel":
        if job.last is None:
            return Nothing("It was voided before Basware had it.")
        return Nothing(
            f"Invoice {invoice.number} was voided in Visma.net after it went to Basware, which cannot take it back.",
            issue=True,
            remedy=VOIDED,
        )
    number = (given.supplier.number or "").strip() if given.supplier else ""
    there(job, "supplier", {number}, "supplier", "suppliers")
    place = place_of(job)
    bum_id = basware.invoice_id(place, reference)
    row = basware.invoice(place, invoice, bum_id=bum_id, vendor_number=number)
    wanted = given.files if job.flow.settings.get("attachments", True) else ()
    if wanted:  # by name and revision: what they hold is read when the invoice goes
        row["attachments"] = [{"filename": one.name, "revision": one.revision} for one in wanted]
    prepared = send(job, row, meta={"bum_id": bum_id})
    return _with_files(job, prepared, row, wanted) if isinstance(prepared, Send) else prepared


def _with_files(job: Job, prepared: Send, row: dict[str, Any], wanted: tuple[ledger.Attachment, ...]) -> Send:
    """The same, with its attachments; what cannot go along is said."""
    settings, options = job.flow.settings, Options.of(job.flow.integration.partner)
    types = {str(one).strip(". ").lower() for one in settings.get("attachment_types") or attachments.TYPES}
    bare = {name: value for name, value in row.items() if name != "attachments"}

    def put_in(files: Sequence[ReadFile]) -> Send:
        room = options.intake_megabytes * 1024 * 1024 - len(basware.encode(bare)) - SPARE
        taken, left_out = attachments.rows(files, types=types, room=room)
        body = basware.encode({**bare, **attachments.members(taken, settings.get("attachment_members") or {})})
        return replace(
            prepared,
            with_files=put_in,
            freeze=lambda now: Frozen(body=body, meta=prepared.freeze(now).meta),
            preview=lambda: body,
            changes=(*prepared.changes, *(f"Not sent along: {one}." for one in left_out)),
            left_out=_without(row["invoiceNumber"], left_out),
            left_out_remedy="Attach it to the invoice in Basware, or put a file that can be sent in its place in "
            "Visma.net: as long as Basware has not begun with the invoice, it goes again by itself.",
        )

    files = tuple(WantedFile(file_id=one.id or "", name=one.name or one.id or "") for one in wanted)
    return replace(prepared, files=files, with_files=put_in)


def _without(number: str, left_out: Sequence[str]) -> str:
    if not left_out:
        return ""
    more = f", and {len(left_out) - 3} more" if len(left_out) > 3 else ""
    return f"Invoice {number} goes to Basware without {'; '.join(left_out[:3])}{more}."[:500]


FLOWS = (
    flow(
        "supplier-invoices",
        "Supplier invoices → intake for approval",
        entity="supplier-invoice",
        sink="invoices",
        rank=60,
        prepare=_invoice,
        accepts=accepts_invoice,
        unheard=unseen,
        heard=heard,
        settings=(
            *status_settings(**INVOICE_STATUSES, among=vocabulary.SUPPLIER_INVOICE_STATUSES),
            invoice_types("invoices"),
            Setting(
                name="attachments",
                label="Send attachments",
                kind="boolean",
                default=True,
                help="Files of the invoice and of its lines go along, the first one as its image. How the Network "
                "takes files is not public: they go inside the invoice, as base64. Switch it off where yours refuses "
                "them.",
            ),
            Setting(
                name="attachment_members",
                label="Form of attachments",
                kind="json",
                default=dict(attachments.MEMBERS),
                shape=Members,
                help="What the list of files in the invoice is called, and in it a file's name, type and content "
                "(base64). No public source confirms these names: ask Basware, and say here what yours takes.",
            ),
            Setting(
                name="attachment_types",
                label="Types of attachments",
                kind="json",
                default=list(attachments.TYPES),
                help="Endings of files that are sent. Others are left out, and an issue says so.",
            ),
            Setting(
                name="unseen_days",
                label="Not seen for",
                kind="integer",
                default=DEFAULT_DAYS,
                help="Days after which an invoice that Basware took and has not shown since, neither as a document nor "
                "as an error, is an issue. Where Basware does not tell where invoices are (the connection's “Ask where "
                "invoices are”), longer than approval takes. 0: nobody is told.",
            ),
        ),
    ),
)

"""Lines in the notes of supplier invoices: what another system says of them. Nothing else of an invoice is changed."""

from __future__ import annotations

from integrations.http.errors import NotFound
from integrations.systems.contract import (
    Applied,
    CannotTell,
    Change,
    Delivered,
    Effect,
    Evidence,
    NotApplied,
    NotNeeded,
    Outgoing,
)
from integrations.systems.visma import marks
from integrations.systems.visma import wire_ledger as wire
from integrations.systems.visma.client import ETag, segment
from integrations.systems.visma.commands import AppendInvoiceNote
from integrations.systems.visma.sinks.base import INVOICES, CommandSink, read


class InvoiceNoteSink(CommandSink[AppendInvoiceNote]):
    """Adds a line with our mark to the end of the note, on the version that was read; what people wrote stays."""

    kind = AppendInvoiceNote

    def apply(self, command: AppendInvoiceNote, item: Outgoing) -> Effect:
        found = self._invoice(command)
        if found is None:
            return NotNeeded(reason=f"{_name(command)} is not in Visma.net ERP, so it has no note.")
        invoice, etag = found
        note = marks.marked(invoice.note, command.stamp, saying=command.text)
        if note == (invoice.note or ""):
            return Delivered(target_id=_key(command), version_tag=etag.value)
        path = f"{INVOICES}/{segment(command.document_type)}/{segment(command.number)}"
        new = self.client.put(path, {"note": {"value": note}}, etag)
        return Delivered(target_id=_key(command), version_tag=new.value if new else "")

    def changes(self, item: Outgoing) -> list[Change]:
        command = self.command(item)
        found = self._invoice(command)
        before = (found[0].note or "") if found is not None else ""
        note = marks.marked(before, command.stamp, saying=command.text)
        if found is None or note == before:
            return []
        return [Change(field="note", before=before, after=note, reason="a line is added at its end")]

    def look(self, command: AppendInvoiceNote, item: Outgoing) -> Evidence:
        mark = marks.mark(command.stamp)
        found = self._invoice(command)
        if found is None:
            return CannotTell(reason=f"{_name(command)} is not in Visma.net ERP any more.")
        if marks.is_marked(found[0].note, command.stamp):
            return Applied(target_id=_key(command), proof=f"Its note carries {mark}.")
        return NotApplied(proof=f"Its note does not carry {mark}.")

    def _invoice(self, command: AppendInvoiceNote) -> tuple[wire.NotedInvoice, ETag] | None:
        try:
            return read(self.client, f"{INVOICES}/{segment(command.document_type)}", command.number, wire.NotedInvoice)
        except NotFound:
            return None


def _key(command: AppendInvoiceNote) -> str:
    return f"{command.document_type}/{command.number}"


def _name(command: AppendInvoiceNote) -> str:
    return f"{command.document_type} {command.number}"

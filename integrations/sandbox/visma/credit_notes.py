"""Credit notes to customers. They stand among the customer invoices, with `lines` instead of `invoiceLines`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from integrations.sandbox.kernel import Reply, Request, Row, route
from integrations.sandbox.visma.customer_invoices import CUSTOMER_INVOICES, CustomerInvoices
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.problems import refuse

CREDIT_NOTES = replace(CUSTOMER_INVOICES, text={n: p for n, p in CUSTOMER_INVOICES.text.items() if n != "documenttype"})
_NOT_HERE = ("accountingCostRef", "originatorDocRef", "contractDocRef")


class CreditNotes(CustomerInvoices):
    """/v1/customerCreditNote, created in v2 as well."""

    @route("GET", "/v1/customerCreditNote")
    def note_list(self, request: Request) -> Reply:
        """All credit notes with their lines."""
        reply = self.list_of(request, CREDIT_NOTES, also=_is_note)
        elements: Any = reply.body
        return Reply(200, [_as_note(element) for element in elements])

    @route("GET", "/v1/customerCreditNote/<number>")
    def note_one(self, request: Request, number: str) -> Reply:
        """One credit note."""
        row = self._note(number)
        return Reply(200, _as_note(self.rendered("customerinvoice", row)), self.etag(row))

    @route("POST", "/v2/customerCreditNote")
    @route("POST", "/v1/customerCreditNote")
    def note_create(self, request: Request) -> Reply:
        """A new credit note, Balanced or on hold; `applicationLines` name the invoices that it pays when released."""
        row = self.new_sale(self._values(request), "CreditNote")
        return self.created_reply(request, f"/v1/customerCreditNote/{row['body']['referenceNumber']}", row)

    @route("PUT", "/v1/customerCreditNote/<number>")
    def note_update(self, request: Request, number: str) -> Reply:
        """Change a credit note; of a released one only texts."""
        row = self._note(number)
        values = self._values(request)
        self.check_match(request, row)
        return self.changed_sale(row, values)

    @route("DELETE", "/v1/customerCreditNote/<number>")
    def note_delete(self, request: Request, number: str) -> Reply:
        """Delete an unreleased credit note."""
        return self.removed_sale(self._note(number))

    @route("POST", "/v1/customerCreditNote/<number>/action/release")
    def note_release(self, request: Request, number: str) -> Reply:
        """Release."""
        return self.released_sale(request, self._note(number))

    def _values(self, request: Request) -> Json:
        values = self.body(request, "customerCreditNote")
        if "lines" in values:
            values["invoiceLines"] = values.pop("lines")
        return values

    def _note(self, number: str) -> Row:
        row = self.row("customerinvoice", number)
        if not _is_note(row):
            text = f"'{number}' cannot be found in the system."
            refuse(self.business(404, "The customerCreditNote record was not found.", text))
        return row


def _is_note(row: Row) -> bool:
    return bool(row["body"]["documentType"] == "CreditNote")


def _as_note(body: Json) -> Json:
    shown = {name: value for name, value in body.items() if name not in _NOT_HERE}
    lines = [{n: v for n, v in line.items() if n != "lineType"} for line in shown.pop("invoiceLines")]
    return {**shown, "lines": lines}

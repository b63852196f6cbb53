"""Actions on supplier invoices."""

from __future__ import annotations

import copy

from integrations.sandbox.kernel import Reply, Request, Row, route
from integrations.sandbox.visma import amounts
from integrations.sandbox.visma.amounts import ZERO, decimal
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.supplier_invoices import SupplierInvoices

_ENTITY = "supplierInvoice"
_WRONG_STATUS = "Document Status is invalid for processing."


class InvoiceActions(SupplierInvoices):
    """Release, prebook, reverse, void, write off, correct, send to approval. All answer 200; look at actionResult."""

    @route("POST", "/v1/supplierInvoice/<number>/action/release")
    def invoice_release(self, request: Request, number: str) -> Reply:
        """Release a document of type Invoice."""
        return self._act_on(request, "Invoice", number, "release")

    @route("POST", "/v1/supplierInvoice/<number>/action/correct")
    def invoice_correct(self, request: Request, number: str) -> Reply:
        """Reverse a document of type Invoice and copy it for correction."""
        return self._act_on(request, "Invoice", number, "correct")

    @route("POST", "/v1/supplierInvoice/<document_type>/<number>/action/<action>")
    def invoice_typed_action(self, request: Request, document_type: str, number: str, action: str) -> Reply:
        """Any action on any type."""
        return self._act_on(request, document_type, number, action.lower())

    def _act_on(self, request: Request, document_type: str, number: str, action: str) -> Reply:
        if action not in _ALLOWED:
            return self.not_found(request)
        row = self.invoice_row(document_type, number)
        self.check_match(request, row, required=False)
        if action == "prebook":
            self.body(request, "prebook")
        body = row["body"]
        error = None if body["status"] in _ALLOWED[action] else _WRONG_STATUS
        if error is None and action in {"release", "prebook"}:
            error = self._release_error(body)
        return self.act(row, f"{_ENTITY}.{action}", error)

    def _release_error(self, body: Json) -> str | None:
        if not body["invoiceLines"]:
            return "The document has no lines."
        rounded = decimal(body["detailTotalInCurrency"]) + decimal(body["vatTotalInCurrency"])
        if decimal(body["amount"]) != rounded + decimal(body["roundingDiffInCurrency"]):
            return "The document is out of the balance."
        return self.period_error(body["financialPeriod"])

    def run_action(self, row: Row, action: str) -> None:
        """What an action does to the document."""
        entity, _, name = action.partition(".")
        if entity != _ENTITY:
            super().run_action(row, action)
            return
        body = row["body"]
        body["hold"] = False
        match name:
            case "release":
                body["status"] = "Open"
            case "prebook":
                body["status"] = "Prebooked"
            case "sendtoapproval":
                body["approvalStatus"] = "SentToApproval"
            case "voidinvoice":
                self._close(body, "Voided")
            case "writeoff":
                self._close(body, "Closed")
            case _:
                self._reverse(row, again=name == "correct")
        self.touch(row)

    def _close(self, body: Json, status: str) -> None:
        body["status"] = status
        amounts.set_pair(body, "balance", ZERO, decimal(body["exchangeRate"]))
        if status == "Closed":
            today = self.clock().date()
            body["closedFinancialPeriod"] = f"{today:%Y%m}"

    def _reverse(self, row: Row, *, again: bool) -> None:
        """A Balanced adjustment with the same lines; `correct` also makes a copy of the document."""
        opposite = "Invoice" if row["body"]["documentType"] == "DebitAdj" else "DebitAdj"
        kinds = [opposite, row["body"]["documentType"]] if again else [opposite]
        for kind in kinds:
            body = copy.deepcopy(row["body"])
            name = f"{row['_company']}/{_ENTITY}/{kind}"
            number = f"{self.store.next(name):06d}"
            body |= {"documentType": kind, "referenceNumber": number, "status": "Balanced", "attachments": []}
            amounts.set_pair(body, "balance", decimal(body["amount"]), decimal(body["exchangeRate"]))
            now = self.clock()
            self.stored(_ENTITY, row["_company"], f"{kind}/{number}", body, modified=now, created=now)


_ALLOWED: dict[str, frozenset[str]] = {
    "release": frozenset({"Balanced", "Prebooked"}),
    "prebook": frozenset({"Balanced"}),
    "reverse": frozenset({"Open", "Closed", "Prebooked"}),
    "correct": frozenset({"Open"}),
    "sendtoapproval": frozenset({"Hold", "Balanced", "Prebooked"}),
    "voidinvoice": frozenset({"Prebooked", "Open"}),
    "writeoff": frozenset({"Open"}),
}

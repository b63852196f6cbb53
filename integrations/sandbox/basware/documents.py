"""Accounting documents: invoices on their way through approval, transfer and payment. Clients cannot make them here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from integrations.sandbox.kernel import Refusal, Reply, Request, Row, json_reply, route

from .master import Master

FINAL: Final = frozenset({"Removed", "Returned"})


class Documents(Master):
    """/v1/accountingDocuments: reading."""

    @route("GET", "/v1/accountingDocuments")
    def document_list(self, request: Request) -> Reply:
        """A page, by redirect."""
        rows = self.rows("accountingDocuments")
        if (status := request.args.get("ProcessingStatus")) is not None:
            rows = [row for row in rows if row["body"]["processingStatus"] == status]
        if company_code := request.args.get("companyCode"):
            rows = [row for row in rows if row["body"]["companyCode"] == company_code]
        mode = request.args.get("p2pProcessingMode", "Standard")
        rows = [row for row in rows if row["body"]["p2pProcessingMode"] == mode]
        shown, more = self.page(request, self.since(request, rows), default=100, most=100)
        body = {"accountingDocuments": [row["body"] for row in shown]}
        return self.listed(request, "accountingDocuments", body, more)

    @route("GET", "/v1/accountingDocuments/<invoice_id>")
    def document_one(self, request: Request, invoice_id: str) -> Reply:
        """One document, in a list, by redirect."""
        body = {"accountingDocuments": [self.document(invoice_id)["body"]]}
        return self.listed(request, "accountingDocuments", body, {})

    @route("GET", "/v1/accountingDocuments/status")
    def document_status(self, request: Request) -> Reply:
        """Where invoices are, by number and date: an array, no redirect. Nothing where the feature is off."""
        wanted = {name: request.args.get(name, "") for name in ("companyCode", "invoiceNumber", "invoiceDate")}
        if missing := [name for name, value in wanted.items() if not value]:
            raise self.refuse(400, [("", "PARAMETER_VALIDATION_ERROR", f"{name}: field required") for name in missing])
        gross = request.args.get("grossSum")
        found = [row for row in self.rows("accountingDocuments") if _is_meant(row["body"], wanted, gross)]
        if not found or not self.options["status_feature"]:
            raise Refusal(Reply(404))
        return json_reply(200, [_status(row) for row in found])

    @route("GET", "/v1/accountingDocuments/<invoice_id>/attachments/<external_code>")
    def document_attachment(self, request: Request, invoice_id: str, external_code: str) -> Reply:
        """The bytes of an attachment, by redirect to a URL that lives 15 minutes."""
        row = self.document(invoice_id)
        if any(one["externalCode"] == external_code for one in row["body"].get("attachments", ())):
            for kept in row["_files"]:
                if kept["externalCode"] == external_code:
                    return self.redirect(request, kept["content"].encode("latin-1"), kept["type"], {})
        raise Refusal(Reply(404))

    def document(self, invoice_id: str) -> Row:
        """The caller's document. Refuses with 404."""
        row = self.store.table("accountingDocuments").get(f"{self.tenant.company.key}/{invoice_id}")
        if row is None:
            raise Refusal(Reply(404))
        return row

    # what happens to documents

    def new_document(self, company: str, values: dict[str, Any], *, files: list[dict[str, str]] | None = None) -> Row:
        """A document in approval. `files` are {filename, type, content (latin-1 text of the bytes), category}."""
        invoice_id = self.new_id().replace("-", "")
        own = self.world.company(company)
        body: dict[str, Any] = {
            "invoiceId": invoice_id,
            "processingStatus": "New",
            "p2pProcessingMode": "Standard",
            "companyCode": str(own.visma_company_id),
            "companyName": own.name,
            "supplierCode": "",
            "currencyCode": own.currency,
            "currencyCodeCompany": own.currency,
            "paymentBlock": False,
            "codingRows": [],
            "lastUpdated": self.now(),
            **values,
        }
        kept = [{**one, "externalCode": self.new_id()} for one in files or ()]
        row = self.stored("accountingDocuments", company, invoice_id, body, _files=kept)
        row["status"] = "InApprovalProcess"
        return row

    def move(self, row: Row, processing_status: str, *, status: str | None = None, **values: Any) -> None:
        """Another processing status, with changed members (None takes one away); tells who subscribed to it."""
        body = {**row["body"], **values, "processingStatus": processing_status, "lastUpdated": self.now()}
        row["body"] = {name: value for name, value in body.items() if value is not None}
        if status is not None:
            row["status"] = status
        self.store.touch()
        if processing_status.startswith("Waiting"):
            self.notify(row["_company"], "AccountingDocuments", processing_status, row["body"]["invoiceId"])

    def show_attachments(self, row: Row) -> list[dict[str, Any]] | None:
        """Attachments as a document lists them, from its transfer on."""
        if not self.options["attachments"] or not row["_files"]:
            return None
        return [
            {
                "externalCode": kept["externalCode"],
                "category": kept.get("category", "ATTACHMENT"),
                "filename": kept["filename"],
                "isConfidential": False,
                "creationTime": row["received_at"],
            }
            for kept in row["_files"]
        ]


def _is_meant(body: dict[str, Any], wanted: dict[str, str], gross: str | None) -> bool:
    return (
        body.get("invoiceNumber") == wanted["invoiceNumber"]
        and body["companyCode"] == wanted["companyCode"]
        and body.get("invoiceDate", "")[:10] == wanted["invoiceDate"][:10]
        and (gross is None or Decimal(gross) == Decimal(str(body.get("grossSum", 0))))
    )


def _status(row: Row) -> dict[str, Any]:
    body = row["body"]
    shown = {"invoiceId": body["invoiceId"], "status": row["status"], "processingStatus": body["processingStatus"]}
    if "disputeInfo" in body:
        shown["disputeInfo"] = body["disputeInfo"]
    return {**shown, "lastUpdated": body["lastUpdated"]}


def midnight(day: date | str) -> str:
    """A day as documents show it."""
    return f"{str(day)[:10]}T00:00:00Z"

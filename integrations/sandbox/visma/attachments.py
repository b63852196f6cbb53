"""Files on documents: multipart upload, same name = new revision, read by GUID."""

from __future__ import annotations

import base64

from integrations.sandbox.kernel import Reply, Request, Row, route
from integrations.sandbox.visma.invoice_actions import InvoiceActions
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.problems import model_state, refuse
from integrations.sandbox.world.identifiers import guid


class Attachments(InvoiceActions):
    """Uploads on supplier and customer invoices and their lines, and the files themselves."""

    @route("POST", "/v1/supplierInvoice/<number>/attachment")
    def invoice_attach(self, request: Request, number: str) -> Reply:
        """A file on a document of type Invoice."""
        return self._attach(request, self.invoice_row("Invoice", number))

    @route("POST", "/v1/supplierInvoice/<number>/<int:line>/attachment")
    def invoice_line_attach(self, request: Request, number: str, line: int) -> Reply:
        """A file on a line."""
        return self._attach(request, self.invoice_row("Invoice", number), line=line)

    @route("POST", "/v1/supplierInvoice/documentType/<document_type>/<number>/attachment")
    def invoice_typed_attach(self, request: Request, document_type: str, number: str) -> Reply:
        """A file on a document of any type."""
        return self._attach(request, self.invoice_row(document_type, number))

    @route("POST", "/v1/supplierInvoice/documentType/<document_type>/<number>/<int:line>/attachment")
    def invoice_typed_line_attach(self, request: Request, document_type: str, number: str, line: int) -> Reply:
        """A file on a line of a document of any type."""
        return self._attach(request, self.invoice_row(document_type, number), line=line)

    @route("POST", "/v1/customerinvoice/<number>/attachment")
    def sale_attach(self, request: Request, number: str) -> Reply:
        """A file on a customer invoice."""
        return self._attach(request, self.row("customerinvoice", number))

    @route("GET", "/v1/attachment/<attachment_id>")
    def attachment_one(self, request: Request, attachment_id: str) -> Reply:
        """The bytes."""
        body = self.row("attachment", attachment_id)["body"]
        headers = {
            "Content-Type": body["contentType"],
            "Content-Disposition": f'attachment; filename="{body["name"].encode("ascii", "replace").decode()}"',
        }
        return Reply(200, base64.b64decode(body["content"]), headers)

    @route("PUT", "/v1/attachment/<attachment_id>")
    def attachment_update(self, request: Request, attachment_id: str) -> Reply:
        """Set sendToAutoinvoice."""
        row = self.row("attachment", attachment_id)
        row["body"] |= self.body(request, "attachmentMetadata")
        self.touch(row)
        return Reply(204)

    def _attach(self, request: Request, row: Row, *, line: int | None = None) -> Reply:
        self.check_match(request, row, required=False)
        upload = next(iter(request.files.values()), None)
        if request.mimetype != "multipart/form-data" or upload is None:
            refuse(model_state("attachment", "A multipart/form-data request with one file is expected."))
        name = upload.filename or "file"
        target = row["body"]
        if line is not None:
            found = [own for own in target["invoiceLines"] if own["lineNumber"] == line]
            if not found:
                refuse(self.business(404, "The line was not found.", f"'{line}' cannot be found in the system."))
            target = found[0]
        attachment_id = self.attach(row, target, name, upload.mimetype, upload.read())
        self.touch(row)
        return Reply(201, None, {"Location": f"{request.base}/v1/attachment/{attachment_id}", **self.etag(row)})

    def attach(self, row: Row, target: Json, name: str, content_type: str, data: bytes) -> str:
        """Put a file on a document or on one of its lines (`target`). Answers its id."""
        revision = 1 + max((a["revision"] for a in target["attachments"] if a["name"] == name), default=0)
        target["attachments"] = [a for a in target["attachments"] if a["name"] != name]
        attachment_id = guid(self.rng)
        target["attachments"].append({"name": name, "id": attachment_id, "revision": revision})
        content = base64.b64encode(data).decode()
        stored = {"name": name, "contentType": content_type, "content": content, "document": row["key"]}
        self.add("attachment", attachment_id, stored)
        return attachment_id

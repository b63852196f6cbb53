"""What people do at Basware: approve, code, reject, pay, send again. Called by POST /_control/act."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.sandbox.kernel import Row

from .documents import FINAL, midnight
from .intake import Intake


class Actions(Intake):
    """Names start with act_; a document is named by its invoiceId, bumid or invoiceNumber."""

    def act_process(self, given: Mapping[str, Any]) -> dict[str, int]:
        """Fast-forward: process every waiting request and let every invoice arrive, now."""
        arrived = self.arrive_all()
        return {"requests": self.finish_all(), "invoices": arrived}

    def act_receive_document(self, given: Mapping[str, Any]) -> str:
        """An invoice that came another way (mail, EDI): company, supplierCode, invoiceNumber, grossSum.

        Optional: every other member of an accounting document, and files [{filename, type, base64}]. Answers the
        invoiceId.
        """
        company = self.world.company(given["company"]).key
        values = {name: value for name, value in given.items() if name not in {"company", "files"}}
        for name in ("invoiceDate", "dueDate"):
            if name in values:
                values[name] = midnight(values[name])
        files = [
            {
                "filename": one["filename"],
                "type": one.get("type", "application/pdf"),
                "content": base64.b64decode(one["base64"]).decode("latin-1"),
                "category": "ORIGINALIMAGE" if position == 0 else "ATTACHMENT",
            }
            for position, one in enumerate(given.get("files", ()))
        ]
        return str(self.new_document(company, values, files=files)["body"]["invoiceId"])

    def act_approve_document(self, given: Mapping[str, Any]) -> str:
        """Approve a document, which then waits for transfer: company, document.

        Optional: codingRows (each gets externalCode and rowIndex), orderNumbers, and other members; prebook true lets
        it wait for prebooking first. Answers the invoiceId.
        """
        row = self._document(given)
        self._not_final(row)
        values = {n: v for n, v in given.items() if n not in {"company", "document", "prebook", "codingRows"}}
        if "codingRows" in given:
            values["codingRows"] = [
                {"externalCode": self.new_id(), "rowIndex": 10 * (index + 1), **one}
                for index, one in enumerate(given["codingRows"])
            ]
        waiting = "WaitingForPrebook" if given.get("prebook") else "WaitingForTransfer"
        values["disputeInfo"] = None
        self.move(row, waiting, status="ReadyForPayment", **values)
        return str(row["body"]["invoiceId"])

    def act_reject_document(self, given: Mapping[str, Any]) -> str:
        """Reject a document: company, document; optional reason (a removalReason) and comment."""
        row = self._document(given)
        self._not_final(row)
        comment = given.get("comment", "Not ordered by us")
        reason = given.get("reason", "IncorrectInvoiceAmount")
        self.move(row, "WaitingToBeRemoved", status="Rejected", removalReason=reason, removalReasonComment=comment)
        return str(row["body"]["invoiceId"])

    def act_dispute_document(self, given: Mapping[str, Any]) -> str:
        """An exception: company, document, reason. The document stays in approval."""
        row = self._document(given)
        reason = given.get("reason", "Price differs from the order")
        dispute = {"isDisputed": True, "disputeReason": reason, "disputeDate": self.now()}
        self.move(row, row["body"]["processingStatus"], status="InApprovalProcess", disputeInfo=dispute)
        return str(row["body"]["invoiceId"])

    def act_pay_document(self, given: Mapping[str, Any]) -> str:
        """Pay a document from Basware's side: company, document; optional paidTotal (so far), date, number, method."""
        row = self._document(given)
        paid = given.get("paidTotal", row["body"].get("grossSum", 0))
        response = {
            "externalCode": self.new_id(),
            "success": True,
            "paymentBlock": False,
            "paymentDate": midnight(given.get("date") or self.clock().date()),
            "paymentMethod": given.get("method", "BankTransfer"),
            "paidTotal": float(Decimal(str(paid))),
            "paymentNumber": str(given.get("number") or f"P-{self.store.next('payment')}"),
            "responseMessage": "Paid",
        }
        self.pay(row, response)
        responses = [*row["body"].get("paymentResponses", ()), response]
        row["body"] = {**row["body"], "paymentResponses": responses}
        return str(row["body"]["invoiceId"])

    def act_retransfer_document(self, given: Mapping[str, Any]) -> str:
        """Send a document again whose transfer failed: company, document. It waits for transfer, under its old id."""
        row = self._document(given)
        if row["body"]["processingStatus"] != "TransferFailed":
            raise ValueError(f"the document is in status {row['body']['processingStatus']}")
        self.move(row, "WaitingForTransfer")
        return str(row["body"]["invoiceId"])

    def act_export_order(self, given: Mapping[str, Any]) -> str:
        """A purchase order of Basware Procurement waits for export: company; externalCode of one that changed.

        Any other member of an exported order is taken over. Answers its externalCode.
        """
        company = self.world.company(given["company"]).key
        values = {name: value for name, value in given.items() if name != "company"}
        return str(self.export_order(company, values)["body"]["externalCode"])

    def act_send_notification(self, given: Mapping[str, Any]) -> Any:
        """Send a notification: company and taskType, taskSubType, documentId; or raw (a text) and secret (a wrong one).

        Answers the task's id, or for raw to how many subscriptions it went.
        """
        company = self.world.company(given["company"]).key
        if "raw" in given:
            return self.send_raw(company, str(given["raw"]).encode(), secret=given.get("secret"))
        task_type = str(given.get("taskType", "AccountingDocuments"))
        sub_type = str(given.get("taskSubType", "WaitingForTransfer"))
        return self.notify(company, task_type, sub_type, str(given.get("documentId", "unknown")))

    # what is meant

    def _document(self, given: Mapping[str, Any]) -> Row:
        company, wanted = self.world.company(given["company"]).key, str(given["document"])
        row = self.store.table("accountingDocuments").get(f"{company}/{wanted}")
        if row is not None:
            return row
        for name in ("bumid", "invoiceNumber"):
            found = [row for row in self.rows("accountingDocuments", company) if row["body"].get(name) == wanted]
            if len(found) == 1:
                return found[0]
            if found:
                raise ValueError(f"{len(found)} documents have {name} {wanted}; name the invoiceId")
        raise KeyError(f"{company} has no document {wanted}")

    def _not_final(self, row: Row) -> None:
        if row["body"]["processingStatus"] in FINAL | {"Transferred", "Paid"}:
            raise ValueError(f"the document is in status {row['body']['processingStatus']}")

"""What the ERP says about documents: acknowledged, transferred, prebooked, paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from integrations.sandbox.kernel import Reply, Request, Row, json_reply, route

from .documents import Documents
from .errors import refused
from .schema import problems, without_nulls

KEPT_RESPONSES: Final = 100
_TAKEN: Final = {
    "WaitingForTransfer": "TransferInProgress",
    "WaitingForPrebook": "PrebookInProgress",
    "WaitingForPrebookCancelation": "PrebookCancelationInProgress",
    "WaitingToBeRemoved": "Removed",
    "WaitingToBeReturned": "Returned",
    "WaitingToBeCompleted": "CompletionInProgress",
    "WaitingForEnrichmentTransfer": "EnrichmentTransferInProgress",
}
_PAYMENT: Final = {
    "paymentDate": "clearingDate",
    "paymentMethod": "paymentMethod",
    "paymentTermCode": "paymentTermCode",
    "paymentMessage": "paymentMessage",
    "paymentNumber": "clearingReferenceId",
}
"""Members of a payment response that become members of the document. Those left out are cleared there."""


class Responses(Documents):
    """Acknowledgements and responses."""

    @route("POST", "/v1/accountingDocuments/<invoice_id>/acknowledge")
    def acknowledge(self, request: Request, invoice_id: str) -> Reply:
        """Taken over for the next step; a second time, or too early, is 405."""
        row = self.document(invoice_id)
        status = _TAKEN.get(row["body"]["processingStatus"])
        if status is None:
            return refused(405, self.request_id, [(invoice_id, "METHOD_NOT_ALLOWED", "already acknowledged")])
        self.move(row, status)
        self.task_done(row["_company"], invoice_id)
        return json_reply(200, "OK")

    @route("POST", "/v1/accountingDocuments/<invoice_id>/transferResponses")
    def transfer(self, request: Request, invoice_id: str) -> Reply:
        """The result of booking; refused once a document is transferred."""
        row, response = self._response(request, invoice_id, "TransferResponseEntity", "transferResponses", twice=400)
        if row["body"]["processingStatus"] != "TransferInProgress":
            raise self._not_now(row)
        numbers = {name: response.get(name) for name in ("voucherNumber1", "voucherNumber2") if response["success"]}
        values = {"paymentBlock": response["paymentBlock"], "attachments": self.show_attachments(row)}
        if response["success"]:
            self.move(row, "Transferred", status="ReadyForPayment", **numbers, **values)
        else:
            self.move(row, "TransferFailed")
        return self._kept(row, "transferResponses", response, "TransferResponse")

    @route("POST", "/v1/accountingDocuments/<invoice_id>/prebookResponses")
    def prebook(self, request: Request, invoice_id: str) -> Reply:
        """The result of a preliminary booking."""
        row, response = self._response(request, invoice_id, "PrebookResponseEntity", "prebookResponses", twice=409)
        if row["body"]["processingStatus"] != "PrebookInProgress":
            raise self._not_now(row)
        self.move(row, "Prebooked" if response["success"] else "PrebookFailed")
        return self._kept(row, "prebookResponses", response, "PrebookResponse")

    @route("POST", "/v1/accountingDocuments/<invoice_id>/enrichmentResponses")
    def enrichment(self, request: Request, invoice_id: str) -> Reply:
        """The result of an enrichment."""
        row, response = self._response(
            request, invoice_id, "EnrichmentResponseEntity", "enrichmentResponses", twice=409
        )
        if row["body"]["processingStatus"] != "EnrichmentTransferInProgress":
            raise self._not_now(row)
        self.move(row, "EnrichmentTransferred" if response["success"] else "EnrichmentTransferFailed")
        return self._kept(row, "enrichmentResponses", response, "EnrichmentTransferResponse")

    @route("POST", "/v1/accountingDocuments/<invoice_id>/paymentResponses")
    def payment(self, request: Request, invoice_id: str) -> Reply:
        """What was paid so far, in total; members left out are cleared, an empty date is today."""
        row, response = self._response(request, invoice_id, "PaymentResponseEntity", "paymentResponses", twice=409)
        if row["body"]["processingStatus"] not in {"Transferred", "Paid"}:
            raise self._not_now(row)
        if response["success"]:
            self.pay(row, response)
        return self._kept(row, "paymentResponses", response, "PaymentResponse")

    def pay(self, row: Row, response: dict[str, Any]) -> None:
        """Enter what a payment response says."""
        values = {target: response.get(source) for source, target in _PAYMENT.items()}
        values["clearingDate"] = values["clearingDate"] or self.now()
        gross, paid = (Decimal(str(v or 0)) for v in (row["body"].get("grossSum"), response.get("paidTotal")))
        whole = paid >= gross if gross >= 0 else paid <= gross
        status = "Paid" if whole else "Transferred"
        values["paymentBlock"] = response["paymentBlock"]
        self.move(row, status, status="Paid" if whole else "ReadyForPayment", **values)

    # parts

    def _response(
        self, request: Request, invoice_id: str, shape: str, member: str, *, twice: int
    ) -> tuple[Row, dict[str, Any]]:
        row, given = self.document(invoice_id), self.decoded(request)
        wrong = list(problems(shape, given))
        if wrong:
            raise self.refuse(400, [(invoice_id, "SCHEMA_VALIDATION_ERROR", text) for text in wrong])
        response: dict[str, Any] = without_nulls(given)
        if any(known["externalCode"] == response["externalCode"] for known in row["body"].get(member, ())):
            text = "externalCode was used in an earlier response"
            raise self.refuse(twice, [(response["externalCode"], "CONFLICT_IN_POST", text)])
        return row, response

    def _not_now(self, row: Row) -> Exception:
        text = f"the document is in status {row['body']['processingStatus']}"
        return self.refuse(400, [(row["body"]["invoiceId"], "DATA_VALIDATION_FAILED", text)])

    def _kept(self, row: Row, member: str, response: dict[str, Any], entity_type: str) -> Reply:
        row["body"] = {**row["body"], member: [*row["body"].get(member, ()), response][-KEPT_RESPONSES:]}
        own = response["externalCode"]
        item = {"externalCode": own, "content": response, "changed": True, "list": ""}
        self.submit(row["_company"], member, entity_type, [item], operation="POST")
        return json_reply(200, response)

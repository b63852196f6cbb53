"""What people do in the ERP itself: pay, void and release, end invoices otherwise, attach files. Called by POST
/_control/act."""

from __future__ import annotations

import base64
import contextlib
import copy
from collections.abc import Iterator, Mapping
from typing import Any

from integrations.sandbox.kernel import Row
from integrations.sandbox.visma import amounts
from integrations.sandbox.visma.amounts import decimal
from integrations.sandbox.visma.attachments import Attachments
from integrations.sandbox.visma.base import Caller
from integrations.sandbox.visma.customer_invoices import CustomerInvoices
from integrations.sandbox.visma.supplier_payments import SupplierPayments

_ENDS = ("writeoff", "voidinvoice", "reverse")


class People(Attachments, SupplierPayments, CustomerInvoices):
    """Names start with act_; documents are named by their numbers."""

    def act_pay_invoice(self, given: Mapping[str, Any]) -> str:
        """Pay a supplier invoice and release the payment: company, number; optional document_type, amount (default: all
        that is open), date, reference.

        Answers the payment's number.
        """
        with self._at(given):
            kind = str(given.get("document_type", "Invoice"))
            invoice = self.invoice_row(kind, str(given["number"]))["body"]
            line = {"documentType": kind, "refNbr": invoice["referenceNumber"], "amountPaid": given.get("amount")}
            values: dict[str, Any] = {
                "supplier": invoice["supplier"]["number"],
                "currency": invoice["currencyId"],
                "applicationDate": given.get("date"),
                "paymentRef": str(given.get("reference", "")),
                "paymentLines": [line],
            }
            self.begin()
            body = self._blank_payment(values)
            self._change_payment(body, values)
            self.end("Error creating document.")
            body["refNbr"] = body["documentType"] = self.series("supplierPayment", digits=6)
            row = self.add("supplierPayment", body["refNbr"], body)
            if error := self._application_error(row):
                raise ValueError(error)
            self.run_action(row, "supplierPayment.release")
            return str(body["refNbr"])

    def act_end_invoice(self, given: Mapping[str, Any]) -> str:
        """End a supplier invoice without a payment: company, number, how (writeoff, voidinvoice or reverse); optional
        document_type.

        Answers its status.
        """
        with self._at(given):
            row = self.invoice_row(str(given.get("document_type", "Invoice")), str(given["number"]))
            if given["how"] not in _ENDS:
                raise ValueError(f"how: one of {', '.join(_ENDS)}")
            self.run_action(row, f"supplierInvoice.{given['how']}")
            return str(row["body"]["status"])

    def act_release_payment(self, given: Mapping[str, Any]) -> str:
        """Release a supplier payment: company, payment."""
        with self._at(given):
            row = self._payment(given)
            if row["body"]["status"] != "Balanced":
                raise ValueError(f"the payment is {row['body']['status']}")
            if error := self._application_error(row):
                raise ValueError(error)
            self.run_action(row, "supplierPayment.release")
            return str(row["body"]["status"])

    def act_void_payment(self, given: Mapping[str, Any]) -> str:
        """Void a released supplier payment: company, payment. Its documents are open again.

        Answers the key of the VoidPayment, which has the number of the payment it voids.
        """
        with self._at(given):
            row = self._payment(given)
            body = row["body"]
            if not body["released"] or body["status"] == "Voided":
                raise ValueError(f"the payment is {body['status']}")
            for line in body["paymentLines"]:
                invoice = self._paid(row, line)
                if invoice is not None:
                    self._reopen(invoice, line, body)
            void = copy.deepcopy(body) | {"type": "VoidPayment", "status": "Closed", "balance": 0.0}
            for name in ("paymentAmount", "appliedAmount"):
                void[name] = -void[name]
            for line in void["paymentLines"]:
                line["amountPaid"] = -line["amountPaid"]
            body |= {"status": "Voided", "balance": 0.0, "unappliedBalance": 0.0}
            self.touch(row)
            return str(self.add("supplierPayment", f"VoidPayment/{body['refNbr']}", void)["key"])

    def _reopen(self, invoice: Row, line: dict[str, Any], payment: dict[str, Any]) -> None:
        body = invoice["body"]
        left = decimal(body["balanceInCurrency"]) + self._settled(payment, line)
        amounts.set_pair(body, "balance", left, decimal(body["exchangeRate"]))
        body["status"] = "Open"
        body["closedFinancialPeriod"] = ""
        self.touch(invoice)

    def act_pay_customer_invoice(self, given: Mapping[str, Any]) -> str:
        """A customer pays: company, number of the invoice; optional amount (default: all that is open).

        Answers the status of the invoice.
        """
        with self._at(given):
            row = self.find("customerinvoice", str(given["number"]))
            if row is None:
                raise KeyError(f"{given['company']} has no customer invoice {given['number']}")
            self.settle_sale(row, decimal(given.get("amount") or row["body"]["balanceInCurrency"]))
            return str(row["body"]["status"])

    def act_enter_invoices(self, given: Mapping[str, Any]) -> list[str]:
        """Enter and release supplier invoices of one line, VAT included: company, count; optional prefix of the
        suppliers' numbers (default M), most (largest amount, default 5000). Spread over the suppliers that are active.

        Answers their numbers.
        """
        most, prefix, numbers = int(given.get("most", 5000)), str(given.get("prefix", "M")), []
        with self._at(given):
            active = [row["body"] for row in self.rows("supplier") if row["body"]["status"] == "Active"]
            account = next(a.number for a in self.company.accounts if a.kind == "Expense")
            for position in range(int(given["count"])):
                values: dict[str, Any] = {
                    "supplierNumber": active[position % len(active)]["number"],
                    "supplierReference": f"{prefix}{position + 1:05d}",
                    "currencyId": self.company.currency,
                    "taxCalculationMode": "Gross",
                    "invoiceLines": [
                        {
                            "transactionDescription": f"Delivery {position + 1}",
                            "accountNumber": account,
                            "quantity": 1,
                            "unitCostInCurrency": float(self.rng.randint(100, most * 100)) / 100,
                        }
                    ],
                }
                self.begin()
                body = self._blank_invoice(values)
                self._change_invoice(body, values, creating=True)
                self.end("Error creating document.")
                body["referenceNumber"] = self.series("supplierInvoice/Invoice", digits=6)
                body["status"] = "Open"
                self.add("supplierInvoice", f"Invoice/{body['referenceNumber']}", body)
                numbers.append(body["referenceNumber"])
        return numbers

    def act_attach_file(self, given: Mapping[str, Any]) -> str:
        """Attach a file to a supplier invoice: company, number, name, base64; optional document_type, content_type.

        Answers the attachment's id.
        """
        with self._at(given):
            row = self.invoice_row(str(given.get("document_type", "Invoice")), str(given["number"]))
            data = base64.b64decode(given["base64"])
            content_type = str(given.get("content_type", "application/pdf"))
            attachment_id = self.attach(row, row["body"], str(given["name"]), content_type, data)
            self.touch(row)
            return attachment_id

    @contextlib.contextmanager
    def _at(self, given: Mapping[str, Any]) -> Iterator[None]:
        """Be somebody of the company for the time of the block."""
        self.caller = Caller(client_id="people", company=self.world.company(given["company"]), scopes=())
        try:
            yield
        finally:
            self.caller = None

    def _payment(self, given: Mapping[str, Any]) -> Row:
        row = self.find("supplierPayment", str(given["payment"]))
        if row is None:
            raise KeyError(f"{given['company']} has no supplier payment {given['payment']}")
        return row

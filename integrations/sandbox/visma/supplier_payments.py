"""/v1/supplierPayment. There is no void action: people void, in the ERP itself."""

from __future__ import annotations

import copy
from decimal import Decimal

from integrations.sandbox.kernel import Reply, Request, Row, route
from integrations.sandbox.visma import amounts, parts
from integrations.sandbox.visma.amounts import ZERO, decimal
from integrations.sandbox.visma.listing import Listing
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.problems import model_state, refuse
from integrations.sandbox.visma.stamps import day
from integrations.sandbox.visma.writing import Writing, apply
from integrations.sandbox.world.companies import exchange_rate
from integrations.sandbox.world.documents import cents


def _pays(row: Row, wanted: str) -> bool:
    return any(line["invoiceRefNbr"] == wanted for line in row["body"]["paymentLines"])


def _in_period(row: Row, wanted: str) -> bool:
    return bool(row["body"]["applicationPeriod"] == wanted[4:] + wanted[:4])


PAYMENTS = Listing(
    entity="supplierPayment",
    text={"paymenttype": "type", "supplier": "supplier.number", "branch": "branch", "status": "status"},
    dates={"docdate": "applicationDate", "duedate": "dueDate"},
    numbers={"balance": "balance"},
    special={"invoicerefnbr": _pays, "financialperiod": _in_period},
)
_SAME = ("paymentRef", "description", "applicationDate")
_MADE_BY_VOIDING = frozenset({"VoidPayment", "VoidRefund"})
_REDUCING = frozenset({"DebitAdj"})


class SupplierPayments(Writing):
    """Payments: created Balanced or on hold, applied to documents when released."""

    @route("GET", "/v1/supplierPayment")
    def payment_list(self, request: Request) -> Reply:
        """All payments. paymentRef is no filter."""
        return self.list_of(request, PAYMENTS)

    @route("GET", "/v1/supplierPayment/<number>")
    def payment_one(self, request: Request, number: str) -> Reply:
        """One payment."""
        return self.one("supplierPayment", self.row("supplierPayment", number))

    @route("GET", "/v1/supplierPayment/<payment_type>/<number>")
    def payment_typed_one(self, request: Request, payment_type: str, number: str) -> Reply:
        """One payment of a type."""
        row = self.row("supplierPayment", number)
        if row["body"]["type"].lower() != payment_type.lower():
            row = self.row("supplierPayment", f"{payment_type}/{number}")
        return self.one("supplierPayment", row)

    @route("POST", "/v1/supplierPayment")
    def payment_create(self, request: Request) -> Reply:
        """A new payment."""
        values = self.body(request, "supplierPayment")
        self.begin()
        if values.get("type") in _MADE_BY_VOIDING:
            self.errors.append(f"A document of type {values['type']} is made by voiding another one.")
        body = self._blank_payment(values)
        self._change_payment(body, values)
        self.end("Error creating document.")
        number = values.get("referenceNumber") if values.get("overrideNumberSeries") else None
        body["refNbr"] = body["documentType"] = number or self.series("supplierPayment", digits=6)
        row = self.add("supplierPayment", body["refNbr"], body)
        return self.created_reply(request, f"/v1/supplierPayment/{body['refNbr']}", row)

    @route("PUT", "/v1/supplierPayment/<number>")
    def payment_update(self, request: Request, number: str) -> Reply:
        """Change a payment that was not released."""
        row = self.row("supplierPayment", number)
        values = self.body(request, "supplierPayment")
        self.check_match(request, row)
        if row["body"]["status"] not in {"Hold", "Balanced"}:
            text = f"The document has the {row['body']['status']} status."
            refuse(self.business(400, "Error updating document.", text))
        body = copy.deepcopy(row["body"])
        self.begin()
        self._change_payment(body, values)
        self.end("Error updating document.")
        self.change(row, body)
        return self.updated_reply(row)

    @route("POST", "/v1/supplierPayment/<number>/action/release")
    def payment_release(self, request: Request, number: str) -> Reply:
        """Release; the wrapped type is required in the body."""
        row = self.row("supplierPayment", number)
        kind = self.body(request, "paymentRelease").get("type")
        if kind is None:
            refuse(model_state("type", "The type field is required."))
        self.check_match(request, row, required=False)
        body = row["body"]
        if kind != body["type"]:
            refuse(self.business(404, "The supplierPayment record was not found.", f"'{kind}/{number}'"))
        error = None if body["status"] == "Balanced" else "Document Status is invalid for processing."
        error = error or self.period_error(body["applicationPeriod"][2:] + body["applicationPeriod"][:2])
        error = error or self._application_error(row)
        return self.act(row, "supplierPayment.release", error)

    def _application_error(self, row: Row) -> str | None:
        for line in row["body"]["paymentLines"]:
            invoice = self._paid(row, line)
            if invoice is None or invoice["body"]["status"] != "Open":
                return f"{line['docType']} {line['invoiceRefNbr']} is not open."
            if self._settled(row["body"], line) > decimal(invoice["body"]["balanceInCurrency"]):
                return f"{line['docType']} {line['invoiceRefNbr']}: the amount is more than the balance."
        return None

    def _paid(self, row: Row, line: Json) -> Row | None:
        key = f"{row['_company']}/{line['docType']}/{line['invoiceRefNbr']}"
        return self.store.table("supplierInvoice").get(key)

    def run_action(self, row: Row, action: str) -> None:
        """Release: the payment is closed when all of it is applied, a document when nothing is left of it."""
        if action != "supplierPayment.release":
            super().run_action(row, action)
            return
        body = row["body"]
        if body["status"] != "Balanced" or self._application_error(row):
            return  # queued, and something came between
        for line in body["paymentLines"]:
            invoice = self._paid(row, line)
            if invoice is not None:
                self._apply_payment(invoice, self._settled(body, line))
        unapplied = decimal(body["unappliedBalance"])
        body |= {"status": "Open" if unapplied else "Closed", "released": True, "hold": False}
        body["balance"] = float(unapplied)
        self.touch(row)

    def _settled(self, body: Json, line: Json) -> Decimal:
        """What a line takes off its document, in the document's currency: by its crossRate, or today's rates."""
        paid = decimal(line["amountPaid"])
        if line["currency"] == body["currency"]["id"]:
            return paid
        rate = line.get("crossRate") or exchange_rate(body["currency"]["id"], line["currency"])
        return cents(paid * decimal(rate))

    def _apply_payment(self, invoice: Row, amount: Decimal) -> None:
        body = invoice["body"]
        left = max(decimal(body["balanceInCurrency"]) - amount, ZERO)
        amounts.set_pair(body, "balance", left, decimal(body["exchangeRate"]))
        if not left:
            body["status"] = "Closed"
            body["closedFinancialPeriod"] = f"{self.clock():%Y%m}"
        if not left or self.options["payment_touches_invoice"]:
            self.touch(invoice)
        else:
            invoice["_version"] = self.store.next("rowversion")

    def _blank_payment(self, values: Json) -> Json:
        company, today = self.company, self.clock().date()
        supplier = self.need("supplier", values.get("supplier") or "", "Supplier")
        source: Json = supplier["body"] if supplier else {}
        if source.get("status") in {"HoldPayments", "OnHold", "Inactive"}:
            self.errors.append(f"The supplier status is '{source['status']}'.")
        currency = values.get("currency") or source.get("currencyId", company.currency)
        self.need("currency", currency, "Currency")
        return {
            "type": values.get("type") or "Payment",
            "documentType": "",
            "refNbr": "",
            "status": "Balanced",
            "hold": False,
            "applicationDate": day(today),
            "applicationPeriod": f"{today:%m%Y}",
            "paymentRef": "",
            "supplier": {name: source.get(name) for name in ("internalId", "number", "name")},
            "location": source.get("location", parts.location(company.country)),
            "paymentMethod": source.get("paymentMethod", {"id": "1"})["id"],
            "cashAccount": source.get("cashAccount", ""),
            "currency": {
                "id": currency,
                "symbol": parts.CURRENCIES.get(currency, ""),
                "isBaseCurrency": currency == company.currency,
                "decimalPrecision": 2,
            },
            "description": "",
            "paymentAmount": 0.0,
            "financeCharges": 0.0,
            "balance": 0.0,
            "unappliedBalance": 0.0,
            "appliedAmount": 0.0,
            "released": False,
            **parts.STAMPED,
            "branch": "1",
            "paymentLines": [],
        }

    def _change_payment(self, body: Json, values: Json) -> None:
        apply(body, values, _SAME)
        if values.get("applicationDate"):
            body["applicationPeriod"] = values["applicationDate"][5:7] + values["applicationDate"][:4]
        if values.get("applicationPeriod"):
            body["applicationPeriod"] = values["applicationPeriod"]
        if values.get("hold") is not None:
            body["hold"] = values["hold"]
            body["status"] = "Hold" if values["hold"] else "Balanced"
        if (method := values.get("paymentMethod")) is not None and self.need("paymentmethod", method, "Payment Method"):
            body["paymentMethod"] = method
        if (cash := values.get("cashAccount")) is not None and self.need("cashaccount", cash, "Cash Account"):
            body["cashAccount"] = cash
        if (branch := values.get("branch")) is not None:
            body["branch"] = self.branch_reference(branch)["number"]
        for line in values.get("paymentLines", ()):
            self._change_payment_line(body, line)
        self._total_payment(body, values)

    def _change_payment_line(self, body: Json, values: Json) -> None:
        operation = values.get("operation") or "Insert"
        kind, number = values.get("documentType") or "Invoice", values.get("refNbr") or ""
        same = [x for x in body["paymentLines"] if (x["docType"], x["invoiceRefNbr"]) == (kind, number)]
        if operation == "Delete":
            body["paymentLines"] = [line for line in body["paymentLines"] if line not in same]
            return
        invoice = self.need("supplierInvoice", f"{kind}/{number}", "Reference Nbr.")
        if invoice is None:
            return
        source = invoice["body"]
        if source["supplier"]["number"] != body["supplier"]["number"]:
            self.errors.append(f"Reference Nbr. '{number}' cannot be found in the system.")
            return
        if operation == "Insert" and same:
            self.errors.append(f"Reference Nbr. '{number}' already exists.")
            return
        line: Json = same[0] if same else {"docType": kind, "invoiceRefNbr": number, "cashDiscountTaken": 0.0}
        if not same:
            body["paymentLines"].append(line)
        paid = values.get("amountPaid")
        line["amountPaid"] = source["balanceInCurrency"] if paid is None else paid
        line |= {"branch": body["branch"], "currency": source["currencyId"], "supplierRef": source["supplierReference"]}
        if values.get("crossRate"):
            line["crossRate"] = values["crossRate"]
        line["balance"] = float(decimal(source["balanceInCurrency"]) - self._settled(body, line))
        if line["balance"] < 0:
            self.errors.append("Amount Paid cannot be more than the balance of the document.")

    def _total_payment(self, body: Json, values: Json) -> None:
        applied = ZERO  # credit notes of the supplier reduce what is paid
        for line in body["paymentLines"]:
            paid = decimal(line["amountPaid"])
            applied += -paid if line["docType"] in _REDUCING else paid
        if applied < 0:
            self.errors.append("The credit notes are more than the invoices.")
        amount = decimal(values.get("paymentAmount", body["paymentAmount"])) or applied
        if amount < applied:
            self.errors.append("The payment amount is less than what is applied.")
        body["paymentAmount"] = body["balance"] = float(amount)
        body["appliedAmount"], body["unappliedBalance"] = float(applied), float(amount - applied)

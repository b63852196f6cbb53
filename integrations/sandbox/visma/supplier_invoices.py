"""/v1/supplierInvoice: reads and writes. Numbers are unique within a document type."""

from __future__ import annotations

import copy
from decimal import Decimal

from integrations.sandbox.kernel import Reply, Request, Row, route
from integrations.sandbox.visma import amounts, parts
from integrations.sandbox.visma.amounts import decimal
from integrations.sandbox.visma.invoice_lines import InvoiceLines
from integrations.sandbox.visma.listing import Listing, is_released
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.problems import refuse
from integrations.sandbox.visma.stamps import day
from integrations.sandbox.visma.writing import apply


def _has_item(row: Row, wanted: str) -> bool:
    return any(line.get("inventoryNumber") == wanted for line in row["body"]["invoiceLines"])


def _has_project(row: Row, wanted: str) -> bool:
    return any(line.get("project", {}).get("id") == wanted for line in row["body"]["invoiceLines"])


INVOICES = Listing(
    entity="supplierInvoice",
    created=True,
    text={
        "supplier": "supplier.number",
        "documenttype": "documentType",
        "status": "status",
        "financialperiod": "financialPeriod",
        "branch": "branchNumber.number",
    },
    dates={"docdate": "date", "duedate": "dueDate"},
    numbers={"balance": "balance"},
    special={"released": is_released, "item": _has_item, "project": _has_project},
    hidden={
        "attachments": "expandattachment",
        "note": "expandnote",
        "landedCosts": "expandlandedcosts",
        "approvalDetails": "expandapproval",
    },
)
CHANGEABLE = frozenset({"Hold", "Balanced", "Prebooked"})
_WRITE_TYPES = {"Payment": "Check"}
_ALWAYS = ("description", "note", "paymentRefNo", "payDate", "dueDate", "paymentMessage", "paySelected")
_SAME = (*_ALWAYS, "date", "origInvoiceDate", "supplierReference", "taxCalculationMode", "cashDiscountDate")
_HALF_UNIT = Decimal("0.50")
_PAIRS = ("discountTotal", "cashDiscount", "roundingDiff", "balance", "detailTotal", "vatTotal", "vatTaxableTotal")


class SupplierInvoices(InvoiceLines):
    """Supplier documents. Created Balanced or on Hold; Open comes with the release action only."""

    @route("GET", "/v1/supplierInvoice")
    def invoice_list(self, request: Request) -> Reply:
        """All supplier documents with their lines."""
        return self.list_of(request, INVOICES)

    @route("GET", "/v1/supplier/<number>/invoice")
    def invoice_list_of_supplier(self, request: Request, number: str) -> Reply:
        """The documents of one supplier."""
        supplier = self.row("supplier", number)["business_number"]
        return self.list_of(request, INVOICES, lambda row: row["body"]["supplier"]["number"] == supplier)

    @route("GET", "/v1/supplierInvoice/<number>")
    def invoice_one(self, request: Request, number: str) -> Reply:
        """One document of type Invoice: other types need the typed path."""
        return self.one("supplierInvoice", self.invoice_row("Invoice", number))

    @route("GET", "/v1/supplierInvoice/<document_type>/<number>")
    def invoice_typed_one(self, request: Request, document_type: str, number: str) -> Reply:
        """One document."""
        return self.one("supplierInvoice", self.invoice_row(document_type, number))

    @route("POST", "/v1/supplierInvoice")
    def invoice_create(self, request: Request) -> Reply:
        """A new document. A second one with the same supplier reference is accepted unless the option forbids it."""
        values = self.body(request, "supplierInvoice")
        self.begin()
        body = self._blank_invoice(values)
        self._check_duplicate(body, values)
        self._change_invoice(body, values, creating=True)
        self.end("Error creating document.")
        document_type = body["documentType"]
        forced = values.get("referenceNumber") if values.get("overrideNumberSeries") else None
        body["referenceNumber"] = forced or self.series(f"supplierInvoice/{document_type}", digits=6)
        if self.find("supplierInvoice", f"{document_type}/{body['referenceNumber']}") is not None:
            refuse(self.business(400, "Error creating document.", f"Reference Nbr. '{forced}' already exists."))
        row = self.add("supplierInvoice", f"{document_type}/{body['referenceNumber']}", body)
        typed = "" if document_type == "Invoice" else f"{document_type}/"
        return self.created_reply(request, f"/v1/supplierInvoice/{typed}{body['referenceNumber']}", row)

    @route("PUT", "/v1/supplierInvoice/<number>")
    def invoice_update(self, request: Request, number: str) -> Reply:
        """Change a document of type Invoice."""
        return self._update_invoice(request, self.invoice_row("Invoice", number))

    @route("PUT", "/v1/supplierInvoice/<document_type>/<number>")
    def invoice_typed_update(self, request: Request, document_type: str, number: str) -> Reply:
        """Change a document."""
        return self._update_invoice(request, self.invoice_row(document_type, number))

    @route("DELETE", "/v1/supplierInvoice/<number>")
    def invoice_delete(self, request: Request, number: str) -> Reply:
        """Delete an unreleased document of type Invoice."""
        return self._delete_invoice(self.invoice_row("Invoice", number))

    @route("DELETE", "/v1/supplierInvoice/<document_type>/<number>")
    def invoice_typed_delete(self, request: Request, document_type: str, number: str) -> Reply:
        """Delete an unreleased document."""
        return self._delete_invoice(self.invoice_row(document_type, number))

    def invoice_row(self, document_type: str, number: str) -> Row:
        """The row of a document; the type without regard to case. Refuses with 404."""
        known = {
            row["body"]["documentType"].lower(): row["body"]["documentType"] for row in self.rows("supplierInvoice")
        }
        return self.row("supplierInvoice", f"{known.get(document_type.lower(), document_type)}/{number}")

    def _delete_invoice(self, row: Row) -> Reply:
        if row["body"]["status"] not in {"Hold", "Balanced"}:
            refuse(self.business(400, "Error deleting document.", "A released document cannot be deleted."))
        del self.store.table("supplierInvoice")[row["key"]]
        return Reply(204)

    def _update_invoice(self, request: Request, row: Row) -> Reply:
        values = self.body(request, "supplierInvoice")
        self.check_match(request, row)
        body = copy.deepcopy(row["body"])
        self.begin()
        if body["status"] in CHANGEABLE:
            self._change_invoice(body, values, creating=False)
        else:
            changed = sorted(set(values) - set(_ALWAYS))
            if changed:
                text = f"The document has the {body['status']} status: {', '.join(changed)} cannot be changed."
                self.errors.append(text)
            apply(body, values, _ALWAYS)
        self.end("Error updating document.")
        self.change(row, body)
        return self.updated_reply(row)

    def _blank_invoice(self, values: Json) -> Json:
        company, today = self.company, self.clock().date()
        supplier = self.need("supplier", values.get("supplierNumber") or "", "Supplier")
        source: Json = supplier["body"] if supplier else {}
        if source.get("status") in {"Inactive", "OnHold"}:
            self.errors.append(f"The supplier status is '{source['status']}'.")
        currency = values.get("currencyId") or source.get("currencyId", company.currency)
        write_type = values.get("documentType") or "Invoice"
        body: Json = {
            "taxDetailLines": [],
            "attachments": [],
            "invoiceLines": [],
            "landedCosts": [],
            "hold": False,
            "exchangeRate": self.rate_of(currency),
            "paymentRefNo": "",
            "creditTerms": source.get("creditTerms", parts.terms(30)),
            "retainageApply": False,
            "amount": 0.0,
            "vatAmount": 0.0,
            "taxCalculationMode": "TaxSetting",
            "supplierTaxZone": source.get("vatZone", parts.vat_zone(company, domestic=True)),
            "paySelected": False,
            "supplier": {name: source.get(name) for name in ("internalId", "number", "name")},
            "documentType": _WRITE_TYPES.get(write_type, write_type),
            "referenceNumber": "",
            "postPeriod": "",
            "financialPeriod": "",
            "date": day(today),
            "origInvoiceDate": day(today),
            "dueDate": day(today),
            "approvalStatus": "New",
            "status": "Balanced",
            "currencyId": currency,
            "paymentMethod": source.get("paymentMethod", parts.payment_method("1")),
            "supplierReference": "",
            "description": "",
            "createdDateTime": "",
            **parts.STAMPED,
            "note": "",
            "closedFinancialPeriod": "",
            "location": source.get("location", parts.location(company.country)),
            "branchNumber": parts.branch(company, "1"),
            "payDate": day(today),
            "paymentMessage": "",
            "cashAccount": source.get("cashAccount", parts.cash_account(company, currency)),
        }
        for name in _PAIRS:
            amounts.set_pair(body, name, amounts.ZERO, Decimal(1))
        return body

    def _check_duplicate(self, body: Json, values: Json) -> None:
        reference = values.get("supplierReference")
        if not (self.options["refuse_duplicate_reference"] and reference):
            return
        for row in self.rows("supplierInvoice"):
            same = row["body"]["supplier"]["number"] == body["supplier"]["number"]
            if same and row["body"]["supplierReference"] == reference and row["body"]["status"] != "Voided":
                self.errors.append(f"Document with the supplier reference '{reference}' already exists.")
                return

    def _change_invoice(self, body: Json, values: Json, *, creating: bool) -> None:
        apply(body, values, _SAME)
        if values.get("hold") is not None:
            body["hold"] = values["hold"]
            body["status"] = "Hold" if values["hold"] else "Balanced"
        self._change_period(body, values, creating=creating)
        if (terms := values.get("creditTermsId")) is not None:
            self.refer(body, "creditTerms", "creditTerm", terms, "Terms")
        if (method := values.get("paymentMethod")) is not None:
            self.refer(body, "paymentMethod", "paymentmethod", method, "Payment method")
        if (cash := values.get("cashAccount")) is not None and self.need("cashaccount", cash, "Cash account"):
            body["cashAccount"] = cash
        if (rate := values.get("exchangeRate")) is not None:
            body["exchangeRate"] = rate
        if (branch := values.get("branchNumber")) is not None:
            body["branchNumber"] = self.branch_reference(branch)
        self.change_lines(body, values, validate=bool(values.get("validateLineDetails")))
        self._balance_invoice(body, values)

    def _change_period(self, body: Json, values: Json, *, creating: bool) -> None:
        """postPeriod is MMYYYY, financialPeriod YYYYMM; without either it follows the date."""
        period = values.get("financialPeriod")
        if period is None and values.get("postPeriod"):
            period = values["postPeriod"][2:] + values["postPeriod"][:2]
        if period is None and (creating or "date" in values):
            period = body["date"][:4] + body["date"][5:7]
        if period is None:
            return
        if len(period) != 6 or not period.isdigit() or not 1 <= int(period[4:]) <= 12:
            self.errors.append(f"Financial period '{period}' cannot be found in the system.")
            return
        body["financialPeriod"], body["postPeriod"] = period, period[4:] + period[:4]

    def _balance_invoice(self, body: Json, values: Json) -> None:
        """Totals. A stated amount has to agree, to half a unit of rounding, unless the document is on hold."""
        stated_vat = values.get("vatAmount")
        total = amounts.supplier_invoice(
            body, self.company, stated_vat=None if stated_vat is None else decimal(stated_vat)
        )
        rounding = decimal(values.get("roundingDiffInCurrency", body["roundingDiffInCurrency"]))
        stated = values.get("amount")
        if stated is not None:
            difference = decimal(stated) - total
            if abs(difference) <= _HALF_UNIT:
                rounding = difference
            elif body["status"] != "Hold":
                self.errors.append("The document is out of the balance.")
        amounts.settle(body, total, rounding)

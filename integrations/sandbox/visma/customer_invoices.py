"""Customer invoices: read and updated in v1, created in v2 (v1 POST is deprecated and still works)."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from integrations.sandbox.kernel import Reply, Request, Row, route
from integrations.sandbox.visma import amounts, parts
from integrations.sandbox.visma.amounts import decimal
from integrations.sandbox.visma.listing import Listing, is_released
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.problems import model_state, refuse
from integrations.sandbox.visma.stamps import day
from integrations.sandbox.visma.writing import Writing, apply
from integrations.sandbox.world.documents import cents

CUSTOMER_INVOICES = Listing(
    entity="customerinvoice",
    created=True,
    text={
        "customer": "customer.number",
        "customerrefnumber": "customerRefNumber",
        "externalreference": "externalReference",
        "paymentreference": "paymentReference",
        "status": "status",
        "documenttype": "documentType",
        "financialperiod": "financialPeriod",
        "closedfinancialperiod": "closedFinancialPeriod",
        "branch": "branchNumber.number",
        "project": "project.id",
        "dunninglevel": "dunningLetterLevel",
    },
    dates={"documentdate": "documentDate", "documentduedate": "documentDueDate"},
    special={"released": is_released},
    hidden={
        "applications": "expandapplications",
        "attachments": "expandattachments",
        "taxDetails": "expandtaxdetails",
        "invoiceAddress": "expandinvoiceaddress",
    },
)
_ALWAYS = ("note", "paymentReference", "documentDueDate", "invoiceText", "dontPrint", "dontEmail")
_SAME = (
    *_ALWAYS, "documentDate", "origInvoiceDate", "customerRefNumber", "externalReference", "sendToAutoInvoice",
    "customerProject", "accountingCostRef", "originatorDocRef", "contractDocRef",
)  # fmt: skip
_HOME_ZONE = {"id": "01", "description": "Inrikes"}
_LINE_SAME = ("description", "quantity", "uom", "unitPriceInCurrency", "discountPercent", "note")
UNRELEASED = frozenset({"Hold", "Balanced"})


class CustomerInvoices(Writing):
    """Sales documents."""

    @route("GET", "/v1/customerinvoice")
    def sale_list(self, request: Request) -> Reply:
        """All customer invoices with their lines."""
        return self.list_of(request, CUSTOMER_INVOICES)

    @route("GET", "/v1/customerinvoice/<number>")
    def sale_one(self, request: Request, number: str) -> Reply:
        """One customer invoice."""
        return self.one("customerinvoice", self.row("customerinvoice", number))

    @route("POST", "/v2/customerinvoice")
    @route("POST", "/v1/customerinvoice")
    def sale_create(self, request: Request) -> Reply:
        """A new invoice, Balanced or on hold."""
        row = self.new_sale(self.body(request, "customerinvoice"), "Invoice")
        return self.created_reply(request, f"/v1/customerinvoice/{row['body']['referenceNumber']}", row)

    @route("PUT", "/v1/customerinvoice/<number>")
    def sale_update(self, request: Request, number: str) -> Reply:
        """Change an invoice; of a released one only texts, references for payment and the due date."""
        row = self.row("customerinvoice", number)
        values = self.body(request, "customerinvoice")
        self.check_match(request, row)
        return self.changed_sale(row, values)

    @route("DELETE", "/v1/customerinvoice/<number>")
    def sale_delete(self, request: Request, number: str) -> Reply:
        """Delete an unreleased invoice."""
        return self.removed_sale(self.row("customerinvoice", number))

    @route("POST", "/v1/customerinvoice/<number>/action/release")
    def sale_release(self, request: Request, number: str) -> Reply:
        """Release."""
        return self.released_sale(request, self.row("customerinvoice", number))

    @route("POST", "/v1/customerinvoice/<number>/action/reverse")
    def sale_reverse(self, request: Request, number: str) -> Reply:
        """A credit note with the same lines; the body is not wrapped."""
        row = self.row("customerinvoice", number)
        self.check_match(request, row, required=False)
        if request.get_data():
            try:
                msgspec.json.decode(request.get_data(), type=dict[str, bool])
            except msgspec.DecodeError as broken:
                refuse(model_state("returnCreditNote", str(broken)))
        error = None if row["body"]["status"] in {"Open", "Closed"} else "Document Status is invalid for processing."
        return self.act(row, "customerinvoice.reverse", error)

    def run_action(self, row: Row, action: str) -> None:
        """Release and reverse."""
        if not action.startswith("customerinvoice."):
            super().run_action(row, action)
            return
        if action.endswith("release"):
            row["body"] |= {"status": "Open", "hold": False}
            for application in row["body"]["applications"]:
                self._settle(row, application)
            self.touch(row)
            return
        number = str(self.store.next(f"{row['_company']}/customerinvoice"))
        body = copy.deepcopy(row["body"]) | {
            "documentType": "CreditNote",
            "referenceNumber": number,
            "status": "Balanced",
        }
        amounts.set_pair(body, "balance", decimal(body["amountInCurrency"]), decimal(body["exchangeRate"]))
        now = self.clock()
        self.stored("customerinvoice", row["_company"], number, body, modified=now, created=now)

    def new_sale(self, values: Json, document_type: str) -> Row:
        """A new invoice or credit note; both have their numbers from one series."""
        self.begin()
        body = self._blank_sale(values) | {"documentType": document_type}
        self._change_sale(body, values)
        if not values.get("documentDueDate") and body["creditTerms"].get("id", "").isdigit():
            due = date.fromisoformat(body["documentDate"][:10]) + timedelta(days=int(body["creditTerms"]["id"]))
            body["documentDueDate"] = day(due)
        self.end("Error creating document.")
        number = values.get("referenceNumber") if values.get("overrideNumberSeries") else None
        body["referenceNumber"] = number or self.series("customerinvoice")
        return self.add("customerinvoice", body["referenceNumber"], body)

    def changed_sale(self, row: Row, values: Json) -> Reply:
        """Change a sales document, as far as its status allows."""
        body = copy.deepcopy(row["body"])
        self.begin()
        if body["status"] in UNRELEASED:
            self._change_sale(body, values)
        elif changed := sorted(set(values) - set(_ALWAYS)):
            self.errors.append(f"The document has the {body['status']} status: {', '.join(changed)} cannot be changed.")
        else:
            apply(body, values, _ALWAYS)
        self.end("Error updating document.")
        self.change(row, body)
        return self.updated_reply(row)

    def removed_sale(self, row: Row) -> Reply:
        """Delete a sales document that was not released."""
        if row["body"]["status"] not in UNRELEASED:
            refuse(self.business(400, "Error deleting document.", "A released document cannot be deleted."))
        del self.store.table("customerinvoice")[row["key"]]
        return Reply(204)

    def released_sale(self, request: Request, row: Row) -> Reply:
        """Release a sales document: 200, whatever comes of it."""
        self.check_match(request, row, required=False)
        body = row["body"]
        error = None if body["status"] == "Balanced" else "Document Status is invalid for processing."
        return self.act(row, "customerinvoice.release", error or self.period_error(body["financialPeriod"]))

    def settle_sale(self, row: Row, amount: Decimal) -> None:
        """Take an amount in the document's currency off what is open; nothing left closes the document."""
        body = row["body"]
        left = decimal(body["balanceInCurrency"]) - amount
        if body["status"] != "Open" or amount <= 0 or left < 0:
            raise ValueError(f"{body['referenceNumber']} is {body['status']} with {left + amount} open, not {amount}")
        amounts.set_pair(body, "balance", left, decimal(body["exchangeRate"]))
        if not left:
            body |= {"status": "Closed", "closedFinancialPeriod": f"{self.clock():%Y%m}"}
        self.touch(row)

    def _settle(self, note: Row, application: Json) -> None:
        """A credit note pays an invoice of the same company."""
        paid = self.store.table("customerinvoice").get(f"{note['_company']}/{application['refNbr']}")
        amount = decimal(application["amountPaid"])
        if paid is not None and paid["body"]["status"] == "Open":
            amount = min([amount, *(decimal(one["body"]["balanceInCurrency"]) for one in (paid, note))])
            application["amountPaid"] = float(amount)
            if amount > 0:
                self.settle_sale(paid, amount)
                self.settle_sale(note, amount)

    def _check_zone(self, body: Json) -> None:
        """Abroad there is nothing but VAT codes without VAT: zone and category have to meet."""
        if body["customerVatZone"]["id"] == "01":
            return
        for line in body["invoiceLines"]:
            if self.company.vat(line["vatCode"]["id"]).rate:
                self.errors.append(f"TaxCategoryID '{line['vatCode']['id']}' cannot be found in the system.")

    def _blank_sale(self, values: Json) -> Json:
        company, today = self.company, self.clock().date()
        customer = self.need("customer", values.get("customerNumber") or "", "Customer")
        source: Json = customer["body"] if customer else {}
        if source.get("status") in {"Inactive", "CreditHold", "OnHold"}:
            self.errors.append(f"The customer status is '{source['status']}'.")
        currency = values.get("currencyId") or source.get("currencyId", company.currency)
        period = f"{today:%Y%m}"
        body: Json = {
            "creditTerms": source.get("creditTerms", parts.terms(30)),
            "documentDueDate": day(today),
            "externalReference": "",
            "exchangeRate": self.rate_of(currency),
            "attachments": [],
            "taxDetails": [],
            "invoiceLines": [],
            "sendToAutoInvoice": False,
            "roundingDiff": 0.0,
            "customerVatZone": {n: source["vatZone"][n] for n in ("id", "description")} if source else dict(_HOME_ZONE),
            "hold": False,
            "paymentReference": "",
            "applications": [],
            "revoked": False,
            "customer": {name: source.get(name) for name in ("number", "name")},
            "documentType": "Invoice",
            "referenceNumber": "",
            "postPeriod": period,
            "financialPeriod": period,
            "closedFinancialPeriod": "",
            "documentDate": day(today),
            "origInvoiceDate": day(today),
            "status": "Balanced",
            "currencyId": currency,
            "paymentMethod": parts.payment_method("1"),
            "customerRefNumber": "",
            "invoiceText": "",
            **parts.STAMPED,
            "createdDateTime": "",
            "note": "",
            "location": source.get("location", parts.location(company.country)),
            "branchNumber": parts.branch(company, "1"),
            "cashAccount": parts.cash_account(company, currency),
        }
        for name in ("discountTotal", "cashDiscount"):
            amounts.set_pair(body, name, amounts.ZERO, Decimal(1))
        return body

    def _change_sale(self, body: Json, values: Json) -> None:
        apply(body, values, _SAME)
        if values.get("hold") is not None:
            body["hold"] = values["hold"]
            body["status"] = "Hold" if values["hold"] else "Balanced"
        period = values.get("financialPeriod")
        if period is None and values.get("postPeriod"):
            period = values["postPeriod"][2:] + values["postPeriod"][:2]
        if period is None and values.get("documentDate"):
            period = body["documentDate"][:4] + body["documentDate"][5:7]
        if period:
            body["financialPeriod"] = body["postPeriod"] = period
        if (terms := values.get("creditTermsId")) is not None:
            self.refer(body, "creditTerms", "creditTerm", terms, "Terms")
        if (branch := values.get("branchNumber")) is not None:
            body["branchNumber"] = self.branch_reference(branch)
        if (method := values.get("paymentMethodId")) is not None:
            self.refer(body, "paymentMethod", "paymentmethod", method, "Payment method")
        if values.get("exchangeRate"):
            body["exchangeRate"] = values["exchangeRate"]
        if (zone := values.get("customerVatZoneId")) is not None:
            known = self.vat_zones().get(zone)
            if known is None:
                self.errors.append(f"Tax Zone '{zone}' cannot be found in the system.")
            else:
                body["customerVatZone"] = {name: known[name] for name in ("id", "description")}
        for application in values.get("applicationLines", ()):
            paid = self.need("customerinvoice", application.get("refNbr") or "", "Reference Nbr.")
            if paid is not None:
                body["applications"].append(
                    {
                        "docType": "Invoice",
                        "refNbr": application["refNbr"],
                        "amountPaid": application.get("amountPaid", paid["body"]["balanceInCurrency"]),
                        "released": False,
                    }
                )
        for line in values.get("invoiceLines", ()):
            self._change_sale_line(body, line)
        self._check_zone(body)
        amounts.customer_invoice(body, self.company)

    def _change_sale_line(self, body: Json, values: Json) -> None:
        operation, number = values.get("operation") or "Insert", values.get("lineNumber")
        if operation == "Insert":
            line = self._blank_sale_line(body)
            body["invoiceLines"].append(line)
        else:
            found = [own for own in body["invoiceLines"] if own["lineNumber"] == number]
            if not found:
                self.errors.append(f"Line Nbr. '{number}' cannot be found in the system.")
                return
            line = found[0]
            if operation == "Delete":
                body["invoiceLines"].remove(line)
                return
        item_number = values.get("inventoryNumber")
        item = self.need("inventory", item_number, "Inventory ID") if item_number is not None else None
        if item is not None:
            line |= {
                "inventoryNumber": item_number,
                "description": item["body"]["description"],
                "uom": item["body"]["salesUnit"],
                "unitPriceInCurrency": item["body"]["defaultPrice"],
                "vatCode": item["body"]["vatCode"],
            }
        apply(line, values, _LINE_SAME)
        if (account := values.get("accountNumber")) is not None:
            line["account"] = self.account_reference(account) or line["account"]
        if values.get("subaccount"):
            line["subaccount"] = self.subaccount_reference(values["subaccount"], line["subaccount"])
        if (vat_id := values.get("vatCodeId")) is not None:
            line["vatCode"] = self.vat_reference(vat_id) or line["vatCode"]
        amount = cents(decimal(line["quantity"]) * decimal(line["unitPriceInCurrency"]))
        amount -= cents(amount * decimal(line["discountPercent"]) / 100)
        amount -= decimal(values.get("discountAmountInCurrency"))
        manual = values.get("manualAmountInCurrency")
        line["amountInCurrency"] = float(amount) if manual is None else manual

    def _blank_sale_line(self, body: Json) -> Json:
        company = self.company
        income = next(account for account in company.accounts if account.kind == "Income")
        vat = company.vat_rates[0]
        return {
            "lineNumber": max((line["lineNumber"] for line in body["invoiceLines"]), default=0) + 1,
            "inventoryNumber": "",
            "description": "",
            "quantity": 1.0,
            "unitPrice": 0.0,
            "unitPriceInCurrency": 0.0,
            "amount": 0.0,
            "amountInCurrency": 0.0,
            "account": parts.account(company, income.number),
            "vatCode": {"id": vat.vat_id, "description": vat.description},
            "uom": "",
            "discountPercent": 0.0,
            "subaccount": parts.subaccount(company, company.segments[0].value),
            "note": "",
            "branchNumber": body["branchNumber"],
            "attachments": [],
        }

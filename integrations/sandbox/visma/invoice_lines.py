"""Lines of supplier invoices: typed, from orders, from receipts."""

from __future__ import annotations

from integrations.sandbox.visma import amounts, parts
from integrations.sandbox.visma.amounts import decimal
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.writing import Writing, apply
from integrations.sandbox.world.documents import cents

_SAME = ("transactionDescription", "quantity", "uom", "unitCostInCurrency", "note", "discountPercent")


class InvoiceLines(Writing):
    """How lines come in. Without validateLineDetails wrong details of a line are dropped silently."""

    def change_lines(self, body: Json, values: Json, *, validate: bool) -> None:
        """Apply line operations, then add lines of orders and receipts."""
        for line in values.get("invoiceLines", ()):
            self._change_line(body, line, validate=validate)
        for added in values.get("addPurchaseOrders", ()):
            self._add_order(body, added.get("poOrderNumber") or "")
        for added in values.get("addPOReceiptLines", ()):
            self._add_receipt_line(body, added)

    def _change_line(self, body: Json, values: Json, *, validate: bool) -> None:
        operation, number = values.get("operation") or "Insert", values.get("lineNumber")
        if operation == "Insert":
            line = self._blank_line(body)
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
        seen = len(self.errors)
        self._fill_line(line, values)
        if not validate:
            del self.errors[seen:]

    def _fill_line(self, line: Json, values: Json) -> None:
        if (number := values.get("inventoryNumber")) is not None:
            item = self.need("inventory", number, "Inventory ID")
            if item is not None:
                line["inventoryNumber"], line["stockItem"] = number, item["body"]["stockItem"]
                line["transactionDescription"], line["uom"] = item["body"]["description"], item["body"]["purchaseUnit"]
                line["account"] = item["body"]["accountInformation"]["expenseAccount"]
        apply(line, values, _SAME)
        if (number := values.get("accountNumber")) is not None:
            account = self.account_reference(number)
            line["account"] = {**account, "active": True} if account else line["account"]
        if values.get("subaccount"):
            line["subaccount"] = (
                self.subaccount_reference(values["subaccount"], line["subaccount"]) or line["subaccount"]
            )
        if (vat_id := values.get("vatCodeId")) is not None:
            line["vatCode"] = self.vat_reference(vat_id) or line["vatCode"]
        if (number := values.get("branchNumber") or values.get("branch")) is not None:
            line["branchNumber"] = self.branch_reference(number)
        self._price_line(line, values)
        if values.get("linkLine"):
            self._link(line, values["linkLine"])

    def _price_line(self, line: Json, values: Json) -> None:
        if values.get("costInCurrency") is not None:
            line["costInCurrency"] = values["costInCurrency"]
            if line["quantity"] and values.get("unitCostInCurrency") is None:
                line["unitCostInCurrency"] = round(line["costInCurrency"] / line["quantity"], 4)
            return
        if {"quantity", "unitCostInCurrency", "discountPercent"} & set(values):
            gross = cents(decimal(line["quantity"]) * decimal(line["unitCostInCurrency"]))
            discount = cents(gross * decimal(line["discountPercent"]) / 100)
            line["costInCurrency"] = float(gross - discount)
            line["discountAmountInCurrency"] = float(discount)

    def _link(self, line: Json, link: Json) -> None:
        """Tie a line to the line of an order or a receipt."""
        number, line_number = link.get("purchaseNumber") or "", link.get("purchaseLineNbr")
        if link.get("purchaseType") == "PurchaseReceipt":
            row = self.need("PurchaseReceipt", number, "Receipt Nbr.")
            lines = row["body"]["lines"] if row else []
            if (found := _numbered(lines, line_number)) is not None:
                line["poReceiptNbr"], line["poReceiptLineNbr"] = number, line_number
                line["poNumber"], line["poLineNr"] = found.get("poOrderNbr", ""), found.get("poOrderLineNbr", 0)
                return
        else:
            row = self.need("purchaseorder", number, "Order Nbr.")
            if row is not None and _numbered(row["body"]["lines"], line_number) is not None:
                line["poNumber"], line["poLineNr"] = number, line_number
                return
        if row is not None:
            self.errors.append(f"Line Nbr. '{line_number}' cannot be found in the system.")

    def _add_order(self, body: Json, number: str) -> None:
        row = self.need("purchaseorder", number, "Order Nbr.")
        for source in row["body"]["lines"] if row else ():
            if not source["canceled"] and source["lineType"] != "Description":
                line = self._blank_line(body)
                line |= {"poNumber": number, "poLineNr": source["lineNbr"]}
                self._copy_source(body, line, source, quantity=source["orderQty"], amount=source["amount"])

    def _add_receipt_line(self, body: Json, added: Json) -> None:
        number = added.get("poReceiptNumber") or ""
        row = self.need("PurchaseReceipt", number, "Receipt Nbr.")
        if row is None:
            return
        source = _numbered(row["body"]["lines"], added.get("poReceiptLineNumber"))
        if source is None:
            self.errors.append(f"Line Nbr. '{added.get('poReceiptLineNumber')}' cannot be found in the system.")
            return
        quantity: float = added.get("quantity") or source["receiptQty"]
        amount = added.get("costInCurrency")
        if amount is None:
            unit = decimal(added.get("unitCostInCurrency") or source["unitCost"])
            amount = float(cents(decimal(quantity) * unit))
        line = self._blank_line(body)
        line |= {"poReceiptNbr": number, "poReceiptLineNbr": source["lineNbr"]}
        line |= {"poNumber": source.get("poOrderNbr", ""), "poLineNr": source.get("poOrderLineNbr", 0)}
        self._copy_source(body, line, source, quantity=quantity, amount=amount)

    def _copy_source(self, body: Json, line: Json, source: Json, *, quantity: float, amount: float) -> None:
        line |= {
            "inventoryNumber": source.get("inventory", {}).get("number", ""),
            "stockItem": source["lineType"].startswith("Goods"),
            "transactionDescription": source.get("lineDescription") or source.get("transactionDescription", ""),
            "uom": source["uom"],
            "quantity": quantity,
            "unitCostInCurrency": source["unitCost"],
            "costInCurrency": amount,
            "vatCode": {"id": source["taxCategory"]["number"], "description": source["taxCategory"]["description"]},
        }
        if "account" in source:
            line["account"] = {**source["account"], "active": True}
        body["invoiceLines"].append(line)

    def _blank_line(self, body: Json) -> Json:
        company = self.company
        expense = next(account for account in company.accounts if account.kind == "Expense")
        vat_id = body["supplierTaxZone"]["defaultVatCategory"]
        line: Json = {
            "lineNumber": max((line["lineNumber"] for line in body["invoiceLines"]), default=0) + 1,
            "stockItem": False,
            "transactionDescription": "",
            "quantity": 1.0,
            "unitCostInCurrency": 0.0,
            "costInCurrency": 0.0,
            "discountPercent": 0.0,
            "discountAmountInCurrency": 0.0,
            "manualDiscount": False,
            "account": {**parts.account(company, expense.number), "active": True},
            "subaccount": parts.subaccount(company, company.segments[0].value),
            "vatCode": {"id": vat_id, "description": company.vat(vat_id).description},
            "branchNumber": body["branchNumber"],
            "note": "",
            "attachments": [],
        }
        amounts.set_pair(line, "discountAmount", amounts.ZERO, decimal(1))
        return line


def _numbered(lines: list[Json], number: int | None) -> Json | None:
    return next((line for line in lines if line["lineNbr"] == number), None)

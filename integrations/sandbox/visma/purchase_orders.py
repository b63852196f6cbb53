"""/v1/purchaseorder."""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from integrations.sandbox.kernel import Reply, Request, Row, route
from integrations.sandbox.visma import amounts, parts, problems
from integrations.sandbox.visma.listing import FREE_FIELDS, Listing
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.problems import refuse
from integrations.sandbox.visma.stamps import day
from integrations.sandbox.visma.writing import Writing, apply, apply_address, apply_contact

ORDERS = Listing(
    entity="purchaseorder",
    text={
        "ordertype": "orderType",
        "orderstatus": "status",
        "supplier": "supplier.number",
        "branch": "branch.number",
    },
    dates={"orderdate": "date", "deliverydate": "promisedOn"},
    hidden=FREE_FIELDS,
)
FINAL = frozenset({"Closed", "Cancelled", "Voided"})
_SAME = (
    "fobPoint", "shipVia", "shipTerms", "dontPrint", "dontEmail", "orderType", "date", "promisedOn", "description",
    "supplierRef", "note", "shippingDestinationType", "customStr1", "customStr2", "customStr3", "customStr4",
    "customStr5", "customDec1", "customDec2", "customInt1", "customInt2", "customDateTimeUTC1",
)  # fmt: skip
_LINE_SAME = (
    "lineType", "lineDescription", "uom", "orderQty", "unitCost", "discountPercent", "manualDiscount", "alternateId",
    "minReceipt", "maxReceipt", "completeOn", "receiptAction", "requested", "promised", "note", "completed",
    "customStr1", "customStr2", "customStr3", "customStr4", "customStr5", "customDec1", "customDec2", "customInt1",
    "customInt2",
)  # fmt: skip


class PurchaseOrders(Writing):
    """Purchase orders. Totals are always calculated; omitted lines stay; a line without operation is inserted."""

    @route("GET", "/v1/purchaseorder")
    def order_list(self, request: Request) -> Reply:
        """All orders with all their lines."""
        return self.list_of(request, ORDERS)

    @route("GET", "/v1/purchaseorder/<number>")
    def order_one(self, request: Request, number: str) -> Reply:
        """One order."""
        return self.one("purchaseorder", self.row("purchaseorder", number))

    @route("POST", "/v1/purchaseorder")
    def order_create(self, request: Request) -> Reply:
        """A new order: Hold, or Open when hold is false."""
        values = self.body(request, "purchaseorder")
        self.begin()
        body = self._blank_order()
        forced = values.get("orderNumber") if values.get("overrideNumberSeries") else None
        if forced and self.find("purchaseorder", forced) is not None:
            self.errors.append(f"Order Nbr. '{forced}' already exists.")
        if not values.get("supplier"):
            self.errors.append("'Supplier' cannot be empty.")
        self._change_order(body, values)
        self.end("Error creating document.")
        body["orderNbr"] = forced or self.series("purchaseorder")
        row = self.add("purchaseorder", body["orderNbr"], body)
        return self.created_reply(request, f"/v1/purchaseorder/{body['orderNbr']}", row)

    @route("PUT", "/v1/purchaseorder/<number>")
    def order_update(self, request: Request, number: str) -> Reply:
        """Change members and lines of an order that is not final."""
        row = self.row("purchaseorder", number)
        values = self.body(request, "purchaseorder")
        self.check_match(request, row, body_stamp=values.get("timeStamp"))
        body = copy.deepcopy(row["body"])
        if body["status"] in FINAL:
            refuse(self.business(400, "Error updating document.", f"The document has the {body['status']} status."))
        self.begin()
        self._change_order(body, values)
        self.end("Error updating document.")
        self.change(row, body)
        return self.updated_reply(row)

    @route("POST", "/v1/purchaseorder/<number>/action/createpurchasereceipt")
    def order_create_receipt(self, request: Request, number: str) -> Reply:
        """A receipt for everything that is open on the order; the body is not wrapped."""
        row = self.row("purchaseorder", number)
        wanted = self._order_action(request)
        body = row["body"]
        if wanted.lower() != body["orderType"].lower():
            refuse(self.business(400, "Error executing action.", f"Order type '{wanted}' does not match."))
        if body["status"] not in {"Open", "Printed", "PendingPrint", "PendingEmail"}:
            return self.action_reply("Failed", f"The purchase order has the {body['status']} status.")
        lines = [line for line in body["lines"] if amounts.open_quantity(line)]
        if not lines:
            return self.action_reply("Failed", "There are no open lines on the purchase order.")
        receipt = self.receipt_for_order(body, lines)
        reply = self.action_reply("Done")
        return reply.with_headers({"Location": f"{request.base}/v2/PurchaseReceipt/{receipt['business_number']}"})

    def receipt_for_order(self, order: Json, lines: list[Json]) -> Row:
        """Create a receipt; belongs to the group of receipts."""
        raise NotImplementedError

    def _order_action(self, request: Request) -> str:
        try:
            body = msgspec.json.decode(request.get_data(), type=dict[str, Any])
        except msgspec.DecodeError as error:
            refuse(problems.model_state("orderType", f"Error converting value. {error}"))
        order_type = body.get("orderType")
        if not isinstance(order_type, str):
            refuse(problems.model_state("orderType", "The orderType field is required and is not wrapped."))
        return order_type

    def _blank_order(self) -> Json:
        company = self.company
        today = day(self.clock().date())
        return {
            "shippingDestinationType": "CompanyLocation",
            "shippingContact": {"overrideContact": False, **parts.contact(company.contact, 1)},
            "shippingAddress": {"overrideAddress": False, **parts.address(company.address, 1)},
            "remitContact": {},
            "remitAddress": {},
            "terms": parts.terms(30),
            "supplierVatZone": parts.vat_zone(company, domestic=True),
            "discountDetails": [],
            "openQuantity": 0.0,
            "openBalance": 0.0,
            "orderType": "RegularOrder",
            "orderNbr": "",
            "hold": False,
            "status": "Open",
            "date": today,
            "promisedOn": today,
            "description": "",
            "supplier": {},
            "location": {"id": 1, "name": "Primary Location"},
            "currency": company.currency,
            "supplierRef": "",
            "exchangeRate": 1.0,
            "branch": parts.branch(company, "1"),
            "lines": [],
            "taxDetails": [],
            "purchaseReceipts": [],
            **parts.STAMPED,
            "note": "",
        }

    def _change_order(self, body: Json, values: Json) -> None:
        if (number := values.get("supplier")) is not None:
            self._change_order_supplier(body, number)
        apply(body, values, _SAME)
        if (currency := values.get("currency")) is not None:
            body["currency"], body["exchangeRate"] = currency, self.rate_of(currency)
        if (rate := values.get("exchangeRate")) is not None:
            body["exchangeRate"] = rate
        if (branch := values.get("branch")) is not None:
            body["branch"] = self.branch_reference(branch)
        if (terms := values.get("terms")) is not None:
            self.refer(body, "terms", "creditTerm", terms, "Terms")
        for name in ("shippingAddress", "remitAddress"):
            apply_address(body, name, values.get(name))
        for name in ("shippingContact", "remitContact"):
            apply_contact(body, name, values.get(name))
        if values.get("hold") is not None:
            body["hold"] = values["hold"]
            body["status"] = "Hold" if values["hold"] else "Open" if body["status"] == "Hold" else body["status"]
        for line in values.get("lines", ()):
            self._change_order_line(body, line)
        if values.get("changeDatesOnLines") and values.get("promisedOn"):
            for own in body["lines"]:
                own["promised"] = values["promisedOn"]
        amounts.order(body, self.company)

    def _change_order_supplier(self, body: Json, number: str) -> None:
        row = self.need("supplier", number, "Supplier")
        if row is None:
            return
        supplier = row["body"]
        if supplier["status"] in {"OnHold", "Inactive"}:
            self.errors.append(f"The supplier status is '{supplier['status']}'.")
        body["supplier"] = {name: supplier[name] for name in ("internalId", "number", "name")}
        body["currency"], body["exchangeRate"] = supplier["currencyId"], self.rate_of(supplier["currencyId"])
        body["terms"], body["supplierVatZone"] = supplier["creditTerms"], supplier["vatZone"]
        body["remitContact"] = {"overrideContact": False, **supplier["mainContact"]}
        body["remitAddress"] = {"overrideAddress": False, **supplier["mainAddress"]}

    def _change_order_line(self, body: Json, values: Json) -> None:
        operation, number = values.get("operation") or "Insert", values.get("lineNumber")
        if operation == "Insert":
            line = self._blank_order_line(body)
            body["lines"].append(line)
        else:
            found = [own for own in body["lines"] if own["lineNbr"] == number]
            if not found:
                self.errors.append(f"Line Nbr. '{number}' cannot be found in the system.")
                return
            line = found[0]
            if operation == "Delete":
                if line["qtyOnReceipts"]:
                    self.errors.append(f"Line {number} has receipts and cannot be deleted.")
                    return
                body["lines"].remove(line)
                return
        self._fill_order_line(body, line, values)

    def _fill_order_line(self, body: Json, line: Json, values: Json) -> None:
        if (number := values.get("inventory")) is not None:
            self._change_order_item(body, line, number)
        apply(line, values, _LINE_SAME)
        if (warehouse := values.get("warehouse")) is not None:
            self.refer(line, "warehouse", "warehouse", warehouse, "Warehouse")
        if (category := values.get("taxCategory")) is not None:
            line["taxCategory"] = self.vat_reference(category, name="number") or line["taxCategory"]
        if (account := values.get("account")) is not None:
            line["account"] = self.account_reference(account) or line["account"]
        if values.get("sub"):
            line["sub"] = self.subaccount_reference(values["sub"], line["sub"]) or line["sub"]
        if line["orderQty"] < line["qtyOnReceipts"]:
            self.errors.append(f"Line {line['lineNbr']}: the quantity is less than what was received.")
        if values.get("extCost") is not None and line["orderQty"]:
            line["unitCost"] = round(values["extCost"] / line["orderQty"], 4)
        amounts.order_line(line)
        if values.get("amount") is not None:
            line["amount"] = values["amount"]

    def _change_order_item(self, body: Json, line: Json, number: str) -> None:
        row = self.need("inventory", number, "Inventory ID")
        if row is None:
            return
        item = row["body"]
        if item["status"] in {"Inactive", "NoPurchases", "MarkedForDeletion"}:
            self.errors.append(f"The inventory item '{number}' is {item['status']}.")
        line["inventory"] = {"number": number, "description": item["description"]}
        line["lineDescription"], line["uom"] = item["description"], item["purchaseUnit"]
        line["lineType"] = "GoodsForInventory" if item["stockItem"] else "NonStock"
        line["unitCost"] = round(item["currentCost"] / body["exchangeRate"], 4)
        line["account"] = item["accountInformation"].get("expenseAccount", line["account"])
        domestic = body["supplierVatZone"]["id"] == "01"
        code = item["vatCode"]["id"] if domestic else self.company.vat_rates[-1].vat_id
        line["taxCategory"] = parts.vat_category(self.company, code)

    def _blank_order_line(self, body: Json) -> Json:
        company = self.company
        expense = next(account for account in company.accounts if account.kind == "Expense")
        return {
            "lineNbr": max((line["lineNbr"] for line in body["lines"]), default=0) + 1,
            "branch": body["branch"],
            "lineType": "NonStock",
            "lineDescription": "",
            "uom": "",
            "orderQty": 0.0,
            "baseOrderQty": 0.0,
            "qtyOnReceipts": 0.0,
            "unitCost": 0.0,
            "extCost": 0.0,
            "discountPercent": 0.0,
            "discountAmount": 0.0,
            "manualDiscount": False,
            "amount": 0.0,
            "receivedAmt": 0.0,
            "alternateId": "",
            "minReceipt": 0.0,
            "maxReceipt": 100.0,
            "completeOn": 100.0,
            "receiptAction": "AcceptButWarn",
            "taxCategory": {
                "number": body["supplierVatZone"]["defaultVatCategory"],
                "description": body["supplierVatZone"]["description"],
            },
            "account": parts.account(company, expense.number),
            "sub": parts.subaccount(company, company.segments[0].value),
            "requested": body["date"],
            "promised": body["promisedOn"],
            "completed": False,
            "canceled": False,
            "orderType": body["orderType"],
            "note": "",
        }

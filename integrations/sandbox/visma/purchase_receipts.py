"""Purchase receipts: read in v2, written in v1 (the v1 reads are gone)."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from integrations.sandbox.kernel import Reply, Request, Row, route
from integrations.sandbox.visma import amounts, parts
from integrations.sandbox.visma.amounts import decimal
from integrations.sandbox.visma.listing import FREE_FIELDS, Listing
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.problems import refuse
from integrations.sandbox.visma.purchase_orders import PurchaseOrders
from integrations.sandbox.visma.stamps import day
from integrations.sandbox.visma.writing import apply


def _has_order(row: Row, wanted: str) -> bool:
    return any(line.get("poOrderNbr") == wanted for line in row["body"]["lines"])


def _in_period(row: Row, wanted: str) -> bool:
    return bool(row["body"]["postPeriod"] == wanted[4:] + wanted[:4])


RECEIPTS = Listing(
    entity="PurchaseReceipt",
    text={
        "receipttype": "receiptType",
        "status": "status",
        "supplier": "supplier.number",
        "branch": "branchNumber.number",
    },
    dates={"receiptdate": "date", "duedate": "dueDate"},
    special={"poordernbr": _has_order, "finperiod": _in_period},
    hidden={"note": "expandnote", **FREE_FIELDS},
)
RECEIVABLE = frozenset({"Open", "Printed", "PendingPrint", "PendingEmail"})
_SAME = ("note", "date", "createBill", "supplierRef")
_LINE_SAME = ("transactionDescription", "uom", "receiptQty", "unitCost", "discountPercent", "note", "completePoLine")
_COPIED = (
    "branch", "inventory", "lineType", "warehouse", "uom", "orderQty", "unitCost", "discountPercent",
    "discountAmount", "manualDiscount", "taxCategory", "account",
)  # fmt: skip


class PurchaseReceipts(PurchaseOrders):
    """Receipts. What is on receipts stands on the order's lines; releasing closes orders that are complete."""

    @route("GET", "/v2/PurchaseReceipt")
    def receipt_list(self, request: Request) -> Reply:
        """All receipts with their lines."""
        return self.list_of(request, RECEIPTS)

    @route("GET", "/v2/PurchaseReceipt/<number>")
    def receipt_one(self, request: Request, number: str) -> Reply:
        """One receipt."""
        return self.one("PurchaseReceipt", self.row("PurchaseReceipt", number))

    @route("POST", "/v1/PurchaseReceipt")
    def receipt_create(self, request: Request) -> Reply:
        """A new receipt, Balanced or on hold; may be empty."""
        values = self.body(request, "PurchaseReceipt")
        self.begin()
        supplier = self.need("supplier", values.get("supplierId") or "", "Supplier")
        body = self._blank_receipt(supplier["body"] if supplier else {})
        self._change_receipt(body, values)
        self.end("Error creating document.")
        row = self._save_receipt(body)
        return self.created_reply(request, f"/v1/PurchaseReceipt/{body['receiptNbr']}", row)

    @route("PUT", "/v1/PurchaseReceipt/<number>")
    def receipt_update(self, request: Request, number: str) -> Reply:
        """Change a receipt that was not released."""
        row = self.row("PurchaseReceipt", number)
        values = self.body(request, "PurchaseReceipt")
        self.check_match(request, row, body_stamp=values.get("timeStamp"))
        self._require_unreleased(row)
        self._replace_receipt(row, values)
        return self.updated_reply(row)

    @route("POST", "/v1/PurchaseReceipt/<number>/action/addpurchaseorder")
    def receipt_add_orders(self, request: Request, number: str) -> Reply:
        """Add all open lines of whole orders; the body is not wrapped."""
        row = self.row("PurchaseReceipt", number)
        self._require_unreleased(row)
        wanted = [
            (entry.get("orderNbr"), None) for entry in self.body(request, "receiptOrders").get("purchaseOrders", ())
        ]
        return self._add_from_orders(row, wanted)

    @route("POST", "/v1/PurchaseReceipt/<number>/action/addpurchaseorderlines")
    def receipt_add_order_lines(self, request: Request, number: str) -> Reply:
        """Add named lines of orders; the body is not wrapped."""
        row = self.row("PurchaseReceipt", number)
        self._require_unreleased(row)
        wanted = [
            (entry.get("orderNbr"), {line.get("lineNbr") for line in entry.get("lines", ())})
            for entry in self.body(request, "receiptOrderLines").get("purchaseOrderLines", ())
        ]
        return self._add_from_orders(row, wanted)

    @route("POST", "/v1/PurchaseReceipt/<number>/action/release")
    def receipt_release(self, request: Request, number: str) -> Reply:
        """Release: 200, whatever the result."""
        row = self.row("PurchaseReceipt", number)
        body = row["body"]
        error = None
        if body["status"] != "Balanced":
            error = "Document Status is invalid for processing."
        elif not body["lines"]:
            error = "The receipt has no lines."
        else:
            error = self.period_error(body["postPeriod"][2:] + body["postPeriod"][:2])
        return self.act(row, "PurchaseReceipt.release", error)

    @route("POST", "/v1/PurchaseReceipt/<number>/action/cancelReceipt")
    def receipt_cancel(self, request: Request, number: str) -> Reply:
        """Cancel what was not released; quantities are open again."""
        row = self.row("PurchaseReceipt", number)
        error = None if row["body"]["status"] in {"Hold", "Balanced"} else "Document Status is invalid for processing."
        return self.act(row, "PurchaseReceipt.cancel", error)

    def run_action(self, row: Row, action: str) -> None:
        """Release and cancel."""
        if action not in {"PurchaseReceipt.release", "PurchaseReceipt.cancel"}:
            super().run_action(row, action)
            return
        row["body"]["status"] = "Released" if action.endswith("release") else "Cancelled"
        row["body"]["hold"] = False
        self.touch(row)
        company = row["_company"]
        for number in {line.get("poOrderNbr") for line in row["body"]["lines"]}:
            order = self.store.table("purchaseorder").get(f"{company}/{number}")
            if order is not None:
                self._recount(order, row)

    def receipt_for_order(self, order: Json, lines: list[Json]) -> Row:
        """A receipt with the open quantities of these order lines."""
        self.begin()
        supplier = self.need("supplier", order["supplier"]["number"], "Supplier")
        body = self._blank_receipt(supplier["body"] if supplier else {})
        body["currency"], body["exchangeRate"] = order["currency"], order["exchangeRate"]
        for line in lines:
            body["lines"].append(self._receipt_line(body, order, line))
        self.end("Error creating document.")
        return self._save_receipt(body)

    def _save_receipt(self, body: Json) -> Row:
        amounts.receipt(body)
        body["receiptNbr"] = body["receiptNbr"] or self.series("PurchaseReceipt")
        row = self.add("PurchaseReceipt", body["receiptNbr"], body)
        self._recount_orders(row)
        return row

    def _add_from_orders(self, row: Row, wanted: Sequence[tuple[str | None, set[str] | None]]) -> Reply:
        body = copy.deepcopy(row["body"])
        for number, line_numbers in wanted:
            order = self.find("purchaseorder", number or "")
            if order is None or order["body"]["status"] not in RECEIVABLE:
                return self.action_reply("Failed", f"Order Nbr. '{number}' cannot be found or is not open.")
            if order["body"]["supplier"]["number"] != body["supplier"]["number"]:
                return self.action_reply("Failed", f"Order Nbr. '{number}' belongs to another supplier.")
            for line in order["body"]["lines"]:
                if (line_numbers is None or str(line["lineNbr"]) in line_numbers) and amounts.open_quantity(line):
                    body["lines"].append(self._receipt_line(body, order["body"], line))
        amounts.receipt(body)
        self.change(row, body)
        self._recount_orders(row)
        return self.action_reply("Done")

    def _require_unreleased(self, row: Row) -> None:
        status = row["body"]["status"]
        if status not in {"Hold", "Balanced"}:
            refuse(self.business(400, "Error updating document.", f"The document has the {status} status."))

    def _replace_receipt(self, row: Row, values: Json) -> None:
        body = copy.deepcopy(row["body"])
        self.begin()
        self._change_receipt(body, values)
        self.end("Error updating document.")
        amounts.receipt(body)
        self.change(row, body)
        self._recount_orders(row)

    def _blank_receipt(self, supplier: Json) -> Json:
        today = self.clock().date()
        return {
            "note": "",
            "receiptType": "PoReceipt",
            "receiptNbr": "",
            "hold": False,
            "status": "Balanced",
            "date": day(today),
            "postPeriod": f"{today:%m%Y}",
            "supplier": {name: supplier.get(name) for name in ("internalId", "number", "name")} if supplier else {},
            "location": parts.location(self.company.country),
            "currency": supplier.get("currencyId", self.company.currency),
            "exchangeRate": self.rate_of(supplier["currencyId"]) if supplier else 1.0,
            "createBill": True,
            "supplierRef": "",
            "vatExemptTotal": 0.0,
            **parts.STAMPED,
            "branchNumber": parts.branch(self.company, "1"),
            "lines": [],
            "landedCost": [],
        }

    def _change_receipt(self, body: Json, values: Json) -> None:
        apply(body, values, _SAME)
        if values.get("receiptType"):
            body["receiptType"] = values["receiptType"]
        if values.get("date"):
            body["postPeriod"] = values["date"][5:7] + values["date"][:4]
        if values.get("postPeriod"):
            body["postPeriod"] = values["postPeriod"]
        if values.get("branchNumber") is not None:
            body["branchNumber"] = self.branch_reference(values["branchNumber"])
        if values.get("hold") is not None:
            body["hold"] = values["hold"]
            body["status"] = "Hold" if values["hold"] else "Balanced"
        for line in values.get("lines", ()):
            self._change_receipt_line(body, line)

    def _change_receipt_line(self, body: Json, values: Json) -> None:
        operation, number = values.get("operation") or "Insert", values.get("lineNbr")
        if operation == "Insert":
            line = self._new_receipt_line(body, values)
            if line is None:
                return
            body["lines"].append(line)
        else:
            found = [own for own in body["lines"] if own["lineNbr"] == number]
            if not found:
                self.errors.append(f"Line Nbr. '{number}' cannot be found in the system.")
                return
            line = found[0]
            if operation == "Delete":
                body["lines"].remove(line)
                return
        apply(line, values, _LINE_SAME)

    def _new_receipt_line(self, body: Json, values: Json) -> Json | None:
        if number := values.get("poOrderNbr"):
            order = self.need("purchaseorder", number, "Order Nbr.")
            if order is None:
                return None
            for line in order["body"]["lines"]:
                if line["lineNbr"] == values.get("poOrderLineNbr"):
                    return self._receipt_line(body, order["body"], line)
            self.errors.append(f"Line Nbr. '{values.get('poOrderLineNbr')}' cannot be found in the system.")
            return None
        item = self.need("inventory", values.get("inventoryId") or "", "Inventory ID")
        if item is None:
            return None
        source = item["body"]
        return {
            "lineNbr": self._next_line(body),
            "branch": body["branchNumber"],
            "inventory": {"number": source["inventoryNumber"], "description": source["description"]},
            "lineType": "GoodsForInventory" if source["stockItem"] else "NonStock",
            "transactionDescription": source["description"],
            "uom": source["purchaseUnit"],
            "orderQty": 0.0,
            "openQty": 0.0,
            "receiptQty": 0.0,
            "unitCost": source["currentCost"],
            "discountPercent": 0.0,
            "taxCategory": parts.vat_category(self.company, source["vatCode"]["id"]),
            "completePoLine": False,
            "allocations": [],
            "note": "",
        }

    def _receipt_line(self, body: Json, order: Json, line: Json) -> Json:
        copied: Json = {name: line[name] for name in _COPIED if name in line}
        quantity = float(amounts.open_quantity(line))
        return {
            **copied,
            "lineNbr": self._next_line(body),
            "transactionDescription": line["lineDescription"],
            "openQty": quantity,
            "receiptQty": quantity,
            "poOrderType": order["orderType"],
            "poOrderNbr": order["orderNbr"],
            "poOrderLineNbr": line["lineNbr"],
            "completePoLine": False,
            "allocations": [],
            "note": "",
        }

    def _next_line(self, body: Json) -> int:
        numbers: list[int] = [line["lineNbr"] for line in body["lines"]]
        return max(numbers, default=0) + 1

    def _recount_orders(self, receipt: Row) -> None:
        for number in {line.get("poOrderNbr") for line in receipt["body"]["lines"]}:
            order = self.find("purchaseorder", number or "")
            if order is not None:
                self._recount(order, receipt)

    def _recount(self, order: Row, receipt: Row) -> None:
        """Quantities on receipts of an order, counted from all receipts; a complete order is closed on release."""
        body = order["body"]
        received: dict[int, float] = {}
        tab = []
        for row in self.store.table("PurchaseReceipt").values():
            other = row["body"]
            mine = [line for line in other["lines"] if line.get("poOrderNbr") == body["orderNbr"]]
            if row["_company"] != order["_company"] or not mine:
                continue
            tab.append(_in_order(other))
            if other["status"] in {"Balanced", "Released"} and other["receiptType"] == "PoReceipt":
                for line in mine:
                    number = line["poOrderLineNbr"]
                    received[number] = float(decimal(received.get(number)) + decimal(line["receiptQty"]))
        body["purchaseReceipts"] = tab
        for line in body["lines"]:
            line["qtyOnReceipts"] = received.get(line["lineNbr"], 0.0)
        self._complete(order, receipt)
        amounts.order(body, self.world.company(order["_company"]))

    def _complete(self, order: Row, receipt: Row) -> None:
        body, was = order["body"], order["body"]["status"]
        if receipt["body"]["status"] == "Released" and was in RECEIVABLE:
            forced = {
                line["poOrderLineNbr"]
                for line in receipt["body"]["lines"]
                if line.get("completePoLine") and line.get("poOrderNbr") == body["orderNbr"]
            }
            for line in body["lines"]:
                line["completed"] = line["completed"] or line["lineNbr"] in forced or not amounts.open_quantity(line)
            if all(line["completed"] or line["canceled"] for line in body["lines"]):
                body["status"] = "Closed"
        if body["status"] != was or self.options["receipt_touches_order"]:
            self.touch(order)
        else:
            order["_version"] = self.store.next("rowversion")


def _in_order(receipt: Json) -> Json:
    return {
        "type": receipt["receiptType"],
        "receiptNumber": receipt["receiptNbr"],
        "status": receipt["status"],
        "supplierName": receipt["supplier"].get("name", ""),
        "currency": receipt["currency"],
        "totalQty": receipt["totalQty"],
        "totalAmt": receipt["totalAmt"],
    }

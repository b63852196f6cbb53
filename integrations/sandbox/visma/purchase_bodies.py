"""DTOs of purchase orders and receipts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.sandbox.visma import parts
from integrations.sandbox.visma.parts import Json, double
from integrations.sandbox.visma.stamps import day
from integrations.sandbox.world.documents import Line, Order, Receipt, ReceiptLine, cents
from integrations.sandbox.world.values import Company, Supplier

RECEIPT_ACTION = "AcceptButWarn"


def order(value: Order, company: Company, supplier: Supplier) -> Json:
    """PurchaseOrderDto."""
    open_lines = [line for line in value.lines if not line.canceled]
    warehouse = next(w for w in company.warehouses if w.warehouse_id == value.warehouse)
    totals: dict[str, Any] = {}
    for name, amount in (
        ("lineTotal", value.line_total),
        ("vatExemptTotal", sum((t.taxable for t in value.taxes if not t.rate), Decimal())),
        ("taxTotal", value.tax_total),
        ("orderTotal", value.total),
        ("controlTotal", value.total),
    ):
        totals[name] = double(amount)
        totals[name + "InBaseCurrency"] = parts.in_base(amount, value.rate)
    return {
        "shippingDestinationType": "CompanyLocation",
        "shipTo": {"internalId": 1, "number": "1", "name": company.name},
        "warehouse": {"id": warehouse.warehouse_id, "description": warehouse.description},
        "shippingContact": {"overrideContact": False, **parts.contact(company.contact, 1)},
        "shippingAddress": {"overrideAddress": False, **parts.address(warehouse.address, 1)},
        "fobPoint": "",
        "shipVia": "",
        "shipTerms": "",
        "remitContact": {"overrideContact": False, **parts.contact(supplier.contact, 7_000)},
        "remitAddress": {"overrideAddress": False, **parts.address(supplier.address, 3_000 + supplier.internal_id)},
        "terms": parts.terms(supplier.terms_days),
        "supplierVatZone": parts.vat_zone(company, domestic=supplier.domestic),
        "discountDetails": [],
        "dontPrint": value.status not in {"PendingPrint", "Printed"},
        "printed": value.status == "Printed",
        "dontEmail": value.status != "PendingEmail",
        "emailed": False,
        "openQuantity": double(sum((line.quantity - line.received for line in open_lines), Decimal())),
        "openBalance": double(sum((_open_amount(line) for line in open_lines), Decimal("0.00"))),
        "orderType": value.order_type,
        "orderNbr": value.number,
        "hold": value.status == "Hold",
        "status": value.status,
        "date": day(value.day),
        "promisedOn": day(value.promised),
        "description": value.description,
        "supplier": parts.supplier_reference(supplier),
        "location": {"id": 1, "name": "Primary Location"},
        "currency": value.currency,
        "supplierRef": value.supplier_ref,
        "exchangeRate": double(value.rate),
        **totals,
        "branch": parts.branch(company, value.branch),
        "lines": [order_line(line, value, company) for line in value.lines],
        "taxDetails": parts.taxes(value.taxes, company),
        "purchaseReceipts": [],
        **parts.STAMPED,
        "note": "",
    }


def _open_amount(line: Line) -> Decimal:
    if not line.quantity:
        return Decimal("0.00")
    return line.amount - cents(line.amount * line.received / line.quantity)


def order_line(line: Line, order_value: Order, company: Company) -> Json:
    """PurchaseOrderLineDto."""
    body: Json = {
        "lineNbr": line.number,
        "branch": parts.branch(company, order_value.branch),
        "lineType": line.line_type,
        "lineDescription": line.description,
        "uom": line.uom,
        "orderQty": double(line.quantity),
        "baseOrderQty": double(line.quantity),
        "qtyOnReceipts": double(line.received),
        "unitCost": double(line.unit_cost),
        "unitCostInBaseCurrency": double((line.unit_cost * order_value.rate).quantize(Decimal("0.0001"))),
        "extCost": double(line.extended),
        "discountPercent": double(line.discount_percent),
        "discountAmount": double(line.extended - line.amount),
        "manualDiscount": bool(line.discount_percent),
        "amount": double(line.amount),
        "receivedAmt": double(line.amount - _open_amount(line)),
        "alternateId": line.alternate_id or "",
        "minReceipt": 0.0,
        "maxReceipt": 100.0,
        "completeOn": 100.0,
        "receiptAction": RECEIPT_ACTION,
        "taxCategory": parts.vat_category(company, line.vat_id),
        "account": parts.account(company, line.account),
        "sub": parts.subaccount(company, company.segments[0].value),
        "requested": day(order_value.day),
        "promised": day(line.promised),
        "completed": line.completed,
        "canceled": line.canceled,
        "orderType": order_value.order_type,
        "note": "",
    }
    if line.item_number is not None:
        body["inventory"] = {"number": line.item_number, "description": line.description}
    if line.warehouse is not None:
        name = next(w.description for w in company.warehouses if w.warehouse_id == line.warehouse)
        body["warehouse"] = {"id": line.warehouse, "description": name}
    return body


def receipt(value: Receipt, company: Company, supplier: Supplier) -> Json:
    """PurchaseReceiptDto."""
    return {
        "note": "",
        "receiptType": value.receipt_type,
        "receiptNbr": value.number,
        "hold": value.status == "Hold",
        "status": value.status,
        "date": day(value.day),
        "postPeriod": f"{value.day:%m%Y}",
        "supplier": parts.supplier_reference(supplier),
        "location": parts.location(supplier.address.country),
        "currency": value.currency,
        "exchangeRate": double(value.rate),
        "createBill": value.receipt_type == "PoReceipt",
        "supplierRef": value.supplier_ref,
        "totalQty": double(value.total_quantity),
        "controlQty": double(value.total_quantity),
        "vatExemptTotal": 0.0,
        "vatTaxableTotal": double(value.total),
        "totalAmt": double(value.total),
        "controlTotal": double(value.total),
        **parts.STAMPED,
        "branchNumber": parts.branch(company, value.branch),
        "lines": [_receipt_line(line, value, company) for line in value.lines],
        "landedCost": [],
    }


def _receipt_line(line: ReceiptLine, value: Receipt, company: Company) -> Json:
    source = order_line_source(line.order_line, company)
    return {
        **source,
        "lineNbr": line.number,
        "branch": parts.branch(company, value.branch),
        "branchNumber": parts.branch(company, value.branch),
        "receiptQty": double(line.quantity),
        "baseReceiptQty": double(line.quantity),
        "openQty": double(line.order_line.quantity - line.order_line.received),
        "extCost": double(line.amount),
        "amount": double(line.amount),
        "poOrderType": "RegularOrder",
        "poOrderNbr": line.order_number,
        "poOrderLineNbr": line.order_line.number,
        "completePoLine": line.order_line.completed,
        "allocations": [],
        "note": "",
    }


def order_line_source(line: Line, company: Company) -> Json:
    """What a receipt line takes over from its order line."""
    body: Json = {
        "lineType": line.line_type,
        "transactionDescription": line.description,
        "uom": line.uom,
        "orderQty": double(line.quantity),
        "unitCost": double(line.unit_cost),
        "discountPercent": double(line.discount_percent),
        "discountAmount": 0.0,
        "manualDiscount": False,
        "taxCategory": parts.vat_category(company, line.vat_id),
        "account": parts.account(company, line.account),
        "inventory": {"number": line.item_number or "", "description": line.description},
    }
    if line.warehouse is not None:
        body["warehouse"] = {"id": line.warehouse, "description": line.warehouse}
    return body


def receipt_in_order(value: Receipt, supplier: Supplier) -> Json:
    """The receipt as the order's receipts tab shows it."""
    return {
        "type": value.receipt_type,
        "receiptNumber": value.number,
        "status": value.status,
        "supplierName": supplier.name,
        "currency": value.currency,
        "totalQty": double(value.total_quantity),
        "totalAmt": double(value.total),
    }

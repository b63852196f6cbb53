"""DTOs of ledger documents: supplier invoices, payments, customer invoices."""

from __future__ import annotations

from decimal import Decimal

from integrations.sandbox.visma import parts
from integrations.sandbox.visma.parts import Json, double
from integrations.sandbox.visma.stamps import day
from integrations.sandbox.world.documents import CustomerInvoice, Invoice, InvoiceLine, Payment
from integrations.sandbox.world.values import Company, Customer, Supplier


def invoice(value: Invoice, company: Company, supplier: Supplier) -> Json:
    """SupplierInvoiceDto. Members ...InCurrency are in the document's currency, their twins in the company's."""
    pairs: Json = {}
    for name, amount in (
        ("detailTotal", value.line_total),
        ("discountTotal", Decimal("0.00")),
        ("vatTaxableTotal", sum((t.taxable for t in value.taxes if t.rate), Decimal("0.00"))),
        ("vatExemptTotal", sum((t.taxable for t in value.taxes if not t.rate), Decimal("0.00"))),
        ("roundingDiff", value.rounding),
        ("balance", value.balance),
        ("cashDiscount", Decimal("0.00")),
        ("vatTotal", value.tax_total),
    ):
        pairs[name] = parts.in_base(amount, value.rate)
        pairs[name + "InCurrency"] = double(amount)
    return {
        "taxDetailLines": parts.taxes(value.taxes, company),
        "attachments": [],
        "invoiceLines": [_invoice_line(line, value.rate, company) for line in value.lines],
        "landedCosts": [],
        "hold": value.status == "Hold",
        "exchangeRate": double(value.rate),
        "paymentRefNo": value.payment_ref,
        "creditTerms": parts.terms(value.terms_days),
        "retainageApply": False,
        "cashDiscountDate": day(value.due),
        "amount": double(value.total),
        "vatAmount": double(value.tax_total),
        "taxCalculationMode": "TaxSetting",
        "supplierTaxZone": parts.vat_zone(company, domestic=supplier.domestic),
        "paySelected": False,
        "supplier": parts.supplier_reference(supplier),
        "documentType": value.document_type,
        "referenceNumber": value.number,
        "postPeriod": value.period[4:] + value.period[:4],
        "financialPeriod": value.period,
        "date": day(value.day),
        "origInvoiceDate": day(value.day),
        "dueDate": day(value.due),
        "approvalStatus": value.approval,
        "status": value.status,
        "currencyId": value.currency,
        "paymentMethod": parts.payment_method("1" if supplier.domestic else "2"),
        "supplierReference": value.supplier_ref,
        "description": value.description,
        "createdDateTime": "",
        **parts.STAMPED,
        "note": "",
        "closedFinancialPeriod": value.period if value.status == "Closed" else "",
        "location": parts.location(supplier.address.country),
        "branchNumber": parts.branch(company, value.branch),
        "payDate": day(value.due),
        "paymentMessage": "",
        "cashAccount": parts.cash_account(company, value.currency),
        **pairs,
    }


def _invoice_line(line: InvoiceLine, rate: Decimal, company: Company) -> Json:
    body: Json = {
        "lineNumber": line.number,
        "stockItem": line.item_number is not None,
        "transactionDescription": line.description,
        "quantity": double(line.quantity),
        "unitCost": double((line.unit_price * rate).quantize(Decimal("0.0001"))),
        "unitCostInCurrency": double(line.unit_price),
        "cost": parts.in_base(line.amount, rate),
        "costInCurrency": double(line.amount),
        "discountPercent": double(line.discount_percent),
        "discountAmount": parts.in_base(line.discount, rate),
        "discountAmountInCurrency": double(line.discount),
        "manualDiscount": bool(line.discount_percent),
        "account": {**parts.account(company, line.account), "active": True},
        "subaccount": parts.subaccount(company, line.department),
        "vatCode": {"id": line.vat_id, "description": company.vat(line.vat_id).description},
        "branchNumber": parts.branch(company, "1"),
        "note": "",
        "attachments": [],
    }
    optional = {
        "inventoryNumber": line.item_number,
        "uom": line.uom,
        "poNumber": line.order_number,
        "poLineNr": line.order_line,
        "poReceiptNbr": line.receipt_number,
        "poReceiptLineNbr": line.receipt_line,
    }
    return body | {name: found for name, found in optional.items() if found is not None}


def payment(value: Payment, company: Company, supplier: Supplier) -> Json:
    """SupplierPaymentDto."""
    released = value.status in {"Closed", "Open"}
    amount = double(value.amount)
    return {
        "type": value.payment_type,
        "documentType": value.number,
        "refNbr": value.number,
        "status": value.status,
        "hold": value.status == "Hold",
        "applicationDate": day(value.day),
        "applicationPeriod": f"{value.day:%m%Y}",
        "paymentRef": value.payment_ref,
        "supplier": parts.supplier_reference(supplier),
        "location": parts.location(supplier.address.country),
        "paymentMethod": "1" if supplier.domestic else "2",
        "cashAccount": parts.cash_account(company, value.currency),
        "currency": {
            "id": value.currency,
            "description": value.currency,
            "symbol": parts.CURRENCIES[value.currency],
            "isBaseCurrency": value.currency == company.currency,
            "decimalPrecision": 2,
            "isUsedForAccounting": True,
        },
        "description": "",
        "paymentAmount": amount,
        "financeCharges": 0.0,
        "balance": 0.0 if released or value.status == "Voided" else amount,
        "unappliedBalance": 0.0,
        "appliedAmount": amount,
        "released": released,
        **parts.STAMPED,
        "branch": "1",
        "paymentLines": [
            {
                "branch": "1",
                "docType": value.document_type,
                "invoiceRefNbr": value.invoice_number,
                "amountPaid": amount,
                "cashDiscountTaken": 0.0,
                "balance": 0.0,
                "currency": value.currency,
                "supplierRef": value.supplier_ref,
            }
        ],
    }


def customer_invoice(value: CustomerInvoice, company: Company, customer: Customer) -> Json:
    """CustomerInvoiceDto; postPeriod is YYYYMM here, other than in supplier documents."""
    pairs: Json = {}
    for name, amount in (
        ("discountTotal", Decimal("0.00")),
        ("detailTotal", value.line_total),
        ("vatTaxableTotal", sum((t.taxable for t in value.taxes if t.rate), Decimal("0.00"))),
        ("vatExemptTotal", sum((t.taxable for t in value.taxes if not t.rate), Decimal("0.00"))),
        ("amount", value.total),
        ("balance", value.balance),
        ("cashDiscount", Decimal("0.00")),
        ("vatTotal", value.tax_total),
    ):
        pairs[name] = parts.in_base(amount, value.rate)
        pairs[name + "InCurrency"] = double(amount)
    return {
        "creditTerms": parts.terms(customer.terms_days),
        "documentDueDate": day(value.due),
        "externalReference": value.external_ref or "",
        "exchangeRate": double(value.rate),
        "attachments": [],
        "taxDetails": parts.taxes(value.taxes, company),
        "invoiceLines": [_customer_line(line, company) for line in value.lines],
        "sendToAutoInvoice": False,
        "roundingDiff": double(value.rounding),
        "customerVatZone": {"id": "01", "description": "Inrikes"},
        "hold": value.status == "Hold",
        "paymentReference": value.payment_ref,
        "applications": [],
        "dontPrint": True,
        "dontEmail": True,
        "revoked": False,
        "customer": {"number": customer.number, "name": customer.name},
        "documentType": value.document_type,
        "referenceNumber": value.number,
        "postPeriod": value.period,
        "financialPeriod": value.period,
        "closedFinancialPeriod": value.period if value.status == "Closed" else "",
        "documentDate": day(value.day),
        "origInvoiceDate": day(value.day),
        "status": value.status,
        "currencyId": value.currency,
        "paymentMethod": parts.payment_method("1"),
        "customerRefNumber": value.customer_ref,
        "invoiceText": value.text,
        **parts.STAMPED,
        "createdDateTime": "",
        "note": "",
        "location": parts.location(company.country),
        "branchNumber": parts.branch(company, value.branch),
        "cashAccount": parts.cash_account(company, value.currency),
        **pairs,
    }


def _customer_line(line: InvoiceLine, company: Company) -> Json:
    amount, price = double(line.amount), double(line.unit_price)
    return {
        "lineType": "",
        "lineNumber": line.number,
        "inventoryNumber": line.item_number or "",
        "description": line.description,
        "quantity": double(line.quantity),
        "unitPrice": price,
        "unitPriceInCurrency": price,
        "manualAmount": 0.0,
        "manualAmountInCurrency": 0.0,
        "amount": amount,
        "amountInCurrency": amount,
        "account": {**parts.account(company, line.account), "active": True},
        "vatCode": {"id": line.vat_id, "description": company.vat(line.vat_id).description},
        "uom": line.uom or "",
        "discountPercent": 0.0,
        "discountAmount": 0.0,
        "manualDiscount": False,
        "subaccount": parts.subaccount(company, line.department),
        "note": "",
        "branchNumber": parts.branch(company, "1"),
        "attachments": [],
    }

"""DTOs of registers: suppliers, customers and items."""

from __future__ import annotations

from integrations.sandbox.visma import parts
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.world.values import Company, Customer, Item, Supplier


def supplier(value: Supplier, company: Company) -> Json:
    """SupplierDto."""
    address, contact = parts.address(value.address, 3_000 + value.internal_id), parts.contact(value.contact, 7_000)
    details = []
    if value.bankgiro:
        details.append(_payment_detail("1", "Bankgiro", value.bankgiro))
    if value.iban:
        details.append(_payment_detail("2", "IBAN", value.iban))
    expense = next(account for account in company.accounts if account.kind == "Expense")
    return {
        "internalId": value.internal_id,
        "number": value.number,
        "name": value.name,
        "status": value.status,
        "mainAddress": address,
        "mainContact": contact,
        "accountReference": "",
        "supplierClass": parts.supplier_class(domestic=value.domestic),
        "creditTerms": parts.terms(value.terms_days),
        "documentLanguage": f"{company.country.lower()}-{company.country}",
        "currencyId": value.currency,
        "remitAddress": address,
        "remitContact": contact,
        "paymentMethod": parts.payment_method("1" if value.domestic else "2"),
        "cashAccount": parts.cash_account(company, value.currency),
        "chargeBearer": "Shared",
        "accountUsedForPayment": "BANKGIRO" if value.bankgiro else "IBAN",
        "paymentBy": "DueDate",
        "paymentLeadTime": 0,
        "paySeparately": False,
        "supplierAddress": address,
        "supplierContact": contact,
        "location": {"countryId": value.address.country, "id": "MAIN", "name": "Primary Location"},
        "vatRegistrationId": value.vat_number or "",
        "corporateId": value.organisation_number or "",
        "vatZone": parts.vat_zone(company, domestic=value.domestic),
        "glAccounts": {"expenseAccount": parts.account(company, expense.number)},
        "attributes": [{"id": "GLN", "value": value.gln, "description": "Global Location Number"}],
        **parts.STAMPED,
        "supplierPaymentMethodDetails": details,
        "note": "",
        "landedCostSupplier": False,
        "currencyOverride": not value.domestic,
        "currencyRateOverride": False,
    }


def _payment_detail(detail_id: str, description: str, value: str) -> Json:
    return {
        "paymentMethodDetailDescription": description,
        "paymentMethodDetailValue": value,
        "paymentMethodDetailBankingDetailType": "AccountNo",
        "paymentMethodDetailID": detail_id,
    }


def customer(value: Customer, company: Company) -> Json:
    """CustomerDto."""
    address, contact = parts.address(value.address, 5_000 + value.internal_id), parts.contact(value.contact, 9_000)
    attributes = [{"id": "WEBID", "value": str(value.web_id), "description": "Web shop"}] if value.web_id else []
    return {
        "internalId": value.internal_id,
        "number": value.number,
        "name": value.name,
        "status": value.status,
        "mainAddress": address,
        "mainContact": contact,
        "accountReference": "",
        "customerClass": {"id": "1", "description": "Standard"},
        "creditTerms": parts.terms(value.terms_days),
        "currencyId": value.currency,
        "creditVerification": "CreditLimit" if value.credit_limit else "Disabled",
        "creditLimit": parts.double(value.credit_limit),
        "creditDaysPastDue": 0,
        "invoiceAddress": address,
        "invoiceContact": contact,
        "printInvoices": False,
        "acceptAutoInvoices": True,
        "sendInvoicesByEmail": True,
        "statementType": "OpenItem",
        "deliveryAddress": address,
        "deliveryContact": contact,
        "vatRegistrationId": value.vat_number or "",
        "corporateId": value.organisation_number or "",
        "gln": "",
        "vatZone": parts.vat_zone(company, domestic=True),
        "location": {"countryId": value.address.country, "id": "MAIN", "name": "Primary Location"},
        "attributes": attributes,
        **parts.STAMPED,
        "createdDateTime": "",
        "priceClass": {"id": "BASE", "description": "Base"},
        "invoiceToDefaultLocation": False,
        "defaultPaymentMethodId": "1",
        "excludeDebtCollection": False,
    }


def item(value: Item, company: Company) -> Json:
    """InventoryDto."""
    stock = value.kind == "stock"
    return {
        "inventoryId": value.internal_id,
        "inventoryNumber": value.number,
        "status": value.status,
        "type": {"stock": "FinishedGoodItem", "service": "ServiceItem"}.get(value.kind, "NonStockItem"),
        "description": value.description,
        "itemClass": {"type": "FinishedGoodItem" if stock else "NonStockItem", "id": "1", "description": "Standard"},
        "postingClass": {"id": "1", "description": "Standard"},
        "vatCode": {"id": value.vat_id, "description": company.vat(value.vat_id).description},
        "defaultPrice": parts.double(value.price),
        "currentCost": parts.double(value.cost),
        "lastCost": parts.double(value.cost),
        **parts.STAMPED,
        "baseUnit": value.uom,
        "salesUnit": value.uom,
        "purchaseUnit": value.uom,
        "stockItem": stock,
        "kitItem": False,
        "accountInformation": {"expenseAccount": parts.account(company, value.account)},
        "crossReferences": [
            {"alternateType": "Barcode", "alternateID": value.gtin, "description": "GTIN", "uom": value.uom}
        ],
        "attachments": [],
        "attributes": [],
        "supplierDetails": [],
        "packaging": {"baseItemWeight": 0.0, "baseItemVolume": 0.0},
    }

"""Members of the update DTOs that the simulator reads (OpenAPI of Visma.net ERP, schemas `...UpdateDto`)."""

from __future__ import annotations

from integrations.sandbox.visma.shapes import Shape, parse_shape

_OPERATION = "operation:=e(Insert|Update|Delete)"
_ORDER_TYPE = "e(RegularOrder|DropShip|Blanket|StandardBlanket)"
_LINE_TYPE = (
    "e(GoodsForInventory|GoodsForSalesOrder|GoodsForReplenishment|GoodsForDropShip|NonStockForDropShip"
    "|NonStockForSalesOrder|NonStock|Service|Freight|Description)"
)
_INVOICE_TYPE = "e(Invoice|CreditAdj|DebitAdj|Prepayment|Refund|Payment)"
_CUSTOM = (
    " customStr1:s customStr2:s customStr3:s customStr4:s customStr5:s customDec1:n customDec2:n customInt1:i"
    " customInt2:i customDateTimeUTC1:d"
)

_TEXTS = {
    "address": "overrideAddress:b addressLine1:s addressLine2:s addressLine3:s postalCode:s city:s countryId:s"
    " county:s",
    "contact": "overrideContact:b name:s attention:s email:s web:s phone1:s phone2:s fax:s",
    "segment": "segmentId:=i segmentValue:=s",
    "attribute": "attributeId:s attributeValue:s",
    "supplierAccounts": "supplierAccount:s supplierSubaccount:s expenseAccount:s expenseAccountNonTax:s"
    " expenseEUAccount:s expenseAccountImport:s expenseSubaccount:s",
    "paymentDetail": "paymentMethodDetailDescription:=s paymentMethodDetailValue:s",
    "supplier": "number:s name:s status:e(Active|OnHold|HoldPayments|Inactive|OneTime) accountReference:s"
    " numberOfEmployees:i parentRecordNumber:s supplierClassId:s overrideWithClassValues:=b creditTermsId:s"
    " documentLanguage:s currencyId:s currencyOverride:b currencyRateOverride:b paymentMethodId:s cashAccount:s"
    " paymentLeadTime:i paymentRefDisplayMask:s paySeparately:b vatRegistrationId:s corporateId:s vatZoneId:s"
    " chargeBearer:e(Payer|Beneficiary|Shared|ServiceLevel) accountUsedForPayment:e(IBAN|BBAN|BANKGIRO|PLUSGIRO)"
    " paymentBy:e(DueDate|DiscountDate) mainAddress:@address mainContact:@contact remitAddress:@address"
    " remitContact:@contact supplierAddress:@address supplierContact:@contact glAccounts:@supplierAccounts"
    " supplierPaymentMethodDetails:[paymentDetail] attributeLines:[attribute] retainageApply:b retainagePct:n note:s"
    " overrideNumberSeries:b naceCode:s landedCostSupplier:b",
    "paymentMethodChoice": "paymentMethodId:s isDefault:b",
    "customer": "number:s name:s status:e(Active|OnHold|CreditHold|Inactive|OneTime) accountReference:s"
    " numberOfEmployees:i parentRecordNumber:s currencyId:s creditLimit:n creditDaysPastDue:i"
    " overrideWithClassValues:=b customerClassId:s creditTermsId:s printInvoices:b acceptAutoInvoices:b"
    " sendInvoicesByEmail:b sendDunningLettersViaEMail:b printDunningLetters:b printStatements:b"
    " sendStatementsByEmail:b printMultiCurrencyStatements:b invoiceToDefaultLocation:b vatRegistrationId:s"
    " corporateId:s vatZoneId:s gln:s note:s mainAddress:@address mainContact:@contact"
    " creditVerification:e(Disabled|DaysPastDue|CreditLimit|LimitAndDaysPastDue) invoiceAddress:@address"
    " invoiceContact:@contact statementType:e(OpenItem|BalanceBroughtForward) deliveryAddress:@address"
    " deliveryContact:@contact priceClassId:s defaultPaymentMethod:@paymentMethodChoice attributeLines:[attribute]"
    " overrideNumberSeries:b excludeDebtCollection:b",
    "orderLine": f"{_OPERATION} lineNumber:i branch:s inventory:s lineType:{_LINE_TYPE} warehouse:s lineDescription:s"
    " uom:s orderQty:n unitCost:n extCost:n discountAmount:n discountPercent:n manualDiscount:b discountCode:s amount:n"
    " alternateId:s minReceipt:n maxReceipt:n completeOn:n receiptAction:e(Reject|AcceptButWarn|Accept) taxCategory:s"
    " account:s sub:[segment] project:s projectTask:s requested:d promised:d note:s completed:b" + _CUSTOM,
    "purchaseorder": "shippingDestinationType:e(CompanyLocation|Customer|Vendor|Site) shipTo:s shippingLocation:s"
    " shippingContact:@contact shippingAddress:@address fobPoint:s shipVia:s shipTerms:s remitContact:@contact"
    f" remitAddress:@address terms:s supplierVatZone:s dontPrint:b dontEmail:b orderType:{_ORDER_TYPE} orderNumber:s"
    " hold:b date:d promisedOn:d description:s supplier:s location:s gln:s vatRegistrationId:s owner:s currency:s"
    " exchangeRate:n supplierRef:s controlTotal:n branch:s lines:[orderLine] changeDatesOnLines:=b note:s"
    " overrideNumberSeries:b timeStamp:=s" + _CUSTOM,
    "orderAction": "orderType:=s",
    "receiptLine": f"{_OPERATION} note:s lineNbr:i lineType:{_LINE_TYPE} branchId:s branchNumber:s inventoryId:s"
    " warehouseId:s locationId:s transactionDescription:s uom:s receiptQty:n unitCost:n extCost:n discountPercent:n"
    " discountAmount:n manualDiscount:b discountCodeId:s amount:n taxCategoryId:s accountId:s accountDescription:s"
    " subaccount:[segment] projectId:s projectTaskId:s expirationDate:d lotSerialNumber:s"
    f" poOrderType:{_ORDER_TYPE} poOrderNbr:s poOrderLineNbr:i completePoLine:b" + _CUSTOM,
    "PurchaseReceipt": "lines:[receiptLine] note:s receiptType:e(PoReceipt|PoReturn|TransferReceipt) receiptNbr:s"
    " hold:b date:d postPeriod:s warehouseId:s supplierId:s locationId:s currency:s exchangeRate:n createBill:b"
    " supplierRef:s controlQty:n controlAmount:n branchNumber:s timeStamp:=s" + _CUSTOM,
    "receiptOrder": f"orderNbr:=s orderType:={_ORDER_TYPE}",
    "receiptOrders": "purchaseOrders:[receiptOrder]",
    "receiptOrderLineNbr": "lineNbr:=s",
    "receiptOrderLine": "orderNbr:=s lines:[receiptOrderLineNbr]",
    "receiptOrderLines": "purchaseOrderLines:[receiptOrderLine]",
    "link": "purchaseType:=e(PurchaseOrder|PurchaseReceipt) purchaseNumber:s purchaseLineNbr:i",
    "invoiceTax": "taxId:s taxableAmount:n vatAmount:n",
    "invoiceLine": f"{_OPERATION} lineNumber:i inventoryNumber:s transactionDescription:s quantity:n uom:s"
    " unitCostInCurrency:n costInCurrency:n discountPercent:n discountAmountInCurrency:n discountUnitCostInCurrency:n"
    " manualDiscount:b accountNumber:s subaccount:[segment] deferralSchedule:i deferralCode:s vatCodeId:s branch:s"
    " branchNumber:s note:s projectId:s projectTaskId:s linkLine:{link} termStartDate:d termEndDate:d"
    " externalInventoryId:s prebookAccountNumber:s prebookSubaccount:[segment]",
    "addReceiptLine": "poReceiptNumber:s poReceiptLineNumber:i quantity:n unitCostInCurrency:n costInCurrency:n",
    "addOrder": "poOrderNumber:s",
    "approval": "attachmentID:s comment:s",
    "supplierInvoice": f"documentType:{_INVOICE_TYPE} referenceNumber:s hold:b date:d origInvoiceDate:d postPeriod:s"
    " financialPeriod:s supplierReference:s description:s supplierNumber:s locationId:s currencyId:s paymentRefNo:s"
    " creditTermsId:s dueDate:d cashDiscountDate:d note:s exchangeRate:n branchNumber:s roundingDiffInCurrency:n"
    " taxCalculationMode:e(TaxSetting|Gross|Net) supplierTaxZone:s cashAccount:s paymentMethod:s payDate:d amount:n"
    " vatAmount:n paymentMessage:s applyRetainage:b taxDetailLines:[invoiceTax] invoiceLines:[invoiceLine]"
    " approvalDetails:{approval} addPOReceiptLines:[addReceiptLine] addPurchaseOrders:[addOrder] paySelected:b"
    " overrideNumberSeries:b validateLineDetails:b",
    "prebook": "accountNumber:s subaccount:[segment]",
    "paymentLine": f"{_OPERATION} documentType:{_INVOICE_TYPE} refNbr:s amountPaid:n cashDiscountTaken:n crossRate:n",
    "supplierPayment": "type:e(Payment|DebitAdj|Prepayment|Refund|VoidPayment|VoidRefund) referenceNumber:s hold:b"
    " applicationDate:d applicationPeriod:s paymentRef:s supplier:s location:s paymentMethod:s cashAccount:s currency:s"
    " description:s paymentAmount:n branch:s paymentLines:[paymentLine] overrideNumberSeries:b",
    "paymentRelease": "type:e(Payment|DebitAdj|Prepayment|Refund|VoidPayment|VoidRefund)",
    "customerInvoiceLine": f"{_OPERATION} inventoryNumber:s lineNumber:i description:s quantity:n unitPriceInCurrency:n"
    " manualAmountInCurrency:n accountNumber:s vatCodeId:s uom:s discountPercent:n discountAmountInCurrency:n"
    " manualDiscount:b subaccount:[segment] salesperson:s deferralSchedule:i deferralCode:s note:s branchNumber:s",
    "customerinvoice": "paymentMethodId:s creditTermsId:s currencyId:s customerRefNumber:s documentDueDate:d"
    " externalReference:s customerProject:s exchangeRate:n paymentReference:s project:s taxDetailLines:[invoiceTax]"
    " invoiceLines:[customerInvoiceLine] sendToAutoInvoice:b customerVatZoneId:s billingAddress:@address"
    " invoiceContact:@contact accountingCostRef:s originatorDocRef:s contractDocRef:s overrideNumberSeries:b"
    " referenceNumber:s customerNumber:s documentDate:d origInvoiceDate:d hold:b postPeriod:s financialPeriod:s"
    " invoiceText:s locationId:s note:s branchNumber:s cashAccount:s dontPrint:b dontEmail:b",
    "creditNoteApplication": "operation:=s documentType:s refNbr:s amountPaid:n",
    "customerCreditNote": "currencyId:s customerRefNumber:s externalReference:s project:s exchangeRate:n"
    " lines:[customerInvoiceLine] taxDetails:[invoiceTax] applicationLines:[creditNoteApplication]"
    " customerVatZoneId:s invoiceAddress:@address invoiceContact:@contact sendToAutoInvoice:b overrideNumberSeries:b"
    " referenceNumber:s customerNumber:s documentDate:d origInvoiceDate:d hold:b postPeriod:s financialPeriod:s"
    " invoiceText:s locationId:s note:s branchNumber:s cashAccount:s dontPrint:b dontEmail:b",
    "account": "accountCD:s active:b accountClass:s analysisCode:s currency:s description:s extenalCode1:s"
    " externalCode2:s accountGroupCD:s postOption:s publicCode1:s type:e(Asset|Liability|Income|Expense)"
    " useDefaultSub:b taxCategory:s",
    "inventory": "inventoryNumber:s status:e(Active|NoSales|NoPurchases|NoRequest|Inactive|MarkedForDeletion|Unknown)"
    " type:e(NonStockItem|LaborItem|ServiceItem|ChargeItem|ExpenseItem|FinishedGoodItem|ComponentPartItem"
    "|SubassemblyItem) description:s body:s itemClass:s postingClass:s vatCode:s defaultPrice:n baseUnit:s salesUnit:s"
    " purchaseUnit:s note:s",
    "attachmentMetadata": "sendToAutoinvoice:b",
    "journalLine": f"{_OPERATION} lineNumber:i accountNumber:s subaccount:[segment] project:s projectTask:s"
    " referenceNumber:s transactionDescription:s debitAmountInCurrency:n creditAmountInCurrency:n vatCodeId:s vatId:s"
    " branch:s uom:s quantity:n note:s",
    "journaltransaction": "batchNumber:s hold:b transactionDate:d postPeriod:s financialPeriod:s ledger:s currencyId:s"
    " exchangeRate:n autoReversing:b description:s controlTotalInCurrency:n createVatTransaction:b"
    " skipVatAmountValidation:b transactionCode:s branch:s overrideNumberSeries:b"
    " journalTransactionLines:[journalLine]",
}

SHAPES: dict[str, Shape] = {name: parse_shape(text) for name, text in _TEXTS.items()}

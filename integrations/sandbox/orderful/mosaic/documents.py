"""The six document types that the Mosaic endpoint takes, with what each one requires."""

from __future__ import annotations

from typing import Final

from . import parts
from .kinds import DATE, FLAG, NUMBER, TEXT, WHOLE, Group, Many, dates, each, group, one_of, texts

_ORDER_KIND = one_of("blanketEstimated blanketFirm dropship release rushOrder standalone")
_PRODUCT = {"productIds": parts.PRODUCT_IDS, "productAttributes": parts.PRODUCT}
_PACKS = {"outerPack": parts.PACK, "innerPack": parts.PACK}
_ALLOWED = {"allowances": parts.ALLOWANCES, "charges": parts.ALLOWANCES}

_ORDER_LINE = group(
    {
        "purchaseOrderLineId": TEXT,
        "quantity": parts.QUANTITY,
        "unitCostPrice": NUMBER,
        "unitPriceBasis": TEXT,
        "additionalPricing": Many(
            group(
                {
                    "priceType": one_of("retail wholesale promotional contract"),
                    "price": NUMBER,
                    "quantity": NUMBER,
                }
            )
        ),
        **_PRODUCT,
        **_PACKS,
        **_ALLOWED,
        "packaging": Many(group(texts("packagingCode packagingDescription"))),
        "dates": parts.ORDER_DATES,
        "references": parts.REFERENCES,
        "destinationQuantities": Many(
            group({**texts("identificationCode identificationCodeType"), "quantity": NUMBER})
        ),
        "monetaryAmounts": group(each("lineTotal unitPrice extendedPrice", NUMBER)),
        "sublineItems": Many(group({"sublineId": TEXT, "quantity": parts.QUANTITY, **_PRODUCT})),
        "notes": parts.NOTES,
        "paperwork": Many(group({**texts("type description"), "required": FLAG})),
        "conditionsAndRestrictions": parts.CONDITIONS,
        "carrierDetails": parts.CARRIER,
    },
    required="productIds quantity",
)
_PURCHASE_ORDER = group(
    {
        "purpose": one_of("original cancellation change replace confirmation"),
        "purchaseOrderType": _ORDER_KIND,
        "purchaseOrderNumber": TEXT,
        "purchaseOrderDate": DATE,
        **texts("contractNumber releaseNumber acknowledgmentType"),
        "parties": parts.PARTIES,
        "dates": parts.ORDER_DATES,
        "references": parts.REFERENCES,
        "termsOfSale": parts.TERMS,
        "carrierDetails": parts.CARRIER,
        "notes": parts.NOTES,
        "monetaryAmounts": group(each("net gross discount freight", NUMBER)),
        "conditionsAndRestrictions": parts.CONDITIONS,
        **_ALLOWED,
        "lineItems": Many(_ORDER_LINE, least=1),
    },
    required="purpose purchaseOrderType purchaseOrderNumber purchaseOrderDate lineItems",
)

_RESPONSE_REASONS = one_of(
    "discontinued invalidAddress invalidBillToCode invalidItemNumber invalidPrice invalidItemQuantity "
    "invalidShipFrom invalidShipMethod invalidShipToName invalidShipToAddress1 invalidShipToAddress2 "
    "invalidShipToCity invalidShipToStateOrProvince invalidShipToPostalCode invalidShipToCountry itemRecall "
    "itemSetupIssue mainlandOnly missingLineItemId missingOrderId missingShipId naturalDisaster outOfStock "
    "seasonalOrEndOfLife shippingInFull systemIssue taxNexusIssue transportationIssuePrepaid "
    "transportationIssueCollect undeliverableAddress weather"
)
_RESPONSE_ACTION = group(
    {
        "status": one_of("accepted rejected backordered"),
        "statusReasonCode": TEXT,
        "statusNote": parts.NOTE,
        "quantity": parts.QUANTITY,
        **dates("scheduledShipDate estimatedDeliveryDate"),
        "unitCostPrice": NUMBER,
        "substitutedItem": group({"productIds": parts.PRODUCT_IDS}),
    },
    required="status",
)
_ORDER_RESPONSE = group(
    {
        "purchaseOrderNumber": TEXT,
        "status": one_of("accepted rejected"),
        "statusReasonCode": _RESPONSE_REASONS,
        "statusNote": parts.NOTE,
        "dates": group(
            dates("estimatedDeliveryDate requestedPickupDate scheduledShipDate purchaseOrderDate"),
        ),
        "parties": group(each("shipFrom supplier", parts.PARTY)),
        "termsOfSale": parts.TERMS,
        "references": parts.REFERENCES,
        "lineItems": Many(
            group(
                {"purchaseOrderLineId": TEXT, **_PRODUCT, "actions": Many(_RESPONSE_ACTION, least=1)},
                required="actions",
            )
        ),
    },
    required="purchaseOrderNumber status",
)

_SHIPPED_ITEM = group(
    {
        "purchaseOrderLineId": TEXT,
        **_PRODUCT,
        **_PACKS,
        "references": group(each("heatCode billOfMaterial barCode", parts.REFERENCE)),
        **texts("lotNumber coilNumber countryOfOrigin"),
        "quantityShipped": parts.QUANTITY,
        **dates("expirationDate manufactureDate"),
    }
)
_CARTON = group(
    {
        **texts("trackingNumber serialShippingId"),
        "cartonPhysicalDetails": parts.PACK,
        "specialHandling": Many(parts.SPECIAL_HANDLING),
        "items": Many(_SHIPPED_ITEM),
    }
)
_PALLET = group(
    {
        "palletType": one_of(
            "chep iGps peco whiteWood hardWood aluminum specifiedByDOT metal standard steel wood slipsheet softWood"
        ),
        **texts("trackingNumber serialShippingId"),
        **each("layersPerPallet cartonsPerLayer", WHOLE),
        "palletExchangeType": one_of("noExchangeOrReturn exchange return customerPurchase thirdPartyExchange"),
        "palletPhysicalDetails": parts.PACK,
        "cartons": Many(_CARTON),
        "items": Many(_SHIPPED_ITEM),
    }
)
_SHIP_NOTICE = group(
    {
        "purpose": one_of("original cancellation change"),
        "shipmentId": TEXT,
        "carrierDetails": parts.SHIPMENT_CARRIER,
        "references": group(
            each(
                "appointmentNumber billOfLadingNumber loadPlanningNumber pickupReferenceNumber proNumber "
                "trackingNumber vendorNumber",
                parts.REFERENCE,
            )
        ),
        "dates": group(dates("shipDate deliveryDate")),
        "shippingPaymentTerms": one_of("prepaidBySeller collect"),
        "parties": group(each("shipFrom shipTo supplier", parts.PARTY)),
        **_ALLOWED,
        "orders": Many(
            group(
                {
                    **texts("purchaseOrderNumber releaseNumber customerOrderNumber"),
                    "purchaseOrderDate": DATE,
                    "parties": group({"markFor": parts.PARTY}),
                    "pallets": Many(_PALLET),
                    "cartons": Many(_CARTON),
                    "items": Many(_SHIPPED_ITEM),
                },
                required="purchaseOrderNumber",
            ),
            least=1,
        ),
    },
    required="shipmentId orders",
)

_TAX = group(
    {
        **each("amount percent", NUMBER),
        **texts("taxIdNumber locationId jurisdictionType jurisdictionCode assignedId"),
        "exemptionCode": one_of("exempt notExempt notTaxable"),
    }
)
_INVOICE_LINE = group(
    {
        "purchaseOrderLineId": TEXT,
        "quantityInvoiced": parts.QUANTITY,
        **each("unitPrice extendedPrice", NUMBER),
        **_PRODUCT,
        **_PACKS,
        **_ALLOWED,
        "shipDate": DATE,
        "taxes": Many(_TAX),
        "notes": parts.NOTES,
    },
    required="quantityInvoiced unitPrice productIds",
)
_INVOICE = group(
    {
        **texts("invoiceNumber purchaseOrderNumber shipmentIdentification originalInvoiceNumber releaseNumber"),
        **dates("invoiceDate purchaseOrderDate"),
        "invoiceType": one_of("invoice creditMemo debitMemo"),
        "parties": group(each("buyer shipTo billTo accountsReceivable accountsPayable", parts.PARTY)),
        "termsOfSale": parts.TERMS,
        "dates": group(dates("shipDate deliveryDate termsNetDueDate termsDiscountDueDate")),
        "references": parts.REFERENCES,
        "carrierDetails": parts.SHIPMENT_CARRIER,
        **_ALLOWED,
        "taxes": group(
            each("harmonizedSalesTax goodsAndServicesTax stateProvincialTax stateProvincialGoodsTax localTax", _TAX)
        ),
        **each("invoiceTotal invoiceSalesTotal invoiceTermsDiscount", NUMBER),
        "lineItems": Many(_INVOICE_LINE, least=1),
    },
    required="invoiceNumber invoiceDate lineItems",
)

_STOCK_LINE = group(
    {
        **texts("lineNumber unitOfMeasure"),
        **_PRODUCT,
        "itemStatus": one_of("inStock outOfStock discontinued backorder"),
        "inventoryQuantities": Many(
            group(
                {
                    "locationId": TEXT,
                    "type": one_of("available allocated incoming unavailable onHand committed"),
                    "quantity": NUMBER,
                    "availableDate": DATE,
                }
            )
        ),
        "unlimitedAvailability": FLAG,
        "unitCostPrice": NUMBER,
        "references": parts.REFERENCES,
    }
)
_INVENTORY = group(
    {
        "purpose": one_of("full incremental"),
        "reportType": one_of("sellerInventory"),
        "reportNumber": TEXT,
        "reportDate": DATE,
        "parties": group(each("inventoryLocation buyer supplier", parts.PARTY)),
        "references": parts.REFERENCES,
        "dates": group(dates("reportStartDate reportEndDate")),
        "sellersCurrency": parts.CURRENCY,
        "notes": parts.NOTES,
        "lineItems": Many(_STOCK_LINE, least=1),
    },
    required="purpose reportType reportNumber reportDate lineItems",
)

_CHANGE_LINE = group(
    {
        "purchaseOrderLineId": TEXT,
        "changeReason": one_of("changeToItem addItem deleteItem priceChange quantityChange"),
        **each("originalQuantity changeInQuantity quantity", parts.QUANTITY),
        "unitCostPrice": NUMBER,
        "unitPriceBasis": TEXT,
        **_PRODUCT,
        "dates": parts.ORDER_DATES,
        "notes": parts.NOTES,
    },
    required="changeReason",
)
_ORDER_CHANGE = group(
    {
        "purpose": one_of("change cancellation"),
        "purchaseOrderType": _ORDER_KIND,
        "purchaseOrderChangeType": one_of("order standing"),
        **texts("purchaseOrderNumber changeSequenceNumber"),
        **dates("purchaseOrderDate purchaseOrderChangeDate"),
        "acknowledgmentType": one_of("withDetail withoutDetail"),
        "parties": parts.PARTIES,
        "references": parts.REFERENCES,
        "dates": parts.ORDER_DATES,
        "notes": parts.NOTES,
        "termsOfSale": parts.TERMS,
        "carrierDetails": parts.CARRIER,
        "buyersCurrency": parts.CURRENCY,
        "lineItems": Many(_CHANGE_LINE, least=1),
    },
    required="purpose purchaseOrderNumber purchaseOrderDate purchaseOrderChangeDate lineItems",
)

DOCUMENTS: Final[dict[str, Group]] = {
    "850_PURCHASE_ORDER": _PURCHASE_ORDER,
    "855_PURCHASE_ORDER_ACKNOWLEDGMENT": _ORDER_RESPONSE,
    "856_SHIP_NOTICE_MANIFEST": _SHIP_NOTICE,
    "810_INVOICE": _INVOICE,
    "846_INVENTORY_ADVICE": _INVENTORY,
    "860_PURCHASE_ORDER_CHANGE": _ORDER_CHANGE,
}
"""Shape of `message` by the v4 `type`. A 997 is not among them: acknowledgments are a status, not a document."""

BUSINESS_NUMBER: Final[dict[str, str]] = {
    "850_PURCHASE_ORDER": "purchaseOrderNumber",
    "855_PURCHASE_ORDER_ACKNOWLEDGMENT": "purchaseOrderNumber",
    "856_SHIP_NOTICE_MANIFEST": "shipmentId",
    "810_INVOICE": "invoiceNumber",
    "846_INVENTORY_ADVICE": "reportNumber",
    "860_PURCHASE_ORDER_CHANGE": "purchaseOrderNumber",
}
"""The member of `message` that becomes the transaction's businessNumber."""

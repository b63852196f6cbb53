"""Small valid Mosaic documents."""

from __future__ import annotations

import json
from typing import Any

_PRODUCT = {"vendorItemNumber": "A-1"}
_EACH = {"value": "5", "unitOfMeasure": "each"}

DOCUMENTS: dict[str, dict[str, Any]] = {
    "850_PURCHASE_ORDER": {
        "purpose": "original",
        "purchaseOrderType": "standalone",
        "purchaseOrderNumber": "500001",
        "purchaseOrderDate": "2026-11-01",
        "lineItems": [
            {"purchaseOrderLineId": "1", "quantity": _EACH, "unitCostPrice": "10.00", "productIds": _PRODUCT},
            {"purchaseOrderLineId": "2", "quantity": _EACH, "unitCostPrice": "2.50", "productIds": _PRODUCT},
        ],
    },
    "855_PURCHASE_ORDER_ACKNOWLEDGMENT": {
        "purchaseOrderNumber": "500001",
        "status": "accepted",
        "lineItems": [{"purchaseOrderLineId": "1", "actions": [{"status": "accepted", "quantity": _EACH}]}],
    },
    "856_SHIP_NOTICE_MANIFEST": {
        "shipmentId": "S-1",
        "orders": [{"purchaseOrderNumber": "500001", "items": [{"quantityShipped": _EACH, "productIds": _PRODUCT}]}],
    },
    "810_INVOICE": {
        "invoiceNumber": "I-1",
        "invoiceDate": "2026-11-02",
        "lineItems": [{"quantityInvoiced": _EACH, "unitPrice": "10.00", "productIds": _PRODUCT}],
        "invoiceTotal": "50.00",
    },
    "846_INVENTORY_ADVICE": {
        "purpose": "full",
        "reportType": "sellerInventory",
        "reportNumber": "R-1",
        "reportDate": "2026-11-02",
        "lineItems": [
            {"lineNumber": "1", "productIds": _PRODUCT, "inventoryQuantities": [{"type": "onHand", "quantity": "7"}]}
        ],
    },
    "860_PURCHASE_ORDER_CHANGE": {
        "purpose": "change",
        "purchaseOrderNumber": "500001",
        "purchaseOrderDate": "2026-11-01",
        "purchaseOrderChangeDate": "2026-11-03",
        "lineItems": [{"purchaseOrderLineId": "1", "changeReason": "quantityChange", "quantity": _EACH}],
    },
}


def document(document_type: str) -> dict[str, Any]:
    """A fresh copy in which no two places share an object."""
    fresh: dict[str, Any] = json.loads(json.dumps(DOCUMENTS[document_type]))
    return fresh

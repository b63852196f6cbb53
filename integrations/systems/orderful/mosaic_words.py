"""Mosaic's words for X12 codes (Orderful OpenAPI 2.15.0).

Mosaic is Orderful's JSON of version 4: words for codes, strings for numbers, dates as YYYY-MM-DD.
"""

from __future__ import annotations

UNITS = {
    "AA": "ball",
    "AS": "assortment",
    "BD": "bundle",
    "BG": "bag",
    "BO": "bottle",
    "BX": "box",
    "CA": "case",
    "CG": "card",
    "CH": "container",
    "CN": "can",
    "CQ": "cartridge",
    "CS": "cassette",
    "CT": "carton",
    "CX": "coil",
    "DR": "drum",
    "DS": "display",
    "DZ": "dozen",
    "EA": "each",
    "FT": "foot",
    "GA": "gallon",
    "GR": "gram",
    "IE": "person",
    "KT": "kit",
    "LB": "pound",
    "LF": "linearFoot",
    "ML": "milliliter",
    "MR": "meter",
    "OZ": "ounce",
    "P3": "threePack",
    "P6": "sixPack",
    "PA": "pail",
    "PC": "piece",
    "PD": "pad",
    "PF": "palletLift",
    "PH": "packPAK",
    "PK": "package",
    "PL": "palletUnitLoad",
    "PR": "pair",
    "PT": "pint",
    "QT": "quart",
    "RE": "reel",
    "RL": "roll",
    "SF": "squareFoot",
    "SH": "sheet",
    "ST": "set",
    "TB": "tube",
    "TH": "thousand",
    "UN": "unit",
    "VI": "vial",
}
"""Element 355 code to `unitOfMeasure`. Mosaic's list is closed and leans on American trade: it has no kilogram and no
litre."""

PURPOSES = {
    "original": "original",
    "cancellation": "cancellation",
    "change": "change",
    "replace": "replace",
    "confirmation": "confirmation",
}
"""`purpose` of an 850. An 810 has no such member."""

ORDER_TYPES = {
    "standalone": "standalone",
    "new": "standalone",
    "dropship": "dropship",
    "blanket": "blanketFirm",
    "release": "release",
    "rush": "rushOrder",
}
"""`purchaseOrderType`. A blanket order of ours states firm quantities (BK); "new" (NE) is a stand-alone order."""

INVOICE_TYPES = {"invoice": "invoice", "credit_note": "creditMemo", "debit_note": "debitMemo"}

ORDER_PARTIES = {
    "buyer": "buyer",
    "supplier": "supplier",
    "ship_to": "shipTo",
    "bill_to": "billTo",
    "ship_from": "shipFrom",
}
INVOICE_PARTIES = {"buyer": "buyer", "ship_to": "shipTo", "bill_to": "billTo", "remit_to": "accountsReceivable"}
"""Members of `parties`. An 810 has none for the supplier: it stands as `accountsReceivable` where no remit-to party is
named."""

REFERENCES = {
    "department": "departmentNumber",
    "delivery_note": "deliveryReference",
    "bill_of_lading": "billOfLadingNumber",
    "shipment": "shipmentNumber",
}
"""Members of `references`. `billOfLadingNumber` is not in the schema's list, but in the vendor's example of an 810."""

TAXES = {
    "VA": "goodsAndServicesTax",
    "GS": "goodsAndServicesTax",
    "BE": "harmonizedSalesTax",
    "SP": "stateProvincialTax",
    "ST": "stateProvincialTax",
    "PG": "stateProvincialGoodsTax",
    "SL": "localTax",
    "LS": "localTax",
}
"""Element 963 to a member of an 810's `taxes`. Mosaic has no value added tax: goods and services tax is what comes
nearest."""

CHARGE_TYPES = {"D240": "freight", "C310": "discount"}
"""Element 1300 to `type` of an allowance or charge: free text in the schema, these two words stand in the vendor's
examples."""

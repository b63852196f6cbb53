"""EDIFACT codes for the words of the canonical documents, both ways (directory D.96A)."""

from __future__ import annotations

from collections.abc import Mapping

PURPOSES = {"original": "9", "cancellation": "1", "change": "4", "replace": "5", "confirmation": "6"}
"""Message function (1225)."""
PURPOSES_READ: Mapping[str, str] = {code: word for word, code in PURPOSES.items()}

ORDER_TYPES = {"standalone": "220", "blanket": "221", "rush": "224", "release": "226"}
"""Kind of document (1001); other orders are sent as ordinary ones."""
ORDER_TYPES_READ: Mapping[str, str] = {code: word for word, code in ORDER_TYPES.items()}

INVOICE_KINDS = {"invoice": "380", "credit_note": "381", "debit_note": "383"}
INVOICE_KINDS_READ: Mapping[str, str] = {code: word for word, code in INVOICE_KINDS.items()}

ROLES = {"buyer": "BY", "supplier": "SU", "ship_to": "DP", "bill_to": "IV", "ship_from": "SF", "remit_to": "PE"}
"""Role of a party (3035)."""
ROLES_READ: Mapping[str, str] = {**{code: word for word, code in ROLES.items()}, "SE": "supplier"}

AGENCIES = {"gln": "9", "buyer": "92", "supplier": "91", "duns": "16", "other": "ZZZ"}
"""Who gives a party its number (3055)."""
AGENCIES_READ: Mapping[str, str] = {code: word for word, code in AGENCIES.items()}

PARTY_REFERENCES = {"vat": "VA", "organisation": "GN", "buyer": "IA", "supplier": "IT", "other": "API"}
"""Further numbers of a party (1153)."""
PARTY_REFERENCES_READ: Mapping[str, str] = {code: word for word, code in PARTY_REFERENCES.items()}

REFERENCES = {
    "supplier_order": "VN",
    "contract": "CT",
    "payment": "PQ",
    "receipt": "ALO",
    "delivery_note": "DQ",
    "bill_of_lading": "BM",
    "shipment": "SRN",
    "tracking": "CN",
    "project": "AEP",
    "original_invoice": "IV",
    "other": "ZZZ",
}
"""Further numbers of a document (1153); kinds that have no code are sent as others."""
REFERENCES_READ: Mapping[str, str] = {code: word for word, code in REFERENCES.items()}

ITEM_IDS = {"buyer": "IN", "supplier": "SA", "gtin": "EN", "upc": "UP", "manufacturer": "MF", "other": "ZZZ"}
"""Kind of an item number (7143)."""
ITEM_IDS_READ: Mapping[str, str] = {**{code: word for word, code in ITEM_IDS.items()}, "BP": "buyer", "VN": "supplier"}

UNITS = {
    "EA": "PCE",
    "KG": "KGM",
    "GR": "GRM",
    "MP": "TNE",
    "LT": "LTR",
    "ML": "MLT",
    "DL": "DLT",
    "MR": "MTR",
    "CM": "CMT",
    "MM": "MMT",
    "DK": "KMT",
    "SM": "MTK",
    "CR": "MTQ",
    "HR": "HUR",
    "MJ": "MIN",
    "DA": "DAY",
    "WK": "WEE",
    "MO": "MON",
    "YR": "ANN",
    "KH": "KWH",
    "DZ": "DZN",
    "SET": "SET",
}
"""Units (6411) of the recommendation 20 of the United Nations; what is not here is sent by its X12 code."""
UNITS_READ: Mapping[str, str] = {**{code: unit for unit, code in UNITS.items()}, "C62": "EA"}

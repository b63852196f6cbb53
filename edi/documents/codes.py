"""X12 codes for the words of the canonical documents, both ways.

Each table gives the code that is written; the `…_READ` table beside it the words of all codes that are understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

K = TypeVar("K")
W = TypeVar("W")


def _back(table: Mapping[K, W], **more: K) -> Mapping[W | str, K]:
    return MappingProxyType({**{code: word for word, code in table.items()}, **more})


PURPOSES = {"original": "00", "cancellation": "01", "change": "04", "replace": "05", "confirmation": "06"}
"""Element 353."""
PURPOSES_READ = _back(PURPOSES)
ANSWER_PURPOSES_READ = _back(PURPOSES, **{"11": "original"})
"""An answer may also call itself a response (11)."""
NOTICE_PURPOSES_READ = _back(PURPOSES, **{"14": "original"})
"""A ship notice may also call itself an advance notification (14)."""

ORDER_TYPES = {"standalone": "SA", "dropship": "DS", "blanket": "BK", "release": "RL", "rush": "RO", "new": "NE"}
"""Element 92."""
ORDER_TYPES_READ = _back(ORDER_TYPES, KN="standalone", OS="standalone", BE="blanket")

INVOICE_KINDS = {"invoice": "DI", "credit_note": "CR", "debit_note": "DR"}
"""Element 640."""
INVOICE_KINDS_READ = _back(INVOICE_KINDS, PR="invoice", CI="invoice", CN="credit_note", ME="invoice")

ROLES = {"buyer": "BY", "supplier": "SU", "ship_to": "ST", "bill_to": "BT", "ship_from": "SF", "remit_to": "RE"}
"""Element 98."""
ROLES_READ = _back(ROLES, SE="supplier", VN="supplier", RI="remit_to", BS="bill_to", IV="bill_to")

PARTY_IDS = {"buyer": "92", "supplier": "91", "gln": "UL", "duns": "1", "other": "ZZ"}
"""Element 66: how the number of a party in N1 is qualified. VAT and organisation numbers go into REF."""
PARTY_IDS_READ = _back(PARTY_IDS, **{"9": "duns", "93": "other", "54": "other"})

PARTY_REFERENCES = {
    "buyer": "IA",
    "supplier": "IT",
    "gln": "LU",
    "duns": "DUN",
    "vat": "VX",
    "organisation": "EI",
    "other": "ZZ",
}
"""Element 128 in the N1 loop: further numbers of a party."""
PARTY_REFERENCES_READ = _back(PARTY_REFERENCES, VR="buyer", TJ="organisation", TX="vat", GT="vat")

ITEM_IDS = {"buyer": "BP", "supplier": "VP", "gtin": "EN", "upc": "UP", "manufacturer": "MG", "other": "ZZ"}
"""Element 235. A GTIN of 14 digits is written UK, one of 12 digits UP: see `item_qualifier`."""
ITEM_IDS_READ = _back(
    ITEM_IDS,
    UK="gtin",
    IN="buyer",
    SK="buyer",
    CB="buyer",
    PI="buyer",
    VN="supplier",
    VC="supplier",
    VA="supplier",
    UI="upc",
    UA="upc",
    MN="manufacturer",
)

REFERENCES = {
    "supplier_order": "VN",
    "contract": "CT",
    "payment": "4N",
    "receipt": "RV",
    "delivery_note": "PK",
    "bill_of_lading": "BM",
    "shipment": "SI",
    "tracking": "CN",
    "project": "P4",
    "original_invoice": "OI",
    "department": "DP",
    "other": "ZZ",
}
"""Element 128 in the heading: further numbers of a document."""
REFERENCES_READ = _back(REFERENCES, CO="supplier_order", PJ="project")

CHANGES = {
    "add": "AI",
    "delete": "DI",
    "quantity": "CA",
    "price": "PC",
    "price_and_quantity": "PQ",
    "date": "CT",
    "date_and_quantity": "RQ",
    "date_and_price": "PR",
    "replace_values": "RZ",
    "replace_item": "RE",
    "change": "CA",
    "none": "NC",
    "other": "",
}
"""Element 670."""
CHANGES_READ = MappingProxyType(
    {
        **{code: word for word, code in CHANGES.items() if code not in ("", "CA")},
        "CA": "change",
        "QC": "quantity",
        "QD": "quantity",
        "QI": "quantity",
        "CF": "delete",
        "RS": "date",
        "RB": "date",
        "RA": "replace_values",
    }
)

ANSWERS = {
    ("accepted", True): "AD",
    ("accepted", False): "AK",
    ("changed", True): "AC",
    ("changed", False): "AC",
    ("rejected", True): "RD",
    ("rejected", False): "RJ",
    ("received", True): "NA",
    ("received", False): "NA",
    ("held", True): "AH",
    ("held", False): "AH",
}
"""Element 587, by the answer and whether it states lines."""
ANSWERS_READ = MappingProxyType(
    {
        **{code: answer for (answer, _), code in ANSWERS.items()},
        "AT": "accepted",
        "AP": "accepted",
        "AE": "changed",
        "RF": "rejected",
        "RO": "rejected",
    }
)

LINE_STATUSES = {
    "accepted": "IA",
    "changed": "IC",
    "backordered": "IB",
    "substituted": "IS",
    "held": "IH",
    "rejected": "IR",
    "deleted": "ID",
    "other": "",
}
"""Element 668."""
LINE_STATUSES_READ = MappingProxyType(
    {
        **{code: word for word, code in LINE_STATUSES.items() if word != "other"},
        **dict.fromkeys(("AA", "AC", "AR", "IE", "SP"), "accepted"),
        **dict.fromkeys(("DR", "IP", "IQ"), "changed"),
        **dict.fromkeys(("IF", "IW"), "held"),
        "BP": "backordered",
        **dict.fromkeys(("R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"), "rejected"),
    }
)


def item_qualifier(scheme: str, value: str, chosen: Mapping[str, str]) -> str:
    """Element 235 for an item number, the partner's `chosen` qualifiers before the usual ones."""
    if scheme == "gtin" and scheme not in chosen:
        return {12: "UP", 14: "UK"}.get(len(value), "EN")
    return chosen.get(scheme) or ITEM_IDS[scheme]

"""Which functional group (GS01) a transaction set (ST01) belongs in."""

from __future__ import annotations

FUNCTIONAL_IDS = {
    "810": "IN",
    "812": "CD",
    "820": "RA",
    "824": "AG",
    "830": "PS",
    "832": "SC",
    "840": "RQ",
    "846": "IB",
    "850": "PO",
    "852": "PD",
    "855": "PR",
    "856": "SH",
    "860": "PC",
    "861": "RC",
    "862": "SS",
    "864": "TX",
    "865": "CA",
    "940": "OW",
    "945": "SW",
    "997": "FA",
    "999": "FA",
}

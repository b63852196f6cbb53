"""Orderful's names for transaction types and streams, and ours."""

from __future__ import annotations

TYPES = {
    "850": "850_PURCHASE_ORDER",
    "855": "855_PURCHASE_ORDER_ACKNOWLEDGMENT",
    "856": "856_SHIP_NOTICE_MANIFEST",
    "810": "810_INVOICE",
    "860": "860_PURCHASE_ORDER_CHANGE",
}
"""Types of v4 by X12 set. 846 exists too; a 997 is no v4 type, it is an acknowledgment on the transaction."""

NOUNS = {
    "850_PURCHASE_ORDER": "purchase order",
    "855_PURCHASE_ORDER_ACKNOWLEDGMENT": "order response",
    "856_SHIP_NOTICE_MANIFEST": "ship notice",
    "810_INVOICE": "invoice",
    "860_PURCHASE_ORDER_CHANGE": "order change",
    "860_PURCHASE_ORDER_CHANGE_REQUEST_BUYER_INITIATED": "order change",
}
"""What people call them. v3 names the 860 differently from v4."""


def same_set(one: str, other: str) -> bool:
    """Whether two names mean the same X12 set: the names of v3 and v4 begin alike, with its number."""
    return one.partition("_")[0] == other.partition("_")[0]


def noun(kind: str) -> str:
    """What people call a transaction type; the type itself when it is none of ours."""
    return NOUNS.get(kind) or ("answer to an order change" if kind.startswith("865") else kind)

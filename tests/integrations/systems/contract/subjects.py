"""The systems under the contract. A new one joins by one entry; its connection is the demo's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import requests

from tests.support.simulators import Simulators
from tests.support.stories import News, at_basware, changed, file_at_cleo, item_at_orderful, nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the contract must know of a system to put it to the test."""

    lists: str
    """A regular expression of the paths that are met by faults: all but the login."""
    feeds: Mapping[str, News]
    """Feeds that read something here, with what makes them."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Other feeds, and why they are not here."""
    fixed_key: bool = False
    """Whether a refused key cannot be fetched anew."""
    ready: News = nothing
    """What makes its cheapest read find something."""
    counts: bool = False
    """Whether its lists say how many there are, so that an empty one that counts some is no empty list."""
    fetched_otherwise: frozenset[str] = frozenset()
    """Feeds whose single objects have another address than their list, and another form there."""
    simulator: str = ""
    """What its simulator is called, where that is not the system's key."""


def two_items(simulators: Simulators) -> None:
    for kind in ("855", "856"):
        item_at_orderful(type=kind)(simulators)


def two_files(simulators: Simulators) -> None:
    for number in (1, 2):
        file_at_cleo(kinds="855", partner="SUP80001", name=f"file-{number}.edi")(simulators)


def two_invoices(simulators: Simulators) -> None:
    for number in (1, 2):
        given = {"supplierCode": "80001", "invoiceNumber": f"N-{number}", "grossSum": 10}
        at_basware("receive_document", **given)(simulators)


def two_orders(simulators: Simulators) -> None:
    for number in (1, 2):
        at_basware("export_order", supplierCode="80001", externalCode=f"BW-{number}")(simulators)


def a_payment_term(simulators: Simulators) -> None:
    """Somebody has written one, so that there is a request to be seen."""
    term = {
        "externalCode": "T-1",
        "paymentTermCode": "30",
        "paymentTermNames": [{"translation": "30", "language": "en-US"}],
        "validFrom": "1900-01-01T00:00:00Z",
        "validTo": "9999-12-31T00:00:00Z",
        "companies": [{"companyCode": "1004", "active": True, "inherit": True}],
    }
    answer = requests.post(
        f"{simulators.url}/basware/eu/v1/paymentTerms",
        json=[term],
        auth=("basware-fi", "sandbox-basware-fi-secret"),
        timeout=30,
    )
    assert answer.ok, answer.text


OURS = "It reads our own books of what was received."
NOT_YET: frozenset[str] = frozenset()
"""Systems of which one direction is there, or none. They join the contract with the demo, whose connections it
takes."""
LATER = "It reads what comes of documents that were sent; its story is told."
SUBJECTS: dict[str, Subject] = {
    "visma": Subject(
        lists="^/v[0-9]/",
        feeds=dict.fromkeys(
            (
                "suppliers",
                "purchase-orders",
                "purchase-receipts",
                "supplier-invoices",
                "invoice-payments",
                "customers",
                "accounts",
            ),
            nothing,
        )
        | dict.fromkeys(("dimensions", "vat-codes", "payment-terms"), nothing)
        | {"customer-invoices": changed("customerinvoice", "FI/150007")},
    ),
    "orderful": Subject(
        lists="",
        feeds={"inbox": two_items},
        elsewhere={"statuses": LATER, "documents": OURS},
        fixed_key=True,
        fetched_otherwise=frozenset({"inbox"}),
    ),
    "cleo": Subject(
        lists="^/api/(?!authentication)",
        feeds={"inbox": two_files},
        elsewhere={
            "trading-partners": LATER,
            "documents": OURS,
            "our-acknowledgments": OURS,
            "match-results": LATER,
            "audit-events": LATER,
        },
    ),
    "basware": Subject(
        lists="^/(eu/v1/(?!tokens)|storage/)",
        feeds={"accounting-documents": two_invoices, "exported-orders": two_orders},
        ready=a_payment_term,
    ),
    "airbase": Subject(lists="", feeds={"vendors": nothing}, elsewhere={"payments": LATER}, fixed_key=True),
    "adobe_commerce": Subject(
        lists="/V1/",
        feeds=dict.fromkeys(("customers", "orders", "invoices", "credit-memos"), nothing),
        fixed_key=True,
        counts=True,
        simulator="adobe",
    ),
}


EFFECTS: dict[str, tuple[tuple[str, str], ...]] = {
    "visma purchase-order-changes": (("visma-orderful.order-changes", "send"),),
    "visma order-notes": (("visma-orderful.order-change-answers", "note"),),
    "visma purchase-receipts": (
        ("visma-cleo.ship-notices", "send"),
        ("visma-cleo.ship-notices", "add-lines"),
    ),
    "visma supplier-payments": (("visma-airbase.payments", "pay"), ("visma-airbase.payments", "release")),
    "visma suppliers": (("visma-cleo.trading-partners", "send"),),
    "orderful transactions": (("visma-orderful.purchase-orders", "send"),),
    "cleo files": (("visma-cleo.purchase-orders", "send"), ("visma-cleo.our-acknowledgments", "send")),
    "cleo trading-partners": (("visma-cleo.suppliers", "send"),),
    "airbase vendors": (("visma-airbase.suppliers", "send"),),
    "airbase accounts": (("visma-airbase.accounts", "send"),),
    "airbase tags": (("visma-airbase.dimensions", "send"),),
    "airbase bills": (("visma-airbase.supplier-invoices", "send"),),
    "airbase purchase-orders": (("visma-airbase.purchase-orders", "send"),),
    "airbase vendor-links": (("visma-airbase.vendors", "link"),),
    "airbase results": (("visma-airbase.payments", "report"),),
    "orderful acknowledgments": (("visma-orderful.acknowledgments", "send"),),
    "visma invoice-notes": (("visma-basware.invoice-notes", "send"),),
    "basware vendors": (("visma-basware.suppliers", "send"),),
    "basware accounts": (("visma-basware.accounts", "send"),),
    "basware matching-orders": (("visma-basware.purchase-orders", "send"),),
    "basware matching-order-lines": (("visma-basware.purchase-orders", "lines"),),
    "basware goods-receipts": (("visma-basware.purchase-receipts", "send"),),
    "basware invoices": (("visma-basware.supplier-invoices", "send"),),
    "basware acknowledgments": (("visma-basware.transfer-responses", "send"),),
    "basware transfer-responses": (("visma-basware.transfer-responses", "transfer"),),
    "basware payment-responses": (("visma-basware.payment-responses", "send"),),
    "basware dimensions": (("visma-basware.dimensions", "send"),),
    "basware payment-terms": (("visma-basware.payment-terms", "send"),),
    "basware tax-codes": (("visma-basware.tax-codes", "send"),),
    "visma customers": (("visma-adobe-commerce.customers", "send"),),
    "visma customer-invoices": (("visma-adobe-commerce.orders", "send"), ("visma-adobe-commerce.orders", "release")),
    "visma sale-notes": (("visma-adobe-commerce.invoices", "send"),),
    "adobe_commerce order-references": (("visma-adobe-commerce.orders", "reference"),),
    "adobe_commerce order-comments": (("visma-adobe-commerce.customer-invoices", "send"),),
}
"""Every sink, with the operations whose stories bring an effect to it. A new sink joins by one line."""
NO_CALL = "In its story there is nothing for it to do; its own tests (systems/visma, flows) tell of it alone."
NO_EFFECT_TOLD = dict.fromkeys(
    ("visma new-suppliers", "visma invoice-coding", "visma supplier-invoices", "visma journals"), NO_CALL
)
"""Sinks whose effects no story tells, and why."""


def simulator_of(system: str) -> str:
    """What a system's simulator is called."""
    return (SUBJECTS[system].simulator if system in SUBJECTS else "") or system

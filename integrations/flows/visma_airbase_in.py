"""Airbase → Visma.net ERP: approved payments as supplier payments, and their numbers back.

A payment needs several writes: the coding that was approved (on invoices that are not released yet), the payment
itself, its release, and the report to Airbase. A payment that is taken back after it was booked is never undone by
itself: an issue says what to do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from integrations.flows.airbase_in.coding import JOURNAL, code_invoices, correct_coding
from integrations.flows.airbase_in.new_invoices import invoices_by_hand, make_invoices, release_invoices
from integrations.flows.airbase_in.payments import make_payment, paid_by_hand, release_payment, report_number
from integrations.flows.airbase_in.reading import overtaken
from integrations.flows.airbase_in.vendors import adopt_supplier, link_vendor
from integrations.flows.contract import Captured, Decision, FlowSpec, NotYet, Operation, Take
from integrations.systems.airbase.sources import OTHERS
from integrations.systems.contract import Setting

EVERY = dt.timedelta(minutes=10)
SETTINGS = (
    Setting(
        name="payment_method",
        label="Payment method",
        offers="visma.payment_methods",
        help="Visma's payment method for payments of Airbase. Empty: the supplier's own.",
    ),
    Setting(
        name="cash_account",
        label="Cash account",
        offers="visma.cash_accounts",
        help="Visma's cash account that Airbase pays from, where Airbase does not say it. Empty: the supplier's own.",
    ),
    Setting(name="branch", label="Branch", offers="visma.branches", help="Empty: the subsidiary that Airbase names."),
    Setting(
        name="release",
        label="Release payments",
        kind="boolean",
        default=True,
        help="Otherwise they stay Balanced, and a person releases them.",
    ),
    Setting(
        name="code_invoices",
        label="Write the approved coding",
        kind="boolean",
        default=True,
        help="Account and dimensions that were approved in Airbase are written to the invoice's lines, while the "
        "invoice is not released.",
    ),
    Setting(
        name="late_coding",
        label="Coding of released invoices",
        kind="choice",
        choices=(("issue", "A person is told"), (JOURNAL, "A correcting journal is made")),
        default="issue",
        help="What becomes of an approved coding when the invoice was released before. The journal takes the lines off "
        "their accounts and puts them on the approved ones; a person releases it in Visma.net.",
    ),
    Setting(
        name="invoice_vat_code",
        label="VAT code of invoices made from bills",
        offers="visma.vat_codes",
        help="Bills of Airbase state no VAT: their lines hold what is to be paid. Empty: the supplier's own code, "
        "taken out of these amounts. Only bills of which a person says “new” become invoices.",
    ),
)


def _accepts(record: Captured, settings: Mapping[str, Any]) -> Decision:
    """All that waits and is not another company's. What is no payment of a bill becomes a delivery that says so."""
    if record.status == OTHERS:
        return NotYet(record.status)
    return Take("cancel") if record.status == "taken back" else Take("send")


def _accepts_vendor(record: Captured, settings: Mapping[str, Any]) -> Decision:
    return NotYet(record.status) if record.status == OTHERS else Take("send")


FLOWS = (
    FlowSpec(
        pair="visma-airbase",
        key="vendors",
        label="Vendors made in Airbase → suppliers",
        entity="vendor",
        source="partner",
        feed="vendors",
        sink="new-suppliers",
        rank=20,
        latest_wins=False,
        one_to_one=False,
        settings=(
            Setting(
                name="supplier_class",
                offers="visma.supplier_classes",
                label="Supplier class",
                help="Visma's class of suppliers that are made from vendors. Empty: Visma's default.",
            ),
        ),
        interval=EVERY,
        accepts=_accepts_vendor,
        lane=lambda record: f"vendor:{record.source_id}",
        prepare=adopt_supplier,
        may_be_refused=True,
        operations=(
            Operation(
                key="link", label="Tell Airbase its number", prepare=link_vendor, sink="vendor-links", target="partner"
            ),
        ),
    ),
    FlowSpec(
        pair="visma-airbase",
        key="payments",
        label="Approved payments → supplier payments",
        entity="payment",
        source="partner",
        feed="payments",
        sink="invoice-coding",
        rank=70,
        latest_wins=False,
        settings=SETTINGS,
        interval=EVERY,
        accepts=_accepts,
        lane=lambda record: f"payment:{record.source_id}",
        prepare=code_invoices,
        operations=(
            Operation(
                key="correct",
                label="Correct the coding by a journal",
                prepare=correct_coding,
                sink="journals",
                always=True,
            ),
            Operation(
                key="make-invoices",
                label="Make the invoices",
                prepare=make_invoices,
                sink="supplier-invoices",
                always=True,
                by_hand=invoices_by_hand,
            ),
            Operation(
                key="release-invoices",
                label="Release the invoices",
                prepare=release_invoices,
                sink="supplier-invoices",
                always=True,
            ),
            Operation(
                key="pay",
                label="Make the payment",
                prepare=make_payment,
                sink="supplier-payments",
                always=True,
                overtaken=overtaken,
                by_hand=paid_by_hand,
            ),
            Operation(
                key="release",
                label="Release it",
                prepare=release_payment,
                sink="supplier-payments",
                always=True,
                overtaken=overtaken,
            ),
            Operation(
                key="report",
                label="Report its number to Airbase",
                prepare=report_number,
                sink="results",
                target="partner",
                always=True,
            ),
        ),
    ),
)

"""Adobe Commerce → Visma.net ERP: customers, orders as customer invoices, credit memos as credit notes, and the shop's
invoices as references."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from integrations.flows.adobe_in import start
from integrations.flows.adobe_in.customers import MATCHED, keep_customer, keep_guest
from integrations.flows.adobe_in.customers import SETTINGS as CUSTOMER_SETTINGS
from integrations.flows.adobe_in.invoices import note_credit_memo, note_invoice
from integrations.flows.adobe_in.parts import credit_memo_parts, order_parts, order_taken_back
from integrations.flows.adobe_in.reading import CUSTOMER, GUEST, NOT_SOLD, ORDER, PAIR, POSTED, posted_states
from integrations.flows.adobe_in.rules import Rule
from integrations.flows.adobe_in.sales import (
    post_credit_memo,
    post_order,
    release_credit_memo,
    release_order,
    write_reference,
)
from integrations.flows.adobe_in.trial import TABLE
from integrations.flows.contract import Captured, Decision, FlowSpec, NotYet, Operation, Take
from integrations.systems.contract import Setting

EVERY = dt.timedelta(hours=12)
STATES = ("new", "pending_payment", "processing", "complete", "closed", "canceled", "holded", "payment_review")
STATES_SETTING = Setting(
    name="states",
    label="States that are posted",
    kind="choices",
    choices=tuple((state, state) for state in STATES if state not in NOT_SOLD),
    default=list(POSTED),
    help="An order in another state is kept as 'not yet' and goes when its state changes to one of these.",
)
RULES = Setting(
    name="rules",
    label="VAT codes, accounts and dimensions",
    kind="json",
    default=[],
    shape=list[Rule],
    help='Rules, as [{"when": {"kinds": ["shipping"]}, "account": "3520"}, {"when": {"percents": [25]}, "vat_code": '
    '"25"}]. The first that applies and states a value decides it. Each amount needs a VAT code; docs/flows.md lists '
    "what a rule may say.",
)
OWN_ITEMS = Setting(
    name="own_items",
    label="The shop's article numbers are those of Visma.net",
    kind="boolean",
    default=False,
    help="Then lines name the article, which must be there. Otherwise they are text with an amount.",
)
RELEASE = Setting(
    name="release",
    label="Release documents",
    kind="boolean",
    default=True,
    help="Otherwise they stay Balanced, and a person releases them. One that does not come to its total never is.",
)
GENERIC = Setting(
    name="guest_customer",
    label="Customer of all guests",
    help="Number in Visma.net. Empty: each guest is a customer of their own, made by the flow of guests.",
)


def _accepts_order(record: Captured, settings: Mapping[str, Any]) -> Decision:
    if record.problem or record.status in (*posted_states(settings), "canceled"):
        return Take("send")  # of a cancelled one it depends on whether it was posted
    return NotYet(record.status)


def _accepts_guest(record: Captured, settings: Mapping[str, Any]) -> Decision:
    if not record.kind.startswith("guest-"):
        return None
    return Take("send") if record.status in posted_states(settings) else NotYet(record.status)


def _takes_all(record: Captured, settings: Mapping[str, Any]) -> Decision:
    return Take("send")


FLOWS = (
    FlowSpec(
        pair=PAIR,
        key="customers",
        label="Customers → customers",
        entity=CUSTOMER,
        source="partner",
        feed="customers",
        sink="customers",
        rank=20,
        one_to_one=False,  # people of one company are one customer of the books
        settings=(*CUSTOMER_SETTINGS, MATCHED),
        interval=EVERY,
        accepts=_takes_all,
        lane=lambda record: f"{CUSTOMER}:{record.source_id}",
        prepare=keep_customer,
    ),
    FlowSpec(
        pair=PAIR,
        key="guests",
        label="Guests of orders → customers",
        entity=GUEST,
        source="partner",
        feed="orders",
        sink="customers",
        rank=20,
        latest_wins=False,
        one_to_one=False,  # a guest may order more than once
        settings=(STATES_SETTING, *CUSTOMER_SETTINGS),
        interval=EVERY,
        accepts=_accepts_guest,
        lane=lambda record: f"{GUEST}:{record.kind}",
        prepare=keep_guest,
    ),
    FlowSpec(
        pair=PAIR,
        key="orders",
        label="Orders → customer invoices",
        entity=ORDER,
        source="partner",
        feed="orders",
        sink="customer-invoices",
        rank=60,
        latest_wins=False,
        one_to_one=False,  # a cancelled order has an invoice and a credit note
        settings=(
            STATES_SETTING,
            start.SETTING,
            start.ON_ACCOUNT,
            RULES,
            GENERIC,
            OWN_ITEMS,
            RELEASE,
            Setting(
                name="write_reference",
                label="Write the invoice's number to the order",
                kind="boolean",
                default=True,
                help="Into its ext_order_id.",
            ),
        ),
        rules=TABLE,
        names={ORDER: start.NAMING},
        starts=start.STARTS,
        interval=EVERY,
        accepts=_accepts_order,
        lane=lambda record: f"{ORDER}:{record.source_id}",
        prepare=post_order,
        parts=order_parts,
        taken_back=order_taken_back,
        operations=(
            Operation(key="release", label="Release it", prepare=release_order, sink="customer-invoices"),
            Operation(
                key="reference",
                label="Write its number to the order",
                prepare=write_reference,
                sink="order-references",
                target="partner",
                always=True,
            ),
        ),
    ),
    FlowSpec(
        pair=PAIR,
        key="invoices",
        label="Invoices → references on customer invoices",
        entity="shop-invoice",
        source="partner",
        feed="invoices",
        sink="sale-notes",
        rank=70,
        latest_wins=False,
        one_to_one=False,  # an order may be invoiced in parts
        interval=EVERY,
        accepts=_takes_all,
        lane=lambda record: f"shop-invoice:{record.source_id}",
        prepare=note_invoice,
    ),
    FlowSpec(
        pair=PAIR,
        key="credit-memos",
        label="Credit memos → credit notes",
        entity="credit-memo",
        source="partner",
        feed="credit-memos",
        sink="customer-invoices",
        rank=70,
        latest_wins=False,
        settings=(RELEASE,),  # the rest is that of the flow of orders
        interval=EVERY,
        accepts=_takes_all,
        lane=lambda record: f"credit-memo:{record.source_id}",
        names={ORDER: start.NAMING},
        prepare=post_credit_memo,
        parts=credit_memo_parts,
        operations=(
            Operation(key="release", label="Release it", prepare=release_credit_memo, sink="customer-invoices"),
            Operation(
                key="note",
                label="Write its number to the invoice's note",
                prepare=note_credit_memo,
                sink="sale-notes",
                always=True,
                beside=True,
            ),
        ),
    ),
)

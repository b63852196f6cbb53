"""Invoices and credit memos that a shop made of an order: references on the invoice that the books have of it."""

from __future__ import annotations

import datetime as dt

from integrations.flows.adobe_in import start
from integrations.flows.adobe_in.edits import with_amounts_sent
from integrations.flows.adobe_in.reading import (
    ORDER,
    linked,
    must_be_linked,
    newest,
    send_command,
    shop_of,
    told_once,
    zone_of,
)
from integrations.flows.contract import Job, Nothing, Prepared
from integrations.systems.adobe import mapping
from integrations.systems.visma import sale_commands

PATIENCE = dt.timedelta(days=30)
"""An order may be invoiced in the shop long before it is paid, and so before it is posted."""


def note_invoice(job: Job) -> Prepared:
    invoice = mapping.invoice(job.raw)
    if invoice.cancelled and job.last is None:
        return Nothing("It was cancelled in the shop.")
    if invoice.cancelled and not job.forced_purpose:
        return told_once(job, _cancelled(job, invoice))
    if job.last is not None and not job.forced_purpose:
        return Nothing("It says nothing new to the books.")
    order = newest(job, "orders", invoice.order_id)
    raw = order.payload.data if order is not None else None
    if raw is not None and not linked(job, ORDER, invoice.order_id):
        placed = mapping.times_of_order(bytes(raw)).placed
        if start.is_before(job, placed):
            return Nothing(f"Its order was placed {start.before_in_words(job, placed)}.")
    words = f"order {order.business_number if order is not None else invoice.order_id}"
    command = sale_commands.NoteSale(
        stamp=shop_of(job).reference(invoice.entity_id, "invoice"),
        number=must_be_linked(job, ORDER, invoice.order_id, words, "orders", deadline=PATIENCE),
        text=f"Invoice {invoice.number} of the shop, {invoice.total} {invoice.currency}",
    )
    return send_command(command, invoice, meta=invoice.entity_id)


def note_credit_memo(job: Job) -> Prepared:
    """The credit memo's number on the invoice that its credit note is about, whether that is released yet or not."""
    if not any(e.operation == "send" and e.delivered for e in job.earlier):
        return Nothing("No credit note was made.")
    memo = with_amounts_sent(mapping.credit_memo(job.raw, zone=zone_of(job)), job)
    made = job.made_by("send")
    command = sale_commands.NoteSale(
        stamp=shop_of(job).reference(memo.entity_id, "creditmemo"),
        number=must_be_linked(job, ORDER, memo.order_id, f"order {memo.order_number}", "orders"),
        text=f"Credit memo {memo.number} of the shop, {memo.total} {memo.currency}"
        + (f": credit note {made}" if made else ""),
    )
    return send_command(command, memo, meta=memo.entity_id)


def _cancelled(job: Job, invoice: mapping.ShopInvoice) -> Nothing:
    number = linked(job, ORDER, invoice.order_id) or "?"
    return Nothing(
        f"Invoice {invoice.number} of the shop was cancelled there after invoice {number} of Visma.net named it.",
        issue=True,
        remedy=f"The note of invoice {number} still names it, {invoice.total} {invoice.currency}, and that invoice "
        "is not changed. See in the shop what the order comes to; correct both by hand if need be, then dismiss this.",
    )

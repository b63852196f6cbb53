"""Orders of a shop as customer invoices, credit memos as credit notes.

An order is posted once, unless it was placed before orders are (`start`). What changes of it later and is no change of
its amounts says nothing new; a change of amounts is no second sale, but something for a person. A cancelled order that
was posted is taken back by a credit note, on the day of that; so is the rest of one that was invoiced in part, where
the shop says to the cent what that is: what was invoiced is taken back by the shop's credit memos. An edited order is
another order in the shop, and waits until the one it replaces is cancelled there.
"""

from __future__ import annotations

import datetime as dt

from edi.documents.values import digest, normalise
from integrations.flows.adobe_in import start
from integrations.flows.adobe_in.booking import booked
from integrations.flows.adobe_in.edits import amounts_of, amounts_sent, as_posted, with_amounts_sent
from integrations.flows.adobe_in.reading import (
    CANCELLED,
    CUSTOMER,
    GUEST,
    ORDER,
    linked,
    must_be_linked,
    newest,
    posted_states,
    posting_settings,
    send_command,
    shop_of,
    told_once,
    was_told,
    zone_of,
)
from integrations.flows.adobe_in.rules import due_on, rules_of, stated
from integrations.flows.contract import CANCELLATION, REDUCTION, Frozen, Job, Needs, Nothing, Prepared, Send
from integrations.systems.adobe import mapping, sinks
from integrations.systems.adobe.mapping import Sale
from integrations.systems.contract import Unmappable
from integrations.systems.visma import sale_commands

REPLACED = ("canceled", "closed")
"""States of an order that another one has taken the place of."""
LOOK_AGAIN = dt.timedelta(minutes=10)


# --- Orders


def post_order(job: Job) -> Prepared:
    """The invoice of an order; the credit note of one that was cancelled after it was posted."""
    in_shop = mapping.order(job.raw, zone=zone_of(job))
    sale = as_posted(job, job.edited(in_shop))
    said = amounts_of(sale)
    if (rest := _rest_to_credit(job, sale)) is not None:
        command = _document(job, rest, takes_back=_invoice_of(job, sale))
        return _send(command, rest, rest, purpose=_purpose_of_rest(sale), said=said)
    if not job.forced_purpose and (why := _nothing_to_post(job, sale, said)) is not None:
        return why
    if sale.cancelled:
        _must_not_be_invoiced(sale)
        command = _document(job, sale, takes_back=_invoice_of(job, sale))
        return _send(command, sale, in_shop, purpose=CANCELLATION, said=said)
    _must_be_whole(sale)
    _wait_for_the_replaced(job, sale)
    return _send(_document(job, sale, customer=customer_of(job, sale)), sale, in_shop, said=said)


def _send(command: sale_commands.MakeSale, sale: Sale, in_shop: Sale, *, said: str, purpose: str = "original") -> Send:
    kept = amounts_sent(sale, in_shop)
    return send_command(command, sale, purpose=purpose, said=said, meta=sale.entity_id, kept=kept)


def _nothing_to_post(job: Job, sale: Sale, said: str) -> Nothing | None:
    """Raises Needs where a person has to say what becomes of it."""
    if job.last is None and (why := _not_ours(job, sale)) is not None:
        return why
    if sale.cancelled:
        return _nothing_to_take_back(job, sale)
    if job.last is not None and job.last.digest == said:
        return Nothing("It says nothing new to the books.")
    if job.last is not None:
        return told_once(job, _changed_since(job, sale))
    record = newest(job, "orders", sale.entity_id)
    if record is None or record.problem or record.status in posted_states(posting_settings(job)):
        return None
    if record.status == "canceled":
        return Nothing("It was cancelled before it was posted.")
    return Nothing(f"In the shop it is “{record.status}” by now: it is posted when that changes.")


def _nothing_to_take_back(job: Job, sale: Sale) -> Nothing | None:
    """Of a cancelled order that is in the books."""
    if job.last is not None and job.last.purpose == CANCELLATION:
        return Nothing("It was cancelled before it was posted.")
    if not sale.invoiced:
        return None
    if job.last is not None and job.last.purpose == REDUCTION:
        return Nothing("What was not invoiced of it was credited before.")
    return told_once(job, _changed_since(job, sale))


def _changed_since(job: Job, sale: Sale) -> Nothing:
    """What a person is told of an order whose amounts changed after it was posted."""
    number = linked(job, ORDER, sale.entity_id) or "?"
    if sale.cancelled and not sale.cancelled_part:
        return Nothing(
            f"Order {sale.number} was cancelled in the shop, which says that all of it was invoiced: it is not taken "
            "back a second time.",
            issue=True,
            remedy="Credit memos of the shop become credit notes by themselves. Compare what they come to with invoice "
            f"{number}, and credit what is left by hand in Visma.net; then dismiss this.",
        )
    if not sale.cancelled_part:
        return Nothing(
            f"Order {sale.number} was changed in the shop after it was posted: it comes to {sale.total} "
            f"{sale.currency} now, and the invoice in Visma.net is not changed.",
            issue=True,
            remedy=f"Compare it with invoice {number}. Credit or invoice the difference by hand in Visma.net; then "
            "dismiss this.",
        )
    rows = mapping.cancelled_rows(job.raw)
    return Nothing(
        f"{_cancelled_in_words(sale)} was cancelled in the shop after all of it was posted: the invoice in Visma.net "
        f"still says {sale.total}.",
        issue=True,
        remedy="The shop does not say to the cent, row by row, what that is."
        + (f" Cancelled: {rows}." if rows else "")
        + f" Make a credit note of {sale.cancelled_part} {sale.currency} for invoice {number} by hand in Visma.net, "
        "with the VAT of these rows; then dismiss this.",
    )


def _cancelled_in_words(sale: Sale) -> str:
    return f"The rest of order {sale.number}, {sale.cancelled_part} {sale.currency},"


def _rest_to_credit(job: Job, sale: Sale) -> Sale | None:
    """What a credit note takes back of an order that was posted whole, and of which the rest was cancelled since, and
    nothing else changed. None where a person has to say what it is, or was asked before."""
    if not sale.cancelled_part:
        return None
    if job.forced_purpose:
        wanted = job.forced_purpose == _purpose_of_rest(sale)
    elif job.last is not None:
        whole = amounts_of(mapping.as_placed(job.raw, zone=zone_of(job)))  # one that was edited is for a person
        wanted = job.last.digest == whole and not was_told(job, _cancelled_in_words(sale))
    else:  # a person said which invoice it is
        wanted = sale.cancelled and bool(linked(job, ORDER, sale.entity_id))
        wanted = wanted and not was_told(job, _cancelled_in_words(sale))
    if not wanted:
        return None
    if job.edit is not None:
        raise Unmappable(
            f"What was cancelled of order {sale.number} goes as the shop says it, and cannot be edited.",
            remedy="Replay it without the edit; or make the credit note by hand in Visma.net, then dismiss this.",
        )
    return mapping.cancelled_rest(job.raw, zone=zone_of(job))


def _purpose_of_rest(sale: Sale) -> str:
    """Of an order that is cancelled, nothing is left when its rest is credited."""
    return CANCELLATION if sale.cancelled else REDUCTION


def _is_reduction(job: Job) -> bool:
    return any(e.operation == "send" and e.purpose == REDUCTION for e in job.earlier)


def _not_ours(job: Job, sale: Sale) -> Nothing | None:
    """Why nothing is posted of an order that was not posted by us until now. Raises Needs for one that is taken back
    and may be in the books all the same."""
    if number := linked(job, ORDER, sale.entity_id):  # a person named it
        return None if sale.cancelled else Nothing(f"It is invoice {number} in Visma.net already.")
    times = mapping.times_of_order(job.raw)
    old = start.is_before(job, times.placed)
    if sale.cancelled:
        if old and not start.is_before(job, times.changed) and start.may_be_in_the_books(job, sale.payment_method):
            raise start.wait_for_a_person(job, sale.entity_id, sale.number, times.placed, what="the cancellation")
        return Nothing("It was cancelled before it was posted.")
    return Nothing(f"It was placed {start.before_in_words(job, times.placed)}.") if old else None


def _invoice_of(job: Job, sale: Sale) -> str:
    """Number of the invoice that the books have of a sale's order. Raises Needs where nobody knows it."""
    return must_be_linked(job, ORDER, sale.order_id, f"order {sale.order_number}", "orders")


def _must_not_be_invoiced(sale: Sale) -> None:
    """Raises Unmappable for a cancelled order that was invoiced in part, where a replay would credit all."""
    if sale.invoiced:
        raise Unmappable(
            f"Order {sale.number} was invoiced in the shop before it was cancelled, and the shop does not say row by "
            "row, to the cent, what was not.",
            remedy="Make the credit note of what was not invoiced by hand in Visma.net, then dismiss this.",
        )


def _must_be_whole(sale: Sale) -> None:
    """Raises Unmappable for an order that was invoiced in part before it was posted, and the rest of it cancelled:
    which amounts of its rows, its shipping and its credits are left, the shop does not say."""
    if sale.cancelled_part:
        left = normalise(sale.total - sale.cancelled_part)
        raise Unmappable(
            f"Order {sale.number} comes to {sale.total} {sale.currency}, of which {sale.cancelled_part} was cancelled "
            f"in the shop before it was posted: {left} is left.",
            remedy="Enter what the shop invoiced of it by hand in Visma.net, then dismiss this.",
            field="total_canceled",
        )


def _wait_for_the_replaced(job: Job, sale: Sale) -> None:
    """Raises Needs as long as the order that this one is an edition of stands in the shop: it would be sold twice."""
    if not sale.replaces:
        return
    record = newest(job, "orders", sale.replaces)
    if record is None and not linked(job, ORDER, sale.replaces):  # a link: a person said what became of it
        raise Needs(  # waiting for an order that was never read fetches it
            ORDER,
            sale.replaces,
            words=f"the order that it replaces, {sale.replaces} in the shop, which was not read yet",
            remedy="If the shop has the old order no more, see whether it is in Visma.net, credit it there, and say "
            "which invoice it is. If it never was there, make this one by hand and settle this delivery.",
            again=LOOK_AGAIN,
        )
    if record is not None and record.status not in REPLACED:
        raise Needs(
            "replaced-order",
            sale.replaces,
            words=f"order {record.business_number}, which it replaces, to be cancelled in the shop",
            remedy="Cancel the old order in the shop. If both are sales, replay this one by force.",
            again=LOOK_AGAIN,
        )


def customer_of(job: Job, sale: Sale) -> str:
    """Number of the customer in the books. Raises Needs for one that they do not have yet."""
    if sale.customer_id:
        return must_be_linked(
            job, CUSTOMER, sale.customer_id, f"customer {sale.email or sale.customer_id}", "customers"
        )
    generic = str(posting_settings(job).get("guest_customer") or "").strip()
    if generic:
        return generic
    return must_be_linked(job, GUEST, sale.order_id, f"the guest of order {sale.order_number}", "guests")


def stamp_of(job: Job, sale: Sale) -> str:
    """The external reference of a sale's document in the books."""
    shop = shop_of(job)
    if sale.kind == "credit_memo":
        return shop.reference(sale.entity_id, "creditmemo")
    return shop.reference(sale.entity_id, CANCELLED if sale.cancelled else "")


def _document(job: Job, sale: Sale, *, customer: str = "", takes_back: str = "") -> sale_commands.MakeSale:
    """`takes_back`: number of the invoice that a credit note is about. It goes to the customer of that one: who the
    order's customer is now may be another, as after they were linked anew."""
    settings = posting_settings(job)
    rules = rules_of(settings)
    text = {
        "order": f"Order {sale.order_number}",
        "credit_memo": f"Credit memo {sale.number} of order {sale.order_number}",
    }[sale.kind]
    text += ", cancelled in the shop" if sale.cancelled else ""
    return sale_commands.MakeSale(
        stamp=stamp_of(job, sale),
        document_type="Invoice" if sale.kind == "order" and not sale.cancelled else "CreditNote",
        customer=customer,
        takes_back=takes_back,
        date=sale.date,
        currency=sale.currency,
        total=sale.total,
        reference=sale.purchase_order_number or sale.order_number,
        text=f"{text}, for invoice {takes_back}" if takes_back else text,
        terms=stated(rules, sale, "terms"),
        due=None if takes_back else due_on(rules, sale),
        branch=stated(rules, sale, "branch"),
        lines=booked(sale, rules, own_items=bool(settings.get("own_items", False))),
    )


def release_order(job: Job) -> Prepared:
    zone = zone_of(job)
    sale, is_reduction = mapping.order(job.raw, zone=zone), _is_reduction(job)
    rest = mapping.cancelled_rest(job.raw, zone=zone) if is_reduction or sale.invoiced else None
    return _release(job, rest or sale, is_rest=is_reduction)


def write_reference(job: Job) -> Prepared:
    """The number of the invoice in the order's ext_order_id."""
    sale = mapping.order(job.raw, zone=zone_of(job))
    number = job.made_by("send")
    if sale.cancelled or _is_reduction(job):
        return Nothing("The order keeps the number of its invoice.")
    if not number or not any(e.operation == "send" and e.delivered for e in job.earlier):
        return Nothing("No invoice was made.")
    if not job.flow.settings.get("write_reference", True):
        return Nothing("Orders do not get the invoice's number: a setting of the flow.")
    body = sinks.encode(sinks.OrderReference(order=sale.entity_id, number=number))
    return Send(
        digest=digest(sale),
        purpose="original",
        document=sale,
        freeze=lambda now: Frozen(body=body, meta={"order": sale.entity_id}),
        preview=lambda: body,
    )


def _release(job: Job, sale: Sale, *, is_rest: bool = False) -> Prepared:
    sale = with_amounts_sent(sale, job)
    credit = sale.kind == "credit_memo" or sale.cancelled
    command = sale_commands.ReleaseSale(
        stamp=stamp_of(job, sale),
        document_type="CreditNote" if credit else "Invoice",
        number=job.made_by("send"),
        total=sale.total,
        currency=sale.currency,
        release=bool(job.flow.settings.get("release", True)),
    )
    purpose = CANCELLATION if sale.kind == "order" and sale.cancelled else "original"
    purpose = REDUCTION if is_rest else purpose
    return send_command(command, sale, purpose=purpose, meta=sale.entity_id)


# --- Credit memos


def post_credit_memo(job: Job) -> Prepared:
    """The credit note of a credit memo, once its order is in the books. Credit memos never change: what is new of one
    is its state."""
    in_shop = mapping.credit_memo(job.raw, zone=zone_of(job))
    sale = job.edited(in_shop)
    if sale.cancelled and job.last is None:
        return Nothing("It was cancelled in the shop.")
    said = amounts_of(sale)
    if sale.cancelled and not job.forced_purpose:
        return told_once(job, _memo_cancelled(job, sale))
    if job.last is not None and not job.forced_purpose:
        return Nothing("It says nothing new to the books.")
    if not linked(job, ORDER, sale.order_id):
        times = mapping.times_of_credit_memo(job.raw)
        if start.is_before(job, times.made):
            return Nothing(f"It was made {start.before_in_words(job, times.made)}.")
        if start.is_before(job, times.placed):
            raise start.wait_for_a_person(job, sale.order_id, sale.order_number, times.placed, what="the refund")
    return _send(_document(job, sale, takes_back=_invoice_of(job, sale)), sale, in_shop, said=said)


def _memo_cancelled(job: Job, sale: Sale) -> Nothing:
    return Nothing(
        f"Credit memo {sale.number} of order {sale.order_number} was cancelled in the shop after its credit note "
        "was made.",
        issue=True,
        remedy=f"Look for the credit note with the external reference {stamp_of(job, sale)} in Visma.net, of "
        f"{sale.total} {sale.currency}. Take it back by hand if the shop gave nothing back; then dismiss this.",
    )


def release_credit_memo(job: Job) -> Prepared:
    return _release(job, mapping.credit_memo(job.raw, zone=zone_of(job)))

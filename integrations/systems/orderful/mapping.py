"""Orders and invoices as Orderful's Mosaic messages (v4, OpenAPI 2.15.0). Pure.

What goes in was checked before: the 850 or 810 was built from the same document (`edi.documents`), so totals add up.
The partner's `BuildOptions` count here as there: which number of a party comes first, which article numbers are sent,
own units, the sign of credit notes.

**Purposes.** An 850 has all five. An 810 has no purpose at all: sent twice, it is two invoices. So only an original can
be sent; a changed or cancelled invoice is refused, and the books put it right with a credit note, which is a document
of its own (`creditMemo`). What is refused here may still go through v3, from its X12 text (`v3_body`).

**Signs.** Mosaic says nothing about signs. The books' sign is kept: a credit note has negative quantities, amounts and
total; prices, allowances and charges are never negative. With the partner's `credit_sign` "positive" it is turned round
throughout, and then an allowance becomes a charge and a charge an allowance.

**Numbers** are strings: amounts with the decimals of the currency, quantities without needless zeros, rates in per
cent.

**Currency.** Neither message has a member for it. It is said in words: in the notes of an 850, in the terms of an 810.

`left_out` names what a document says and its message cannot: lines that are cancelled are no loss, they are meant to be
gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from edi.documents import t810, t850
from edi.documents.building import BuildOptions
from edi.documents.invoice import Invoice, InvoiceLine
from edi.documents.purchase_order import OrderLine, PurchaseOrder
from edi.documents.values import Charge, Party, Purpose, Tax
from integrations.systems.contract import Unmappable
from integrations.systems.orderful import mosaic_words as words
from integrations.systems.orderful.kinds import TYPES
from integrations.systems.orderful.mosaic_parts import (
    Draft,
    Message,
    Side,
    allowances_and_charges,
    first_reference,
    notes,
    party,
    product_ids,
    references,
    tax,
    terms_of_sale,
    without_empty,
)

__all__ = ["create_body", "left_out", "mosaic_810", "mosaic_850", "v3_body"]


def create_body(set_id: str, *, stream: str, sender_id: str, receiver_id: str, message: Message) -> bytes:
    """The exact bytes of a create call: `{type, stream, senderId, receiverId, message}`. Equal input gives equal bytes.

    `set_id` is the X12 set ("850"). Raises Unmappable for a set that v4 does not have, or without an id.
    """
    if set_id not in TYPES:
        raise Unmappable(f"Orderful's v4 takes no {set_id}.", remedy="Send this document over another network.")
    _check_route(set_id, stream=stream, sender_id=sender_id, receiver_id=receiver_id)
    body = {
        "type": TYPES[set_id],
        "stream": stream,
        "senderId": sender_id,
        "receiverId": receiver_id,
        "message": message,
    }
    return msgspec.json.encode(body)


def v3_body(set_id: str, *, stream: str, sender_id: str, receiver_id: str, x12: str, type_name: str = "") -> bytes:
    """What is frozen for a document that goes through v3: its X12 text beside the same members as `create_body`.

    `x12` is a whole interchange; its control numbers are trial ones, because Orderful writes the envelope. `type_name`
    is v3's name of a set that v4 does not have.
    """
    _check_route(set_id, stream=stream, sender_id=sender_id, receiver_id=receiver_id)
    kind = type_name or TYPES.get(set_id)
    if not kind:
        raise Unmappable(
            f"Nobody knows what Orderful calls a {set_id}.", remedy="Send this document over another network."
        )
    body = {"type": kind, "stream": stream, "senderId": sender_id, "receiverId": receiver_id, "x12": x12}
    return msgspec.json.encode(body)


def _check_route(set_id: str, *, stream: str, sender_id: str, receiver_id: str) -> None:
    for side, value in (("sender", sender_id), ("receiver", receiver_id)):
        if not value.strip():
            raise Unmappable(
                f"The {side} of the {set_id} has no id for Orderful.",
                remedy=f"Fill in the {side}'s id in the trading partner's agreement.",
            )
    if stream not in ("test", "live"):
        raise Unmappable(f"'{stream}' is no stream of Orderful.", remedy="Set the agreement's stream to test or live.")


def mosaic_850(
    order: PurchaseOrder,
    *,
    purpose: Purpose,
    options: BuildOptions | None = None,
    unit_words: Mapping[str, str] | None = None,
) -> Message:
    """A purchase order as `850_PURCHASE_ORDER`. Raises Unmappable with all reasons.

    `unit_words` adds Orderful's words for units, by X12 code, to those of the published list.
    """
    draft, message = _order(order, purpose, options or BuildOptions(), unit_words or {})
    draft.check()
    return message


def mosaic_810(
    invoice: Invoice,
    *,
    purpose: Purpose,
    options: BuildOptions | None = None,
    unit_words: Mapping[str, str] | None = None,
    sent_by: Side = "supplier",
) -> Message:
    """An invoice, credit or debit note as `810_INVOICE`. Raises Unmappable with all reasons, and for every purpose but
    original.

    `sent_by` says whose document it is on the network: "supplier" as a rule, "buyer" when the books' owner sends its
    supplier's invoice on. Numbers of parties are named the sender's or the receiver's by it.
    """
    if purpose != "original":
        raise Unmappable(
            f"Invoice {invoice.number} has gone out before, and Orderful's invoice cannot say that it is a {purpose}: "
            "the partner would "
            "have it twice.",
            remedy="Put it right in the books with a credit note and a new invoice; both go out by themselves.",
            field="purpose",
        )
    draft, message = _invoice(invoice, options or BuildOptions(), unit_words or {}, sent_by)
    draft.check()
    return message


def left_out(
    document: PurchaseOrder | Invoice, *, options: BuildOptions | None = None, sent_by: Side = "supplier"
) -> tuple[str, ...]:
    """What the document says and its message cannot, in words."""
    chosen = options or BuildOptions()
    if isinstance(document, PurchaseOrder):
        draft, _ = _order(document, document.purpose, chosen, {})
    else:
        draft, _ = _invoice(document, chosen, {}, sent_by)
    return tuple(draft.left_out)


# --- 850 ---


def _order(
    document: PurchaseOrder, purpose: Purpose, options: BuildOptions, unit_words: Mapping[str, str]
) -> tuple[Draft, Message]:
    order = t850.carried(msgspec.structs.replace(document, purpose=purpose), options)
    draft = Draft(
        document=f"Purchase order {order.number}", sent_by="buyer", currency=order.currency, unit_words=unit_words
    )
    if not order.lines:
        draft.refuse("it has no line to send; if it is cancelled, send it as a cancellation", field="lines")
    vendor_number = _supplier_id(order.parties, "buyer")
    message = without_empty(
        {
            "purpose": words.PURPOSES[purpose],
            "purchaseOrderType": words.ORDER_TYPES[order.order_type],
            "purchaseOrderNumber": order.number,
            "purchaseOrderDate": order.date.isoformat(),
            "contractNumber": first_reference(order.references, "contract"),
            "parties": _parties(draft, order.parties, words.ORDER_PARTIES, elsewhere=(vendor_number,)),
            "dates": {"requestedDeliveryDate": order.requested_date.isoformat()} if order.requested_date else {},
            "references": references(
                draft,
                order.references,
                elsewhere=("contract",),
                vendor_number=vendor_number,
            ),
            "termsOfSale": terms_of_sale(order.terms),
            "notes": notes((f"Currency: {order.currency}", *order.notes)),
            "monetaryAmounts": {"net": draft.amount(order.total - order.tax_total), "gross": draft.amount(order.total)},
            # Not in the schema's list, but in the vendor's own example of an 850.
            **allowances_and_charges(draft, order.charges),
            "lineItems": [_order_line(draft, line, index) for index, line in enumerate(order.lines)],
        }
    )
    return draft, message


def _order_line(draft: Draft, line: OrderLine, index: int) -> Message:
    at, field = f"line {line.line_number}", f"lines[{index}]"
    if line.quantity < 0:
        draft.refuse(
            f"{at} has the quantity {line.quantity}; an order cannot take goods back", field=f"{field}.quantity"
        )
    if line.taxes:
        draft.leave_out("taxes of order lines (the order's net and gross amounts are sent)")
    return without_empty(
        {
            "purchaseOrderLineId": line.line_number,
            "quantity": draft.quantity(line.quantity, line.unit, at=at, field=f"{field}.unit"),
            "unitCostPrice": draft.amount(line.unit_price),
            "productIds": product_ids(draft, line.item_ids, at=at, field=f"{field}.item_ids"),
            "productAttributes": {"description": line.description} if line.description else {},
            "dates": {"requestedDeliveryDate": line.requested_date.isoformat()} if line.requested_date else {},
        }
    )


def _parties(
    draft: Draft, parties: Iterable[Party], members: Mapping[str, str], *, elsewhere: Collection[str]
) -> Message:
    found: Message = {}
    for one in parties:
        member = members.get(one.role, "")
        if member and member not in found:
            found[member] = party(draft, one, elsewhere=elsewhere)
        else:
            draft.leave_out(f"party {one.role.replace('_', ' ')} {one.name}".rstrip())
    return found


# --- 810 ---


def _invoice(
    document: Invoice, options: BuildOptions, unit_words: Mapping[str, str], sent_by: Side
) -> tuple[Draft, Message]:
    invoice = t810.carried(document, options)
    noun = {"invoice": "Invoice", "credit_note": "Credit note", "debit_note": "Debit note"}[invoice.kind]
    draft = Draft(
        document=f"{noun} {invoice.number}", sent_by=sent_by, currency=invoice.currency, unit_words=unit_words
    )
    if not invoice.lines:
        draft.refuse("it has no line to send", field="lines")
    if invoice.kind == "credit_note" and invoice.total > 0:
        draft.refuse(
            f"its total is {invoice.total}, and the total of a credit note must not be positive", field="total"
        )
    turned = invoice.kind == "credit_note" and options.credit_sign == "positive"
    sign = -1 if turned else 1
    for note in invoice.notes:
        draft.leave_out(f"note '{note}'")
    vendor_number, tax_number = (_supplier_id(invoice.parties, scheme) for scheme in ("buyer", "vat"))
    due = invoice.due_date.isoformat() if invoice.due_date else ""
    message = without_empty(
        {
            "invoiceNumber": invoice.number,
            "invoiceDate": invoice.date.isoformat(),
            "invoiceType": words.INVOICE_TYPES[invoice.kind],
            "purchaseOrderNumber": _order_number(invoice),
            "purchaseOrderDate": invoice.order_date.isoformat() if invoice.order_date else "",
            "shipmentIdentification": first_reference(invoice.references, "shipment"),
            "originalInvoiceNumber": first_reference(invoice.references, "original_invoice"),
            "parties": _parties(
                draft, _with_payee(invoice.parties), words.INVOICE_PARTIES, elsewhere=(vendor_number, tax_number)
            ),
            "termsOfSale": terms_of_sale(invoice.terms, due=due, remark=f"Currency: {invoice.currency}"),
            "dates": {"termsNetDueDate": due} if due else {},
            "references": references(
                draft,
                invoice.references,
                elsewhere=("original_invoice", "shipment"),
                vendor_number=vendor_number,
            ),
            "lineItems": [
                _invoice_line(draft, line, index, invoice=invoice, turned=turned)
                for index, line in enumerate(invoice.lines)
            ],
            **allowances_and_charges(draft, [*invoice.charges, *_rounding(invoice.rounding)], turned=turned),
            "taxes": _taxes(draft, invoice, options.tax_type, sign=sign, tax_number=tax_number),
            "invoiceTotal": draft.amount(invoice.total * sign),
        }
    )
    return draft, message


def _invoice_line(draft: Draft, line: InvoiceLine, index: int, *, invoice: Invoice, turned: bool) -> Message:
    at, field = f"line {line.line_number}", f"lines[{index}]"
    sign = -1 if turned else 1
    return without_empty(
        {
            # The order's line, not the invoice's: a line number of ours would point the partner to a wrong line of the
            # order.
            "purchaseOrderLineId": line.order_line,
            "quantityInvoiced": draft.quantity(line.quantity * sign, line.unit, at=at, field=f"{field}.unit"),
            "unitPrice": draft.amount(line.unit_price),
            "extendedPrice": draft.amount(line.amount * sign),
            "productIds": product_ids(draft, line.item_ids, at=at, field=f"{field}.item_ids"),
            "productAttributes": {"description": line.description} if line.description else {},
            **allowances_and_charges(draft, line.charges, turned=turned),
            "taxes": [tax(draft, one, sign=sign) for one in line.taxes],
            "notes": notes(_line_notes(line, _order_number(invoice))),
        }
    )


def _order_number(invoice: Invoice) -> str:
    """The order of the whole invoice, "" when its lines belong to several."""
    numbers = {line.order_number for line in invoice.lines if line.order_number}
    return invoice.order_number or (numbers.pop() if len(numbers) == 1 else "")


def _line_notes(line: InvoiceLine, order_number: str) -> Sequence[str]:
    """Order and receipt of a line, where Mosaic has no member for them."""
    order = f"Purchase order {line.order_number}" if line.order_number and line.order_number != order_number else ""
    receipt = f"Receipt {line.receipt_number}" if line.receipt_number else ""
    return (order, f"{receipt}, line {line.receipt_line}" if receipt and line.receipt_line else receipt)


def _with_payee(parties: Sequence[Party]) -> list[Party]:
    """The parties with the supplier as remit-to, where none is named: an 810 of Mosaic has no other place for who
    invoices."""
    named = any(p.role == "remit_to" for p in parties)
    return [msgspec.structs.replace(p, role="remit_to") if p.role == "supplier" and not named else p for p in parties]


def _supplier_id(parties: Iterable[Party], scheme: str) -> str:
    return next((p.id_of(scheme) for p in parties if p.role == "supplier"), "")


def _rounding(rounding: Decimal) -> list[Charge]:
    """The rounding of the total as a charge when it raises the total, as an allowance when it lowers it."""
    if not rounding:
        return []
    return [
        Charge(kind="charge" if rounding > 0 else "allowance", code="rounding", text="Rounding", amount=abs(rounding))
    ]


def _taxes(draft: Draft, invoice: Invoice, tax_type: str, *, sign: int, tax_number: str) -> Message:
    """All tax of the invoice under one member: Mosaic has one amount a kind. Rates stand there when there is only one,
    and on the lines."""
    stated = invoice.taxes or tuple(one for line in invoice.lines for one in line.taxes)
    if not stated and not invoice.tax_total:
        return {}
    rates = {one.rate for one in stated}
    codes = {one.code for one in stated}
    whole = Tax(
        amount=invoice.tax_total,
        rate=rates.pop() if len(rates) == 1 else None,
        code=codes.pop() if len(codes) == 1 else "",
    )
    if len(stated) > 1 and not any(line.taxes for line in invoice.lines):
        parts = ", ".join(f"{one.rate or 0} %: {one.amount}" for one in stated)
        draft.leave_out(f"the taxes apart ({parts}); their sum is sent")
    return {words.TAXES.get(tax_type, "goodsAndServicesTax"): tax(draft, whole, sign=sign, tax_number=tax_number)}

"""What Visma says of the documents that a sale was made into: one, as it should be, or several that carry its stamp."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from edi.documents.values import normalise
from integrations.systems.contract import Part, Stated
from integrations.systems.visma.wire_sales import CustomerInvoice


def amount_of(found: CustomerInvoice) -> Decimal | None:
    """With VAT, in its currency."""
    return found.amount_in_currency if found.amount_in_currency is not None else found.amount


def stated_of(
    found: Sequence[CustomerInvoice], *, what: str, currency: str, released: Collection[str], dead: Collection[str]
) -> Stated:
    """`found`: at least one that is not dead. A document that nobody released is on no account yet: it counts when it
    is, and only then by VAT code."""
    live = [one for one in found if one.status not in dead]
    booked = [one for one in live if one.status in released]
    numbers = ", ".join(one.reference_number or "" for one in live)
    said = f"{len(live)} ({numbers})" if len(live) > 1 else "1"
    if len(live) < len(found):
        gone = ", ".join(f"{one.reference_number or ''} is {one.status}" for one in found if one not in live)
        said = f"{len(live)} ({numbers}; {gone})"
    sums: dict[str, Decimal] = {}
    for one in live:
        own = one.currency_id or ""
        sums[own] = sums.get(own, Decimal(0)) + _total(one)
    counting = [_total(one) for one in booked or live if (one.currency_id or currency) == currency]
    return Stated(
        target_id=numbers,
        fields={
            "total": " and ".join(f"{normalise(total)} {own}" for own, total in sums.items()),
            "documents": said,
        },
        amount=normalise(sum(counting, Decimal(0))),
        owned={"status": ", ".join(one.status or "" for one in live)},
        parts=tuple(part for one in booked for part in _parts(one)),
        unfinished=""
        if booked
        else " ".join(
            f"The {what} {one.reference_number or ''} is {one.status} in Visma.net ERP: nobody released it yet."
            for one in live
        ),
    )


def _total(found: CustomerInvoice) -> Decimal:
    return abs(normalise(amount_of(found) or Decimal(0)))


def _parts(found: CustomerInvoice) -> list[Part]:
    return [
        Part(
            day=(found.document_date or "")[:10],
            currency=found.currency_id or "",
            code=tax.tax_id or tax.code,
            net=normalise(tax.taxable_amount or Decimal(0)),
            tax=normalise(tax.vat_amount or Decimal(0)),
        )
        for tax in found.tax_details or ()
    ]

"""What the books should have of orders and credit memos by VAT code, for reconciling: of an order its invoice, and of
what was cancelled of it since the credit note."""

from __future__ import annotations

from decimal import Decimal

from edi.documents.money import rounded
from edi.documents.values import normalise
from integrations.flows.adobe_in.booking import coded
from integrations.flows.adobe_in.reading import ORDER, linked, posting_settings, zone_of
from integrations.flows.adobe_in.rules import rules_of
from integrations.flows.contract import Job, TakenBack
from integrations.systems.adobe import mapping
from integrations.systems.adobe.mapping import Sale
from integrations.systems.contract import Part


def order_parts(job: Job) -> tuple[Part, ...]:
    """Of the invoice: as the order was placed, whatever was cancelled since."""
    return _parts(job, mapping.as_placed(job.raw, zone=zone_of(job)))


def order_taken_back(job: Job, then: bytes | None) -> TakenBack | None:
    """Of the credit note: whole orders, and rests of orders that were invoiced in part. It is of the day on which the
    order had changed when that was done: the shop does not say when it was cancelled, and shows each change since."""
    zone = zone_of(job)
    sale = mapping.order(job.raw, zone=zone)
    if not linked(job, ORDER, sale.entity_id) or (job.last is None and not sale.cancelled):
        return None
    day = mapping.day_of_change(job.raw if then is None else then, zone=zone).isoformat()
    if sale.cancelled_part:
        rest = mapping.cancelled_rest(job.raw, zone=zone)
        parts = _parts(job, rest, day=day) if rest is not None else ()
        return TakenBack(currency=sale.currency, amount=sale.cancelled_part, parts=parts)
    if not sale.cancelled or sale.invoiced:  # credit memos take back what was invoiced
        return None
    return TakenBack(currency=sale.currency, amount=sale.total, parts=_parts(job, sale, day=day))


def credit_memo_parts(job: Job) -> tuple[Part, ...]:
    return _parts(job, mapping.credit_memo(job.raw, zone=zone_of(job)))


def _parts(job: Job, sale: Sale, *, day: str = "") -> tuple[Part, ...]:
    """What the books should have of a sale under each VAT code: with its rounding, so together its total exactly."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for line, coding in coded(sale, rules_of(posting_settings(job))):
        net, _ = sums.get(coding.vat_code, (Decimal(0), line.percent))
        sums[coding.vat_code] = (net + line.net, line.percent)
    return tuple(
        Part(
            day=day or sale.date.isoformat(),
            currency=sale.currency,
            code=code,
            net=normalise(net),
            tax=normalise(rounded(net * percent / 100, sale.currency)),
        )
        for code, (net, percent) in sums.items()
    )

"""Sales that a person edited before they were posted. The shop knows nothing of that: what it says later of such a sale
is held against the books with the same edit, and what takes the sale back takes back what was posted."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from edi.documents.values import Value, digest
from integrations.flows.contract import Job, edit_from
from integrations.models import Delivery, State
from integrations.systems.adobe.amounts import ShopLine
from integrations.systems.adobe.mapping import Sale
from integrations.systems.contract import Unmappable

EDITED = "edited"
"""In what is kept of a delivery: of which amounts of the shop it is an edit."""


class Amounts(Value, frozen=True, kw_only=True):
    """What of a sale stands in the books: by it a new version is told from an old one that only looks different."""

    total: Decimal
    currency: str
    cancelled: bool
    lines: tuple[ShopLine, ...]
    cancelled_part: Decimal = Decimal(0)


def amounts_of(sale: Sale) -> str:
    """The digest of a sale's amounts. What a tax rate is called is no amount."""
    lines = tuple(msgspec.structs.replace(line, tax_code="") for line in sale.lines)
    return digest(
        Amounts(
            total=sale.total,
            currency=sale.currency,
            cancelled=sale.cancelled,
            lines=lines,
            cancelled_part=sale.cancelled_part,
        )
    )


def as_posted(job: Job, sale: Sale) -> Sale:
    """The sale with what a person changed of it when it was posted; as it is where nobody did, and where somebody edits
    this very document. Raises Unmappable for one that is taken back and that the edit does not fit any more."""
    if job.edit is not None or job.last is None:
        return sale
    rows = Delivery.objects.filter(
        flow=job.flow,
        lane=job.lane,
        operation="send",
        purpose="original",
        state__in=[State.DELIVERED, State.ACCEPTED],
    ).exclude(document_digest="")
    if job.delivery_id is not None:
        rows = rows.filter(pk__lt=job.delivery_id)
    posted = rows.select_related("edit").order_by("-pk").first()
    if posted is None or posted.edit is None:
        return sale
    try:
        return edit_from(posted.edit).applied(sale)
    except Unmappable as misfit:
        if not sale.cancelled:
            return sale  # it says something else than when it was posted: a person is told that
        raise Unmappable(
            f"Order {sale.number} was edited when it was posted, and what was changed does not fit what the shop says "
            f"now. {misfit.sentence}",
            remedy="Edit this one so that it says what the invoice in Visma.net says; or make the credit note by hand "
            "there, then dismiss this.",
        ) from misfit


def amounts_sent(sale: Sale, in_shop: Sale) -> dict[str, str]:
    """What is kept of a document that was edited: by it, its release knows what the document has to come to. Nothing
    where it says what the shop says."""
    of = amounts_of(in_shop)
    return {} if amounts_of(sale) == of else {"total": str(sale.total), "currency": sale.currency, EDITED: of}


def with_amounts_sent(sale: Sale, job: Job) -> Sale:
    """A sale as the shop says it, with the total that its document was sent with. As it is where nobody edited that, or
    where the shop says something else than was edited then: then it is held against the books as it is."""
    sent = next((earlier.meta for earlier in job.earlier if earlier.operation == "send"), {})
    if sent.get(EDITED) != amounts_of(sale):
        return sale
    return msgspec.structs.replace(sale, total=Decimal(str(sent["total"])), currency=str(sent["currency"]))

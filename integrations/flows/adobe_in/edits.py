"""Sales that a person edited before they were posted. The shop knows nothing of that: what it says later of such a sale
is held against the books with the same edit, and what takes the sale back takes back what was posted."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from integrations.flows.contract import Job, edit_from
from integrations.models import Delivery, State
from integrations.systems.adobe.mapping import Sale
from integrations.systems.contract import Unmappable


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


def amounts_sent(sale: Sale) -> dict[str, str]:
    """What is kept of a document that is sent: by it, its release knows what the document has to come to."""
    return {"total": str(sale.total), "currency": sale.currency}


def with_amounts_sent(sale: Sale, meta: Mapping[str, Any]) -> Sale:
    """The sale with the total that the document was sent with; as it is where that was not kept."""
    if not {"total", "currency"} <= meta.keys():
        return sale
    return msgspec.structs.replace(sale, total=Decimal(str(meta["total"])), currency=str(meta["currency"]))

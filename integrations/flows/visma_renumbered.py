"""A supplier that Visma.net gave another number: it must not become a second vendor, paid beside the first.

Records are called by their numbers, and so are vendors at the partner, for ever. What stays of a supplier is its
internal id. Under a new number, with an internal id that was sent before, nothing goes until a person has said what to
do.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from integrations.flows.contract import Job, Needs
from integrations.models import Delivery, Link, State
from integrations.systems.visma import wire

INTERNAL = "internal_id"
"""Where a vendor's delivery keeps the supplier's internal id."""
_MAY_BE_THERE = (State.DELIVERED, State.ACCEPTED, State.IN_DOUBT, State.SENDING, State.PENDING)
ENTITY = "renumbered-supplier"
"""What a person says of it is kept as a link of this entity."""


def kept_of(given: wire.Supplier) -> dict[str, int]:
    """For the meta of a vendor's delivery."""
    return {INTERNAL: given.internal_id} if given.internal_id is not None else {}


def must_be_the_same(job: Job, given: wire.Supplier, *, to: str) -> None:
    """Raises Needs for a supplier that `to` has under another number, as long as nobody has said that it is to be a
    vendor of its own."""
    if job.last is not None or given.internal_id is None:
        return
    known = Link.objects.filter(integration_id=job.flow.integration_id, entity=ENTITY, source_id=job.source_id)
    if known.exists():
        return
    before = _sent_as(job, given.internal_id)
    if not before:
        return
    raise Needs(
        ENTITY,
        job.source_id,
        words=f"word of what becomes of vendor {before} of {to}: Visma.net has given that supplier the number "
        f"{job.source_id}, and {to} cannot",
        remedy=f"Give the supplier its number {before} back in Visma.net, or begin a new vendor: 1. In {to}, block "
        f"vendor {before} and finish or move what is open for it, so that nothing is paid twice. 2. On the delivery's "
        "page, say “new”: the supplier goes as a vendor with its new number.",
        deadline=dt.timedelta(0),
    )


def _sent_as(job: Job, internal_id: int) -> str:
    """The other number under which the same supplier was sent, or is about to be; "" where there is none. What is not
    frozen yet asks by itself, once its turn comes."""
    others = Delivery.objects.filter(flow_id=job.flow.pk, operation="send").exclude(record__source_id=job.source_id)
    noted = others.filter(state__in=_MAY_BE_THERE, **{f"frozen_meta__{INTERNAL}": internal_id}).order_by("-pk")
    found = noted.values_list("record__source_id", flat=True).first()
    if found is not None:
        return str(found)
    # What was sent by a release that kept no internal id says it in its record.
    sent = others.filter(state__in=[State.DELIVERED, State.ACCEPTED])
    for row in sent.exclude(frozen_meta__has_key=INTERNAL).select_related("record__payload").iterator():
        if _internal_id(row.record.payload.data) == internal_id:
            return str(row.record.source_id)
    return ""


def _internal_id(raw: bytes | memoryview | None) -> int | None:
    if raw is None:
        return None
    try:
        return msgspec.json.decode(bytes(raw), type=wire.Supplier, strict=False).internal_id
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # it says so itself

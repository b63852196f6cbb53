"""What the flows from a shop have in common: settings, the newest state of a record, one write frozen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from edi.documents.values import Value, digest
from integrations.flows.contract import Frozen, Job, Needs, Nothing, Send
from integrations.models import Delivery, Flow, Link, Record, State
from integrations.systems.adobe.settings import Options
from integrations.systems.visma import commands
from integrations.systems.visma.settings import Options as BooksOptions

PAIR = "visma-adobe-commerce"
ORDER, CUSTOMER, GUEST = "shop-order", "shop-customer", "shop-guest"
"""Entities of links: what they are called in both systems."""
POSTED = ("processing", "complete", "closed")
"""States of orders that are posted, unless set otherwise. A closed order was refunded: its credit memos need the
invoice that they take back."""
NOT_SOLD = ("pending_payment", "payment_review", "holded", "canceled")
"""States that are never posted, whatever was set once: nobody is to deliver such an order yet, or at all."""
CANCELLED = "cancelled"
"""Kind of the reference of a credit note that takes a cancelled order back."""


def shop_of(job: Job) -> Options:
    return Options.of(job.flow.integration.partner)


def zone_of(job: Job) -> ZoneInfo:
    """In which days the books count."""
    return BooksOptions.of(job.flow.integration.books).zone


def newest(job: Job, feed: str, source_id: str) -> Record | None:
    """The newest record of an object of the shop, None when it was never read."""
    return (
        Record.objects.filter(
            feed__connection=job.flow.integration.partner, feed__key=feed, source_id=source_id, is_newest=True
        )
        .select_related("payload")
        .first()
    )


def linked(job: Job, entity: str, source_id: str) -> str:
    """What the books call an object of the shop; "" when they do not have it."""
    row = Link.objects.filter(integration=job.flow.integration, entity=entity, source_id=source_id).first()
    return row.target_id if row is not None else ""


def posted_states(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The states of orders that are posted, by the settings of a flow."""
    return tuple(state for state in settings.get("states", POSTED) if state not in NOT_SOLD)


def posting_flow(job: Job) -> Flow | None:
    """The flow that posts orders."""
    if job.flow.key == "orders":
        return job.flow
    return Flow.objects.filter(integration=job.flow.integration, key="orders").first()


def posting_settings(job: Job) -> Mapping[str, Any]:
    """The settings of the flow that posts orders: what takes an order back goes by the same rules."""
    row = posting_flow(job)
    return (row.settings or {}) if row is not None else {}


def must_be_linked(
    job: Job, entity: str, source_id: str, words: str, flow: str, *, deadline: dt.timedelta = dt.timedelta(hours=24)
) -> str:
    """What the books call it. Raises Needs when they do not have it yet."""
    if found := linked(job, entity, source_id):
        return found
    raise Needs(
        entity,
        source_id,
        words=words,
        remedy=f"See why it is not in Visma.net: flow {PAIR}.{flow}. If it is switched off, switch it on.",
        deadline=deadline,
    )


def send_command(
    command: commands.Command,
    document: Value,
    *,
    purpose: str = "original",
    said: str = "",
    meta: str = "",
    kept: Mapping[str, str] | None = None,
) -> Send:
    """One write to the books, frozen as it is. `kept`: what later operations want to know of it."""
    body = commands.encode(command)
    return Send(
        digest=said or digest(document),
        purpose=purpose,
        document=document,
        freeze=lambda now: Frozen(body=body, meta={"record": meta, **(kept or {})}),
        preview=lambda: body,
    )


def told_once(job: Job, nothing: Nothing) -> Nothing:
    """The same without an issue where an earlier version of the record said it: what a person has done about it by hand
    is not done again."""
    return Nothing(nothing.reason) if was_told(job, nothing.reason) else nothing


def was_told(job: Job, beginning: str) -> bool:
    """Whether a person was told something that begins so of an earlier version of this record."""
    rows = Delivery.objects.filter(
        flow=job.flow, lane=job.lane, state=State.NO_EFFECT, reason__startswith=beginning
    ).exclude(issue=None)
    return (rows.filter(pk__lt=job.delivery_id) if job.delivery_id is not None else rows).exists()

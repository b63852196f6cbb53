"""What the flows share that send records of Visma.net to systems which keep them as rows (Airbase, Basware).

A row goes when it says something new, waits for what it refers to, and names who it belongs to by our own numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from edi.documents.values import Party, Value, digest
from integrations.flows.contract import Captured, Decision, FlowSpec, Frozen, Job, Needs, Nothing, Prepared, Send, Take
from integrations.flows.status import by_status
from integrations.flows.visma_documents import INVOICE_TYPES, ORDER_STATUSES, document_lane, type_setting
from integrations.models import Link
from integrations.systems.contract import Setting
from integrations.systems.visma import vocabulary
from integrations.systems.visma.settings import Options

RECEIPT_STATUSES: dict[str, tuple[str, ...]] = {"leave": ("Released",), "cancel": ()}
INVOICE_STATUSES = {"leave": ("Balanced", "Open"), "cancel": ("Voided",)}
"""Invoices go for approval, so before they are released, too."""
OURSELVES = Party(role="buyer", name="")
"""These systems know by our credentials whose documents they are."""

Accepts = Callable[[Captured, Mapping[str, Any]], Decision]


class RowValue(Value, frozen=True, kw_only=True):
    """What is sent, as the document that a dry run and the document page show."""

    row: dict[str, Any]


def send_bytes(
    job: Job,
    body: bytes,
    row: dict[str, Any],
    *,
    to: str,
    meta: dict[str, Any] | None = None,
    purpose: str = "original",
    again: bool = False,
) -> Prepared:
    """The row, frozen as `body`, unless the system `to` has it so already. `again`: it goes all the same, because what
    follows depends on it."""
    value = RowValue(row=row)
    said = digest(value)
    same = job.last is not None and job.last.digest == said and job.last.purpose == purpose
    if same and not again and not job.forced_purpose:
        return Nothing(f"It says nothing new to {to}.")
    return Send(
        digest=said,
        purpose=purpose,
        document=value,
        freeze=lambda now: Frozen(body=body, meta=meta or {}),
        preview=lambda: body,
    )


def must_be_there(job: Job, entity: str, source_ids: Collection[str], words: str, *, to: str, flow: str) -> None:
    """Raises Needs for the first of these objects that the system `to` has not taken yet. `flow` is the key of the flow
    that sends them."""
    known = set(
        Link.objects.filter(
            integration_id=job.flow.integration_id, entity=entity, source_id__in=source_ids
        ).values_list("source_id", flat=True)
    )
    for missing in sorted({*source_ids} - known):
        raise Needs(
            entity,
            missing,
            words=f"{words} {missing}",
            remedy=f"See why {words} {missing} is not in {to}: flow {job.flow.integration.pair}.{flow}. If it is "
            "switched off, switch it on.",
        )


def books_of(job: Job) -> Options:
    """The settings of the Visma connection."""
    return Options.of(job.flow.integration.books)


def take(record: Captured, settings: Mapping[str, Any]) -> Decision:
    """An `accepts` that takes everything: what Visma no longer uses says so in its row."""
    return Take("send")


def accepts_invoice(record: Captured, settings: Mapping[str, Any]) -> Decision:
    """An `accepts` for supplier invoices: by type, then by status."""
    if record.kind and record.kind not in settings.get("document_types", INVOICE_TYPES):
        return None
    return by_status(**INVOICE_STATUSES)(record, settings)


accepts_order = by_status(**ORDER_STATUSES)
accepts_receipt = by_status(**RECEIPT_STATUSES)


def invoice_types(what: str) -> Setting:
    """The setting that `accepts_invoice` goes by; `what` the other system calls invoices."""
    return type_setting(
        INVOICE_TYPES, f"Prepayments, refunds and checks are no {what}.", among=vocabulary.SUPPLIER_INVOICE_TYPES
    )


def row_flow(
    pair: str,
    key: str,
    label: str,
    *,
    entity: str,
    rank: int,
    prepare: Callable[[Job], Prepared],
    sink: str = "",
    feed: str = "",
    accepts: Accepts = take,
    lane: Callable[[Captured], str] | None = None,
    **more: Any,
) -> FlowSpec:
    """A flow out of the books. `feed` empty: it is called as the flow. `more` as FlowSpec has it."""
    return FlowSpec(
        pair=pair,
        key=key,
        label=label,
        entity=entity,
        source="books",
        feed=feed or key,
        sink=sink,
        rank=rank,
        accepts=accepts,
        lane=lane or document_lane(entity),
        prepare=prepare,
        **more,
    )

"""Telling a trading partner that a document is not its any more: the record went to another one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from integrations.engine import dispatch
from integrations.engine.capture import operation_key
from integrations.flows.contract import RECALL, Recall
from integrations.models import Delivery, State
from portal.audit import trail


def make(found_by: Delivery, recalls: Sequence[Recall], now: dt.datetime) -> None:
    """Makes the deliveries by which documents are taken back, inside the transaction in which the delivery that found
    it goes on. They follow it in its lane, even where it fails, and say again, as a cancellation, what was said to
    that partner then.

    One for what was sent by one delivery, whatever became of it: what failed is replayed, and what a person dismissed
    was dealt with. One that a newer version of the record superseded is made anew by that version.
    """
    for recall in recalls:
        original = Delivery.objects.select_related("record").get(pk=recall.delivery_id)
        made = Delivery.objects.filter(replays=original, operation=RECALL)
        key = operation_key(original.record, found_by.flow, 0, RECALL, nonce=f"{original.pk} for {found_by.pk}")
        if made.exclude(state=State.SUPERSEDED).exists() or made.filter(operation_key=key).exists():
            continue
        delivery = Delivery.objects.create(
            tenant_id=original.tenant_id,
            integration_id=original.integration_id,
            flow_id=original.flow_id,
            sink_connection_id=original.sink_connection_id,
            record_id=original.record_id,
            replays=original,
            edit_id=original.edit_id,
            operation=RECALL,
            operation_key=key,
            lane=original.lane,
            rank=original.rank,
            business_number=original.business_number,
            source_modified_at=original.source_modified_at,
            look_first=found_by.look_first,
            state=State.PENDING,
            since=now,
            not_before=now,
            created_at=now,
        )
        trail.record(
            trail.event(
                original.tenant_id,
                "delivery.made",
                f"{recall.document} is not {recall.partner}'s any more: it is told that it is cancelled.",
                object_type="delivery",
                object_id=delivery.pk,
                business_number=original.business_number,
                details={"recalls": original.pk, "found_by": found_by.pk},
            ),
            now=now,
        )
        dispatch.wake()

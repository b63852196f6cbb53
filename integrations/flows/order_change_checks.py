"""What a person has to see of a trading partner's order change before anybody says yes to it.

A change whose lines hold what was not understood is not applied by itself. What else it says and is not applied is
named: the change applies without it, and no 865 accepts it.
"""

from __future__ import annotations

import msgspec
from django.db.models import Q

from edi.documents.order_change import OrderChange
from edi.models import Agreement, TransactionSet
from integrations.flows import agreement_settings
from integrations.flows.contract import Job, Nothing
from integrations.flows.edi_in import received
from integrations.flows.edi_in.documents import Read
from integrations.models import OPEN_STATES, Delivery, State
from integrations.systems.contract import Unmappable
from integrations.systems.visma import changing, commands

MOST_NAMED = 5


def check_certain(change: OrderChange, read: Read, *, is_decided: bool) -> None:
    """Raises Unmappable where it is open what a line asks for. A person who edits or forces it has decided."""
    if read.uncertain and not is_decided:
        raise Unmappable(
            f"Order change {change.number} says more of its lines than is understood here: {_named(read.uncertain)}.",
            remedy="Look at what came. Edit the document to what is meant and replay it; then answer the trading "
            "partner yourself, for no 865 is sent. Or ask for a plain change, and dismiss this.",
        )


def left_out(change: OrderChange, read: Read, agreement: Agreement | None) -> tuple[str, ...]:
    """What of a change is not applied to the order, whatever the order is. Raises Unmappable for wrong settings."""
    are_shown = agreement_settings.choice(agreement, "change_notes") == "show"
    notes = ("notes",) if change.notes and not are_shown else ()
    return (*changing.left_out(change), *notes, *dict.fromkeys((*read.unread, *read.uncertain)))


def left_out_words(change: OrderChange, read: Read, agreement: Agreement | None) -> str:
    """The same in a sentence, "" where all is applied. Notes are quoted."""
    names = left_out(change, read, agreement)
    if not names:
        return ""
    said = f" Its notes: {' / '.join(change.notes)[:300]}" if "notes" in names else ""
    stated = f"Order change {change.number} also states {_named(names)}"
    return f"{stated}, which is not applied to orders in Visma.net.{said}"


def _named(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def said_again(job: Job, change: OrderChange, row: TransactionSet) -> Nothing | None:
    """Nothing for a change that its sender sent once more, in a document of its own, after it was applied: what it adds
    would be added twice. Raises Unmappable where others were applied in between, for it may be meant, and where what
    came before is not done with. A person who edits or forces it has decided."""
    if row.repeats_id is None or job.edit is not None or job.forced_purpose:
        return None
    alike = TransactionSet.objects.filter(Q(pk=row.repeats_id) | Q(repeats=row.repeats_id), pk__lt=row.pk)
    same = [str(pk) for pk in alike.values_list("pk", flat=True)]
    # The first may stand in another lane, from before anybody knew that its sender is the order's supplier.
    unfinished = Delivery.objects.filter(flow=job.flow, record__source_id__in=same, state__in=OPEN_STATES)
    if unfinished.exclude(lane=job.lane).exists():
        raise Unmappable(
            f"Order change {change.number} of {received.sender_of(row)} came before and says the same, and what came "
            "before is not done with.",
            remedy="Replay or dismiss the one that came before, then replay this.",
        )
    of_the_order = Delivery.objects.filter(Q(lane=job.lane) | Q(record__source_id__in=same), flow=job.flow)
    applied = of_the_order.filter(state=State.DELIVERED).order_by("-closed_at", "-pk")
    # Its own delivery was closed before only where it is looked at once more.
    applied = applied.exclude(record__source_id=job.source_id)
    if not applied.filter(record__source_id__in=same).exists():
        return None
    newest = applied.select_related("record").first()
    if newest is not None and newest.record.source_id in same:
        return Nothing(f"Order change {change.number} came before and says the same; it was applied then.")
    raise Unmappable(
        f"Order change {change.number} of {received.sender_of(row)} came before, says the same and was applied; the "
        "order was changed again since.",
        remedy="Ask the supplier whether it counts once more. If not, dismiss this; if it does, edit it (its sequence "
        "number, say) and replay.",
    )


def check_not_overtaken(job: Job, change: OrderChange, row: TransactionSet) -> None:
    """Raises Unmappable where a change that its sender numbered higher was applied to the order before: several
    channels deliver side by side, so an older one may come later and would undo the newer. Numbers of one sender are
    compared, where it writes such. A person who edits or forces the change has decided."""
    if not change.sequence.isdigit() or job.edit is not None or job.forced_purpose:
        return
    of_the_order = Delivery.objects.filter(
        flow=job.flow, lane=job.lane, state=State.DELIVERED, transaction_set__partner=row.partner
    )
    applied = of_the_order.exclude(record__source_id=job.source_id).select_related("frozen")
    newer = [
        told
        for one in applied.order_by("-pk")
        if one.frozen is not None and one.frozen.data is not None
        for told in (_sequence(bytes(one.frozen.data)),)
        if told.isdigit() and int(told) > int(change.sequence)
    ]
    if newer:
        raise Unmappable(
            f"Order change {change.number} is number {change.sequence} of {received.sender_of(row)}, and number "
            f"{max(newer, key=int)} was applied before: it may undo what is newer.",
            remedy="Ask the supplier whether it counts still. If not, dismiss this; if it does, edit it (its sequence "
            "number, say) and replay.",
        )


def _sequence(body: bytes) -> str:
    """Of a change that was applied."""
    command: commands.ChangeOrder = msgspec.json.decode(body, type=commands.ChangeOrder)
    return command.change.sequence

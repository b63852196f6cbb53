"""Partners' ship notices as purchase receipts: made, filled, counted, and released where that is wanted."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from django.db.models import QuerySet

from edi.documents.ship_notice import ShipNotice
from edi.documents.values import digest, normalise
from edi.models import TransactionSet
from integrations.flows import pair_settings
from integrations.flows.contract import Frozen, Job, Nothing, Operation, Prepared, Send
from integrations.flows.edi_in import companies, received
from integrations.flows.edi_in.documents import Read
from integrations.http.errors import Paused
from integrations.models import Delivery, State
from integrations.systems.contract import Setting, Unmappable
from integrations.systems.visma import commands
from integrations.systems.visma.commands import ReceiptCommand, WantedLine
from portal.common.clock import db_now

RELEASE = Setting(
    name="release",
    label="Release receipts",
    kind="boolean",
    default=False,
    help="Otherwise a receipt waits in Visma.net, balanced, until a person releases it.",
)
LINE_NUMBERS = Setting(
    name="line_numbers",
    label="Line numbers of ship notices",
    kind="choice",
    default="order",
    choices=(("order", "The order's"), ("own", "The sender's own")),
    help="The order's: a number and an item that mean two lines of the order are left to a person. The sender's own: "
    "suppliers count a notice's lines from 1, whatever the order's are called; a line is found by its item alone.",
)
SETTINGS = (RELEASE, LINE_NUMBERS)
UNDER_WAY = (State.WAITING, State.PENDING, State.SENDING, State.ACCEPTED, State.IN_DOUBT)
ASK_AGAIN = dt.timedelta(seconds=30)
DIFFERENCES_SAID = 5

Reader = Callable[[Job], Read]
Make = Callable[[Job, ShipNotice, str, str], ReceiptCommand]
"""Job, notice, stamp, supplier → what the sink takes."""


def make(job: Job, reader: Reader) -> Prepared:
    """The empty receipt. Raises Unmappable."""
    units = pair_settings.read(job.flow.integration.settings).units
    return _prepare(
        job,
        reader,
        lambda job, notice, stamp, supplier: commands.MakeReceipt(
            stamp=stamp,
            supplier=supplier,
            date=_date(notice),
            shipment_number=notice.number,
            lines=wanted_lines(job, notice),
            units=units,
        ),
    )


def add_lines(job: Job, reader: Reader) -> Prepared:
    return _prepare(
        job,
        reader,
        lambda job, notice, stamp, supplier: commands.AddOrderLines(
            stamp=stamp,
            supplier=supplier,
            date=_date(notice),
            receipt_number=job.made_by("send"),
            lines=wanted_lines(job, notice),
            units=pair_settings.read(job.flow.integration.settings).units,
        ),
    )


def set_quantities(job: Job, reader: Reader) -> Prepared:
    units = pair_settings.read(job.flow.integration.settings).units
    return _prepare(
        job,
        reader,
        lambda job, notice, stamp, supplier: commands.SetQuantities(
            stamp=stamp,
            supplier=supplier,
            date=_date(notice),
            receipt_number=job.made_by("send"),
            lines=wanted_lines(job, notice),
            whole=notice.purpose == "replace",
            units=units,
        ),
    )


def release(job: Job, reader: Reader) -> Prepared:
    if not (job.flow.settings or {}).get("release", RELEASE.default):
        return Nothing("Receipts are released by a person: releasing is switched off for this flow.")
    return _prepare(
        job,
        reader,
        lambda job, notice, stamp, supplier: commands.ReleaseReceipt(
            stamp=stamp, supplier=supplier, date=_date(notice), receipt_number=job.made_by("send")
        ),
    )


def operations(reader: Reader) -> tuple[Operation, ...]:
    """The writes after the first one, in the order that Visma advises."""
    return (
        Operation(key="add-lines", label="Add the orders' lines", prepare=lambda job: add_lines(job, reader)),
        Operation(key="set-quantities", label="Set the quantities", prepare=lambda job: set_quantities(job, reader)),
        Operation(key="release", label="Release the receipt", prepare=lambda job: release(job, reader)),
    )


def wanted_lines(job: Job, notice: ShipNotice) -> tuple[WantedLine, ...]:
    """What is shipped, item by item, with its order."""
    own = (job.flow.settings or {}).get(LINE_NUMBERS.name, LINE_NUMBERS.default) == "own"
    return tuple(
        WantedLine(
            order_number=order.order_number,
            order_line="" if own and item.item_ids else item.order_line,
            quantity=item.quantity,
            unit=item.unit,
            item_ids=item.item_ids,
        )
        for order in notice.orders
        for item in order.all_items()
    )


def _prepare(job: Job, reader: Reader, command: Make) -> Prepared:
    read = reader(job)
    notice = read.document
    if not isinstance(notice, ShipNotice):
        raise Unmappable(f"{received.name_of(read.set_id, read.business_number)} is no ship notice.")
    notice = job.edited(notice)
    row, books = received.row_of(job), job.flow.integration.books
    elsewhere = companies.for_another(job, row, {order.order_number for order in notice.orders if order.order_number})
    if elsewhere is not None:
        return elsewhere
    late = _check(job, notice, row, reader)
    if late is not None:
        return late
    company = str((books.settings or {}).get("company_id", ""))
    supplier = received.number_of(row.partner, company=company, entity="supplier")
    if not supplier:
        raise Unmappable(
            f"Ship notice {notice.number} comes from {received.sender_of(row)}, which is no supplier of company "
            f"{company}.",
            remedy="Add the supplier's number to the trading partner, then replay.",
        )
    body = commands.encode(command(job, notice, f"{row.interchange.sender_id}:{notice.number}", supplier))

    def freeze(now: dt.datetime) -> Frozen:
        return Frozen(body=body, meta={"shipment": notice.number}, transaction_set=row)

    return Send(digest=digest(notice), purpose=notice.purpose, document=notice, freeze=freeze, preview=lambda: body)


def _check(job: Job, notice: ShipNotice, row: TransactionSet, reader: Reader) -> Nothing | None:
    """What the notice's purpose asks for. Nothing where a later one took its place. Raises Unmappable for what a person
    must do, and Paused while the notice that it replaces is being received."""
    same = _versions(row)
    later = same.filter(pk__gt=row.pk, purpose__in=("replace", "cancellation")).order_by("pk").last()
    if later is not None:
        return Nothing(f"A later version of ship notice {notice.number} took its place ({later.purpose}).")
    if not notice.all_items() and notice.purpose != "cancellation":
        raise Unmappable(f"Ship notice {notice.number} names no item.", remedy="Ask the supplier to send it again.")
    if notice.purpose == "original":
        return _check_original(job, notice, row, same, reader)
    earlier = Delivery.objects.filter(flow=job.flow, record__source_id__in=[str(s.pk) for s in same])
    if earlier.filter(state__in=UNDER_WAY).exists():
        raise Paused(
            f"Ship notice {notice.number} waits for the one that it replaces, which is being received.",
            retry_at=db_now() + ASK_AGAIN,
        )
    if notice.purpose == "replace":
        return None
    made = earlier.filter(operation="send", state=State.DELIVERED).order_by("pk").last()
    receipt = made.target_id if made is not None else ""
    if notice.purpose == "cancellation" and not receipt:
        return Nothing(f"Ship notice {notice.number} is cancelled, and nothing was received of it.")
    raise Unmappable(
        f"Ship notice {notice.number} is a {notice.purpose} of one that was sent before"
        f"{f'; that one is receipt {receipt}' if receipt else ''}.",
        remedy="Correct the receipt in Visma.net, or delete it there if it is not released, and dismiss this; the "
        "notice is kept and shown.",
    )


def _check_original(
    job: Job, notice: ShipNotice, row: TransactionSet, same: QuerySet[TransactionSet], reader: Reader
) -> Nothing | None:
    """An original is received as it is, unless another one of the same shipment was. Nothing where that one says the
    same; Raises Unmappable where it does not, and Paused while it is being received."""
    makes = Delivery.objects.filter(flow=job.flow, operation="send")
    if makes.filter(record__source_id=str(row.pk), state=State.DELIVERED).exists():
        return None  # the receipt is its own: the writes that follow fill it
    before = same.filter(pk__lt=row.pk, purpose="original")
    if makes.filter(record__source_id__in=[str(s.pk) for s in before], state__in=UNDER_WAY).exists():
        raise Paused(
            f"Ship notice {notice.number} waits for one that came before it under the same number.",
            retry_at=db_now() + ASK_AGAIN,
        )
    others = makes.filter(record__source_id__in=[str(s.pk) for s in same], state=State.DELIVERED)
    # By the number under which it was received: a person may have given it another one.
    first = others.filter(frozen_meta__shipment=notice.number).select_related("record__payload").order_by("pk").first()
    if first is None:
        return None
    differences = _differences(job, first, notice, reader)
    if differences == []:
        return Nothing(f"Ship notice {notice.number} came before and says the same: it is receipt {first.target_id}.")
    raise Unmappable(
        f"Ship notice {notice.number} of {received.sender_of(row)} came twice as an original, and says something else "
        f"the second time. The other one is receipt {first.target_id or 'that a person made'}"
        f"{f': {_listed(differences)}' if differences else ', and is not kept any more'}.",
        remedy="Ask the supplier which of the two counts. If it is the receipt, dismiss this one. If it is this one, "
        'edit it to the purpose "replace" and replay. If it is another shipment, edit its number and replay.',
    )


def _differences(job: Job, first: Delivery, notice: ShipNotice, reader: Reader) -> list[str] | None:
    """What is shipped by the one notice and by the other, where they differ; None when the first is not kept."""
    kept = first.record.payload.data
    if kept is None:
        return None
    earlier = reader(replace(job, raw=bytes(kept), source_id=first.record.source_id, edit=None)).document
    if not isinstance(earlier, ShipNotice):
        return None
    was, now = _shipped(job, earlier), _shipped(job, notice)
    return [
        f"{place} was {was.get(place, 'not in it')}, and is {now.get(place, 'not in it')} here"
        for place in sorted({*was, *now})
        if was.get(place) != now.get(place)
    ]


def _shipped(job: Job, notice: ShipNotice) -> dict[str, str]:
    """How much of what a notice says is shipped, as {"order 500004, line 1": "10 EA"}."""
    totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in wanted_lines(job, notice):
        item = f"line {line.order_line}" if line.order_line else "/".join(i.value for i in line.item_ids)
        totals[f"order {line.order_number}, {item}", line.unit] += line.quantity
    found: dict[str, str] = {}
    for (place, unit), quantity in sorted(totals.items()):
        said = f"{normalise(quantity)} {unit}"
        found[place] = f"{found[place]} and {said}" if place in found else said
    return found


def _listed(differences: list[str]) -> str:
    more = len(differences) - DIFFERENCES_SAID
    return "; ".join(differences[:DIFFERENCES_SAID]) + (f"; and {more} more" if more > 0 else "")


def _versions(row: TransactionSet) -> QuerySet[TransactionSet]:
    """Other notices of the same shipment, by the same sender."""
    came = row.interchange
    return TransactionSet.objects.filter(
        tenant_id=row.tenant_id,
        set_id=row.set_id,
        business_number=row.business_number,
        interchange__network=came.network_id,
        interchange__direction=came.direction,
        interchange__stream=came.stream,
        interchange__sender_id=came.sender_id,
        intake=row.intake,
    ).exclude(pk=row.pk)


def _date(notice: ShipNotice) -> dt.date:
    return notice.shipped_date or notice.date

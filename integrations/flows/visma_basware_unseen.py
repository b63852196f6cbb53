"""Invoices that Basware took and has not shown since: neither as a document nor as an error.

The Network answers 200 and P2P makes a document of the invoice later. One that is lost between them comes back nowhere,
so it is told once it has been too long. What Basware says of an invoice stands in the history of its delivery: an
invoice without any word there was not seen.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from zoneinfo import ZoneInfo

from django.db.models import Q

from integrations.flows.contract import UNHEARD, Unheard
from integrations.models import Delivery, Feed, Flow, Issue, State
from integrations.systems.basware.errors import LABEL
from portal.audit.models import AuditEvent

DEFAULT_DAYS = 7
SAID = "basware.status"
"""Action of a line in the history that says where an invoice stands."""
LOOKED_BACK = dt.timedelta(days=90)
"""How long the status of an invoice is asked for; older ones were told long ago, and stay told as long as that is open.
"""
_AT_ONCE, _NAMED = 500, 5
REMEDY = (
    "1. Look for them in Basware by number, in the Network by the id that each delivery names. 2. Send those that are "
    "not there once more, from the page of their document: under the same id nothing is doubled. 3. Where Basware has "
    "them and only does not tell where they are, set the days of the flow's setting “Not seen for” to what approval "
    "takes there, or to 0; then dismiss this."
)


def unseen(flow: Flow, now: dt.datetime) -> tuple[Unheard, ...] | None:
    """What went to Basware too many days ago and was not seen, by the day on which it went; None where nobody listens
    or wants to know."""
    days = int(flow.settings.get("unseen_days", DEFAULT_DAYS))
    heard_until = _heard_until(flow, now)
    if days <= 0 or heard_until is None:
        return None
    open_ones = Q(issue__error_class=UNHEARD, issue__status=Issue.Status.OPEN)
    sent: dict[str, Delivery] = {}
    rows = Delivery.objects.filter(Q(since__gte=now - LOOKED_BACK) | open_ones, flow=flow, operation="send")
    rows = rows.filter(state=State.DELIVERED)
    for row in rows.select_related("record").defer("record__payload").order_by("pk"):
        sent[row.record.source_id] = row  # sent once more, it has time again
    late = [row for row in sent.values() if row.since <= heard_until - dt.timedelta(days=days)]
    seen = _seen(flow, [row.record.source_id for row in late])
    zone = ZoneInfo(flow.integration.tenant.time_zone)
    by_day: dict[dt.date, list[Delivery]] = defaultdict(list)
    for row in late:
        if row.record.source_id not in seen:
            by_day[row.since.astimezone(zone).date()].append(row)
    return tuple(_told(day, found, days) for day, found in sorted(by_day.items()))


def heard(flow: Flow, deliveries: Collection[int]) -> set[int]:
    """Those whose invoice was seen."""
    rows = Delivery.objects.filter(flow=flow, pk__in=deliveries).values_list("pk", "record__source_id")
    whose = dict(rows.order_by())
    seen = _seen(flow, sorted(set(whose.values())))
    return {pk for pk, invoice in whose.items() if invoice in seen}


def _heard_until(flow: Flow, now: dt.datetime) -> dt.datetime | None:
    """Until when we would have heard of them; None where nobody listens."""
    listens = Flow.objects.filter(
        integration_id=flow.integration_id, key="invoice-statuses", enabled=True, paused_reason=""
    )
    feed = Feed.objects.filter(connection_id=flow.integration.partner_id, key="accounting-documents").first()
    if feed is None or feed.last_read_at is None or not listens.exists():
        return None
    return min(now, feed.last_read_at)


def _seen(flow: Flow, invoices: list[str]) -> set[str]:
    """Those of which something was ever said, by whichever delivery of theirs."""
    found: set[str] = set()
    for begin in range(0, len(invoices), _AT_ONCE):
        some = invoices[begin : begin + _AT_ONCE]
        rows = Delivery.objects.filter(flow=flow, record__source_id__in=some)
        whose = {str(pk): source for pk, source in rows.values_list("pk", "record__source_id")}
        said = AuditEvent.objects.filter(
            tenant_id=flow.tenant_id, object_type="delivery", object_id__in=list(whose), action=SAID
        )
        found.update(whose[pk] for pk in said.order_by().values_list("object_id", flat=True).distinct())
    return found


def _told(day: dt.date, rows: list[Delivery], days: int) -> Unheard:
    numbers = ", ".join(row.business_number or row.target_id for row in rows[:_NAMED])
    more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    what = f"Invoice {numbers} went" if len(rows) == 1 else f"Invoices {numbers}{more} went"
    shown = "it" if len(rows) == 1 else "them"
    return Unheard(
        key=day.isoformat(),
        sentence=f"{what} to {LABEL} on {day}, which has shown {shown} neither as a document nor as an error in "
        f"{days} days.",
        remedy=REMEDY,
        deliveries=tuple(row.pk for row in rows),
    )

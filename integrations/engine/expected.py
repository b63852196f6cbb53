"""Expected but absent: no order by seven on a business day is news, though nothing failed."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.db import transaction

from integrations.engine import issues
from integrations.engine.cadence import is_business_day
from integrations.models import Delivery, Flow, Issue
from integrations.notices.models import Expectation
from portal.common.clock import db_now


def look() -> int:
    """Looks at each expectation once a day, when its time has come; closes what came after all. Returns how many were
    found absent."""
    now, absent = db_now(), 0
    for row in Expectation.objects.select_related("tenant", "flow__integration"):
        with transaction.atomic():  # that it was looked at, and what was found
            absent += _look(row, now)
    late = Issue.objects.filter(error_class="absent", status=Issue.Status.OPEN).select_related("flow")
    for issue in late:
        if issue.flow is not None and _came(issue.flow, since=issue.first_seen_at):
            issues.resolve_absent(issue.flow, now=now)
    return absent


def _look(row: Expectation, now: dt.datetime) -> bool:
    local = now.astimezone(ZoneInfo(row.tenant.time_zone))
    today = local.date()
    if local.time() < row.by or row.checked_for == today:
        return False
    # Whoever wins this look is the one who tells.
    if not Expectation.objects.filter(pk=row.pk).exclude(checked_for=today).update(checked_for=today):
        return False
    by = dt.datetime.combine(today, row.by, tzinfo=local.tzinfo)
    if row.created_at > by:
        return False
    if not row.flow.enabled or row.flow.paused_reason or (row.country and not is_business_day(today, row.country)):
        return False
    first_day = today - dt.timedelta(days=1) if row.since >= row.by else today
    since = dt.datetime.combine(first_day, row.since, tzinfo=local.tzinfo)
    if _came(row.flow, since=since):
        return False
    name = row.flow.key.replace("-", " ")
    issues.for_absent(
        row.flow,
        sentence=f"No {name} came from {since:%Y-%m-%d %H:%M} to {by:%H:%M}, though some always do.",
        remedy="Ask the sender whether they were sent, and look whether the connection still works.",
        now=now,
    )
    return True


def _came(flow: Flow, *, since: dt.datetime) -> bool:
    """Whether the flow took something new; what a person replays is nothing new."""
    newest = Delivery.objects.filter(flow=flow, replays=None).order_by("-pk").values_list("created_at", flat=True)
    found = newest.first()
    return found is not None and found >= since

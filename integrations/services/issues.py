"""What people do to issues."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from integrations.engine import flood
from integrations.models import Delivery, Issue, State
from integrations.services.deliveries import AT_ONCE, Many, dismiss, each, reopen
from portal.audit import trail
from portal.common.clock import db_now
from portal.common.language import spoken
from portal.tenants.models import User


def retry(issue: Issue, *, actor: User | None, reason: str = "", limit: int = AT_ONCE) -> Many:
    """Tries again what failed because of this issue, the oldest first, at most `limit`. Those in doubt are left
    alone: it must be known first whether they arrived."""
    failed = Delivery.objects.filter(issue=issue, state=State.FAILED).order_by("pk")
    ids = list(failed.values_list("pk", flat=True)[:limit])
    return each(ids, lambda pk: reopen(pk, actor=actor, reason=reason))


def release(issue: Issue, *, actor: User | None, reason: str) -> int:
    """Lets everything go that a flood holds. Returns how many. Raises ValidationError without a reason, and for an
    issue that is none of a flood."""
    if not reason.strip():
        raise ValidationError(_("Say why they are released."))
    if issue.error_class != flood.CLASS:
        raise ValidationError(_("Only what waits because there was so much of it is released."))
    return flood.release(issue, actor=actor, reason=reason)


def dismiss_issue(issue: Issue, *, actor: User | None, reason: str, limit: int = AT_ONCE) -> Many:
    """Closes an issue that nobody will act on: dismisses what failed because of it, and the issue once nothing is
    left."""
    if not reason.strip():
        raise ValidationError(_("Say why nothing is done about it."))
    if issue.error_class == flood.CLASS:
        return Many(flood.dismiss(issue, actor=actor, reason=reason), ())
    failed = Delivery.objects.filter(issue=issue, state=State.FAILED).order_by("pk")
    ids = list(failed.values_list("pk", flat=True)[:limit])
    many = each(ids, lambda pk: dismiss(pk, actor=actor, reason=reason))
    with transaction.atomic():
        row = Issue.objects.select_for_update().get(pk=issue.pk)
        still = Delivery.objects.filter(issue=row, state__in=[State.FAILED, State.IN_DOUBT, State.WAITING]).count()
        if still and not many.done:
            raise ValidationError(
                _("%(still)s deliveries of it are in doubt or waiting: settle or dismiss those first.")
                % {"still": still}
            )
        if not still and row.status != Issue.Status.DISMISSED:
            row.status, row.resolved_at, row.resolution = Issue.Status.DISMISSED, db_now(), reason[:300]
            row.save(update_fields=["status", "resolved_at", "resolution"])
            trail.record(
                trail.event(
                    row.tenant_id,
                    "issue.dismissed",
                    f"{row.sentence[:300]}: {reason}",
                    object_type="issue",
                    object_id=row.pk,
                    actor=actor,
                )
            )
    return many


def snooze(issue: Issue, *, until: dt.datetime, actor: User | None, reason: str = "") -> None:
    """Has nobody reminded of an open issue until then: it stays open, and what hangs on it still hangs. Raises
    ValidationError for an issue that is closed, and for a time that is past."""
    with transaction.atomic():
        row = Issue.objects.select_for_update().get(pk=issue.pk)
        if row.status != Issue.Status.OPEN:
            raise ValidationError(_("It is %(status)s already.") % {"status": spoken(row.get_status_display())})
        if until <= db_now():
            raise ValidationError(_("Until when? That time is past."))
        row.snoozed_until = until
        row.save(update_fields=["snoozed_until"])
        trail.record(
            trail.event(
                row.tenant_id,
                "issue.snoozed",
                f"{row.sentence[:300]}: until {until:%Y-%m-%d %H:%M} UTC. {reason}".strip(),
                object_type="issue",
                object_id=row.pk,
                actor=actor,
            )
        )


def wake(issue: Issue, *, actor: User | None) -> None:
    """Ends a snooze at once."""
    with transaction.atomic():
        if Issue.objects.filter(pk=issue.pk, snoozed_until__isnull=False).update(snoozed_until=None):
            trail.record(
                trail.event(
                    issue.tenant_id,
                    "issue.woken",
                    issue.sentence[:300],
                    object_type="issue",
                    object_id=issue.pk,
                    actor=actor,
                )
            )

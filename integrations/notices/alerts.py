"""Mail to people: one when an incident begins and one when it is over, a daily digest; nothing in quiet hours.

An incident is an issue, however many records it hits: equal problems of one flow are one issue. What is expected and
does not come, late acknowledgments and an allowance that will not last are issues too, and so are told the same way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import AbstractContextManager
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import transaction
from django.db.models import Count
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integrations.models import Delivery, Issue, State
from integrations.notices.models import Alerting, Kind, Mail, Notice
from portal.common.clock import db_now
from portal.tenants.models import Membership, Role, Tenant, User


def tell_of_issue(notice: Notice, alerting: Alerting, *, now: dt.datetime) -> None:
    """Queues the mail of an issue that began or is over. Called in the transaction that keeps the notice. What is over
    before its mail went is not told at all: the digest counts it."""
    issue = notice.body["issue"]
    begun = f"issue:{issue}:opened"
    if notice.kind == Kind.ISSUE_OPENED:
        if alerting.mail_to:
            with language_of(alerting.mail_to):
                what = _("What to do:")
            remedy = f"\n\n{what} {notice.body['remedy']}" if notice.body["remedy"] else ""
            queue(
                alerting.tenant,
                begun,
                alerting.mail_to,
                f"{alerting.tenant}: {notice.subject}",
                f"{notice.body['sentence']}{remedy}\n\n{_page(alerting.tenant, f'issues/{issue}/')}\n",
                now=now,
                not_before=after_quiet_hours(alerting, now),
            )
        return
    first = Mail.objects.select_for_update().filter(tenant=alerting.tenant_id, key=begun).first()
    if first is None or first.dropped_at is not None:
        return
    if first.sent_at is None and (first.lease_until is None or first.lease_until < now):
        Mail.objects.filter(pk=first.pk).update(dropped_at=now, problem="It was over before the mail went.")
        return
    with language_of(first.to):
        how = notice.body["resolution"] or _("It was closed.")
        over = _("%(tenant)s: over: %(subject)s") % {"tenant": alerting.tenant, "subject": notice.subject}
        text = _("This is over: %(sentence)s") % {"sentence": notice.body["sentence"]}
    queue(
        alerting.tenant,
        f"issue:{issue}:resolved",
        first.to,
        over,
        f"{text}\n\n{how}\n\n{_page(alerting.tenant, f'issues/{issue}/')}\n",
        now=now,
        not_before=after_quiet_hours(alerting, now),
    )


def language_of(addresses: Sequence[str]) -> AbstractContextManager[None]:
    """Within, mail is written in the language that those of its readers who chose one agree on, else in English. What
    an issue says stays as it was written."""
    chosen = set(User.objects.filter(email__in=addresses).values_list("language", flat=True))
    return translation.override(chosen.pop() if len(chosen) == 1 and "" not in chosen else settings.LANGUAGE_CODE)


def queue(
    tenant: Tenant,
    key: str,
    to: Sequence[str],
    subject: str,
    text: str,
    *,
    now: dt.datetime,
    not_before: dt.datetime | None = None,
) -> None:
    """Puts a mail into the queue, once by its key."""
    line = " ".join(subject.split())[:200]
    Mail.objects.get_or_create(
        tenant=tenant,
        key=key,
        defaults={
            "to": list(to),
            "subject": line,
            "text": text,
            "not_before": not_before or now,
            "created_at": now,
        },
    )


def queue_for_owners(tenant: Tenant, key: str, subject: str, text: str, *, now: dt.datetime) -> None:
    """The same, to the owners of the company, whatever they chose to be told."""
    owners = Membership.objects.filter(tenant=tenant, role=Role.OWNER, user__is_active=True)
    to = sorted(owners.values_list("user__email", flat=True))
    if to:
        queue(tenant, key, to, subject, text, now=now)


def after_quiet_hours(alerting: Alerting, now: dt.datetime) -> dt.datetime:
    """Now, or the end of the quiet hours that now falls into, by the tenant's zone."""
    start, end = alerting.quiet_from, alerting.quiet_until
    if start is None or end is None or start == end:
        return now
    local = now.astimezone(ZoneInfo(alerting.tenant.time_zone))
    time = local.time()
    is_quiet = start <= time < end if start < end else (time >= start or time < end)
    if not is_quiet:
        return now
    day = local.date() + dt.timedelta(days=1 if time >= end else 0)
    return dt.datetime.combine(day, end, tzinfo=local.tzinfo).astimezone(dt.UTC)


# --- The daily digest


def send_digests() -> int:
    """Queues the digest of yesterday for each tenant whose hour has come. Returns how many."""
    now, made = db_now(), 0
    for alerting in Alerting.objects.filter(digest_at__isnull=False).select_related("tenant"):
        local = now.astimezone(ZoneInfo(alerting.tenant.time_zone))
        today = local.date()
        is_due = alerting.digest_at is not None and local.time() >= alerting.digest_at
        if not alerting.mail_to or not is_due or alerting.digest_sent_for == today:
            continue
        midnight = dt.datetime.combine(today, dt.time(), tzinfo=local.tzinfo)
        begin = dt.datetime.combine(today - dt.timedelta(days=1), dt.time(), tzinfo=local.tzinfo)
        with language_of(alerting.mail_to):
            subject = f"{alerting.tenant}: {date_format(begin, 'l')} {begin:%Y-%m-%d}"
            text = digest(alerting.tenant, begin, midnight)
        with transaction.atomic():
            queue(
                alerting.tenant,
                f"digest:{today}",
                alerting.mail_to,
                subject,
                text,
                now=now,
            )
            Alerting.objects.filter(pk=alerting.pk).update(digest_sent_for=today)
        made += 1
    return made


def digest(tenant: Tenant, begin: dt.datetime, end: dt.datetime) -> str:
    """What happened from `begin` to before `end`, and what is open now."""
    rows = Delivery.objects.filter(tenant=tenant)
    came = rows.filter(since__gte=begin, since__lt=end, state__in=[State.DELIVERED, State.FAILED])
    counts = dict(came.order_by().values_list("state").annotate(Count("pk")))
    issues = Issue.objects.filter(tenant=tenant)
    began = issues.filter(first_seen_at__gte=begin, first_seen_at__lt=end).count()
    ended = issues.filter(resolved_at__gte=begin, resolved_at__lt=end).count()
    open_issues = issues.filter(status=Issue.Status.OPEN)
    hanging = rows.filter(state__in=[State.FAILED, State.IN_DOUBT]).count()
    lines = [
        _("Delivered: %(n)s") % {"n": intcomma(counts.get(State.DELIVERED, 0))},
        _("Failed, and failed still: %(n)s") % {"n": intcomma(counts.get(State.FAILED, 0))},
        _("Issues that began: %(n)s") % {"n": intcomma(began)},
        _("Issues that ended: %(n)s") % {"n": intcomma(ended)},
        "",
        _("Now open: %(issues)s issues, %(deliveries)s deliveries that need somebody")
        % {"issues": intcomma(open_issues.count()), "deliveries": intcomma(hanging)},
        *(
            f"  - {sentence}"
            for sentence in open_issues.order_by("first_seen_at").values_list("sentence", flat=True)[:10]
        ),
        "",
        _page(tenant, "issues/"),
    ]
    return "\n".join(lines) + "\n"


def _page(tenant: Tenant, path: str) -> str:
    return f"{settings.BASE_URL}/t/{tenant.slug}/{path}"

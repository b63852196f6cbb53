"""Who is told by webhook, and the mail of alerts: made, changed, tried and switched by people and programs. Every
change stays in the audit trail; no secret does."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from integrations.engine import dispatch
from integrations.engine.cadence import countries
from integrations.http.egress import check_address
from integrations.http.errors import Fault
from integrations.models import Flow
from integrations.notices import signing
from integrations.notices.models import Alerting, Expectation, Kind, Message, Notice, Subscriber
from portal.audit import trail
from portal.common.clock import db_now
from portal.tenants.models import Tenant, User

FORMER_COUNTS_FOR = dt.timedelta(hours=24)
"""So long after a rotation messages are signed with both secrets."""
MOST = 20
"""Subscribers of a tenant."""
MOST_MISSED = 10_000
TOLD = [kind for kind in Kind if kind != Kind.TEST]
"""What one can ask to be told."""


def add(
    tenant: Tenant, *, name: str, url: str, kinds: Sequence[str] = (), actor: User | None, actor_name: str = ""
) -> Subscriber:
    """Makes a subscriber with a secret of its own. Raises ValidationError for an address that must not be called, a
    name that is taken, or a kind that there is not."""
    name, url = name.strip(), url.strip()
    _check(url, kinds)
    if not name:
        raise ValidationError({"name": ["Give the webhook a name."]})
    now = db_now()
    with transaction.atomic():
        _locked_alerting(tenant)
        mine = Subscriber.objects.filter(tenant=tenant)
        if mine.filter(name=name).exists():
            raise ValidationError({"name": [f"There is a webhook called '{name}'; choose another name."]})
        if mine.count() >= MOST:
            raise ValidationError(_("There are %(MOST)s webhooks; remove one first.") % {"MOST": MOST})
        row = Subscriber.objects.create(
            tenant=tenant, name=name[:100], url=url, kinds=list(kinds), secret=signing.new_secret(), created_at=now
        )
        _note(row, "made", f"The webhook '{row.name}' tells {_host(url)}.", actor, actor_name)
    return row


def change(
    row: Subscriber,
    *,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    actor: User | None,
    actor_name: str = "",
) -> Subscriber:
    """Gives it another address, or other things to be told. Raises ValidationError."""
    url = row.url if url is None else url.strip()
    kinds = row.kinds if kinds is None else list(kinds)
    _check(url, kinds)
    with transaction.atomic():
        held = Subscriber.objects.select_for_update().get(pk=row.pk)
        if held.url == url and held.kinds == kinds:
            return held
        held.url, held.kinds, held.wait_until = url, list(kinds), None
        held.save(update_fields=["url", "kinds", "wait_until"])
        _note(held, "changed", f"The webhook '{held.name}' tells {_host(url)} {_told(held)}.", actor, actor_name)
        dispatch.wake()
    return held


def rotate_secret(row: Subscriber, *, actor: User | None, actor_name: str = "") -> Subscriber:
    """Gives it a new secret. For a day messages are signed with the former one too, so that nothing is refused while
    the other side changes over. A rotation before that ends the one before the former."""
    with transaction.atomic():
        held = Subscriber.objects.select_for_update().get(pk=row.pk)
        held.former_secret, held.former_until = held.secret, db_now() + FORMER_COUNTS_FOR
        held.secret = signing.new_secret()  # type: ignore[assignment]  # the package's field has no types
        held.save(update_fields=["secret", "former_secret", "former_until"])
        _note(held, "rotated", f"The webhook '{held.name}' has a new secret.", actor, actor_name)
    return held


def switch(row: Subscriber, *, on: bool, missed: bool = False, actor: User | None, actor_name: str = "") -> int:
    """Switches it on or off. What is queued goes when it is on again; with `missed`, also what happened while it was
    off. Returns how many messages that queued."""
    now, made = db_now(), 0
    with transaction.atomic():
        held = Subscriber.objects.select_for_update().select_related("tenant").get(pk=row.pk)
        if held.enabled != on:
            held.enabled, held.off_reason = on, "" if on else "Somebody switched it off."
            held.failing_since = held.warned_at = held.wait_until = None
            held.save(update_fields=["enabled", "off_reason", "failing_since", "warned_at", "wait_until"])
            if on:
                waiting = Message.objects.filter(subscriber=held, state=Message.State.PENDING)
                waiting.update(queued_at=now, not_before=now, tries=0)
            word = "on" if on else "off"
            _note(held, f"switched_{word}", f"The webhook '{held.name}' was switched {word}.", actor, actor_name)
        if on and missed:
            made = _queue_missed(held, now)
        dispatch.wake()
    return made


def _queue_missed(row: Subscriber, now: dt.datetime) -> int:
    notices = Notice.objects.filter(tenant=row.tenant_id, happened_at__gte=row.created_at)
    notices = notices.exclude(messages__subscriber=row).exclude(kind=Kind.TEST)
    if row.kinds:
        notices = notices.filter(kind__in=row.kinds)
    found = list(notices.order_by("-pk")[:MOST_MISSED])
    Message.objects.bulk_create(_message(row, notice, now) for notice in reversed(found))
    return len(found)


def send_test(row: Subscriber, *, actor: User | None, actor_name: str = "") -> Message:
    """Queues a message that says only that it is a test. Raises ValidationError where the webhook is off."""
    if not row.enabled:
        raise ValidationError(_("The webhook '%(name)s' is off; switch it on first.") % {"name": row.name})
    now = db_now()
    with transaction.atomic():
        notice = Notice.objects.create(
            tenant_id=row.tenant_id,
            kind=Kind.TEST,
            key=f"{Kind.TEST}:{row.pk}:{secrets.token_hex(8)}",
            subject="A test",
            body={"subscriber": row.name, "sentence": "This is a test of ml-connector. Nothing happened."},
            happened_at=now,
            created_at=now,
        )
        message = _message(row, notice, now)
        message.save()
        Subscriber.objects.filter(pk=row.pk).update(wait_until=None)  # whoever tests wants to see it now
        _note(row, "tested", f"A test was sent to the webhook '{row.name}'.", actor, actor_name)
        dispatch.wake()
    return message


def resend(message: Message, *, actor: User | None, actor_name: str = "") -> Message:
    """Queues a message again, under the same id: who has it already knows it by that. Raises ValidationError while it
    is being sent, or where the webhook is off."""
    if not message.subscriber.enabled:
        raise ValidationError(
            _("The webhook '%(subscriber)s' is off; switch it on first.") % {"subscriber": message.subscriber}
        )
    now = db_now()
    with transaction.atomic():
        held = Message.objects.select_for_update().get(pk=message.pk)
        if held.state == Message.State.SENDING:
            raise ValidationError(_("It is being sent this moment."))
        held.state, held.closed_at, held.tries = Message.State.PENDING, None, 0
        held.queued_at = held.not_before = now
        held.save(update_fields=["state", "closed_at", "tries", "queued_at", "not_before"])
        Subscriber.objects.filter(pk=held.subscriber_id).update(wait_until=None)
        _note(message.subscriber, "resent", f"{held.wire_id} was queued again.", actor, actor_name)
        dispatch.wake()
    return held


def remove(row: Subscriber, *, actor: User | None, actor_name: str = "") -> None:
    """Takes it away with its messages. What happened stays in the audit trail."""
    with transaction.atomic():
        _note(row, "removed", f"The webhook '{row.name}' to {_host(row.url)} was removed.", actor, actor_name)
        Subscriber.objects.filter(pk=row.pk).delete()


# --- Mail


def alerting_of(tenant: Tenant) -> Alerting:
    """The tenant's row, or what it would be."""
    return Alerting.objects.filter(tenant=tenant).first() or Alerting(tenant=tenant)


def _locked_alerting(tenant: Tenant) -> Alerting:
    """The row, made on first use. Where nobody was to be told so far, nothing from before is told."""
    row, _made = Alerting.objects.get_or_create(tenant=tenant, defaults={"gathered_until": db_now()})
    row = Alerting.objects.select_for_update().select_related("tenant").get(pk=row.pk)
    if not row.mail_to and not Subscriber.objects.filter(tenant=tenant).exists():
        row.gathered_until = db_now()
        row.save(update_fields=["gathered_until"])
    return row


def save_alerting(
    tenant: Tenant,
    *,
    mail_to: Sequence[str],
    quiet_from: dt.time | None,
    quiet_until: dt.time | None,
    digest_at: dt.time | None,
    actor: User | None,
    actor_name: str = "",
) -> Alerting:
    """Says who gets mail, and when. Raises ValidationError."""
    addresses = sorted({a.strip().lower() for a in mail_to if a.strip()})
    for address in addresses:
        validate_email(address)
    if (quiet_from is None) != (quiet_until is None):
        raise ValidationError(_("Quiet hours have a beginning and an end."))
    with transaction.atomic():
        row = _locked_alerting(tenant)
        row.mail_to, row.digest_at = addresses, digest_at
        row.quiet_from, row.quiet_until = quiet_from, quiet_until
        row.save(update_fields=["mail_to", "digest_at", "quiet_from", "quiet_until"])
        trail.record(
            trail.event(
                tenant,
                "alerting.changed",
                f"Alerts go to {', '.join(addresses) or 'nobody'}.",
                object_type="alerting",
                object_id=row.pk,
                actor=actor,
                actor_name=actor_name,
            )
        )
    return row


def expect(
    flow: Flow, *, since: dt.time, by: dt.time, country: str = "", actor: User | None, actor_name: str = ""
) -> Expectation:
    """Has it told when a flow took nothing between two times of day. Raises ValidationError for an unknown country."""
    if country and country not in countries():
        raise ValidationError(
            _("'%(country)s' is no country whose holidays are known; write it as SE.") % {"country": country}
        )
    with transaction.atomic():
        row, _made = Expectation.objects.update_or_create(
            tenant_id=flow.tenant_id,
            flow=flow,
            defaults={"since": since, "by": by, "country": country, "checked_for": None, "created_at": db_now()},
        )
        _note_flow(flow, f"Something is expected by {by:%H:%M}.", actor, actor_name)
    return row


def expect_no_more(flow: Flow, *, actor: User | None, actor_name: str = "") -> None:
    """Nothing is expected of the flow by a time of day any more."""
    with transaction.atomic():
        if Expectation.objects.filter(flow=flow).delete()[0]:
            _note_flow(flow, "Nothing is expected by a time of day.", actor, actor_name)


# --- inside


def _note_flow(flow: Flow, summary: str, actor: User | None, actor_name: str) -> None:
    trail.record(
        trail.event(
            flow.tenant_id,
            "flow.expected",
            f"{flow}: {summary}",
            object_type="flow",
            object_id=flow.pk,
            actor=actor,
            actor_name=actor_name,
        )
    )


def _check(url: str, kinds: Sequence[str]) -> None:
    unknown = [kind for kind in kinds if kind not in TOLD]
    if unknown:
        raise ValidationError({"kinds": [f"'{unknown[0]}' is nothing that is told; see the reference."]})
    try:
        parts = urlsplit(url)
        if parts.username or parts.password or len(url) > 500:
            raise ValidationError({"url": ["The address has at most 500 characters and no password in it."]})
        check_address(url)
    except (Fault, ValueError) as error:  # urlsplit raises it for what is no address
        said = f"{error.sentence} {error.remedy}".strip() if isinstance(error, Fault) else "It is no address."
        raise ValidationError({"url": [said]}) from error


def _message(row: Subscriber, notice: Notice, now: dt.datetime) -> Message:
    return Message(
        tenant_id=row.tenant_id, subscriber=row, notice=notice, queued_at=now, not_before=now, created_at=now
    )


def _told(row: Subscriber) -> str:
    return f"of {', '.join(row.kinds)}" if row.kinds else "of everything"


def _host(url: str) -> str:
    """An address may be a secret in itself: of it only the host is told."""
    return urlsplit(url).hostname or ""


def _note(row: Subscriber, what: str, summary: str, actor: User | None, actor_name: str, **details: Any) -> None:
    trail.record(
        trail.event(
            row.tenant_id,
            f"subscriber.{what}",
            summary,
            object_type="subscriber",
            object_id=row.pk,
            actor=actor,
            actor_name=actor_name,
            details=details,
        )
    )

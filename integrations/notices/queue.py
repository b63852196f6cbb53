"""Sending what is queued: claimed with a lease, tried over a day, given up visibly."""

from __future__ import annotations

import datetime as dt
import time

import msgspec
import structlog
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest

from integrations.http import outward
from integrations.http.errors import ConfigError, Fault
from integrations.notices import alerts, signing
from integrations.notices.models import Mail, Message, MessageTry, Subscriber
from portal.audit import trail
from portal.common.clock import db_now

log = structlog.get_logger()

LEASE = dt.timedelta(seconds=60)
"""Longer than a call may last."""
PAUSES = tuple(dt.timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600, 7200, 14_400))
"""After the first try, the second, …; then the last one again, until TRIED_FOR is over."""
TRIED_FOR = dt.timedelta(hours=24)
LONGEST_WAIT = dt.timedelta(minutes=5)
"""So long at most a subscriber that does not answer keeps all its messages waiting."""
OFF_AFTER = dt.timedelta(days=3)
"""A subscriber that took nothing for so long is switched off."""
GONE = 410
MAIL_TRIES = 10

Item = Message | Mail


def anything_due(now: dt.datetime) -> bool:
    return _messages(now).exists() or _mails(now).exists()


def next_due() -> dt.datetime | None:
    """When the next message or mail may go."""
    rows = Message.objects.filter(state=Message.State.PENDING, subscriber__enabled=True)
    moments = [
        rows.aggregate(at=Min(Greatest("not_before", Coalesce("subscriber__wait_until", "not_before"))))["at"],
        Mail.objects.filter(sent_at=None, dropped_at=None).aggregate(at=Min("not_before"))["at"],
    ]
    return min((m for m in moments if m is not None), default=None)


def _messages(now: dt.datetime) -> QuerySet[Message]:
    """Messages that may be sent now. One whose worker died is sent again: its id is the same, so that the subscriber
    knows it."""
    pending = Q(state=Message.State.PENDING, not_before__lte=now)
    abandoned = Q(state=Message.State.SENDING, lease_until__lt=now)
    free = Q(subscriber__wait_until=None) | Q(subscriber__wait_until__lte=now)
    return Message.objects.filter(pending | abandoned, free, subscriber__enabled=True)


def _mails(now: dt.datetime) -> QuerySet[Mail]:
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    return Mail.objects.filter(free, sent_at=None, dropped_at=None, not_before__lte=now)


def claim(worker: str) -> Item | None:
    """Takes what has waited longest, or None."""
    now = db_now()
    if _messages(now).exists():
        with transaction.atomic():
            rows = _messages(now).select_for_update(skip_locked=True, of=("self",))
            message = rows.select_related("subscriber", "notice", "tenant").order_by("not_before", "pk").first()
            if message is not None:
                message.state, message.lease_until, message.worker = Message.State.SENDING, now + LEASE, worker
                message.fence, message.tries = message.fence + 1, message.tries + 1
                message.save(update_fields=["state", "lease_until", "worker", "fence", "tries"])
                return message
    if _mails(now).exists():
        with transaction.atomic():
            mails = _mails(now).select_for_update(skip_locked=True, of=("self",)).select_related("tenant")
            mail = mails.order_by("not_before", "pk").first()
            if mail is not None:
                mail.lease_until, mail.tries = now + LEASE, mail.tries + 1
                mail.save(update_fields=["lease_until", "tries"])
                return mail
    return None


def carry_out(item: Item) -> None:
    """Sends what was claimed. Never raises for what it is about."""
    if isinstance(item, Message):
        _send(item)
    else:
        _mail(item)


# --- Messages


def body_of(message: Message) -> bytes:
    """The bytes of a message: the same at every try."""
    notice = message.notice
    told = {"type": notice.kind, "timestamp": notice.happened_at.isoformat(), "data": notice.body}
    return msgspec.json.encode(told, order="sorted")


def live_keys(subscriber: Subscriber, now: dt.datetime) -> list[str]:
    """The secrets that sign: the current one, and the former while it still counts."""
    keys = [str(subscriber.secret)]
    if subscriber.former_secret and subscriber.former_until is not None and subscriber.former_until > now:
        keys.append(str(subscriber.former_secret))
    return keys


def _send(message: Message) -> None:
    now, body = db_now(), body_of(message)
    subscriber = message.subscriber
    row = MessageTry.objects.create(tenant_id=message.tenant_id, message=message, started_at=now)
    signed = signing.headers(wire_id=message.wire_id, at=now, body=body, keys=live_keys(subscriber, now))
    begin, told, fault = time.monotonic(), None, None
    try:
        headers = {"Content-Type": "application/json", **signed}
        told = outward.post(subscriber.url, body=body, headers=headers, label=subscriber.name)
    except Fault as error:
        fault = error
    took, now = int((time.monotonic() - begin) * 1000), db_now()
    arrived = told is not None and 200 <= told.status < 300
    problem = "" if arrived else (fault.sentence if fault else f"It answered {told.status if told else ''}.")[:300]
    with transaction.atomic():
        answer = told.body.decode("utf-8", "replace").replace("\x00", "")[:500] if told else ""
        MessageTry.objects.filter(pk=row.pk).update(
            closed_at=now, status=told.status if told else None, problem=problem, answer=answer, milliseconds=took
        )
        # Locked in one order by all: the subscriber, then the message.
        held = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
        mine = Message.objects.filter(pk=message.pk, fence=message.fence, state=Message.State.SENDING)
        if arrived:
            mine.update(state=Message.State.DELIVERED, closed_at=now, problem="", lease_until=None, worker="")
            held.failing_since = held.warned_at = held.wait_until = None
            held.last_success_at = now
            held.save(update_fields=["failing_since", "warned_at", "wait_until", "last_success_at"])
            return
        pause = PAUSES[min(message.tries - 1, len(PAUSES) - 1)]
        ends = message.queued_at + TRIED_FOR
        if now >= ends:
            mine.update(state=Message.State.FAILED, closed_at=now, problem=problem, lease_until=None, worker="")
        else:
            mine.update(
                state=Message.State.PENDING,
                not_before=min(now + pause, ends),
                problem=problem,
                lease_until=None,
                worker="",
            )
        held.failing_since = held.failing_since or now
        held.wait_until = now + min(pause, LONGEST_WAIT)
        held.save(update_fields=["failing_since", "wait_until"])
        status = told.status if told else None
        _judge(held, problem, gave_up=now >= ends, status=status, forbidden=isinstance(fault, ConfigError), now=now)


def _judge(
    subscriber: Subscriber, problem: str, *, gave_up: bool, status: int | None, forbidden: bool, now: dt.datetime
) -> None:
    """After a try that did not arrive: warns the owners once a message was given up, switches off what takes nothing
    for days, or says itself that it is gone, or leads where nothing is called."""
    since = subscriber.failing_since or now
    if status == GONE:
        switch_off(subscriber, "It answered 410 Gone.", now=now)
    elif forbidden:
        switch_off(subscriber, problem, now=now)
    elif now - since >= OFF_AFTER:
        switch_off(subscriber, f"It has taken nothing since {since:%Y-%m-%d %H:%M} UTC. {problem}", now=now)
    elif gave_up and subscriber.warned_at is None:
        Subscriber.objects.filter(pk=subscriber.pk).update(warned_at=now)
        text = (
            f"The webhook '{subscriber.name}' has taken nothing since {since:%Y-%m-%d %H:%M} UTC, and a first message "
            f"was given up. {problem}\n\nIf nothing changes, it is switched off "
            f"{since + OFF_AFTER:%Y-%m-%d %H:%M} UTC. Messages that were given up can be resent.\n"
        )
        alerts.queue_for_owners(
            subscriber.tenant,
            f"subscriber:{subscriber.pk}:warned:{int(now.timestamp())}",
            f"{subscriber.tenant}: the webhook '{subscriber.name}' does not answer",
            text,
            now=now,
        )


def switch_off(subscriber: Subscriber, why: str, *, now: dt.datetime) -> None:
    """Switches a subscriber off and tells its owners. What is queued stays queued, and goes when it is switched on."""
    Subscriber.objects.filter(pk=subscriber.pk).update(enabled=False, off_reason=why[:300])
    trail.record(
        trail.event(
            subscriber.tenant_id,
            "subscriber.switched_off",
            f"The webhook '{subscriber.name}' was switched off: {why}",
            object_type="subscriber",
            object_id=subscriber.pk,
        )
    )
    alerts.queue_for_owners(
        subscriber.tenant,
        f"subscriber:{subscriber.pk}:off:{int(now.timestamp())}",
        f"{subscriber.tenant}: the webhook '{subscriber.name}' was switched off",
        f"The webhook '{subscriber.name}' was switched off: {why}\n\nWhat was queued for it is kept. Correct it and "
        "switch it on again on the page Webhooks.\n",
        now=now,
    )


# --- Mail


def _mail(mail: Mail) -> None:
    try:
        EmailMessage(mail.subject, mail.text, None, [], bcc=mail.to).send()
    except (OSError, ValueError) as error:  # smtplib's errors are OSErrors; a header that cannot be is a ValueError
        log.warning("notices.mail_failed", mail=mail.pk, error=type(error).__name__)
        now = db_now()
        again = now + PAUSES[min(mail.tries - 1, len(PAUSES) - 1)]
        dropped = now if mail.tries >= MAIL_TRIES else None
        Mail.objects.filter(pk=mail.pk).update(
            lease_until=None, not_before=again, problem=f"{type(error).__name__}: {error}"[:300], dropped_at=dropped
        )
        return
    Mail.objects.filter(pk=mail.pk).update(sent_at=db_now(), lease_until=None, problem="")

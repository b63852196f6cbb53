"""Closing a try (T3): what a verdict or a fault makes of a delivery."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from django.db import IntegrityError, transaction

from edi import services as edi
from edi.models import Direction, TransactionSet
from integrations.engine import dispatch, hints, issues, overdue
from integrations.engine.backoff import GIVE_UP_AFTER, pause_after
from integrations.flows.contract import RECALL, REDUCTION, FlowSpec, Keep
from integrations.flows.registry import flow_spec
from integrations.http.errors import (
    ConfigError,
    Conflict,
    Fault,
    NeedsApproval,
    Paused,
    RateLimited,
    Rejected,
    Transient,
    Unauthorized,
    Unknown,
)
from integrations.http.recorder import Recorded
from integrations.models import Attempt, Delivery, Exchange, Link, State
from integrations.systems.contract import Accepted, Confirms, Delivered, Effect, NotNeeded, Unmappable
from portal.audit import trail
from portal.common.clock import db_now, now_if

CONFIG_PAUSE = dt.timedelta(minutes=15)
CONFLICTS_ALLOWED = 5
FIRST_LOOK = dt.timedelta(seconds=5)
"""After an unknown outcome: it is mostly there. That it is not there counts later, past the target's delay."""
SHORT_WAIT = dt.timedelta(seconds=5)
"""Before an allowance is there again, so short a wait is not worth moving others for."""
PUT_OFF_AT_ONCE = 5_000
APPROVAL = "a person's approval"
"""What a delivery waits for that nobody has said yes to."""


def set_state(delivery: Delivery, state: State, now: dt.datetime, *, reason: str = "") -> None:
    """Moves a delivery in memory; the caller saves."""
    delivery.state, delivery.since, delivery.reason = state, now, reason[:500]
    delivery.lease_until, delivery.worker = None, ""
    delivery.closed_at = now if state in (State.DELIVERED, State.NO_EFFECT, State.SUPERSEDED, State.DISMISSED) else None


def keep_exchanges(delivery: Delivery, said: Sequence[Recorded]) -> list[Exchange]:
    """Rows for what was said at the delivery's target."""
    return list(Exchange.objects.bulk_create([e.row(delivery.sink_connection, None) for e in said]))


def close_attempt(
    attempt: Attempt,
    said: Sequence[Recorded] | Sequence[Exchange],
    delivery: Delivery,
    *,
    outcome: str,
    detail: str,
    now: dt.datetime,
) -> None:
    """Closes an attempt with what was said (rows, where several attempts share it). Always: even a try whose lease was
    lost has happened."""
    rows = [e for e in said if isinstance(e, Exchange)]
    rows += keep_exchanges(delivery, [e for e in said if isinstance(e, Recorded)])
    attempt.exchanges.add(*rows)
    Attempt.objects.filter(pk=attempt.pk).update(closed_at=now, outcome=outcome[:20], detail=detail[:500])


def apply_effect(
    delivery: Delivery,
    attempt: Attempt,
    effect: Effect,
    said: Sequence[Recorded] | Sequence[Exchange],
    spec: FlowSpec,
    *,
    confirms: Confirms,
    visibility: dt.timedelta,
) -> None:
    """T3 of a send: stores the try, and moves the delivery if this worker still holds it. If not, what it did is in
    the attempt, and the delivery is in doubt already, because its lease ended while the attempt was open."""
    name, detail = _named(effect)
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(of=("self",))
        held_at = now_if(rows.filter(pk=delivery.pk, fence=delivery.fence, state=State.SENDING))
        now = held_at or db_now()
        close_attempt(attempt, said, delivery, outcome=name, detail=detail, now=now)
        if held_at is None:
            return
        match effect:
            case Delivered() | Accepted():
                succeed(delivery, effect, spec, confirms=confirms, now=now)
            case NotNeeded():
                set_state(delivery, State.NO_EFFECT, now, reason=effect.reason)
                settled(delivery, effect.reason, now)
            case Fault():
                fail(delivery, effect, visibility=visibility, now=now)
        delivery.save()
        audit_outcome(delivery, now)


def succeed(
    delivery: Delivery, effect: Delivered | Accepted, spec: FlowSpec, *, confirms: Confirms, now: dt.datetime
) -> None:
    """In memory and in the rows beside it: the target has the effect."""
    issues.resolve_connection(delivery.sink_connection, now=now)
    _note_there(delivery, effect, now)
    if isinstance(effect, Accepted) and confirms.later:
        if delivery.state != State.ACCEPTED:
            delivery.deadline = now + confirms.deadline
        set_state(delivery, State.ACCEPTED, now)
        delivery.not_before = now + confirms.poll
        return
    _close(delivery, effect, spec, now)


def arrived(delivery: Delivery, effect: Delivered, spec: FlowSpec, *, why: str, now: dt.datetime) -> None:
    """The same for what a person says is there: that the target answers is not known by it."""
    _note_there(delivery, effect, now)
    _close(delivery, effect, spec, now, how=why)
    delivery.reason = why[:500]


def _note_there(delivery: Delivery, effect: Delivered | Accepted, now: dt.datetime) -> None:
    delivery.transient_failures, delivery.error_class = 0, ""
    delivery.target_id = effect.target_id[:200] or delivery.target_id
    sent = delivery.transaction_set
    if sent is not None and sent.interchange.direction == Direction.OUT:
        edi.note_sent(sent, network_id=delivery.target_id, status=effect.status, now=now)
    elif sent is not None and effect.status:
        edi.note_status(sent, effect.status)


def _close(
    delivery: Delivery,
    effect: Delivered | Accepted,
    spec: FlowSpec,
    now: dt.datetime,
    *,
    how: str = "It was delivered.",
) -> None:
    differs = effect.differs if isinstance(effect, Delivered) else None
    set_state(delivery, State.DELIVERED, now, reason=differs.reason if differs is not None else "")
    delivery.deadline, delivery.base = None, {}
    if differs is not None:
        issues.of_differs(delivery, differs, now=now)
    names_it = delivery.operation == "send" and delivery.purpose != REDUCTION
    names_it = names_it and (delivery.purpose != "cancellation" or not _is_linked(delivery, spec))
    if isinstance(effect, Delivered) and delivery.transaction_set is None and delivery.target_id and names_it:
        _link(delivery, effect, spec, now)
    settled(delivery, how, now)


def _is_linked(delivery: Delivery, spec: FlowSpec) -> bool:
    """What takes an object back may be a document of its own (a credit note): the object keeps the name it has."""
    return Link.objects.filter(
        integration_id=delivery.integration_id, entity=spec.entity, source_id=delivery.record.source_id
    ).exists()


def _link(delivery: Delivery, effect: Delivered, spec: FlowSpec, now: dt.datetime) -> None:
    """Notes what the object is called on both sides. Where another object has that name already, the effect is there
    all the same: it stays delivered, and somebody has to look."""
    link = Link(
        tenant_id=delivery.tenant_id,
        integration_id=delivery.integration_id,
        entity=spec.entity,
        source_id=delivery.record.source_id,
        target_id=delivery.target_id,
        one_to_one=spec.one_to_one,
        version_tag=effect.version_tag[:100],
        created_at=now,
    )
    try:
        # Only the second unique key can refuse it; without that, no savepoint is needed.
        with transaction.atomic() if spec.one_to_one else nullcontext():
            Link.objects.bulk_create(
                [link],
                update_conflicts=True,
                unique_fields=["integration", "entity", "source_id"],
                update_fields=["target_id", "one_to_one", "version_tag", "created_at"],
            )
        dispatch.wake_waiting(
            integration_id=delivery.integration_id, entity=spec.entity, source_id=delivery.record.source_id, now=now
        )
    except IntegrityError:
        error = Rejected(
            f"{delivery.business_number} is {delivery.target_id} there, which belongs to another {spec.entity}.",
            remedy="Look at both sides: two records have become one.",
        )
        issues.for_delivery(delivery, error, now=now)


def keep(delivery: Delivery, prepared: Keep) -> None:
    """Effect and closing of a delivery that has no effect in another system, in one transaction, if this worker still
    holds it. Raises what the effect raises; then nothing of it stays."""
    now = db_now()
    with transaction.atomic():
        held = (
            Delivery.objects.select_for_update(of=("self",))
            .filter(pk=delivery.pk, fence=delivery.fence, state=State.SENDING, lease_until__gt=now)
            .exists()
        )
        if not held:
            return
        kept = prepared.keep(now)
        delivery.document_digest, delivery.transaction_set = prepared.digest, kept.transaction_set
        delivery.error_class = ""
        set_state(delivery, State.DELIVERED, now, reason=kept.summary)
        delivery.save()
        for sent in kept.in_order:
            issues.resolve_document(sent, now=now)
        for problem in kept.problems:
            if problem.error_class == "overdue" and isinstance(problem.about, TransactionSet):
                overdue.report([problem.about], now=now)
            else:
                issues.for_document(delivery, problem, now=now)
        if kept.in_order or kept.problems:
            overdue.close_answered(delivery.tenant_id, now=now)
        hints.make_due(delivery.sink_connection_id, kept.brought, at=now, now=now)
        settled(delivery, kept.summary, now)
        audit_outcome(delivery, now)


def settled(delivery: Delivery, how: str, now: dt.datetime) -> None:
    """After a delivery is closed: its issue, and earlier ones of its lane, may be over. The lane goes on by itself: the
    thread that closed it looks for the next thing to do."""
    if delivery.issue_id is not None:
        issues.resolve_if_settled(delivery.issue, how, now=now, apart_from=delivery.pk)
    wake_those_who_wait_for(delivery, now)


def wake_those_who_wait_for(delivery: Delivery, now: dt.datetime) -> None:
    """What another flow does about the same record may have waited for this one to be closed, however it ended: the
    answer to an order change waits for the change. So may what waits for a later operation, as a receipt for the
    lines of its order, or what waits for a newer version of its vendor, which then turns out to say nothing new."""
    is_later = delivery.operation not in ("send", "cancel", RECALL)
    is_in_books = delivery.operation == "send" and delivery.sink_connection_id == delivery.integration.books_id
    writes_no_link = delivery.operation == "send" and delivery.state == State.NO_EFFECT
    if not (is_later or is_in_books or writes_no_link):
        return
    try:
        spec = flow_spec(delivery.flow.full_key)
    except KeyError:
        return  # of a release that is no longer installed: nothing of it waits
    dispatch.wake_waiting(
        integration_id=delivery.integration_id, entity=spec.entity, source_id=delivery.record.source_id, now=now
    )


def fail(delivery: Delivery, error: Exception, *, visibility: dt.timedelta, now: dt.datetime) -> None:
    """In memory, and with its issue: what an error makes of a delivery that was being sent."""
    before, delivery.error_class = delivery.error_class, issues.error_class(error)
    if isinstance(error, Fault) and error.progress:
        delivery.frozen_meta = {**delivery.frozen_meta, "progress": error.progress}
    match error:
        case RateLimited():
            _retry(delivery, error.retry_at, error.sentence, now)
            if error.connection_id == delivery.sink_connection_id and error.retry_at > now + SHORT_WAIT:
                _put_off_others(delivery, error.retry_at, error.sentence)
        case Paused():
            _retry(delivery, error.retry_at, error.sentence, now)
        case Transient():
            delivery.transient_failures += 1
            if delivery.transient_failures >= GIVE_UP_AFTER:
                _give_up(delivery, error, now)
            else:
                pause = pause_after(delivery.transient_failures, at_least=error.retry_after)
                _retry(delivery, now + pause, error.sentence, now)
        case NeedsApproval():
            thaw(delivery)
            delivery.approval = {"asks": list(error.asks), "digest": error.digest, "since": now.isoformat()}
            set_state(delivery, State.WAITING, now, reason=error.sentence)
            delivery.waits_for = APPROVAL
            issues.for_delivery(delivery, error, now=now)
        case Conflict():
            delivery.base = {**error.base, **(delivery.base or {})}
            if before == Transient.kind:
                delivery.transient_failures = 0  # what an outage took of tries is not taken of these
            delivery.transient_failures += 1
            if delivery.transient_failures >= CONFLICTS_ALLOWED:
                _give_up(delivery, error, now)
            else:
                if not is_half_done(delivery):
                    thaw(delivery)
                _retry(delivery, now + pause_after(delivery.transient_failures), error.sentence, now)
        case ConfigError() | Unauthorized():
            _retry(delivery, now + CONFIG_PAUSE, error.sentence, now)
            issues.for_connection(delivery.sink_connection, error, now=now)
        case Rejected() | Unmappable():
            _give_up(delivery, error, now)
        case Fault(certainly_not_applied=True):
            _give_up(delivery, error, now)
        case _:
            # Unknown outcome, or a bug after the call had begun: nobody knows whether it was applied.
            reason = error.sentence if isinstance(error, Unknown) else f"{type(error).__name__} while it was sent."
            set_state(delivery, State.IN_DOUBT, now, reason=reason)
            delivery.not_before = now + min(visibility, FIRST_LOOK)
            if not isinstance(error, Unknown):
                issues.for_delivery(delivery, error, now=now)


def _put_off_others(refused: Delivery, until: dt.datetime, why: str) -> None:
    """Puts off what would meet the same refusal: what is to go to the connection at which `refused` found the calls
    used up. Thousands may be due there, and each would be claimed and prepared only to be put back, in every window
    anew. What waits for something else keeps saying so."""
    same = Delivery.objects.filter(sink_connection_id=refused.sink_connection_id, state=State.PENDING, waits_for="")
    due = same.filter(not_before__lt=until).exclude(pk=refused.pk).order_by("not_before")
    # What others hold is left to them: two workers that are refused together would wait for each other's rows.
    free = due.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)
    found = list(free[:PUT_OFF_AT_ONCE])
    Delivery.objects.filter(pk__in=found).update(not_before=until, reason=why[:500], error_class=RateLimited.kind)


def is_half_done(delivery: Delivery) -> bool:
    """Whether a part of its effect was made already: then its bytes stay as they are, or that part would be made
    twice."""
    return bool((delivery.frozen_meta or {}).get("progress"))


def thaw(delivery: Delivery) -> None:
    """Forgets the frozen bytes: the next try is prepared anew. Only where it is certain that they were not applied."""
    delivery.frozen, delivery.frozen_meta, delivery.transaction_set = None, {}, None
    delivery.target_id = ""


def _retry(delivery: Delivery, at: dt.datetime, why: str, now: dt.datetime) -> None:
    set_state(delivery, State.PENDING, now, reason=why)
    delivery.not_before = at


def _give_up(delivery: Delivery, error: Exception, now: dt.datetime) -> None:
    sentence = getattr(error, "sentence", "") or f"{type(error).__name__}: {error}"
    set_state(delivery, State.FAILED, now, reason=sentence)
    issues.for_delivery(delivery, error, now=now)


def _named(effect: Effect) -> tuple[str, str]:
    match effect:
        case Delivered():
            return "delivered", effect.target_id
        case Accepted():
            return "accepted", effect.target_id
        case NotNeeded():
            return "not needed", effect.reason
        case Fault():
            return effect.kind, effect.sentence


def audit_outcome(delivery: Delivery, now: dt.datetime) -> None:
    """One line an outcome. Waiting for an allowance or an open breaker is none."""
    if delivery.error_class in ("paused", "rate_limited") and delivery.state == State.PENDING:
        return
    details: dict[str, Any] = {"try": delivery.tries, "purpose": delivery.purpose}
    if delivery.target_id:
        details["target_id"] = delivery.target_id
    trail.record(
        trail.event(
            delivery.tenant_id,
            f"delivery.{delivery.state}",
            f"{delivery.flow.full_key} {delivery.business_number}: "
            f"{delivery.get_state_display()}. {delivery.reason}".strip(),
            object_type="delivery",
            object_id=delivery.pk,
            business_number=delivery.business_number,
            details=details,
        ),
        now=now,
    )

"""Later verdicts, and settling what is in doubt: read back, store the proof, never send blindly again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import structlog
from django.db import transaction

from edi import services as edi
from integrations.engine import epoch, issues, outcome
from integrations.engine.backoff import pause_after
from integrations.engine.claim import CRASHES_ALLOWED
from integrations.engine.deliver import outgoing_of
from integrations.engine.preparing import job_of
from integrations.engine.sessions import Sessions
from integrations.flows.contract import FlowSpec, Needs, Send
from integrations.flows.registry import flow_spec
from integrations.http.errors import ConfigError, Fault, Paused, RateLimited, Rejected, Unauthorized
from integrations.http.recorder import Recorded
from integrations.http.session import Session
from integrations.models import Attempt, Delivery, State
from integrations.systems.contract import (
    Accepted,
    Applied,
    CannotTell,
    Delivered,
    Evidence,
    NotApplied,
    Outgoing,
    Refused,
    Sink,
    StillOpen,
    Unmappable,
    Verdict,
)
from integrations.systems.registry import system
from portal.common.clock import db_now

log = structlog.get_logger()

ASK_AGAIN = dt.timedelta(hours=1)
NEGATIVES_NEEDED = 2
PURPOSES = ("original", "replace", "change")
"""Of what is sent for a record that stands."""


def settle(delivery: Delivery, sessions: Sessions) -> None:
    """Asks the target for the verdict on a claimed delivery that is accepted, or whether one in doubt is there."""
    kind = Attempt.Kind.FOLLOW if delivery.state == State.ACCEPTED else Attempt.Kind.EVIDENCE
    session: Session | None = None
    try:
        spec = flow_spec(delivery.flow.full_key)
        key = spec.operation(delivery.operation).sink
        epoch.check()
        session = sessions.of(delivery.sink_connection)
        sink = system(delivery.sink_connection.system).sink(key).open(delivery.sink_connection, session)
        answer = _ask(delivery, spec, sink, session, kind)
    except Exception as error:
        if not isinstance(error, Fault):
            log.exception("delivery.settle_failed", delivery=delivery.pk, tenant=delivery.tenant_id)
        _ask_later(delivery, error, kind, session.take_exchanges() if session is not None else [])
        return
    _store(delivery, spec, sink, session, kind, answer)


def _ask(delivery: Delivery, spec: FlowSpec, sink: Sink, session: Session, kind: str) -> Verdict | Evidence:
    session.take_exchanges()
    session.for_people = True
    try:
        item = outgoing_of(delivery)
        if kind == Attempt.Kind.FOLLOW:
            return sink.follow(item)
        answer = sink.evidence(item)
        if isinstance(answer, NotApplied) and item.other_bytes:
            return _as_another_purpose(delivery, spec, sink, item, answer)
        return answer
    finally:
        session.for_people = False


def _as_another_purpose(delivery: Delivery, spec: FlowSpec, sink: Sink, item: Outgoing, answer: NotApplied) -> Evidence:
    """What a lost database sent may have had another purpose: it knew of versions that this one has never seen, and
    what looks like the first here was a later one there."""
    if delivery.operation != "send" or not delivery.purpose:
        return answer
    job = job_of(delivery, spec)
    for purpose in PURPOSES:
        if purpose == item.purpose:
            continue
        try:
            prepared = spec.operation(delivery.operation).prepare(replace(job, forced_purpose=purpose))
        except (Unmappable, Needs, Fault):
            continue  # this purpose is not agreed with the partner, so it was not sent
        if isinstance(prepared, Send) and prepared.purpose == purpose:
            other = sink.evidence(msgspec.structs.replace(item, purpose=purpose, body=prepared.preview()))
            if isinstance(other, Applied):
                delivery.purpose = purpose
                return other
    return answer


def _ask_later(delivery: Delivery, error: Exception, kind: str, said: Sequence[Recorded]) -> None:
    """The look-up failed: it is done again later. What was said is kept, for it is all that anybody will know of it."""
    now = db_now()
    with transaction.atomic():
        if not _still_held(delivery):
            return
        if said:
            attempt = _attempt(delivery, kind, now)
            sentence = error.sentence if isinstance(error, Fault) else f"{type(error).__name__}: {error}"
            outcome.close_attempt(attempt, said, delivery, outcome=issues.error_class(error), detail=sentence, now=now)
        delivery.lease_until, delivery.worker = None, ""
        delivery.error_class = issues.error_class(error)  # by which a passed live test finds what has waited for it
        if isinstance(error, Paused | RateLimited):
            delivery.not_before = error.retry_at
        else:
            delivery.transient_failures += 1
            delivery.not_before = now + pause_after(delivery.transient_failures)
        if isinstance(error, ConfigError | Unauthorized):
            issues.for_connection(delivery.sink_connection, error, now=now)
        elif delivery.transient_failures >= 5:
            issues.for_delivery(delivery, error, now=now)
        delivery.save()


def _store(
    delivery: Delivery, spec: FlowSpec, sink: Sink, session: Session, kind: str, answer: Verdict | Evidence
) -> None:
    now = db_now()
    with transaction.atomic():
        if not _still_held(delivery):
            return
        before = delivery.state
        delivery.lease_until, delivery.worker, delivery.transient_failures = None, "", 0
        delivery.error_class = "unknown" if before == State.IN_DOUBT else ""
        if isinstance(answer, StillOpen):
            _still_open(delivery, sink, answer, now)
            if delivery.state == before:
                session.take_exchanges()
                return
        else:
            _decide(delivery, spec, sink, answer, now)
        attempt = _attempt(delivery, kind, now)
        said = session.take_exchanges()
        outcome.close_attempt(
            attempt, said, delivery, outcome=type(answer).__name__.lower(), detail=_proof(answer), now=now
        )
        delivery.save()
        outcome.audit_outcome(delivery, now)


def _attempt(delivery: Delivery, kind: str, now: dt.datetime) -> Attempt:
    """The next look-up of the delivery."""
    number = (delivery.attempts.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    return Attempt.objects.create(
        tenant_id=delivery.tenant_id,
        delivery=delivery,
        number=number,
        kind=kind,
        fence=delivery.fence,
        worker="settle",
        started_at=now,
    )


def _still_open(delivery: Delivery, sink: Sink, answer: StillOpen, now: dt.datetime) -> None:
    sent = delivery.transaction_set
    if sent is not None and answer.status:
        edi.note_status(sent, answer.status)
    if delivery.deadline is not None and delivery.deadline <= now:
        outcome.set_state(delivery, State.IN_DOUBT, now, reason="The other side took it and gave no verdict in time.")
        delivery.not_before = now
    else:
        delivery.not_before = now + sink.confirms.poll
    delivery.save()


def _decide(delivery: Delivery, spec: FlowSpec, sink: Sink, answer: Verdict | Evidence, now: dt.datetime) -> None:
    match answer:
        case Delivered():
            outcome.succeed(delivery, answer, spec, confirms=sink.confirms, now=now)
        case Refused():
            outcome.fail(
                delivery, Rejected(answer.sentence, remedy=answer.remedy), visibility=sink.visibility_delay, now=now
            )
            sent = delivery.transaction_set
            if sent is not None and answer.status:
                edi.note_status(sent, answer.status)
        case Applied() if (other := _owner_of(delivery, answer.target_id)) is not None:
            # An equal document was sent before (a forced replay says the same again): that one is not this one.
            _note(delivery, "not there", f"{answer.proof} But that is delivery {other}, which says the same.", now)
            _not_there(delivery, spec, sink, now)
        case Applied():
            _note(delivery, "there", answer.proof, now)
            there: Accepted | Delivered = (
                Accepted(target_id=answer.target_id, status=answer.status)
                if sink.confirms.later
                else Delivered(target_id=answer.target_id, status=answer.status)
            )
            outcome.succeed(delivery, there, spec, confirms=sink.confirms, now=now)
        case NotApplied():
            _note(delivery, "not there", answer.proof, now)
            _not_there(delivery, spec, sink, now)
        case CannotTell():
            _note(delivery, "cannot tell", answer.reason, now)
            delivery.not_before = now + ASK_AGAIN
            issues.for_delivery(
                delivery,
                Fault(
                    f"Nobody can tell whether {delivery.business_number} arrived: {answer.reason}",
                    remedy="Look for it at the other side, then settle the delivery as arrived or not arrived.",
                ),
                now=now,
                as_class="in_doubt",
            )


def _owner_of(delivery: Delivery, target_id: str) -> int | None:
    """Another delivery that had this effect on this target object. Other operations of one record have other effects on
    the same object, as the making and the release of a payment."""
    others = Delivery.objects.filter(
        integration_id=delivery.integration_id,
        lane=delivery.lane,
        operation=delivery.operation,
        target_id=target_id,
        state=State.DELIVERED,
    )
    return others.exclude(pk=delivery.pk).values_list("pk", flat=True).first()


def _not_there(delivery: Delivery, spec: FlowSpec, sink: Sink, now: dt.datetime) -> None:
    """One negative read-back may be too early; the second one, past the sink's visibility delay, counts."""
    since = [e for e in delivery.evidence if e["found"] == "not there" and e["tries"] == delivery.tries]
    if len(since) < NEGATIVES_NEEDED:
        delivery.not_before = now + sink.visibility_delay
        return
    newer = Delivery.objects.filter(
        integration_id=delivery.integration_id,
        lane=delivery.lane,
        flow_id=delivery.flow_id,
        pk__gt=delivery.pk,
        state__in=[State.PENDING, State.WAITING],
    ).exists()
    if newer and spec.latest_wins:
        outcome.set_state(delivery, State.SUPERSEDED, now, reason="It had not arrived, and a newer version is waiting.")
        outcome.settled(delivery, delivery.reason, now)
    elif delivery.crashes >= CRASHES_ALLOWED:
        error = Rejected(
            "Its worker died twice while sending it, and it had not arrived. It is parked, so that others go on."
        )
        outcome.fail(delivery, error, visibility=sink.visibility_delay, now=now)
    else:
        outcome.set_state(delivery, State.PENDING, now, reason="It had not arrived; it is sent again, byte for byte.")
        delivery.not_before = now


def _note(delivery: Delivery, found: str, proof: str, now: dt.datetime) -> None:
    line: dict[str, Any] = {"at": now.isoformat(), "found": found, "proof": proof[:1000], "tries": delivery.tries}
    delivery.evidence = [*delivery.evidence, line]


def _proof(answer: Verdict | Evidence) -> str:
    for name in ("proof", "reason", "sentence", "target_id"):
        text = getattr(answer, name, "")
        if text:
            return str(text)
    return ""


def _still_held(delivery: Delivery) -> bool:
    held = Delivery.objects.select_for_update(of=("self",)).filter(pk=delivery.pk, fence=delivery.fence)
    return held.filter(state__in=[State.ACCEPTED, State.IN_DOUBT]).exists()

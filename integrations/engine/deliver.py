"""Delivering one claimed delivery: prepare, open (T2), call, close (T3)."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet

from integrations.engine import enclosing, epoch, issues, outcome, parents, recalling, waiting
from integrations.engine.claim import LEASE
from integrations.engine.preparing import job_of as job_of  # others look for these here
from integrations.engine.preparing import last_exchange as last_exchange
from integrations.engine.preparing import prepare
from integrations.engine.sessions import Sessions
from integrations.flows.contract import (
    FlowSpec,
    Frozen,
    Keep,
    Needs,
    Nothing,
    NotWritten,
    Send,
)
from integrations.flows.registry import flow_spec
from integrations.http import breaker
from integrations.http.errors import (
    ConfigError,
    Conflict,
    Fault,
    NeedsApproval,
    Paused,
    RateLimited,
    Rejected,
    Unauthorized,
    Unknown,
)
from integrations.http.session import Session
from integrations.models import Attempt, Delivery, Payload, State
from integrations.systems.contract import Effect, Outgoing, Sink, Unmappable
from integrations.systems.registry import system
from portal.common.clock import db_now, now_if
from portal.common.installation import installation, release

log = structlog.get_logger()

UNMAPPED = "unmapped"
"""`error_class` of what had no effect because nothing is agreed with its trading partner; who stands in
`frozen_meta`."""
UNKNOWN_FLOW_PAUSE = dt.timedelta(minutes=5)
TRIAL_PAUSE = dt.timedelta(seconds=1)
NO_EFFECT = frozenset(
    kind.kind for kind in (Conflict, RateLimited, Paused, ConfigError, Unauthorized, Rejected, NeedsApproval)
)
"""Outcomes of a try that were answers: it had no effect."""


class LeaseLost(Exception):
    """This worker no longer holds the delivery."""


class Bug(Fault):
    """Something in ml-connector is wrong; nothing was sent."""

    certainly_not_applied = True

    def __init__(self, business_number: str, cause: Exception) -> None:
        super().__init__(
            f"{business_number or 'The record'} could not be prepared: "
            f"something in ml-connector is wrong ({type(cause).__name__}). Nothing was sent.",
            remedy="The support has been told; replay it when a correction is installed.",
            technical=f"{type(cause).__name__}: {cause}",
        )


@dataclass(frozen=True, slots=True)
class _Opened:
    delivery: Delivery
    attempt: Attempt
    outgoing: Outgoing
    effects_until: float
    """On the monotonic clock: when its lease ends."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where the effects of one operation of a flow are made."""

    spec: FlowSpec
    sink: Sink
    session: Session


def deliver(delivery: Delivery, sessions: Sessions) -> None:
    """Does all that is to be done for a claimed delivery. Never raises for what the delivery or the target is to
    blame for."""
    deliver_batch([delivery], sessions)


def deliver_batch(deliveries: Sequence[Delivery], sessions: Sessions) -> None:
    """The same for several claimed deliveries of one operation of one flow: their effects go to the sink together, and
    each has its own verdict. What cannot be prepared fails by itself."""
    opened: list[_Opened] = []
    desk: _Desk | None = None
    for delivery in deliveries:
        found = _ready(delivery, sessions, desk)
        if found is not None:
            desk = found[0]
            opened.append(found[1])
    if desk is None:
        return
    effects = _call(desk.sink, opened, desk.session)
    said = desk.session.take_exchanges()
    rows = outcome.keep_exchanges(opened[0].delivery, said) if len(opened) > 1 else None
    for one, effect in zip(opened, effects, strict=True):
        outcome.apply_effect(
            one.delivery,
            one.attempt,
            effect,
            said if rows is None else rows,
            desk.spec,
            confirms=desk.sink.confirms,
            visibility=desk.sink.visibility_delay,
        )


def batch_of(delivery: Delivery) -> int:
    """How many deliveries of this one's operation one call may take."""
    try:
        sink = flow_spec(delivery.flow.full_key).operation(delivery.operation).sink
    except KeyError:
        return 1
    return system(delivery.sink_connection.system).sink(sink).batch if sink else 1


def _ready(delivery: Delivery, sessions: Sessions, desk: _Desk | None) -> tuple[_Desk, _Opened] | None:
    """Everything before the call. None when there is nothing to call for."""
    try:
        spec = flow_spec(delivery.flow.full_key)
        operation = spec.operation(delivery.operation)
    except KeyError:
        # Of a later release, as during an upgrade: its workers know what to do with it.
        what = f"{delivery.flow.full_key}, {delivery.operation}"
        _not_sent(delivery, Paused(f"This release does not know {what}.", retry_at=db_now() + UNKNOWN_FLOW_PAUSE))
        return None
    try:
        if not operation.sink:
            _keep_here(delivery, spec, sessions)
            return None
        _must_be_a_side(delivery)
        if desk is None:
            session = sessions.of(delivery.sink_connection)
            sink = system(delivery.sink_connection.system).sink(operation.sink).open(delivery.sink_connection, session)
            desk = _Desk(spec, sink, session)
        on_trial = _may_send(delivery)
        prepared = prepare(delivery, spec)
        if isinstance(prepared, Nothing):
            _nothing_to_do(delivery, prepared)
            return None
        if isinstance(prepared, Keep):
            raise TypeError(f"{spec.full_key} has a sink, but prepared nothing to send")
        if prepared is not None:
            prepared = enclosing.enclose(delivery, prepared, spec, sessions)
        if delivery.look_first:
            _look_first(delivery, prepared)
            return None
        return desk, _open(delivery, prepared, longest_call=desk.session.profile.deadline, on_trial=on_trial)
    except LeaseLost:
        log.warning("delivery.lease_lost", delivery=delivery.pk)
    except (OperationalError, InterfaceError):
        raise  # the database is away or busy: nobody is to blame, and the lease ends
    except Needs as missing:
        _wait(delivery, missing, sessions)
    except (Fault, Unmappable) as error:
        _not_sent(delivery, error)
    except Exception as error:
        log.exception("delivery.prepare_failed", delivery=delivery.pk, tenant=delivery.tenant_id)
        _not_sent(delivery, Bug(delivery.business_number, error))
    return None


def _must_be_a_side(delivery: Delivery) -> None:
    """Raises Rejected for what was to go to a connection that the integration no longer has: it is prepared by the
    settings of the new one, and must not go to the old one."""
    integration = delivery.integration
    if delivery.sink_connection_id not in (integration.books_id, integration.partner_id):
        raise Rejected(
            f"It was to go to {delivery.sink_connection.name}, which {integration.name} no longer has.",
            remedy=f"Send it again by force: then it goes to {integration.name} as it is now. Or dismiss it.",
        )


def _wait(delivery: Delivery, missing: Needs, sessions: Sessions) -> None:
    """A link is missing, or a record is out of date: it is seen to, and the delivery waits."""
    fetched = missing.read_anew and parents.read_anew(delivery, missing, sessions)
    why = "" if fetched else parents.see_to(delivery, missing, sessions)
    now = db_now()
    delivery.refresh_from_db(fields=["frozen", "frozen_meta", "transaction_set", "tries", "document_digest", "purpose"])
    with transaction.atomic():
        if not _still_held(delivery):
            return
        known = delivery.waits_for
        waiting.wait(delivery, missing, now=now)
        if fetched and delivery.waits_for != known:
            delivery.not_before = now  # what it waited for is there; where that changes nothing, it waits as others do
        delivery.reason = f"{delivery.reason} {why}".strip()[:500]
        delivery.save()
        if delivery.waits_for != known:
            outcome.audit_outcome(delivery, now)


def _look_first(delivery: Delivery, prepared: Send | None) -> None:
    """It may have been sent by a database that was lost: the bytes are frozen, and it is looked for as if its outcome
    were unknown. When it is not there, it is sent."""
    now = db_now()
    with transaction.atomic():
        if not _still_held(delivery):
            raise LeaseLost(str(delivery.pk))
        if prepared is not None:
            _freeze(delivery, prepared.freeze(now), prepared, now)
        delivery.look_first = False
        outcome.set_state(
            delivery,
            State.IN_DOUBT,
            now,
            reason="The database was restored from a backup; it may have been sent before. It is looked for first.",
        )
        delivery.not_before = now
        delivery.save()
        outcome.audit_outcome(delivery, now)


def outgoing_of(delivery: Delivery) -> Outgoing:
    """A delivery's frozen effect as its sink takes it. Raises Unmappable when its bytes are gone."""
    first = _first_sent_at(delivery, list(delivery.attempts.order_by("number")))
    return _outgoing(delivery, first or (installation().restored_from if delivery.state == State.IN_DOUBT else None))


def _first_sent_at(delivery: Delivery, attempts: Sequence[Attempt]) -> dt.datetime | None:
    """When the first try began that may have had the effect: what was answered with a conflict, a limit or a refusal
    had none, unless a part of it was made."""
    tries = [one for one in attempts if one.kind == Attempt.Kind.APPLY]
    counting = [one for one in tries if outcome.is_half_done(delivery) or one.outcome not in NO_EFFECT]
    return counting[0].started_at if counting else None


def _outgoing(delivery: Delivery, first_sent_at: dt.datetime | None) -> Outgoing:
    if delivery.frozen is None or delivery.frozen.data is None:
        raise Unmappable(
            f"What was sent for {delivery.business_number} has been pruned by retention.",
            remedy="Force a replay: it is mapped again.",
        )
    return Outgoing(
        delivery_id=delivery.pk,
        operation_key=delivery.operation_key,
        business_number=delivery.business_number,
        purpose=delivery.purpose,
        body=bytes(delivery.frozen.data),
        meta=delivery.frozen_meta,
        target_id=delivery.target_id,
        base=dict(delivery.base or {}),
        first_sent_at=first_sent_at,
        other_bytes=delivery.tries == 0,
    )


def _may_send(delivery: Delivery) -> bool:
    """Raises Paused where a call would be refused anyway: then no attempt is opened for it. Returns whether effects are
    on trial there."""
    epoch.check()
    return breaker.check(delivery.sink_connection)


def _only_one_on_trial(delivery: Delivery) -> None:
    """Raises Paused while another effect is tried at the same target. Inside the transaction that opens this one."""
    breaker.hold_trial(delivery.sink_connection)
    others = Attempt.objects.filter(kind=Attempt.Kind.APPLY, closed_at=None).exclude(delivery=delivery)
    if others.filter(delivery__sink_connection=delivery.sink_connection_id).exists():
        raise Paused(
            f"{delivery.sink_connection.name} did not answer lately; one document is tried at a time.",
            retry_at=db_now() + TRIAL_PAUSE,
        )


def _keep_here(delivery: Delivery, spec: FlowSpec, sessions: Sessions) -> None:
    """The whole of a delivery that has no effect in another system: preparing, then effect and closing in one
    transaction. There is no call, so there is no time in which it could be in doubt."""
    try:
        prepared = prepare(delivery, spec)
        if isinstance(prepared, Nothing):
            _nothing_to_do(delivery, prepared)
        elif isinstance(prepared, Keep):
            outcome.keep(delivery, prepared)
        else:
            raise TypeError(f"{spec.full_key} has no sink, but prepared something to send")
    except Needs as missing:
        _wait(delivery, missing, sessions)
    except (Fault, Unmappable) as error:
        _not_sent(delivery, error)
    except Exception as error:
        log.exception("delivery.keep_failed", delivery=delivery.pk, tenant=delivery.tenant_id)
        _not_sent(delivery, Bug(delivery.business_number, error))


def _open(delivery: Delivery, prepared: Send | None, *, longest_call: float, on_trial: bool) -> _Opened:
    """T2: fence checked, bytes frozen the first time, attempt committed. The lease is renewed, so that it outlives the
    longest call (seconds) and what comes before it (a login, a look at folders)."""
    with transaction.atomic():
        if on_trial:
            _only_one_on_trial(delivery)
        begun = time.monotonic()
        now = now_if(_held(delivery))
        if now is None or delivery.lease_until is None or delivery.lease_until <= now:
            raise LeaseLost(str(delivery.pk))
        if prepared is not None:
            _freeze(delivery, prepared.freeze(now), prepared, now)
        lease = max(LEASE, dt.timedelta(seconds=3 * longest_call))
        delivery.lease_until = now + lease
        delivery.tries += 1
        before: list[Attempt] = []
        if delivery.claims > 1:  # what was never claimed before was never tried nor looked for
            before = list(delivery.attempts.order_by("number"))
        first_sent_at = _first_sent_at(delivery, before) or now
        attempt = Attempt.objects.create(
            tenant_id=delivery.tenant_id,
            delivery=delivery,
            number=before[-1].number + 1 if before else 1,
            fence=delivery.fence,
            worker=delivery.worker,
            started_at=now,
        )
        delivery.save()
        return _Opened(delivery, attempt, _outgoing(delivery, first_sent_at), begun + lease.total_seconds())


def _freeze(delivery: Delivery, frozen: Frozen, prepared: Send, now: dt.datetime) -> None:
    digest = hashlib.sha256(frozen.body).hexdigest()
    payload = Payload(
        tenant_id=delivery.tenant_id, sha256=digest, size=len(frozen.body), data=frozen.body, created_at=now
    )
    # Where the same bytes were sent before, retention may have taken them: they are kept anew, for their whole time.
    (delivery.frozen,) = Payload.objects.bulk_create(
        [payload], update_conflicts=True, unique_fields=["tenant", "sha256"], update_fields=["data", "created_at"]
    )
    delivery.frozen_meta, delivery.transaction_set = frozen.meta, frozen.transaction_set
    delivery.document_digest, delivery.purpose = prepared.digest, prepared.purpose
    delivery.waits_for, delivery.deadline = "", None
    recalling.make(delivery, prepared.recalls, now)
    delivery.settings_used = {
        "mapping_version": delivery.flow.mapping_version,
        "release": release(),
        "changes": list(prepared.changes),
    }
    if prepared.with_files is not None or prepared.left_out or prepared.left_out_remedy:
        issues.of_left_out(delivery, prepared.left_out, prepared.left_out_remedy, now=now)


def _call(sink: Sink, opened: Sequence[_Opened], session: Session) -> list[Effect]:
    """A verdict for each: what the sink says; where it says nothing about one, nobody knows."""
    session.take_exchanges()
    session.effects_until = min(one.effects_until for one in opened)
    try:
        effects = list(sink.apply_many([one.outgoing for one in opened]))
    except Fault as fault:
        effects = [fault for _ in opened]
    except Exception as error:
        log.exception("delivery.sink_failed", delivery=opened[0].outgoing.delivery_id)
        effects = [
            Unknown(
                f"Something in ml-connector went wrong while {one.outgoing.business_number} was sent "
                f"({type(error).__name__}).",
                technical=f"{type(error).__name__}: {error}",
            )
            for one in opened
        ]
    finally:
        session.effects_until = None
    silent = [Unknown(f"No verdict came for {one.outgoing.business_number}.") for one in opened[len(effects) :]]
    return [*effects[: len(opened)], *silent]


def _nothing_to_do(delivery: Delivery, nothing: Nothing) -> None:
    now = db_now()
    with transaction.atomic():
        if not _still_held(delivery):
            return
        outcome.set_state(delivery, State.NO_EFFECT, now, reason=nothing.reason)
        if nothing.unmapped is not None:
            delivery.error_class, delivery.frozen_meta = UNMAPPED, asdict(nothing.unmapped)
        delivery.save()
        recalling.make(delivery, nothing.recalls, now)
        outcome.settled(delivery, nothing.reason, now)
        if nothing.issue:
            issues.for_delivery(delivery, Unmappable(nothing.reason, remedy=nothing.remedy), now=now)
            delivery.save(update_fields=["issue"])
        outcome.audit_outcome(delivery, now)


def _not_sent(delivery: Delivery, error: Exception) -> None:
    """It failed before any call: closed without an attempt. What a rolled-back opening left in memory is forgotten."""
    now = db_now()
    delivery.refresh_from_db(fields=["frozen", "frozen_meta", "transaction_set", "tries", "document_digest", "purpose"])
    with transaction.atomic():
        if not _still_held(delivery):
            return
        if isinstance(error, Paused):
            delivery.waits_for = ""  # for nothing that is missing: for its time
        outcome.fail(delivery, error, visibility=dt.timedelta(0), now=now)
        delivery.save()
        if isinstance(error, NotWritten):
            recalling.make(delivery, error.recalls, now)
        outcome.audit_outcome(delivery, now)


def _held(delivery: Delivery) -> QuerySet[Delivery]:
    """The delivery's row, locked, if this worker still holds it."""
    rows = Delivery.objects.select_for_update(of=("self",))
    return rows.filter(pk=delivery.pk, fence=delivery.fence, state=State.SENDING)


def _still_held(delivery: Delivery) -> bool:
    return _held(delivery).exists()

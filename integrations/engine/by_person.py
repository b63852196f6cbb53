"""Settling by a person: what is in doubt arrived or did not, and what failed was done by hand under a number.

A person's word is kept as the proof, with their name. Where the target can be asked for the number that they say, it is
asked before the word is believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from integrations.engine import dispatch, issues, outcome
from integrations.engine.deliver import job_of
from integrations.engine.replay import ReplayRefused, audit, locked
from integrations.engine.sessions import Sessions
from integrations.flows.contract import ByHand, FlowSpec, Needs, Operation
from integrations.flows.registry import flow_spec
from integrations.http.errors import Fault
from integrations.models import Delivery, Flow, State
from integrations.systems.contract import Delivered, KnowsNumbers, NotApplied, SinkSpec, Unmappable
from integrations.systems.registry import system
from portal.common.clock import db_now
from portal.tenants.models import User

NUMBER = 200
"""Characters of what a target calls something."""
WHAT_IS_LOOKED_AT = (
    "flow__integration__books",
    "flow__integration__partner",
    "record__payload",
    "sink_connection",
    "frozen",
    "edit",
    "replays",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What is there in the place of an effect, by a person's word and a look at it."""

    number: str = ""
    proof: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)


def may_be_settled(delivery: Delivery) -> bool:
    """Whether a person can say of it what became of it. What failed before anything of it was written can have been
    done by hand only where that has a number."""
    if delivery.state == State.IN_DOUBT:
        return True
    if delivery.state != State.FAILED:
        return False
    try:
        spec = flow_spec(delivery.flow.full_key)
        sink = _sink_of(delivery, spec.operation(delivery.operation))
    except KeyError:
        return False  # of a release that is no longer installed
    return delivery.frozen_id is not None or (sink is not None and sink.knows_numbers)


def settle_by_person(delivery_id: int, *, actor: User | None, arrived: bool, reason: str, number: str = "") -> Delivery:
    """A person who looked at the other side says whether a delivery in doubt arrived, or that what failed was done by
    hand there, and under which number. Its link is written as if it had been sent, and what comes after it goes on.
    Raises ReplayRefused."""
    reason, number = reason.strip(), number.strip()
    if not reason:
        raise ReplayRefused("Say what you saw at the other side.")
    if len(number) > NUMBER:
        raise ReplayRefused(f"A number has at most {NUMBER} characters.")
    before = _check(Delivery.objects.select_related(*WHAT_IS_LOOKED_AT).get(pk=delivery_id), arrived)
    spec = flow_spec(before.flow.full_key)
    seen = _look(before, spec, number) if arrived else _Seen()
    with transaction.atomic():
        delivery = _check(locked(delivery_id), arrived)
        now = db_now()
        who = actor.get_username() if actor else "command line"
        proof = " ".join(part for part in (f"{who}: {reason}", seen.proof) if part)
        line = {"at": now.isoformat(), "found": "there" if arrived else "not there", "proof": proof[:1000]}
        delivery.evidence = [*delivery.evidence, {**line, "tries": delivery.tries}]
        delivery.fence += 1
        if arrived:
            _must_be_its_own(delivery, spec, seen.number)
            delivery.frozen_meta = {**(delivery.frozen_meta or {}), **seen.meta}
            outcome.arrived(delivery, Delivered(target_id=seen.number), spec, why=f"{who} looked: {reason}", now=now)
        else:
            outcome.set_state(delivery, State.PENDING, now, reason=f"{who} looked: {reason}")
        delivery.not_before = now
        delivery.save()
        issues.resolve_if_settled(delivery.issue, f"{who} settled it.", now=now, apart_from=delivery.pk)
        said = f"arrived{f' as {delivery.target_id}' if delivery.target_id else ''}" if arrived else "did not arrive"
        audit(delivery, "delivery.settled", f"{delivery.business_number}: {said}. {reason}", actor)
        dispatch.wake()
    return delivery


def _check(delivery: Delivery, arrived: bool) -> Delivery:
    if delivery.state == State.FAILED and not arrived:
        raise ReplayRefused("It failed, so it is known that it did not arrive. Replay it.")
    if not may_be_settled(delivery):
        raise ReplayRefused(
            "Nothing of it was ever written, so nothing can have arrived. Replay or dismiss it."
            if delivery.state == State.FAILED
            else f"It is {delivery.get_state_display()}, not in doubt and not failed."
        )
    return delivery


def _sink_of(delivery: Delivery, operation: Operation) -> SinkSpec | None:
    return system(delivery.sink_connection.system).sink(operation.sink) if operation.sink else None


def _look(delivery: Delivery, spec: FlowSpec, number: str) -> _Seen:
    """Asks the target for the number, where it knows numbers. In no transaction: the answer may take its time."""
    operation = spec.operation(delivery.operation)
    kind = _sink_of(delivery, operation)
    if kind is None or not kind.knows_numbers:
        return _Seen(number=number)
    written = delivery.frozen.data if delivery.frozen is not None else None
    wanted = ByHand(body=bytes(written)) if written else _by_hand(delivery, spec, operation)
    sessions = Sessions()
    try:
        session = sessions.of(delivery.sink_connection)
        session.for_people = True
        sink = kind.open(delivery.sink_connection, session)
        if not isinstance(sink, KnowsNumbers):
            raise TypeError(f"{kind.key} says that it knows numbers")
        found = sink.numbered(number or delivery.target_id, wanted.body)
    except Fault as fault:
        raise ReplayRefused(f"It cannot be looked at now: {fault.sentence} {fault.remedy}".strip()) from fault
    finally:
        sessions.close()
    if isinstance(found, NotApplied):
        raise ReplayRefused(found.proof)
    return _Seen(number=found.target_id, proof=found.proof, meta=wanted.meta)


def _by_hand(delivery: Delivery, spec: FlowSpec, operation: Operation) -> ByHand:
    if operation.by_hand is None:
        return ByHand()
    try:
        return operation.by_hand(job_of(delivery, spec))
    except Unmappable as error:
        raise ReplayRefused(f"{error.sentence} {error.remedy}".strip()) from error
    except Needs as missing:
        raise ReplayRefused(f"It waits for {missing.words}. {missing.remedy}".strip()) from missing


def _must_be_its_own(delivery: Delivery, spec: FlowSpec, number: str) -> None:
    """Raises ReplayRefused for what another record was made already. One at a time, so that not two people say the same
    number of two."""
    if not number or not spec.one_to_one:
        return
    Flow.objects.select_for_update(no_key=True).get(pk=delivery.flow_id)
    others = Delivery.objects.filter(
        flow_id=delivery.flow_id,
        operation=delivery.operation,
        target_id=number,
        state__in=[State.DELIVERED, State.ACCEPTED],
    ).exclude(lane=delivery.lane)
    other = others.order_by("-pk").first()
    if other is not None:
        raise ReplayRefused(
            f"{number} belongs to {other.business_number or 'another record'} already (delivery {other.pk})."
        )

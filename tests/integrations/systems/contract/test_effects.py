"""Every sink, whatever becomes of the call by which it makes its effect: what it says is true, and nothing is doubled.

The effect is that of a flow's story, up to the moment before its call. From there each trouble is tried, always from
the same state of the simulators.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.db.models import Q
from django_scopes import scopes_disabled

from integrations.engine import schedule
from integrations.engine.claim import Turn, claim_delivery
from integrations.engine.deliver import deliver, outgoing_of
from integrations.engine.sessions import Sessions
from integrations.engine.slice import Scope, run_slice
from integrations.flows.registry import flow_spec
from integrations.http.errors import Fault, NotFound, RateLimited, Unknown
from integrations.http.session import Session
from integrations.models import Breaker, Connection, Delivery, RateBudget, State
from integrations.systems.contract import Accepted, Applied, Delivered, Effect, NotApplied, NotNeeded, Outgoing
from integrations.systems.registry import all_systems, system
from tests.crash import states
from tests.crash.working import let_time_pass, work
from tests.integrations.systems.contract.subjects import EFFECTS, NO_EFFECT_TOLD, NOT_YET, simulator_of
from tests.support.simulators import Simulators
from tests.support.stories import STORIES

DEADLINE = 1.0
HOLD = {"seconds": 4}
ROUNDS = 20
NOTES = frozenset({"cleo events", "cleo authentications"})
"""Logs of the systems: a call that failed is a line there."""
SEVERAL = [(sink, *told) for sink, tellings in EFFECTS.items() for told in tellings]

REFUSALS: tuple[tuple[int | str, dict[str, Any]], ...] = (
    (403, {}),
    (404, {}),
    (409, {}),
    (412, {}),
    (429, {"retry_after": 7}),
    (429, {}),
    ("redirect", {}),
)
"""What certainly leaves no effect behind."""
LOST_ANSWERS: tuple[tuple[int | str, dict[str, Any]], ...] = (
    (500, {}),
    ("503html", {}),
    ("timeout_before", HOLD),
    ("timeout_after", HOLD),
    ("reset", {}),
    ("reset_after", {}),
    ("malformed", {}),
)
"""After these nobody knows whether the effect was made."""


def test_every_sink_that_a_story_tells_of_is_under_the_contract() -> None:
    told = {
        f"{_system_of(flow.pair) if operation.target == 'partner' else 'visma'} {operation.sink}"
        for flow in (flow_spec(key) for key in STORIES)
        for operation in (flow.operation(key) for key in flow.chain("send"))
        if operation.sink
    }
    there = {f"{key} {sink.key}" for key, one in all_systems().items() if key not in NOT_YET for sink in one.sinks}
    assert {*EFFECTS, *NO_EFFECT_TOLD} >= told & there
    assert {*EFFECTS, *NO_EFFECT_TOLD} <= there


def _system_of(pair: str) -> str:
    """The partner system's key: visma-adobe-commerce is about adobe_commerce."""
    return pair.partition("-")[2].replace("-", "_")


@dataclass(frozen=True, slots=True)
class Ready:
    """The moment before an effect is made, and what an undisturbed call comes to."""

    simulators: Simulators
    connection: Connection
    sink: str
    item: Outgoing
    method: str
    path: str
    begun: dict[str, Any]
    """The simulators' state."""
    undisturbed: dict[str, Any]
    """Rows that the effect makes or changes."""

    def back(self) -> None:
        """To the moment before the call, with nothing known of any trouble."""
        self.simulators.no_faults()
        self.simulators.post("restore", name="ready")
        Breaker.objects.all().delete()
        RateBudget.objects.update(blocked_until=None, used=0, resets_at=None)

    def apart(self) -> list[str]:
        """Where the simulators differ from an undisturbed effect; [] when it was made, once."""
        return states.differences(self.undisturbed, self.made())

    def made(self) -> dict[str, Any]:
        return _news(self.begun, self.simulators)

    def session(self) -> Session:
        return system(self.connection.system).session(self.connection)

    def apply(self, session: Session) -> Effect:
        sink = system(self.connection.system).sink(self.sink).open(self.connection, session)
        try:
            (effect,) = sink.apply_many([self.item])
        except Fault as fault:
            return fault
        return effect


def _news(begun: dict[str, Any], simulators: Simulators) -> dict[str, Any]:
    """Rows that were made or changed since; not what a system merely notes of calls."""
    found = states.news_of_simulators(begun, simulators.get("state"))
    return {entity: rows for entity, rows in found.items() if entity not in NOTES}


@pytest.fixture
def ready(sink: str, flow: str, operation: str, transactional_db: None, sandbox: Simulators, tmp_path: Path) -> Ready:
    with scopes_disabled():
        STORIES[flow].begin(flow, sandbox, folder=tmp_path, work=work)
        return _go_to(flow, operation, sandbox)


def _go_to(flow: str, operation: str, simulators: Simulators) -> Ready:
    pair, _, key = flow.partition(".")
    of_it = {d.pk for d in Delivery.objects.all()}
    for _ in range(ROUNDS):
        let_time_pass()
        schedule.sweep()
        ours = Delivery.objects.filter(flow__integration__pair=pair, flow__key=key, operation=operation)
        wanted = set(ours.exclude(pk__in=of_it).values_list("pk", flat=True))
        run_slice(seconds=30, threads=1, limits=Scope(deliveries=~Q(flow__key=key, operation=operation)))
        delivery = claim_delivery("contract", Turn(), only=Q(pk__in=wanted))
        if delivery is None:
            continue
        simulators.get("state")  # what was about to happen there happens before
        simulators.post("snapshot", name="ready")
        begun = simulators.get("state")
        target_id, seen = delivery.target_id, len(simulators.requests(simulator_of(delivery.sink_connection.system)))
        sessions = Sessions()
        deliver(delivery, sessions)
        sessions.close()
        delivery = Delivery.objects.select_related("sink_connection", "frozen").get(pk=delivery.pk)
        if delivery.state in (State.NO_EFFECT, State.PENDING, State.WAITING):
            continue  # nothing to do, or not yet: it waits for another
        assert delivery.state in (State.DELIVERED, State.ACCEPTED), f"{delivery.state}: {delivery.reason}"
        calls = simulators.requests(simulator_of(delivery.sink_connection.system))[seen:]
        effects = [c for c in calls if c["method"] != "GET" and "token" not in c["path"] and "auth" not in c["path"]]
        assert effects, "a story without a call that changes something proves nothing"
        found = Ready(
            simulators,
            delivery.sink_connection,
            flow_spec(flow).operation(operation).sink,
            msgspec.structs.replace(outgoing_of(delivery), target_id=target_id),
            effects[-1]["method"],
            effects[-1]["path"],
            begun,
            _news(begun, simulators),
        )
        assert found.undisturbed, "an effect that leaves nothing behind proves nothing"
        return found
    raise AssertionError(f"no {operation} of {flow} came to its call")


@pytest.mark.parametrize(("sink", "flow", "operation"), SEVERAL, ids=[f"{s} {o}" for s, _, o in SEVERAL])
def test_rule_05_an_effect_in_trouble_is_told_as_it_is_and_made_once(ready: Ready) -> None:
    with scopes_disabled():
        troubles = [
            *(_tried(ready, kind, more, _refused) for kind, more in REFUSALS),
            *(_tried(ready, kind, more, _lost) for kind, more in LOST_ANSWERS),
            _tried(ready, 401, {}, _known_again),
        ]
    wrong = [line for lines in troubles for line in lines]
    assert not wrong, "\n".join(wrong)


Judge = Callable[[Ready, Effect], list[str]]


def _tried(ready: Ready, kind: int | str, more: dict[str, Any], judge: Judge) -> list[str]:
    """Makes the effect while the trouble lasts for one call, then once more where that is right. What went wrong."""
    ready.back()
    session = ready.session()
    try:
        with suppress(NotFound):  # some answer an empty list so
            session.get(session.profile.probe)  # signed in, so that the trouble meets the effect
        if more is HOLD:
            session.profile = replace(session.profile, deadline=DEADLINE)
        path = re.escape(ready.path.partition("?")[0]) + "$"
        ready.simulators.fault(simulator_of(ready.connection.system), kind, path, method=ready.method, **more)
        effect = ready.apply(session)
        wrong = [] if ready.simulators.fired() else ["the trouble did not come"]
        wrong += judge(ready, effect)
        if isinstance(effect, RateLimited) != (kind == 429):
            wrong.append("a 429, and only that, is a limit")
        wrong += _secrets(session, effect)
        wrong += _once_more(ready, effect)
    finally:
        session.close()
    return [f"{kind} {more or ''}: {line} ({_words(effect)})" for line in wrong]


def _refused(ready: Ready, effect: Effect) -> list[str]:
    if isinstance(effect, Fault):
        return [] if effect.certainly_not_applied and effect.sentence else ["it was refused, and that is not said"]
    return _is_there(ready)


def _lost(ready: Ready, effect: Effect) -> list[str]:
    if isinstance(effect, Fault):
        return [] if isinstance(effect, Unknown) else ["its outcome is not known, and that is not said"]
    return _is_there(ready)


def _known_again(ready: Ready, effect: Effect) -> list[str]:
    """A token is fetched anew and the call made once more; a fixed key is refused."""
    return _refused(ready, effect)


def _is_there(ready: Ready) -> list[str]:
    return [f"it says that it is there: {line}" for line in ready.apart()]


def _once_more(ready: Ready, effect: Effect) -> list[str]:
    """What the engine does next: it looks where it does not know, and makes the effect where it is not there."""
    ready.simulators.no_faults()
    Breaker.objects.all().delete()
    RateBudget.objects.update(blocked_until=None, used=0, resets_at=None)
    session = ready.session()
    try:
        if isinstance(effect, Unknown):
            sink = system(ready.connection.system).sink(ready.sink).open(ready.connection, session)
            found = sink.evidence(ready.item)
            there = not ready.apart()
            if isinstance(found, Applied):
                return [] if there else [f"evidence sees what is not there: {found.proof}"]
            if not isinstance(found, NotApplied):
                return []  # a person is asked
            if there and not _harmless(ready, session):
                return [f"evidence does not see what is there: {found.proof}"]
        elif not isinstance(effect, Fault):
            return []
        again = ready.apply(session)
        if not isinstance(again, Delivered | Accepted | NotNeeded):
            return [f"the next try fails: {_words(again)}"]
        return [f"after the next try: {line}" for line in ready.apart()]
    finally:
        session.close()


def _harmless(ready: Ready, session: Session) -> bool:
    """Whether making the effect again changes nothing: then a look that misses it does no harm."""
    return isinstance(ready.apply(session), Delivered | Accepted | NotNeeded) and not ready.apart()


def _secrets(session: Session, effect: Effect) -> list[str]:
    said = f"{effect} {getattr(effect, 'technical', '')} {getattr(effect, 'remedy', '')}"
    for exchange in session.take_exchanges():
        row = exchange.row(session.connection, None)
        bodies = [bytes(body).decode("utf-8", "replace") for body in (row.request_body, row.response_body) if body]
        said += f"{row.url} {row.request_headers} {row.response_headers} {bodies} {row.problem} {exchange!r}"
    return [f"a secret is told: {s[:3]}…" for s in session.secrets if len(s) >= 4 and s in said]


def _words(effect: Effect) -> str:
    return f"{type(effect).__name__}: {effect}"[:300]

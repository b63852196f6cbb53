"""The sandbox as a whole: one world, one clock, the simulators with their locks, armed faults and the request log."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.sandbox import world as world_package
from integrations.sandbox.bodies import changed
from integrations.sandbox.faults import BODY_FAULTS, Fault, FaultBook
from integrations.sandbox.kernel import Options, Reply, Request, Simulator, Store, iso, reply_bytes

LOGGED_REQUESTS = 5_000
LOGGED_BODY_CHARACTERS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the sandbox is started with. `options` are initial switches by system; `systems` None starts all."""

    seed: int = 1
    seed_size: int = 1
    on_cleo: int = 0
    latency_ms: int = 0
    strict: bool = True
    options: Mapping[str, Mapping[str, Any]] | None = None
    systems: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call comes to: an encoded answer (None = none leaves) and the fault that meets it on the socket."""

    status: int
    body: bytes
    headers: dict[str, str]
    fault: Fault | None = None


class RequestLog:
    """The last requests and totals by status, for the control API."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=LOGGED_REQUESTS)
        self._by_status: dict[str, Counter[str]] = {}
        self._count = 0
        self._lock = threading.Lock()

    def add(self, entry: dict[str, Any]) -> None:
        """Append an entry and number it."""
        with self._lock:
            self._count += 1
            self._entries.append({"n": self._count, **entry})
            self._by_status.setdefault(entry["system"], Counter())[str(entry["status"])] += 1

    def entries(self, system: str | None = None) -> list[dict[str, Any]]:
        """Entries in the order in which the answers were ready."""
        with self._lock:
            return [entry for entry in self._entries if system in (None, entry["system"])]

    def totals(self, system: str) -> dict[str, Any]:
        """{"total": n, "by_status": {"200": n}}; status 0 = no answer left the house."""
        with self._lock:
            by_status = dict(self._by_status.get(system, {}))
        return {"total": sum(by_status.values()), "by_status": by_status}

    def clear(self) -> None:
        """Forget all entries and totals."""
        with self._lock:
            self._entries.clear()
            self._by_status.clear()
            self._count = 0


def discover(only: frozenset[str] | None = None) -> dict[str, type[Simulator]]:
    """Simulator classes by name: every subpackage of the sandbox that exposes `SIMULATOR`, or those named `only`."""
    package = importlib.import_module("integrations.sandbox")
    found: dict[str, type[Simulator]] = {}
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if module.ispkg and (only is None or module.name.rpartition(".")[2] in only):
            simulator = getattr(importlib.import_module(module.name), "SIMULATOR", None)
            if simulator is not None:
                found[simulator.name] = simulator
    return found


class Sandbox:
    """All simulators of one process."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.shift = timedelta()
        self.faults, self.log = FaultBook(), RequestLog()
        self._snapshots: dict[str, bytes] = {}
        self._late: list[threading.Timer] = []
        self.world = world_package.build_world(
            seed=self.settings.seed,
            size=self.settings.seed_size,
            today=datetime.now(UTC).date(),
            on_cleo=self.settings.on_cleo,
        )
        self.systems: dict[str, Simulator] = {}
        self.locks: dict[str, threading.RLock] = {}
        for name, kind in discover(self.settings.systems).items():
            self.systems[name] = self._start(name, kind)
            self.locks[name] = threading.RLock()
            self.systems[name].seed()

    def _start(self, name: str, kind: type[Simulator]) -> Simulator:
        given = dict((self.settings.options or {}).get(name, {}))
        defaults = {"strict": True, **kind.default_options}
        return kind(
            world=self.world,
            store=Store(),
            options=Options(defaults, **{"strict": self.settings.strict, **given}),
            clock=self.now,
            rng=random.Random(f"{self.settings.seed}/{name}"),
        )

    def now(self) -> datetime:
        """The simulators' clock: UTC, shifted by POST /_control/clock."""
        return datetime.now(UTC) + self.shift

    def reset(self) -> None:
        """Back to the seed: data, options, clock, faults, request log."""
        self.shift = timedelta()
        for timer in self._late:
            timer.cancel()
        self._late.clear()
        for name, system in self.systems.items():
            with self.locks[name]:
                system.store.clear()
                system.options.reset()
                system.rng.seed(f"{self.settings.seed}/{name}")
                system.prepare()
                system.seed()
        self.faults.clear()
        self.log.clear()

    def version(self) -> int:
        """Grows with every change of any store."""
        return sum(system.store.version for system in self.systems.values())

    def dump(self) -> dict[str, Any]:
        """Everything `--state` saves: stores and clock. Options and faults belong to a run."""
        saved: dict[str, Any] = {"shift_seconds": self.shift.total_seconds(), "systems": {}}
        for name, system in self.systems.items():
            with self.locks[name]:
                saved["systems"][name] = {"store": system.store.dump()}
        return saved

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take over a saved state; systems it does not know keep their seed."""
        self.shift = timedelta(seconds=saved["shift_seconds"])
        for name, content in saved["systems"].items():
            if name in self.systems:
                with self.locks[name]:
                    self.systems[name].store.load(content["store"])

    def take_snapshot(self, name: str) -> None:
        """Remember everything under `name`, in memory: data, options, clock and the state of chance."""
        kept: dict[str, Any] = {"shift": self.shift, "systems": {}}
        for key, system in self.systems.items():
            with self.locks[key]:
                kept["systems"][key] = (system.store.dump(), system.options.as_dict(), system.rng.getstate())
        self._snapshots[name] = pickle.dumps(kept, pickle.HIGHEST_PROTOCOL)

    def restore_snapshot(self, name: str) -> None:
        """Back to what `take_snapshot` remembered; faults and request log are cleared. Raises KeyError."""
        kept = pickle.loads(self._snapshots[name])  # noqa: S301  (our own bytes, from this process)
        self.shift = kept["shift"]
        for key, (content, options, chance) in kept["systems"].items():
            system = self.systems[key]
            with self.locks[key]:
                system.prepare()
                system.store.load(content)
                system.options.set(options)
                system.rng.setstate(chance)
        self.faults.clear()
        self.log.clear()

    def handle(self, request: Request) -> Outcome:
        """One call to a simulator, with its fault if one is armed. Writes the request log."""
        started, at = time.perf_counter(), self.now()
        system = self.systems[request.system]
        full, query = request.raw_path, request.query_string.decode("latin-1")
        paths = (request.sub_path, full, f"{full}?{query}")
        fault = self.faults.take(system=system.name, method=request.method, paths=paths)
        kind = fault.fault if fault else None
        if fault is not None and kind == "commits_late":
            self._answer_later(system, request, fault.seconds)
        if kind in {"timeout_before", "reset", "commits_late"}:
            outcome = Outcome(0, b"", {}, fault)
        else:
            outcome = self._answer(system, request, fault)
        if kind in {"timeout_after", "reset_after"}:
            outcome = Outcome(0, b"", {}, fault)
        self._note(request, outcome, started=started, at=at)
        return outcome

    def _answer_later(self, system: Simulator, request: Request, seconds: float) -> None:
        """What the call does is done when nobody waits for it any more; not after a reset."""
        timer = threading.Timer(seconds, self._answer, (system, request, None))
        timer.daemon = True
        self._late.append(timer)
        timer.start()

    def _answer(self, system: Simulator, request: Request, fault: Fault | None) -> Outcome:
        with self.locks[system.name]:
            if fault is not None and isinstance(fault.fault, int):
                reply = system.after(request, system.fault_reply(request, fault.fault))
                if fault.fault == 429:
                    reply = _only_given_retry_after(reply, fault.retry_after)
            elif fault is not None and fault.fault == "503html":
                page = "<html><head><title>503</title></head><body><h1>Service Unavailable</h1></body></html>"
                reply = Reply(503, page, {"Content-Type": "text/html"})
            elif fault is not None and fault.fault == "redirect":
                reply = Reply(302, None, {"Location": _elsewhere(request)})
            else:
                reply = system.handle(request)
            body, headers = reply_bytes(reply)
        if fault is not None and fault.fault in BODY_FAULTS:
            body = changed(body, str(fault.fault))
        if fault is not None and fault.fault == "malformed":
            body = body[: len(body) * 2 // 3] if len(body) > 2 else b'{"trunc'
        return Outcome(reply.status, body, headers, fault)

    def _note(self, request: Request, outcome: Outcome, *, started: float, at: datetime) -> None:
        self.log.add(
            {
                "at": iso(at),
                "system": request.system,
                "method": request.method,
                "path": request.sub_path,
                "query": request.query_string.decode("latin-1"),
                "headers": {name.lower(): value for name, value in request.headers.items()},
                "body": request.get_data().decode("utf-8", "replace")[:LOGGED_BODY_CHARACTERS],
                "status": outcome.status,
                "bytes": len(outcome.body),
                "ms": round((time.perf_counter() - started) * 1000, 3),
                "fault": outcome.fault.fault if outcome.fault else None,
            }
        )


def _elsewhere(request: Request) -> str:
    """The same path at another name of this machine: whoever follows is seen in the request log."""
    host, _, port = request.host.partition(":")
    other = "localhost" if host != "localhost" else "127.0.0.1"
    return f"{request.scheme}://{other}:{port}{request.raw_path}?elsewhere=1"


def _only_given_retry_after(reply: Reply, retry_after: int | None) -> Reply:
    headers = {name: value for name, value in reply.headers.items() if name.lower() != "retry-after"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return Reply(reply.status, reply.body, headers)

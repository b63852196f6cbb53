"""/_control/*: look at the simulators, arm faults, change data behind the client's back, move the clock."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from integrations.sandbox.assembly import Sandbox
from integrations.sandbox.faults import Fault
from integrations.sandbox.kernel import Reply, Request, Simulator, iso, json_reply
from integrations.sandbox.routing import Match, Router, route

ENDPOINTS = {
    "GET /_control/": "this page: base URL, credentials and options of each system",
    "GET /_control/state?system=&entity=": "rows by system and entity, and totals of requests",
    "GET /_control/requests?system=&bodies=1": "the last 5,000 requests; status 0 = no answer was sent",
    "POST /_control/faults": "arm {system, method, path_regex, fault, times, retry_after, seconds}; fault is one of "
    + ", ".join(sorted(map(str, Fault.KINDS))),
    "GET /_control/faults": "armed faults and how often each fired",
    "DELETE /_control/faults": "disarm all",
    "POST /_control/reset": "back to the seed: data, options and clock; faults and request log are cleared",
    "POST /_control/mutate": "{system, entity, key|null, set: {dotted.path: value}, count}: change rows; "
    "key null = the first `count` rows not mutated before",
    "POST /_control/act": "{system, action, with: {...}}: what a person in that system does; actions below",
    "POST /_control/options": "{system, set: {name: value}}: runtime switches",
    "POST /_control/save": "write --state now",
    "POST /_control/snapshot": "{name}: remember data, options and clock in memory",
    "POST /_control/restore": "{name}: back to a snapshot; faults and request log are cleared",
    "POST /_control/clock": "{advance_seconds: n}: shift the clock of all systems",
}


class Mutation(msgspec.Struct, kw_only=True):
    """Body of POST /_control/mutate."""

    system: str
    entity: str
    set: dict[str, Any]
    key: str | None = None
    count: int = 1


class Deed(msgspec.Struct, kw_only=True):
    """Body of POST /_control/act."""

    system: str
    action: str
    given: dict[str, Any] = msgspec.field(name="with", default_factory=dict)


class Switches(msgspec.Struct, kw_only=True):
    """Body of POST /_control/options."""

    system: str
    set: dict[str, Any]


class Snapshot(msgspec.Struct, kw_only=True):
    """Body of POST /_control/snapshot and /_control/restore."""

    name: str


class ClockShift(msgspec.Struct, kw_only=True):
    """Body of POST /_control/clock."""

    advance_seconds: float


class Control:
    """The control endpoints. `save` writes the state file and is None when the sandbox has none."""

    def __init__(self, sandbox: Sandbox, *, save: Callable[[], str] | None = None) -> None:
        self.sandbox, self._save = sandbox, save
        self._router = Router(self, ignore_case=False)

    def handle(self, request: Request) -> Reply:
        """Answer one control request; a wrong one gets 400 with a sentence."""
        found = self._router.match(request.method, request.raw_path)
        if not isinstance(found, Match):
            status = 405 if found else 404
            return json_reply(status, {"message": "see GET /_control/ for what there is", "endpoints": ENDPOINTS})
        try:
            reply: Reply = found.handler(request)
        except (msgspec.DecodeError, ValueError, LookupError, TypeError, re.error) as error:
            return json_reply(400, {"message": str(error) or repr(error)})
        return reply

    @route("GET", "/_control")
    def describe(self, request: Request) -> Reply:
        """Documentation, as HTML for browsers and JSON for everyone else."""
        content = {"clock": iso(self.sandbox.now()), "seed": self.sandbox.settings.seed, "endpoints": ENDPOINTS}
        systems = {name: self._described(request, system) for name, system in self.sandbox.systems.items()}
        content["systems"] = systems
        best = request.accept_mimetypes.best_match(["application/json", "text/html"], "application/json")
        if best == "text/html":
            return Reply(200, _page(content), {"Content-Type": "text/html; charset=utf-8"})
        return json_reply(200, content)

    def _described(self, request: Request, system: Simulator) -> dict[str, Any]:
        with self.sandbox.locks[system.name]:
            return {
                "base_url": f"{request.scheme}://{request.host}/{system.name}",
                "options": system.options.as_dict(),
                **({"actions": acts} if (acts := system.acts()) else {}),
                **system.describe(),
            }

    @route("GET", "/_control/state")
    def state(self, request: Request) -> Reply:
        """Rows of all tables, without private members."""
        only, entity = request.args.get("system"), request.args.get("entity", type=str.lower)
        if only:
            self._system(only)
        shown: dict[str, Any] = {}
        for name, system in self.sandbox.systems.items():
            if only in (None, name):
                with self.sandbox.locks[name]:
                    system.tick()
                    tables = {e: _rows(system, e) for e in system.entities() if entity in (None, e.lower())}
                    shown[name] = msgspec.Raw(
                        msgspec.json.encode({**tables, "requests": self.sandbox.log.totals(name)})
                    )
        return json_reply(200, shown)

    @route("GET", "/_control/requests")
    def requests(self, request: Request) -> Reply:
        """The request log."""
        entries = self.sandbox.log.entries(request.args.get("system") or None)
        if request.args.get("bodies") not in {"1", "true"}:
            entries = [{name: value for name, value in entry.items() if name != "body"} for entry in entries]
        return json_reply(200, entries)

    @route("POST", "/_control/faults")
    def arm(self, request: Request) -> Reply:
        """Arm one fault."""
        values = msgspec.json.decode(request.get_data(), type=dict[str, Any])
        if values.get("system"):
            self._system(values["system"])
        return json_reply(201, self.sandbox.faults.arm(values))

    @route("GET", "/_control/faults")
    def armed(self, request: Request) -> Reply:
        """All faults."""
        return json_reply(200, self.sandbox.faults.as_list())

    @route("DELETE", "/_control/faults")
    def disarm(self, request: Request) -> Reply:
        """Forget all faults."""
        self.sandbox.faults.clear()
        return Reply(204)

    @route("POST", "/_control/reset")
    def reset(self, request: Request) -> Reply:
        """Back to the seed."""
        self.sandbox.reset()
        return json_reply(200, {"reset": True})

    @route("POST", "/_control/mutate")
    def mutate(self, request: Request) -> Reply:
        """Change rows of one entity."""
        wanted = msgspec.json.decode(request.get_data(), type=Mutation)
        system = self._system(wanted.system)
        with self.sandbox.locks[system.name]:
            keys = system.mutate(wanted.entity, wanted.key, wanted.set, wanted.count)
        return json_reply(200, {"mutated": keys})

    @route("POST", "/_control/act")
    def act(self, request: Request) -> Reply:
        """Let a person in that system do something."""
        wanted = msgspec.json.decode(request.get_data(), type=Deed)
        system = self._system(wanted.system)
        with self.sandbox.locks[system.name]:
            system.tick()
            return json_reply(200, {"result": system.perform(wanted.action, wanted.given)})

    @route("POST", "/_control/options")
    def options(self, request: Request) -> Reply:
        """Set switches; answers all of them."""
        wanted = msgspec.json.decode(request.get_data(), type=Switches)
        system = self._system(wanted.system)
        with self.sandbox.locks[system.name]:
            system.options.set(wanted.set)
            return json_reply(200, {"options": system.options.as_dict()})

    @route("POST", "/_control/save")
    def save(self, request: Request) -> Reply:
        """Write the state file."""
        if self._save is None:
            raise ValueError("the sandbox was started without --state")
        return json_reply(200, {"saved": self._save()})

    @route("POST", "/_control/snapshot")
    def snapshot(self, request: Request) -> Reply:
        """Remember everything."""
        name = msgspec.json.decode(request.get_data(), type=Snapshot).name
        self.sandbox.take_snapshot(name)
        return json_reply(200, {"snapshot": name})

    @route("POST", "/_control/restore")
    def restore(self, request: Request) -> Reply:
        """Back to what was remembered."""
        name = msgspec.json.decode(request.get_data(), type=Snapshot).name
        self.sandbox.restore_snapshot(name)
        return json_reply(200, {"restored": name})

    @route("POST", "/_control/clock")
    def clock(self, request: Request) -> Reply:
        """Shift the clock."""
        shift = msgspec.json.decode(request.get_data(), type=ClockShift)
        self.sandbox.shift += timedelta(seconds=shift.advance_seconds)
        return json_reply(200, {"clock": iso(self.sandbox.now())})

    def _system(self, name: str) -> Simulator:
        if name not in self.sandbox.systems:
            raise KeyError(f"no system {name!r}; there are {', '.join(self.sandbox.systems)}")
        return self.sandbox.systems[name]


def _rows(system: Simulator, entity: str) -> dict[str, Any]:
    rows = list(system.store.table(entity).values())
    shown = [{name: value for name, value in row.items() if not name.startswith("_")} for row in rows]
    return {"count": len(rows), "items": shown}


def _page(content: dict[str, Any]) -> str:
    endpoints = "".join(f"<dt><code>{html.escape(k)}</code><dd>{html.escape(v)}" for k, v in ENDPOINTS.items())
    systems = "".join(
        f"<h2>{html.escape(name)}</h2><pre>{html.escape(_pretty(details))}</pre>"
        for name, details in content["systems"].items()
    )
    head = "<!doctype html><html lang=en><meta charset=utf-8><title>Sandbox</title><h1>Sandbox</h1>"
    return f"{head}<p>Clock {content['clock']}, seed {content['seed']}.<dl>{endpoints}</dl>{systems}"


def _pretty(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()

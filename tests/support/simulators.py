"""The simulators in a process of their own, and what tests do behind the connector's back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import requests

from integrations.management.local import Local, free_port

LONGEST = 300
"""Seconds that the simulators may take for an answer: the state of a large month, on a busy machine."""
SHORT_DELAYS = {
    "orderful": {
        "validation_delay": 0,
        "send_delay": 0,
        "delivery_delay": 0,
        "acknowledgment_delay": 0,
        "overdue_delay": 0,
    },
    "cleo": {"answer_delay": 0.2, "half_written_seconds": 0.2},
    "basware": {"processing_delay": 0.1, "intake_delay": 0.1, "line_busy_seconds": 0.1},
}


@dataclass(slots=True)
class Simulators:
    """The running simulators. What is asked of them is counted in `log`, over all tests of the run."""

    url: str
    seen: list[dict[str, Any]] = field(default_factory=list)
    """Requests of earlier tests, kept when they are reset."""

    @classmethod
    def start(cls, local: Local, *arguments: str) -> Simulators:
        """`arguments` as the command takes them, as `--seed-size 3`."""
        port = free_port(0)
        process = local.start("sandbox", "-m", "integrations.sandbox", "--port", str(port), *arguments)
        from integrations.management.local import Sandbox

        Sandbox(f"http://127.0.0.1:{port}", process).wait_until_ready()
        return cls(f"http://127.0.0.1:{port}")

    # --- behind the connector's back

    def reset(self) -> None:
        """Back to the seed, with short delays."""
        self.seen += self.requests()
        self.post("reset")
        for system, values in SHORT_DELAYS.items():
            self.options(system, **values)

    def options(self, system: str, **values: Any) -> None:
        """Sets switches of a system."""
        self.post("options", system=system, set=values)

    def fault(
        self, system: str, fault: int | str, path: str = "", *, method: str = "", times: int = 1, **more: Any
    ) -> None:
        """Arms a fault for the next calls whose path matches the regular expression `path`."""
        self.post("faults", system=system, fault=fault, path_regex=path, method=method, times=times, **more)

    def no_faults(self) -> None:
        """Disarms all."""
        requests.delete(f"{self.url}/_control/faults", timeout=LONGEST).raise_for_status()

    def fired(self) -> int:
        """How many calls met a fault."""
        return sum(fault["fired"] for fault in self.get("faults"))

    def mutate(
        self, entity: str, key: str | None, values: dict[str, Any], *, system: str = "visma", count: int = 1
    ) -> list[str]:
        """Changes rows, as a person in that system would. Returns their keys."""
        changed: list[str] = self.post("mutate", system=system, entity=entity, key=key, set=values, count=count)[
            "mutated"
        ]
        return changed

    def act(self, system: str, action: str, **given: Any) -> Any:
        """Lets people in that system do something, as `approve_payment`. Returns what they made, mostly its id."""
        return self.post("act", system=system, action=action, **{"with": given})["result"]

    def advance(self, seconds: float) -> None:
        """Shifts the clock of all systems."""
        self.post("clock", advance_seconds=seconds)

    # --- looking

    def rows(self, system: str, entity: str) -> list[dict[str, Any]]:
        """The rows of one entity."""
        answer = self.get("state", system=system, entity=entity)[system]
        found: list[dict[str, Any]] = next(v for k, v in answer.items() if k.lower() == entity.lower())["items"]
        return found

    def requests(self, system: str | None = None, *, bodies: bool = False) -> list[dict[str, Any]]:
        """The requests since the last reset, in the order in which they were answered."""
        found: list[dict[str, Any]] = self.get("requests", system=system or "", bodies="1" if bodies else "0")
        return found

    def get(self, path: str, **query: str) -> Any:
        answer = requests.get(f"{self.url}/_control/{path}", params=query, timeout=LONGEST)
        assert answer.ok, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = requests.post(f"{self.url}/_control/{path}", json=body, timeout=LONGEST)
        assert answer.ok, answer.text
        return answer.json()


def moments(entries: Iterable[dict[str, Any]]) -> list[dt.datetime]:
    """When the requests came."""
    return [dt.datetime.fromisoformat(entry["at"]) for entry in entries]

"""A sandbox in a process of its own, and a client for its control endpoints."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[3]
_PROGRAM = """
import sys
from integrations.sandbox.assembly import Settings
from integrations.sandbox.main import running
with running(Settings(systems=frozenset(sys.argv[1:]))) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


class Served:
    """A running sandbox: `url` of the server, and what tests do behind the client's back."""

    def __init__(self, url: str, system: str) -> None:
        self.url, self.system = url, system
        self.base = f"{url}/{system}"

    def control(self, path: str, body: dict[str, Any]) -> Any:
        """POST to a control endpoint; anything but success fails the test."""
        answer = requests.post(f"{self.url}/_control/{path}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def reset(self) -> None:
        """Back to the seed."""
        self.control("reset", {})

    def options(self, **values: Any) -> None:
        """Set switches of the system."""
        self.control("options", {"system": self.system, "set": values})

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self.control("clock", {"advance_seconds": seconds})

    def fault(self, **values: Any) -> None:
        """Arm a fault."""
        self.control("faults", {"system": self.system, **values})

    def mutate(self, entity: str, values: dict[str, Any], *, key: str | None = None, count: int = 1) -> list[str]:
        """Change or create rows; answers their keys."""
        body = {"system": self.system, "entity": entity, "key": key, "set": values, "count": count}
        return self.control("mutate", body)["mutated"]

    def rows(self, entity: str) -> list[dict[str, Any]]:
        """The rows of one entity as the control API shows them."""
        query = {"system": self.system, "entity": entity}
        state = requests.get(f"{self.url}/_control/state", params=query, timeout=10).json()
        return state[self.system][entity]["items"]

    def row(self, entity: str, key: str) -> dict[str, Any]:
        """One row."""
        return next(row for row in self.rows(entity) if row["key"] == key)


@contextlib.contextmanager
def serving(system: str) -> Iterator[Served]:
    """One system in a server process for the time of the block."""
    command = [sys.executable, "-c", _PROGRAM, system]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, "the sandbox did not start"
            yield Served(url, system)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=10)

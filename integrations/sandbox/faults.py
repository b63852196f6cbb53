"""Armed faults: what a network or an overloaded system does to the next calls."""

from __future__ import annotations

import re
import threading
from typing import Any, ClassVar

import msgspec

STATUS_FAULTS = frozenset({401, 403, 404, 409, 412, 429, 500, 502, 503})
SOCKET_FAULTS = frozenset(
    {"503html", "timeout_before", "timeout_after", "reset", "reset_after", "malformed", "slow", "commits_late"},
)
"""`commits_late`: the connection breaks at once, and the call takes effect `seconds` later."""

BODY_FAULTS = frozenset({"unknown_fields", "wrong_types", "empty", "unsorted", "duplicates"})
"""The answer is what it would be, but for its JSON: see bodies.py."""


class Fault(msgspec.Struct, kw_only=True):
    """One armed fault. `seconds` is how long timeouts hold the socket, slow answers take and late effects wait."""

    fault: int | str
    system: str = ""
    method: str = ""
    path_regex: str = ""
    times: int = 1
    retry_after: int | None = None
    seconds: float = 20.0
    fired: int = 0

    KINDS: ClassVar[frozenset[int | str]] = frozenset({*STATUS_FAULTS, *SOCKET_FAULTS, *BODY_FAULTS, "redirect"})

    def __post_init__(self) -> None:
        if isinstance(self.fault, str) and self.fault.isdigit():
            self.fault = int(self.fault)
        if self.fault not in self.KINDS:
            raise ValueError(f"unknown fault {self.fault!r}; known: {', '.join(sorted(map(str, self.KINDS)))}")
        re.compile(self.path_regex)

    def applies(self, *, system: str, method: str, paths: tuple[str, ...]) -> bool:
        """Whether the fault meets this call. The regular expression may describe the path with or without prefix."""
        if self.fired >= self.times or (self.system and self.system != system):
            return False
        if self.method and self.method.upper() not in {method, "*", "ANY"}:
            return False
        return any(re.search(self.path_regex, path, re.IGNORECASE) for path in paths)


class FaultBook:
    """All armed faults, in the order in which they were armed; the first that applies fires."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def arm(self, values: dict[str, Any]) -> Fault:
        """Arm one fault. Raises msgspec.ValidationError, ValueError or re.error for a wrong description."""
        fault = msgspec.convert(values, Fault)
        with self._lock:
            self._faults.append(fault)
        return fault

    def take(self, *, system: str, method: str, paths: tuple[str, ...]) -> Fault | None:
        """The fault that meets this call, counted as fired."""
        with self._lock:
            for fault in self._faults:
                if fault.applies(system=system, method=method, paths=paths):
                    fault.fired += 1
                    return fault
        return None

    def clear(self) -> None:
        """Disarm everything."""
        with self._lock:
            self._faults.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """Every fault with how often it fired."""
        with self._lock:
            return [msgspec.to_builtins(fault) for fault in self._faults]

"""What a measure returns."""

from __future__ import annotations

from typing import Literal

import msgspec


class Target(msgspec.Struct, frozen=True):
    """What a figure has to reach: ``Target("at least", 2)``."""

    kind: Literal["at least", "at most"]
    value: float

    def is_met(self, value: float) -> bool:
        """Whether ``value`` reaches it."""
        return value >= self.value if self.kind == "at least" else value <= self.value

    def __str__(self) -> str:
        return f"{self.kind} {self.value:g}"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number that was measured. Without a ``target`` it is there for comparison."""

    name: str
    value: float
    unit: str
    target: Target | None = None
    compared_with: str = ""
    """Against what it was measured: a package with its version, or the same on another size."""

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None when there is none."""
        return None if self.target is None else self.target.is_met(self.value)

    def as_json(self) -> dict[str, str | float | bool | None]:
        """The entry in results.json."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "target": None if self.target is None else str(self.target),
            "met": self.met,
            "compared_with": self.compared_with or None,
        }

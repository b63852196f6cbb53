"""The crash kit: one story, undisturbed and killed at every point, and whether all ends are the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django_scopes import scopes_disabled

from integrations.models import AccessToken, Connection, Feed
from portal.common.clock import db_now
from tests.crash import states
from tests.crash.databases import Databases
from tests.crash.points import POINTS
from tests.crash.processes import ChildFailed, in_child
from tests.crash.working import read_again, work
from tests.support.simulators import Simulators
from tests.support.stories import Story, delivered

LATER = 7200.0
"""Seconds after which the simulators have done all that they had planned."""


@dataclass(slots=True)
class Result:
    """What became of a flow."""

    flow: str
    points: int = 0
    """Points at which a worker was killed."""
    problems: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    """Every point of the undisturbed run."""

    @property
    def equal(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class End:
    """Both sides, when all is settled."""

    connector: dict[str, Any]
    simulators: dict[str, Any]

    def differences(self, other: End) -> list[str]:
        return [
            *states.differences(self.connector, other.connector, "connector"),
            *states.differences(self.simulators, other.simulators, "simulators"),
        ]


@dataclass(slots=True)
class Kit:
    """Simulators and databases of one strand of work. Its own process holds no connection to any of them."""

    simulators: Simulators
    databases: Databases
    folder: Path
    begun: dict[str, Any] = field(default_factory=dict)
    """The simulators' state when the story begins."""

    def run(
        self, flow: str, story: Story, *, every: int = 1, told: Callable[[int, int], None] = lambda done, of: None
    ) -> Result:
        """Tells the story undisturbed, twice, then kills its worker at every `every`-th point. `told` hears how far
        it is."""
        result = Result(flow)
        try:
            self._begin(flow, story)
            expected, result.passed = self._undisturbed(flow, story)
        except (ChildFailed, AssertionError) as error:
            result.problems.append(f"undisturbed: {error}")
            return result
        chosen = range(1, len(result.passed) + 1, every)
        for done, number in enumerate(chosen, start=1):
            self._killed_at(number, expected, result)
            told(done, len(chosen))
        return result

    # --- inside

    def _begin(self, flow: str, story: Story) -> None:
        """The tenant with everything read and nothing sent, the news in the source: the state from which all runs
        begin."""
        self.databases.copy("empty", "begin")
        self.databases.use("begin")
        story.begin(flow, self.simulators, folder=self.folder, work=work, aside=in_child)
        in_child(_forget_tokens)
        self.simulators.post("snapshot", name="begin")
        self.begun = self.simulators.get("state")

    def _undisturbed(self, flow: str, story: Story) -> tuple[End, list[str]]:
        self._back()
        told = in_child(lambda: _tell(0)).result
        expected = self._end()
        arrived: int = in_child(lambda: delivered(flow)).result
        if arrived < story.delivered or expected.connector["wrong"]:
            raise ChildFailed(
                f"{arrived} of {story.delivered} were delivered: {json.dumps(expected.connector, indent=1)}"
            )
        self._back()
        in_child(lambda: _tell(0))
        if apart := expected.differences(self._end()):
            raise ChildFailed("Two undisturbed runs differ:\n" + "\n".join(apart))
        return expected, told

    def _killed_at(self, number: int, expected: End, result: Result) -> None:
        where = f"killed {result.passed[number - 1]} (point {number})"
        self._back()
        try:
            ended = in_child(lambda: _tell(number))
            result.points += ended.killed
            apart = expected.differences(self._end())
        except ChildFailed as error:
            apart = [str(error)]
        result.problems += [f"{where}: {line}" for line in apart]

    def _back(self) -> None:
        self.databases.copy("begin", "work")
        self.databases.use("work")
        self.simulators.post("restore", name="begin")

    def _end(self) -> End:
        """Starts a new worker, lets it finish, and has it read everything once more; then looks at both sides."""
        connector = in_child(_finish).result
        self.simulators.post("clock", advance_seconds=LATER)
        return End(connector, states.news_of_simulators(self.begun, self.simulators.get("state")))


def _tell(last: int) -> list[str]:
    POINTS.arm(last)
    work()
    POINTS.disarm()
    return POINTS.passed


def _finish() -> dict[str, Any]:
    work()
    read_again()
    work()
    return states.connector()


def _forget_tokens() -> None:
    """So that signing in is part of the story."""
    with scopes_disabled():
        AccessToken.objects.all().delete()
        Feed.objects.update(due_at=db_now())
        Connection.objects.update(updated_at=db_now())

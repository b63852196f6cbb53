"""The live test: every step passes at a healthy system, and says what to do at every other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.http.errors import Fault
from integrations.models import Connection
from integrations.systems.contract import Step, System
from integrations.systems.registry import all_systems
from tests.integrations.systems.contract.subjects import NOT_YET, SUBJECTS

Connect = Callable[..., Connection]


def steps_of(system: System, connection: Connection) -> list[Step]:
    session = system.session(connection)
    session.for_people = True
    try:
        return list(system.checks(connection, session))
    finally:
        session.close()


def test_every_system_is_under_the_contract_with_every_feed() -> None:
    assert set(SUBJECTS) == set(all_systems()) - NOT_YET
    for key in SUBJECTS:
        system = all_systems()[key]
        assert {*SUBJECTS[key].feeds, *SUBJECTS[key].elsewhere} == {feed.key for feed in system.feeds}, key


def test_a_healthy_system_passes_every_step(system: System, connection: Connection) -> None:
    steps = steps_of(system, connection)
    assert steps
    assert [step for step in steps if not step.ok] == []
    assert all(step.name and step.detail for step in steps)


def test_wrong_credentials_are_a_step_that_says_what_to_do(system: System, connect: Connect) -> None:
    steps = steps_of(system, connect(**dict.fromkeys(system.secret_names, "not the right one")))
    failed = [step for step in steps if not step.ok]
    assert failed
    assert all(step.detail and step.remedy for step in failed)
    assert "not the right one" not in repr(steps)


@pytest.mark.parametrize("kind", [500, "503html", "malformed", 429])
def test_a_sick_system_is_a_step_or_a_fault_and_never_a_bug(
    system: System, connection: Connection, fault: Callable[..., None], kind: int | str
) -> None:
    fault(kind, times=99, path="")
    assert not all(passed(system, connection))


def test_an_address_where_nobody_is_fails_a_step(system: System, connect: Connect) -> None:
    names = {setting.name for setting in system.settings} & {"base_url", "token_url", "eu_url", "us_url"}
    assert not all(passed(system, connect(**dict.fromkeys(names, "http://127.0.0.1:9"))))


def passed(system: System, connection: Connection) -> list[bool]:
    """Of each step whether it is ok. A Fault is a step that is not; any other exception fails the test."""
    try:
        return [step.ok for step in steps_of(system, connection)]
    except Fault:
        return [False]

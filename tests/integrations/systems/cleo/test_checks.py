"""The live test of a connection, against a simulated Cleo."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.models import Connection
from integrations.systems.cleo.spec import SYSTEM
from integrations.systems.contract import Step
from tests.integrations.sandbox.served import Served


def steps_of(connection: Connection) -> dict[str, Step]:
    return {s.name: s for s in SYSTEM.checks(connection, SYSTEM.session(connection))}


def test_the_live_test_of_a_good_connection(connection: Connection, cleo: Served) -> None:
    steps = steps_of(connection)
    assert [s.name for s in steps.values() if not s.ok] == []
    assert list(steps) == [
        f"Reach {cleo.base}", "Sign in", "Folders", "Default upload folder", "File names", "Connections"
    ]  # fmt: skip
    assert "3600 s" in steps["Sign in"].detail
    assert "/SUP50001/upload/850" in steps["Folders"].detail
    assert steps["File names"].detail == "As 850_US_THEM_000000001_500001.x12"


def test_the_live_test_of_a_mailbox_user(connect: Callable[..., Connection]) -> None:
    step = steps_of(connect(username="mailbox-se"))["Connections"]
    assert step.ok
    assert "normal for a mailbox" in step.detail


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"password": "not-the-password"}, "Sign in"),
        ({"username": "sftp-only-se"}, "Sign in"),
        ({"base_url": "http://127.0.0.1:9"}, "Reach http://127.0.0.1:9"),
    ],
)
def test_the_live_test_ends_where_the_rest_makes_no_sense(
    connect: Callable[..., Connection], changes: dict[str, str], name: str
) -> None:
    steps = steps_of(connect(**changes))
    assert list(steps) == [name]
    assert not steps[name].ok
    assert steps[name].remedy


def test_the_live_test_names_wrong_settings(connect: Callable[..., Connection], cleo: Served) -> None:
    assert not steps_of(connect(file_name_template="{set_id}.x12"))["File names"].ok
    assert "each agreement must name" in steps_of(connect(upload_folder="/x"))["Default upload folder"].detail
    cleo.options(list_paths="moved")
    step = steps_of(connect())["Folders"]
    assert not step.ok
    assert step.remedy

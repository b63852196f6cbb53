"""A file that its source does not give: now, or ever."""

from __future__ import annotations

import pytest

from integrations.engine.enclosing import _read
from integrations.http.errors import Fault, Paused, Rejected, Transient
from integrations.systems.files import ReadFile, WantedFile

pytestmark = pytest.mark.django_db
SCAN = WantedFile(file_id="1", name="scan.pdf")


class Refusing:
    """A source that fails over a file."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    def file(self, file_id: str) -> bytes:
        raise self._fault


def test_what_may_come_yet_is_waited_for_and_then_done_without() -> None:
    busy = Refusing(Transient("Visma.net ERP is busy."))
    with pytest.raises(Paused, match=r"scan\.pdf cannot be read just now"):
        _read(busy, SCAN, patient=True, in_time=True)
    given_up = _read(busy, SCAN, patient=False, in_time=True)
    assert given_up == ReadFile(name="scan.pdf", problem="Visma.net ERP is busy.")


def test_what_will_never_come_is_not_waited_for() -> None:
    gone = Refusing(Rejected("It is not there."))
    assert _read(gone, SCAN, patient=True, in_time=True).problem == "It is not there."


def test_files_that_take_too_long_wait_for_another_try() -> None:
    with pytest.raises(Paused, match="took too long"):
        _read(Refusing(Transient("Not asked.")), SCAN, patient=True, in_time=False)

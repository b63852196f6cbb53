"""Work in a process that may be killed: a fork of this one, which has everything loaded and nothing open."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connections


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended, and what its work returned."""

    killed: bool
    result: Any = None


class ChildFailed(Exception):
    """The work raised something: its traceback."""


def in_child(work: Callable[[], Any]) -> Ended:
    """Does `work` in a process of its own. Returns what it returned (as JSON), or that it was killed.

    Raises ChildFailed where it raised anything.
    """
    handle, name = tempfile.mkstemp(prefix="crash-", suffix=".json")
    os.close(handle)
    result = Path(name)
    try:
        pid = os.fork()
        if pid == 0:
            _work_and_leave(work, result)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            return Ended(killed=True)
        said = result.read_text(encoding="utf-8")
        if status != 0:
            raise ChildFailed(said or f"It ended with status {status}.")
        return Ended(killed=False, result=json.loads(said))
    finally:
        result.unlink(missing_ok=True)


def _work_and_leave(work: Callable[[], Any], result: Path) -> None:
    status = 1
    try:
        result.write_text(json.dumps(work(), default=str), encoding="utf-8")
        connections.close_all()
        status = 0
    except BaseException:  # noqa: BLE001  (the parent raises it)
        result.write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(status)  # none of the parent's own tidying up belongs to the child

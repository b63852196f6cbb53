"""What a process remembers of a mailbox for some minutes: its folders, and whether its user sees connections.

Hundreds of folders take several calls, and every upload and every read needs them. What is remembered may be out of
date, so whoever meets a folder that is gone asks anew. Nothing depends on it: it is lost with the process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from integrations.models import Connection

T = TypeVar("T")

SECONDS = 300.0
"""A folder that is new in Cleo is found after so long at the latest."""

_guard = threading.Lock()
_kept: dict[tuple[Any, ...], tuple[float, Any]] = {}


def kept(connection: Connection, what: str, ask: Callable[[], T], *, anew: bool = False) -> T:
    """What was remembered of a connection, or the answer to `ask`, which is remembered from then on. A connection whose
    settings were changed is another one."""
    key = _key(connection, what)
    if not anew:
        with _guard:
            found = _kept.get(key)
        if found is not None and time.monotonic() - found[0] < SECONDS:
            answer: T = found[1]
            return answer
    answer = ask()
    now = time.monotonic()
    with _guard:
        for old in [k for k, (since, _) in _kept.items() if now - since >= SECONDS]:
            del _kept[old]
        _kept[key] = (now, answer)
    return answer


def forget(connection: Connection, what: str) -> None:
    """It was found to be out of date."""
    with _guard:
        _kept.pop(_key(connection, what), None)


def _key(connection: Connection, what: str) -> tuple[Any, ...]:
    return connection.pk, connection.updated_at, what

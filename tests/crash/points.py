"""The points at which a worker can die: before and after every statement that writes, every commit, every call.

`install` puts hooks below everything: under Django's cursors and commits, and under requests' sessions. They do nothing
until `arm` says which point of this process is its last one.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable
from typing import Any

import requests.adapters
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

WRITES = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)


class Points:
    """Counts the points that this process passes, and kills it at one of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counting, self.last, self.passed = False, 0, list[str]()

    def arm(self, last: int = 0) -> None:
        """From now on points count; the process is killed at number `last`. 0: at none."""
        self.counting, self.last, self.passed = True, last, []

    def disarm(self) -> None:
        self.counting = False

    def passes(self, when: str, what: str) -> None:
        """A point is passed, unless it is the last one: then nothing of this process happens any more."""
        if not self.counting:
            return
        with self._lock:
            self.passed.append(f"{when} {what}")
            if len(self.passed) == self.last:
                os.kill(os.getpid(), signal.SIGKILL)
                signal.pause()  # the signal is on its way: no line of ours runs after this one


POINTS = Points()


def install() -> None:
    """Sets the hooks, once a process; its children have them too."""
    connection_created.connect(_watch_connection, dispatch_uid="crash")
    commit, send = BaseDatabaseWrapper._commit, requests.adapters.HTTPAdapter.send

    def watched_commit(self: BaseDatabaseWrapper) -> None:
        POINTS.passes("before", "COMMIT")
        commit(self)
        POINTS.passes("after", "COMMIT")

    def watched_send(self: Any, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        what = f"{request.method} {request.path_url.partition('?')[0]}"
        POINTS.passes("before", what)
        answer = send(self, request, *args, **kwargs)
        POINTS.passes("after", what)
        return answer

    BaseDatabaseWrapper._commit = watched_commit  # type: ignore[method-assign]
    requests.adapters.HTTPAdapter.send = watched_send  # type: ignore[method-assign]


def _watch_connection(sender: object, connection: BaseDatabaseWrapper, **_more: object) -> None:
    if _watch_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(_watch_statement)


def _watch_statement(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    found = WRITES.match(sql)
    if found is None:
        return execute(sql, params, many, context)
    what = f"{found.group(1).split()[0].upper()} {found.group(2)}"
    POINTS.passes("before", what)
    result = execute(sql, params, many, context)
    POINTS.passes("after", what)
    return result

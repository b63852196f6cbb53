"""What a slice of an operation comes to, and how it is kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from integrations.models import Operation

LEASE = dt.timedelta(seconds=150)
"""Longer than any single call may last; renewed with each thing that is kept."""


class Stopped(Exception):
    """Somebody cancelled the operation, or another worker has it: nothing more may be done for it here."""


class OperationFailed(Exception):
    """Why it cannot go on, as a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a slice came to."""

    again_at: dt.datetime | None = None
    """When the next one may begin; None: it is done."""
    problem: str = ""
    """Why it waits."""
    result: bytes | None = None


def keep(operation: Operation, *, now: dt.datetime, **progress: Any) -> None:
    """Stores how far it is, if this worker still has it. Inside the transaction of what was done, both happen or
    neither. Raises Stopped."""
    operation.progress = {**operation.progress, **progress}
    held = Operation.objects.filter(pk=operation.pk, fence=operation.fence, state=Operation.State.RUNNING)
    if not held.update(progress=operation.progress, lease_until=now + LEASE):
        raise Stopped(str(operation))

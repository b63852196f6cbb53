"""How long to wait after a failure."""

from __future__ import annotations

import datetime as dt
import random

FIRST = dt.timedelta(seconds=2)
CAP = dt.timedelta(minutes=30)
GIVE_UP_AFTER = 20
"""Transient failures in a row after which a person has to look: with the cap that is about eight hours."""


def pause_after(failures: int, *, at_least: dt.timedelta | None = None) -> dt.timedelta:
    """Full jitter: anything up to 2 s, 4 s, 8 s … 30 min; never less than what the other side asked for
    (`at_least`)."""
    ceiling = min(FIRST * 2 ** min(failures, 16), CAP)
    pause: dt.timedelta = ceiling * random.uniform(0.25, 1.0)
    return max(pause, at_least) if at_least else pause

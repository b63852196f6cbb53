"""Processor time of functions, measured so that a busy machine changes it little."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping


def side_by_side(work: Mapping[str, Callable[[], object]], *, seconds: float, rounds: int = 7) -> dict[str, float]:
    """Processor seconds of one call of each function: the best of ``rounds``, in which they take turns.

    ``seconds`` is about how long one function runs in all. Each is called once before, for what it keeps.
    """
    calls: dict[str, int] = {}
    for name, function in work.items():
        function()
        calls[name] = max(1, int(seconds / rounds / max(_once(function, 1), 1e-6)))
    best = dict.fromkeys(work, float("inf"))
    for _ in range(rounds):
        for name, function in work.items():
            best[name] = min(best[name], _once(function, calls[name]))
    return best


def _once(function: Callable[[], object], calls: int) -> float:
    gc.collect()
    begun = time.process_time()
    for _ in range(calls):
        function()
    return (time.process_time() - begun) / calls

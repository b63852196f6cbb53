"""Checking one order, beside the other checkers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.edi.orders import order
from bench.edi.peers import BOTS, PEERS, PYX12, silence
from bench.figures import Figure, Target
from bench.timing import side_by_side
from edi.x12.validate import validate

LINES = 20
OURS = "ours"
TIMES_FASTER = {BOTS: 2, PYX12: 30}


def against_peers() -> list[Figure]:
    """Checks of a 20-line 850 a second, and how many times those of the peers, all in one run."""
    silence()
    text = order(LINES)
    _make_sure_all_check(text)
    work: dict[str, Callable[[], object]] = {OURS: partial(validate, text)}
    work |= {name: partial(check, text) for name, check in PEERS.items()}
    seconds = side_by_side(work, seconds=3)
    figures = [
        Figure(name=f"Check a {LINES}-line 850, {name}", value=round(1 / spent, 1), unit="documents/s")
        for name, spent in seconds.items()
    ]
    figures += [
        Figure(
            name=f"Check a {LINES}-line 850",
            value=round(seconds[peer] / seconds[OURS], 2),
            unit="times faster",
            target=Target("at least", times),
            compared_with=peer,
        )
        for peer, times in TIMES_FASTER.items()
    ]
    return figures


def _make_sure_all_check(text: str) -> None:
    """A checker that accepts everything, or nothing, is no peer."""
    broken = text.replace("PO1*3*10*", "PO1*3*x*")
    for name, check in {OURS: lambda document: validate(document).ok, **PEERS}.items():
        if not check(text) or check(broken):
            raise RuntimeError(f"{name} does not tell a valid order from a broken one")

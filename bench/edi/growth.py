"""A very large order: time in proportion to its lines, memory within bounds."""

from __future__ import annotations

import resource
from functools import partial

from bench.edi.orders import order
from bench.figures import Figure, Target
from bench.timing import side_by_side
from edi.x12.validate import validate

SMALL, LARGE = 1_000, 10_000
SHORT, LONG = 20_000, 320_000
DAMAGED = ("ISA*", "~", "\n", "A~", "ST*850*1~IEA~", "GS*" * 9, "IEA~", "\r\nST*", "SE*1*1~")


def time_of_a_large_order() -> list[Figure]:
    """Time a line of the large order, relative to the small one: 1 is linear."""
    texts = {SMALL: order(SMALL), LARGE: order(LARGE)}
    seconds = side_by_side({str(lines): partial(validate, text) for lines, text in texts.items()}, seconds=5, rounds=5)
    ratio = (seconds[str(LARGE)] / LARGE) / (seconds[str(SMALL)] / SMALL)
    return [
        Figure(name=f"Check a {LARGE:,}-line 850", value=round(seconds[str(LARGE)], 3), unit="s"),
        Figure(
            name=f"Time a line, {LARGE:,}-line 850",
            value=round(ratio, 3),
            unit="times",
            target=Target("at most", 1.5),
            compared_with=f"the same with {SMALL:,} lines",
        ),
    ]


def memory_of_a_large_order() -> list[Figure]:
    """The most that the whole process held while it checked the large order, Python and our tables included."""
    report = validate(order(LARGE))
    if not report.ok:
        raise RuntimeError(f"the order is not valid: {report.findings[0].message}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Figure(
            name=f"Memory to check a {LARGE:,}-line 850",
            value=round(peak, 1),
            unit="MiB of the process",
            target=Target("at most", 150),
        )
    ]


def time_of_damaged_text() -> list[Figure]:
    """Time a character of long texts that are no documents, relative to short ones: the worst of several kinds."""
    ratios = []
    for pattern in DAMAGED:
        texts = {size: pattern * (size // len(pattern)) for size in (SHORT, LONG)}
        work = {str(size): partial(validate, text) for size, text in texts.items()}
        seconds = side_by_side(work, seconds=0.5, rounds=3)
        ratios.append((seconds[str(LONG)] / LONG) / (seconds[str(SHORT)] / SHORT))
    return [
        Figure(
            name="Time a character, damaged text",
            value=round(max(ratios), 3),
            unit="times",
            target=Target("at most", 2),
            compared_with=f"{LONG:,} characters with {SHORT:,}",
        )
    ]

"""Charts as inline SVG: no script, readable in grey, each bar a link with its number."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 720, 150
LEFT, BOTTOM, TOP = 36, 22, 8
"""Room for the numbers at the side and the hours below."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour."""

    start: dt.datetime
    number: int
    href: str


def nice_top(most: int) -> int:
    """The round number at or above `most` that an axis ends with."""
    if most <= 5:
        return max(most, 1)
    size: int = 10 ** (len(str(most)) - 1)
    return next(step * size for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * size >= most)


def bars(title: str, unit: str, values: Sequence[Bar], *, kind: str) -> SafeString:
    """A bar chart of hours, the oldest at the left. The same numbers stand in a table for those who cannot see it."""
    top = nice_top(max((b.number for b in values), default=0))
    room = (WIDTH - LEFT) / max(len(values), 1)
    high = HEIGHT - TOP - BOTTOM

    def drawn(place: int, bar: Bar) -> SafeString:
        size = round(high * bar.number / top, 1)
        x, width = round(LEFT + place * room + room * 0.12, 1), round(room * 0.76, 1)
        said = f"{bar.start:%H:%M}–{bar.start + dt.timedelta(hours=1):%H:%M} UTC: {bar.number:,} {unit}"
        if not bar.number:
            return format_html(
                '<rect class="bar none" x="{}" y="{}" width="{}" height="1"><title>{}</title></rect>',
                x,
                TOP + high - 1,
                width,
                said,
            )
        return format_html(
            '<a href="{}" aria-label="{}"><rect class="bar {}" x="{}" y="{}" width="{}" height="{}" '
            'rx="1.5"><title>{}</title></rect></a>',
            bar.href,
            said,
            kind,
            x,
            round(TOP + high - size, 1),
            width,
            max(size, 1.5),
            said,
        )

    lines = format_html_join(
        "",
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="axis" x="{}" y="{}" '
        'text-anchor="end">{}</text>',
        ((LEFT, WIDTH, y, y, LEFT - 6, y + 4, f"{number:,}") for number, y in ((top, TOP), (0, TOP + high))),
    )
    hours = format_html_join(
        "",
        '<text class="axis" x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (round(LEFT + (place + 0.5) * room, 1), HEIGHT - 5, f"{bar.start:%H}")
            for place, bar in enumerate(values)
            if bar.start.hour % 3 == 0
        ),
    )
    drawings = format_html_join("", "{}", ((drawn(place, bar),) for place, bar in enumerate(values)))
    total = sum(b.number for b in values)
    return format_html(
        '<figure class="chart"><figcaption><b>{}</b> <span class="quiet">{} in {} hours, by hour '
        "(UTC)</span></figcaption>"
        '<svg viewBox="0 0 {} {}" role="group" aria-label="{}">{}{}{}</svg></figure>',
        title,
        f"{total:,}",
        len(values),
        WIDTH,
        HEIGHT,
        f"{title}: {total} in {len(values)} hours",
        lines,
        drawings,
        hours,
    )


def strip(numbers: Sequence[int], *, places: int = 24) -> SafeString:
    """The last reads of a feed as a strip: one bar a read, height = records, oldest at the left."""
    shown = list(numbers)[-places:]
    most = max([*shown, 1])
    pieces = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="8" height="{}" rx="1"><title>{} records</title></rect>',
        (
            (
                "bar ok" if n else "bar none",
                place * 11,
                round(36 - max(34 * n / most, 2), 1),
                round(max(34 * n / most, 2), 1),
                n,
            )
            for place, n in enumerate(shown)
        ),
    )
    return format_html(
        '<svg class="strip" viewBox="0 0 {} 38" role="img" aria-label="{}">{}</svg>',
        places * 11,
        f"Records of the last {len(shown)} reads: {', '.join(str(n) for n in shown)}",
        pieces,
    )


def gauge(share: float) -> SafeString:
    """What is left of something, as a bar; 1 is all."""
    kind = "bad" if share < 0.1 else "wait" if share < 0.3 else "ok"
    return format_html(
        '<svg class="gauge" viewBox="0 0 100 8" role="img" aria-label="{}"><rect class="bar none" width="100" '
        'height="8" rx="4"/>'
        '<rect class="bar {}" width="{}" height="8" rx="4"/></svg>',
        f"{share:.0%} left",
        kind,
        max(round(share * 100), 2),
    )


@dataclass(frozen=True, slots=True)
class RunBar:
    """One run of a feed."""

    records: int
    kind: Literal["ok", "bad", "move", "none"]
    title: str
    href: str


def runs_strip(runs: Sequence[RunBar], *, label: str, places: int = 24) -> SafeString:
    """The last runs, oldest at the left: a bar each, which opens the run. Height = records, on a square-root scale, so
    that a small run beside a large one can still be seen. What is not good stands out by shape too: it has a notch."""
    shown = list(runs)[-places:]
    most = max([*(math.sqrt(r.records) for r in shown), 1.0])
    first = places - len(shown)

    def drawn(place: int, run: RunBar) -> SafeString:
        high = round(max(22 * math.sqrt(run.records) / most, 2), 1)
        x, y = place * 7, round(28 - high, 1)
        notch = (
            format_html('<rect class="b-{}" x="{}" y="0" width="5" height="3"/>', run.kind, x)
            if run.kind == "bad"
            else ""
        )
        return format_html(
            '<a href="{}" aria-label="{}"><rect class="b-{}" x="{}" y="{}" width="5" height="{}" rx="1"/>{}'
            "<title>{}</title></a>",
            run.href,
            run.title,
            run.kind,
            x,
            y,
            high,
            notch,
            run.title,
        )

    empty = format_html_join(
        "", '<rect class="b-none" x="{}" y="26" width="5" height="2" rx="1"/>', ((place * 7,) for place in range(first))
    )
    bars = format_html_join("", "{}", ((drawn(first + place, run),) for place, run in enumerate(shown)))
    return format_html(
        '<svg class="strip" viewBox="0 0 {} 28" role="group" aria-label="{}">{}{}</svg>', places * 7, label, empty, bars
    )

"""The time axis of a document: two systems and we between, drawn as inline SVG. The list below it says the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext

from integrations.models import Delivery
from integrations.selectors.documents import Event

SHOWN = 12
"""Events that are drawn, the last ones: more cannot be read."""
LEFT, RIGHT, WIDTH, HEIGHT = 210, 60, 1100, 190
LANES = {"source": 40, "us": 100, "target": 160}


def draw(events: Sequence[Event], *, source: str, target: str, at: Delivery) -> SafeString | str:
    """The last events from left to right, in equal steps; "" when there are fewer than two."""
    last = list(events)[-SHOWN:]
    if len(last) < 2:
        return ""
    step = (WIDTH - LEFT - RIGHT) / (len(last) - 1)
    points = [(round(LEFT + place * step), LANES[event.lane], event) for place, event in enumerate(last)]
    names = {"source": source, "us": gettext("here"), "target": target}
    lanes = format_html_join(
        "",
        '<text class="name" x="0" y="{}">{}</text><line x1="{}" x2="{}" y1="{}" y2="{}"/>',
        ((y + 4, Truncator(names[lane]).chars(24), LEFT - 15, WIDTH, y, y) for lane, y in LANES.items()),
    )
    links = format_html_join(
        "",
        '<line class="link" x1="{}" y1="{}" x2="{}" y2="{}"/>',
        ((x1, y1, x2, y2) for (x1, y1, _), (x2, y2, _) in pairwise(points) if y1 != y2),
    )
    dots = format_html_join(
        "",
        '<g><circle class="dot b-{}" cx="{}" cy="{}" r="{}"/><text x="{}" y="{}" text-anchor="middle">{}</text>'
        "<title>{}</title></g>",
        (
            (
                event.kind,
                x,
                y,
                8 if event.delivery == at.pk else 6,
                x,
                y - 13,
                f"{timezone.localtime(event.at):%H:%M}",
                f"{timezone.localtime(event.at):%Y-%m-%d %H:%M:%S} {event.text}",
            )
            for x, y, event in points
        ),
    )
    return format_html(
        '<svg class="axis-lanes" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>',
        WIDTH,
        HEIGHT,
        gettext("Time axis; the list below says the same"),
        lanes,
        links,
        dots,
    )

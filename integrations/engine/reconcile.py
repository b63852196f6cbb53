"""Reconciling a flow over a period: counts and amounts on both sides, and every difference in a class.

The source is read live, and each document is looked up live at the target. What the target has is what deliveries of
the object made there; what it should have is what the source says now.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from decimal import Decimal
from typing import Any

import msgspec
from django.utils.translation import gettext_noop

from integrations.engine.compare import Sides
from integrations.engine.reconcile_line import CLASSES, look_at, unreadable
from integrations.engine.sessions import Sessions
from integrations.engine.step import OperationFailed, Step, keep
from integrations.http.errors import Paused, RateLimited, Rejected
from integrations.models import Operation, Record
from integrations.systems.contract import Item, Part, Window
from portal.common.clock import db_now

SLICE_SECONDS = 20.0
CLASS_WORDS: dict[str, str] = {
    "same": gettext_noop("the same on both sides"),
    "in_flight": gettext_noop("in flight: it is on its way"),
    "failed": gettext_noop("failed: somebody has to act"),
    "never_seen": gettext_noop("never seen: not read yet"),
    "never_sent": gettext_noop("never sent: read when the flow did not take it"),
    "changed_after": gettext_noop("changed after it was read"),
    "left_out": gettext_noop("left out: by a rule or by a person"),
    "not_final": gettext_noop("not final: it is there, and nobody released it"),
    "not_visible": gettext_noop("delivered, and not visible there now"),
    "unexplained": gettext_noop("unexplained"),
}


class Result(msgspec.Struct, kw_only=True):
    """A reconciliation, as far as it is."""

    todo: list[str] = []
    """Objects that are still to be looked at, by the source's id."""
    lines: list[dict[str, Any]] = []


def summary(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts on both sides, amounts by currency ("" of what says none), and how many documents are in each class."""
    kinds = Counter(str(line["kind"]) for line in lines)
    amounts: dict[str, dict[str, Decimal]] = {}
    for side, counts, name in (("source", "counts_here", "ours"), ("target", "counts_there", "theirs")):
        for line in lines:
            if line[counts] and line[name] not in (None, ""):
                own = amounts.setdefault(line.get("currency", ""), {"source": Decimal(0), "target": Decimal(0)})
                own[side] += Decimal(line[name])
    return {
        "source_count": sum(1 for line in lines if line["counts_here"]),
        "target_count": sum(1 for line in lines if line["counts_there"]),
        "amounts": {
            currency: {
                "source": str(own["source"]),
                "target": str(own["target"]),
                "difference": str(own["source"] - own["target"]),
            }
            for currency, own in sorted(amounts.items())
        },
        **{kind: kinds.get(kind, 0) for kind in CLASSES},
    }


def in_words(said: dict[str, Any], name: str) -> str:
    """The `source`, `target` or `difference` of a summary, as "100.00 EUR, 2.50 SEK"; 0 where there is none."""
    return ", ".join(f"{own[name]} {currency}".strip() for currency, own in said["amounts"].items()) or "0"


class Total(msgspec.Struct, kw_only=True):
    """What all documents of one day come to under one tax code in one currency, on both sides."""

    day: str
    currency: str
    code: str
    documents: int = 0
    net_here: Decimal = Decimal(0)
    tax_here: Decimal = Decimal(0)
    net_there: Decimal = Decimal(0)
    tax_there: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        return self.net_here + self.tax_here - self.net_there - self.tax_there

    @property
    def is_equal(self) -> bool:
        """Whether both sides say the same net and the same tax: what one has too much of may make up for the other."""
        return (self.net_here, self.tax_here) == (self.net_there, self.tax_there)


def totals_of(lines: list[dict[str, Any]]) -> list[Total]:
    """By day, currency and tax code; [] for a flow whose amounts are not told so."""
    found: dict[tuple[str, str, str], Total] = {}
    for line in lines:
        touched = set()
        for side in ("here", "there"):
            for part in msgspec.convert(line.get(side, []), list[Part], strict=False):
                key = (part.day, part.currency, part.code)
                total = found.setdefault(key, Total(day=part.day, currency=part.currency, code=part.code))
                if side == "here":
                    total.net_here, total.tax_here = total.net_here + part.net, total.tax_here + part.tax
                else:
                    total.net_there, total.tax_there = total.net_there + part.net, total.tax_there + part.tax
                touched.add(key)
        for key in touched:
            found[key].documents += 1
    return [found[key] for key in sorted(found)]


# --- In slices


def reconcile_slice(operation: Operation, sessions: Sessions) -> Step:
    """Finds the documents of the period, then looks at as many as a slice has time for."""
    flow = operation.flow
    if flow is None:
        raise OperationFailed("The flow is gone.")
    sides = Sides(flow, sessions)
    if sides.spec.keeps:
        raise OperationFailed(f"{sides.spec.label} has no effect in another system, so there is nothing to reconcile.")
    window = Window(
        start=dt.datetime.fromisoformat(operation.selection["from"]),
        end=dt.datetime.fromisoformat(operation.selection["to"]),
    )
    until = time.monotonic() + SLICE_SECONDS
    result = msgspec.json.decode(operation.result, type=Result) if operation.result else None
    try:
        live: dict[str, Item] = {}
        if result is None:
            live = _live(sides, window)
            result = Result(todo=sorted({*live, *_kept(sides, window)}))
        while result.todo:
            source_id = result.todo[0]
            try:
                lines = look_at(sides, source_id, live.get(source_id))
            except Rejected as refused:  # one object that cannot be looked at keeps no other from being compared
                lines = [unreadable(sides, source_id, live.get(source_id), refused)]
            result.todo.pop(0)
            sessions.forget()
            result.lines += [line.as_json() for line in lines]
            if time.monotonic() > until:
                break
    except (Paused, RateLimited) as wait:
        _store(operation, result)
        return Step(again_at=wait.retry_at, problem=wait.sentence)
    _store(operation, result)
    return Step(again_at=db_now()) if result.todo else Step()


def _store(operation: Operation, result: Result | None) -> None:
    if result is None:
        return
    operation.result = msgspec.json.encode(result)
    counts = summary(result.lines)
    keep(operation, now=db_now(), looked_at=len(result.lines), left=len(result.todo), summary=counts)
    Operation.objects.filter(pk=operation.pk, fence=operation.fence).update(result=operation.result)


def _live(sides: Sides, window: Window) -> dict[str, Item]:
    """What the source itself says changed in the period."""
    if sides.leaves:
        return {}
    found: dict[str, Item] = {}
    for page in sides.source().read(window, None):
        for item in page.items:
            inside = item.modified_at is None or (
                (window.start is None or item.modified_at >= window.start) and item.modified_at < window.end
            )
            if inside:
                found[item.source_id] = item
    return found


def _kept(sides: Sides, window: Window) -> set[str]:
    """Objects whose newest version, as we have it, is of the period: the source may have them no more."""
    feed = sides.feed
    if feed is None:
        return set()
    rows = Record.objects.filter(feed=feed, is_newest=True, modified_at__gte=window.start, modified_at__lt=window.end)
    return set(rows.filter(deliveries__flow=sides.flow).values_list("source_id", flat=True))

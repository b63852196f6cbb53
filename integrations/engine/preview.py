"""A few real records as they are at the source now, the document that each says, and the bytes that would be sent.
Nothing is captured, no number is taken, nothing is written at either side."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from django_scopes import scope

from edi.documents.values import Value
from integrations.engine.compare import Sides
from integrations.engine.plan import Planned, considered, would_begin
from integrations.engine.sessions import Sessions
from integrations.http.errors import Fault
from integrations.models import Flow
from integrations.systems.contract import Item, Unmappable, Window
from portal.common.clock import db_now

MOST = 3
"""Records that are shown."""
LOOKED_AT = 60
"""Records that are looked at to find them."""
LATELY = dt.timedelta(days=30)
EXAMPLE = "An example of how it is mapped: if this went live now, it would not be sent."
SECONDS = 15.0
"""How long somebody waits for it; a call that has begun ends after its own deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """One record."""

    planned: Planned
    source: bytes
    document: Value | None = None
    """What it says, in our words; None where nothing would be sent, or it is written already."""
    sent: bytes | None = None
    """What would be sent; None where nothing would be."""


@dataclass(slots=True)
class Preview:
    """What was found."""

    shown: list[Previewed] = field(default_factory=list)
    looked_at: int = 0
    others: Counter[str] = field(default_factory=Counter)
    """Of the records that are not shown: how many there were of each reason."""
    problem: str = ""
    """Why the source could not be read, or not to the end; a sentence."""


def preview(flow: Flow) -> Preview:
    """Reads a few records of the flow's source: what would be sent first, then what would be refused or wait."""
    found, aside = Preview(), []
    sessions = Sessions()
    with scope(tenant=flow.tenant):
        try:
            for one in _each(Sides(flow, sessions, for_people=True), found):
                if one.sent is not None:
                    found.shown.append(one)
                else:
                    aside.append(one)
                if len(found.shown) == MOST:
                    break
        except Fault as fault:
            found.problem = fault.sentence
        finally:
            sessions.close()
    telling = [one for one in aside if one.planned.action in ("refused", "wait")]
    found.shown += telling[: MOST - len(found.shown)]
    kept = {id(one) for one in found.shown}
    found.others.update(one.planned.what for one in aside if id(one) not in kept)
    return found


def _each(sides: Sides, found: Preview) -> Iterator[Previewed]:
    until = time.monotonic() + SECONDS
    for item in _items(sides, found):
        found.looked_at += 1
        yield _previewed(sides, item)
        if found.looked_at >= LOOKED_AT or time.monotonic() > until:
            return


def _items(sides: Sides, found: Preview) -> Iterator[Item]:
    """What changed lately, and where nothing did, all that there is: what was read already shows the same as what was
    not."""
    now = db_now()
    for start in (now - LATELY, None):
        if found.looked_at:
            return
        for page in sides.source().read(Window(start=start, end=now), None):
            yield from page.items


def _previewed(sides: Sides, item: Item) -> Previewed:
    begins = would_begin(sides.flow)
    planned, prepared, _lane = considered(sides, item, begins=begins)
    if prepared is None and begins is not None and planned.action in ("nothing", "wait"):
        # Of what is too old to be sent if it went live now, people see all the same how it is mapped.
        reason = planned.what
        other, prepared, _lane = considered(sides, item)
        if prepared is not None:
            planned = replace(other, action=planned.action, what=f"{EXAMPLE} {reason}")
    if prepared is None:
        return Previewed(planned=planned, source=item.raw)
    try:
        body = prepared.preview()
    except Unmappable as error:
        refused = Planned(planned.flow, planned.business_number, planned.source_id, "refused", error.sentence)
        return Previewed(planned=refused, source=item.raw, document=prepared.document)
    return Previewed(planned=planned, source=item.raw, document=prepared.document, sent=body)

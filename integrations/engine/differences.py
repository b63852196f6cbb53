"""The difference between reference data here and there: what is missing at the target, what it says otherwise, and what
it alone has. Reads both sides whole and writes nothing.

A target that does not list what it has is taken by our word: what was delivered there stands in for it, and the report
says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from django.utils.translation import gettext_noop

from integrations.engine.compare import Sides
from integrations.engine.sessions import Sessions
from integrations.engine.step import OperationFailed, Step, keep
from integrations.flows.contract import Job, Needs, Send
from integrations.flows.registry import flow_spec
from integrations.http.errors import ConfigError, NotFound, Paused, RateLimited
from integrations.models import Flow, Link, Operation
from integrations.systems.contract import Item, ListedRow, ListsRows, Unmappable, Window
from integrations.systems.registry import system
from portal.common.clock import db_now

Kind = Literal["same", "missing", "different", "only_there", "not_sent"]
KIND_WORDS: dict[str, str] = {
    "same": gettext_noop("the same on both sides"),
    "missing": gettext_noop("missing there"),
    "different": gettext_noop("different"),
    "only_there": gettext_noop("only there"),
    "not_sent": gettext_noop("not sent: it cannot be, or a rule leaves it out"),
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One account, or one value of a dimension."""

    reference: str
    """By which both sides know it; the target's own id where it has none of ours."""
    name: str
    kind: Kind
    why: str = ""


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """The report."""

    lines: tuple[Line, ...]
    listed: bool = True
    """Whether the target told what it has."""

    @property
    def counts(self) -> dict[str, int]:
        found: Counter[str] = Counter(line.kind for line in self.lines)
        return {kind: found.get(kind, 0) for kind in KIND_WORDS}


def can_differ(flow: Flow) -> bool:
    """Whether there is such a report of a flow: its source is read whole, and its target lists rows."""
    try:
        spec = flow_spec(flow.full_key)
    except KeyError:
        return False
    if spec.keeps or spec.source != "books":
        return False
    books, partner = flow.integration.books, flow.integration.partner
    whole = system(books.system).feed(spec.feed).reads == "whole"
    return whole and system(partner.system).sink(spec.sink).lists_rows


def differences_slice(operation: Operation, sessions: Sessions) -> Step:
    """The whole report: reference data is small, and a read that is cut short says nothing."""
    flow = operation.flow
    if flow is None or not can_differ(flow):
        raise OperationFailed("There is no reference data of this flow to compare.")
    try:
        found = differences(Sides(flow, sessions))
    except (Paused, RateLimited) as wait:
        return Step(again_at=wait.retry_at, problem=wait.sentence)
    keep(operation, now=db_now(), looked_at=len(found.lines), **found.counts)
    said = "" if found.listed else "The other side does not list what it has; what was delivered stands in for it."
    return Step(result=msgspec.json.encode(found), problem=said)


def differences(sides: Sides) -> Differences:
    """Both sides, read now. Raises Fault when one cannot be read."""
    connection = sides.flow.integration.partner
    sink = system(connection.system).sink(sides.spec.sink).open(connection, sides.sessions.of(connection))
    if not isinstance(sink, ListsRows):
        raise OperationFailed(f"{sides.spec.label}: the other side cannot be listed.")
    there: dict[str, ListedRow] = {}
    others: list[ListedRow] = []
    listed = True
    try:
        for row in sink.rows():
            if row.reference and row.reference not in there:
                there[row.reference] = row
            else:
                others.append(row)
    except (NotFound, ConfigError):  # a path that is not there, or that may not be read
        listed = False
    lines: list[Line] = []
    seen: set[str] = set()
    for item in _items(sides):
        line, reference = _look(sides, sink, item, there, listed=listed)
        seen.add(reference)
        lines.append(line)
    others += [row for reference, row in there.items() if reference not in seen]
    lines += [_alone(row) for row in others]
    order = list(KIND_WORDS)
    lines.sort(key=lambda line: (-order.index(line.kind), line.reference))
    return Differences(lines=tuple(lines), listed=listed)


def _items(sides: Sides) -> Iterator[Item]:
    for page in sides.source().read(Window(start=None, end=db_now()), None):
        yield from page.items


def _look(sides: Sides, sink: ListsRows, item: Item, there: dict[str, ListedRow], *, listed: bool) -> tuple[Line, str]:
    """One record of the source, and by which reference the target knows it."""
    job = Job(
        flow=sides.flow,
        operation="send",
        lane="",
        business_number=item.business_number,
        raw=item.raw,
        last=None,
        source_id=item.source_id,
        problem=item.problem,
    )
    name = item.business_number or item.source_id
    try:
        prepared = sides.spec.prepare(job)
    except (Unmappable, Needs) as error:
        said = error.sentence if isinstance(error, Unmappable) else str(error)
        return Line(reference=item.source_id, name=name, kind="not_sent", why=said), item.source_id
    if not isinstance(prepared, Send):
        why = getattr(prepared, "reason", "")
        return Line(reference=item.source_id, name=name, kind="not_sent", why=why), item.source_id
    wanted = sink.row_of(prepared.preview())
    if not listed:
        links = Link.objects.filter(integration=sides.flow.integration, entity=sides.spec.entity)
        known = links.filter(source_id=item.source_id).exists()
        kind: Kind = "same" if known else "missing"
        return Line(reference=wanted.reference, name=wanted.name, kind=kind, why=_NOT_LISTED), wanted.reference
    row = there.get(wanted.reference)
    if row is None:
        return Line(reference=wanted.reference, name=wanted.name, kind="missing"), wanted.reference
    different = [
        f"{field}: {value or 'nothing'} in the books, {row.fields.get(field) or 'nothing'} there"
        for field, value in wanted.fields.items()
        if row.fields.get(field, "") != value
    ]
    kind = "different" if different else "same"
    return Line(reference=wanted.reference, name=wanted.name, kind=kind, why="; ".join(different)), wanted.reference


def _alone(row: ListedRow) -> Line:
    why = "" if row.reference else "It has no reference to the books."
    return Line(reference=row.reference or row.own_id, name=row.name, kind="only_there", why=why)


_NOT_LISTED = "The other side does not list it; by what was delivered there."


def read_report(result: bytes | None) -> Differences:
    """A report that was kept; an empty one when there is none yet."""
    return msgspec.json.decode(result, type=Differences) if result else Differences(lines=())


def as_rows(found: Differences) -> list[dict[str, Any]]:
    """Its lines for a spreadsheet."""
    return [msgspec.to_builtins(line) for line in found.lines]

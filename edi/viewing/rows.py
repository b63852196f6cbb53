"""Segments as rows, each finding at its place."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from edi.documents.registry import business_number
from edi.viewing.elements import element_views
from edi.viewing.envelopes import control_segment
from edi.viewing.hiding import Hider
from edi.viewing.values import RowKind, SegmentRow, SetView
from edi.x12 import segments as x12
from edi.x12.compiled import compiled_grammar
from edi.x12.compiled.grammar import ENTER, REPEAT, Grammar, Place
from edi.x12.display import segment_text
from edi.x12.findings import Finding
from edi.x12.guides import Guide
from edi.x12.maps import standard
from edi.x12.maps.model import SegmentDef


class _Placed:
    """Findings by the segment at which they stand."""

    def __init__(self, segments: Sequence[x12.Segment], findings: Sequence[Finding]) -> None:
        starts = sorted({segment.offset for segment in segments})
        self._by_start: dict[int, list[Finding]] = {}
        self.unplaced: list[Finding] = []
        for finding in findings:
            at = bisect_right(starts, finding.offset) - 1
            if at < 0 or not (finding.segment or finding.set_control or finding.group_control):
                self.unplaced.append(finding)
            else:
                self._by_start.setdefault(starts[at], []).append(finding)

    def take(self, segment: x12.Segment) -> list[Finding]:
        """Those at ``segment``, which are then no more to be shown elsewhere."""
        return self._by_start.pop(segment.offset, [])

    def rest(self) -> Iterator[Finding]:
        """Those that were not taken."""
        for findings in self._by_start.values():
            yield from findings


class Rows:
    """Builds the rows and sets of a text."""

    def __init__(
        self,
        interchanges: Sequence[x12.Interchange],
        findings: Sequence[Finding],
        guide: Guide | None,
        *,
        max_rows: int,
        hider: Hider | None = None,
    ) -> None:
        self._interchanges = interchanges
        self._hider = hider
        self._placed = _Placed([s for i in interchanges for s in _all_segments(i)], findings)
        self._findings = sorted(findings, key=lambda finding: finding.offset)
        self._offsets = [finding.offset for finding in self._findings]
        self._guide = guide
        self._max_rows = max_rows
        self.rows: list[SegmentRow] = []
        self.sets: list[SetView] = []
        self.hidden = 0
        self.unplaced: list[Finding] = []

    def build(self) -> None:
        """Fill rows and sets."""
        for interchange in self._interchanges:
            self._interchange(interchange)
        self.unplaced = [*self._placed.unplaced, *self._placed.rest()]
        self.unplaced.sort(key=lambda finding: finding.offset)

    def _interchange(self, interchange: x12.Interchange) -> None:
        marks = interchange.separators
        if interchange.isa is not None:
            self._add(interchange.isa, marks, kind="interchange", depth=0, definition=control_segment("ISA"))
        for segment in (*interchange.ta1, *interchange.loose):
            self._add(segment, marks, kind="interchange", depth=1, definition=control_segment(segment.tag))
        for group in interchange.groups:
            if group.gs is not None:
                self._add(group.gs, marks, kind="group", depth=1, definition=control_segment("GS"))
            for tset in group.sets:
                self._set(group, tset, marks)
            for segment in group.loose:
                self._add(segment, marks, kind="group", depth=2, definition=None)
            if group.ge is not None:
                self._add(group.ge, marks, kind="group", depth=1, definition=control_segment("GE"))
        if interchange.iea is not None:
            self._add(interchange.iea, marks, kind="interchange", depth=0, definition=control_segment("IEA"))

    def _set(self, group: x12.FunctionalGroup, tset: x12.TransactionSet, marks: x12.Separators) -> None:
        described = standard(group.version or tset.version)
        grammar = compiled_grammar(described.version, tset.set_id, self._guide) if described is not None else None
        first, number = len(self.rows), len(self.sets) + 1
        is_shown = first < self._max_rows
        st = grammar.start.use.segment if grammar is not None else None
        self._add(tset.st, marks, kind="set", depth=2, definition=st, position=1, set_number=number)
        walk = _Walk(grammar)
        for position, segment in enumerate(tset.body, start=2):
            place = walk.step(segment)
            definition = place.use.segment if place is not None else None
            if definition is None and described is not None:
                definition = described.segments.get(segment.tag)
            self._add(
                segment,
                marks,
                kind="segment",
                depth=3 + walk.depth,
                definition=definition,
                position=position,
                set_number=number,
                loop=walk.loop,
                opens=walk.opens,
            )
        if tset.se is not None:
            se = grammar.by_tag["SE"][0].use.segment if grammar is not None and "SE" in grammar.by_tag else None
            position = len(tset.body) + 2
            self._add(tset.se, marks, kind="set", depth=2, definition=se, position=position, set_number=number)
        own = self._findings_between(tset.st.offset, tset.segments[-1].end_offset)
        self.sets.append(
            SetView(
                number=number,
                set_id=tset.set_id,
                name=grammar.definition.name if grammar is not None else "",
                control_number=tset.control_number,
                group_control=group.control_number,
                version=group.version,
                business_number=business_number(tset),
                segments=len(tset.segments),
                errors=sum(finding.is_error for finding in own),
                warnings=sum(not finding.is_error for finding in own),
                row=first if is_shown else -1,
            )
        )

    def _findings_between(self, first: int, last: int) -> list[Finding]:
        return self._findings[bisect_left(self._offsets, first) : bisect_right(self._offsets, last)]

    def _add(
        self,
        segment: x12.Segment,
        marks: x12.Separators,
        *,
        kind: RowKind,
        depth: int,
        definition: SegmentDef | None,
        position: int = 0,
        set_number: int = 0,
        loop: str = "",
        opens: str = "",
    ) -> None:
        if len(self.rows) >= self._max_rows:
            self.hidden += 1
            return
        findings = self._placed.take(segment)
        at_elements: dict[int, list[Finding]] = {}
        own = []
        for finding in findings:
            if finding.element and finding.segment == segment.tag:
                at_elements.setdefault(finding.element, []).append(finding)
            else:
                own.append(finding)
        elements, shown = element_views(segment, definition, marks, at_elements), segment
        if self._hider is not None:
            elements = self._hider.views(segment.tag, elements)
            own = [self._hider.finding(finding) for finding in own]
            shown = x12.Segment(segment.tag, self._hider.values(segment.tag, segment.elements))
        self.rows.append(
            SegmentRow(
                kind=kind,
                tag=segment.tag,
                name=definition.name if definition is not None else "",
                depth=depth,
                loop=loop,
                opens=opens,
                position=position,
                set_number=set_number,
                elements=elements,
                findings=tuple(own),
                raw=segment_text(shown, marks),
                offset=segment.offset,
            )
        )


class _Walk:
    """Where each segment of a set stands among its loops."""

    def __init__(self, grammar: Grammar | None) -> None:
        self._grammar = grammar
        self._place: Place | None = grammar.start if grammar is not None else None
        self._repeats: dict[str, int] = {}
        self._levels: dict[str, int] = {}
        """Depth of each HL by its number."""
        self._level = 0
        self.depth = 0
        self.loop = ""
        self.opens = ""

    def step(self, segment: x12.Segment) -> Place | None:
        """The place of the segment, None where it fits nowhere; ``depth``, ``loop`` and ``opens`` then say where it is
        shown."""
        self.opens = ""
        move = self._grammar.move(self._place, segment.tag) if self._grammar and self._place else None
        if move is None:
            return None
        self._place = place = move.target
        self.loop, self.depth = place.loop.id, 0
        around = place.loop.parent
        while around is not None:
            self.depth, around = self.depth + 1, around.parent
        if move.kind in (ENTER, REPEAT):
            self._open(segment, place.loop.id)
        elif place.loop.parent is None:
            self._level = 0
        self.depth += self._level
        if place.depth_index == 0 and place.loop.parent is not None:
            self.depth -= 1  # the trigger stands where its loop does, the others inside
        return place

    def _open(self, segment: x12.Segment, loop: str) -> None:
        self._repeats[loop] = self._repeats.get(loop, 0) + 1
        self.opens = f"{loop} {self._repeats[loop]}"
        if segment.tag == "HL":
            parent = segment.get(2).strip()
            self._level = self._levels.get(parent, -1) + 1 if parent else 0
            self._levels[segment.get(1).strip()] = self._level


def _all_segments(interchange: x12.Interchange) -> Iterator[x12.Segment]:
    envelope = (interchange.isa, *interchange.ta1, *interchange.loose, interchange.iea)
    yield from (segment for segment in envelope if segment is not None)
    for group in interchange.groups:
        yield from (segment for segment in (group.gs, *group.loose, group.ge) if segment is not None)
        for tset in group.sets:
            yield from tset.segments

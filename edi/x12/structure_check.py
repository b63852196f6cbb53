"""Walk one transaction set along its grammar: order, counts, mandatory segments, and the elements of each segment.

One fault gives one finding. Where a segment does not fit, or fits only with something missing before it, there are
several explanations: it is out of its place, the segment that opens its loop was lost, or something before it is
missing. Each is tried on the segments that follow (``_cost``), and the one that leaves the fewest faults there is
reported; the walk goes on from where that explanation leads. So a misspelt or lost segment is one finding, and what
follows it is checked as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from edi.x12.compiled import CompiledSet
from edi.x12.compiled.grammar import ENTER, REPEAT, SELF, Move, Place
from edi.x12.compiled.patterns import SEPARATOR
from edi.x12.elements import Setting, broken_note, segment_faults
from edi.x12.findings import Finding
from edi.x12.maps.model import UNLIMITED
from edi.x12.segments import Segment, Separators, TransactionSet
from edi.x12.wording import Wording

MAX_FINDINGS = 500
"""Findings kept for one transaction set: a file of another kind would otherwise give one for each segment."""

LOOKAHEAD = 15
"""Segments on which an explanation is tried."""

_ENVELOPE_TAGS = frozenset({"ST", "SE"})
_ENVELOPE_ELEMENTS = 2
"""ST01, ST02, SE01 and SE02 are checked with the envelope."""

_Explanation = tuple[Place | None, Place | None]
"""Why a segment does not fit, as (where it stands, what is missing before it). Both None: it is out of its place. Only
the first: a loop around goes on there, perhaps without its trigger. Both: that loop lacks its trigger."""


class SetWalk:
    """The check of one transaction set; ``findings`` in the order of the segments."""

    def __init__(
        self, tset: TransactionSet, compiled: CompiledSet, separators: Separators, is_known_tag: Callable[[str], bool]
    ) -> None:
        self.findings: list[Finding] = []
        self.has_structure_fault = False
        self._tset = tset
        self._segments = tset.body if tset.se is None else [*tset.body, tset.se]
        self._compiled = compiled
        self._grammar = compiled.grammar
        self._setting = Setting(separators, compiled.charset)
        self._is_known_tag = is_known_tag
        self._wording = Wording(tset, compiled.grammar)
        self._run = 1
        """Uses of the current place without another segment between."""
        self._repeats: dict[int, int] = {0: 1}
        """Repeats of each loop, by its index."""
        self._is_lost = False
        """An unknown segment was met: it may have been the mandatory segment or the trigger that lacks next."""
        self._strays: set[str] = set()
        """Tags met out of their place: where such a segment is missing later, that is the same fault."""
        self._habits: dict[str, tuple[int, int]] = {}
        """Warnings that a sender causes in every element: by code, the index of the first and how often."""
        self._skipped: dict[str, Finding] = {}
        """Findings on missing segments by tag: the segment may come later, out of its place."""

    def run(self) -> None:
        """Check all segments."""
        checks, join = self._compiled.checks, SEPARATOR.join
        place = self._grammar.start
        self._look(self._tset.st, place, 1)
        for index, segment in enumerate(self._segments):
            move = place.moves.get(segment.tag)
            if move is not None and move.is_plain:
                if move.kind != SELF:
                    self._run = 1
                place = move.target
            else:
                place, is_placed = self._step(place, segment, index)
                if not is_placed:
                    continue
            check = checks[place.index] or self._compiled.check_of(place)
            elements = segment.elements
            count = len(elements)
            if count > check.size or check.match(join(elements) + check.pads[count]) is None:
                self._look(segment, place, index + 2)
            elif check.notes:
                presence = bytes(map(bool, elements))
                if presence not in check.presences:
                    if any(broken_note(note, elements) for note in check.notes):
                        self._look(segment, place, index + 2)
                    else:
                        check.remember(presence)
        self._fold_habits()

    # --- one step ---

    def _step(self, place: Place, segment: Segment, index: int) -> tuple[Place, bool]:
        """Where the walk stands after ``segment``, and whether the segment stands there (or nowhere)."""
        tag, position = segment.tag, index + 2
        move = self._grammar.move(place, tag)
        if move is None and tag not in self._grammar.by_tag:
            self._is_lost = True
            self._add(self._wording.unknown(segment, position, place.loop, is_segment=self._is_known_tag(tag)))
            return place, False
        if move is None:
            return self._misfit(place, segment, index)
        was_lost, self._is_lost = self._is_lost, False
        missing = self._take_missing(move, was_lost=was_lost)
        if missing and self._is_stray(place, move, missing, index):
            return self._report_stray(place, segment, position, before=missing[0])
        if not self._count(move, segment, position, was_lost=was_lost):
            self._report_missing(missing, segment, position)
        if move.target.use.forbidden or (move.kind in (ENTER, REPEAT) and move.target.loop.is_forbidden):
            self._add(self._wording.forbidden(move.target, segment, position))
        return move.target, True

    def _take_missing(self, move: Move, *, was_lost: bool) -> list[Place]:
        """What ``move`` skips, without what an earlier finding has named already."""
        missing = list(move.missing)
        if missing and was_lost:
            del missing[0]
        for place in [place for place in missing if place.tag in self._strays]:
            self._strays.discard(place.tag)
            missing.remove(place)
        return missing

    def _is_stray(self, place: Place, move: Move, missing: list[Place], index: int) -> bool:
        """The segment fits only with ``missing``: is it more likely out of its place?"""
        as_missing = len(missing) + self._cost(move.target, index + 1, self._strays)
        return 1 + self._cost(place, index + 1, {*self._strays, move.target.tag}) < as_missing

    def _count(self, move: Move, segment: Segment, position: int, *, was_lost: bool) -> bool:
        """Count the use or repeat; True when one too many was reported, which explains what it skipped."""
        place = move.target
        use, loop = place.use, place.loop
        if move.kind == SELF:
            self._run += 1
            if use.max_use == UNLIMITED or self._run != use.max_use + 1:
                return False
            if was_lost and loop.parent is not None:
                self._run = 1  # the unknown segment was the trigger of another repeat
                return False
            if place.tag in self._skipped:
                self._forget_missing(place.tag)
                self._add(self._wording.out_of_order(segment, position, place=place, earlier=place))
                return True
            self._strays.add(place.tag)
            self._add(self._wording.too_many(place, segment, position))
            return True
        self._run = 1
        if move.kind not in (ENTER, REPEAT):
            return False
        repeat = self._repeats.get(loop.index, 0) + 1 if move.kind == REPEAT else 1
        self._repeats[loop.index] = repeat
        if loop.parent is not None and loop.parent.parent is None:
            self._wording.line = repeat
        if loop.repeat == UNLIMITED or repeat != loop.repeat + 1:
            return False
        self._add(self._wording.too_many_loops(loop, segment, position))
        return True

    def _report_missing(self, missing: list[Place], segment: Segment, position: int) -> None:
        for place in missing:
            finding = self._wording.missing(place, segment, position)
            self._skipped[place.tag] = finding
            self._add(finding)

    # --- segments that do not fit ---

    def _misfit(self, place: Place, segment: Segment, index: int) -> tuple[Place, bool]:
        position = index + 2
        was_lost, self._is_lost = self._is_lost, False
        target, trigger = self._explain(place, segment.tag, index, was_lost=was_lost)
        if target is None:
            return self._report_stray(place, segment, position)
        self._run = 1
        if was_lost:
            return target, True
        if trigger is None:
            self._forget_missing(segment.tag)
            self._add(self._wording.out_of_order(segment, position, place=place, earlier=target))
        elif trigger.tag in self._strays:
            self._strays.discard(trigger.tag)
        else:
            self._report_missing([trigger], segment, position)
        return target, True

    def _explain(self, place: Place, tag: str, index: int, *, was_lost: bool) -> _Explanation:
        """The likeliest explanation of a segment that cannot follow ``place``."""
        earlier = self._grammar.earlier(place, tag)
        options: list[_Explanation] = [(None, None)]
        if earlier is not None:
            options.append((earlier, None))
        opened = self._opened_loops(place, tag)
        options = [*opened, *reversed(options)] if earlier is None or was_lost else [*options, *opened]
        costs = [self._option_cost(option, place, tag, index, was_lost=was_lost) for option in options]
        return options[costs.index(min(costs))]

    def _option_cost(self, option: _Explanation, place: Place, tag: str, index: int, *, was_lost: bool) -> int:
        target, trigger = option
        if target is None:
            return 1 + self._cost(place, index + 1, {*self._strays, tag})
        is_known = was_lost or (trigger is not None and trigger.tag in self._strays)
        return (not is_known) + self._cost(target, index + 1, self._strays)

    def _opened_loops(self, place: Place, tag: str) -> Iterator[_Explanation]:
        """The places of ``tag`` in loops whose trigger could stand here, with that trigger."""
        for loop in self._grammar.reachable_loops(place):
            for child in loop.children[1:]:
                target = child if isinstance(child, Place) else child.trigger
                if target.tag == tag:
                    yield target, loop.trigger

    def _cost(self, place: Place, start: int, strays: set[str]) -> int:
        """Faults in the next segments when the walk goes on from ``place``."""
        cost, run = 0, 1
        for segment in self._segments[start : start + LOOKAHEAD]:
            move = self._grammar.move(place, segment.tag)
            if move is None:
                cost += segment.tag in self._grammar.by_tag
                continue
            cost += sum(1 for skipped in move.missing if skipped.tag not in strays)
            run = run + 1 if move.kind == SELF else 1
            limit = move.target.loop.repeat if move.kind == REPEAT else move.target.use.max_use
            cost += limit != UNLIMITED and (run == limit + 1 or (move.kind == REPEAT and limit == 1))
            place = move.target
        return cost

    def _report_stray(
        self, place: Place, segment: Segment, position: int, *, before: Place | None = None
    ) -> tuple[Place, bool]:
        tag = segment.tag
        self._forget_missing(tag)
        self._strays.add(tag)
        earlier = self._grammar.earlier(place, tag)
        self._add(self._wording.out_of_order(segment, position, place=place, earlier=earlier, before=before))
        self._look(segment, earlier or self._grammar.by_tag[tag][0], position)
        return place, False

    def _forget_missing(self, tag: str) -> None:
        """The segment that was reported as missing stands here, out of its place: that is one fault."""
        finding = self._skipped.pop(tag, None)
        if finding in self.findings:
            index = self.findings.index(finding)
            del self.findings[index]
            self._habits = {code: (at - (at > index), count) for code, (at, count) in self._habits.items()}

    # --- elements ---

    def _look(self, segment: Segment, place: Place, position: int) -> None:
        for fault in segment_faults(segment, place.use.segment, self._setting):
            if segment.tag in _ENVELOPE_TAGS and fault.position <= _ENVELOPE_ELEMENTS:
                continue
            first, count = self._habits.get(fault.code, (len(self.findings), 0))
            if fault.severity == "warning":
                self._habits[fault.code] = first, count + 1
                if count:
                    continue
            self._add(self._wording.element(fault, segment, position, loop=place.loop))

    def _fold_habits(self) -> None:
        """One warning for each kind, which says in how many more elements it is so."""
        for first, count in self._habits.values():
            if count > 1 and first < len(self.findings):
                self.findings[first] = self._wording.and_elsewhere(self.findings[first], count - 1)

    def _add(self, finding: Finding) -> None:
        if finding.level == "segment":
            self.has_structure_fault = True
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)
        elif len(self.findings) == MAX_FINDINGS:
            self.findings.append(self._wording.and_more(MAX_FINDINGS, offset=finding.offset))

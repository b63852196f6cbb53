"""Findings on a transaction set, in sentences that a buyer understands and with the codes of the acknowledgment."""

from __future__ import annotations

import msgspec

from edi.x12.compiled.grammar import Grammar, LoopPlace, Place
from edi.x12.elements import Fault, quoted
from edi.x12.findings import Finding
from edi.x12.segments import Segment, TransactionSet

_LINE_LOOPS = frozenset({"PO1", "POC", "IT1", "HL"})
"""Loops whose repeats people call lines (HL: levels)."""

_SET_IN_ERROR = "5"
"""AK502: one or more segments in error."""


class Wording:
    """Builds the findings of one transaction set. ``line`` is the repeat of the outermost loop that is open."""

    def __init__(self, tset: TransactionSet, grammar: Grammar) -> None:
        self._set_id = tset.set_id
        self._control = tset.control_number
        self._set_name = grammar.definition.name
        self.line = 0

    def missing(self, place: Place, segment: Segment, position: int) -> Finding:
        """``place`` should have stood before ``segment``."""
        name = place.use.segment.name
        message = f"{place.tag} ({name}) is missing: it must stand before the {segment.tag} in segment {position}."
        return self._segment(
            "mandatory-missing", message, "3", segment=segment, tag=place.tag, position=position, loop=place.loop
        )

    def too_many(self, place: Place, segment: Segment, position: int) -> Finding:
        """One use of ``place`` more than allowed."""
        times = _times(place.use.max_use)
        where = self._where(segment, position, place.loop)
        message = f"{where}: {place.tag} ({place.use.segment.name}) may occur {times} here."
        return self._segment("segment-over-max", message, "5", segment=segment, position=position, loop=place.loop)

    def too_many_loops(self, loop: LoopPlace, segment: Segment, position: int) -> Finding:
        """One repeat of ``loop`` more than allowed."""
        times = _times(loop.repeat)
        message = f"Segment {position}: the {loop.id} loop may occur {times} here."
        return self._segment("loop-over-max", message, "4", segment=segment, position=position, loop=loop)

    def forbidden(self, place: Place, segment: Segment, position: int) -> Finding:
        """The partner's guide forbids the segment."""
        where = self._where(segment, position, place.loop)
        message = f"{where}: {place.tag} ({place.use.segment.name}) must not be sent to this partner."
        return self._segment("segment-forbidden", message, "2", segment=segment, position=position, loop=place.loop)

    def unknown(self, segment: Segment, position: int, loop: LoopPlace, *, is_segment: bool) -> Finding:
        """A segment that the set does not have."""
        tag = quoted(segment.tag)
        if is_segment:
            code, ack = "segment-not-in-set", "6"
            message = f"Segment {position}: {tag} does not belong in a {self._set_id} {self._set_name}."
        else:
            code, ack = "segment-unknown", "1"
            message = f"Segment {position}: {tag} is no segment. Check how it is spelt, and for a separator in a value."
        return self._segment(code, message, ack, segment=segment, position=position, loop=loop)

    def out_of_order(
        self, segment: Segment, position: int, *, place: Place, earlier: Place | None, before: Place | None = None
    ) -> Finding:
        """A segment of the set that cannot stand here; ``before``: it comes too early for that place."""
        tag = segment.tag
        trigger = earlier.loop.trigger.tag if earlier is not None and earlier.loop.parent is not None else ""
        if before is not None:
            message = (
                f"Segment {position}: {tag} cannot stand before {before.tag}. It must stand later in the document."
            )
        elif not trigger:
            message = f"Segment {position}: {tag} cannot follow {place.tag} here."
            message += " It must stand earlier in the document." if earlier is not None else " It is out of its place."
        elif trigger == tag:
            message = f"Segment {position}: {tag} cannot follow {place.tag} here. The {tag} loop must stand earlier."
        else:
            message = f"Segment {position}: {tag} cannot follow {place.tag} here."
            message += f" It must stand earlier in the {trigger} loop, or a {trigger} is missing before it."
        loop = (earlier or place).loop
        return self._segment("segment-order", message, "7", segment=segment, position=position, loop=loop)

    def and_more(self, count: int, *, offset: int) -> Finding:
        """The last finding of a set that has too many; ``offset`` is that of the first one that is left out."""
        return Finding(
            level="set",
            code="too-many-findings",
            message=f"Only the first {count} findings are listed. Is this really a {self._set_id} {self._set_name}?",
            offset=offset,
            set_id=self._set_id,
            set_control=self._control,
            ack_set_code=_SET_IN_ERROR,
        )

    def and_elsewhere(self, finding: Finding, count: int) -> Finding:
        """``finding`` with the remark that the same holds for ``count`` more elements."""
        where = "one more element" if count == 1 else f"{count} more elements"
        return msgspec.structs.replace(finding, message=f"{finding.message} The same in {where} of this document.")

    def element(self, fault: Fault, segment: Segment, position: int, *, loop: LoopPlace) -> Finding:
        """A fault inside a segment."""
        place = f"{segment.tag}{fault.position:02}" + (f"-{fault.component}" if fault.component else "")
        label = f"{place} {fault.name}".rstrip()
        where = self._where(segment, position, loop)
        if fault.text.startswith("one of "):
            message = f"{where}: {fault.text}."
        elif fault.text.startswith(("is ", "must ", "excludes ", "has ")):
            message = f"{where}: {label} {fault.text}."
        else:
            message = f"{where}: {fault.text} ({label})."
        if fault.advice:
            message += f" {fault.advice}"
        is_error = fault.severity == "error"
        return Finding(
            level="element",
            code=fault.code,
            message=message,
            severity=fault.severity,
            segment=segment.tag,
            position=position,
            element=fault.position,
            component=fault.component,
            loop=loop.id,
            value=fault.value,
            offset=segment.element_offset(fault.position),
            set_id=self._set_id,
            set_control=self._control,
            element_number="" if fault.number.startswith(("x-", "C")) else fault.number,
            ack_segment_code="8" if is_error else "",
            ack_element_code=fault.ack if is_error else "",
            ack_set_code=_SET_IN_ERROR if is_error else "",
        )

    def _where(self, segment: Segment, position: int, loop: LoopPlace) -> str:
        outer = loop
        while outer.parent is not None and outer.parent.parent is not None:
            outer = outer.parent
        if outer.id in _LINE_LOOPS:
            what = "level" if outer.id == "HL" else "line"
            if segment.tag == outer.id:
                return f"{segment.tag} {what} {self.line}"
            return f"{outer.id} {what} {self.line}, {segment.tag}"
        return f"{segment.tag} (segment {position})"

    def _segment(
        self,
        code: str,
        message: str,
        ack: str,
        *,
        segment: Segment,
        position: int,
        loop: LoopPlace,
        tag: str = "",
    ) -> Finding:
        return Finding(
            level="segment",
            code=code,
            message=message,
            segment=tag or segment.tag,
            position=position,
            loop=loop.id,
            offset=segment.offset,
            set_id=self._set_id,
            set_control=self._control,
            ack_segment_code=ack,
            ack_set_code=_SET_IN_ERROR,
        )


def _times(count: int) -> str:
    return {1: "only once", 2: "at most twice"}.get(count, f"at most {count} times")

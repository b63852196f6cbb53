"""Segments to interchanges, groups and sets, whatever is missing or misplaced: one fault, one finding."""

from __future__ import annotations

from edi.x12.findings import Finding, Level, quoted
from edi.x12.log import ReadingLog
from edi.x12.segments import FunctionalGroup, Interchange, Segment, TransactionSet

_CONTROL_TAGS = frozenset({"ISA", "GS", "ST", "SE", "GE", "IEA", "TA1"})

_FIRST_TAGS = frozenset({"AK1", "BAK", "BCA", "BCH", "BEG", "BIG", "BSN"})
"""Segments that begin a document, right behind ST."""


def assemble(interchange: Interchange, segments: list[Segment], log: ReadingLog) -> None:
    """Put ``segments`` (those behind the ISA) into ``interchange`` and report what its structure lacks.

    A missing or misplaced ST, SE, GS, GE or IEA is one finding. Segments that belong nowhere stay in ``loose``.
    """
    assembly = _Assembly(interchange, log)
    body: list[Segment] | None = None
    for segment in segments:
        if segment.tag in _CONTROL_TAGS:
            assembly.control(segment)
            body = assembly.body
        elif body is not None:
            body.append(segment)
        else:
            assembly.plain(segment)
    assembly.finish()


class _Assembly:
    def __init__(self, interchange: Interchange, log: ReadingLog) -> None:
        self._interchange = interchange
        self._log = log
        self._group: FunctionalGroup | None = None
        self.body: list[Segment] | None = None
        """Where plain segments go while a transaction set is open."""
        self._set: TransactionSet | None = None
        self._stray: Segment | None = None
        """First of a run of segments outside any set: it is known only at the end whether an ST is missing."""
        self._late: TransactionSet | FunctionalGroup | None = None
        """What was closed for want of a trailer: the trailer may still come, one place too late."""
        self._is_fragment = interchange.isa is None
        self._previous = "ISA"
        """Tag of the control segment before this one."""

    def plain(self, segment: Segment) -> None:
        """A segment that belongs in a transaction set."""
        if self.body is not None:
            self.body.append(segment)
            return
        if self._stray is None:
            self._stray = segment
        self._add_loose(segment)

    def control(self, segment: Segment) -> None:
        """A segment that opens or closes something."""
        match segment.tag:
            case "ST":
                self._open_set(segment)
            case "SE":
                self._close_set(segment)
            case "GS":
                self._open_group(segment)
            case "GE":
                self._close_group(segment)
            case "IEA":
                self._close_interchange(segment)
            case "TA1" if self._set is None:
                self._interchange.ta1.append(segment)
            case _:
                self.plain(segment)
        self._previous = segment.tag

    def finish(self) -> None:
        """The text (or the interchange) is over."""
        if self._interchange.iea is not None or self._is_fragment:
            self._end_group(is_end_of_fragment=self._is_fragment)
            return
        group, tset = self._group, self._set
        is_cut_off = tset is not None or (group is not None and group.ge is None)
        instead = self._instead()
        missing = ["SE"] * (tset is not None) + ["GE"] * is_cut_off + ["IEA"]
        where = f" in transaction set {_name(tset)}" if tset is not None else ""
        last = self._last_segment()
        self._log.add(
            Finding(
                level="interchange",
                code="interchange-truncated" if is_cut_off else "interchange-trailer-missing",
                message=(
                    f"The interchange ends{where} without {', '.join(missing)}{instead}: it was cut off on its way. "
                    "Ask the sender to send it again."
                ),
                segment=missing[0],
                position=len(tset.segments) + 1 if tset is not None else 0,
                offset=last.end_offset if last is not None else self._interchange.start,
                set_id=tset.set_id if tset is not None else "",
                set_control=tset.control_number if tset is not None else "",
                group_control=group.control_number if group is not None and is_cut_off else "",
                ack_set_code="2" if tset is not None else "",
                ack_group_code="3" if is_cut_off else "",
                ack_interchange_code="023",
            )
        )

    def _open_set(self, segment: Segment) -> None:
        self._late = None
        self._end_set(before=segment)
        if self._group is None or self._group.ge is not None:
            if not self._is_fragment:
                self._report_missing_gs(segment)
            self._group = FunctionalGroup(None)
            self._interchange.groups.append(self._group)
        first = self._take_first_segment(segment)
        self._end_stray()
        self._set = TransactionSet(segment, first, version=self._group.version)
        self.body = self._set.body
        self._group.sets.append(self._set)

    def _take_first_segment(self, st: Segment) -> list[Segment]:
        """The segment that begins a document, where it stands right before ``st`` and not right behind it."""
        stray, group = self._stray, self._around()
        if stray is None or group is None or group.loose[-1:] != [stray] or stray.tag not in _FIRST_TAGS:
            return []
        self._stray = None
        self._report_order(st, behind=stray.tag)
        return [group.loose.pop()]

    def _close_set(self, segment: Segment) -> None:
        tset, late, number = self._set, self._late, segment.get(2).strip()
        is_late = isinstance(late, TransactionSet) and late.control_number == number
        if isinstance(late, TransactionSet) and is_late and (tset is None or not tset.body):
            late.se = segment
            self._correct("set-trailer-missing", segment, behind=self._previous)
        elif tset is not None:
            tset.se = segment
            self._set = self.body = None
        else:
            self._end_stray(segment)
            self._add_loose(segment)

    def _end_set(self, *, before: Segment) -> None:
        """Close an open set that has no SE."""
        tset = self._set
        if tset is None:
            return
        self._set = self.body = None
        self._late = tset
        instead = self._misnamed_trailer(tset)
        self._log.add(
            Finding(
                level="set",
                code="set-trailer-missing",
                message=(
                    f"Transaction set {_name(tset)} has no SE segment before {before.tag}{instead}. "
                    "Ask the sender for a complete file."
                ),
                segment="SE",
                position=len(tset.segments) + 1,
                offset=tset.segments[-1].end_offset,
                set_id=tset.set_id,
                set_control=tset.control_number,
                group_control=self._group.control_number if self._group is not None else "",
                ack_set_code="2",
            )
        )

    def _misnamed_trailer(self, tset: TransactionSet) -> str:
        """Take out a last segment that says what SE would say: it is the missing trailer with a wrong name."""
        if not tset.body:
            return ""
        last = tset.body[-1]
        count, number = last.get(1).strip(), last.get(2).strip()
        if count != str(len(tset.body) + 1) or number != tset.control_number:
            return ""
        self._add_loose(tset.body.pop())
        return f" (segment {quoted(last.tag)} stands in its place)"

    def _open_group(self, segment: Segment) -> None:
        group, tset = self._group, self._set
        if group is not None and group.gs is None and group.ge is None and tset is not None and not tset.body:
            group.gs = segment  # ST stood before GS
            tset.version = group.version
            self._correct("group-header-missing", segment, behind="ST")
            return
        self._late = None
        self._end_group(before=segment)
        self._group = FunctionalGroup(segment)
        self._interchange.groups.append(self._group)

    def _close_group(self, segment: Segment) -> None:
        self._end_set(before=segment)
        group, late, number = self._group, self._late, segment.get(2).strip()
        is_late = isinstance(late, FunctionalGroup) and late.control_number == number
        if isinstance(late, FunctionalGroup) and is_late and (group is None or not group.sets):
            late.ge = segment
            self._correct("group-trailer-missing", segment, behind=self._previous)
        elif group is not None and group.ge is None:
            self._end_stray()
            group.ge = segment
        else:
            self._report_missing_gs(segment)
            self._interchange.groups.append(FunctionalGroup(None, ge=segment))

    def _end_group(self, *, before: Segment | None = None, is_end_of_fragment: bool = False) -> None:
        """Close an open group that has no GE. A fragment may end anywhere but inside a set."""
        group = self._group
        self._end_set(before=before or Segment("the end", []))
        may_stay_open = is_end_of_fragment and self._interchange.iea is None
        if group is None or group.gs is None or group.ge is not None or may_stay_open:
            self._end_stray()
            self._group = None
            return
        instead = self._instead()
        self._group = None
        self._late = self._late if isinstance(self._late, TransactionSet) else group
        self._add(
            "group",
            "group-trailer-missing",
            f"Functional group {group.control_number[:20]} has no GE segment{instead}. "
            "Ask the sender for a complete file.",
            offset=(group.sets[-1].segments[-1] if group.sets else group.gs).end_offset,
            segment="GE",
            group_control=group.control_number,
            ack_group_code="3",
        )

    def _close_interchange(self, segment: Segment) -> None:
        self._end_group(before=segment)
        self._interchange.iea = segment

    def _end_stray(self, trailer: Segment | None = None) -> None:
        """A run of segments outside any set is over; ``trailer`` is the SE that ended it, if one did."""
        stray, self._stray = self._stray, None
        group = self._around()
        control = group.control_number if group is not None else ""
        if trailer is not None:
            first = stray or trailer
            self._add(
                "set",
                "set-header-missing",
                f"A transaction set (SE02 {quoted(trailer.get(2))}) has no ST. Ask the sender for a complete file.",
                offset=first.offset,
                segment="ST",
                group_control=control,
                ack_group_code="5",
            )
        elif stray is not None:
            inside = "interchange" if group is None else "functional group"
            self._add(
                "interchange" if group is None else "group",
                "segment-outside-set",
                f"Segment {stray.tag[:20]} stands in the {inside} but in no transaction set. It was not processed; "
                "ask the sender why it is there.",
                offset=stray.offset,
                segment=stray.tag[:20],
                group_control=control,
                ack_interchange_code="022" if group is None else "",
            )

    def _instead(self) -> str:
        """What stands where a control segment is missing: part of that fault, not another one."""
        stray, self._stray = self._stray, None
        return "" if stray is None else f" (segment {quoted(stray.tag)} stands in its place)"

    def _around(self) -> FunctionalGroup | None:
        """The open group."""
        return self._group if self._group is not None and self._group.ge is None else None

    def _add_loose(self, segment: Segment) -> None:
        (self._around() or self._interchange).loose.append(segment)

    def _report_missing_gs(self, segment: Segment) -> None:
        self._add(
            "group",
            "group-header-missing",
            f"There is no GS segment before {segment.tag}{self._instead()}. Ask the sender for a complete file.",
            offset=segment.offset,
            segment="GS",
            ack_interchange_code="024",
        )

    def _correct(self, code: str, segment: Segment, *, behind: str) -> None:
        """``segment`` was reported as missing (``code``), but only comes too late."""
        findings = self._log.findings
        reported = next((index for index in reversed(range(len(findings))) if findings[index].code == code), None)
        if reported is not None:
            del findings[reported]
        self._late = None
        self._report_order(segment, behind=behind)

    def _report_order(self, segment: Segment, *, behind: str) -> None:
        self._add(
            "interchange",
            "wrong-order",
            f"{segment.tag} stands behind {behind}, but belongs before it. Ask the sender to correct the order.",
            offset=segment.offset,
            segment=segment.tag,
            group_control=self._group.control_number if self._group is not None else "",
            ack_interchange_code="022",
        )

    def _last_segment(self) -> Segment | None:
        if self._set is not None:
            return self._set.segments[-1]
        if self._interchange.groups:
            group = self._interchange.groups[-1]
            return group.ge or (group.sets[-1].segments[-1] if group.sets else group.gs)
        return self._interchange.isa

    def _add(
        self,
        level: Level,
        code: str,
        message: str,
        *,
        offset: int,
        segment: str,
        group_control: str = "",
        ack_group_code: str = "",
        ack_interchange_code: str = "",
    ) -> None:
        self._log.add(
            Finding(
                level=level,
                code=code,
                message=message,
                segment=segment,
                offset=offset,
                group_control=group_control,
                ack_group_code=ack_group_code,
                ack_interchange_code=ack_interchange_code,
            )
        )


def _name(tset: TransactionSet) -> str:
    return f"{tset.set_id[:20] or '(no id)'} {tset.control_number[:20] or '(no control number)'}"

"""Check what stands in ISA, GS, ST, SE, GE and IEA: counts, control numbers, dates, identifiers."""

from __future__ import annotations

import re

from edi.x12.findings import Finding, Severity, quoted
from edi.x12.functional_ids import FUNCTIONAL_IDS
from edi.x12.header import ISA_WIDTHS
from edi.x12.isa_check import check_isa, is_date, is_number, is_time
from edi.x12.log import ReadingLog
from edi.x12.segments import FunctionalGroup, Interchange, Segment, TransactionSet

_VERSION = re.compile(r"00[1-9]\d{3}[A-Z0-9]{0,6}")
_SET_CONTROL = re.compile(r"[A-Za-z0-9]{4,9}")
GS_ELEMENTS = 8
_TRUNCATION = "Ask the sender whether something was lost."


def check_envelope(interchange: Interchange, log: ReadingLog, *, structure_faults: int = 0) -> None:
    """Report every fault of the control segments.

    ``structure_faults`` is the number of missing or misplaced control segments that were reported already: a count that
    is off by no more than these is their consequence and no fault of its own.
    """
    if log.is_full:
        return
    if interchange.isa is not None:
        check_isa(interchange, interchange.isa, log)
    component = interchange.separators.component
    numbers: set[str] = set()
    for group in interchange.groups:
        _check_group(group, log, numbers, component=component, structure_faults=structure_faults)
    if interchange.iea is not None:
        _check_iea(interchange, interchange.iea, log, structure_faults=structure_faults)


def names_version(group: FunctionalGroup, *, component: str = "") -> bool:
    """Whether GS08 is written as a version; if not, that was reported."""
    if group.gs is None or len(group.gs.elements) < GS_ELEMENTS:
        return group.gs is None
    return _VERSION.fullmatch(_simple(group.version, component)) is not None


def names_set(tset: TransactionSet) -> bool:
    """Whether ST01 is written as the id of a transaction set; if not, that was reported."""
    return len(tset.set_id) == 3 and tset.set_id.isalnum()


def _check_iea(interchange: Interchange, iea: Segment, log: ReadingLog, *, structure_faults: int) -> None:
    found = len(interchange.groups)
    claimed = iea.get(1).strip()
    if len(iea.elements) != 1 and _is_wrong_count(claimed, found, tolerance=structure_faults):
        log.add(
            _trailer_finding(
                iea,
                1,
                "interchange-count",
                f"IEA01 says {quoted(claimed)}, but there are {found} functional groups. {_TRUNCATION}",
                ack_interchange="021",
            )
        )
    number, repeated = interchange.control_number, iea.get(2).strip()
    if interchange.isa is None or not is_number(number, 9) or number == repeated:
        return
    if len(interchange.isa.elements) != len(ISA_WIDTHS):
        return  # nobody knows which of its elements is the number
    is_form = number.lstrip("0") == repeated.lstrip("0")
    log.add(
        _trailer_finding(
            iea,
            2,
            "interchange-control-mismatch",
            f"IEA02 {quoted(repeated)} and ISA13 {quoted(number)} "
            + ("are written differently." if is_form else f"are different control numbers. {_TRUNCATION}"),
            ack_interchange="001",
            severity="warning" if is_form else "error",
        )
    )


def _check_group(
    group: FunctionalGroup, log: ReadingLog, numbers: set[str], *, component: str, structure_faults: int
) -> None:
    number = group.control_number
    is_repeated_right = group.ge is None or group.ge.get(2).strip() == number
    if group.gs is not None:
        _check_gs(group, group.gs, log, component=component, is_duplicate=number in numbers and is_repeated_right)
        if group.ge is not None:
            numbers.add(number)
    set_numbers: set[str] = set()
    for tset in group.sets:
        _check_set(group, tset, log, set_numbers, component=component)
    if group.ge is not None:
        _check_ge(group, group.ge, log, structure_faults=structure_faults)


def _check_gs(group: FunctionalGroup, gs: Segment, log: ReadingLog, *, component: str, is_duplicate: bool) -> None:
    def report(
        element: int, code: str, message: str, *, ack: str = "", severity: Severity = "error", value: str | None = None
    ) -> None:
        log.add(
            Finding(
                level="group",
                code=code,
                message=message,
                severity=severity,
                segment="GS",
                element=element,
                value=gs.get(element) if value is None else value,
                offset=gs.element_offset(element) if element else gs.offset,
                group_control=group.control_number,
                ack_group_code=ack,
                ack_interchange_code="024",
            )
        )

    if len(gs.elements) < GS_ELEMENTS:
        count = len(gs.elements)
        message = f"GS has {count} elements instead of {GS_ELEMENTS}: one is missing. Ask the sender to correct it."
        report(0, "group-elements", message, value="")
        return
    functional_id, version, number = group.functional_id, group.version, group.control_number
    if len(functional_id) != 2:
        report(1, "group-functional-id", f"GS01 {quoted(functional_id)} is no functional id such as PO.", ack="1")
    else:
        expected = {FUNCTIONAL_IDS.get(tset.set_id, functional_id) for tset in group.sets} - {functional_id}
        if expected:
            right = ", ".join(sorted(expected))
            message = f"GS01 is {functional_id}, but the transaction sets inside belong in {right}. ST01 counts."
            report(1, "group-functional-id", message, severity="warning")
    for element, name in ((2, "sender"), (3, "receiver")):
        if not 2 <= len(gs.get(element).strip()) <= 15:
            message = f"GS{element:02}, the {name}'s code, does not have two to 15 characters."
            report(element, "group-id-invalid", message, severity="warning")
    if not is_date(gs.get(4).strip()):
        report(4, "group-date", f"GS04 {quoted(gs.get(4))} is no date in the form CCYYMMDD.")
    if not is_time(gs.get(5).strip()):
        report(5, "group-time", f"GS05 {quoted(gs.get(5))} is no time in the form HHMM.")
    if not is_number(number, 9):
        report(6, "group-control-invalid", f"GS06 {quoted(number)} is no control number: one to nine digits.", ack="6")
    elif is_duplicate:
        message = f"GS06 {number} occurs twice in this interchange. Ask the sender whether a group was doubled."
        report(6, "group-control-duplicate", message, ack="19")
    if gs.get(7).strip() not in ("X", "T"):
        report(7, "group-agency", f"GS07 {quoted(gs.get(7))} should be X (ANSI X12).", severity="warning")
    if not names_version(group, component=component):
        report(8, "group-version", f"GS08 {quoted(version)} is no X12 version such as 004010.", ack="2")


def _check_ge(group: FunctionalGroup, ge: Segment, log: ReadingLog, *, structure_faults: int) -> None:
    found = len(group.sets)
    if group.gs is None and not found:
        return  # a GE too many
    claimed = ge.get(1).strip()
    if len(ge.elements) != 1 and _is_wrong_count(claimed, found, tolerance=structure_faults):
        log.add(
            _trailer_finding(
                ge,
                1,
                "group-count",
                f"GE01 says {quoted(claimed)}, but there are {found} transaction sets in the group. {_TRUNCATION}",
                group=group,
                ack_group="5",
            )
        )
    number, repeated = group.control_number, ge.get(2).strip()
    if group.gs is None or not is_number(number, 9) or number == repeated:
        return
    if len(group.gs.elements) < GS_ELEMENTS:
        return  # nobody knows which of its elements is the number
    is_form = number.lstrip("0") == repeated.lstrip("0")
    log.add(
        _trailer_finding(
            ge,
            2,
            "group-control-mismatch",
            f"GE02 {quoted(repeated)} and GS06 {quoted(number)} "
            + ("are written differently." if is_form else f"are different control numbers. {_TRUNCATION}"),
            group=group,
            ack_group="4",
            severity="warning" if is_form else "error",
        )
    )


def _check_set(
    group: FunctionalGroup, tset: TransactionSet, log: ReadingLog, numbers: set[str], *, component: str
) -> None:
    number, se = tset.control_number, tset.se

    def report(segment: Segment, element: int, code: str, message: str, ack: str) -> None:
        log.add(
            Finding(
                level="set",
                code=code,
                message=message,
                segment=segment.tag,
                position=1 if segment is tset.st else len(tset.body) + 2,
                element=element,
                value=segment.get(element),
                offset=segment.element_offset(element),
                set_id=tset.set_id,
                set_control=number,
                group_control=group.control_number,
                ack_set_code=ack,
            )
        )

    if not names_set(tset):
        report(tset.st, 1, "set-id-invalid", f"ST01 {quoted(tset.set_id)} is no transaction set such as 850.", "6")
        if len(tset.st.elements) == 1:
            return  # what is missing is ST01, and ST02 stands in its place
    if not _SET_CONTROL.fullmatch(_simple(number, component)):
        message = f"ST02 {quoted(number)} is no control number: four to nine letters or digits are expected."
        report(tset.st, 2, "set-control-invalid", message, "7")
    elif se is not None and se.get(2).strip() != number:
        message = f"SE02 {quoted(se.get(2))} and ST02 {number} are different control numbers. {_TRUNCATION}"
        report(se, 2, "set-control-mismatch", message, "3")
    elif number in numbers:
        message = f"ST02 {number} occurs twice in this group. Ask the sender whether a document was doubled."
        report(tset.st, 2, "set-control-duplicate", message, "23")
    if se is None:
        return
    numbers.add(number)
    if len(se.elements) == 1:
        return  # one of its elements is missing: that was said of SE02
    if _is_wrong_count(se.get(1).strip(), len(tset.body) + 2, tolerance=len(group.loose)):
        message = f"SE01 says {quoted(se.get(1))}, but the set has {len(tset.body) + 2} segments. {_TRUNCATION}"
        report(se, 1, "segment-count", message, "4")


def _simple(value: str, component: str) -> str:
    """``value`` without components: where the ISA names a wrong component separator, that is one fault, not many."""
    return value.split(component, 1)[0] if component else value


def _is_wrong_count(claimed: str, found: int, *, tolerance: int) -> bool:
    return not is_number(claimed, 10) or abs(int(claimed) - found) > tolerance


def _trailer_finding(
    trailer: Segment,
    element: int,
    code: str,
    message: str,
    *,
    group: FunctionalGroup | None = None,
    ack_group: str = "",
    ack_interchange: str = "",
    severity: Severity = "error",
) -> Finding:
    return Finding(
        level="interchange" if group is None else "group",
        code=code,
        message=message,
        severity=severity,
        segment=trailer.tag,
        element=element,
        value=trailer.get(element),
        offset=trailer.element_offset(element),
        group_control=group.control_number if group is not None else "",
        ack_group_code=ack_group,
        ack_interchange_code=ack_interchange,
    )

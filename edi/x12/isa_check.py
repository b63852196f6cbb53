"""Check what stands in an ISA: qualifiers, ids, date, version, control number, flags, separators and widths."""

from __future__ import annotations

import datetime
import re

from edi.x12.findings import Finding, Severity, quoted
from edi.x12.header import ISA_WIDTHS
from edi.x12.log import ReadingLog
from edi.x12.segments import Interchange, Segment

_QUALIFIERS = frozenset([*(f"{n:02}" for n in (1, 2, 3, 4, *range(7, 39))), "AM", "NR", "SA", "SN", "ZZ"])
"""Values of ISA05 and ISA07 (data element I05)."""

_AUTHORIZATION = frozenset(f"{n:02}" for n in range(9))
_SECURITY = frozenset({"00", "01"})
"""Values of ISA01 and ISA03 (data elements I01 and I03)."""

_VERSION = re.compile(r"00[1-9]\d\d", re.ASCII)


def check_isa(interchange: Interchange, isa: Segment, log: ReadingLog) -> None:
    """Report every fault of the ISA."""
    if len(isa.elements) != len(ISA_WIDTHS):
        log.add(
            _isa_finding(
                isa,
                0,
                "isa-elements",
                f"ISA has {len(isa.elements)} elements instead of 16.",
                ack="022",
                severity="error",
            )
        )
        return
    faulty: set[int] = set()
    for element, code, message, ack, severity in _isa_faults(interchange, isa):
        faulty.add(element)
        log.add(_isa_finding(isa, element, code, message, ack=ack, severity=severity))
    widths = [
        (element, len(value), width)
        for element, (value, width) in enumerate(zip(isa.elements, ISA_WIDTHS, strict=True), start=1)
        if len(value) != width and element not in faulty
    ]
    if widths:
        element, found, width = widths[0]
        also = f" ({len(widths)} elements have another width)" if len(widths) > 1 else ""
        log.add(
            _isa_finding(
                isa,
                element,
                "isa-width",
                f"ISA{element:02} has {found} characters instead of {width}{also}. The ISA was read, but many "
                "translators refuse it: ask the sender to fill each element to its fixed width.",
            )
        )


def _isa_faults(interchange: Interchange, isa: Segment) -> list[tuple[int, str, str, str, Severity]]:
    """(element, code, message, TA1 code, severity) of each fault in the values of the ISA."""
    faults: list[tuple[int, str, str, str, Severity]] = []
    value = isa.get
    for element, ack, known, name in ((1, "010", _AUTHORIZATION, "authorization"), (3, "012", _SECURITY, "security")):
        if value(element) not in known:
            message = f"ISA{element:02} {quoted(value(element))} is no known {name} qualifier; it is usually 00."
            faults.append((element, "isa-qualifier", message, ack, "warning"))
    for element, ack, party in ((5, "005", "sender"), (7, "007", "receiver")):
        if value(element) not in _QUALIFIERS:
            message = (
                f"ISA{element:02} {quoted(value(element))} is no known qualifier of the {party}'s id. Ask the sender."
            )
            faults.append((element, "isa-qualifier", message, ack, "warning"))
    for element, ack, party in ((6, "006", "sender"), (8, "008", "receiver")):
        if not value(element).strip():
            message = f"ISA{element:02}, the id of the {party}, is empty. Ask the sender to fill it in."
            faults.append((element, "isa-id-missing", message, ack, "error"))
    if not (len(value(9)) == 6 and is_date(value(9))):
        faults.append((9, "isa-date", f"ISA09 {quoted(value(9))} is no date in the form YYMMDD.", "014", "error"))
    if not (len(value(10)) == 4 and is_time(value(10))):
        faults.append((10, "isa-time", f"ISA10 {quoted(value(10))} is no time in the form HHMM.", "015", "error"))
    version = value(12).strip()
    if not _VERSION.fullmatch(version):
        faults.append(
            (12, "isa-version", f"ISA12 {quoted(value(12))} is no X12 version such as 00401.", "017", "error")
        )
    elif version < "00402" and value(11) != "U":
        message = f"ISA11 is {quoted(value(11))}; up to version 00401 it is always U."
        faults.append((11, "isa-standards-id", message, "016", "warning"))
    elif version >= "00402" and not interchange.separators.repetition:
        message = f"ISA11 is {quoted(value(11))}; from version 00402 on it is the repetition separator, usually ^."
        faults.append((11, "isa-repetition-separator", message, "016", "warning"))
    if not is_number(value(13).strip(), 9):
        message = (
            f"ISA13 {quoted(value(13))} is no control number: nine digits are expected. Ask the sender to correct it."
        )
        faults.append((13, "interchange-control-invalid", message, "018", "error"))
    if value(14) not in ("0", "1"):
        message = f"ISA14 {quoted(value(14))} is neither 0 nor 1 (TA1 wanted). It was taken as 0."
        faults.append((14, "isa-acknowledgment-requested", message, "019", "warning"))
    if value(15) not in ("T", "P", "I"):
        message = f"ISA15 {quoted(value(15))} is neither T (test) nor P (production). Ask the sender which it is."
        faults.append((15, "isa-usage", message, "020", "error"))
    faults.extend(_separator_faults(interchange))
    return faults


def _separator_faults(interchange: Interchange) -> list[tuple[int, str, str, str, Severity]]:
    marks = interchange.separators
    used = [mark for mark in (marks.element, marks.segment, marks.component, marks.repetition) if mark]
    if not marks.component:
        message = (
            f"ISA16, the component separator, is empty; {marks.segment!r} was read as the end of each segment. "
            "Ask the sender to fill ISA16."
        )
        return [(16, "isa-component-separator", message, "027", "warning")]
    if len(set(used)) < len(used):
        message = f"The separators {' '.join(map(repr, used))} are not all different: values may be cut wrongly."
        return [(16, "separators-not-distinct", message, "027", "error")]
    return []


def _isa_finding(
    isa: Segment, element: int, code: str, message: str, *, ack: str = "", severity: Severity = "warning"
) -> Finding:
    return Finding(
        level="interchange",
        code=code,
        message=message,
        severity=severity,
        segment="ISA",
        element=element,
        value=isa.get(element),
        offset=isa.element_offset(element) if element else isa.offset,
        ack_interchange_code=ack,
    )


def is_number(value: str, digits: int) -> bool:
    """Whether ``value`` is one to ``digits`` ASCII digits."""
    return 0 < len(value) <= digits and value.isascii() and value.isdigit()


def is_date(value: str) -> bool:
    """Whether ``value`` is a real date as CCYYMMDD or YYMMDD (of this century)."""
    if not (len(value) in (6, 8) and is_number(value, 8)):
        return False
    full = value if len(value) == 8 else "20" + value
    try:
        datetime.date(int(full[:4]), int(full[4:6]), int(full[6:]))
    except ValueError:
        return False
    return True


def is_time(value: str) -> bool:
    """Whether ``value`` is a time as HHMM, HHMMSS, HHMMSSD or HHMMSSDD."""
    if not (4 <= len(value) <= 8 and len(value) != 5 and is_number(value, 8)):
        return False
    return value[:2] < "24" and value[2:4] < "60" and value[4:6] < "60"

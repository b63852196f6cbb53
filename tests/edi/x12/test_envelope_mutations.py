"""An order whose envelope is broken in one place at a time: one fault is one error, whatever follows from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edi.x12.findings import Finding
from edi.x12.validate import validate
from tests.edi.x12.corpus import BODIES, body, document

WRONG = ("", "X", "9" * 20, "\x07", "AB", "20261399", "00000")

LEGITIMATE = ("GS02 ", "GS03 ", "ISA16 '\\x07'", "GS05 '20261399'", "GS08 '0040109'")
"""Ids as two parties agree on them, a separator, a time with hundredths of a second, an industry's version."""


def lines_of(set_id: str) -> list[str]:
    return document(body(set_id, "004010"), set_id, "004010").split("~\n")[:-1]


def joined(lines: list[str]) -> str:
    return "".join(f"{line}~\n" for line in lines)


def errors(lines: list[str]) -> list[Finding]:
    return [finding for finding in validate(joined(lines)).findings if finding.is_error]


def segment_faults(lines: list[str], at: int) -> Iterator[tuple[str, list[str]]]:
    elements = lines[at].split("*")
    tag = elements[0]
    yield f"drop {tag}", [*lines[:at], *lines[at + 1 :]]
    yield f"double {tag}", [*lines[: at + 1], *lines[at:]]
    for other in ("QQ", "BEG", "ZZZ"):
        yield f"{tag} renamed {other}", [*lines[:at], "*".join([other, *elements[1:]]), *lines[at + 1 :]]
    if at + 1 < len(lines):
        yield f"swap {tag}", [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]
    for place in range(1, len(elements)):
        fewer = "*".join([*elements[:place], *elements[place + 1 :]])
        yield f"{tag}{place:02} left out", [*lines[:at], fewer, *lines[at + 1 :]]


def element_faults(lines: list[str], at: int) -> Iterator[tuple[str, list[str]]]:
    elements = lines[at].split("*")
    for place, value in enumerate(elements[1:], start=1):
        for wrong in {*WRONG, value + "9", " " * len(value)} - {value}:
            changed = "*".join([*elements[:place], wrong, *elements[place + 1 :]])
            yield f"{elements[0]}{place:02} {wrong!r}", [*lines[:at], changed, *lines[at + 1 :]]


@pytest.mark.parametrize("set_id", ["850", "997"])
def test_each_fault_of_the_envelope_is_one_error(set_id: str) -> None:
    lines = lines_of(set_id)
    wrong, count = [], 0
    for at in (0, 1, 2, len(lines) - 3, len(lines) - 2, len(lines) - 1):
        for label, broken in (*segment_faults(lines, at), *element_faults(lines, at)):
            count += 1
            found = errors(broken)
            if len(found) > 1:
                wrong.append(f"{label}: {[finding.message for finding in found]}")
            elif not found and not validate(joined(broken)).findings and not label.startswith(LEGITIMATE):
                wrong.append(f"{label}: nothing was said")
    assert wrong == []
    assert count > 250


def test_a_trailer_with_another_name_is_the_missing_trailer() -> None:
    lines = lines_of("850")
    (finding,) = errors([line.replace("SE*", "QQ*") if line.startswith("SE*") else line for line in lines])
    assert finding.code == "set-trailer-missing"
    assert "segment 'QQ' stands in its place" in finding.message


@pytest.mark.parametrize("set_id", BODIES)
def test_a_document_that_begins_before_its_header_is_in_the_wrong_order(set_id: str) -> None:
    lines = lines_of(set_id)
    lines[2:4] = lines[3], lines[2]
    (finding,) = errors(lines)
    assert finding.code == "wrong-order"
    assert f"ST stands behind {body(set_id, '004010')[0][0]}" in finding.message


def test_a_header_that_looks_like_a_trailer_is_none() -> None:
    """ST*1*1 counts what a trailer would count, and nothing stands behind it."""
    lines = lines_of("850")
    assert [finding.code for finding in errors([*lines[:2], "ST*1*1", *lines[-2:]])] == [
        "set-id-invalid",
        "set-control-invalid",
        "set-trailer-missing",
    ]


@pytest.mark.parametrize(("mark", "code"), [("", "terminator-missing"), ("$", "terminator-wrong")])
def test_a_lost_terminator_in_one_long_line_is_one_error(mark: str, code: str) -> None:
    """SE01 counts a segment more than there are, and parted where a tag stands the document is correct."""
    lines = lines_of("850")
    single = 0
    for at in range(3, len(lines) - 4):
        whole = "".join(f"{line}{mark if place == at else '~'}" for place, line in enumerate(lines))
        found = [finding for finding in validate(whole).findings if finding.is_error]
        assert found
        if len(found) == 1 and found[0].code == code:
            single += 1
            assert whole[: found[0].offset].endswith(lines[at])
    assert single >= 0.9 * (len(lines) - 7)

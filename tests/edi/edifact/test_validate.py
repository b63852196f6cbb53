"""Structure, elements and totals: one fault, one finding, at its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.edifact.directory import SEGMENTS, STRUCTURES, Group
from edi.edifact.directory.model import Node, read_segments, read_structure
from edi.edifact.validate import number, validate
from tests.edi.edifact.orders import ORDER, UNB, replaced, text

COUNT = {"segment-count"}
"""Follows when a segment is taken out, as UNT then counts one too many."""


def found(whole: str) -> list[tuple[str, int, int]]:
    return [(f.code, f.position, f.element) for f in validate(whole).findings if f.code not in COUNT]


def test_a_sound_order_has_no_finding() -> None:
    report = validate(text())
    assert (report.ok, report.findings) == (True, [])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("BGM+220", "BGN+220", [("segment-unknown", 2, 0)]),
        ("BGM+220+500001+9'\n", "", [("mandatory-missing", 2, 0)]),
        ("DTM+137:20260504:102'\n", "", [("mandatory-missing", 3, 0)]),
        ("UNS+S'\n", "", [("mandatory-missing", 13, 0)]),
        ("LIN+1'", "LIX+1'", [("segment-unknown", 7, 0)]),
        ("LIN+1'", "CPS+1'", [("segment-not-in-message", 7, 0)]),
        ("CUX+2:SEK:9'", "CUX+2:SEK:9'\nBGM+220'", [("segment-order", 7, 0)]),
        ("QTY+21:2:KGM", "QTY+21:two:KGM", [("not-a-number", 12, 1)]),
        ("QTY+21:2:KGM", "QTY+:2:KGM", [("component-missing", 12, 1)]),
        ("QTY+21:2:KGM", "QTY", [("element-missing", 12, 1)]),
        ("QTY+21:2:KGM", "QTY+21:2:KGM:X", [("too-many-components", 12, 1)]),
        ("QTY+21:2:KGM", "QTY+21:2:KGM+X", [("too-many-elements", 12, 2)]),
        ("CUX+2:SEK:9", "CUX+2:SEKX:9", [("element-too-long", 6, 1)]),
        ("CNT+2:2", "CNT+2:3", [("line-count", 14, 0)]),
        ("CNT+2:2", "CNT+1:13", [("quantity-total", 14, 0)]),
        ("CNT+2:2", "CNT+1:12", []),
        ("PRI+AAA:4.5", "PRI+AAA:4\x075", [("invalid-character", 10, 1)]),
        ("ORDERS:D:96A", "ORDERS:D:01B", [("release-unsupported", 1, 0)]),
        ("ORDERS:D:96A", "PRICAT:D:96A", [("message-unsupported", 1, 0)]),
    ],
)
def test_one_fault_one_finding(old: str, new: str, expected: list[tuple[str, int, int]]) -> None:
    assert found(replaced(old, new)) == expected


def test_a_group_too_often() -> None:
    dates = ["DTM+2:20260601:102"] * 36
    whole = text(UNB, *ORDER[:2], *dates, *ORDER[3:-1], "UNT+50+1", "UNZ+1+42")
    assert [code for code, *_ in found(whole)] == ["too-often"]


def test_the_sentence_names_segment_element_and_value() -> None:
    (finding,) = validate(replaced("CUX+2:SEK:9", "CUX+2:SEKX:9")).findings
    assert finding.message == (
        "Segment 6: CUX element 1, component 2 (6345): 'SEKX' is too long: 4 characters, at most 3 are allowed."
    )
    assert text()[: finding.offset].endswith("SE556699112301'\n")


def test_other_releases_are_checked_for_their_counts() -> None:
    whole = replaced("ORDERS:D:96A", "ORDERS:D:01B").replace("CNT+2:2", "CNT+2:9").replace("LIN+1'", "LIN+1'\nXYZ+1'")
    assert [code for code, *_ in found(whole)] == ["release-unsupported", "line-count"]


@pytest.mark.parametrize(("given_", "value"), [("1.5", "1.5"), ("1,5", "1.5"), ("-3", "-3"), (".5", "0.5")])
def test_numbers(given_: str, value: str) -> None:
    assert str(number(given_)) == value


@pytest.mark.parametrize("text_", ["", "-", "1.2.3", "1e5", "٣", " 1"])
def test_what_is_no_number(text_: str) -> None:
    assert number(text_) is None


def _segments(nodes: tuple[Node, ...], *, every: bool) -> list[str]:
    """Tags of a valid message: all that may stand there once, or only what must."""
    tags: list[str] = []
    for node in nodes:
        if not every and not node.mandatory:
            continue
        tags.append(node.tag)
        if isinstance(node, Group):
            tags += _segments(node.nodes, every=every)
    return tags


@pytest.mark.parametrize("kind", STRUCTURES)
@pytest.mark.parametrize("every", [True, False])
def test_every_message_with_all_its_segments_has_its_structure(kind: str, every: bool) -> None:
    tags = _segments(STRUCTURES[kind], every=every)
    whole = text(UNB, f"UNH+1+{kind}:D:96A:UN", *tags, f"UNT+{len(tags) + 2}+1", "UNZ+1+42")
    codes = {f.code for f in validate(whole).findings if f.level == "segment"}
    assert codes == set()
    without = text(UNB, f"UNH+1+{kind}:D:96A:UN", *tags[1:], f"UNT+{len(tags) + 1}+1", "UNZ+1+42")
    assert [f.code for f in validate(without).findings if f.level == "segment"][:1] == ["mandatory-missing"]


def test_the_notation() -> None:
    assert read_structure("BGM! RFF10 { DTM5 }")[1].most == 10
    with pytest.raises(ValueError, match="no segment"):
        read_structure("BGM? DTM")
    with pytest.raises(ValueError, match="brace"):
        read_structure("BGM } DTM")
    with pytest.raises(ValueError, match="describes no segment"):
        read_segments("BGM: 1001:an3")
    assert len(SEGMENTS["NAD"].elements) == 9


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["BGM+1", "DTM+137:1:102", "LIN+1", "QTY+21:1", "UNS+S", "NAD+BY", "RFF+ON:1", "XXX", "PAC"])
    )
)
def test_no_order_of_segments_makes_it_raise(rows: list[str]) -> None:
    whole = text(UNB, "UNH+1+ORDERS:D:96A:UN", *rows, f"UNT+{len(rows) + 2}+1", "UNZ+1+42")
    report = validate(whole)
    positions = [f.position for f in report.findings if f.level == "segment"]
    assert positions == sorted(positions)


def test_findings_are_bounded_and_what_was_not_checked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edi.edifact.validate.MAX_FINDINGS", 3)
    wrong = text().replace("QTY+21:2:KGM", "QTY+21:two:KGM").replace("CUX+2:SEK:9", "CUX+2:SEKX:9")
    report = validate(wrong * 4)
    assert [f.code for f in report.findings if f.offset >= 2 * len(wrong)] == ["too-many-findings"] * 2
    assert all(f.level == "interchange" and f.is_error for f in report.findings if f.code == "too-many-findings")


def test_segments_outside_messages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edi.edifact.assembling.MAX_FINDINGS", 10)
    report = validate(UNB + "'" + "ABC+1'" * 50 + "UNZ+0+42'")
    assert len(report.findings) == 11
    assert "too-many-findings" in {finding.code for finding in report.findings}


def test_segments_of_one_interchange_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edi.edifact.reading.MAX_SEGMENTS", 10)
    whole = text()
    report = validate(whole)
    (skipped,) = [finding for finding in report.findings if finding.code == "skipped"]
    assert whole[skipped.offset :].strip().startswith("PRI"), "the eleventh segment"
    assert not report.ok


@pytest.mark.parametrize("mark", ["*", "\x00", "²", "é+"])
def test_a_header_without_its_separator_is_one_finding(mark: str) -> None:
    findings = validate(text().replace("UNB+", f"UNB{mark}", 1)).findings
    assert [finding.code for finding in findings] == ["header-unreadable"]

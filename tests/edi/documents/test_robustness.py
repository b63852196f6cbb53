"""Readers take whatever comes: no exception, nothing lost, and the same verdict every time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.documents import rendering
from edi.documents.registry import SETS, business_number, purpose_code
from tests.edi.documents.support import Row, as_set

FOLDER = Path(__file__).parent / "golden"
GOLDEN = {path.stem: path.read_text().splitlines()[1:-1] for path in FOLDER.glob("*.x12")}
TAGS = sorted({row.split("*")[0] for rows in GOLDEN.values() for row in rows} | {"QQ", "SDQ", "SLN", "ZZZ"})
VALUES = st.sampled_from(
    ["", "0", "1", "-1", "20260504", "EA", "BP", "00", "04", "S", "O", "I", "P", "ten", "é", "٣", " "]
)
SEGMENTS = st.lists(
    st.tuples(st.sampled_from(TAGS), st.lists(VALUES, max_size=12)).map(lambda s: [s[0], *s[1]]), max_size=25
)


def check(set_id: str, segments: Sequence[Row]) -> None:
    tset = as_set(segments, set_id)
    spec = SETS[set_id]
    result = spec.read(tset)
    assert result == spec.read(tset)
    assert result.document is None or result.document == result.draft
    assert all(2 <= over.position < len(segments) + 2 for over in result.left_over)
    if result.draft is None:
        assert any(f.is_error for f in result.findings)
    business_number(tset)
    purpose_code(tset)
    again = rendering.segments_of(tset)
    data = rendering.as_json(again, set_id=set_id, control_number="0001", version="004010")
    assert [s[0] for s in rendering.from_json(data)[3]] == [s[0] for s in segments]


@given(st.sampled_from(sorted(SETS)), SEGMENTS)
def test_any_segments(set_id: str, segments: Sequence[Row]) -> None:
    check(set_id, segments)


@pytest.mark.parametrize("case", sorted(GOLDEN))
def test_every_single_fault(case: str) -> None:
    rows = [list(row.split("*")) for row in GOLDEN[case]]
    for index, row in enumerate(rows):
        check(case[:3], [*rows[:index], *rows[index + 1 :]])
        check(case[:3], [*rows[:index], ["ZZZ", *row[1:]], *rows[index + 1 :]])
        check(case[:3], [*rows[: index + 1], *rows[index:]])
        for element in range(1, len(row)):
            for value in ("", "x", "-"):
                broken = [*row[:element], value, *row[element + 1 :]]
                check(case[:3], [*rows[:index], broken, *rows[index + 1 :]])


@given(st.sampled_from(sorted(SETS)), SEGMENTS)
def test_segments_that_no_reader_knows_are_left_over(set_id: str, segments: Sequence[Row]) -> None:
    result = SETS[set_id].read(as_set(segments, set_id))
    whole = {over.position for over in result.left_over if not over.unused}
    unknown = {n for n, segment in enumerate(segments, start=2) if segment[0] in ("QQ", "ZZZ", "SDQ", "SLN")}
    assert unknown <= whole


NOT_HELD = {
    "BSN05",  # how the levels stand is seen from the levels
    "CTT01",  # the validator compares it with the lines
    "CTT02",
    "CUR01",  # whose currency it is
    "HL01",  # numbers that no level refers to
    "HL04",
    "MTX01",  # what a note is about
    "N902",  # the number of a note
    "NTE01",
    "PER01",  # what a contact is for
}
"""Elements whose value may change without the document, its findings or its left-overs telling so."""


@pytest.mark.parametrize("case", sorted(GOLDEN))
def test_no_other_value_is_ignored(case: str) -> None:
    rows = [list(row.split("*")) for row in GOLDEN[case]]
    read = SETS[case[:3]].read
    before = read(as_set(rows, case[:3]))
    ignored = set()
    for index, row in enumerate(rows):
        if "ROUNDING" in row:
            continue  # its text and codes are always the same
        for element in range(1, len(row)):
            other = [*row[:element], "77" if row[element] != "77" else "78", *row[element + 1 :]]
            after = read(as_set([*rows[:index], other, *rows[index + 1 :]], case[:3]))
            if row[element] and after == before:
                ignored.add(f"{row[0]}{element:02}")
    assert ignored <= NOT_HELD

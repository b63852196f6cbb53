"""The description of the standard: its language, its facts, and the pyx12 maps written from it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from edi.x12.maps import VERSIONS, standard
from edi.x12.maps.generate import main, write_maps
from edi.x12.maps.model import (
    UNLIMITED,
    CompositeUse,
    DescriptionError,
    Loop,
    Note,
    SegmentUse,
    Standard,
    read_composites,
    read_elements,
    read_segments,
    read_set,
    revise,
)

SETS = {"850": "PO", "855": "PR", "856": "SH", "860": "PC", "865": "CA", "810": "IN", "997": "FA"}

ELEMENTS = "1 AN 1/5 One\n2 ID 2/2 Two\n3 R 1/9 Three\n"


def described(version: str) -> Standard:
    found = standard(version)
    assert found is not None
    return found


# --- the language ---


def test_elements_are_read_with_type_and_lengths() -> None:
    element = read_elements("373 DT 8/8 Date", {})["373"]
    assert (element.type, element.min, element.max, element.name) == ("DT", 8, 8, "Date")


@pytest.mark.parametrize("line", ["373 DT 8 Date", "373 XX 8/8 Date", "DT 8/8 Date"])
def test_a_line_of_another_form_is_refused(line: str) -> None:
    with pytest.raises(DescriptionError, match="not a data element"):
        read_elements(line, {})


def test_segments_expand_repeats_pairs_and_note_ranges() -> None:
    elements = read_elements(ELEMENTS, {})
    composites = read_composites("C1 Both: 1! 2", elements)
    segment = read_segments("ABC Name here\n    1! 2x2 2*(3 1)\n    C1 R0203 P0405..P0607\n", elements, composites)[
        "ABC"
    ]
    assert segment.name == "Name here"
    assert [use.element.number for use in segment.elements] == ["1", "2", "2", "3", "1", "3", "1", "C1"]
    assert [use.mandatory for use in segment.elements] == [True] + [False] * 7
    assert [str(note) for note in segment.notes] == ["R0203", "P0405", "P0607"]


def test_an_element_that_is_not_described_is_refused() -> None:
    with pytest.raises(DescriptionError, match="element 9 is not described"):
        read_segments("ABC Name\n    9\n", read_elements(ELEMENTS, {}), {})


def test_sets_are_read_with_loops_inside_loops() -> None:
    segments = read_segments("AA A\n    1\nBB B\n    1\nCC C\n    1\n", read_elements(ELEMENTS, {}), {})
    definition = read_set("100", "Name", "XX", "AA!, BB 3\nBB! >1:\n    CC 2:\n        AA\n    BB\nCC!\n", segments)
    first, second, loop, last = definition.nodes
    assert isinstance(first, SegmentUse)
    assert first.mandatory
    assert isinstance(second, SegmentUse)
    assert second.max_use == 3
    assert isinstance(loop, Loop)
    assert (loop.id, loop.mandatory, loop.repeat, len(loop.children)) == ("BB", True, UNLIMITED, 3)
    assert isinstance(last, SegmentUse)
    assert [depth for depth, _ in definition.walk()] == [0, 0, 0, 1, 1, 2, 2, 1, 0]


@pytest.mark.parametrize("table", ["AA;", "ZZ", "AA:\n        AA\n    AA\nAA"])
def test_a_set_that_cannot_be_read_is_refused(table: str) -> None:
    segments = read_segments("AA A\n    1\n", read_elements(ELEMENTS, {}), {})
    with pytest.raises(DescriptionError):
        read_set("100", "Name", "XX", table, segments)


def test_a_revision_replaces_and_adds_blocks() -> None:
    assert revise("A one\n    1\nB two\n", "B three\n    2\nC four\n") == "A one\n    1\nB three\n    2\nC four"


# --- the facts ---


@pytest.mark.parametrize("version", VERSIONS)
def test_all_seven_sets_are_described(version: str) -> None:
    assert {key: value.functional_id for key, value in described(version).sets.items()} == SETS


@pytest.mark.parametrize("version", VERSIONS)
def test_every_set_begins_with_st_and_ends_with_se(version: str) -> None:
    for definition in described(version).sets.values():
        first, last = definition.nodes[0], definition.nodes[-1]
        assert isinstance(first, SegmentUse)
        assert isinstance(last, SegmentUse)
        assert (first.segment.tag, last.segment.tag) == ("ST", "SE")


@pytest.mark.parametrize("version", VERSIONS)
def test_everything_described_is_used(version: str) -> None:
    known = described(version)
    used_segments, used_elements = set(), set()
    for definition in known.sets.values():
        for _, node in definition.walk():
            if isinstance(node, SegmentUse):
                used_segments.add(node.segment.tag)
    for tag in used_segments:
        for use in known.segments[tag].elements:
            if isinstance(use, CompositeUse):
                used_elements |= {part.element.number for part in use.element.components}
            else:
                used_elements.add(use.element.number)
    assert used_segments == set(known.segments)
    if version == "004010":
        assert used_elements == set(known.elements)


@pytest.mark.parametrize("version", VERSIONS)
def test_notes_name_elements_that_exist(version: str) -> None:
    for segment in described(version).segments.values():
        for note in segment.notes:
            assert max(note.positions) <= len(segment.elements), (segment.tag, str(note))
            assert len(set(note.positions)) == len(note.positions)


@pytest.mark.parametrize("version", VERSIONS)
def test_no_loop_holds_one_segment_at_two_neighbouring_places(version: str) -> None:
    """Two places of one segment with nothing mandatory between could not be told apart."""

    def check(nodes: tuple[SegmentUse | Loop, ...], where: str) -> None:
        seen: set[str] = set()
        for node in nodes:
            tag = node.id if isinstance(node, Loop) else node.segment.tag
            if node.mandatory:
                seen.clear()
            assert tag not in seen, (where, tag)
            seen.add(tag)
            if isinstance(node, Loop):
                check(node.children, f"{where}/{tag}")

    for definition in described(version).sets.values():
        check(definition.nodes, definition.set_id)


@pytest.mark.parametrize(
    ("tag", "position", "number", "kind", "low", "high", "mandatory"),
    [
        ("BEG", 3, "324", "AN", 1, 22, True),
        ("PO1", 2, "330", "R", 1, 15, False),
        ("PO1", 4, "212", "R", 1, 17, False),
        ("IT1", 2, "358", "R", 1, 10, False),
        ("TDS", 1, "610", "N2", 1, 15, True),
        ("REF", 2, "127", "AN", 1, 30, False),
        ("DTM", 2, "373", "DT", 8, 8, False),
        ("PER", 4, "364", "AN", 1, 80, False),
        ("SN1", 2, "382", "R", 1, 10, True),
        ("HL", 3, "735", "ID", 1, 2, True),
        ("CTT", 1, "354", "N0", 1, 6, True),
        ("PRF", 1, "324", "AN", 1, 22, True),
    ],
)
def test_elements_of_004010(
    tag: str, position: int, number: str, kind: str, low: int, high: int, mandatory: bool
) -> None:
    use = described("004010").segments[tag].elements[position - 1]
    assert not isinstance(use, CompositeUse)
    found = (use.element.number, use.element.type, use.element.min, use.element.max, use.mandatory)
    assert found == (number, kind, low, high, mandatory)


@pytest.mark.parametrize(
    ("tag", "notes"),
    [
        ("REF", ["R0203"]),
        ("N1", ["R0203", "P0304"]),
        ("DTM", ["R020305", "C0403", "P0506"]),
        ("PER", ["P0304", "P0506", "P0708"]),
        ("TXI", ["R020306", "P0405", "C0803"]),
    ],
)
def test_relational_notes(tag: str, notes: list[str]) -> None:
    for version in VERSIONS:
        assert [str(note) for note in described(version).segments[tag].notes] == notes


def test_what_005010_changed() -> None:
    old, new = described("004010"), described("005010")
    assert (old.elements["127"].max, new.elements["127"].max) == (30, 50)
    assert (old.elements["364"].max, new.elements["364"].max) == (80, 256)
    assert (old.elements["358"].max, new.elements["358"].max) == (10, 15)
    assert [len(known.segments["ST"].elements) for known in (old, new)] == [2, 3]
    assert [len(known.segments["N4"].elements) for known in (old, new)] == [6, 7]
    assert Note("E", (2, 7)) in new.segments["N4"].notes
    assert "MTX" in {node.segment.tag for _, node in new.sets["850"].walk() if isinstance(node, SegmentUse)}


def test_versions_are_found_by_gs08() -> None:
    assert standard("004010VICS") is standard("004010")
    assert standard("005010X220A1") is standard("005010")
    for version in ("003010", "004030", "", "4010", "garbage"):
        assert standard(version) is None


def test_closed_lists_fit_their_element() -> None:
    for version in VERSIONS:
        for element in described(version).elements.values():
            for code in element.codes.meanings if element.codes else ():
                assert element.min <= len(code) <= element.max, (element.number, code)


# --- the maps for pyx12 ---


@pytest.mark.parametrize("version", VERSIONS)
def test_maps_are_written_the_same_each_time(version: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        write_maps(described(version), folder)
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    assert len(names) == 4 + len(SETS)
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()


@pytest.mark.parametrize("version", VERSIONS)
def test_maps_hold_every_segment_of_the_description(version: str, tmp_path: Path) -> None:
    known = described(version)
    write_maps(known, tmp_path)
    for set_id, definition in known.sets.items():
        root = ET.parse(tmp_path / f"{set_id}.{version}.xml").getroot()  # noqa: S314 - our own file
        inner = root.find(".//loop[@xid='ST_LOOP']")
        assert inner is not None
        written = [node.get("xid") for node in inner.iter("segment")]
        assert written == [node.segment.tag for _, node in definition.walk() if isinstance(node, SegmentUse)]
        assert not list(inner.iterfind(".//valid_codes/code")), "codes must be external"


def test_the_command_writes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "maps"
    assert main(["004010", str(folder)]) == 0
    assert str(folder / "850.004010.xml") in capsys.readouterr().out
    maps = ET.parse(folder / "maps.xml").getroot()  # noqa: S314 - our own file
    assert {(node.get("vriic"), node.get("fic"), node.text) for node in maps.iter("map")} >= {
        ("004010", "PO", "850.004010.xml"),
        ("004010VICS", "IN", "810.004010.xml"),
    }

from __future__ import annotations

from edi.x12.segments import BrokenSegment, FunctionalGroup, Interchange, Segment, Separators, TransactionSet


def test_elements_are_counted_from_one():
    segment = Segment("PO1", ["1", "12", "EA", ""])
    assert segment.get(1) == "1"
    assert segment.get(3) == "EA"
    assert segment.get(4) == segment.get(5) == segment.get(0) == ""


def test_offsets_of_elements():
    text = "XX PO1 *1**EA~"
    segment = Segment("PO1", ["1", "", "EA"], 3, "PO1 ")
    assert [text[segment.element_offset(n) :] for n in (1, 2, 3)] == ["1**EA~", "*EA~", "EA~"]
    assert text[segment.end_offset] == "~"
    assert segment.element_offsets() == [segment.element_offset(n) for n in (1, 2, 3)]
    assert segment.element_offset(4) == segment.element_offset(9) == segment.end_offset


def test_offsets_count_what_was_taken_out():
    text = "N1*ST*Nord\r\nbygg*92*1\n00~"
    removed = tuple(index for index, char in enumerate(text) if char in "\r\n")
    segment = BrokenSegment("N1", ["ST", "Nordbygg", "92", "100"], 0, "N1", removed=removed)
    assert text[segment.element_offset(2) :].startswith("Nord\r\n")
    assert text[segment.element_offset(3) :].startswith("92*")
    assert segment.element_offsets() == [segment.element_offset(n) for n in (1, 2, 3, 4)]
    assert text[segment.end_offset] == "~"


def test_what_envelopes_say():
    tset = TransactionSet(Segment("ST", ["850", "0001"]), [Segment("BEG", ["00"])], version="004010")
    group = FunctionalGroup(Segment("GS", ["PO", "A", "B", "20260115", "1200", "7", "X", "004010 "]), [tset])
    interchange = Interchange(Segment("ISA", [""] * 11 + ["00401", "000000042"]), Separators(), [group])
    assert (tset.set_id, tset.control_number) == ("850", "0001")
    assert [segment.tag for segment in tset.segments] == ["ST", "BEG"]
    assert (group.functional_id, group.control_number, group.version) == ("PO", "7", "004010")
    assert (interchange.version, interchange.control_number, interchange.sets) == ("00401", "000000042", [tset])


def test_a_fragment_has_no_numbers():
    group = FunctionalGroup(None)
    interchange = Interchange(None, Separators(), [group])
    assert group.functional_id == group.control_number == group.version == ""
    assert interchange.version == interchange.control_number == ""

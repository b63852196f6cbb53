from __future__ import annotations

import datetime
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyx12.x12file import X12Reader

from edi.x12.charset import CharsetPolicy
from edi.x12.display import pretty
from edi.x12.envelope_spec import EnvelopeSpec, TextFormat
from edi.x12.errors import ForbiddenCharacter, InvalidEnvelope, SeparatorInData
from edi.x12.reader import read, read_bytes
from edi.x12.segments import Separators
from edi.x12.writer import Change, OutgoingGroup, OutgoingSet, clean_segments, write_interchange, write_set

WRITTEN_AT = datetime.datetime(2026, 1, 15, 12, 0, tzinfo=datetime.UTC)
ORDER = [
    ["BEG", "00", "SA", "4500012345", "", "20260115"],
    ["CUR", "BY", "SEK"],
    ["PO1", "1", "12", "EA", "9.25", "", "VP", "A-100"],
    ["CTT", "1"],
]


def spec(**changes) -> EnvelopeSpec:
    values = {
        "sender_qualifier": "ZZ",
        "sender_id": "NORDBYGG",
        "receiver_qualifier": "14",
        "receiver_id": "GROSSISTEN",
        "usage": "P",
    }
    return EnvelopeSpec(**(values | changes))


def order(number: str = "0001", segments=ORDER, **changes) -> OutgoingSet:
    return OutgoingSet(set_id="850", control_number=number, segments=segments, **changes)


def write(*sets: OutgoingSet, envelope: EnvelopeSpec | None = None, **changes):
    groups = [OutgoingGroup(control_number=7, sets=sets or [order()], **changes)]
    return write_interchange(envelope or spec(), groups, control_number=42, written_at=WRITTEN_AT)


def test_an_order_to_the_letter():
    written = write(envelope=spec(line_break="\n"))
    assert written.text == (
        "ISA*00*          *00*          *ZZ*NORDBYGG       *14*GROSSISTEN     *260115*1200*U*00401*000000042*0*P*>~\n"
        "GS*PO*NORDBYGG*GROSSISTEN*20260115*1200*7*X*004010~\n"
        "ST*850*0001~\n"
        "BEG*00*SA*4500012345**20260115~\n"
        "CUR*BY*SEK~\n"
        "PO1*1*12*EA*9.25**VP*A-100~\n"
        "CTT*1~\n"
        "SE*6*0001~\n"
        "GE*1*7~\n"
        "IEA*1*000000042~\n"
    )
    assert written.data == written.text.encode("ascii")
    assert written.changes == ()
    assert read(written.text).findings == []


def test_what_a_partner_may_choose():
    written = write(
        order(implementation="PO01"),
        envelope=spec(
            separators=Separators(element="|", segment="'", component=":", repetition="^"),
            line_break="\r\n",
            version="005010",
            usage="T",
            group_sender="NB-PO",
            group_receiver="GR-PO",
            acknowledgment_requested=True,
            authorization=("01", "KEY"),
        ),
    )
    lines = written.text.split("'\r\n")
    assert lines[0] == (
        "ISA|01|KEY       |00|          |ZZ|NORDBYGG       |14|GROSSISTEN     |260115|1200|^|00501|000000042|1|T|:"
    )
    assert lines[1] == "GS|PO|NB-PO|GR-PO|20260115|1200|7|X|005010"
    assert lines[2] == "ST|850|0001|PO01"
    assert read(written.text).findings == []


def test_variants_and_older_versions():
    assert "*00401*" in write(envelope=spec(version="004010VICS")).text
    assert "*260115*1200*7*X*003040~" in write(envelope=spec(version="003040")).text
    assert "*00400*" in write(envelope=spec(interchange_version="00400")).text


def test_composites_and_trailing_empties():
    segments = [["SLN", "1", "", "I", "2", ("EA", "1", ""), "9", "", ""], ["REF", "", ""], ["TXI", ("", ""), "5"]]
    text = write_set(order(segments=segments)).text
    assert text == "ST*850*0001~SLN*1**I*2*EA>1*9~REF~TXI**5~SE*5*0001~"


def test_several_sets_and_groups():
    groups = [
        OutgoingGroup(control_number=7, sets=[order("0001"), order("0002")]),
        OutgoingGroup(
            control_number=8, sets=[OutgoingSet(set_id="810", control_number="0001", segments=[["BIG", "1"]])]
        ),
    ]
    parsed = read(write_interchange(spec(), groups, control_number=1, written_at=WRITTEN_AT).text)
    assert parsed.findings == []
    assert [group.functional_id for group in parsed.interchanges[0].groups] == ["PO", "IN"]


def test_an_interchange_of_acknowledgments_only():
    ta1 = ["TA1", "000000007", "260115", "1100", "A", "000"]
    written = write_interchange(spec(), [], control_number=42, written_at=WRITTEN_AT, ta1=[ta1])
    parsed = read(written.text)
    assert parsed.findings == []
    assert parsed.interchanges[0].ta1[0].elements == ta1[1:]
    assert written.text.endswith("IEA*0*000000042~")


def test_separators_in_data_are_replaced_and_reported():
    segments = [["PID", "F", "", "", "", "M6*20 ~ M8>M10"], ["SLN", ("A>B",)]]
    written = write(order(segments=segments), envelope=spec(separator_replacement="-"))
    assert "PID*F****M6-20 - M8-M10~" in written.text
    assert written.changes == (
        Change(
            segment="PID", position=2, element=5, before="M6*20 ~ M8>M10", after="M6-20 - M8-M10", set_control="0001"
        ),
        Change(segment="SLN", position=3, element=1, component=1, before="A>B", after="A-B", set_control="0001"),
    )


def test_separators_in_data_can_be_rejected():
    with pytest.raises(SeparatorInData, match=r"PO107 \(segment 4\): '\*' is a separator.*'A\*1'") as caught:
        write(
            order(segments=[*ORDER[:2], ["PO1", "", "", "", "", "", "", "A*1"]]),
            envelope=spec(separator_replacement=None),
        )
    assert (caught.value.segment, caught.value.position, caught.value.element) == ("PO1", 4, 7)
    assert caught.value.value == "A*1"


def test_the_repetition_separator_is_a_separator():
    marks = Separators(repetition="^")
    written = write(order(segments=[["MSG", "2^3"]]), envelope=spec(version="005010", separators=marks))
    assert "MSG*2 3~" in written.text


def test_characters_are_changed_and_reported_or_rejected():
    segments = [["N1", "ST", "Åkerö Bygg", "92", "7"]]
    written = write(order(segments=segments))
    assert "N1*ST*Akero Bygg*92*7~" in written.text
    assert [(change.before, change.after) for change in written.changes] == [("Åkerö Bygg", "Akero Bygg")]
    latin = write(order(segments=segments), envelope=spec(charset=CharsetPolicy(charset="latin-1")))
    assert b"\xc5ker\xf6" in latin.data
    assert read_bytes(latin.data)[1].sets[0].body[0].get(2) == "Åkerö Bygg"
    with pytest.raises(ForbiddenCharacter, match=r"N102 \(segment 2\): The character 'Å'") as caught:
        write(order(segments=segments), envelope=spec(charset=CharsetPolicy(policy="reject")))
    assert (caught.value.element, caught.value.value) == (2, "Åkerö Bygg")


def test_a_transliteration_may_bring_a_separator():
    marks = Separators(component=".")
    written = write(order(segments=[["MSG", "and so on…"]]), envelope=spec(separators=marks, separator_replacement="-"))
    assert "MSG*and so on---~" in written.text


def test_lengths_are_measured_on_cleaned_segments():
    policy = TextFormat(charset=CharsetPolicy(overrides={"Å": "AA"}))
    cleaned, changes = clean_segments([["N1", "ST", "Åå"], ["N3", ("Å", "")]], policy)
    assert cleaned == [["N1", "ST", "AAaa"], ["N3", ("AA",)]]
    assert [(change.position, change.element) for change in changes] == [(2, 2), (3, 1)]


@pytest.mark.parametrize(
    "changes",
    [
        {"sender_id": "A" * 16},
        {"sender_id": ""},
        {"sender_id": "A*B"},
        {"sender_id": " AB"},
        {"sender_id": "ÅB"},
        {"sender_id": "A"},  # too short for GS02
        {"sender_qualifier": "Z"},
        {"receiver_qualifier": "Z*"},
        {"group_receiver": "A" * 16},
        {"authorization": ("00", "A" * 11)},
        {"version": "4010"},
        {"version": "005010"},  # no repetition separator
        {"interchange_version": "401"},
        {"separators": Separators(element="*", segment="*")},
        {"separators": Separators(element="A")},
        {"separators": Separators(element=" ")},
        {"separators": Separators(component="")},
        {"separators": Separators(segment="\r\n")},
        {"separators": Separators(element="¤")},
        {"separator_replacement": "~"},
        {"separators": Separators(segment="\n"), "line_break": "\n"},
    ],
)
def test_envelopes_that_cannot_be_read(changes):
    with pytest.raises(InvalidEnvelope):
        spec(**changes)


def test_sets_and_numbers_that_do_not_go_together():
    invoice = OutgoingSet(set_id="810", control_number="0002", segments=[["BIG", "1"]])
    for sets, changes in [
        ([order(), invoice], {}),
        ([order(), order()], {}),
        ([order("1")], {}),
        ([order("0001 ")], {}),
        ([OutgoingSet(set_id="8500", control_number="0001", segments=[])], {}),
        ([OutgoingSet(set_id="123", control_number="0001", segments=[])], {}),
        ([order()], {"functional_id": "P"}),
        ([order()], {"version": "4010"}),
        ([order(segments=[["SE", "1"]])], {}),
        ([order(segments=[["po1", "1"]])], {}),
        ([order(segments=[["PO1*2"]])], {}),
    ]:
        with pytest.raises(InvalidEnvelope):
            write(*sets, **changes)
    for number in (0, 1_000_000_000, -1):
        with pytest.raises(InvalidEnvelope):
            write_interchange(
                spec(), [OutgoingGroup(control_number=7, sets=[order()])], control_number=number, written_at=WRITTEN_AT
            )
        with pytest.raises(InvalidEnvelope):
            write_interchange(
                spec(), [OutgoingGroup(control_number=number, sets=[order()])], control_number=1, written_at=WRITTEN_AT
            )
    for groups, ta1 in ([], []), ([OutgoingGroup(control_number=7, sets=[])], []), ([], [["AK1", "PO"]]):
        with pytest.raises(InvalidEnvelope):
            write_interchange(spec(), groups, control_number=1, written_at=WRITTEN_AT, ta1=ta1)
    twice = [OutgoingGroup(control_number=7, sets=[order()])] * 2
    with pytest.raises(InvalidEnvelope, match="GS06 7 is used twice"):
        write_interchange(spec(), twice, control_number=1, written_at=WRITTEN_AT)


def test_a_set_of_another_kind_with_its_functional_id():
    other = OutgoingSet(set_id="869", control_number="0001", segments=[["BSI", "1"]])
    assert "GS*RS*" in write(other, functional_id="RS").text


def test_display_indents_and_keeps_one_segment_a_line():
    parsed = read(write(order(segments=[["CUR", "BY"]])).text.replace("CUR*BY", "NTE*a\nb") + "\nST*850*0002~XX~")
    assert pretty(parsed) == (
        "ISA*00*          *00*          *ZZ*NORDBYGG       *14*GROSSISTEN     *260115*1200*U*00401*000000042*0*P*>~\n"
        "  GS*PO*NORDBYGG*GROSSISTEN*20260115*1200*7*X*004010~\n"
        "    ST*850*0001~\n"
        "      NTE*a b~\n"
        "    SE*3*0001~\n"
        "  GE*1*7~\n"
        "IEA*1*000000042~\n"
        "\n"
        "    ST*850*0002~\n"
        "      XX~"
    )


@pytest.mark.parametrize("line_break", ["", "\n"])
def test_an_independent_reader_finds_the_envelopes_sound(line_break):
    """pyx12 checks counts and control numbers by its own code."""
    groups = [
        OutgoingGroup(control_number=7, sets=[order("0001"), order("0002")]),
        OutgoingGroup(control_number=8, sets=[order("0001")]),
    ]
    text = write_interchange(spec(line_break=line_break), groups, control_number=42, written_at=WRITTEN_AT).text
    source = X12Reader(io.StringIO(text))
    tags = [segment.get_seg_id() for segment in source]
    source.cleanup()
    assert source.pop_errors() == []
    assert tags.count("PO1") == 3
    broken = X12Reader(io.StringIO(text.replace("SE*6*0002", "SE*7*0002")))
    assert list(broken)
    broken.cleanup()
    assert len(broken.pop_errors()) == 1


TAGS = st.from_regex(r"[A-Z][A-Z0-9]{1,2}", fullmatch=True).filter(
    lambda tag: tag not in ("ISA", "GS", "ST", "SE", "GE", "IEA", "TA1")
)
VALUES = st.text(max_size=12)
COMPOSITES = st.lists(VALUES, max_size=4).map(tuple)
SEGMENTS = st.lists(
    st.tuples(TAGS, st.lists(st.one_of(VALUES, VALUES, COMPOSITES), max_size=6)).map(lambda pair: [pair[0], *pair[1]]),
    max_size=8,
)
MARKS = st.permutations("*|~^!:>+;,\x1c\x1d\x1f").map(
    lambda marks: Separators(element=marks[0], segment=marks[1], component=marks[2], repetition=marks[3])
)
LINE_BASED = st.permutations("*|^!:>").flatmap(
    lambda marks: st.sampled_from(["\n", "\r"]).map(
        lambda segment: Separators(element=marks[0], segment=segment, component=marks[2], repetition=marks[3])
    )
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(SEGMENTS, min_size=1, max_size=3), min_size=1, max_size=3),
    st.one_of(MARKS, MARKS, LINE_BASED),
    st.sampled_from(["", "\n", "\r\n"]),
    st.sampled_from(["004010", "005010", "003050"]),
    st.sampled_from(["basic", "extended", "latin-1", "utf-8"]),
)
def test_what_is_written_is_read_back(content, separators, line_break, version, charset):
    line_break = "" if separators.segment in "\r\n" else line_break
    envelope = spec(
        separators=separators, line_break=line_break, version=version, charset=CharsetPolicy(charset=charset)
    )
    groups = [
        OutgoingGroup(
            control_number=number,
            sets=[order(f"{at:04}", segments) for at, segments in enumerate(sets, start=1)],
        )
        for number, sets in enumerate(content, start=1)
    ]
    written = write_interchange(envelope, groups, control_number=42, written_at=WRITTEN_AT)
    assert written.data.decode(envelope.charset.encoding) == written.text
    parsed = read(written.text)
    assert parsed.findings == []
    assert parsed.skipped == []
    assert parsed.interchanges[0].separators == (
        separators
        if version == "005010"
        else Separators(element=separators.element, segment=separators.segment, component=separators.component)
    )
    found = [
        [[[segment.tag, *segment.elements] for segment in tset.body] for tset in group.sets]
        for group in parsed.interchanges[0].groups
    ]
    expected = [
        [[joined(segment, separators) for segment in clean_segments(segments, envelope)[0]] for segments in sets]
        for sets in content
    ]
    assert found == expected
    assert {(c.before, c.after) for c in written.changes} == {
        (change.before, change.after)
        for sets in content
        for segments in sets
        for change in clean_segments(segments, envelope)[1]
    }


def joined(segment, separators: Separators) -> list[str]:
    return [value if isinstance(value, str) else separators.component.join(value) for value in segment]


@given(SEGMENTS)
def test_data_in_the_partners_characters_comes_back_unchanged(segments):
    """Nothing but trailing empties is lost where the charset and the separators leave the data alone."""
    plain = [[value if isinstance(value, str) else "" for value in segment] for segment in segments]
    plain = [[segment[0], *(v.encode("ascii", "ignore").decode() for v in segment[1:])] for segment in plain]
    plain = [
        [segment[0], *("".join(c for c in v if c.isalnum() or c in " .,-") for v in segment[1:])] for segment in plain
    ]
    written = write(order(segments=plain))
    assert written.changes == ()
    body = read(written.text).sets[0].body
    assert [[s.tag, *s.elements] for s in body] == [without_empty_ends(segment) for segment in plain]


def without_empty_ends(segment: list[str]) -> list[str]:
    while len(segment) > 1 and not segment[-1]:
        segment = segment[:-1]
    return segment

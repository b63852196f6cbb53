"""The trading partner's reader and writer of X12: what it finds wrong, what it answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.cleo.x12 import writer
from integrations.sandbox.cleo.x12.content import business_numbers, check_content, kinds
from integrations.sandbox.cleo.x12.reader import Interchange, NoInterchange, read
from tests.integrations.sandbox.vendor_schema import require_folder
from tests.integrations.sandbox.x12_text import INVOICE, ORDER, interchange, purchase_order

AT = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


def checked(text: str) -> Interchange:
    """The only interchange of a text, with everything that is wrong with it."""
    (one,) = read(text)
    check_content(one)
    return one


def acknowledged(text: str) -> list[str]:
    """The segments of the 997 for a text with one group, as text."""
    return ["*".join(segment) for segment in writer.acknowledgment(checked(text).groups[0])]


def test_a_right_interchange_has_no_fault() -> None:
    one = checked(purchase_order())
    assert (one.codes, one.all_notes) == ([], [])
    assert (one.sender, one.receiver, one.control_number) == ("NORDLOGISTIK", "SUP50001", "000000001")
    assert (kinds([one]), business_numbers([one])) == ("850", ["500001"])
    assert acknowledged(purchase_order()) == ["AK1*PO*1", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_after_terminators_are_no_data(end: str) -> None:
    assert checked(purchase_order().replace("~", f"~{end}")).all_notes == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("IEA*1*000000001", "IEA*1*000000002", "001"),
        ("IEA*1*", "IEA*2*", "021"),
        ("IEA*1*000000001~", "", "023"),
        ("IEA*1*000000001~", "IEA*1*000000001~X*1~", "022"),
        ("*0*P*>", "*0*X*>", "020"),
        ("*261120*", "*26112A*", "014"),
        ("*000000001*0", "*00000000A*0", "018"),
        ("GE*1*1~", "GE*1*1~REF*X*1~", "024"),
    ],
)
def test_faults_of_the_interchange(old: str, new: str, code: str) -> None:
    assert code in checked(purchase_order().replace(old, new)).codes


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("SE*6*0001", "SE*7*0001", ["AK5*R*4", "AK9*R*1*1*0"]),
        ("SE*6*0001", "SE*6*0002", ["AK5*R*3", "AK9*R*1*1*0"]),
        ("SE*6*0001~", "", ["AK5*R*2", "AK9*R*1*1*0"]),
        ("GE*1*1", "GE*2*1", ["AK5*A", "AK9*R*2*1*0*5"]),
        ("GE*1*1", "GE*1*9", ["AK5*A", "AK9*R*1*1*0*4"]),
        ("GE*1*1~", "", ["AK5*A", "AK9*R*1*1*0*3"]),
        ("GS*PO*", "GS*IN*", ["AK5*R*6", "AK9*R*1*1*0"]),
        ("ST*850*", "ST*851*", ["AK5*R*1", "AK9*R*1*1*0"]),
        ("CTT*2", "CTT*3", ["AK5*R*5", "AK9*R*1*1*0"]),
        ("BEG*00*SA*500001**20261101~", "REF*X*1~", ["AK3*BEG*6**3", "AK5*R*5", "AK9*R*1*1*0"]),
        ("*SA*500001*", "*SA**", ["AK3*BEG*2**8", "AK4*3**1", "AK5*R*5", "AK9*R*1*1*0"]),
        ("*20261101~", "*20261301~", ["AK3*BEG*2**8", "AK4*5**8*20261301", "AK5*R*5", "AK9*R*1*1*0"]),
        ("*10*EA*12.50", "*10*EA*12,50", ["AK3*PO1*3**8", "AK4*4**6*12,50", "AK5*R*5", "AK9*R*1*1*0"]),
    ],
)
def test_faults_of_groups_and_sets_are_in_the_997(old: str, new: str, answer: list[str]) -> None:
    assert acknowledged(purchase_order().replace(old, new))[2:] == answer


def test_a_group_is_partly_accepted() -> None:
    text = interchange(("850", ORDER), ("850", (*ORDER[:3], "CTT*9")))
    assert acknowledged(text)[-1] == "AK9*P*2*2*1"


def test_invoice_totals_have_no_point() -> None:
    right = interchange(("810", INVOICE), functional_id="IN")
    assert checked(right).all_notes == []
    assert checked(right.replace("TDS*12500", "TDS*125.00")).all_notes == ["TDS01 is missing or wrong: '125.00'"]


def test_hierarchy_counts_from_one() -> None:
    shipment = ("BSN*00*S1*20261101*1200*0004", "HL*1**S*1", "HL*3*1*O*0", "CTT*2")
    assert "HL01 does not count from 1" in checked(interchange(("856", shipment), functional_id="SH")).all_notes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        purchase_order()[:100],
        purchase_order().replace("SUP50001       ", "SUP50001", 1),
        purchase_order().replace("*ZZ*NORD", "*Z*NORD"),
        purchase_order().replace("*>~", "**~", 1),
        purchase_order().replace("~", " "),
    ],
)
def test_without_a_readable_isa_there_is_nobody_to_answer(text: str) -> None:
    with pytest.raises(NoInterchange):
        read(text)


def test_several_interchanges_in_one_text() -> None:
    found = read(purchase_order(1) + "\r\n" + purchase_order(2) + "\n")
    assert [one.control_number for one in found] == ["000000001", "000000002"]
    assert [one.codes for one in found] == [[], []]


@given(
    position=st.integers(min_value=0, max_value=len(purchase_order()) - 1),
    length=st.integers(min_value=0, max_value=40),
    text=st.text(alphabet="ISAGTE*~>0123456789 \n", max_size=20),
)
def test_no_damage_breaks_the_reader(position: int, length: int, text: str) -> None:
    good = purchase_order()
    damaged = good[:position] + text + good[position + length :]
    try:
        found = read(damaged)
    except NoInterchange:
        return
    for one in found:
        check_content(one)
        for group in one.groups:
            assert writer.acknowledgment(group)[-1][0] == "AK9"


@given(st.integers(min_value=0, max_value=len(purchase_order()) - 2))
def test_every_truncation_is_noticed(length: int) -> None:
    try:
        found = read(purchase_order()[:length])
    except NoInterchange:
        return
    assert found[0].codes


@pytest.mark.parametrize("kind", ["855", "856", "860", "810", "997"])
def test_answers_are_right_interchanges(kind: str) -> None:
    source = checked(purchase_order())
    order = source.sets[0]
    written = {
        "855": writer.order_response(order, verdict="changed", day="20261120"),
        "856": writer.ship_notice(order, shipment="S-1", at=AT),
        "860": writer.order_change(order, sequence=1, day="20261120"),
        "810": writer.invoice(order, number="I-1", day="20261120"),
        "997": writer.acknowledgment(source.groups[0]),
    }
    envelope = writer.Envelope.answering(source, number=12, at=AT)
    answer = checked(writer.write(envelope, [(kind, written[kind])]))
    assert answer.all_notes == []
    assert (answer.sender, answer.receiver, answer.control_number) == ("SUP50001", "NORDLOGISTIK", "000000012")
    if kind == "810":
        assert answer.sets[0].find("TDS")[0][1] == "13800"
    if kind == "860":
        assert answer.sets[0].find("POC")[0][1:7] == ["1", "QI", "10", "11", "EA", "12.50"]


def test_separators_of_the_order_do_not_break_the_answer() -> None:
    text = purchase_order().replace("*", "|").replace("~", "\x1d").replace("A1", "A*1~2")
    source = checked(text)
    assert source.all_notes == []
    envelope = writer.Envelope.answering(source, number=1, at=AT)
    response = writer.order_response(source.sets[0], verdict="accepted", day="20261120")
    answer = checked(writer.write(envelope, [("855", response)]))
    assert answer.all_notes == []
    assert answer.sets[0].find("PO1")[0][7] == "A 1 2"


def test_files_from_the_wild_are_read_or_refused() -> None:
    files = sorted(require_folder("samples").glob("[0-9]*/*.edi"))
    readable = 0
    for path in files:
        try:
            found = read(path.read_bytes().decode("latin-1"))
        except NoInterchange:
            continue
        readable += 1
        for one in found:
            check_content(one)
            assert one.isa[0] == "ISA"
    assert 0 < readable <= len(files)

"""What cannot be sent is refused, each reason in a sentence; what cannot be read is no document."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.documents.building import BuildRefused
from edi.documents.edifact import MESSAGES, EdifactOptions, message_for
from edi.documents.order_response import LineAnswer
from edi.documents.readable import readable
from edi.documents.values import Party, PartyId, Value
from edi.edifact.reading import read
from edi.edifact.segments import Message, Segment
from tests.edi.documents import examples
from tests.edi.documents.edifact.support import received, written

DATED_CHANGE = msgspec.structs.replace(examples.CHANGE, change_date=dt.date(2026, 5, 8))
DATED_RESPONSE = msgspec.structs.replace(examples.RESPONSE, date=dt.date(2026, 5, 8))


def reasons(kind: str, document: Any, options: EdifactOptions | None = None) -> str:
    with pytest.raises(BuildRefused) as refused:
        MESSAGES[kind].build(document, options)
    return "; ".join(refused.value.reasons)


def with_line(document: Any, **changes: Any) -> Any:
    first, *others = document.lines
    return msgspec.structs.replace(document, lines=(msgspec.structs.replace(first, **changes), *others))


@pytest.mark.parametrize(
    ("kind", "document", "reason"),
    [
        ("ORDERS", with_line(examples.ORDER, unit="FOO"), "line 1: unit 'FOO' is not known"),
        ("ORDERS", msgspec.structs.replace(examples.ORDER, total=Decimal(1)), "are not the total: 1 is stated"),
        ("ORDERS", msgspec.structs.replace(examples.ORDER, line_total=Decimal(1)), "the parts make 105"),
        ("ORDERS", msgspec.structs.replace(examples.ORDER, number="X" * 36), "is too long: 36 characters, at most 35"),
        ("ORDERS", msgspec.structs.replace(examples.ORDER, lines=()), "no line that is not cancelled"),
        ("ORDERS", with_line(examples.ORDER, line_number="2"), "a line number stands on more than one line"),
        (
            "ORDERS",
            msgspec.structs.replace(examples.ORDER, parties=(Party(role="buyer"),)),
            "neither a name nor a number",
        ),
        ("INVOIC", msgspec.structs.replace(examples.INVOICE, total=Decimal(1)), "rounding are not the total"),
        ("INVOIC", with_line(examples.INVOICE, amount=Decimal("45.001")), "more decimals than SEK has"),
        ("ORDCHG", examples.CHANGE, "the change has no date"),
        ("ORDCHG", with_line(DATED_CHANGE, line_number=""), "another line might be meant"),
        ("ORDCHG", msgspec.structs.replace(DATED_CHANGE, lines=()), "changes nothing"),
        ("ORDRSP", examples.RESPONSE, "the answer has no date"),
        ("ORDRSP", with_line(DATED_RESPONSE, answers=(LineAnswer(status="held"),)), "no code for a line that is held"),
        (
            "ORDRSP",
            with_line(DATED_RESPONSE, answers=(LineAnswer(status="accepted"), LineAnswer(status="rejected"))),
            "it has 2 answers",
        ),
        ("DESADV", msgspec.structs.replace(examples.NOTICE, orders=examples.NOTICE.orders * 2), "a number of its own"),
    ],
)
def test_what_cannot_be_sent(kind: str, document: Any, reason: str) -> None:
    assert reason in reasons(kind, document)


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_message_without_its_beginning_is_no_document(kind: str) -> None:
    documents: dict[str, Value] = {
        "ORDERS": examples.ORDER,
        "INVOIC": examples.INVOICE,
        "ORDCHG": DATED_CHANGE,
        "ORDRSP": DATED_RESPONSE,
        "DESADV": examples.NOTICE,
    }
    assert message_for(documents[kind]).kind == kind
    message = received(written(kind, documents[kind]))
    assert MESSAGES[kind].read(message).document is not None
    message.body = [segment for segment in message.body if segment.tag != "BGM"]
    result = MESSAGES[kind].read(message)
    assert result.document is None
    assert "with a BGM" in result.findings[0].message


def changed(kind: str, document: Any, old: str, new: str) -> Any:
    """The document is read again after one change in the text."""
    text = written(kind, document).text
    assert old in text
    (message,) = read(text.replace(old, new)).messages
    return MESSAGES[kind].read(message)


@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        ("ORDERS", "DTM+137:20260504:102", "DTM+137:20261301:102", "'20261301' is not a date"),
        ("ORDERS", "QTY+21:10", "QTY+21:ten", "The quantity 'ten' is not a number."),
        ("ORDERS", "BGM+220+500001+9", "BGM+220+500001+7", "The purpose '7' is not understood here"),
        ("ORDERS", "BGM+220+500001", "BGM+220+", "The order's number (BGM) is missing."),
        ("INVOIC", "MOA+77:56'", "MOA+9:56'", "The invoice's amount (MOA 77) is missing."),
    ],
)
def test_what_cannot_be_read(kind: str, old: str, new: str, said: str) -> None:
    result = changed(kind, examples.ORDER if kind == "ORDERS" else examples.INVOICE, old, new)
    assert result.document is None
    assert said in "; ".join(finding.message for finding in result.findings)


def test_what_a_document_does_not_hold_is_left_over() -> None:
    result = changed("ORDERS", examples.ORDER, "UNS+S", "TOD+3++CIF'UNS+S")
    assert [(part.tag, part.elements) for part in result.left_over] == [("TOD", ("3", "", "CIF"))]


def test_prices_with_a_basis_are_prices_of_one() -> None:
    result = changed("ORDERS", examples.ORDER, "PRI+AAA:4.5'", "PRI+AAA:450:::100'")
    assert result.document.lines[0].unit_price == Decimal("4.5")


def test_partners_choose_numbers_and_units() -> None:
    options = EdifactOptions(party_ids=("supplier",), item_ids=("supplier",), units={"STK": "C62"})
    party = Party(role="buyer", ids=(PartyId(scheme="gln", value="1"), PartyId(scheme="supplier", value="77")))
    order = msgspec.structs.replace(examples.ORDER, parties=(party,))
    text = written("ORDERS", order, options).text
    assert "NAD+BY+77::91'" in text
    assert "QTY+21:10:C62'" in text
    assert "A-1" not in text


VALUES = st.sampled_from(["", "0", "-1", "9" * 18, "9" * 60, "1e9", "20260230", "102", "x", "å", "1", "2", "\x07"])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_in_a_message_makes_reading_raise(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(MESSAGES)))
    tags = ["BGM", "DTM", "NAD", "RFF", "CPS", "PAC", "PCI", "GIN", "LIN", "PIA", "QTY", "MOA", "PRI", "TAX", "ALC"]
    segments = st.builds(Segment, st.sampled_from(tags), st.lists(st.tuples(VALUES, VALUES), max_size=5).map(tuple))
    body = data.draw(st.lists(segments, max_size=25))
    message = Message(header=Segment("UNH", (("1",), (kind, "D", "96A", "UN"))), body=body)
    result = MESSAGES[kind].read(message)
    if result.draft is not None:
        readable(result.draft)


def test_packages_in_each_other_without_end_are_an_error() -> None:
    packages = [Segment("CPS", ((str(n),), (str(n - 1),) if n > 1 else ("",))) for n in range(1, 3000)]
    line = [Segment("LIN", (("1",),)), Segment("QTY", (("12", "1", "PCE"),)), Segment("RFF", (("ON", "5"),))]
    body = [Segment("BGM", (("351",), ("S1",))), Segment("DTM", (("137", "20260504", "102"),)), *packages, *line]
    result = MESSAGES["DESADV"].read(Message(header=Segment("UNH", (("1",), ("DESADV", "D", "96A"))), body=body))
    assert result.document is None
    assert "packages-too-deep" in {finding.code for finding in result.findings}
    itself = Segment("CPS", (("2",), ("2",)))
    result = MESSAGES["DESADV"].read(Message(header=Segment("UNH"), body=[*body[:2], itself, *line]))
    assert result.draft is None or result.draft.orders

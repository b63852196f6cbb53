"""CONTRL both ways."""

from __future__ import annotations

import datetime as dt

import pytest

from edi.edifact.control import ERRORS, NoControl, build_contrl, read_contrl
from edi.edifact.reading import read
from edi.edifact.validate import validate
from edi.edifact.writer import Header, OutgoingMessage, write_interchange
from tests.edi.edifact.orders import ORDER, UNB, replaced, text

TWO = text(UNB, *ORDER, *(row.replace("UNH+1+", "UNH+2+").replace("UNT+15+1", "UNT+15+2") for row in ORDER), "UNZ+2+42")


def answer(whole: str) -> list[str]:
    """The answer to the first interchange, its segments as text."""
    report = validate(whole)
    segments = build_contrl(report.parsed.interchanges[0], report.findings)
    assert segments is not None
    message = OutgoingMessage(type="CONTRL", reference="1", segments=segments)
    out = write_interchange(
        Header(sender="US", receiver="THEM", una=False),
        [message],
        reference="7",
        written_at=dt.datetime(2026, 5, 4, tzinfo=dt.UTC),
    )
    assert validate(out.text).findings == [], "what we answer is sound itself"
    return out.text.split("\n")[2:-3]


ENDS = "7350099123405:14+5790000000012:14"


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        (text(), [f"UCI+42+{ENDS}+7'", "UCM+1+ORDERS:D:96A:UN:EAN008+7'"]),
        (replaced("UNZ+1+42", "UNZ+2+42"), [f"UCI+42+{ENDS}+4+29'"]),
        (replaced("UNZ+1+42", "UNZ+1+43"), [f"UCI+42+{ENDS}+4+28'"]),
        (replaced("UNT+15+1", "UNT+14+1"), [f"UCI+42+{ENDS}+7'", "UCM+1+ORDERS:D:96A:UN:EAN008+4+29'"]),
        (
            replaced("QTY+21:2:KGM", "QTY+21:two:KGM"),
            [f"UCI+42+{ENDS}+7'", "UCM+1+ORDERS:D:96A:UN:EAN008+4'", "UCS+12'", "UCD+37+1:2'"],
        ),
        (
            replaced("LIN+1'", "LIX+1'"),
            [f"UCI+42+{ENDS}+7'", "UCM+1+ORDERS:D:96A:UN:EAN008+4'", "UCS+7+15'"],
        ),
        (replaced("CNT+2:2", "CNT+2:3"), [f"UCI+42+{ENDS}+7'", "UCM+1+ORDERS:D:96A:UN:EAN008+7'"]),
    ],
)
def test_what_is_answered(whole: str, expected: list[str]) -> None:
    assert answer(whole) == expected


def test_one_of_two_messages_is_rejected_and_read_back() -> None:
    second = TWO.rfind("QTY+21:2")
    rows = answer(TWO[:second] + TWO[second:].replace("QTY+21:2:KGM", "QTY+21:2:KGM+X", 1))
    (message,) = read(text(UNB, "UNH+9+CONTRL:2:2:UN", *(row[:-1] for row in rows), "UNT+7+9", "UNZ+1+42")).messages
    said = read_contrl(message)
    assert (said.interchange, said.is_accepted) == ("42", True)
    assert [(m.reference, m.is_accepted) for m in said.messages] == [("1", True), ("2", False)]
    assert (said.accepts("1"), said.accepts("2"), said.accepts("3")) == (True, False, True)
    assert said.messages[1].sentences == (
        "ORDERS 2 was rejected",
        f"Segment 12, element 2: {ERRORS['16']}",
    )


def test_a_contrl_is_never_answered() -> None:
    report = validate(text(UNB, "UNH+9+CONTRL:2:2:UN", f"UCI+1+{ENDS}+7", "UNT+3+9", "UNZ+1+42"))
    assert report.findings == []
    assert build_contrl(report.parsed.interchanges[0], report.findings) is None


def test_what_is_no_contrl() -> None:
    with pytest.raises(NoControl, match="is no CONTRL"):
        read_contrl(read(text()).messages[0])
    with pytest.raises(NoControl, match="has no UCI"):
        read_contrl(read(text(UNB, "UNH+9+CONTRL:2:2:UN", "UNT+2+9", "UNZ+1+42")).messages[0])

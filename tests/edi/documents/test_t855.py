from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given

from edi.documents import t855
from edi.documents.building import BuildOptions, BuildRefused
from edi.documents.order_response import LineAnswer, OrderResponse, Schedule
from tests.edi.documents.examples import RESPONSE
from tests.edi.documents.strategies import options, order_responses
from tests.edi.documents.support import as_set, lines, parsed


def altered(**changes: Any) -> OrderResponse:
    return msgspec.structs.replace(RESPONSE, **changes)


def answered(**changes: Any) -> OrderResponse:
    answer = msgspec.structs.replace(RESPONSE.lines[0].answers[0], **changes)
    return altered(lines=(msgspec.structs.replace(RESPONSE.lines[0], answers=(answer,)),))


def refusal(response: OrderResponse) -> tuple[str, ...]:
    with pytest.raises(BuildRefused) as refused:
        t855.build(response)
    return refused.value.reasons


@given(order_responses(answers_change=False), options())
def test_what_is_built_is_read_again(response: OrderResponse, chosen: BuildOptions) -> None:
    result = t855.read(as_set(t855.build(response, chosen), "855"))
    assert result.findings == ()
    assert result.left_over == ()
    assert result.document == t855.carried(response, chosen)


@pytest.mark.parametrize(
    ("answer", "code", "without_lines"),
    [("accepted", "AD", "AK"), ("changed", "AC", "AC"), ("rejected", "RD", "RJ"), ("held", "AH", "AH")],
)
def test_answers_have_codes_with_and_without_lines(answer: str, code: str, without_lines: str) -> None:
    assert t855.build(altered(answer=answer))[0][2] == code
    assert t855.build(altered(answer=answer, lines=()))[0][2] == without_lines


@pytest.mark.parametrize(
    ("code", "answer"),
    [("AT", "accepted"), ("AK", "accepted"), ("AE", "changed"), ("RJ", "rejected"), ("NA", "received"), ("AH", "held")],
)
def test_codes_have_answers(code: str, answer: str) -> None:
    document = t855.read(parsed(f"BAK*00*{code}*1*20260504", "855")).document
    assert document is not None
    assert (document.answer, document.code) == (answer, code)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (altered(order_number=""), "order number is missing"),
        (altered(order_date=None), "date is missing"),
        (altered(answers_change=True), "it answers a change; that is an 865"),
        (altered(lines=RESPONSE.lines * 2), "line number 1 stands on 2 lines"),
        (answered(status="substituted"), "line 1: the item delivered instead is not named"),
        (answered(quantity=Decimal(-1)), "line 1: quantity -1 is negative"),
        (answered(status="other"), "line 1: Line Item Status Code is missing"),
        (answered(code="IR"), "line 1: the code IR of its answer does not mean 'accepted'"),
        (altered(code="RJ"), "its code RJ does not mean 'accepted'"),
    ],
)
def test_refusals(response: OrderResponse, reason: str) -> None:
    assert reason in refusal(response)


def test_answer_of_another_sender() -> None:
    text = """
    BAK*11*AC*PO-7*20260504****SO-1*20260505
    PO1*1*25*EA*9.5*CT*MG*XX-1
    CTP**CAT*9*1*EA
    ACK*IP
    ACK*DR***068*20260520
    ACK*IS******MG*XX-1-A
    PO1*2*75*EA*6.95
    SCH*25*EA***068*20260515
    SCH*50*EA***002*20260615
    SCH*1*EA***036*20260701
    ACK*IB*5*EA
    DTM*017*20260801
    CTT*2
    """
    result = t855.read(parsed(text, "855"))
    document = result.document
    assert document is not None
    assert (document.number, document.purpose) == ("SO-1", "original")
    first, second = document.lines
    assert [(a.status, a.code) for a in first.answers] == [("changed", "IP"), ("changed", "DR"), ("substituted", "IS")]
    assert first.answers[1].date == dt.date(2026, 5, 20)
    assert [i.value for i in first.answers[2].item_ids] == ["XX-1-A"]
    assert second.schedules == (
        Schedule(quantity=Decimal(25), unit="EA", date=dt.date(2026, 5, 15)),
        Schedule(quantity=Decimal(50), unit="EA", date=dt.date(2026, 6, 15), date_kind="delivery"),
    )
    assert second.answers == (
        LineAnswer(
            status="backordered",
            code="IB",
            quantity=Decimal(5),
            unit="EA",
            date=dt.date(2026, 8, 1),
            date_kind="delivery",
        ),
    )
    assert [(over.tag, over.unused) for over in result.left_over] == [("CTP", ()), ("SCH", ())]


def test_an_answer_without_lines() -> None:
    assert lines(t855.build(altered(lines=()))) == ["BAK*00*AK*500001*20260504", "CTT*0"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("CTT*1", "segment-missing"), ("BAK*00*AC**20260504", "value-missing"), ("BAK*00**1*20260504", "value-missing")],
)
def test_unreadable_answers_are_no_documents(text: str, code: str) -> None:
    result = t855.read(parsed(text, "855"))
    assert result.document is None
    assert [f.code for f in result.findings] == [code]

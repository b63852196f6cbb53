from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from edi.documents import t865
from edi.documents.building import BuildOptions, BuildRefused
from edi.documents.order_response import OrderResponse
from tests.edi.documents.examples import RESPONSE
from tests.edi.documents.strategies import options, order_responses
from tests.edi.documents.support import as_set, lines, parsed

ANSWER = msgspec.structs.replace(RESPONSE, answers_change=True, change_sequence="2")


@given(order_responses(answers_change=True), options())
def test_what_is_built_is_read_again(response: OrderResponse, chosen: BuildOptions) -> None:
    result = t865.read(as_set(t865.build(response, chosen), "865"))
    assert result.findings == ()
    assert result.left_over == ()
    assert result.document == t865.carried(response, chosen)


def test_lines_answer_changes() -> None:
    assert lines(t865.build(ANSWER)) == [
        "BCA*00*AD*500001**2*20260504",
        "POC*1*CA*10**EA",
        "ACK*IA*10*EA",
        "CTT*1",
    ]


def test_rejection_without_lines() -> None:
    rejected = msgspec.structs.replace(ANSWER, answer="rejected", lines=(), notes=("Redan lastat",))
    assert lines(t865.build(rejected)) == [
        "BCA*00*RJ*500001**2*20260504",
        "N9*L1*1",
        "MSG*Redan lastat",
        "CTT*0",
    ]


def test_an_answer_to_an_order_is_refused() -> None:
    with pytest.raises(BuildRefused, match="that is an 855"):
        t865.build(RESPONSE)


def test_answer_of_another_sender() -> None:
    result = t865.read(parsed("BCA*00*AK*PO-7-1***20260504*REQ-1\nPOC*1*QI*5**EA*2\nACK*IA", "865"))
    document = result.document
    assert document is not None
    assert (document.answers_change, document.answer, document.request_reference) == (True, "accepted", "REQ-1")
    assert (document.lines[0].change, document.lines[0].answers[0].status) == ("QI", "accepted")


def test_without_beginning_there_is_no_document() -> None:
    result = t865.read(parsed("CTT*1", "865"))
    assert result.document is None
    assert [f.code for f in result.findings] == ["segment-missing"]

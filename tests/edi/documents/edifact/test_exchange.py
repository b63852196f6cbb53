"""Documents all the way: built, written, read and checked as their receiver would."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.documents import texts
from edi.documents.edifact import MESSAGES, EdifactOptions
from edi.documents.order_change import OrderChange
from edi.documents.order_response import OrderResponse
from edi.documents.ship_notice import ShipNotice
from tests.edi.documents import strategies
from tests.edi.documents.edifact.support import received, written

LONGEST = 30
"""Characters of any text here: EDIFACT holds 35 in most places. What is longer is wrapped or refused: see below."""

DOCUMENTS = {
    "ORDERS": strategies.purchase_orders(),
    "INVOIC": strategies.invoices(),
    "ORDCHG": strategies.order_changes(),
    "ORDRSP": strategies.order_responses(answers_change=False),
    "DESADV": strategies.ship_notices(),
}
CASES = st.sampled_from(sorted(DOCUMENTS)).flatmap(lambda kind: st.tuples(st.just(kind), DOCUMENTS[kind]))
OPTIONS = st.builds(
    EdifactOptions,
    party_ids=st.permutations(["gln", "buyer", "supplier", "duns", "other"]).map(tuple),
    item_ids=st.permutations(list(strategies.ITEM_SCHEMES)).map(tuple),
)


def fitting(document: Any) -> Any:
    """The document with what EDIFACT refuses put right: lengths, missing dates and line numbers, several answers."""
    document = texts.map_texts(document, lambda text: text[:LONGEST].strip())
    match document:
        case OrderChange():
            lines = document.lines[: 999 if document.purpose != "change" else None]
            date = document.change_date or dt.date(2026, 5, 4)
            return msgspec.structs.replace(document, lines=lines, change_date=date)
        case OrderResponse():
            return msgspec.structs.replace(
                document,
                date=document.date or dt.date(2026, 5, 4),
                lines=tuple(_answered_once(line, place) for place, line in enumerate(document.lines, start=1)),
            )
        case ShipNotice():
            orders = {order.order_number or "X": order for order in document.orders}
            named = [msgspec.structs.replace(order, order_number=number) for number, order in orders.items()]
            return msgspec.structs.replace(document, orders=tuple(named))
    return document


def _answered_once(line: Any, place: int) -> Any:
    answers = tuple(_with_code(answer) for answer in line.answers[:1])
    return msgspec.structs.replace(line, line_number=line.line_number or f"{place}", answers=answers)


def _with_code(answer: Any) -> Any:
    status = "rejected" if answer.status == "held" else answer.status
    if status == "substituted":
        return msgspec.structs.replace(answer, item_ids=answer.item_ids[:5])
    if status == "backordered" and answer.quantity is None:
        status = "changed"
    return msgspec.structs.replace(answer, status=status)


@settings(max_examples=120, deadline=None)
@given(CASES, OPTIONS)
def test_documents_arrive_as_they_were_sent(case: tuple[str, Any], options: EdifactOptions) -> None:
    kind, document = case[0], fitting(case[1])
    result = MESSAGES[kind].read(received(written(kind, document, options)))
    assert [finding.message for finding in result.findings] == []
    assert result.left_over == ()
    assert result.document == MESSAGES[kind].carried(document, options)


@settings(max_examples=60, deadline=None)
@given(CASES, OPTIONS)
def test_what_is_carried_is_carried_again(case: tuple[str, Any], options: EdifactOptions) -> None:
    kind, document = case
    once = MESSAGES[kind].carried(document, options)
    assert MESSAGES[kind].carried(once, options) == once


@settings(max_examples=60, deadline=None)
@given(strategies.purchase_orders(), strategies.WORDS, st.lists(strategies.WORDS, max_size=2))
def test_long_texts_are_wrapped(order: Any, name: str, notes: list[str]) -> None:
    order = fitting(order)
    line = msgspec.structs.replace(order.lines[0], description=name)
    order = msgspec.structs.replace(order, lines=(line, *order.lines[1:]), notes=tuple(notes))
    result = MESSAGES["ORDERS"].read(received(written("ORDERS", order)))
    assert result.left_over == ()
    assert result.document == MESSAGES["ORDERS"].carried(order, None)
    assert texts.clean(name).replace(" ", "") == result.document.lines[0].description.replace(" ", "")

"""865 purchase order change acknowledgment: `OrderResponse` to segments and back.

A line carries the element 670 code of the change it answers (CA when the document does not say) and its answers in ACK.
What an 865 cannot carry, and `carried` therefore takes out of a document: item numbers of schemes that the partner's
options do not name; line breaks and repeated spaces; empty addresses, contacts and terms; the charge code ZZZZ; a
unit without a quantity. Answers get their element 587 and 668 codes, and the word of that code.
"""

from __future__ import annotations

import msgspec

from edi.documents import codes, responses
from edi.documents.building import BuildOptions, BuildRefused, Draft, Seg, as_date
from edi.documents.heading import read_heading
from edi.documents.order_response import OrderResponse
from edi.documents.reading import Reading, ReadResult, first, loops, split
from edi.documents.structure import ORDER_LOOPS
from edi.x12.segments import TransactionSet

__all__ = ["BuildOptions", "BuildRefused", "build", "carried", "read"]


def build(document: OrderResponse, options: BuildOptions | None = None) -> list[Seg]:
    """The segments between ST and SE. Raises BuildRefused with the reasons in words."""
    options = options or BuildOptions()
    response = carried(document, options)
    draft = Draft(options)
    if not document.answers_change:
        draft.refuse("it answers an order, not a change; that is an 855")
    dates = (as_date(response.order_date), response.request_reference, "", response.number, as_date(response.date))
    change = (response.order_number, "", response.change_sequence)
    draft.add("BCA", codes.PURPOSES[response.purpose], response.code, *change, *dates)
    responses.check_codes(draft, document)
    draft.check_unique(line.line_number for line in response.lines if line.line_number)
    responses.add_heading(draft, response)
    for number, line in enumerate(response.lines, start=1):
        responses.add_line(draft, "POC", line, at=f"line {line.line_number or number}")
    return responses.finish(draft, response)


def carried(document: OrderResponse, options: BuildOptions | None = None) -> OrderResponse:
    """The document as an 865 carries it: `read` of `build` gives exactly this."""
    response = responses.carried(document, options or BuildOptions())
    lines = tuple(msgspec.structs.replace(line, change=line.change or "CA") for line in response.lines)
    return msgspec.structs.replace(response, lines=lines)


def read(tset: TransactionSet) -> ReadResult[OrderResponse]:
    """The answer that an 865 states, with what could not be read and what is left over."""
    reading = Reading(tset)
    bca = first(reading.views, "BCA")
    if bca is None:
        reading.missing("BCA", "order number")
        return reading.result(None)
    before, rest = split(reading.views, ("POC", "CTT"))
    head, inner = loops(before, ORDER_LOOPS)
    response = OrderResponse(
        order_number=bca.required(3, "order number"),
        order_date=bca.date(6, "order date"),
        answer=bca.word(2, codes.ANSWERS_READ, "received", "answer"),  # type: ignore[arg-type]
        code=bca.get(2),
        answers_change=True,
        change_sequence=bca.get(5),
        number=bca.get(9),
        date=bca.date(10, "date of the answer"),
        purpose=bca.purpose(1, codes.ANSWER_PURPOSES_READ),  # type: ignore[arg-type]
        request_reference=bca.get(7),
    )
    response = responses.read_response(response, head, read_heading(head, inner))
    return responses.result(reading, response, rest=rest, tag="POC")

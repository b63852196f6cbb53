"""Documents all the way: built, written as an interchange, read and checked as their receiver would."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edi.documents import texts
from edi.documents.building import BuildOptions, BuildRefused
from edi.documents.registry import SETS
from edi.x12.charset import Charset, CharsetPolicy
from edi.x12.envelope_spec import EnvelopeSpec
from edi.x12.reader import read_bytes
from edi.x12.segments import Separators
from edi.x12.validate import validate_set
from edi.x12.writer import OutgoingGroup, OutgoingSet, write_interchange
from tests.edi.documents import strategies

NOW = dt.datetime(2026, 5, 4, 12, 30, tzinfo=dt.UTC)
DOCUMENTS = {
    "850": strategies.purchase_orders(),
    "855": strategies.order_responses(answers_change=False),
    "856": strategies.ship_notices(),
    "860": strategies.order_changes(),
    "865": strategies.order_responses(answers_change=True),
    "810": strategies.invoices(),
}
CASES = st.sampled_from(sorted(DOCUMENTS)).flatmap(lambda set_id: st.tuples(st.just(set_id), DOCUMENTS[set_id]))

WARNINGS_MEANT = {
    "character-set",  # letters beyond ASCII, which the partner's charset policy settles
    "check-digit",  # the numbers are invented
    "date-order",  # so are the dates,
    "unit-mismatch",  # the units,
    "answered-quantities",  # and the quantities
    "schedule-quantities",
    "order-total",  # AMT TT is the order's total with tax and rounding
}


def exchanged(set_id: str, document: Any, options: BuildOptions, charset: CharsetPolicy) -> Any:
    """The transaction set that the receiver reads."""
    spec = EnvelopeSpec(
        sender_qualifier="ZZ",
        sender_id="NORDLAGER",
        receiver_qualifier="ZZ",
        receiver_id="FJORDPAKK",
        version=options.version,
        charset=charset,
        usage="T",
        separators=Separators(repetition="^" if options.version == "005010" else ""),
    )
    outgoing = OutgoingSet(set_id=set_id, control_number="0001", segments=SETS[set_id].build(document, options))
    group = OutgoingGroup(control_number=1, sets=[outgoing])
    written = write_interchange(spec, [group], control_number=1, written_at=NOW)
    _, parsed = read_bytes(written.data)
    assert [f for f in parsed.findings if f.is_error] == []
    (tset,) = parsed.sets
    return tset


@given(CASES, strategies.options())
def test_documents_arrive_as_they_were_sent(case: tuple[str, Any], options: BuildOptions) -> None:
    set_id, document = case
    tset = exchanged(set_id, document, options, CharsetPolicy(charset="utf-8"))
    result = SETS[set_id].read(tset)
    assert [f.message for f in result.findings if f.value != "XX"] == []  # a kind of change that nobody knows
    assert result.left_over == ()
    assert result.document == SETS[set_id].carried(document, options)


@given(CASES, strategies.options())
def test_documents_pass_the_validator(case: tuple[str, Any], options: BuildOptions) -> None:
    set_id, document = case
    tset = exchanged(set_id, document, options, CharsetPolicy(charset="utf-8"))
    found = [f for f in validate_set(tset, options.version) if f.code not in WARNINGS_MEANT]
    if getattr(document, "currency", "") == "ISK":
        found = [f for f in found if f.code != "invoice-total"]  # lines are rounded to whole kronur
    assert [f.message for f in found] == []


@given(CASES, strategies.options(), st.sampled_from(["basic", "extended"]))
def test_transliterated_documents_arrive(case: tuple[str, Any], options: BuildOptions, name: Any) -> None:
    """With the partner's letters put in before building, lengths are measured on what is sent."""
    set_id, document = case
    policy = CharsetPolicy(charset=name, overrides={"Å": "AA", "Ä": "AE", "Ö": "OE"})
    sent = texts.map_texts(SETS[set_id].carried(document, options), Charset(policy).convert)
    try:
        tset = exchanged(set_id, sent, options, policy)
    except BuildRefused:
        return  # too long now, or two line numbers have become one
    result = SETS[set_id].read(tset)
    assert result.left_over == ()
    assert result.document == SETS[set_id].carried(sent, options)
    assert [f.message for f in validate_set(tset, options.version) if f.code == "character-set"] == []

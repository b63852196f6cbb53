"""Documents as X12: the segments of a set, the text of an interchange, our own check of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from edi import services as edi
from edi.documents import t810, t850, t856, t865
from edi.documents.building import BuildOptions, Seg
from edi.documents.order_response import OrderResponse
from edi.documents.purchase_order import PurchaseOrder
from edi.documents.ship_notice import ShipNotice
from edi.x12.errors import InvalidEnvelope, InvalidValue
from edi.x12.guides import GuideError
from edi.x12.validate import validate
from edi.x12.writer import Change, OutgoingGroup, OutgoingSet, write_interchange
from integrations.flows.edi_out.values import (
    CHARACTERS,
    TRIAL_DATE,
    TRIAL_NUMBERS,
    Built,
    Text,
    TradeDocument,
    counted,
    how_to_correct,
    in_words,
    name_of,
    no_envelope,
)
from integrations.systems.contract import Unmappable


def segments_of(document: TradeDocument, options: BuildOptions) -> list[Seg]:
    """What stands between ST and SE. Raises BuildRefused."""
    match document:
        case PurchaseOrder():
            return t850.build(document, options)
        case ShipNotice():
            return t856.build(document, options)
        case OrderResponse():
            return t865.build(document, options)
        case _:
            return t810.build(document, options)


def write_x12(built: Built, numbers: edi.ControlNumbers, now: dt.datetime) -> Text:
    """The interchange with its envelope, in the partner's characters and separators. Raises Unmappable when the
    partner's policies refuse a character."""
    agreement = built.agreement
    outgoing = OutgoingSet(set_id=built.set_id, control_number="0001", segments=built.segments)
    try:
        written = write_interchange(
            edi.envelope_of(agreement),
            [OutgoingGroup(control_number=numbers.group, sets=[outgoing])],
            control_number=numbers.interchange,
            written_at=now,
        )
    except InvalidValue as error:
        raise Unmappable(
            f"{name_of(built.document)} cannot be written for {agreement.partner}: {error}", remedy=CHARACTERS
        ) from error
    except InvalidEnvelope as error:
        raise no_envelope(agreement, error) from error
    return Text(written.text, written.data, (*built.altered, *_in_short(written.changes)))


def check_x12(built: Built) -> tuple[str, ...]:
    """Writes the interchange with trial numbers and reads it again with our own validator. Returns what was
    altered.

    Raises Unmappable with every finding: nothing leaves that we would refuse to receive.
    """
    text = write_x12(built, TRIAL_NUMBERS, TRIAL_DATE)
    try:
        guide = edi.guide_of(built.agreement)
    except GuideError as error:
        raise Unmappable(
            f"The guide of the agreement '{built.agreement}' cannot be used: {error}", remedy="Correct the guide."
        ) from error
    findings = [f for f in validate(text.text, guide=guide).findings if f.is_error]
    if findings:
        raise Unmappable(
            f"{name_of(built.document)} would not be a correct {built.set_id}: {in_words(findings)}",
            remedy=how_to_correct(built.document),
        )
    return text.changes


def _in_short(changes: Sequence[Change]) -> tuple[str, ...]:
    return counted(Counter(f"{change.segment}{change.element:02d}" for change in changes))

"""Documents as EDIFACT: the segments of a message, the text of an interchange, our own check of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from edi import services as edi
from edi.documents.building import Seg
from edi.documents.edifact import EdifactOptions, message_for
from edi.documents.edifact.values import to_unit
from edi.documents.order_change import OrderChange
from edi.edifact.validate import validate
from edi.edifact.writer import InvalidHeader, OutgoingMessage, write_interchange
from edi.models import Agreement
from edi.x12.charset import NoTransliteration
from integrations.flows.edi_out.values import (
    CHARACTERS,
    TRIAL_DATE,
    TRIAL_NUMBERS,
    Built,
    Text,
    TradeDocument,
    in_words,
    name_of,
    no_envelope,
)
from integrations.systems.contract import Unmappable


def segments_of(document: TradeDocument | OrderChange, options: EdifactOptions) -> list[Seg]:
    """What stands between UNH and UNT. Raises BuildRefused."""
    return message_for(document).build(document, options)


def options_of(agreement: Agreement, units: dict[str, str]) -> EdifactOptions:
    """How the partner wants its messages. Raises Unmappable for settings that cannot be used."""
    wanted: dict[str, Any] = dict(agreement.setting("build"))
    own = {unit: to_unit(code, {}) or code for unit, code in units.items()}  # the company's table has X12 codes
    wanted["units"] = {**own, **wanted.get("units", {})}
    try:
        return msgspec.convert(wanted, EdifactOptions)
    except msgspec.ValidationError as error:
        raise Unmappable(
            f"The agreement '{agreement}' has wrong build settings: {error}.",
            remedy="Correct the agreement's settings.",
        ) from error


def write_edifact(built: Built, numbers: edi.ControlNumbers, now: dt.datetime) -> Text:
    """The interchange with its UNB, in the partner's characters. Raises Unmappable."""
    agreement = built.agreement
    message = OutgoingMessage(
        type=built.set_id,
        reference=str(numbers.group),
        segments=built.segments,
        association=agreement.association,
    )
    try:
        written = write_interchange(
            agreement.header(), [message], reference=f"{numbers.interchange:09d}", written_at=now
        )
    except InvalidHeader as error:
        raise no_envelope(agreement, error) from error
    except NoTransliteration as error:
        raise Unmappable(
            f"{name_of(built.document)} cannot be written for {agreement.partner}: {error}", remedy=CHARACTERS
        ) from error
    return Text(written.text, written.data, built.altered)


def check_edifact(built: Built) -> tuple[str, ...]:
    """Writes the interchange with trial numbers and reads it again, as `check_x12`. Raises Unmappable."""
    text = write_edifact(built, TRIAL_NUMBERS, TRIAL_DATE)
    findings = [f for f in validate(text.text).findings if f.is_error]
    if findings:
        raise Unmappable(
            f"{name_of(built.document)} would not be a correct {built.set_id}: {in_words(findings)}",
            remedy="Correct the values in Visma.net; the corrected version goes out by itself.",
        )
    return text.changes

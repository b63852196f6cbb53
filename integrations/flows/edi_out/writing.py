"""Writing by the standard of the agreement: the segments of a document, and the text of an interchange."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable

from edi import services as edi
from edi.documents.building import BuildOptions, BuildRefused, Seg
from edi.documents.texts import map_texts
from edi.models import Agreement
from edi.x12.charset import Charset, NoTransliteration
from edi.x12.errors import InvalidEnvelope
from integrations.flows.edi_out import edifact, x12
from integrations.flows.edi_out.values import (
    CHARACTERS,
    Built,
    Text,
    TradeDocument,
    counted,
    how_to_correct,
    name_of,
    no_envelope,
)
from integrations.systems.contract import Unmappable

Build = Callable[[TradeDocument], list[Seg]]


def written_for(
    agreement: Agreement, document: TradeDocument, options: BuildOptions, build: Build | None = None
) -> tuple[list[Seg], tuple[str, ...]]:
    """The document's segments, and what was altered for the partner's characters. `build` makes the segments where
    they are not simply those of the set.

    Raises Unmappable when the partner takes no such characters, or the document is not whole.
    """
    make: Build = build or (lambda one: x12.segments_of(one, options))
    try:
        mapped = map_texts(document, Charset(agreement.characters()).convert)
    except NoTransliteration as error:
        raise Unmappable(
            f"{name_of(document)} cannot be written for {agreement.partner}: {error}", remedy=CHARACTERS
        ) from error
    except InvalidEnvelope as error:
        raise no_envelope(agreement, error) from error
    segments = _segments(agreement, mapped, make)
    return segments, () if mapped == document else _altered(agreement, document, make, segments)


def write(built: Built, numbers: edi.ControlNumbers, now: dt.datetime) -> Text:
    """The interchange with its envelope, in the standard of its agreement. Raises Unmappable."""
    if built.agreement.is_edifact:
        return edifact.write_edifact(built, numbers, now)
    return x12.write_x12(built, numbers, now)


def check(built: Built) -> tuple[str, ...]:
    """Writes it with trial numbers and reads it again; returns what was altered. Raises Unmappable with every
    finding."""
    return edifact.check_edifact(built) if built.agreement.is_edifact else x12.check_x12(built)


def _segments(agreement: Agreement, document: TradeDocument, make: Build) -> list[Seg]:
    try:
        return make(document)
    except BuildRefused as error:
        raise Unmappable(
            f"{name_of(document)} cannot be sent as {agreement.set_id}: {'; '.join(error.reasons)}.",
            remedy=how_to_correct(document),
        ) from error


def _altered(agreement: Agreement, document: TradeDocument, make: Build, written: list[Seg]) -> tuple[str, ...]:
    try:
        plain = _segments(agreement, document, make)
    except Unmappable:
        plain = []  # only in the partner's characters is it short enough
    if [seg[0] for seg in plain] != [seg[0] for seg in written]:
        return ("Texts are in the partner's characters",)
    return counted(
        Counter(
            f"{seg[0]}{place:02d}"
            for seg, was in zip(written, plain, strict=True)
            for place, (value, before) in enumerate(zip(seg, was, strict=False))
            if value != before
        )
    )

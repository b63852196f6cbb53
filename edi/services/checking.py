"""Checking any X12 or EDIFACT text, for whoever has one: what is wrong with it, segment by segment, and what it says.

Nothing is kept. Admin and portal call it alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from edi.documents import rendering
from edi.documents.edifact import MESSAGES
from edi.documents.readable import readable
from edi.documents.registry import SETS
from edi.documents.values import Value
from edi.edifact import reading as edifact
from edi.edifact.reading import decode_by_syntax, looks_like_edifact
from edi.models import Agreement
from edi.services.agreements import guide_of
from edi.viewing import InterchangeView, view
from edi.viewing.documents import DocumentView, document_view
from edi.x12.decode import decode
from edi.x12.guides import Guide, GuideError
from edi.x12.reader import read
from portal.site.marks import thousands

MOST_BYTES = 2 * 1024 * 1024
"""Largest text that is checked while somebody waits; larger files are for `manage.py edi validate`."""
_MOST_DOCUMENTS = 20
_MOST_ROWS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found."""

    view: InterchangeView
    documents: tuple[DocumentView, ...]
    """Those that can be read, as people read them; the first 20."""
    renderings: tuple[str, ...]
    """X12 sets as JSON, as partners get it who take that instead of X12; the first 20."""
    encoding: str
    by: str
    """Whose guide it was checked by; "" for the standard."""


def check_text(data: bytes | str, *, agreement: Agreement | None = None) -> Checked:
    """Checks a text by the standard, or by the guide of an agreement, and reads the documents in it.

    Never raises for what is wrong in the text; raises ValidationError where there is none, where it is too large, and
    where the agreement's guide cannot be used.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if not raw.strip():
        raise ValidationError(_("There is nothing to check: paste a text, or choose a file."))
    if len(raw) > MOST_BYTES:
        raise ValidationError(
            _("It has %(n)s bytes; %(MOST_BYTES)s are checked here; 'manage.py edi validate' takes more.")
            % {"n": thousands(len(raw)), "MOST_BYTES": thousands(MOST_BYTES)}
        )
    guide = _guide(agreement)
    decoded = decode_by_syntax(raw) if looks_like_edifact(raw) else decode(raw)
    return Checked(
        view=view(decoded.text, guide=guide, max_rows=_MOST_ROWS),
        documents=_documents(decoded.text),
        renderings=tuple(islice(_renderings(decoded.text), _MOST_DOCUMENTS)),
        encoding=decoded.encoding,
        by=guide.name if guide is not None else "",
    )


def _guide(agreement: Agreement | None) -> Guide | None:
    try:
        return guide_of(agreement) if agreement is not None else None
    except GuideError as error:
        raise ValidationError(
            _("The guide of '%(agreement)s' cannot be used: %(error)s") % {"agreement": agreement, "error": error}
        ) from error


def _documents(text: str) -> tuple[DocumentView, ...]:
    drafts = _in_edifact(text) if looks_like_edifact(text[:400].encode()) else _in_x12(text)
    return tuple(document_view(readable(draft)) for draft in islice(drafts, _MOST_DOCUMENTS))


def _renderings(text: str) -> Iterator[str]:
    for data in rendering.renderings(read(text).interchanges, most=_MOST_ROWS):
        yield json.dumps(data, indent=2, ensure_ascii=False)


def _in_x12(text: str) -> Iterator[Value]:
    for tset in read(text).sets:
        draft = SETS[tset.set_id].read(tset).draft if tset.set_id in SETS else None
        if draft is not None:
            yield draft


def _in_edifact(text: str) -> Iterator[Value]:
    for message in edifact.read(text).messages:
        draft = MESSAGES[message.type].read(message).draft if message.type in MESSAGES else None
        if draft is not None:
            yield draft

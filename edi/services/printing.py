"""A document that was exchanged as people read it, and on paper."""

from __future__ import annotations

import datetime as dt
from typing import Any

from edi.documents import rendering
from edi.documents.edifact import MESSAGES, MessageSpec
from edi.documents.readable import Readable, readable
from edi.documents.registry import SETS, SetSpec
from edi.edifact import reading as edifact
from edi.models import Agreement, TransactionSet
from edi.printing import as_pdf
from edi.services.passing import received_document
from edi.x12 import segments as x12
from edi.x12.reader import read_bytes


class NotReadable(Exception):
    """A set of which no readable document can be made. Its text is a sentence for people."""


def readable_document(row: TransactionSet) -> Readable:
    """The document of a set that was sent or received, as facts and tables.

    Raises NotReadable where its bytes are no longer kept, where it is an acknowledgment or another set that carries no
    document, and where what it says is no document.
    """
    return readable(canonical_document(row))


def canonical_document(row: TransactionSet) -> Any:
    """What a set that was sent or received says, as one of our document values. Raises NotReadable."""
    spec = SETS.get(row.set_id) or MESSAGES.get(row.set_id)
    if spec is None:
        raise NotReadable(f"A {row.set_id} is no order, ship notice or invoice: there is nothing to print.")
    data = _bytes_of(row)
    document = _in_x12(spec, data) if isinstance(spec, SetSpec) else _in_edifact(spec, data)
    if document is None:
        raise NotReadable(f"{row} cannot be read as {spec.name.lower()}. Look at its segments.")
    return document


def document_as_text(row: TransactionSet) -> tuple[bytes, str]:
    """The set as it was written or came, and its media type (RFC 1767): the interchange itself where it carries this
    set alone, else an interchange with this set in it. JSON where the network takes that. Raises NotReadable."""
    alone = not row.interchange.sets.exclude(pk=row.pk).exists()
    whole = row.interchange.text if alone else None
    data = bytes(whole) if whole is not None else _bytes_of(row)
    if data.lstrip()[:1] in (b"{", b"["):
        return data, "application/json"
    is_edifact = row.interchange.standard == Agreement.Standard.EDIFACT
    return data, "application/EDIFACT" if is_edifact else "application/EDI-X12"


def _bytes_of(row: TransactionSet) -> bytes:
    data = received_document(row).data
    if data is None:
        raise NotReadable(f"The content of {row} was removed by retention.")
    return data


def can_be_read(row: TransactionSet) -> bool:
    """Whether a set of this kind carries a document that people read."""
    return row.set_id in SETS or row.set_id in MESSAGES


def _in_x12(spec: SetSpec, data: bytes) -> Any:
    tset = _set_in(data)
    return spec.read(tset).draft if tset is not None else None


def _in_edifact(spec: MessageSpec, data: bytes) -> Any:
    messages = edifact.read_bytes(data)[1].messages
    return spec.read(messages[0]).draft if messages else None


def document_as_pdf(row: TransactionSet, *, now: dt.datetime) -> bytes:
    """The same as PDF. Raises NotReadable."""
    return as_pdf(readable_document(row), printed_at=now)


def file_name(row: TransactionSet, ending: str = "pdf") -> str:
    """``850-500001.pdf``: what the document is called where it is saved."""
    number = "".join(char if char.isascii() and char.isalnum() else "-" for char in row.business_number)
    return f"{row.set_id}-{number or row.pk}.{ending}"


def _set_in(data: bytes) -> x12.TransactionSet | None:
    if not data.lstrip().startswith(b"{"):
        sets = read_bytes(data)[1].sets
        return sets[0] if sets else None
    try:
        set_id, version, number, segments = rendering.from_json(data)
    except ValueError:
        return None
    body = [x12.Segment(str(tag), [_joined(element) for element in elements]) for tag, *elements in segments]
    return x12.TransactionSet(st=x12.Segment("ST", [set_id, number]), body=body, version=version)


def _joined(element: str | tuple[str, ...]) -> str:
    return element if isinstance(element, str) else ">".join(element)

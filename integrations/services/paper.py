"""Taking a document out, as PDF, as text or as values. It holds names and addresses: who takes it leaves a trace."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from edi.documents.readable import Readable
from edi.models import TransactionSet
from edi.services.printing import (
    canonical_document,
    document_as_pdf,
    document_as_text,
    file_name,
    readable_document,
)
from integrations.services.content import without_personal
from portal.audit import trail
from portal.common.clock import db_now
from portal.tenants.models import User

Form = Literal["PDF", "text", "JSON"]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is taken out."""

    data: bytes
    media_type: str
    file_name: str


def read(row: TransactionSet, *, reason: str, actor: User) -> Readable:
    """The document as facts and tables. Raises ValidationError without a reason, and NotReadable where there is no
    document."""
    if not reason.strip():
        raise ValidationError(_("Say what you need the document for."))
    found = readable_document(row)
    with transaction.atomic():
        trail.record(
            trail.event(
                row.tenant_id,
                "transactionset.revealed",
                f"{row} as people read it: {reason}",
                object_type="transactionset",
                object_id=row.pk,
                business_number=row.business_number,
                actor=actor,
                details={"reason": reason},
            )
        )
    return found


def download(row: TransactionSet, *, reason: str, actor: User) -> bytes:
    """The document as PDF. Raises ValidationError without a reason, and NotReadable where there is no document."""
    if not reason.strip():
        raise ValidationError(_("Say what you need the document for."))
    data = document_as_pdf(row, now=db_now())
    with transaction.atomic():
        trail.record(
            trail.event(
                row.tenant_id,
                "transactionset.downloaded",
                f"{row} as PDF: {reason}",
                object_type="transactionset",
                object_id=row.pk,
                business_number=row.business_number,
                actor=actor,
                details={"reason": reason},
            )
        )
    return data


def values(row: TransactionSet) -> dict[str, Any]:
    """What the document says, member by member, as JSON has it; amounts are texts. What belongs to a person is masked.
    Raises NotReadable."""
    masked: dict[str, Any] = without_personal(_plain(row))
    return masked


def take(row: TransactionSet, *, form: Form, caller: str) -> Taken:
    """The whole document for a program, which `caller` names in the audit trail. Raises NotReadable."""
    match form:
        case "PDF":
            data, media_type, ending = document_as_pdf(row, now=db_now()), "application/pdf", "pdf"
        case "JSON":
            data, media_type, ending = msgspec.json.encode(_plain(row)), "application/json", "json"
        case "text":
            data, media_type = document_as_text(row)
            ending = "json" if media_type == "application/json" else "edi"
    with transaction.atomic():
        trail.record(
            trail.event(
                row.tenant_id,
                "transactionset.downloaded",
                f"{row} as {form}, over the API.",
                object_type="transactionset",
                object_id=row.pk,
                business_number=row.business_number,
                actor_name=caller,
                details={"form": form},
            )
        )
    return Taken(data=data, media_type=media_type, file_name=file_name(row, ending))


def _plain(row: TransactionSet) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(canonical_document(row)))
    return plain

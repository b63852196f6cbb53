"""Showing kept bytes whole. Payloads hold personal and bank data: who looks at them unmasked leaves a trace."""

from __future__ import annotations

from typing import Literal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from edi.models import Interchange, ReceivedFile
from integrations.models import Delivery, Exchange, Record
from integrations.services.content import Shown, show
from portal.audit import trail
from portal.tenants.models import User

Part = Literal["raw", "frozen", "text", "content", "request", "response"]
Kept = Record | Delivery | Interchange | ReceivedFile | Exchange
PARTS: dict[type, tuple[Part, ...]] = {
    Record: ("raw",),
    Delivery: ("frozen",),
    Interchange: ("text",),
    ReceivedFile: ("content",),
    Exchange: ("request", "response"),
}
"""What is kept of each kind of row."""


def kept_bytes(row: Kept, part: Part) -> bytes | None:
    """The bytes themselves, None once retention has pruned them."""
    match row, part:
        case Record(), "raw":
            return row.payload.data
        case Delivery(), "frozen":
            return row.frozen.data if row.frozen is not None else b""
        case Interchange(), "text":
            return row.text
        case ReceivedFile(), "content":
            return row.content
        case Exchange(), "request":
            return row.request_body or b""
        case Exchange(), "response":
            return row.response_body or b""
        case _:
            raise ValueError(f"{type(row).__name__} keeps no {part}.")


def masked(row: Kept, part: Part, *, about: str = "") -> Shown:
    """What anybody who may see the row may see of its bytes, the value at the path `about` marked."""
    return show(kept_bytes(row, part), about=about)


def reveal(row: Kept, part: Part, *, reason: str, actor: User) -> Shown:
    """The bytes with personal and bank data. Raises ValidationError without a reason."""
    if not reason.strip():
        raise ValidationError(_("Say why you need to see it whole."))
    number = getattr(row, "business_number", "")
    with transaction.atomic():
        trail.record(
            trail.event(
                row.tenant_id,
                f"{row._meta.model_name}.revealed",
                f"{row._meta.verbose_name} {number or row.pk}, {part}: {reason}",
                object_type=str(row._meta.model_name),
                object_id=row.pk,
                business_number=number,
                actor=actor,
                details={"part": part, "reason": reason},
            )
        )
    return show(kept_bytes(row, part), everything=True)

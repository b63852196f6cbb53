"""Reading received EDIFACT documents: an interchange with one message in it."""

from __future__ import annotations

from edi.documents.edifact import MESSAGES, heading_of
from edi.edifact.reading import read_bytes
from edi.edifact.segments import Message
from integrations.flows.contract import Job
from integrations.flows.edi_in.documents import Read
from integrations.flows.edi_in.x12 import RESEND
from integrations.systems.contract import Unmappable


def message_of(raw: bytes) -> Message:
    """The one message of a part. Raises Unmappable when there is none."""
    _, parsed = read_bytes(raw)
    if not parsed.messages:
        said = parsed.findings[0].message if parsed.findings else "It is empty."
        raise Unmappable(f"There is no message in it. {said}", remedy=RESEND)
    return parsed.messages[0]


def read_document(job: Job) -> Read:
    """The document of a part. Raises Unmappable with what is wrong in it."""
    message = message_of(job.raw)
    spec = MESSAGES.get(message.type)
    if spec is None:
        raise Unmappable(
            f"Nobody here knows what to do with a {message.type or 'message without type'}.",
            remedy="Tell the people who look after this connector which document it is; it is kept as it came.",
        )
    result, number = spec.read(message), heading_of(message).number
    if result.document is None:
        said = " ".join(finding.message for finding in result.findings if finding.is_error)
        raise Unmappable(f"{spec.name} {number} cannot be read: {said}", remedy=RESEND)
    warnings = [finding.message for finding in result.findings if not finding.is_error]
    left = [f"{over.tag} (segment {over.position}) is not used" for over in result.left_over]
    return Read(document=result.document, set_id=message.type, business_number=number, unsure=(*warnings, *left))

"""Reading received X12 documents: an interchange with one transaction set in it."""

from __future__ import annotations

from edi.documents.registry import SETS, business_number
from edi.x12.reader import read_bytes
from edi.x12.segments import Interchange, TransactionSet
from integrations.flows.contract import Job
from integrations.flows.edi_in.documents import Read
from integrations.systems.contract import Unmappable

RESEND = "Ask the trading partner to send it again; what came is kept as it came."


def interchange_of(raw: bytes) -> Interchange:
    """The one interchange of a part. Raises Unmappable when it has no envelope."""
    _, parsed = read_bytes(raw)
    if not parsed.interchanges or parsed.interchanges[0].isa is None:
        said = parsed.findings[0].message if parsed.findings else "It is empty."
        raise Unmappable(f"This is no interchange. {said}", remedy=RESEND)
    return parsed.interchanges[0]


def set_of(interchange: Interchange) -> TransactionSet:
    """The one set of a part."""
    if not interchange.sets:
        raise Unmappable("There is no transaction set in it.", remedy=RESEND)
    return interchange.sets[0]


def read_document(job: Job) -> Read:
    """The document of a part. Raises Unmappable with what is wrong in it."""
    interchange = interchange_of(job.raw)
    tset = set_of(interchange)
    if tset.set_id not in SETS:
        raise Unmappable(
            f"Nobody here knows what to do with a {tset.set_id or 'set without id'}.",
            remedy="Tell the people who look after this connector which document it is; it is kept as it came.",
        )
    result = SETS[tset.set_id].read(tset)
    if result.document is None:
        said = " ".join(f.message for f in result.findings if f.is_error)
        raise Unmappable(f"{SETS[tset.set_id].name} {business_number(tset)} cannot be read: {said}", remedy=RESEND)
    warnings = [f.message for f in result.findings if not f.is_error]
    left = [f"{over.tag} (segment {over.position}) is not used" for over in result.left_over]
    return Read(
        document=result.document,
        set_id=tset.set_id,
        business_number=business_number(tset),
        unsure=(*warnings, *left),
    )

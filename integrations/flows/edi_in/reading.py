"""Reading received documents, in whatever standard they came."""

from __future__ import annotations

from edi.edifact.reading import looks_like_edifact
from integrations.flows.contract import Job
from integrations.flows.edi_in import edifact, x12
from integrations.flows.edi_in.documents import Read


def read_document(job: Job) -> Read:
    """The document of a part. Raises Unmappable with what is wrong in it."""
    return edifact.read_document(job) if looks_like_edifact(job.raw) else x12.read_document(job)

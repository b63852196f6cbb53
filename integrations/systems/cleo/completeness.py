"""Whether a file looks as if it were still being written. Pure."""

from __future__ import annotations

from edi.edifact import reading as edifact
from edi.edifact.reading import looks_like_edifact
from edi.services import MAX_BYTES
from edi.x12.reader import read_bytes

CUT_OFF = frozenset({"interchange-truncated", "interchange-trailer-missing"})


def is_cut_off(content: bytes) -> bool:
    """Whether it ends in the middle of an interchange. What is too large to be read is not looked at."""
    if len(content) > MAX_BYTES:
        return False
    if looks_like_edifact(content):
        return any(finding.code in CUT_OFF for finding in edifact.read_bytes(content)[1].findings)
    _, parsed = read_bytes(content)
    return any(finding.code in CUT_OFF for finding in parsed.findings)

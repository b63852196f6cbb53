"""Rules for the 997: what AK9 says must follow from what AK5 says."""

from __future__ import annotations

from edi.x12.meaning.document import Document, Placed, shown

_REJECTED = frozenset({"R", "M", "W", "X"})


def check(document: Document) -> None:
    """Report counts and codes of an acknowledgment that contradict each other."""
    ends = [placed for placed in document.heading if placed.segment.tag == "AK9"]
    if not ends:
        return
    end = ends[0]
    received, accepted = end.number(3), end.number(4)
    if received is None or accepted is None:
        return
    if accepted > received:
        message = f"AK904 says {shown(accepted)} sets were accepted, but only {shown(received)} were received (AK903)."
        document.report("acknowledgment-count", message, end, 4)
        return
    if not _has_right_code(document, end, accepted=int(accepted), received=int(received)):
        return
    answers = [placed for placed in document.heading if placed.segment.tag == "AK5"]
    rejected = sum(1 for placed in answers if placed.get(1) in _REJECTED)
    if answers and rejected > received - accepted:
        message = (
            f"{rejected} AK5 reject a set, but by AK903 and AK904 only {shown(received - accepted)} were rejected."
        )
        document.report("acknowledgment-count", message, end, 4)


def _has_right_code(document: Document, end: Placed, *, accepted: int, received: int) -> bool:
    code = end.get(1)
    if code in ("A", "E") and accepted != received:
        said = "all sets were accepted"
    elif code == "P" and accepted in (0, received):
        said = "some sets were accepted and others not"
    elif code in _REJECTED and accepted:
        said = "the group was rejected"
    else:
        return True
    message = f"AK901 {code} says that {said}, but {accepted} of {received} were accepted (AK903, AK904)."
    document.report("acknowledgment-count", message, end, 1)
    return False

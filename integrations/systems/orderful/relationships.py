"""Whether a document may go its way: one relationship for each sender, receiver and type, far enough for the stream."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.systems.orderful import wire
from integrations.systems.orderful.errors import RelationshipRefused
from integrations.systems.orderful.kinds import noun, same_set

SET_UP = (
    "In Orderful, under Relationships, set up {kind} from {sender} to {receiver}; or correct the ids in the partner's "
    "agreement."
)
NOT_READY = {
    "BLOCKED": "is blocked",
    "PENDING": "still waits for the other side",
    "SETUP": "is still being set up",
}
"""Relationship statuses in which nothing goes through. TEST takes only the test stream; READY and LIVE take both."""


def find(relationships: Sequence[wire.Relationship], posted: wire.Posted) -> wire.Relationship | None:
    """The relationship that a document would use. Either id of an account matches: which one a stream wants is
    Orderful's to say."""
    fitting = [
        r
        for r in relationships
        if same_set(r.transaction_type.name, posted.type) and _matches(r, posted.sender_id, posted.receiver_id)
    ]
    return next((r for r in fitting if usable(r, posted.stream)), fitting[0] if fitting else None)


def usable(relationship: wire.Relationship, stream: str) -> bool:
    """Whether a relationship lets a stream through, as far as Orderful documents it."""
    return relationship.status not in NOT_READY and not (relationship.status == "TEST" and stream == "live")


def refusal(relationships: Sequence[wire.Relationship], posted: wire.Posted) -> RelationshipRefused | None:
    """Why a document cannot go, before it is sent; None when nothing speaks against it."""
    found = find(relationships, posted)
    if found is None:
        return missing(posted, turned=_turned(relationships, posted))
    if usable(found, posted.stream):
        return None
    what = f"the relationship by which {posted.sender_id} sends {posted.type} to {posted.receiver_id}"
    if found.status == "TEST":
        return _testing(posted, what)
    return RelationshipRefused(
        f"Not sent: in Orderful {what} {NOT_READY[found.status]}.",
        remedy="Finish or unblock it in Orderful, under Relationships, then replay.",
    )


def explained(fault: RelationshipRefused, posted: wire.Posted) -> RelationshipRefused:
    """Orderful's own refusal with what to do about it."""
    if "testing" in fault.sentence.lower():
        better = _testing(
            posted, f"the relationship by which {posted.sender_id} sends {posted.type} to {posted.receiver_id}"
        )
    else:
        better = missing(posted)
    return RelationshipRefused(
        better.sentence, remedy=better.remedy, technical=fault.technical or fault.sentence, status=fault.status
    )


def missing(posted: wire.Posted, *, turned: bool = False) -> RelationshipRefused:
    """The refusal of a document that has no relationship."""
    sentence = (
        f"Not sent: Orderful has no relationship by which {posted.sender_id} sends {posted.type} "
        f"({noun(posted.type)}) to "
        f"{posted.receiver_id}."
    )
    if turned:
        sentence += " There is one in the opposite direction: perhaps sender and receiver are swapped in the agreement."
    return RelationshipRefused(
        sentence, remedy=SET_UP.format(kind=posted.type, sender=posted.sender_id, receiver=posted.receiver_id)
    )


def _testing(posted: wire.Posted, what: str) -> RelationshipRefused:
    return RelationshipRefused(
        f"Not sent: in Orderful {what} is still in testing, and the document is live.",
        remedy="Take the relationship live in Orderful, or set the partner's agreement to the test stream; then "
        "replay.",
    )


def _matches(relationship: wire.Relationship, sender: str, receiver: str) -> bool:
    return sender in relationship.sender.ids and receiver in relationship.receiver.ids


def _turned(relationships: Sequence[wire.Relationship], posted: wire.Posted) -> bool:
    return any(
        same_set(r.transaction_type.name, posted.type) and _matches(r, posted.receiver_id, posted.sender_id)
        for r in relationships
    )

"""How streams and acknowledgments are said."""

from __future__ import annotations

from django.utils import timezone
from django.utils.safestring import SafeString

from edi.models import Acknowledgment, Stream, TransactionSet
from portal.site import badge
from portal.site.marks import Kind

ACKNOWLEDGED_MARKS: dict[str, Kind] = {
    TransactionSet.Acknowledged.NOT_EXPECTED: "off",
    TransactionSet.Acknowledged.WAITING: "wait",
    TransactionSet.Acknowledged.ACCEPTED: "ok",
    TransactionSet.Acknowledged.WITH_ERRORS: "doubt",
    TransactionSet.Acknowledged.REJECTED: "bad",
    TransactionSet.Acknowledged.OVERDUE: "bad",
}


def stream_badge(stream: str) -> SafeString:
    return badge("live", "ok") if stream == Stream.LIVE else badge("test", "wait")


def acknowledged_badge(row: TransactionSet) -> SafeString:
    # By our own clock: this is for show, and the database's would cost a query a row.
    late = (
        row.acknowledgment_due_at is not None and row.acknowledgment_due_at < timezone.now()
    )  # for show; asking the database for each row would cost a query a row
    if row.acknowledged == TransactionSet.Acknowledged.WAITING and late:
        return badge("overdue", "bad")
    return badge(row.get_acknowledged_display(), ACKNOWLEDGED_MARKS[row.acknowledged])


INTAKE_MARKS: dict[str, Kind] = {
    TransactionSet.Intake.TAKEN: "ok",
    TransactionSet.Intake.REFUSED: "bad",
    TransactionSet.Intake.QUARANTINED: "doubt",
    TransactionSet.Intake.NUMBER_REUSED: "doubt",
    TransactionSet.Intake.UNAGREED: "doubt",
}
OUTCOME_MARKS: dict[str, Kind] = {
    Acknowledgment.Outcome.NOTED: "ok",
    Acknowledgment.Outcome.LATE: "wait",
    Acknowledgment.Outcome.DUPLICATE: "off",
    Acknowledgment.Outcome.CONTRADICTS: "doubt",
    Acknowledgment.Outcome.UNCLEAR: "doubt",
    Acknowledgment.Outcome.UNMATCHED: "bad",
}


def intake_badge(row: TransactionSet) -> SafeString:
    """What became of a received document, in few words."""
    return badge(row.get_intake_display(), INTAKE_MARKS[row.intake])


def outcome_badge(row: Acknowledgment) -> SafeString:
    return badge(row.get_outcome_display(), OUTCOME_MARKS[row.outcome])


def state_badge(row: TransactionSet) -> SafeString:
    """What is to be known of a document: of one of ours what was said, of a received one what became of it."""
    return intake_badge(row) if row.intake else acknowledged_badge(row)

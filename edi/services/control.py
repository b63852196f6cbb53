"""What a CONTRL says about interchanges of ours, matched with the messages in them."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from edi.edifact.control import RECEIVED, Control, MessageReport, NoControl, read_contrl
from edi.edifact.segments import Message
from edi.models import Direction, TransactionSet
from edi.services.received import ReceivedInterchange, as_number
from edi.services.statements import Acknowledged, Kind, Matched, Said, apply_verdict, unmatched

_DIGITS = 14
_SENTENCES = 50


def match_control(
    received: ReceivedInterchange, carrier: TransactionSet, message: Message, *, matched: Matched, now: dt.datetime
) -> None:
    """Notes a received CONTRL at what stands in the interchange of ours that it names."""
    try:
        control = read_contrl(message)
    except NoControl as error:
        said = _said(received, carrier, code="", named="", sentences=(str(error),))
        return unmatched(said, matched, now=now, why="It names nothing.")
    number = as_number(control.interchange.strip(), digits=_DIGITS)
    ours = _ours(received, number)
    if not ours:
        said = _said(received, carrier, code=control.action, named=control.interchange, sentences=control.sentences)
        return unmatched(said, matched, now=now, why=_why_unmatched(received, control, number))
    for row in ours:
        _note(received, carrier, control, row, matched=matched, now=now)
    known = {row.control_number for row in ours}
    for report in control.messages:
        if report.reference not in known:
            stray = _about(received, carrier, control, report)
            why = f"Interchange {control.interchange} had no message {report.reference}."
            unmatched(stray, matched, now=now, why=why)
    return None


def _note(
    received: ReceivedInterchange,
    carrier: TransactionSet,
    control: Control,
    row: TransactionSet,
    *,
    matched: Matched,
    now: dt.datetime,
) -> None:
    """What it says about one message. That the interchange came (action 8) decides nothing about what is in it."""
    report = next((one for one in control.messages if one.reference == row.control_number), None)
    if report is None:
        named = f"{control.interchange} {row.control_number}"
        said = _said(received, carrier, code=control.action, named=named, sentences=control.sentences)
    else:
        said = _about(received, carrier, control, report)
    has_only_come = report is None and control.action == RECEIVED
    accepted = Acknowledged.ACCEPTED if control.accepts(row.control_number) else Acknowledged.REJECTED
    verdict = None if has_only_come else accepted
    apply_verdict(row, said, verdict=verdict, matched=matched, now=now, is_envelope=has_only_come)


def _about(received: ReceivedInterchange, carrier: TransactionSet, control: Control, report: MessageReport) -> Said:
    named = f"{control.interchange} {report.reference}"
    return _said(received, carrier, code=report.action, named=named, sentences=report.sentences)


def _said(
    received: ReceivedInterchange, carrier: TransactionSet, *, code: str, named: str, sentences: tuple[str, ...]
) -> Said:
    return Said(
        kind=Kind.CONTROL,
        code=code,
        named=named,
        sentences=sentences[:_SENTENCES],
        interchange=received.row,
        carrier=carrier,
    )


def _ours(received: ReceivedInterchange, number: int | None, *, stream: str = "") -> list[TransactionSet]:
    """What we sent in the interchange with that number, along the way back."""
    if number is None:
        return []
    row = received.row
    rows: QuerySet[TransactionSet] = TransactionSet.objects.filter(
        tenant_id=row.tenant_id,
        interchange__network=row.network_id,
        interchange__route=received.examined.ends.reversed().route,
        interchange__direction=Direction.OUT,
        interchange__stream=stream or row.stream,
        interchange__control_number=number,
    )
    return sorted(rows, key=lambda one: one.pk)  # a database might read all rows of the tenant in that order


def _why_unmatched(received: ReceivedInterchange, control: Control, number: int | None) -> str:
    stream = received.row.stream
    other = "test" if stream == "live" else "live"
    if _ours(received, number, stream=other):
        return f"Interchange {control.interchange} was sent as {other}, but its CONTRL is marked {stream}."
    way = received.examined.ends.reversed().route
    return f"No interchange {control.interchange} was sent along this way ({way}, {stream})."

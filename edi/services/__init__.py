"""What other parts of the project do with EDI: agreements, control numbers, sending, receiving, acknowledgments."""

from __future__ import annotations

from edi.services.acknowledging import Answers, acknowledge, answers_to
from edi.services.again import receive_again
from edi.services.agreements import agreement_for, envelope_of, guide_of, is_live
from edi.services.answering import Answer
from edi.services.checking import MOST_BYTES, Checked, check_text
from edi.services.messages import Message, ReceivedMessage, receive_message
from edi.services.noting import WHAT_IS_SAID, hold, note_status
from edi.services.numbers import (
    ControlNumbers,
    Duplicate,
    Gap,
    NumberReport,
    Route,
    number_report,
    route_back,
    route_for,
    route_of,
    set_next_number,
    take_control_numbers,
)
from edi.services.overdue import mark_overdue
from edi.services.passing import Passed, answers_to_send, documents_to_pass_on, note_passed_on, received_document
from edi.services.received import WHO_ACTS, Examined, Problem, ProblemKind, Received, ReceivedInterchange, ReceivedSet
from edi.services.receiving import MAX_BYTES, examine, receive
from edi.services.responses import Answer as ResponseAnswer
from edi.services.sending import WrongEnvelope, note_sent, store_sent
from edi.services.statements import note_verdict
from edi.services.storing import store
from edi.services.streams import missing_live, prepare_live, switch_live

__all__ = [
    "MAX_BYTES",
    "MOST_BYTES",
    "WHAT_IS_SAID",
    "WHO_ACTS",
    "Answer",
    "Answers",
    "Checked",
    "ControlNumbers",
    "Duplicate",
    "Examined",
    "Gap",
    "Message",
    "NumberReport",
    "Passed",
    "Problem",
    "ProblemKind",
    "Received",
    "ReceivedInterchange",
    "ReceivedMessage",
    "ReceivedSet",
    "ResponseAnswer",
    "Route",
    "WrongEnvelope",
    "acknowledge",
    "agreement_for",
    "answers_to",
    "answers_to_send",
    "check_text",
    "documents_to_pass_on",
    "envelope_of",
    "examine",
    "guide_of",
    "hold",
    "is_live",
    "mark_overdue",
    "missing_live",
    "note_passed_on",
    "note_sent",
    "note_status",
    "note_verdict",
    "number_report",
    "prepare_live",
    "receive",
    "receive_again",
    "receive_message",
    "received_document",
    "route_back",
    "route_for",
    "route_of",
    "set_next_number",
    "store",
    "store_sent",
    "switch_live",
    "take_control_numbers",
]

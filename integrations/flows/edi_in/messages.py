"""Messages of networks that write the envelopes themselves, received into our own books: kept once, checked, held."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable

from edi import services as edi
from integrations.flows.contract import Job, Keep, Kept, Prepared, Problem
from integrations.flows.edi_in.files import REMEDIES, in_order, received_elsewhere
from integrations.flows.edi_in.received import network_of
from integrations.systems.received import DOCUMENTS

Reader = Callable[[Job], edi.Message]
"""What the network handed over; never raises for what is in it."""


def prepare(job: Job, reader: Reader) -> Prepared:
    """Keeps the message. Nothing in it makes this fail: what cannot be processed is kept and reported."""
    network, message = network_of(job), reader(job)

    def keep(now: dt.datetime) -> Kept:
        elsewhere = received_elsewhere(job)
        if elsewhere:
            return Kept(summary=f"It was received for {elsewhere}, which reads the same inbox.")
        received = edi.receive_message(network, message, now=now)
        return Kept(
            summary=_summary(received),
            transaction_set=received.row,
            problems=tuple(_problem(received, one) for one in received.problems),
            in_order=in_order(received.acknowledgments),
            brought=(DOCUMENTS,),
        )

    digest = message.digest or hashlib.sha256(message.data).hexdigest()
    return Keep(digest=digest, what=message.problem or f"{message.set_id} would be received.", keep=keep)


def _problem(received: edi.ReceivedMessage, problem: edi.Problem) -> Problem:
    return Problem(
        about=problem.row or problem.interchange or received.file,
        error_class=problem.kind,
        sentence=problem.sentence,
        remedy=REMEDIES[problem.kind],
    )


def _summary(received: edi.ReceivedMessage) -> str:
    if received.is_duplicate:
        return "It came before with the same content, and was counted, nothing else."
    row = received.row
    if row is None:
        return f"It could not be processed; it is kept. {received.problems[0].sentence}"
    return f"{row} from {row.partner or row.interchange.sender_id}: {row.get_intake_display()}."

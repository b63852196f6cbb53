"""Files that go along with a document: read from its source when the document is about to be frozen, outside of any
transaction. A file that cannot be had does not hold the document up for ever: it goes without, and that is said."""

from __future__ import annotations

import datetime as dt
import time

from integrations.engine.sessions import Sessions
from integrations.flows.contract import FlowSpec, Send
from integrations.http.errors import Fault, Paused, RateLimited, Rejected
from integrations.models import Delivery
from integrations.systems.files import HasFiles, ReadFile, WantedFile
from integrations.systems.registry import system
from portal.common.clock import db_now

PATIENCE = dt.timedelta(hours=1)
"""How long a document waits for a file that its source does not give just now, from when the document was captured."""
AGAIN = dt.timedelta(minutes=1)
LONGEST = 60.0
"""Seconds after which no further file is begun: with the longest call it stays within the lease."""


def enclose(delivery: Delivery, prepared: Send, spec: FlowSpec, sessions: Sessions) -> Send:
    """What is to be sent, with its files in it. Raises Paused while a file may still come."""
    if not prepared.files or prepared.with_files is None:
        return prepared
    integration = delivery.flow.integration
    connection = integration.books if spec.source == "books" else integration.partner
    session = sessions.of(connection)
    source = system(connection.system).feed(spec.feed).open(connection, session)
    if not isinstance(source, HasFiles):
        raise TypeError(f"{spec.full_key}: {spec.feed} of {connection.system} gives no files")
    patient = db_now() < delivery.created_at + PATIENCE
    until = time.monotonic() + LONGEST
    try:
        read = [_read(source, wanted, patient=patient, in_time=time.monotonic() < until) for wanted in prepared.files]
    finally:
        session.take_exchanges()
    return prepared.with_files(read)


def _read(source: HasFiles, wanted: WantedFile, *, patient: bool, in_time: bool) -> ReadFile:
    try:
        if not in_time:
            raise Paused("Its files took too long to read.", retry_at=db_now() + AGAIN)
        return ReadFile(name=wanted.name, data=source.file(wanted.file_id))
    except Rejected as refused:
        return ReadFile(name=wanted.name, problem=refused.sentence)
    except Fault as fault:
        if not patient:
            return ReadFile(name=wanted.name, problem=fault.sentence)
        at = db_now() + AGAIN
        if isinstance(fault, Paused | RateLimited):
            at = max(at, fault.retry_at)
        raise Paused(f"Its file {wanted.name} cannot be read just now: {fault.sentence}", retry_at=at) from fault

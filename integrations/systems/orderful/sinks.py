"""Sending documents to Orderful."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec
from django.utils import timezone

from integrations.http.errors import Fault, NotFound, Rejected, Unknown
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import (
    Accepted,
    CannotTell,
    Confirms,
    Effect,
    Evidence,
    NotApplied,
    NotNeeded,
    Outgoing,
    Refused,
    Stated,
    StillOpen,
    Verdict,
)
from integrations.systems.orderful import compare, errors, evidence, relationships, status, wire
from integrations.systems.orderful.client import Client
from integrations.systems.orderful.kinds import noun
from integrations.systems.orderful.settings import Options


class Transactions:
    """Makes transactions of frozen bodies (see `mapping.create_body` and `v3_body`). Where `Outgoing.meta` says
    `only_with_relationship`, a document that no relationship carries is not needed instead of refused."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self.options = Options.of(connection)
        self.client = Client(session, self.options)
        self.confirms = Confirms(
            later=True,
            poll=dt.timedelta(seconds=self.options.poll_seconds),
            deadline=dt.timedelta(hours=self.options.verdict_hours),
        )
        self.visibility_delay = self.options.visibility_delay

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        """Posts one after the other. A fault that stops all calls meets those after it too, before they are made."""
        return [self._apply(item) for item in batch]

    def _apply(self, item: Outgoing) -> Effect:
        try:
            posted = _posted(item)
            known = self.client.relationships()
            refusal = relationships.refusal(known, posted) if known is not None else None
            if refusal is not None:
                raise refusal
            if posted.x12:
                return self._create_by_v3(item, posted)
            effect = _judged(self._create(item, posted), posted, item)
        except Fault as fault:
            effect = fault
        if isinstance(effect, errors.RelationshipRefused) and item.meta.get("only_with_relationship"):
            return NotNeeded(reason=effect.sentence)
        return effect

    def _create(self, item: Outgoing, posted: wire.Posted) -> wire.Created:
        try:
            return self.client.create(item.body)
        except errors.RelationshipRefused as fault:
            raise relationships.explained(fault, posted) from fault

    def _create_by_v3(self, item: Outgoing, posted: wire.Posted) -> Effect:
        message = self.client.convert(posted.x12)
        try:
            created = self.client.create_by_v3(posted, message)
        except errors.RelationshipRefused as fault:
            raise relationships.explained(fault, posted) from fault
        if not created.id:
            return Unknown(f"Orderful answered {item.business_number} without an id.")
        return Accepted(target_id=str(created.id), status={"validation": "accepted for processing"})

    def evidence(self, item: Outgoing) -> Evidence:
        """Whether a transaction with the values of `item` was made since its first try."""
        return evidence.look_for(self.client, _posted(item), item.first_sent_at)

    def follow(self, item: Outgoing) -> Verdict:
        """What validation and delivery say of an accepted transaction."""
        try:
            transaction = self.client.transaction(item.target_id)
        except NotFound:
            return self._unseen(item)
        waits = transaction.validation_status == "VALID" and transaction.delivery_status == "PENDING"
        return status.verdict(
            transaction, final_at=self.options.final_at, auto_send=self._auto_send(_posted(item)) if waits else None
        )

    def _unseen(self, item: Outgoing) -> Verdict:
        """Orderful gave an id and shows no such transaction: it may have put the document among the unprocessed ones,
        for which it has no API."""
        posted = _posted(item)
        since = item.first_sent_at or timezone.now()
        if timezone.now() - since < dt.timedelta(minutes=self.options.unprocessed_minutes):
            return StillOpen(status={"note": f"Orderful does not show transaction {item.target_id} yet."})
        return Refused(
            sentence=f"Orderful took {noun(posted.type)} {item.business_number} as transaction {item.target_id} and "
            "made none of it.",
            remedy="Look at Orderful's list of unprocessed transactions, which says why: no relationship, one that is "
            "still being set up, or a form that it does not take. Correct that, then replay.",
            status={"validation": "unprocessed"},
        )

    def says(self, item: Outgoing) -> dict[str, str]:
        """What a document says, as far as Orderful's answers can be compared with it."""
        said = evidence.said_by(self.client, _posted(item))
        return compare.fields(said) if said.readable else {}

    def current(self, item: Outgoing) -> Stated | NotApplied | CannotTell:
        """What the transaction says now."""
        posted = _posted(item)
        ours = evidence.said_by(self.client, posted)
        try:
            transaction = self.client.transaction(item.target_id)
            answer = self.client.message(item.target_id)
        except NotFound:
            return NotApplied(proof=f"Orderful has no transaction {item.target_id or 'for it'}.")
        theirs = compare.in_units_of(compare.of_answer(posted.type, answer), ours)
        if ours.readable and not theirs.readable:
            return CannotTell(reason=f"Transaction {item.target_id} is not in a form whose values can be compared.")
        states = status.as_dict(transaction)
        if transaction.validation_status == "INVALID":
            return NotApplied(proof=f"Transaction {item.target_id} is not valid at Orderful, and goes nowhere.")
        return Stated(
            target_id=item.target_id,
            fields=compare.fields(theirs) if ours.readable else {},
            amount=theirs.total,
            owned=states,
        )

    def _auto_send(self, posted: wire.Posted) -> bool | None:
        found = relationships.find(self.client.relationships() or (), posted)
        return found.auto_send != "DISABLED" if found is not None else None


def _posted(item: Outgoing) -> wire.Posted:
    try:
        return msgspec.json.decode(item.body, type=wire.Posted)
    except msgspec.DecodeError as error:
        raise Rejected(
            f"What was prepared for {item.business_number} is no document for Orderful.",
            remedy="Replay it from the current record: it is mapped again.",
            technical=str(error),
        ) from error


def _judged(created: wire.Created, posted: wire.Posted, item: Outgoing) -> Effect:
    """202 says nothing: the body's status does."""
    if created.status == "FAILED":
        failed = errors.validation_refusal(created, posted, item.business_number)
        about_route = errors.is_about_relationship(created.detail or "") and not created.validation_errors
        return (
            relationships.explained(errors.RelationshipRefused(str(created.detail)), posted) if about_route else failed
        )
    if created.status == "ACCEPTED" and created.id:
        return Accepted(target_id=str(created.id), status={"validation": "accepted for processing"})
    return Unknown(
        f"Orderful answered {item.business_number} with the status '{created.status}' and the id '{created.id}', "
        "which says neither yes nor no."
    )

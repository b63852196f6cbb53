"""Our functional acknowledgment of what trading partners sent: for senders of X12, Orderful makes a 997 of it.

Only the receiver may acknowledge a transaction, once, and it cannot be taken back. Orderful can do it by itself, by a
setting of the relationship; what is acknowledged already is left as it is.
Documentation: https://docs.orderful.com/docs/acknowledge-a-transaction
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from integrations.http.errors import ConfigError, Conflict, Fault, Rejected
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import (
    AT_ONCE,
    Applied,
    CannotTell,
    Delivered,
    Effect,
    Evidence,
    NotApplied,
    NotNeeded,
    Outgoing,
    Stated,
    Verdict,
)
from integrations.systems.orderful import wire
from integrations.systems.orderful.client import Client
from integrations.systems.orderful.settings import Options


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """What we say of a transaction: the body of the call."""

    status: str
    errors: tuple[dict[str, str], ...] = ()

    @property
    def words(self) -> str:
        return self.status.lower()


def body_of(problem: str) -> bytes:
    """The acknowledgment: accepted, or rejected for the reason that is given."""
    if not problem:
        return msgspec.json.encode(Acknowledged(status="ACCEPTED"))
    error = {"path": "/message", "code": "00", "message": problem[:500]}
    return msgspec.json.encode(Acknowledged(status="REJECTED", errors=(error,)))


class Acknowledgments:
    """Acknowledges transactions. `Outgoing.body` is the acknowledgment, `Outgoing.meta` has the `transaction_id`."""

    confirms = AT_ONCE

    def __init__(self, connection: Connection, session: Session) -> None:
        self.options = Options.of(connection)
        self.client = Client(session, self.options)
        self.visibility_delay = dt.timedelta(seconds=self.options.visibility_seconds)

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        return [self._apply(item) for item in batch]

    def _apply(self, item: Outgoing) -> Effect:
        try:
            there = self.client.acknowledgment(_transaction(item))
            if there is not None:
                return _already(there)
            self.client.acknowledge(_transaction(item), item.body)
        except (Conflict, Rejected) as fault:
            return self._refused(item, fault)
        except ConfigError as fault:
            return self._refused(item, fault) if fault.status == 403 else fault  # we may not acknowledge this one
        except Fault as fault:
            return fault
        return Delivered(target_id=_transaction(item), status={"our acknowledgment": _said(item).words})

    def _refused(self, item: Outgoing, fault: Fault) -> Effect:
        """Somebody may have been faster: Orderful itself, or a person there."""
        try:
            there = self.client.acknowledgment(_transaction(item))
        except Fault:
            there = None
        if there is not None:
            return _already(there)
        return Rejected(
            f"Orderful does not take our acknowledgment of transaction {_transaction(item)}: {fault.sentence}",
            remedy='Where Orderful wants none from us (the relationship has no "Send acknowledgment"), set the '
            "acknowledgment policy of the agreement to never, and dismiss this.",
            technical=fault.technical,
            status=fault.status,
        )

    def evidence(self, item: Outgoing) -> Evidence:
        """Whether the transaction is acknowledged as we said."""
        there = self.client.acknowledgment(_transaction(item))
        if there is None:
            return NotApplied(proof=f"Transaction {_transaction(item)} is not acknowledged.")
        if there.status.upper() != _said(item).status:
            return CannotTell(
                reason=f"Transaction {_transaction(item)} is acknowledged as {there.status.lower()}, and we said "
                f"{_said(item).words}: an acknowledgment is final."
            )
        return Applied(
            target_id=_transaction(item),
            proof=f"Transaction {_transaction(item)} is acknowledged as {_said(item).words}.",
            status={"our acknowledgment": _said(item).words},
        )

    def says(self, item: Outgoing) -> dict[str, str]:
        """What the acknowledgment says."""
        return {"acknowledgment": _said(item).words}

    def current(self, item: Outgoing) -> Stated | NotApplied | CannotTell:
        """How the transaction is acknowledged now."""
        there = self.client.acknowledgment(_transaction(item))
        if there is None:
            return NotApplied(proof=f"Transaction {_transaction(item)} is not acknowledged.")
        return Stated(target_id=_transaction(item), fields={"acknowledgment": there.status.lower()})

    def follow(self, item: Outgoing) -> Verdict:
        """Never asked: an acknowledgment is final."""
        return Delivered(target_id=item.target_id)


def _transaction(item: Outgoing) -> str:
    return str(item.meta.get("transaction_id", ""))


def _said(item: Outgoing) -> Acknowledged:
    return msgspec.json.decode(item.body, type=Acknowledged)


def _already(there: wire.Acknowledgment) -> NotNeeded:
    return NotNeeded(reason=f"It is acknowledged already, as {there.status.lower()}.")

"""Journals of the general ledger, made once and left for a person to release. Known again by their description."""

from __future__ import annotations

from typing import Any

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import Applied, Delivered, Effect, Evidence, NotApplied, Outgoing
from integrations.systems.visma import wire_ledger as wire
from integrations.systems.visma.client import VismaClient
from integrations.systems.visma.codes import codes_of, must_have, wrong_branch
from integrations.systems.visma.commands import JournalLine, MakeJournals, NewJournal
from integrations.systems.visma.settings import Options
from integrations.systems.visma.sinks.base import CommandSink, listed

JOURNALS = "v2/journaltransaction"
DEAD = ("Voided", "Rejected")


class JournalSink(CommandSink[MakeJournals]):
    kind = MakeJournals

    def __init__(self, client: VismaClient, session: Session) -> None:
        super().__init__(client)
        self._session = session

    @classmethod
    def open(cls, connection: Connection, session: Session) -> JournalSink:
        return cls(VismaClient(session, Options.of(connection)), session)

    def apply(self, command: MakeJournals, item: Outgoing) -> Effect:
        """One after the other; one that is there already is left alone, so doing all again does no harm."""
        return Delivered(target_id=" ".join(self._make(journal) for journal in command.journals))

    def look(self, command: MakeJournals, item: Outgoing) -> Evidence:
        numbers = []
        for journal in command.journals:
            made = self._made(journal)
            if made is None:
                return NotApplied(proof=f"No journal is called “{journal.stamp}”.")
            numbers.append(made)
        return Applied(target_id=" ".join(numbers), proof=f"Journals {', '.join(numbers)} are called so.")

    def _make(self, command: NewJournal) -> str:
        if (made := self._made(command)) is not None:
            return made
        accounts = codes_of(self.client, self._session).accounts
        unknown = sorted({line.account for line in command.lines} - accounts)
        must_have(
            wrong_branch(self.client, self._session, command.branch)
            + [f"account {account} does not exist or is not active" for account in unknown],
            what=f"The journal “{command.stamp}” cannot be booked",
            remedy="Make the account in Visma.net, or book the journal by hand and dismiss this.",
        )
        return self.client.create(JOURNALS, _members(command))

    def _made(self, command: NewJournal) -> str | None:
        """The batch number. The list takes a period or a time of change, and never both bounds."""
        since = {"lastModifiedDateTime": f"{command.since.isoformat()}T00:00:00.000", "module": "GL"}
        for journal in listed(self.client, JOURNALS, since, wire.Journal, what="journals"):
            if (journal.description or "").strip() == command.stamp and journal.status not in DEAD:
                return journal.batch_number
        return None


def _members(command: NewJournal) -> dict[str, Any]:
    body: dict[str, Any] = {
        "transactionDate": {"value": f"{command.date.isoformat()}T00:00:00"},
        "currencyId": {"value": command.currency},
        "description": {"value": command.stamp},
        "hold": {"value": False},
        "journalTransactionLines": [_line(line) for line in command.lines],
    }
    if command.exchange_rate not in (None, 1):
        body["exchangeRate"] = {"value": command.exchange_rate}
    if command.branch:
        body["branch"] = {"value": command.branch}
    return body


def _line(line: JournalLine) -> dict[str, Any]:
    members: dict[str, Any] = {
        "operation": "Insert",
        "accountNumber": {"value": line.account},
        "transactionDescription": {"value": line.description},
        "debitAmountInCurrency": {"value": max(line.amount, 0)},
        "creditAmountInCurrency": {"value": max(-line.amount, 0)},
    }
    if line.segments:
        members["subaccount"] = [{"segmentId": n, "segmentValue": value} for n, value in line.segments.items()]
    return members

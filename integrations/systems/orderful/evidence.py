"""Whether a document whose outcome is unknown is at Orderful: by its own field values, never by its number alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from integrations.http.errors import NotFound, Rejected, Transient
from integrations.systems.contract import Applied, CannotTell, Evidence, NotApplied
from integrations.systems.orderful import compare, wire
from integrations.systems.orderful.client import Client
from integrations.systems.orderful.kinds import noun, same_set


def look_for(client: Client, posted: wire.Posted, first_sent_at: dt.datetime | None) -> Evidence:
    """Looks for a transaction with the same type, stream, sender, receiver, number and values, made since the first
    try.

    The list is asked by business number first. Where that finds nothing, or the filter is refused, the plain list is
    read back to the first try: a filter that is ignored or counts differently must not make us send twice.
    """
    ours = said_by(client, posted)
    if not ours.readable:
        return CannotTell(
            reason=f"The values of the {noun(posted.type)} that was sent cannot be read back to compare them."
        )
    search = _Search(client=client, posted=posted, ours=ours, number=ours.number, first_sent_at=first_sent_at)
    search.run({"businessNumber": ours.number})
    if not search.found:
        search.run({})
    return _judged(search)


def said_by(client: Client, posted: wire.Posted) -> compare.Statement:
    """What was sent, as it can be compared. X12 is turned into Orderful's own form by a call that makes nothing."""
    if posted.x12:
        return compare.of_answer(posted.type, client.convert(posted.x12))
    return compare.of_mosaic(posted.type, posted.message)


@dataclass(slots=True, kw_only=True)
class _Search:
    client: Client
    posted: wire.Posted
    ours: compare.Statement
    number: str
    first_sent_at: dt.datetime | None
    since: dt.datetime | None = None
    """The earliest time, by Orderful's clock, at which the document can have been made there."""
    found: list[wire.Transaction] = field(default_factory=list)
    read: int = 0
    filtered: bool = False
    """Orderful took the filter by number."""
    complete: bool = False
    """Everything since the first try was read."""

    def run(self, filters: Mapping[str, Any]) -> None:
        pages, read = self.client.options.list_pages, 0
        try:
            for page in self.client.transactions(filters, pages=pages):
                self.since = _since(self.client, self.first_sent_at)
                read += len(page.data)
                self.found += [t for t in page.data if self._fits(t)]
                if page.metadata.next_query is None or self._older(page):
                    self.complete = self.complete or not filters
                    break
        except Rejected as fault:
            if not filters or fault.status != 400:
                raise
            return
        self.filtered = self.filtered or bool(filters)
        self.read = max(self.read, read)

    def _fits(self, transaction: wire.Transaction) -> bool:
        posted = self.posted
        return (
            same_set(transaction.kind, posted.type)
            and transaction.stream.lower() == posted.stream
            and str(transaction.business_number or "") == self.number
            and transaction.sender is not None
            and posted.sender_id in transaction.sender.ids
            and transaction.receiver is not None
            and posted.receiver_id in transaction.receiver.ids
            and not self._before(transaction)
        )

    def _before(self, transaction: wire.Transaction) -> bool:
        return self.since is not None and transaction.created_at is not None and transaction.created_at < self.since

    def _older(self, page: wire.TransactionPage) -> bool:
        """The list runs from new to old: a page that is older than the first try ends it."""
        return bool(page.data) and all(self._before(t) for t in page.data)


def _since(client: Client, first_sent_at: dt.datetime | None) -> dt.datetime | None:
    """The first try by Orderful's clock (its last answer's Date), less the slack of a setting.

    A clock that runs ahead of ours is not followed: looking back a little too far only means more to compare.
    """
    if first_sent_at is None:
        return None
    theirs = client.session.last_date
    behind = min(theirs - timezone.now(), dt.timedelta(0)) if theirs else dt.timedelta(0)
    return first_sent_at + behind - dt.timedelta(seconds=client.options.clock_slack_seconds)


def _judged(search: _Search) -> Evidence:
    ours = search.ours
    unreadable: list[str] = []
    others: list[str] = []
    for transaction in search.found:
        theirs = _statement(search.client, search.posted.type, transaction)
        if not theirs.readable:
            unreadable.append(str(transaction.id))
            continue
        different = compare.differences(ours, theirs)
        if not different:
            return Applied(target_id=str(transaction.id), proof=_proof(transaction, search, ours))
        others.append(f"transaction {transaction.id} is another version ({'; '.join(different[:3])})")
    if unreadable:
        return CannotTell(
            reason=f"Orderful has transaction {', '.join(unreadable)} for {search.number}, but not in a form whose "
            "values "
            "can be compared with what was sent."
        )
    where = f"{search.posted.type} {search.number} from {search.posted.sender_id} to {search.posted.receiver_id}"
    if not search.complete and not search.filtered:
        return CannotTell(
            reason=f"Orderful refused to search by number, and {where} is not among the newest {search.read} "
            "transactions; "
            "older ones were not read."
        )
    since = f" since {search.since:%Y-%m-%d %H:%M:%S} UTC" if search.since else ""
    more = f"; {'; '.join(others)}" if others else ""
    return NotApplied(proof=f"Orderful lists no {where} on {search.posted.stream}{since} with the values sent{more}.")


def _statement(client: Client, kind: str, transaction: wire.Transaction) -> compare.Statement:
    try:
        return compare.of_answer(kind, client.message(str(transaction.id)))
    except NotFound as fault:
        if transaction.validation_status == "PROCESSING":
            raise Transient(f"Orderful is still working on transaction {transaction.id}.") from fault
        return compare.of_answer(kind, {})


def _proof(transaction: wire.Transaction, search: _Search, ours: compare.Statement) -> str:
    made = f", made {transaction.created_at:%Y-%m-%d %H:%M:%S} UTC," if transaction.created_at else ""
    total = f" and the total {ours.total}" if ours.total is not None else ""
    what = "quantities and prices" if ours.priced else "quantities"
    return (
        f"Transaction {transaction.id}{made} has the same type, stream, sender, receiver, number {search.number}, "
        "date, "
        f"{'purpose, ' if ours.purpose else ''}{what} of {len(ours.lines)} lines{total}."
    )

"""Writing to Airbase: rows by their reference in our books, and what became of entries.

Rows are known by `erp_reference_id`, which is ours, unique and for ever: writing one again changes nothing, so an
unknown outcome does no harm. A batch is refused as a whole; the rows that are wrong are taken out and the others sent
again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from integrations.http.errors import Fault, Rejected, Unknown
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.airbase import wire
from integrations.systems.airbase.client import BULK, Client
from integrations.systems.airbase.errors import IN_USE, LABEL, BatchRefused, NotOffered
from integrations.systems.airbase.settings import Options
from integrations.systems.contract import (
    AT_ONCE,
    Applied,
    CannotTell,
    Delivered,
    Effect,
    Evidence,
    ListedRow,
    NotApplied,
    Outgoing,
    SinkSpec,
    StillOpen,
    Verdict,
)

IF_REFUSED = "if_refused"
"""Where a row's delivery keeps what a person does if Airbase does not take it."""


class Rows:
    """Upserts rows of one resource. The body is the row as JSON."""

    confirms = AT_ONCE
    visibility_delay = dt.timedelta(seconds=5)

    def __init__(self, path_setting: str, connection: Connection, session: Session) -> None:
        options = Options.of(connection)
        self._client = Client(session, options)
        self._path: str = getattr(options, path_setting)

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        rows: list[dict[str, Any]] = [msgspec.json.decode(item.body) for item in batch]
        verdicts: dict[int, Effect] = {}
        for places in _rounds(rows):
            try:
                self._upsert(rows, places, verdicts)
            except Fault as fault:
                if not verdicts:
                    raise
                return [_advised(verdicts.get(i, fault), item) for i, item in enumerate(batch)]
        return [_advised(verdicts[i], item) for i, item in enumerate(batch)]

    def _upsert(self, rows: list[dict[str, Any]], left: list[int], verdicts: dict[int, Effect]) -> None:
        while left:
            try:
                done = self._client.bulk_upsert(self._path, [rows[i] for i in left])
            except Rejected as refused:
                left = self._take_out(refused, rows, left, verdicts)
                continue
            verdicts |= {i: _found(rows[i], done) for i in left}
            return

    def _take_out(
        self, refused: Rejected, rows: list[dict[str, Any]], left: list[int], verdicts: dict[int, Effect]
    ) -> list[int]:
        """What is to be sent again after a refusal: without the rows that are wrong, and with the id of those that
        Airbase has already. At least one row gets its verdict or its id each time, so this ends."""
        if not isinstance(refused, BatchRefused):
            # It does not say which: each on its own.
            verdicts |= {left[0]: refused} if len(left) == 1 else {i: self._one(rows[i]) for i in left}
            return []
        wrong = refused.rows
        again = []
        for place, i in enumerate(left):
            if place not in wrong or (
                IN_USE.search(wrong[place]) and "airbase_id" not in rows[i] and self._identify(rows[i])
            ):
                again.append(i)
            else:
                verdicts[i] = _refused(wrong[place], refused)
        return again

    def _one(self, row: dict[str, Any]) -> Effect:
        try:
            return _found(row, self._client.bulk_upsert(self._path, [row]))
        except Fault as fault:
            return fault

    def _identify(self, row: dict[str, Any]) -> bool:
        there = self._client.find(self._path, str(row.get("erp_reference_id", "")))
        if there is None:
            return False
        row["airbase_id"] = there.get("airbase_id") or there.get("id")
        return True

    def evidence(self, item: Outgoing) -> Evidence:
        row: dict[str, Any] = msgspec.json.decode(item.body)
        reference = str(row.get("erp_reference_id", ""))
        try:
            there = self._client.find(self._path, reference)
        except NotOffered:
            return NotApplied(
                proof=f"{LABEL} does not list this. Writing {reference} again by its own reference does no harm."
            )
        if there is None:
            return NotApplied(proof=f"{LABEL} has nothing with the reference {reference}.")
        different = [name for name, value in row.items() if not _same(value, there.get(name))]
        if different:
            return NotApplied(proof=f"{reference} is there; {', '.join(different)} are not what was sent.")
        return Applied(
            target_id=str(there.get("airbase_id") or there.get("id") or ""),
            proof=f"{reference} is there with all values that were sent.",
        )

    def follow(self, item: Outgoing) -> Verdict:
        return StillOpen()


REFERENCE_FIELDS = {"name": "name", "type": "type", "type_label": "dimension", "is_active": "active"}
"""Members of accounts and tags that the books are right on, in words."""


class References(Rows):
    """Accounts and dimensions: reference data, of which both sides can be laid side by side."""

    def rows(self) -> Iterator[ListedRow]:
        for page in self._client.pages(self._path):
            for raw in page:
                yield self.row_of(raw)

    def row_of(self, body: bytes) -> ListedRow:
        row: dict[str, Any] = msgspec.json.decode(body)
        return ListedRow(
            reference=str(row.get("erp_reference_id") or ""),
            name=str(row.get("name") or ""),
            fields={words: _in_words(row[name]) for name, words in REFERENCE_FIELDS.items() if name in row},
            own_id=str(row.get("airbase_id") or row.get("id") or ""),
        )


class Results:
    """Tells Airbase what became of an entry. The body: what to set; the entry's id stands in `meta`."""

    confirms = AT_ONCE
    visibility_delay = dt.timedelta(seconds=5)

    def __init__(self, connection: Connection, session: Session) -> None:
        self._options = Options.of(connection)
        self._client = Client(session, self._options)

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        return [self._one(item) for item in batch]

    def _one(self, item: Outgoing) -> Effect:
        try:
            found = self.evidence(item)
            if isinstance(found, Applied):
                return Delivered(target_id=found.target_id)
            if isinstance(found, CannotTell):
                return Rejected(found.reason, remedy="Look for the payment in Airbase; then replay or dismiss.")
            self._client.change(self._options.ledger_path, _entry_id(item), _decoded(item))
        except Fault as fault:
            return fault
        return Delivered(target_id=_entry_id(item))

    def evidence(self, item: Outgoing) -> Evidence:
        wanted = _decoded(item)
        raw = self._client.one(self._options.ledger_path, _entry_id(item))
        if raw is None:
            return CannotTell(reason=f"{LABEL} has no entry {_entry_id(item)} any more.")
        entry = self._client.decode(raw, wire.Entry)
        same_number = not wanted.get("erp_reference_id") or entry.reference == wanted["erp_reference_id"]
        if entry.status == wanted.get("status") and same_number:
            return Applied(target_id=entry.own_id, proof=f"It is {entry.status} with the number {entry.reference}.")
        if entry.status == self._options.complete_status and entry.reference:
            return CannotTell(reason=f"{LABEL} has it as {entry.status} under the number {entry.reference}.")
        return NotApplied(proof=f"It is {entry.status or 'without status'}.")

    def follow(self, item: Outgoing) -> Verdict:
        return StillOpen()


class VendorLinks:
    """Tells Airbase by which number our books know a vendor of its own. The vendor's id stands in `meta`."""

    confirms = AT_ONCE
    visibility_delay = dt.timedelta(seconds=5)

    def __init__(self, connection: Connection, session: Session) -> None:
        self._path = Options.of(connection).vendors_path
        self._client = Client(session, Options.of(connection))

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        return [self._one(item) for item in batch]

    def _one(self, item: Outgoing) -> Effect:
        try:
            found = self.evidence(item)
            if isinstance(found, Applied):
                return Delivered(target_id=found.target_id)
            if isinstance(found, CannotTell):
                return Rejected(found.reason, remedy="Look at the vendor in Airbase: its reference is for ever.")
            self._client.change(self._path, str(item.meta["vendor"]), _decoded(item))
        except Fault as fault:
            return fault
        return Delivered(target_id=str(item.meta["vendor"]))

    def evidence(self, item: Outgoing) -> Evidence:
        vendor, wanted = str(item.meta["vendor"]), _decoded(item)["erp_reference_id"]
        raw = self._client.one(self._path, vendor)
        if raw is None:
            return CannotTell(reason=f"{LABEL} has no vendor {vendor} any more.")
        there = self._client.decode(raw, wire.Vendor)
        if there.reference == wanted:
            return Applied(target_id=vendor, proof=f"Vendor {there.name} has the reference {wanted}.")
        if there.reference:
            return CannotTell(reason=f"Vendor {there.name} has the reference {there.reference}, not {wanted}.")
        return NotApplied(proof=f"Vendor {there.name} has no reference.")

    def follow(self, item: Outgoing) -> Verdict:
        return StillOpen()


def _rounds(rows: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    """The places of rows, call by call: a batch may name a reference once only, and the later word must win."""
    rounds: list[list[int]] = []
    seen: dict[str, int] = {}
    for place, row in enumerate(rows):
        reference = str(row.get("erp_reference_id", ""))
        number = seen.get(reference, -1) + 1
        seen[reference] = number
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(place)
    return rounds


def _entry_id(item: Outgoing) -> str:
    return str(item.meta["entry"])


def _decoded(item: Outgoing) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(item.body)
    return found


def _found(row: Mapping[str, Any], done: wire.Upserted) -> Effect:
    """A row's verdict in the answer: by its id or its reference, never by its place."""
    for told in (*done.created, *done.updated):
        if told.reference == row.get("erp_reference_id") or (told.own_id and told.own_id == row.get("airbase_id")):
            return Delivered(target_id=told.own_id)
    return Unknown(f"{LABEL} took a batch and did not tell what became of {row.get('erp_reference_id')}.")


def _refused(said: str, refused: Rejected) -> Rejected:
    return Rejected(
        f"{LABEL} refused it: {said}",
        remedy="Correct what it names in Visma.net; the corrected version goes by itself.",
        technical=refused.technical,
        status=refused.status,
    )


def _advised(verdict: Effect, item: Outgoing) -> Effect:
    """A refusal with what its flow says is to be done about it."""
    if isinstance(verdict, Rejected) and item.meta.get(IF_REFUSED):
        verdict.remedy = str(item.meta[IF_REFUSED])
    return verdict


def _same(sent: Any, there: Any) -> bool:
    """Whether Airbase has a value as it was sent; of objects and lists it may tell more than was sent."""
    if isinstance(sent, Mapping):
        return isinstance(there, Mapping) and all(_same(value, there.get(name)) for name, value in sent.items())
    if isinstance(sent, list):
        return isinstance(there, list) and len(sent) == len(there) and all(map(_same, sent, there))
    return bool(sent == there) or (sent in ("", None) and there in ("", None))


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


SINKS = (
    *(
        SinkSpec(key=key, label=label, open=partial(References, f"{key}_path"), batch=BULK, lists_rows=True)
        for key, label in (("accounts", "GL accounts"), ("tags", "Dimensions"))
    ),
    *(
        SinkSpec(key=key, label=label, open=partial(Rows, f"{key.replace('-', '_')}_path"), batch=BULK)
        for key, label in (
            ("vendors", "Vendors"),
            ("bills", "Bills"),
            ("purchase-orders", "Purchase orders"),
        )
    ),
    SinkSpec(key="vendor-links", label="References of vendors", open=VendorLinks),
    SinkSpec(key="results", label="What became of entries", open=Results),
)

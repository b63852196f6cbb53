"""What Cleo found when it matched our invoices, where it says so in JSON files."""

from __future__ import annotations

import hashlib

import msgspec

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.cleo.json_files import JsonFiles, member, text
from integrations.systems.cleo.settings import Options
from integrations.systems.cleo.sources import Download
from integrations.systems.contract import Item, Unmappable


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """One result."""

    number: str
    """Of the invoice, as we sent it."""
    result: str
    message: str
    is_good: bool


def match_of(raw: bytes, options: Options) -> Match:
    """The result that an entry of a file states. Raises Unmappable for one without number or result."""
    try:
        value = msgspec.json.decode(raw, type=dict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unmappable(f"A match result cannot be read: {error}.") from error
    paths = {name: options.match_fields.get(name, name) for name in ("number", "result", "message")}
    found = {name: text(member(value, path)) for name, path in paths.items()}
    missing = [paths[name] for name in ("number", "result") if not found[name]]
    if missing:
        raise Unmappable(
            f"A match result has nothing at {', '.join(missing)}.",
            remedy="Correct 'Match results: where the fields stand' in the connection's settings.",
        )
    good = {word.casefold() for word in options.match_good}
    return Match(**found, is_good=found["result"].casefold() in good)


class Matches(JsonFiles):
    """Files with match results; a later result of an invoice is a later version of the same record."""

    noun, several = "Match result", "results"

    def __init__(self, connection: Connection, session: Session) -> None:
        super().__init__(connection, session, Options.of(connection).match_folders)

    def entry(self, taken: Download, raw: bytes) -> Item:
        match = match_of(raw, self.options)
        return Item(
            source_id=f"{taken.path.rpartition('/')[0]}:{match.number}"[-190:],
            raw=raw,
            fingerprint=hashlib.sha256(raw).hexdigest(),
            source_version=taken.sha256,
            modified_at=taken.file.written_at,
            business_number=match.number,
            kind="match",
        )

"""Which subsidiaries of an Airbase tenant are the company that a connection is for.

Payments and vendors of the others belong in other books: they are left alone. Where a tenant has one only, nothing need
be chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from integrations.http.errors import ConfigError, NotFound
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.airbase import wire
from integrations.systems.airbase.client import Client
from integrations.systems.airbase.errors import NotOffered
from integrations.systems.airbase.settings import ALL, Options
from integrations.systems.contract import Choice


class Subsidiaries:
    """Those of a tenant, read when they are first asked for. Every method raises Fault."""

    def __init__(self, client: Client) -> None:
        self._client, self._chosen = client, client.options.subsidiaries

    @cached_property
    def rows(self) -> tuple[wire.Named, ...]:
        """All of them; none where the tenant does not show them."""
        path = self._client.options.subsidiaries_path
        try:
            pages = list(self._client.pages(path))
        except (NotFound, NotOffered):
            return ()
        return tuple(self._client.decode(raw, wire.Named) for page in pages for raw in page)

    @property
    def is_chosen(self) -> bool:
        return bool(self._chosen)

    def problem(self) -> str:
        """What is wrong with the choice, in a sentence; "" when nothing is."""
        if ALL in self._chosen:
            return ""
        names = ", ".join(f"{row.name} ({word_for(row)})" for row in self.rows)
        if not self._chosen:
            several = f"The tenant has {len(self.rows)} subsidiaries and none is chosen: {names}."
            return several if len(self.rows) > 1 else ""
        unknown = sorted(c for c in self._chosen if self.rows and not any(c in _words(row) for row in self.rows))
        return f"There is no subsidiary {', '.join(unknown)}. There are: {names}." if unknown else ""

    def has(self, named: Sequence[wire.Named]) -> bool | None:
        """Whether one of these is the company's own; None when it is not said of which they are. Raises ConfigError
        when it has to be chosen first."""
        if self.problem():
            raise ConfigError(self.problem(), remedy=CHOOSE)
        if not self._chosen or ALL in self._chosen:
            return True
        said = [one for one in named if _words(one)]
        if not said:
            return True if len(self.rows) == 1 else None
        own = set(self._chosen).union(*(_words(row) for row in self.rows if self._chosen & _words(row)))
        return any(own & _words(one) for one in said)


CHOOSE = (
    "Choose the subsidiary of this company in the connection's settings. Until then nothing is booked: payments of "
    "other companies would be among it."
)


def word_for(row: wire.Named) -> str:
    """By what a subsidiary is chosen."""
    return row.reference or row.name or row.own_id


def offered(connection: Connection, session: Session) -> Iterator[Choice]:
    """The subsidiaries to choose from."""
    yield Choice(ALL, "All: they are branches of one company")
    for row in Subsidiaries(Client(session, Options.of(connection))).rows:
        yield Choice(word_for(row), row.name or word_for(row))


def _words(row: wire.Named) -> set[str]:
    """All that a subsidiary is called. Entries name it by reference and name, vendors by reference and id."""
    return {word.strip().casefold() for word in (row.reference, row.name or "", row.own_id) if word.strip()}


OFFERS = {"subsidiaries": offered}

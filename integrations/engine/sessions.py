"""Open sessions of one worker thread, kept while it works: a connection that stays open saves a handshake a call."""

from __future__ import annotations

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.registry import system


class Sessions:
    """One session a connection, for one thread. A connection whose settings changed gets a new one."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[object, Session]] = {}

    def of(self, connection: Connection) -> Session:
        known = self._open.get(connection.pk)
        if known is not None and known[0] == connection.updated_at:
            return known[1]
        if known is not None:
            known[1].close()
        session = system(connection.system).session(connection)
        self._open[connection.pk] = (connection.updated_at, session)
        return session

    def forget(self) -> None:
        """Drops what was said: looks at both sides keep no exchanges, and the next run's must be its own."""
        for _, session in self._open.values():
            session.take_exchanges()

    def close(self) -> None:
        for _, session in self._open.values():
            session.close()
        self._open.clear()

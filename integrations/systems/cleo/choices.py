"""Values that settings may have, as Cleo says now: the mailbox's folders."""

from __future__ import annotations

from collections.abc import Iterator

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.cleo.client import Client
from integrations.systems.cleo.settings import Options
from integrations.systems.contract import Choice, Offer


def upload_folders(connection: Connection, session: Session) -> Iterator[Choice]:
    for folder in Client(session, Options.of(connection)).folders():
        if folder.usage != "download":
            yield Choice(folder.path or folder.name)


OFFERS: dict[str, Offer] = {"upload_folders": upload_folders}

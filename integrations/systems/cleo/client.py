"""Calls to Cleo.

Signing in is confirmed by public clients; the addresses of folders, files and events are assumptions and come from the
connection's settings.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from integrations.http.errors import ConfigError, NotFound, Transient
from integrations.http.session import Session
from integrations.http.tokens import FetchedToken
from integrations.systems.cleo import wire
from integrations.systems.cleo.errors import LOGIN_PATH
from integrations.systems.cleo.kept import forget, kept
from integrations.systems.cleo.settings import Options

T = TypeVar("T")

CONNECTIONS_PATH = "/api/connections"
ACTIONS_PATH = "/api/actions"
MOST_PAGES = 1000

FOLDERS, SEES_CONNECTIONS = "folders", "sees connections"
"""What is remembered for some minutes (`kept`)."""


def sign_in(session: Session, options: Options) -> FetchedToken:
    """A token by password grant. Raises ConfigError for refused credentials, which stops the connection's calls."""
    form = {"grant_type": "password", "username": options.username, "password": options.password}
    token: wire.Token = session.decode(session.login(LOGIN_PATH, form=form), wire.Token)
    return FetchedToken(token.access_token, dt.timedelta(seconds=token.expires_in) if token.expires_in else None)


class Client:
    """Cleo as one mailbox user sees it."""

    def __init__(self, session: Session, options: Options) -> None:
        self.session, self.options = session, options

    def folders(self, *, anew: bool = False) -> tuple[wire.Folder, ...]:
        """The folders that the user sees, as they were some minutes ago; `anew` asks again."""
        connection, path = self.session.connection, self.options.folders_path
        return kept(connection, FOLDERS, lambda: tuple(self._all(path, wire.Folder)), anew=anew)

    def files(self, folder_id: str) -> list[wire.File]:
        """The files of a folder, in no particular order; one file may be listed twice. Raises NotFound for a folder
        that is gone; then all folders are asked for anew the next time."""
        try:
            return self._all(self._path("files_path", folder_id=folder_id), wire.File)
        except NotFound:
            forget(self.session.connection, FOLDERS)
            raise

    def upload(self, folder_id: str, file_name: str, body: bytes) -> wire.File:
        """Stores a file. Raises Conflict when the name exists.

        201 says that it is stored. Whatever else an answer holds must be JSON: at a wrong address a web server may
        answer with a page, and the file would be lost.
        """
        answer = self.session.request(
            "POST",
            self._path("upload_path", folder_id=folder_id, file_name=file_name),
            body=body,
            content_type=self.options.upload_content_type,
            effect=True,
        )
        if answer.status == 201 and not answer.body:
            return wire.File()
        stored: wire.File = self.session.decode(answer, wire.File, effect=True)
        return stored

    def download(self, file_id: str) -> bytes:
        """The bytes of a file."""
        return self.session.get(self._path("download_path", file_id=file_id), headers={"Accept": "*/*"}).body

    def remove(self, file_id: str) -> None:
        """Deletes a file. Raises NotFound when it is gone already."""
        self.session.request("DELETE", self._path("remove_path", file_id=file_id), effect=True)

    def events(self, *, start: int = 0) -> wire.Page[wire.Event]:
        """One page of the audit log, from entry number `start` (zero-based) on."""
        return self._page(self.options.events_path, wire.Event, start)

    def action(self, name: str) -> wire.Action | None:
        """The action of this alias, None when the user sees none."""
        found = self._named(ACTIONS_PATH, wire.Action, name)
        return next((a for a in found if a.alias == name), None)

    def run(self, action: wire.Action) -> wire.Ran:
        """Runs an action and waits for it. An effect that cannot be looked up afterwards: a lost answer leaves it in
        doubt."""
        href = action.links.run.href or f"{ACTIONS_PATH}/{quote(action.id, safe='')}/run"
        answer = self.session.request(
            "POST",
            self._own(href),
            params={"timeout": self.options.action_timeout_seconds, "messagesCount": 100},
            effect=True,
        )
        ran: wire.Ran = self.session.decode(answer, wire.Ran, effect=True)
        return ran

    def connections(self) -> wire.Page[wire.Connection]:
        """The first connections. A mailbox user may normally not see them: ConfigError 403."""
        return self._page(CONNECTIONS_PATH, wire.Connection, 0)

    def sees_connections(self) -> bool:
        """Whether the user may see connections, as it was some minutes ago. Raises Fault, but for a 403."""
        return kept(self.session.connection, SEES_CONNECTIONS, self._sees_connections)

    def connections_of(self, alias: str) -> list[dict[str, Any]]:
        """The connections of this alias."""
        found = self._named(CONNECTIONS_PATH, dict[str, Any], alias)
        return [c for c in found if c.get("alias") == alias]

    def all_connections(self) -> list[dict[str, Any]]:
        """Every connection, with all that is said of it."""
        return self._all(CONNECTIONS_PATH, dict[str, Any])

    def connection(self, connection_id: str) -> dict[str, Any]:
        """One connection as it is now. Raises NotFound."""
        answer = self.session.get(f"{CONNECTIONS_PATH}/{quote(connection_id, safe='')}")
        found: dict[str, Any] = self.session.decode(answer, dict[str, Any])
        return found

    def replace_connection(self, connection_id: str, body: dict[str, Any]) -> None:
        """Writes a connection as a whole: members that are left out are gone."""
        self.session.request("PUT", f"{CONNECTIONS_PATH}/{quote(connection_id, safe='')}", json=body, effect=True)

    # --- inside ---

    def _sees_connections(self) -> bool:
        try:
            self.session.get(CONNECTIONS_PATH, params={"startIndex": 0, "count": 1})
        except ConfigError as fault:
            if fault.status != 403:
                raise
            return False
        return True

    def _named(self, path: str, kind: type[T], alias: str) -> list[T]:
        """The first entries of a collection that are called so."""
        quoted = alias.replace("\\", "\\\\").replace('"', '\\"')
        answer = self.session.get(
            path, params={"startIndex": 0, "count": self.options.page_size, "filter": f'alias eq "{quoted}"'}
        )
        page: wire.Page[Any] = self.session.decode(answer, wire.Page[kind])  # type: ignore[valid-type]
        return page.resources

    def _own(self, href: str) -> str:
        """A link as Cleo gives it (from the root of its host) below our base address."""
        prefix = urlsplit(self.options.base_url).path.rstrip("/")
        return href.removeprefix(prefix) if prefix and href.startswith(f"{prefix}/") else href

    def _path(self, name: str, **values: str) -> str:
        template: str = getattr(self.options, name)
        try:
            return template.format(**{key: quote(value, safe="") for key, value in values.items()})
        except (KeyError, IndexError, ValueError) as error:
            raise ConfigError(
                f"The address '{template}' of the Cleo connection cannot be used.",
                remedy=f"It may hold {', '.join('{' + key + '}' for key in values)} and no other braces.",
                technical=f"{name}: {error!r}",
            ) from error

    def _page(self, path: str, kind: type[T], start: int) -> wire.Page[T]:
        answer = self.session.get(path, params={"startIndex": start, "count": self.options.page_size})
        page: wire.Page[Any] = self.session.decode(answer, wire.Page[kind])  # type: ignore[valid-type]
        return page

    def _all(self, path: str, kind: type[T]) -> list[T]:
        """All entries of a collection: until the total is reached or a page is empty. How big pages are is Cleo's
        choice."""
        found: list[T] = []
        for _ in range(MOST_PAGES):
            page = self._page(path, kind, len(found))
            found += page.resources
            if not page.resources or (page.total_results is not None and len(found) >= page.total_results):
                return found
        raise Transient(f"Cleo's list {path} does not end after {MOST_PAGES} pages.")

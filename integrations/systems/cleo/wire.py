"""What Cleo says, as far as we read it. Unknown members are ignored, missing ones have a default.

Collections are confirmed (`totalResults`, `resources`, zero-based `startIndex`); folders, files and events are assumed
to follow them.
"""

from __future__ import annotations

import datetime as dt
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of all: members in camel case."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a login. `expires_in` (seconds) is usual for the grant, but not confirmed."""

    access_token: str
    expires_in: float | None = None


class Page(Wire, Generic[T], frozen=True, kw_only=True):
    resources: list[T]
    total_results: int | None = None


class Folder(Wire, frozen=True, kw_only=True):
    id: str
    name: str = ""
    path: str = ""
    usage: str | None = ""
    """upload or download, seen from us: the mailbox's user."""


class File(Wire, frozen=True, kw_only=True):
    id: str = ""
    name: str = ""
    size: int | None = None
    last_modified: str | None = ""

    @property
    def written_at(self) -> dt.datetime | None:
        """When it was last written to, None where that is not said in ISO 8601 with a zone."""
        try:
            moment = dt.datetime.fromisoformat(self.last_modified or "")
        except ValueError:
            return None
        return moment if moment.tzinfo else None


class Event(Wire, frozen=True, kw_only=True):
    id: str = ""
    severity: str | None = ""
    type: str | None = ""
    message: str | None = ""
    path: str | None = ""
    time: str | None = ""


class Connection(Wire, frozen=True, kw_only=True):
    id: str = ""
    alias: str = ""
    type: str = ""


class Href(Wire, frozen=True, kw_only=True):
    href: str = ""


class ActionLinks(Wire, frozen=True, kw_only=True):
    run: Href = Href()


class Action(Wire, frozen=True, kw_only=True):
    """What was set up in Cleo's studio to be run."""

    id: str = ""
    alias: str = ""
    enabled: bool = True
    ready: bool = True
    not_ready_reason: str | None = ""
    links: ActionLinks = msgspec.field(default=ActionLinks(), name="_links")


class Ran(Wire, frozen=True, kw_only=True):
    """The answer to a run: 200 whether it went well or not."""

    status: str = ""
    result: str = ""
    messages: list[str] = []

"""What a session is given: how a system is called, and how requests prove who we are; and what it gives back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec
import requests

from integrations.http import tokens
from integrations.http.budget import RateReading
from integrations.http.errors import Answer, Fault, date_of

if TYPE_CHECKING:
    from integrations.http.session import Session


@dataclass(frozen=True, slots=True)
class Response:
    """A successful answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    def json(self) -> Any:
        """The decoded body. Raises msgspec.DecodeError; `Session.decode` turns that into the right Fault."""
        return msgspec.json.decode(self.body)

    @property
    def date(self) -> dt.datetime | None:
        """The server's clock by its Date header."""
        return date_of(self.headers)


class Auth(Protocol):
    """How requests prove who we are."""

    def headers(self, session: Session, refused: int | None) -> tuple[dict[str, str], int | None]:
        """Headers to add, and the generation of the token in them (None when there is nothing to refresh)."""
        ...


@runtime_checkable
class Signs(Protocol):
    """How requests prove it that are signed one by one: the signature is made over what is about to be written."""

    def sign(self, request: requests.PreparedRequest) -> None:
        """Adds the signature to the request's headers."""
        ...


@dataclass(frozen=True, slots=True)
class KeyHeader:
    """A fixed key in a header."""

    name: str
    value: str = field(repr=False)

    def headers(self, session: Session, refused: int | None) -> tuple[dict[str, str], int | None]:
        return {self.name: self.value}, None


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A token that is fetched, cached and refreshed. `fetch` makes the login call through `session.login`."""

    fetch: Callable[[Session], tokens.FetchedToken]
    margin: dt.timedelta = dt.timedelta(seconds=120)
    scheme: str = "Bearer"

    def headers(self, session: Session, refused: int | None) -> tuple[dict[str, str], int | None]:
        token = tokens.current(session.connection, lambda: self.fetch(session), margin=self.margin, refused=refused)
        session.secrets.add(token.value)
        return {"Authorization": f"{self.scheme} {token.value}"}, token.generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a system says about its HTTP."""

    label: str
    base_url: str
    """With a trailing part of the path if there is one; paths are appended to it."""
    auth: Auth
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Callable[[Answer, dt.datetime], Fault | None] = lambda answer, now: None
    """The system's own error table; None = the default says what it means."""
    rate: Callable[[Mapping[str, str], dt.datetime], RateReading | None] | None = None
    """What an answer says of the allowance. None: the system says nothing of it, so it is as `allowance` has it."""
    budget_identity: tuple[str, ...]
    allowance: int | None = None
    window: dt.timedelta = dt.timedelta(hours=1)
    probe: str = ""
    """Path of a cheap GET by which an open breaker finds out whether the system is back."""
    connect_timeout: float = 10.0
    deadline: float = 60.0
    """Seconds for a whole call, from first byte sent to last byte read."""

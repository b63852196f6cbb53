"""Sessions to one region of Basware, and to its Network."""

from __future__ import annotations

import base64
import datetime as dt

import msgspec

from integrations.http.session import Auth, BearerToken, KeyHeader, Profile, Session
from integrations.http.tokens import FetchedToken
from integrations.models import Connection
from integrations.systems.basware import errors
from integrations.systems.basware.errors import LABEL
from integrations.systems.basware.settings import Options

TOKENS = "/v1/tokens"
CHEAP = "/v1/requestStatus?entityType=PaymentTerm&pageSize=1"
"""A call that tells whether Basware answers. That there is nothing in the list (404) is as good."""
MARGIN = dt.timedelta(seconds=60)
"""Tokens may live for 300 seconds only; they are renewed this long before their end."""


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int | None = None
    """Seconds: its description says minutes, the token itself shows seconds."""


def open_session(connection: Connection) -> Session:
    """A session to the connection's region. Raises ConfigError for settings that cannot work."""
    return session_of(connection, Options.of(connection))


def session_of(connection: Connection, options: Options) -> Session:
    """A session with given settings."""
    return Session(
        connection,
        Profile(
            label=LABEL,
            base_url=options.base_url,
            auth=_auth(options),
            fault=errors.fault,
            budget_identity=budget_identity(connection),
            allowance=options.calls_per_minute,
            window=dt.timedelta(minutes=1),
            probe=CHEAP,
            deadline=float(options.deadline_seconds),
        ),
    )


def network_profile(connection: Connection, options: Options) -> Profile:
    """How the Network is called: another host, HTTP Basic with credentials of its own."""
    return Profile(
        label=f"{LABEL} Network",
        base_url=options.network_url,
        auth=KeyHeader("Authorization", f"Basic {_pair(options.network_user, options.network_password)}"),
        fault=errors.network_fault,
        budget_identity=(*budget_identity(connection), "network"),
        allowance=options.calls_per_minute,
        window=dt.timedelta(minutes=1),
        deadline=float(options.deadline_seconds),
    )


def budget_identity(connection: Connection) -> tuple[str, ...]:
    return (str(connection.pk),)


def _auth(options: Options) -> Auth:
    pair = _pair(options.client_id, options.client_secret)
    if options.auth == "basic":
        return KeyHeader("Authorization", f"Basic {pair}")
    return BearerToken(lambda session: _fetch(session, pair, options.scopes), margin=MARGIN)


def _fetch(session: Session, pair: str, scopes: str) -> FetchedToken:
    """A token by client credentials, which stand in the header only. There is no refresh token."""
    session.secrets.add(pair)
    answer = session.login(
        TOKENS,
        form={"grant_type": "client_credentials", "scope": " ".join(scopes.split())},
        headers={"Authorization": f"Basic {pair}"},
    )
    token: _Token = session.decode(answer, _Token)
    lifetime = None if token.expires_in is None else dt.timedelta(seconds=token.expires_in)
    return FetchedToken(token.access_token, lifetime)


def _pair(name: str, secret: str) -> str:
    return base64.b64encode(f"{name}:{secret}".encode()).decode()

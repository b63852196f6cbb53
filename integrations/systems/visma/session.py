"""A session to one company in Visma.net ERP: its token, headers, error table and allowance of calls."""

from __future__ import annotations

import datetime as dt

import msgspec

from integrations.http.session import BearerToken, Profile, Session
from integrations.http.tokens import FetchedToken
from integrations.models import Connection
from integrations.systems.visma.errors import LABEL, ErrorTable, rate_reading
from integrations.systems.visma.settings import Options

CHEAP_READ = "v1/branch"
"""A short list that every application may read: probe of the breaker, and source of the server's clock."""


class _TokenAnswer(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int | None = None


def open_session(connection: Connection) -> Session:
    """A session to the connection's company. Raises ConfigError for settings that cannot work."""
    options = Options.of(connection)
    profile = Profile(
        label=LABEL,
        base_url=options.base_url,
        auth=BearerToken(lambda session: _fetch_token(session, options)),
        headers={"ipp-company-id": options.company_id, "ipp-application-type": options.application_type},
        fault=ErrorTable(
            token_url=options.token_url, tenant_id=options.tenant_id, company_id=options.company_id, scope=options.scope
        ),
        rate=rate_reading,
        budget_identity=options.budget_identity,
        allowance=options.calls_per_hour,
        window=dt.timedelta(hours=1),
        probe=CHEAP_READ,
        deadline=options.deadline,
    )
    return Session(connection, profile)


def _fetch_token(session: Session, options: Options) -> FetchedToken:
    """A token by client credentials. There is no refresh token: a new one is asked for in the same way."""
    form = {
        "grant_type": "client_credentials",
        "client_id": options.client_id,
        "client_secret": options.client_secret,
        "scope": options.scope,
        "tenant_id": options.tenant_id,
    }
    answer: _TokenAnswer = session.decode(session.login(options.token_url, form=form), _TokenAnswer)
    lifetime = None if answer.expires_in is None else dt.timedelta(seconds=answer.expires_in)
    return FetchedToken(answer.access_token, lifetime)

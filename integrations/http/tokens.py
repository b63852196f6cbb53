"""Access tokens: fetched by one, used by all, stored encrypted."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q

from integrations.http import breaker
from integrations.http.errors import Transient
from integrations.models import AccessToken, Connection
from portal.common.clock import db_now

REFRESH_LEASE = dt.timedelta(seconds=45)
WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class FetchedToken:
    value: str
    lifetime: dt.timedelta | None
    """As the server said; None when it said nothing: then the token is used until a 401."""


@dataclass(frozen=True, slots=True)
class Token:
    value: str
    generation: int


def current(
    connection: Connection, fetch: Callable[[], FetchedToken], *, margin: dt.timedelta, refused: int | None = None
) -> Token:
    """A valid token, fetched when there is none or it ends within `margin`.

    `refused` is the generation that a 401 came for: only that one is replaced, so that many callers with the same
    refused token cause one refresh. Whoever sets `refreshing_until` first fetches; the others wait by re-reading, and
    use the old token as long as it lasts.
    """
    row, _ = AccessToken.objects.get_or_create(tenant_id=connection.tenant_id, connection=connection)
    give_up = time.monotonic() + WAIT_SECONDS
    while True:
        now = db_now()
        usable = bool(row.token) and row.generation != refused and (row.expires_at is None or row.expires_at > now)
        if usable and (row.expires_at is None or row.expires_at - margin > now):
            return Token(row.token, row.generation)
        breaker.check_open(connection)  # what somebody else was just refused is not tried again
        if _claim(row, now):
            return _fetch_and_store(connection, row, fetch)
        if usable:
            return Token(row.token, row.generation)
        if time.monotonic() > give_up:
            raise Transient(
                f"No token for {connection.name}: another worker has been fetching one for {int(WAIT_SECONDS)} s."
            )
        time.sleep(0.1)  # another worker is fetching: nothing tells us when it is done, and a token is needed to go on
        row.refresh_from_db()


def _claim(row: AccessToken, now: dt.datetime) -> bool:
    free = Q(refreshing_until=None) | Q(refreshing_until__lt=now)
    return bool(
        AccessToken.objects.filter(free, pk=row.pk, generation=row.generation).update(
            refreshing_until=now + REFRESH_LEASE
        )
    )


def _fetch_and_store(connection: Connection, row: AccessToken, fetch: Callable[[], FetchedToken]) -> Token:
    try:
        # Once more: whoever held it before may have been refused between our look and our claim.
        breaker.check_open(connection)
        fetched = fetch()
    except BaseException:
        AccessToken.objects.filter(pk=row.pk, generation=row.generation).update(refreshing_until=None)
        raise
    generation = row.generation + 1
    AccessToken.objects.filter(pk=row.pk, generation=row.generation).update(
        token=fetched.value,
        expires_at=db_now() + fetched.lifetime if fetched.lifetime is not None else None,
        generation=generation,
        refreshing_until=None,
    )
    return Token(fetched.value, generation)


def forget(connection: Connection) -> None:
    """Drops the stored token: the credentials were changed."""
    AccessToken.objects.filter(connection=connection).update(token="", expires_at=None, refreshing_until=None)

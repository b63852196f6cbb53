"""How news of a connection's system comes by webhook: for the staff's and the customers' page of the connection."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from integrations.models import Connection, Feed, WebhookEndpoint, WebhookEvent
from integrations.systems.webhooks import RECEIVERS
from portal.common.secrets import fingerprint_of

PARKED_LOOKED_AT, KINDS_SHOWN = 200, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came of a connection's webhooks so far, beside what was polled."""

    endpoint: WebhookEndpoint | None
    """None before anybody asked for an address."""
    newest_kind: str = ""
    newest_state: str = ""
    """What became of the newest event, in words; empty where none has come."""
    parked: int = 0
    """How many events were of a kind that means nothing here."""
    parked_kinds: tuple[str, ...] = ()
    polled_at: dt.datetime | None = None
    """When something of the connection was last read."""

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Of the stored keys: all that may be said of them."""
        keys: list[Any] = list(self.endpoint.keys or []) if self.endpoint is not None else []
        return tuple(fingerprint_of(str(key)) for key in keys)


def endpoint_of(connection: Connection) -> WebhookEndpoint | None:
    """The endpoint, None before anybody asked for one."""
    return WebhookEndpoint.objects.filter(connection=connection).select_related("connection").first()


def last_polled(connection: Connection) -> dt.datetime | None:
    """When something of the connection was last read, by schedule or by a hint."""
    rows = Feed.objects.filter(connection=connection, enabled=True)
    found: dt.datetime | None = rows.aggregate(at=Max("last_read_at"))["at"]
    return found


def heard_of(connection: Connection) -> Heard | None:
    """What came by webhook; None for a system that sends none."""
    if connection.system not in RECEIVERS:
        return None
    endpoint, polled_at = endpoint_of(connection), last_polled(connection)
    if endpoint is None:
        return Heard(endpoint=None, polled_at=polled_at)
    events = WebhookEvent.objects.filter(connection=connection)
    newest = events.order_by("-last_received_at", "-pk").values_list("kind", "state").first()
    if newest is None:
        return Heard(endpoint=endpoint, polled_at=polled_at)
    parked = events.filter(state=WebhookEvent.State.PARKED)
    kinds = sorted(set(parked.order_by("-pk").values_list("kind", flat=True)[:PARKED_LOOKED_AT]))
    return Heard(
        endpoint=endpoint,
        newest_kind=newest[0],
        newest_state=str(WebhookEvent.State(newest[1]).label),
        parked=parked.count() if kinds else 0,
        parked_kinds=tuple(kinds[:KINDS_SHOWN]),
        polled_at=polled_at,
    )

"""The database's clock: leases and due times of all workers and hosts compare with this one."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import DateTimeField, Func, QuerySet
from django.utils import timezone


class _Clock(Func):
    """The moment at which the statement comes to it."""

    function, template, output_field = "clock_timestamp", "%(function)s()", DateTimeField()


def db_now() -> dt.datetime:
    """Now, in UTC, by the database. With SQLite that is this machine's clock, the only one there is."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    moment: dt.datetime = row[0]
    return moment.astimezone(dt.UTC)


def clock_in_query() -> Any:
    """Now, to compare with inside of a statement: the database's own clock, without asking for it before."""
    return _Clock() if connection.vendor == "postgresql" else timezone.now()


def now_if(rows: QuerySet[Any]) -> dt.datetime | None:
    """Now, by the database, when `rows` holds a row (locked, where they lock); None when it holds none. One statement,
    where `exists` and `db_now` are two."""
    if connection.vendor != "postgresql":
        return timezone.now() if rows.exists() else None
    for moment in rows.order_by().annotate(clock=_Clock()).values_list("clock", flat=True)[:1]:
        found: dt.datetime = moment.astimezone(dt.UTC)
        return found
    return None


def moment(text: str, zone: ZoneInfo) -> dt.datetime:
    """A day (its beginning) or a time, by the clocks of `zone` where it names none. Raises ValueError."""
    found = dt.datetime.fromisoformat(text.strip())
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)

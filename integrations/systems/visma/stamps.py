"""Visma's times of change: three forms when it answers, one without a zone when it is asked."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

HOUR = dt.timedelta(hours=1)


def parse(text: str, zone: ZoneInfo, *, not_after: dt.datetime | None = None) -> dt.datetime:
    """The instant (UTC) of a time stamp with Z, with an offset, or without a zone (then `zone` is meant).

    In the hour that is passed twice when summer time ends, a stamp without a zone means two instants. It is taken
    for the later one, unless that lies after `not_after` (the server's clock as it answered): so a later change
    never looks older than an earlier one. Raises ValueError for other forms and for .NET's empty date (year 1).
    """
    moment = dt.datetime.fromisoformat(text)
    if moment.year < 2:
        raise ValueError(f"empty date {text}")
    if moment.tzinfo is not None:
        return moment.astimezone(dt.UTC)
    first, second = (moment.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if second <= first or (not_after is not None and second > not_after):
        return first
    return second


def day(text: str | None, zone: ZoneInfo) -> dt.date | None:
    """The calendar day of a date-time in the books: as written without a zone, in `zone` otherwise. None for none.
    Raises ValueError.
    """
    if not text:
        return None
    moment = dt.datetime.fromisoformat(text)
    if moment.year < 2:
        return None
    return moment.date() if moment.tzinfo is None else moment.astimezone(zone).date()


def lower_bound(instant: dt.datetime, zone: ZoneInfo) -> str:
    """`instant` as lastModifiedDateTime filters take it: yyyy-MM-ddTHH:mm:ss.fff on the clocks of `zone`, no zone
    named.

    No change at or after `instant` carries an earlier stamp. In the last hour of summer time clocks are about to be
    set back, so the bound goes back with them and some records are read twice.
    """
    local = instant.astimezone(zone)
    set_back = (local.utcoffset() or dt.timedelta()) - ((instant + HOUR).astimezone(zone).utcoffset() or dt.timedelta())
    return wall_clock(instant, zone, back=max(set_back, dt.timedelta()))


def wall_clock(instant: dt.datetime, zone: ZoneInfo, *, back: dt.timedelta = dt.timedelta()) -> str:
    """What the clocks of `zone` show at `instant`, less `back`, in the form of filters."""
    local = instant.astimezone(zone).replace(tzinfo=None) - back
    return local.isoformat(timespec="milliseconds")

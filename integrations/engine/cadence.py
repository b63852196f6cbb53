"""When a feed is read: at an interval or by cron lines, on business days, outside quiet hours. Pure.

All times of day are the tenant's. Where clocks are put forward, a time that does not exist is taken as the next one
that does; where they are put back, a time that comes twice is taken once.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import msgspec
from cronsim import CronSim, CronSimError
from django.utils.translation import gettext as _

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_DAY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})")
_MOST_STEPS = 1500
"""Closed stretches that are walked over before it is said that it never opens: about two years of nights and days."""
_MORE_THAN_PUBLIC = ("bank", "de_facto")
"""Kinds of holidays on which offices are shut although no law says so, as Midsummer's Eve in Sweden."""


class NeverDue(Exception):
    """The schedule leaves no time to read at, or a part of it cannot be understood; in words."""


class Cadence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A feed's schedule beside its interval. An empty one adds nothing: the interval alone counts."""

    cron: tuple[str, ...] = ()
    """Cron lines of five fields (minute, hour, day of month, month, day of week) that take the interval's place; any of
    them makes the feed due."""
    business_days: str = ""
    """Country whose weekends and holidays are left out, as SE. Empty: every day."""
    closed_days: tuple[str, ...] = ()
    """The company's own days off, as 12-24 (each year) or 2026-12-28."""
    quiet_hours: tuple[str, ...] = ()
    """Stretches in which nothing is read, as 20:00-06:00; the end is no longer quiet."""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Cadence:
        """The schedule as it is stored. Raises NeverDue for members that are none."""
        try:
            return msgspec.convert(dict(stored), cls)
        except msgspec.ValidationError as error:
            raise NeverDue(f"The schedule cannot be read: {error}.") from error

    def as_stored(self) -> dict[str, Any]:
        """What `of` reads."""
        stored: dict[str, Any] = msgspec.to_builtins(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in stored.items()}

    def check(self, *, zone: ZoneInfo, now: dt.datetime) -> None:
        """Raises NeverDue for a part that is wrong, or when nothing would ever be read."""
        for line in self.cron:
            try:
                CronSim(line, now)
            except CronSimError as error:
                raise NeverDue(
                    f"The cron line '{line}' cannot be used ({error}); it has minute, hour, day, month and day of the "
                    "week, as 0 6-18/2 * * 1-5."
                ) from error
            if len(line.split()) != 5:
                raise NeverDue(f"The cron line '{line}' has {len(line.split())} fields; five are needed.")
        for hours in self.quiet_hours:
            found = _HOURS.fullmatch(hours)
            if found is None or found.group(1, 2) == found.group(3, 4):
                raise NeverDue(f"'{hours}' are no quiet hours; write them as 20:00-06:00.")
        for day in self.closed_days:
            _closed(day)
        if self.business_days and self.business_days not in countries():
            raise NeverDue(f"'{self.business_days}' is no country whose holidays are known; write it as SE.")
        self.next_read(now, every=dt.timedelta(minutes=5), zone=zone)

    def next_read(self, after: dt.datetime, *, every: dt.timedelta, zone: ZoneInfo) -> dt.datetime:
        """When the feed is read next after it was read at `after` (aware). Raises NeverDue."""
        begin = after = after.astimezone(dt.UTC)  # sums of local times go wrong where clocks change
        if not self.cron:
            return self.opens(after + every, zone=zone)
        for _step in range(_MOST_STEPS):
            moment = min((_next(line, begin, zone) for line in self.cron), default=after)
            opens = self.opens(moment, zone=zone)
            if opens == moment:
                return moment
            begin = opens - dt.timedelta(minutes=1)  # a line that is due just as it opens counts
        raise NeverDue("The cron lines lie in quiet hours or on days that are left out: nothing would ever be read.")

    def opens(self, moment: dt.datetime, *, zone: ZoneInfo) -> dt.datetime:
        """The moment itself when it may be read then, else the next one at which it may. Raises NeverDue."""
        if not (self.quiet_hours or self.business_days or self.closed_days):
            return moment
        moment = moment.astimezone(dt.UTC)
        for _step in range(_MOST_STEPS):
            later = self._after_closed(moment, zone)
            if later is None:
                return moment
            moment = later
        raise NeverDue("Quiet hours and days that are left out leave no time to read at.")

    def coming(
        self, after: dt.datetime, *, every: dt.timedelta, zone: ZoneInfo, count: int = 5
    ) -> Iterator[dt.datetime]:
        """The next reads, for people."""
        for _step in range(count):
            after = self.next_read(after, every=every, zone=zone)
            yield after

    @property
    def words(self) -> str:
        """The schedule as people say it; "" for one that adds nothing."""
        times = [hours.partition("-") for hours in self.quiet_hours]
        stretches = _(" and ").join(_("%(begin)s to %(end)s") % {"begin": t[0], "end": t[2]} for t in times)
        said = [
            _("at %(times)s") % {"times": _(" and ").join(self.cron)} if self.cron else "",
            _("on business days of %(country)s") % {"country": self.business_days} if self.business_days else "",
            _("not on %(days)s") % {"days": ", ".join(self.closed_days)} if self.closed_days else "",
            _("not from %(stretches)s") % {"stretches": stretches} if stretches else "",
        ]
        return ", ".join(text for text in said if text)

    def _after_closed(self, moment: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
        """The end of the closed stretch that a moment lies in, None when it is open then."""
        local = moment.astimezone(zone)
        if not self._is_open_on(local.date()):
            return _at(local.date() + dt.timedelta(days=1), dt.time(), zone, after=moment)
        for hours in self.quiet_hours:
            found = _HOURS.fullmatch(hours)
            if found is None:
                raise NeverDue(f"'{hours}' are no quiet hours; write them as 20:00-06:00.")
            begin, end = dt.time(int(found[1]), int(found[2])), dt.time(int(found[3]), int(found[4]))
            clock = local.time().replace(fold=0)
            if begin <= clock < end:
                return _at(local.date(), end, zone, after=moment)
            if end < begin and clock >= begin:
                return _at(local.date() + dt.timedelta(days=1), end, zone, after=moment)
            if end < begin and clock < end:
                return _at(local.date(), end, zone, after=moment)
        return None

    def _is_open_on(self, day: dt.date) -> bool:
        if any(_falls_on(closed, day) for closed in self.closed_days):
            return False
        return not self.business_days or _calendar(self.business_days).is_working_day(day)


EVERY_DAY = Cadence()


def countries() -> Sequence[str]:
    """Codes of the countries whose holidays are known."""
    return sorted(code for code in holidays.list_supported_countries() if len(code) == 2)


def is_business_day(day: dt.date, country: str) -> bool:
    """Whether offices of `country` are open on a day."""
    return _calendar(country).is_working_day(day)


@lru_cache(maxsize=32)
def _calendar(country: str) -> holidays.HolidayBase:
    known = holidays.country_holidays(country)
    wanted = [kind for kind in known.supported_categories if kind == "public" or kind in _MORE_THAN_PUBLIC]
    return holidays.country_holidays(country, categories=wanted)


def _next(line: str, after: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The next moment of a cron line after another one."""
    try:
        return next(CronSim(line, after.astimezone(zone))).astimezone(dt.UTC)
    except StopIteration:
        raise NeverDue(f"The cron line '{line}' is never due.") from None
    except CronSimError as error:
        raise NeverDue(f"The cron line '{line}' cannot be used ({error}).") from error


def _at(day: dt.date, clock: dt.time, zone: ZoneInfo, *, after: dt.datetime) -> dt.datetime:
    """A time of day as a moment: the first one that lies after another. One that is skipped is the same stretch later;
    of one that comes twice, the second where the first has passed."""
    local = dt.datetime.combine(day, clock, tzinfo=zone)
    first = local.astimezone(dt.UTC)
    return first if first > after else local.replace(fold=1).astimezone(dt.UTC)


def _closed(day: str) -> tuple[int | None, int, int]:
    """Year (None: each), month and day of a day off. Raises NeverDue."""
    found = _DAY.fullmatch(day)
    try:
        if found is None:
            raise ValueError
        year = int(found[1]) if found[1] else None
        dt.date(year or 2000, int(found[2]), int(found[3]))
    except ValueError:
        raise NeverDue(f"'{day}' is no day; write it as 12-24 or 2026-12-28.") from None
    return year, int(found[2]), int(found[3])


def _falls_on(closed: str, day: dt.date) -> bool:
    year, month, number = _closed(closed)
    return (day.month, day.day) == (month, number) and year in (None, day.year)

"""Reading a period again: what people and commands do, and how far it is."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from integrations.engine.backfill import begin, cancel
from integrations.models import Backfill, Feed, Record
from integrations.systems.registry import system
from portal.common import clock

__all__ = ["Expected", "begin", "cancel", "expected", "has_periods", "moment", "progress"]

DEFAULT_PAGE = 100
"""Records of a page where nothing is known of the source's pages; only for an estimate."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a period before it is read."""

    known: int
    """Records of the period that were captured before: unchanged ones are not sent again."""
    calls: int
    """At least so many calls, by the records that are known."""


def has_periods(feed: Feed) -> bool:
    """Whether a period of the feed can be read again."""
    return system(feed.connection.system).feed(feed.key).reads in ("changes", "period")


def expected(feed: Feed, *, start: dt.datetime, end: dt.datetime) -> Expected:
    """What a backfill would meet."""
    known = Record.objects.filter(feed=feed, is_newest=True, modified_at__gte=start, modified_at__lt=end).count()
    return Expected(known, max(1, math.ceil(known / DEFAULT_PAGE)))


def moment(text: str, zone: str) -> dt.datetime:
    """A day (its beginning) or a time, by the clocks of `zone` where it names none. Raises ValidationError."""
    try:
        return clock.moment(text, ZoneInfo(zone))
    except ValueError as error:
        raise ValidationError(
            _("'%(text)s' is no day or time; write it as 2026-08-31 or 2026-08-31T14:00.") % {"text": text}
        ) from error


def progress(backfill: Backfill) -> str:
    """How far it is, in a sentence."""
    parts = [f"{backfill.read:,} read"]
    if backfill.total:
        parts[0] += f" of about {backfill.total:,}"
    parts.append(f"{backfill.captured:,} new, {backfill.unchanged:,} unchanged, {backfill.calls:,} calls")
    if backfill.covered_until is not None and backfill.state == Backfill.State.OPEN:
        parts.append(f"done until {backfill.covered_until:%Y-%m-%d %H:%M} UTC")
    return "; ".join(parts) + "."

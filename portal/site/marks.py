"""Badges, times and links, the same on every page. State is said by shape and word before colour."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.common.language import spoken

Kind = Literal["ok", "move", "wait", "bad", "doubt", "off"]

SHAPES: dict[Kind, str] = {"ok": "●", "move": "◐", "wait": "○", "bad": "▲", "doubt": "?", "off": "❚❚"}
"""What stands before the word, so that a page printed in grey says the same."""

_MINUTE, _HOUR, _DAY, _MONTH, _YEAR = 60, 3_600, 86_400, 86_400 * 30, 86_400 * 365


def badge(word: str, kind: Kind) -> SafeString:
    """A state as a word with its shape."""
    return format_html(
        '<span class="badge badge-{}"><span class="shape" aria-hidden="true">{}</span> {}</span>',
        kind,
        SHAPES[kind],
        spoken(word),
    )


def ago(moment: dt.datetime | None, *, zone: str = "", never: str = "never") -> SafeString | str:
    """A time as people say it, with the exact time and its zone on hover: in UTC, and in `zone` when one is given."""
    if moment is None:
        return _("never") if never == "never" else never
    exact = f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
    if zone and zone != "UTC":
        exact = f"{moment.astimezone(zoneinfo.ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} {zone} = {exact}"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, how_long_ago(moment))


def due(moment: dt.datetime | None, *, zone: str = "") -> SafeString | str:
    """When something will be done; what is due already waits for a worker."""
    if moment is None or moment <= timezone.now():
        return _("as soon as a worker is free")
    return ago(moment, zone=zone)


def how_long_ago(moment: dt.datetime) -> str:
    """'3 min ago', 'in 12 min', 'just now'."""
    seconds = (timezone.now() - moment).total_seconds()
    size = abs(seconds)
    if size < 60:
        return _("just now") if seconds >= 0 else _("in a moment")
    words = span(size)
    return _("%(span)s ago") % {"span": words} if seconds > 0 else _("in %(span)s") % {"span": words}


def span(seconds: float) -> str:
    """A length of time in its largest unit: '12 min', '3 hours'."""
    if seconds >= _YEAR:
        return _counted(seconds, _YEAR, ngettext("%d year", "%d years", int(seconds // _YEAR)))
    if seconds >= _MONTH:
        return _counted(seconds, _MONTH, ngettext("%d month", "%d months", int(seconds // _MONTH)))
    if seconds >= _DAY:
        return _counted(seconds, _DAY, ngettext("%d day", "%d days", int(seconds // _DAY)))
    if seconds >= _HOUR:
        return _counted(seconds, _HOUR, ngettext("%d hour", "%d hours", int(seconds // _HOUR)))
    return _counted(seconds, _MINUTE, _("%d min")) if seconds >= _MINUTE else _("%d s") % int(seconds)


def _counted(seconds: float, length: int, words: str) -> str:
    return words % int(seconds // length)


def thousands(number: int) -> str:
    """A number with its thousands set apart, as the language of who looks does it."""
    return str(intcomma(number))


def link(url: str, text: object) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, text)


class Places(Protocol):
    """Where rows have their pages. The staff's are in the admin; the customers' portal has its own."""

    def page(self, model: str, pk: object) -> str:
        """The address of a row's page; "" where it has none. `model`: as 'integrations.delivery'."""
        ...

    def list(self, model: str, filters: Mapping[str, Any]) -> str:
        """The address of a list; "" where there is none."""
        ...


class _Admin:
    def page(self, model: str, pk: object) -> str:
        return reverse(f"admin:{model.replace('.', '_')}_change", args=[pk])

    def list(self, model: str, filters: Mapping[str, Any]) -> str:
        url = reverse(f"admin:{model.replace('.', '_')}_changelist")
        return f"{url}?{urlencode(filters)}" if filters else url


_places: ContextVar[Places] = ContextVar("places")
_ADMIN = _Admin()


@contextmanager
def leading_to(places: Places) -> Iterator[None]:
    """Within, links lead to these places instead of the admin: who looks decides where a row's page is."""
    token = _places.set(places)
    try:
        yield
    finally:
        _places.reset(token)


def page_url(row: models.Model) -> str:
    """The address of a row's page."""
    return address(type(row), row.pk)


def address(model: type[models.Model], pk: object) -> str:
    return _places.get(_ADMIN).page(model._meta.label_lower, pk)


def page_link(row: models.Model | None, text: object = "") -> SafeString | str:
    """A link to the row's page, an en dash without a row, the text alone where its page is not for who looks."""
    if row is None:
        return "–"
    url = page_url(row)
    return link(url, text or row) if url else str(text or row)


def list_url(model: type[models.Model] | str, **filters: Any) -> str:
    """The address of a list, narrowed by `filters`. A model of an upper floor is named, as 'integrations.delivery'."""
    name = model.lower() if isinstance(model, str) else model._meta.label_lower
    return _places.get(_ADMIN).list(name, filters)


def list_link(number: int, model: type[models.Model] | str, **filters: Any) -> SafeString:
    """A number that opens the rows behind it; a plain 0 when there are none."""
    if not number:
        return format_html('<span class="quiet">{}</span>', 0)
    url = list_url(model, **filters)
    return link(url, thousands(number)) if url else format_html("{}", thousands(number))


def shorten(text: str, length: int = 110) -> SafeString | str:
    """The beginning of a long text, the whole on hover."""
    if len(text) <= length:
        return text
    return format_html('<span title="{}">{}…</span>', text, text[:length].rstrip())

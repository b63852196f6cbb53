"""What the staff's templates need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString

from integrations.models import State
from integrations.selectors import Hour
from portal.site import ChoiceFilter, StaffChangeList, charts, list_url, marks
from portal.site.filters import Option
from portal.staff.overview import Found, Overview, find, overview

register = template.Library()


@register.filter
def ago(moment: dt.datetime | None) -> SafeString | str:
    """A time as people say it, with the exact time on hover."""
    return marks.ago(moment)


@register.filter
def options(choice: ChoiceFilter, changelist: StaffChangeList) -> Iterable[Option]:
    """The choices of a filter, with the addresses they lead to."""
    return choice.options(changelist)


@register.filter
def page_range(changelist: StaffChangeList) -> Iterable[Any]:
    """Numbers of the pages to link to."""
    pages: Iterable[Any] = changelist.paginator.get_elided_page_range(changelist.page_num)
    return pages


@register.filter
def after_tag_of(raw: str, tag: str) -> str:
    """The text of a segment without its tag."""
    return raw[len(tag) :]


@register.simple_tag
def strip(numbers: Sequence[int]) -> SafeString:
    """What the last reads brought, drawn."""
    return charts.strip(numbers)


@register.simple_tag
def gauge(share: float) -> SafeString:
    """What is left, drawn."""
    return charts.gauge(share)


@register.simple_tag(name="overview")
def the_overview() -> Overview:
    """What the index shows."""
    return overview()


@register.simple_tag(name="find")
def find_number(number: str) -> list[Found]:
    """Everything that carries a business number."""
    return find(number)


@register.simple_tag
def hourly(hours: Sequence[Hour], what: str) -> SafeString:
    """The chart of what was delivered, or of what failed, in each hour. Each bar opens its deliveries."""
    state = State.DELIVERED if what == "delivered" else State.FAILED
    bars = [
        charts.Bar(h.start, h.delivered if state == State.DELIVERED else h.failed, hour_url(h.start, state))
        for h in hours
    ]
    if state == State.DELIVERED:
        return charts.bars("Delivered", "delivered", bars, kind="ok")
    return charts.bars("Errors", "failed and still open", bars, kind="bad")


def hour_url(start: dt.datetime, state: State) -> str:
    """The deliveries that came into a state within an hour."""
    end = start + dt.timedelta(hours=1)
    return list_url("integrations.delivery", state=state.value, since__gte=start.isoformat(), since__lt=end.isoformat())

"""What the portal's templates need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext

from edi import words as edi_words
from edi.models import TransactionSet
from integrations import words
from integrations.actions.rules import has_rules
from integrations.models import Delivery, Flow, Run, State
from integrations.selectors.overview import Condition, FlowStatus, RunShown
from portal.common.language import spoken
from portal.site import PersonAction, charts, marks

register = template.Library()


@register.simple_tag(takes_context=True)
def here(context: template.Context, name: str, *args: Any) -> str:
    """The address of a page of this tenant."""
    return reverse(f"customer:{name}", args=[context["request"].member.tenant.slug, *args])


@register.simple_tag(takes_context=True)
def current(context: template.Context, *names: str) -> str:
    """Marks the link to the page, or to the part, where the person is."""
    match = context["request"].resolver_match
    return SafeString('aria-current="page"') if match is not None and match.url_name in names else ""


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The address of this page with other filters; an empty value takes a filter away, and paging begins anew."""
    params = context["request"].GET.copy()
    for name in ("before", "after", *changes):
        params.pop(name, None)
    for name, value in changes.items():
        if value not in ("", None):
            params[name] = value
    return f"?{params.urlencode()}" if params else "?"


register.filter("has_rules", has_rules)
register.filter("spoken", spoken)


@register.filter
def ago(moment: dt.datetime | None) -> SafeString | str:
    """A time as people say it, with the exact time in the tenant's zone on hover."""
    return marks.ago(moment or None, zone=timezone.get_current_timezone_name())


@register.filter
def due(moment: dt.datetime | None) -> SafeString | str:
    """When something will be done."""
    return marks.due(moment or None, zone=timezone.get_current_timezone_name())


@register.filter
def next_look(moment: dt.datetime | None) -> SafeString | str:
    """When a source is looked at next."""
    if not moment or moment <= timezone.now():
        return gettext("due now")
    return ago(moment)


@register.filter
def state(value: str) -> SafeString:
    """A delivery's state, marked."""
    return words.state_badge(value)


@register.simple_tag(takes_context=True)
def held(context: template.Context, row: Delivery) -> str:
    """What a person has stopped, where that keeps a document from going out; "" where nobody has."""
    if row.state != State.PENDING:
        return ""
    integration = row.flow.integration
    reason = integration.why_stopped(integration.side_of(row.sink_connection_id))
    if context["request"].member.tenant.sending_stopped:
        return gettext("all sending is stopped")
    return gettext("stopped by a person: %s") % reason if reason else ""


@register.simple_tag
def badge(word: object, kind: str) -> SafeString:
    """A state as a word with its shape."""
    return marks.badge(str(word), kind)  # type: ignore[arg-type]


@register.filter
def flow_name(flow: Flow) -> str:
    """What a flow is called."""
    return words.flow_label(flow)


@register.filter
def system_name(key: str) -> str:
    """What a system is called."""
    return words.system_label(key)


@register.filter
def without(text: str, beginning: str) -> str:
    """A text without its beginning: a segment without its tag."""
    return text.removeprefix(beginning)


CONDITIONS: dict[Condition, tuple[Promise, marks.Kind]] = {
    "healthy": (gettext_lazy("healthy"), "ok"),
    "off": (gettext_lazy("switched off"), "off"),
    "connection_off": (gettext_lazy("connection is switched off"), "off"),
    "stopped": (gettext_lazy("sending is stopped"), "bad"),
    "paused": (gettext_lazy("paused"), "off"),
    "broken": (gettext_lazy("connection does not work"), "bad"),
    "reading_fails": (gettext_lazy("cannot be read"), "bad"),
    "needs_you": (gettext_lazy("needs you"), "wait"),
    "in_doubt": (gettext_lazy("in doubt"), "doubt"),
    "needs_others": (gettext_lazy("others act"), "move"),
}


@register.filter
def condition(status: FlowStatus) -> SafeString:
    """How a flow is, marked."""
    word, kind = CONDITIONS[status.condition]
    return marks.badge(str(word), kind)


@register.simple_tag(takes_context=True)
def run_strip(context: template.Context, status: FlowStatus) -> SafeString:
    """The last runs of a flow; each bar opens its run."""
    bars = [
        charts.RunBar(shown.run.captured, _run_kind(shown), _run_said(shown), here(context, "run", shown.run.pk))
        for shown in status.runs
    ]
    return charts.runs_strip(bars, label=gettext("The last %d runs") % len(bars))


def _run_kind(shown: RunShown) -> Literal["ok", "bad", "move", "none"]:
    if shown.run.outcome == Run.Outcome.RUNNING:
        return "move"
    return "bad" if shown.is_stuck or shown.run.outcome != Run.Outcome.DONE else "ok"


def _run_said(shown: RunShown) -> str:
    at = timezone.localtime(shown.run.started_at)
    number = ngettext("%d record", "%d records", shown.run.captured) % shown.run.captured
    word = gettext("something has failed") if _run_kind(shown) == "bad" else shown.run.get_outcome_display()
    return f"{at:%Y-%m-%d %H:%M}: {number}, {word}"


@register.filter
def shape(kind: str) -> str:
    """What stands for a state where there is no word."""
    return marks.SHAPES.get(kind, "●")  # type: ignore[call-overload,no-any-return]


@register.filter
def said(row: TransactionSet) -> SafeString:
    """What was said about a document of ours, or what became of a received one."""
    return edi_words.state_badge(row)


@register.filter
def stream(value: str) -> SafeString:
    """Test or live."""
    return edi_words.stream_badge(value)


@register.filter
def of(values: Mapping[Any, Any], key: Any) -> Any:
    """What a mapping holds under a key; nothing where it holds none."""
    return values.get(key, "")


@register.filter
def unlocal(number: float) -> str:
    """A number as drawings take it, whatever the language."""
    return f"{number:g}"


FIRST_CHOICES = frozenset({"approve", "replay", "retry", "release", "settle", "start", "name-it"})


@register.filter
def is_first_choice(action: PersonAction) -> bool:
    """Whether an action is what mostly has to be done, where it is offered."""
    return action.name in FIRST_CHOICES

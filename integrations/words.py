"""How states are said and marked, alike in the admin and in the customers' portal."""

from __future__ import annotations

from urllib.parse import quote

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.flows.registry import all_flows
from integrations.models import Breaker, Connection, Feed, Flow, Issue, Run, State
from integrations.systems.registry import all_systems
from portal.common.language import spoken
from portal.common.redaction import MASK, mask_url
from portal.site.marks import Kind, badge, due

DELIVERY_MARKS: dict[str, Kind] = {
    State.WAITING: "wait",
    State.PENDING: "wait",
    State.SENDING: "move",
    State.ACCEPTED: "move",
    State.IN_DOUBT: "doubt",
    State.DELIVERED: "ok",
    State.NO_EFFECT: "ok",
    State.FAILED: "bad",
    State.SUPERSEDED: "off",
    State.DISMISSED: "off",
}
RUN_MARKS: dict[str, Kind] = {
    Run.Outcome.RUNNING: "move",
    Run.Outcome.DONE: "ok",
    Run.Outcome.FAILED: "bad",
    Run.Outcome.ABANDONED: "bad",
}
ISSUE_MARKS: dict[str, Kind] = {
    Issue.Status.OPEN: "bad",
    Issue.Status.RESOLVED: "ok",
    Issue.Status.DISMISSED: "off",
}
STATE_WORDS: dict[str, Promise] = {
    State.WAITING: gettext_lazy("waiting"),
    State.PENDING: gettext_lazy("pending"),
    State.SENDING: gettext_lazy("sending"),
    State.ACCEPTED: gettext_lazy("accepted"),
    State.IN_DOUBT: gettext_lazy("in doubt"),
    State.DELIVERED: gettext_lazy("delivered"),
    State.NO_EFFECT: gettext_lazy("no effect"),
    State.FAILED: gettext_lazy("failed"),
    State.SUPERSEDED: gettext_lazy("superseded"),
    State.DISMISSED: gettext_lazy("dismissed"),
}
"""Of deliveries."""


def state_badge(state: str) -> SafeString:
    return badge(str(STATE_WORDS.get(state, state)), DELIVERY_MARKS.get(state, "off"))


def connection_badge(connection: Connection, breaker: Breaker | None) -> SafeString:
    """The worst that is known of a connection."""
    if not connection.enabled:
        return badge(_("switched off"), "off")
    if breaker is not None and breaker.position != Breaker.Position.CLOSED:
        return badge(_("not called"), "bad")
    if connection.health == Connection.Health.BROKEN:
        return badge(_("does not work"), "bad")
    return badge(_("works"), "ok") if connection.health == Connection.Health.OK else badge(_("not tested"), "wait")


def feed_badge(feed: Feed) -> SafeString:
    if not feed.enabled:
        return badge(_("switched off"), "off")
    if feed.paused_reason:
        return badge(_("paused"), "off")
    if feed.lease_until is not None and feed.lease_until > timezone.now():
        return badge(_("reading"), "move")
    if feed.failures:
        return badge(_("failed %d×") % feed.failures, "bad")
    return badge(_("reads"), "ok") if feed.last_read_at else badge(_("not read yet"), "wait")


def next_look_of(feed: Feed, connection: Connection, *, zone: str = "") -> SafeString | str:
    """When a feed is read next, or why it is not read."""
    if not connection.enabled:
        return _("none: the connection is switched off")
    if not feed.enabled:
        return _("none: it is switched off")
    return _("none: it is paused") if feed.paused_reason else due(feed.due_at, zone=zone)


def flow_badge(flow: Flow) -> SafeString:
    if not flow.enabled or not flow.integration.enabled:
        return badge(_("switched off"), "off")
    return badge(_("paused"), "off") if flow.paused_reason else badge(_("on"), "ok")


def flow_label(flow: Flow) -> str:
    """What the flow is called; its key where this release does not know it."""
    spec = all_flows().get(flow.full_key)
    return spoken(spec.label) if spec else flow.key


def shown_url(url: str) -> str:
    """An address as people may see it: secrets masked once more, and the mask readable."""
    return mask_url(url).replace(quote(MASK, safe=""), MASK)


def system_label(key: str) -> str:
    system = all_systems().get(key)
    return system.label if system else key

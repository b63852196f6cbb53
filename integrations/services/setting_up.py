"""Setting an integration up: nothing is read or sent for it until it goes live, from a date and with a first limit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from integrations.flows.registry import all_flows
from integrations.models import Connection, Feed, Flow, Integration
from integrations.services import feeds as services
from portal.audit import trail
from portal.common.clock import db_now
from portal.tenants.models import Tenant, User

SET_UP = "It is being set up."
"""Why the feeds of an integration that is not live yet are paused."""


def draft(
    *,
    tenant: Tenant,
    key: str,
    name: str,
    books: Connection,
    partner: Connection,
    settings: dict[str, Any],
    flows: dict[str, dict[str, Any]],
    actor: User,
) -> Integration:
    """Makes an integration that is switched off. Feeds that it needs and that nobody reads yet stay paused: what they
    read before it goes live would reach no flow. Raises ValidationError."""
    if Integration.objects.filter(tenant=tenant, books=books, partner=partner).exists():
        raise ValidationError(_("%(books)s and %(partner)s are paired already.") % {"books": books, "partner": partner})
    with transaction.atomic():
        before = set(Feed.objects.filter(connection__in=[books, partner]).values_list("pk", flat=True))
        row, _changed = services.save_integration(
            tenant=tenant,
            key=key,
            name=name,
            books=books,
            partner=partner,
            enabled=False,
            settings=settings,
            flows=flows,
            actor=actor,
        )
        for feed in Feed.objects.filter(connection__in=[books, partner]).exclude(pk__in=before):
            services.pause_feed(feed, reason=SET_UP, actor=actor)
    return row


def is_draft(integration: Integration) -> bool:
    """Whether it was never live: switched off, and nothing of it was ever to be sent."""
    return not integration.enabled and not integration.deliveries.exists()


def feeds_of(integration: Integration) -> list[Feed]:
    """The feeds that the switched-on flows of an integration take from, each once."""
    found: dict[int, Feed] = {}
    for flow in Flow.objects.filter(integration=integration, enabled=True).select_related("integration"):
        spec = all_flows().get(flow.full_key)
        if spec is not None:
            feed = services.ensure_feed(integration, spec)
            found[feed.pk] = feed
    return list(found.values())


def go_live(integration: Integration, *, start: dt.datetime, limit: int, actor: User) -> list[Feed]:
    """Switches an integration on: its flows are live from `start`. Feeds that nobody has read yet begin there, and a
    read that makes more than `limit` deliveries waits for a person. Returns the feeds that others read already: those
    go on where they are. Raises ValidationError."""
    if limit < 1:
        raise ValidationError(_("The first limit is one document or more."))
    if start > db_now():
        raise ValidationError(_("The start lies in the future."))
    shared = []
    with transaction.atomic():
        row = (
            Integration.objects.select_for_update(of=("self",))
            .select_related("books", "partner", "tenant")
            .get(pk=integration.pk)
        )
        if row.enabled:
            raise ValidationError(_("%(row)s is live already.") % {"row": row})
        feeds = feeds_of(row)
        if not feeds:
            raise ValidationError(_("No flow is chosen, so there is nothing to switch on."))
        for feed in feeds:
            if feed.paused_reason != SET_UP:
                shared.append(feed)
                continue
            services.set_cursor(feed, read_until=start, reason=f"{row} goes live.", actor=actor)
            Feed.objects.filter(pk=feed.pk).update(flood_floor=limit)
            services.resume_feed(feed, actor=actor)
        Flow.objects.filter(integration=row, enabled=True).update(live_from=start)
        services.save_integration(
            tenant=row.tenant,
            key=row.key,
            name=row.name,
            books=row.books,
            partner=row.partner,
            enabled=True,
            settings=row.settings,
            flows=services.flows_as_they_are(row),
            actor=actor,
        )
        trail.record(
            trail.event(
                row.tenant,
                "integration.live",
                f"{row} is live, from {start:%Y-%m-%d %H:%M} UTC; a read of more than {limit:,} waits for a person.",
                object_type="integration",
                object_id=row.pk,
                actor=actor,
                details={"start": start.isoformat(), "limit": limit},
            )
        )
    return shared

"""What people do to feeds, flows and integrations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django_scopes import scope

from integrations.engine import dispatch
from integrations.engine.cadence import Cadence, NeverDue
from integrations.engine.read import cadence_of, next_read, opens
from integrations.flows import pair_settings
from integrations.flows.contract import FlowSpec
from integrations.flows.registry import flows_of_pair
from integrations.models import Connection, Feed, Flow, Integration, MappingVersion
from integrations.services import names_in_books, one_account
from integrations.services.setting_values import checked
from integrations.systems.contract import Unmappable
from integrations.systems.registry import system
from portal.audit import trail
from portal.common.clock import db_now
from portal.common.installation import release
from portal.common.language import in_english
from portal.tenants.models import Tenant, User


def _one_company(tenant: Tenant, key: str, books: Connection, partner: Connection) -> None:
    """Raises ValidationError where a second company would share a connection that belongs to one: each payment would be
    booked by both."""
    if not system(partner.system).one_company:
        return
    other = Integration.objects.filter(tenant=tenant, partner=partner).exclude(key=key).exclude(books=books).first()
    if other is not None:
        raise ValidationError(
            _(
                "%(partner)s is paired with %(books)s already, by %(other)s. A connection to "
                "%(label)s belongs to one company: make another connection for %(own)s, with the "
                "credentials of that company."
            )
            % {
                "partner": partner,
                "books": other.books,
                "other": other,
                "label": system(partner.system).label,
                "own": books,
            }
        )


def save_integration(
    *,
    tenant: Tenant,
    key: str,
    name: str,
    books: Connection,
    partner: Connection,
    enabled: bool,
    settings: dict[str, Any],
    flows: dict[str, dict[str, Any]],
    actor: User | None,
) -> tuple[Integration, bool]:
    """Makes or changes an integration with its flows. `flows`: key → {"enabled": bool, "settings": {...}}; flows
    that are not named are off. Feeds that the flows need are made. Returns the row and whether anything changed.
    Raises ValidationError."""
    pair = pair_of(books, partner)
    specs = {spec.key: spec for spec in flows_of_pair(pair)}
    if not specs:
        raise ValidationError(
            _("There is no integration of %(system)s and %(other)s.")
            % {"system": books.system, "other": partner.system}
        )
    unknown = sorted(set(flows) - set(specs))
    if unknown:
        raise ValidationError(
            _("%(pair)s has no flow called %(unknown)s. There are: %(known)s.")
            % {"pair": pair, "unknown": ", ".join(unknown), "known": ", ".join(specs)}
        )
    with transaction.atomic():
        _one_company(tenant, key, books, partner)
        row = Integration.objects.filter(tenant=tenant, key=key).first() or Integration(tenant=tenant, key=key)
        before = (row.name, row.books_id, row.partner_id, row.enabled, row.settings, row.pair)
        row.name, row.books, row.partner, row.enabled, row.settings, row.pair = (
            name,
            books,
            partner,
            enabled,
            settings,
            pair,
        )
        row.clean()
        if before[1:3] != (books.pk, partner.pk) or (enabled and not before[3]):
            names_in_books.check_integration(row)
        changed = (
            ["integration"] if row.pk is None or before != (name, books.pk, partner.pk, enabled, settings, pair) else []
        )
        if row._state.adding:
            row.save()
        elif changed:  # by name: whoever presses a kill switch meanwhile has pressed it
            row.save(update_fields=["name", "books", "partner", "enabled", "settings", "pair"])
        for spec in specs.values():
            changed += _save_flow(row, spec, flows.get(spec.key), actor, mapped_by=dict(before[4] or {}))
        if changed:
            one_account.check_integration(row)
        if changed:
            trail.record(
                trail.event(
                    tenant,
                    "integration.changed",
                    f"{name}: {', '.join(changed)}.",
                    object_type="integration",
                    object_id=row.pk,
                    actor=actor,
                    actor_name="" if actor else "configuration",
                )
            )
    return row, bool(changed)


def pair_of(books: Connection, partner: Connection) -> str:
    """The key of the pair that two connections make, as `visma-cleo`."""
    return f"{books.system}-{partner.system}".replace("_", "-")


def flows_as_they_are(integration: Integration) -> dict[str, dict[str, Any]]:
    """The flows of an integration as `save_integration` takes them."""
    flows = Flow.objects.filter(integration=integration)
    return {f.key: {"enabled": f.enabled, "settings": f.settings or {}} for f in flows}


def save_settings(integration: Integration, settings: dict[str, Any], *, actor: User | None) -> bool:
    """Changes the settings of an integration with trading partners; each of its flows maps by a new version from now
    on. Returns whether anything changed. Raises ValidationError."""
    try:
        pair_settings.read(settings)
    except Unmappable as error:
        raise ValidationError(error.sentence) from error
    _row, changed = save_integration(
        tenant=integration.tenant,
        key=integration.key,
        name=integration.name,
        books=integration.books,
        partner=integration.partner,
        enabled=integration.enabled,
        settings=settings,
        flows=flows_as_they_are(integration),
        actor=actor,
    )
    return changed


def save_flow(flow: Flow, *, enabled: bool, settings: dict[str, Any], actor: User | None) -> bool:
    """Changes one flow and leaves its neighbours as they are. Returns whether anything changed. Raises
    ValidationError."""
    integration = flow.integration
    flows = {**flows_as_they_are(integration), flow.key: {"enabled": enabled, "settings": settings}}
    _row, changed = save_integration(
        tenant=integration.tenant,
        key=integration.key,
        name=integration.name,
        books=integration.books,
        partner=integration.partner,
        enabled=integration.enabled,
        settings=integration.settings,
        flows=flows,
        actor=actor,
    )
    return changed


def add_new_flows() -> int:
    """Flows that a release brings, for integrations that were saved by one before: made and switched off, so that
    people find them among the others. Returns how many were made."""
    made = 0
    for row in Integration.objects.prefetch_related("flows").select_related("tenant", "books", "partner"):
        known = {flow.key for flow in row.flows.all()}
        missing = [spec for spec in flows_of_pair(row.pair) if spec.key not in known]
        if not missing:
            continue
        with scope(tenant=row.tenant), transaction.atomic():
            Integration.objects.select_for_update(of=("self",)).get(pk=row.pk)
            there = set(Flow.objects.filter(integration=row).values_list("key", flat=True))
            added = [spec for spec in missing if spec.key not in there]
            for spec in added:
                _save_flow(row, spec, None, None, mapped_by=dict(row.settings or {}))
            if added:
                names = ", ".join(spec.key for spec in added)
                said = f"{row.name}: {names} came with release {release()}, switched off."
                trail.record(
                    trail.event(row.tenant, "integration.changed", said, object_type="integration", object_id=row.pk)
                )
        made += len(added)
    return made


def checked_settings(spec: FlowSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    """A flow's settings, each in its kind. An empty one stands for its default. Raises ValidationError, which names the
    flow, the setting, its value and what it may be."""
    declared = {s.name: s for s in spec.settings}
    unknown = sorted(set(values) - set(declared))
    if unknown:
        raise ValidationError(
            _("%(full_key)s has no setting called %(unknown)s. There are: %(declared)s.")
            % {
                "full_key": spec.full_key,
                "unknown": ", ".join(unknown),
                "declared": ", ".join(sorted(declared)) or _("none"),
            }
        )
    found = {}
    for name, value in values.items():
        try:
            found[name] = declared[name].default if value in ("", None) else checked(declared[name], value)
        except ValidationError as error:
            raise ValidationError(f"{spec.full_key}: {' '.join(error.messages)}") from error
    return found


def _save_flow(
    integration: Integration,
    spec: FlowSpec,
    wanted: dict[str, Any] | None,
    actor: User | None,
    *,
    mapped_by: dict[str, Any],
) -> list[str]:
    """`mapped_by`: the integration's settings until now."""
    enabled = wanted is not None and bool(wanted.get("enabled", True))
    settings = dict((wanted or {}).get("settings") or {})
    flow = Flow.objects.filter(integration=integration, key=spec.key).first()
    if flow is None or flow.settings != settings:  # what an earlier release took must not hold up its neighbours
        settings = checked_settings(spec, settings)
    changed = flow is None or (flow.enabled, flow.settings) != (enabled, settings)
    maps_otherwise = flow is None or (flow.settings, mapped_by) != (settings, integration.settings)
    if flow is None:
        flow = Flow(tenant_id=integration.tenant_id, integration=integration, key=spec.key, mapping_version=0)
    elif maps_otherwise and not flow.mapping_versions.exists():
        _note_version(flow, mapped_by, None)  # made by a release that kept no versions
    begins = enabled and integration.enabled and flow.live_from is None
    if begins:
        flow.live_from = db_now()
    if changed or maps_otherwise or begins:
        flow.enabled, flow.settings = enabled, settings
        flow.mapping_version += 1 if maps_otherwise else 0
        # By name: whoever pauses it meanwhile has paused it.
        flow.save(update_fields=["enabled", "settings", "mapping_version", "live_from"] if flow.pk else None)
    if maps_otherwise:
        _note_version(flow, integration.settings, actor)
    if enabled:
        ensure_feed(integration, spec)
    return [spec.key] if changed else []


def _note_version(flow: Flow, integration_settings: dict[str, Any] | None, actor: User | None) -> None:
    """Keeps the settings by which the flow maps from now on."""
    MappingVersion.objects.create(
        tenant_id=flow.tenant_id,
        flow=flow,
        number=flow.mapping_version,
        flow_settings=flow.settings or {},
        integration_settings=integration_settings or {},
        release=release(),
        made_by=actor,
        made_by_name=actor.get_username() if actor else "configuration",
        created_at=db_now(),
    )


def ensure_feed(integration: Integration, spec: FlowSpec) -> Feed:
    """The feed that the flow takes from, made with its system's defaults when it is missing."""
    connection = integration.books if spec.source == "books" else integration.partner
    feed_spec = system(connection.system).feed(spec.feed)
    feed, _made = Feed.objects.get_or_create(
        tenant_id=integration.tenant_id,
        connection=connection,
        key=spec.feed,
        defaults={
            "interval_seconds": int(min(spec.interval, feed_spec.interval).total_seconds()),
            "schedule": Cadence(cron=feed_spec.cron).as_stored(),
            "overlap_seconds": int(feed_spec.overlap.total_seconds()),
            "settle_seconds": int(feed_spec.settle.total_seconds()),
        },
    )
    return feed


def run_now(feed: Feed, *, actor: User | None = None) -> None:
    """Makes the feed due at once."""
    with transaction.atomic():
        Feed.objects.filter(pk=feed.pk).update(due_at=db_now())
        _audit(feed, "feed.run_now", f"{feed} is read now.", actor)
        dispatch.wake()


def set_schedule(feed: Feed, *, every: dt.timedelta, cadence: Cadence, actor: User | None) -> bool:
    """Says when the feed is read: at an interval, which cron lines take the place of, on which days, outside which
    hours. Returns whether anything changed. Raises ValidationError for a schedule that cannot be."""
    now = db_now()
    if every < dt.timedelta(seconds=10):
        raise ValidationError(_("A feed is read every ten seconds at most."))
    try:
        cadence.check(zone=ZoneInfo(feed.tenant.time_zone), now=now)
    except NeverDue as error:
        raise ValidationError(str(error)) from error
    stored, seconds = cadence.as_stored(), int(every.total_seconds())
    with transaction.atomic():
        row = Feed.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=feed.pk)
        if (row.schedule, row.interval_seconds) == (stored, seconds):
            return False
        row.schedule, row.interval_seconds = stored, seconds
        first = row.last_read_at is None and not cadence.cron
        row.due_at = opens(row, now) if first else next_read(row, now)
        row.save(update_fields=["schedule", "interval_seconds", "due_at"])
        with in_english():
            summary = f"{feed} is read {schedule_in_words(row)}."
        _audit(feed, "feed.scheduled", summary, actor)
        dispatch.wake()
    return True


def schedule_in_words(feed: Feed) -> str:
    """As "every 300 s, on business days of SE"."""
    cadence = cadence_of(feed)
    if cadence.cron:
        return cadence.words
    long = feed.stretched_seconds
    stretched = _("stretched to %(seconds)s s by the allowance of calls") % {"seconds": long} if long else ""
    every = _("every %(seconds)s s") % {"seconds": feed.interval_seconds}
    return ", ".join(filter(None, (every, stretched, cadence.words)))


def pause_feed(feed: Feed, *, reason: str, actor: User | None) -> None:
    """Stops reading until `resume_feed`. Nothing is lost: the cursor stays."""
    if not reason.strip():
        raise ValidationError(_("Say why it is paused."))
    with transaction.atomic():
        Feed.objects.filter(pk=feed.pk).update(paused_reason=reason[:300])
        _audit(feed, "feed.paused", f"{feed}: {reason}", actor)


def resume_feed(feed: Feed, *, actor: User | None) -> None:
    with transaction.atomic():
        Feed.objects.filter(pk=feed.pk).update(paused_reason="", due_at=db_now())
        _audit(feed, "feed.resumed", f"{feed} is read again.", actor)
        dispatch.wake()


def set_cursor(feed: Feed, *, read_until: dt.datetime | None, reason: str, actor: User | None) -> None:
    """Moves the cursor by hand. Back: what was read is read again, and doubles nothing. Forward: what lies between
    is never read, which is why a reason is asked for. None: from the beginning."""
    if not reason.strip():
        raise ValidationError(_("Say why the cursor is moved."))
    if read_until is not None and read_until > db_now():
        raise ValidationError(_("The cursor cannot lie in the future."))
    with transaction.atomic():
        row = Feed.objects.select_for_update().get(pk=feed.pk)
        if row.lease_until is not None and row.lease_until > db_now():
            raise ValidationError(_("The feed is being read right now; try again in a moment."))
        before = row.read_until
        row.read_until, row.resume, row.due_at = read_until, None, db_now()
        row.fence += 1
        row.save(update_fields=["read_until", "resume", "due_at", "fence"])
        _audit(
            feed,
            "feed.cursor_moved",
            f"{feed}: from {before or 'the beginning'} to {read_until or 'the beginning'}. {reason}",
            actor,
        )
        dispatch.wake()


def pause_flow(flow: Flow, *, reason: str, actor: User | None, actor_name: str = "") -> None:
    """Stops sending for the flow; records are captured on, and wait."""
    if not reason.strip():
        raise ValidationError(_("Say why it is paused."))
    with transaction.atomic():
        Flow.objects.filter(pk=flow.pk).update(paused_reason=reason[:300])
        _audit(flow, "flow.paused", f"{flow}: {reason}", actor, actor_name)


def resume_flow(flow: Flow, *, actor: User | None, actor_name: str = "") -> None:
    with transaction.atomic():
        Flow.objects.filter(pk=flow.pk).update(paused_reason="")
        _audit(flow, "flow.resumed", f"{flow} sends again.", actor, actor_name)
        dispatch.wake()


def _audit(row: Feed | Flow, action: str, summary: str, actor: User | None, actor_name: str = "") -> None:
    trail.record(
        trail.event(
            row.tenant_id,
            action,
            summary,
            object_type=row._meta.model_name or "",
            object_id=row.pk,
            actor=actor,
            actor_name=actor_name or ("" if actor else "command line"),
        )
    )

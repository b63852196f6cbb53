"""What django-q2 may call, by these dotted paths and no others. Losing any of these tasks loses nothing."""

from __future__ import annotations

import socket

from django_scopes import scopes_disabled

from integrations.engine import dispatch, expected, forecasts, overdue, quiet, retention, schedule, unheard
from integrations.engine.slice import run_slot
from integrations.notices import alerts
from integrations.notices.gather import gather_all
from integrations.services.feeds import add_new_flows
from portal.audit import anchors, trail
from portal.common.clock import db_now
from portal.common.installation import beat
from portal.tenants.models import Tenant


def tick() -> str:
    """Each minute: adds the flows that a new release brings, frees what dead workers held, tells of late
    acknowledgments, queues what customers are to be told, seals the audit trail, calls workers when something is due;
    once an hour it prunes what is old and looks for what has gone quiet and what the other side never spoke of, once a
    day it writes the anchor of the audit trail."""
    with scopes_disabled():
        beat(socket.gethostname())
        add_new_flows()
        freed = schedule.sweep()
        late = overdue.note_overdue()
        expected.look()
        forecasts.look()
        told = gather_all()
        alerts.send_digests()
        due = schedule.anything_due()
        tenants = list(Tenant.objects.all())
    if due:
        dispatch.wake()
    with scopes_disabled():
        now = db_now()
        pruned = 0
        if retention.due(now):
            quiet.look_at_days(now)
            unheard.look(now)
            pruned = retention.prune_all(tenants)
    sealed = sum(trail.seal_events(tenant) for tenant in tenants)
    with scopes_disabled():
        anchors.write(now)
    called = "called" if due else "not needed"
    return f"freed {freed}, late {late}, told {told}, sealed {sealed}, pruned {pruned}, work {called}"


def work() -> str:
    """One slice of work. It shows itself at its beginning: a new installation need not wait for the first tick."""
    heartbeat()
    done = run_slot()
    if done is None:
        return "no slot free"
    with scopes_disabled():
        if gather_all():
            dispatch.wake()
    return f"feeds {done.feeds}, deliveries {done.deliveries}, verdicts {done.verdicts}, operations {done.operations}"


def heartbeat() -> None:
    """Shows that the cluster works; older than three minutes means that it does not."""
    with scopes_disabled():
        beat(socket.gethostname())

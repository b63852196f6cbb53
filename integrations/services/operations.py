"""What people and programs ask for, each as a row whose state can be asked for until it has ended.

`plan_*` counts what would be done and stores that; `start` has it done. What needs no plan is started at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from edi.models import TradingPartner
from integrations.engine import backfill, dispatch
from integrations.engine.compare import Comparison as Comparison
from integrations.engine.compare import compare as compare
from integrations.engine.differences import KIND_WORDS as DIFFERENCE_WORDS
from integrations.engine.differences import Differences as Differences
from integrations.engine.differences import as_rows as difference_rows
from integrations.engine.differences import can_differ as can_differ
from integrations.engine.differences import read_report
from integrations.engine.many import MOST_PER_MINUTE, PER_MINUTE, Options, Selection, plan_replay
from integrations.engine.plan import LIVE_FROM
from integrations.engine.plan import as_rows as as_rows
from integrations.engine.reconcile import CLASS_WORDS as CLASS_WORDS
from integrations.engine.reconcile import Result, Total, in_words, summary, totals_of
from integrations.engine.unsent import PER_MINUTE as SEND_PER_MINUTE
from integrations.engine.unsent import Unagreed as Unagreed
from integrations.engine.unsent import unagreed as unagreed
from integrations.flows.registry import all_flows
from integrations.models import Backfill, Delivery, Feed, Flow, Operation
from portal.audit import trail
from portal.common.clock import db_now
from portal.common.language import spoken
from portal.tenants.models import Tenant, User

__all__ = [
    "DIFFERENCE_WORDS",
    "MOST_PER_MINUTE",
    "PER_MINUTE",
    "Differences",
    "NameTaken",
    "Options",
    "Selection",
    "Total",
    "Unagreed",
    "about",
    "ask_backfill",
    "ask_differences",
    "ask_dry_run",
    "ask_reconcile",
    "ask_replay",
    "ask_send_unagreed",
    "ask_send_unsent",
    "ask_sync",
    "can_differ",
    "cancel",
    "difference_report",
    "difference_rows",
    "in_words",
    "note_download",
    "once",
    "plan_replay",
    "planned_rows",
    "reconciled_lines",
    "start",
    "summary",
    "totals_of",
    "unagreed",
    "unsent",
]

COMMAND_LINE = "command line"


class NameTaken(Exception):
    """Two different requests came under one name."""


def ask_replay(
    tenant: Tenant, selection: Selection, options: Options, *, reason: str, actor: User | None, actor_name: str = ""
) -> Operation:
    """Counts what replaying the selected deliveries would do, and stores that as a planned operation: `start` has it
    done. What fails later than now is not part of it. Raises ValidationError."""
    if options.force and not reason.strip():
        raise ValidationError(_("A forced replay sends documents a second time; say why."))
    newest = Delivery.objects.filter(tenant=tenant).order_by("-pk").values_list("pk", flat=True).first() or 0
    meant = msgspec.structs.replace(selection, up_to=min(selection.up_to or newest, newest))
    try:
        plan = plan_replay(tenant.pk, meant, options)
    except ValueError as error:
        raise ValidationError(str(error)) from error
    return _make(
        tenant,
        Operation.Kind.REPLAY,
        selection=msgspec.to_builtins(meant),
        options=msgspec.to_builtins(options),
        plan=plan.as_json(),
        reason=reason,
        actor=actor,
        actor_name=actor_name,
    )


def ask_sync(feeds: Iterable[Feed], *, actor: User | None, actor_name: str = "", reason: str = "") -> Operation:
    """Has feeds of one tenant read now. Ends when they were read and what came of it is settled. Raises
    ValidationError."""
    rows = list(feeds)
    if not rows:
        raise ValidationError(_("There is no feed to read."))
    for feed in rows:
        if not feed.enabled or feed.paused_reason:
            paused, off = _("%(feed)s is paused: it is not read."), _("%(feed)s is switched off: it is not read.")
            raise ValidationError((paused if feed.enabled else off) % {"feed": feed})
    with transaction.atomic():
        made = _make(
            rows[0].tenant,
            Operation.Kind.SYNC,
            feed=rows[0] if len(rows) == 1 else None,
            selection={"feeds": [f.pk for f in rows]},
            reason=reason,
            actor=actor,
            actor_name=actor_name,
        )
        for feed in rows:
            hint = made.created_at - dt.timedelta(seconds=feed.settle_seconds)
            Feed.objects.filter(pk=feed.pk).update(due_at=made.created_at, hinted_for=hint)
        return start(made, actor=actor, actor_name=actor_name)


def ask_backfill(
    feed: Feed, *, since: dt.datetime, until: dt.datetime, reason: str, actor: User | None, actor_name: str = ""
) -> Operation:
    """Has the period [since, until) of a feed read again, beside the live reading. Raises ValidationError."""
    with transaction.atomic():
        begun = backfill.begin(feed, start=since, end=until, reason=reason, actor=actor, actor_name=actor_name)
        made = _make(
            feed.tenant,
            Operation.Kind.BACKFILL,
            feed=feed,
            selection={"backfill": begun.pk, "from": since.isoformat(), "to": until.isoformat()},
            reason=reason,
            actor=actor,
            actor_name=actor_name,
        )
        return start(made, actor=actor, actor_name=actor_name)


def ask_dry_run(
    flow: Flow,
    *,
    actor: User | None,
    actor_name: str = "",
    reason: str = "",
    live_from: dt.datetime | None = None,
) -> Operation:
    """Plans what the flow would create or change in its target, field by field, without a write. The plan is the
    operation's result. `live_from`: of one that was never live, from when it would be; unless it is said, from now.
    Raises ValidationError for a time to come."""
    if live_from is not None and live_from > db_now():
        raise ValidationError(_("The start lies in the future."))
    made = _make(
        flow.tenant,
        Operation.Kind.DRY_RUN,
        flow=flow,
        options={LIVE_FROM: live_from.isoformat()} if live_from is not None else {},
        reason=reason,
        actor=actor,
        actor_name=actor_name,
    )
    return start(made, actor=actor, actor_name=actor_name)


def ask_reconcile(
    flow: Flow,
    *,
    since: dt.datetime,
    until: dt.datetime,
    actor: User | None,
    actor_name: str = "",
    reason: str = "",
) -> Operation:
    """Compares what changed at the source in [since, until) with what the target has. Raises ValidationError."""
    if since >= until:
        raise ValidationError(_("The period ends before it begins."))
    if all_flows()[flow.full_key].keeps:
        raise ValidationError(
            _("%(flow)s has no effect in another system, so there is nothing to reconcile.") % {"flow": flow}
        )
    made = _make(
        flow.tenant,
        Operation.Kind.RECONCILE,
        flow=flow,
        selection={"from": since.isoformat(), "to": until.isoformat()},
        reason=reason,
        actor=actor,
        actor_name=actor_name,
    )
    return start(made, actor=actor, actor_name=actor_name)


def ask_send_unsent(found: Operation, *, reason: str, actor: User | None, actor_name: str = "") -> Operation:
    """Counts what a reconciliation found to have never been sent, and stores that as a planned operation: `start` has
    deliveries made for it. Raises ValidationError where there is nothing to send, or the flow is off."""
    if not reason.strip():
        raise ValidationError(_("Say why it is sent now: nobody has from here so far."))
    flow, ids = found.flow, unsent(found)
    if found.kind != Operation.Kind.RECONCILE or flow is None or not found.ended:
        raise ValidationError(_("Reconcile the flow first; what it finds to have never been sent can be sent then."))
    if not ids:
        raise ValidationError(_("It found nothing that was never sent."))
    selection = {"reconciliation": found.pk, "source_ids": ids}
    return _make_send_unsent(flow, selection, reason=reason, actor=actor, actor_name=actor_name)


def ask_send_unagreed(
    partner: TradingPartner, *, reason: str, actor: User | None, actor_name: str = "", only: Flow | None = None
) -> list[Operation]:
    """The same for what was not sent to a trading partner because nothing was agreed then: one planned operation a
    flow, or that of one flow alone. Raises ValidationError where there is nothing to send, or a flow is off."""
    if not reason.strip():
        raise ValidationError(_("Say why it is sent now: nobody has from here so far."))
    by_flow: dict[Flow, list[str]] = {}
    for one in unagreed(partner):
        if only is not None and one.flow != only:
            continue
        by_flow.setdefault(one.flow, []).extend(one.source_ids)
    if not by_flow:
        raise ValidationError(_("Nothing was kept from %(partner)s for want of an agreement.") % {"partner": partner})
    with transaction.atomic():
        return [
            _make_send_unsent(
                flow,
                {"trading_partner": partner.key, "source_ids": ids},
                reason=reason,
                actor=actor,
                actor_name=actor_name,
            )
            for flow, ids in by_flow.items()
        ]


def _make_send_unsent(
    flow: Flow, selection: dict[str, Any], *, reason: str, actor: User | None, actor_name: str
) -> Operation:
    if not (flow.enabled and flow.integration.enabled):
        raise ValidationError(_("%(flow)s is switched off: switch it on first.") % {"flow": flow})
    count = len(selection["source_ids"])
    return _make(
        flow.tenant,
        Operation.Kind.SEND_UNSENT,
        flow=flow,
        selection=selection,
        plan={"matched": count, "would_be_sent": count, "seconds": math.ceil(count * 60 / SEND_PER_MINUTE)},
        reason=reason,
        actor=actor,
        actor_name=actor_name,
    )


def unsent(found: Operation) -> list[str]:
    """The objects that a reconciliation found to have never been sent, by the source's ids."""
    if found.kind != Operation.Kind.RECONCILE:
        return []
    return [str(line["source_id"]) for line in reconciled_lines(found) if line["kind"] == "never_sent"]


def once(tenant: Tenant, name: str, said: bytes, ask: Callable[[], Operation]) -> tuple[Operation, bool]:
    """Asks under a name that a program gave its request: the same request again gives the operation that it made the
    first time. `said` is the request. Returns the operation, and whether it was made now. Raises NameTaken when another
    request had that name, and what `ask` raises."""
    digest = hashlib.sha256(said).hexdigest()
    try:
        with transaction.atomic():
            known = Operation.objects.filter(tenant=tenant, asked_as=name).first()
            if known is None:
                made = ask()
                Operation.objects.filter(pk=made.pk).update(asked_as=name, asked_sha256=digest)
                return Operation.objects.get(pk=made.pk), True
    except IntegrityError:
        known = Operation.objects.filter(tenant=tenant, asked_as=name).first()
        if known is None:
            raise  # it was not about the name
    if known.asked_sha256 != digest:
        raise NameTaken(f"{name} was the name of another request, which made operation {known.pk}.")
    return known, False


def ask_differences(flow: Flow, *, actor: User | None, actor_name: str = "", reason: str = "") -> Operation:
    """Compares reference data of a flow on both sides, as a whole. Writes nothing. Raises ValidationError for a flow of
    other things."""
    if not can_differ(flow):
        raise ValidationError(_("%(flow)s carries no reference data that both sides list.") % {"flow": flow})
    made = _make(flow.tenant, Operation.Kind.DIFFERENCES, flow=flow, reason=reason, actor=actor, actor_name=actor_name)
    return start(made, actor=actor, actor_name=actor_name)


def difference_report(operation: Operation) -> Differences:
    """What a comparison of reference data has found."""
    return read_report(operation.result)


def planned_rows(operation: Operation) -> list[dict[str, Any]]:
    """What a dry run has planned so far."""
    found: list[dict[str, Any]] = msgspec.json.decode(operation.result) if operation.result else []
    return found


def reconciled_lines(operation: Operation) -> list[dict[str, Any]]:
    """The documents that a reconciliation has looked at so far."""
    return msgspec.json.decode(operation.result, type=Result).lines if operation.result else []


def note_download(operation: Operation, *, form: str, actor: User | None, actor_name: str = "") -> None:
    """Keeps who took a result away."""
    with transaction.atomic():
        what = f"{operation} of {about(operation)} was downloaded as {form}."
        _audit(operation, "downloaded", what, actor, actor_name)


def start(operation: Operation, *, actor: User | None, actor_name: str = "") -> Operation:
    """Has a planned operation carried out. Raises ValidationError when it has begun or ended before."""
    now = db_now()
    with transaction.atomic():
        row = Operation.objects.select_for_update().get(pk=operation.pk)
        if row.state != Operation.State.PLANNED:
            raise ValidationError(
                _("%(row)s is %(state)s already.") % {"row": row, "state": spoken(row.get_state_display())}
            )
        row.state, row.started_at, row.due_at = Operation.State.RUNNING, now, now
        row.save(update_fields=["state", "started_at", "due_at"])
        _audit(row, "started", f"{row} of {about(row)} was started. {row.reason}".strip(), actor, actor_name)
        dispatch.wake()
    return row


def cancel(operation: Operation, *, actor: User | None, reason: str = "", actor_name: str = "") -> Operation:
    """Ends an operation before it is done. What it did stays done; it begins nothing more. Raises ValidationError when
    it has ended before."""
    with transaction.atomic():
        row = Operation.objects.select_for_update().get(pk=operation.pk)
        if row.ended:
            raise ValidationError(
                _("%(row)s has ended already: %(state)s.") % {"row": row, "state": spoken(row.get_state_display())}
            )
        row.state, row.ended_at, row.problem = Operation.State.CANCELLED, db_now(), reason[:500]
        row.fence += 1  # a worker that is at it keeps nothing any more
        row.lease_until, row.leased_by = None, ""
        row.save(update_fields=["state", "ended_at", "problem", "fence", "lease_until", "leased_by"])
        if row.kind == Operation.Kind.BACKFILL:
            begun = Backfill.objects.filter(pk=row.selection["backfill"], state=Backfill.State.OPEN).first()
            if begun is not None:
                backfill.cancel(begun, reason=reason or f"{row} was cancelled.", actor=actor)
        _audit(row, "cancelled", f"{row} of {about(row)} was cancelled. {reason}".strip(), actor, actor_name)
    return row


def about(operation: Operation) -> str:
    """What it concerns, in words."""
    if operation.flow is not None:
        return str(operation.flow)
    if operation.feed is not None:
        return str(operation.feed)
    if operation.kind == Operation.Kind.REPLAY:
        return f"{operation.plan.get('would_be_sent', 0):,} deliveries"
    return f"{len(operation.selection.get('feeds', [])):,} feeds"


def _make(tenant: Tenant, kind: Operation.Kind, *, actor: User | None, actor_name: str, **values: Any) -> Operation:
    now = db_now()
    name = actor.get_username() if actor else actor_name or COMMAND_LINE
    values["reason"] = str(values.get("reason", ""))[:300]
    return Operation.objects.create(
        tenant=tenant, kind=kind, asked_by=actor, asked_by_name=name[:150], created_at=now, due_at=now, **values
    )


def _audit(row: Operation, what: str, summary: str, actor: User | None, actor_name: str) -> None:
    trail.record(
        trail.event(
            row.tenant_id,
            f"operation.{what}",
            summary,
            object_type="operation",
            object_id=row.pk,
            actor=actor,
            actor_name=actor_name or ("" if actor else COMMAND_LINE),
            details={k: v for k, v in row.plan.items() if isinstance(v, int)},
        )
    )

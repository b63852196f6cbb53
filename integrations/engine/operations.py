"""Operations: what people and programs ask for, carried out by workers in slices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from integrations.engine import dispatch
from integrations.engine.differences import differences_slice
from integrations.engine.many import replay_slice
from integrations.engine.plan import dry_run_slice
from integrations.engine.reconcile import reconcile_slice
from integrations.engine.sessions import Sessions
from integrations.engine.step import LEASE, OperationFailed, Step, Stopped
from integrations.engine.sync import backfill_slice, sync_slice
from integrations.engine.unsent import send_unsent_slice
from integrations.http.errors import Fault
from integrations.models import Operation
from portal.audit import trail
from portal.common.clock import db_now

log = structlog.get_logger()

Kind = Operation.Kind
HANDLERS: dict[str, Callable[[Operation, Sessions], Step]] = {
    Kind.REPLAY: lambda operation, sessions: replay_slice(operation),
    Kind.SYNC: lambda operation, sessions: sync_slice(operation),
    Kind.BACKFILL: lambda operation, sessions: backfill_slice(operation),
    Kind.DRY_RUN: dry_run_slice,
    Kind.RECONCILE: reconcile_slice,
    Kind.DIFFERENCES: differences_slice,
    Kind.SEND_UNSENT: lambda operation, sessions: send_unsent_slice(operation),
}
"""What does a slice of each kind. A kind of a later release is left alone."""


def due_operations(now: dt.datetime) -> Q:
    """Operations whose next slice may begin."""
    return Q(
        Q(lease_until=None) | Q(lease_until__lt=now),
        state=Operation.State.RUNNING,
        due_at__lte=now,
        kind__in=list(HANDLERS),
    )


def claim_operation(worker: str, *, only: set[int] | None = None) -> Operation | None:
    """Takes the operation that has waited longest, or None. Its fence grows, so that a worker believed dead can keep
    nothing any more."""
    now = db_now()
    due = Operation.objects.filter(due_operations(now))
    if only is not None:
        due = due.filter(pk__in=only)
    if not due.exists():
        return None
    with transaction.atomic():
        found = due.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "pk").first()
        if found is None:
            return None
        found.fence += 1
        found.lease_until, found.leased_by = now + LEASE, worker
        found.save(update_fields=["fence", "lease_until", "leased_by"])
    return Operation.objects.select_related(
        "tenant", "asked_by", "flow__integration__books", "flow__integration__partner__network", "feed"
    ).get(pk=found.pk)


def work_on(operation: Operation, sessions: Sessions) -> None:
    """Does a slice of a claimed operation and gives it back. Never raises for what it is about."""
    try:
        step = HANDLERS[operation.kind](operation, sessions)
    except Stopped:
        return
    except (OperationalError, InterfaceError):
        raise  # the database is away or busy: the lease ends, and it goes on where it was
    except (Fault, OperationFailed) as error:
        sentence = error.sentence if isinstance(error, Fault) else str(error)
        end(operation, Operation.State.FAILED, problem=sentence)
        return
    except Exception as error:
        log.exception("operation.failed", operation=operation.pk, tenant=operation.tenant_id)
        what = f"Something in ml-connector is wrong ({type(error).__name__}). What was done so far stays done."
        end(operation, Operation.State.FAILED, problem=what)
        return
    finally:
        sessions.forget()
    if step.again_at is None:
        end(operation, Operation.State.DONE, problem=step.problem, result=step.result)
        return
    with transaction.atomic():
        held = Operation.objects.filter(pk=operation.pk, fence=operation.fence, state=Operation.State.RUNNING)
        held.update(lease_until=None, leased_by="", due_at=step.again_at, problem=step.problem[:500])
        dispatch.wake()


def end(operation: Operation, state: Operation.State, *, problem: str = "", result: bytes | None = None) -> bool:
    """Closes it, if this worker still has it. Returns whether it did."""
    now = db_now()
    with transaction.atomic():
        held = Operation.objects.filter(pk=operation.pk, fence=operation.fence, state=Operation.State.RUNNING)
        row = held.select_for_update().first()
        if row is None:
            return False
        row.state, row.ended_at, row.problem = state, now, problem[:500]
        row.lease_until, row.leased_by = None, ""
        if result is not None:
            row.result = result
        row.save(update_fields=["state", "ended_at", "problem", "lease_until", "leased_by", "result"])
        trail.record(
            trail.event(
                row.tenant_id,
                f"operation.{state}",
                f"{row}: {row.get_state_display()}. {problem}".strip(),
                object_type="operation",
                object_id=row.pk,
                details={k: v for k, v in row.progress.items() if isinstance(v, int)},
            )
        )
    return True

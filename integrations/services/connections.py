"""What people do to connections."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from edi.models import Network
from integrations.engine import dispatch, issues
from integrations.http import breaker, tokens
from integrations.http.errors import Fault
from integrations.models import Connection, Delivery, Feed, State
from integrations.services import names_in_books, one_account
from integrations.services.setting_values import checked
from integrations.systems.contract import Setting, Step
from integrations.systems.registry import system
from portal.audit import trail
from portal.common.clock import db_now
from portal.tenants.models import Tenant, User

NOT_LOOKED_UP = ("paused", "config", "unauthorized", "rate_limited", "transient")
"""Error classes of a delivery in doubt whose look-up failed."""
LONGEST_STEP = dt.timedelta(minutes=2)
"""After so long without a step, nobody tests any more: the process has died."""


def save_connection(
    *,
    tenant: Tenant,
    key: str,
    system_key: str,
    name: str,
    values: dict[str, Any],
    actor: User | None,
    enabled: bool = True,
) -> tuple[Connection, bool]:
    """Makes or changes a connection. `values` holds settings and secrets by name; a secret that is missing or empty
    keeps its value.

    Returns the row and whether anything changed. Raises ValidationError naming the setting. New credentials close
    the breaker and drop the token: they are tried at once.
    """
    spec = system(system_key)
    with transaction.atomic():
        row = Connection.objects.select_for_update().filter(tenant=tenant, key=key).first() or Connection(
            tenant=tenant, key=key, system=system_key
        )
        if row.system != system_key:
            raise ValidationError(
                _("Connection %(key)s is a %(system)s connection; make a new one for %(system_key)s.")
                % {"key": key, "system": row.system, "system_key": system_key}
            )
        made = row.pk is None
        settings, secrets, changed = _merge(spec.settings, row, names_in_books.named(row, values))
        names_in_books.check_connection(row, settings)
        one_account.check_connection(row, settings, secrets)
        if (row.name, row.enabled) != (name, enabled):
            changed = [*changed, "name" if row.name != name else "enabled"]
        if not changed and not made:
            return row, False
        row.name, row.enabled, row.settings = name, enabled, settings
        row.secrets = secrets  # type: ignore[assignment]  # the package's fields have no types
        row.health = Connection.Health.UNTESTED
        if spec.is_network and row.network is None:
            row.network, _made = Network.objects.get_or_create(tenant=tenant, key=key, defaults={"name": name})
        row.save()
        breaker.reset(row)
        tokens.forget(row)
        issues.resolve_connection(row, now=db_now())
        _make_due(row)
        trail.record(
            trail.event(
                tenant,
                "connection.created" if made else "connection.changed",
                f"{name}: {', '.join(changed) or 'made'}.",
                object_type="connection",
                object_id=row.pk,
                actor=actor,
                actor_name="" if actor else "configuration",
                details={"changed": changed},
            )
        )
    return row, True


def check_values(row: Connection, values: dict[str, Any]) -> None:
    """Raises the ValidationError with which `save_connection` would refuse these values. Saves nothing."""
    if row._state.adding:
        _merge(system(row.system).settings, row, values)
        return
    settings, secrets, _changed = _merge(system(row.system).settings, row, names_in_books.named(row, values))
    names_in_books.check_connection(row, settings)
    one_account.check_connection(row, settings, secrets)


def _merge(
    declared: tuple[Setting, ...], row: Connection, values: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """New settings and secrets, and the names of what changed. Secret values are never named."""
    known = {s.name: s for s in declared}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ValidationError(
            _("%(system)s has no setting called %(unknown)s. There are: %(known)s.")
            % {"system": row.system, "unknown": ", ".join(unknown), "known": ", ".join(known)}
        )
    settings, secrets = dict(row.settings or {}), dict(row.secrets or {})
    changed = []
    for name, setting in known.items():
        store = secrets if setting.secret else settings
        if name in values and not (setting.secret and values[name] in ("", None)):
            value = setting.default if values[name] in ("", None) else checked(setting, values[name])
            if store.get(name) != value:
                store[name] = value
                changed.append(name)
        elif name not in store and setting.default not in ("", None):
            store[name] = setting.default
        if setting.required and store.get(name) in ("", None):
            raise ValidationError(f"{setting.label} ({name}) is missing. {setting.help}".strip())
    return settings, secrets, changed


def check_connection(connection: Connection, *, actor: User | None = None) -> list[Step]:
    """The live test: every step with its result, stored on the connection as soon as it is there; a passed test closes
    the breaker."""
    spec = system(connection.system)
    steps: list[Step] = []
    breaker.reset(connection)  # a person looks now: the pause of an earlier failure does not hide what is true today
    _note(connection, steps)
    try:
        session = spec.session(connection)
    except Fault as fault:
        steps.append(Step(name="Settings", ok=False, detail=fault.sentence, remedy=fault.remedy))
    else:
        session.for_people = True
        try:
            for step in spec.checks(connection, session):
                steps.append(step)
                _note(connection, steps)
        except Fault as fault:
            steps.append(Step(name="Call", ok=False, detail=fault.sentence, remedy=fault.remedy))
        finally:
            session.close()
    good = bool(steps) and all(s.ok for s in steps)
    learned = {name: value for step in steps for name, value in step.learned.items()} if good else {}
    with transaction.atomic():
        now = db_now()
        if learned:
            _learn(connection, learned, actor=actor)
        Connection.objects.filter(pk=connection.pk).update(
            health=Connection.Health.OK if good else Connection.Health.BROKEN,
            checked_at=now,
            checking_until=None,
            check_steps=_as_json(steps),
        )
        if good:
            issues.resolve_connection(connection, now=now)
            _make_due(connection)
        trail.record(
            trail.event(
                connection.tenant_id,
                "connection.tested",
                f"{connection.name}: {'works' if good else 'does not work'}.",
                object_type="connection",
                object_id=connection.pk,
                actor=actor,
            )
        )
    return steps


def _note(connection: Connection, steps: list[Step]) -> None:
    """Tells who looks at the page how far the test is. Nothing else goes by it."""
    rows = Connection.objects.filter(pk=connection.pk)
    rows.update(check_steps=_as_json(steps), checking_until=db_now() + LONGEST_STEP)


def _as_json(steps: list[Step]) -> list[dict[str, Any]]:
    return [{"name": s.name, "ok": s.ok, "detail": s.detail, "remedy": s.remedy} for s in steps]


def _learn(connection: Connection, learned: dict[str, Any], *, actor: User | None) -> None:
    """Keeps the settings that a live test found out."""
    row = Connection.objects.select_for_update().get(pk=connection.pk)
    changed = {k: v for k, v in learned.items() if (row.settings or {}).get(k) != v}
    if not changed:
        return
    row.settings = {**(row.settings or {}), **changed}
    row.save(update_fields=["settings", "updated_at"])
    connection.settings = row.settings
    trail.record(
        trail.event(
            row.tenant_id,
            "connection.changed",
            f"{row.name}: the live test found {', '.join(f'{k} = {v}' for k, v in changed.items())}.",
            object_type="connection",
            object_id=row.pk,
            actor=actor,
            details={"changed": sorted(changed), "learned": changed},
        )
    )


def _make_due(connection: Connection) -> None:
    """What waited for this connection is looked at now. Not what was looked for in vain since it was last tried: the
    next look comes when the other side has had the time to show it, unless it came and could not be taken."""
    now = db_now()
    put_off = Delivery.objects.filter(sink_connection=connection, not_before__gt=now)
    put_off.filter(state__in=[State.PENDING, State.ACCEPTED]).update(not_before=now)
    doubtful = put_off.filter(state=State.IN_DOUBT).values_list("pk", "tries", "evidence", "error_class")
    unseen = [
        pk
        for pk, tries, seen, why in doubtful
        if why in NOT_LOOKED_UP or not any(_is_negative(line, tries) for line in seen)
    ]
    Delivery.objects.filter(pk__in=unseen, state=State.IN_DOUBT).update(not_before=now)
    Feed.objects.filter(connection=connection, due_at__gt=now, failures__gt=0).update(due_at=now)
    dispatch.wake()


def _is_negative(line: dict[str, Any], tries: int) -> bool:
    """Whether a look of the current try did not find it."""
    return bool(line["found"] == "not there" and line["tries"] == tries)

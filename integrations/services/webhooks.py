"""Webhooks: their addresses, and taking one in."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from integrations.engine import hints
from integrations.http.errors import Fault
from integrations.models import Connection, Feed, WebhookEndpoint, WebhookEvent
from integrations.systems.contract import Step, WebhookCall, WebhookPlace
from integrations.systems.registry import all_systems
from integrations.systems.webhooks import RECEIVERS, Hint
from portal.audit import trail
from portal.common.clock import db_now
from portal.common.secrets import SealedBytesField
from portal.tenants.models import User

log = structlog.get_logger()

UNKNOWN, REFUSED = 404, 401
PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
"""A key that has several lines."""


def endpoint_of(connection: Connection, *, actor: User | None = None) -> WebhookEndpoint:
    """The connection's address for webhooks, made when it is missing (for `actor`). Raises ValidationError for a system
    without webhooks."""
    if connection.system not in RECEIVERS:
        raise ValidationError(_("%(name)s sends no webhooks.") % {"name": connection.name})
    found = WebhookEndpoint.objects.filter(connection=connection).first()
    if found is not None:
        return found
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        made, is_new = WebhookEndpoint.objects.get_or_create(
            connection=connection,
            defaults={
                "tenant_id": connection.tenant_id,
                "token": token,
                "token_hash": _hash(token),
                "created_at": db_now(),
            },
        )
        if is_new:
            trail.record(
                trail.event(
                    connection.tenant_id,
                    "webhook.address_made",
                    f"{connection}: an address for webhooks.",
                    object_type="connection",
                    object_id=connection.pk,
                    actor=actor,
                )
            )
    return made


def keys_in(text: str) -> list[str]:
    """The keys that a person wrote, in their order: one a line, but for those in PEM, which have several. Raises
    ValidationError for one that was not copied whole, and for a private key, which is the signer's alone."""
    found: list[tuple[int, str]] = []
    for block in PEM.finditer(text):
        if "PRIVATE" in block[1]:
            raise ValidationError(_("This is a private key. Enter the public one: only who signs has the private one."))
        found.append((block.start(), "\n".join(line.strip() for line in block[0].splitlines())))
    rest = PEM.sub(lambda block: " " * (block.end() - block.start()), text)
    for line in re.finditer(r"[^\r\n]+", rest):
        if "-----BEGIN " in line[0] or "-----END " in line[0]:
            raise ValidationError(_("A key in PEM is not whole: it goes from its BEGIN line to its END line."))
        if line[0].strip():
            found.append((line.start(), line[0].strip()))
    return [key for _, key in sorted(found)]


def set_keys(endpoint: WebhookEndpoint, keys: Sequence[str], *, actor: User | None, beside_old: bool = False) -> int:
    """Replaces the signature keys (Visma, Airbase) or the `user:password` (Orderful). Several, while they are changed:
    with `beside_old` those that are stored stay, before the new ones. Returns how many are stored. Raises
    ValidationError for what cannot be a key."""
    receiver = RECEIVERS[endpoint.connection.system]
    for entry in receiver.entries([key.strip() for key in keys if key.strip()]):
        if problem := receiver.problem(entry):
            raise ValidationError(problem)
    with transaction.atomic():
        row = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        stored = [str(key) for key in row.keys or []] if beside_old else []
        wanted = receiver.entries([*stored, *(key.strip() for key in keys if key.strip())])
        endpoint.keys = wanted  # type: ignore[assignment]
        endpoint.save(update_fields=["keys"])
        trail.record(
            trail.event(
                endpoint.tenant_id,
                "webhook.keys_changed",
                f"{endpoint.connection}: {len(endpoint.keys)} keys.",
                object_type="connection",
                object_id=endpoint.connection_id,
                actor=actor,
            )
        )
    return len(wanted)


def address_of(endpoint: WebhookEndpoint) -> str:
    """Where the connection's system sends its events. Whoever knows it can make us look, and nothing else."""
    return f"{settings.BASE_URL}/api/v1/webhooks/{endpoint.connection.system}/{endpoint.token}/"


def register(connection: Connection, *, actor: User | None) -> list[Step]:
    """Asks the system to send its webhooks here, step by step; what came of it stands on the endpoint. A failure
    changes nothing: polling goes on as before. Raises ValidationError for a system that cannot be asked.

    Where the key is ours to choose, one is made and stored before: the system may try it out at once.
    """
    spec = all_systems()[connection.system]
    if spec.register is not None and spec.makes_key and not (keyed := endpoint_of(connection, actor=actor)).keys:
        set_keys(keyed, [secrets.token_urlsafe(32)], actor=actor)
    return _call(connection, spec.register, "registered", actor=actor)


def registered(connection: Connection, *, actor: User | None) -> list[Step]:
    """Asks the system which of its webhooks are sent where. Raises ValidationError for one that cannot be asked."""
    return _call(connection, all_systems()[connection.system].registered, "listed", actor=actor)


def unregister(connection: Connection, *, actor: User | None) -> list[Step]:
    """Asks the system to send nothing here any more; the address and its keys stay, so that what is on its way is still
    taken. Raises ValidationError for a system that cannot be asked."""
    return _call(connection, all_systems()[connection.system].unregister, "unregistered", actor=actor)


def _call(connection: Connection, call: WebhookCall | None, done: str, *, actor: User | None) -> list[Step]:
    spec = all_systems()[connection.system]
    if call is None:
        raise ValidationError(
            _("%(name)s: webhooks of %(label)s are set up in %(label)s.")
            % {"name": connection.name, "label": spec.label}
        )
    endpoint = endpoint_of(connection, actor=actor)
    feeds = Feed.objects.filter(connection=connection, enabled=True).values_list("key", flat=True)
    place = WebhookPlace(address=address_of(endpoint), key=str((endpoint.keys or [""])[-1]), feeds=frozenset(feeds))
    try:
        session = spec.session(connection)
    except Fault as fault:
        steps = [Step(name="Settings", ok=False, detail=fault.sentence, remedy=fault.remedy)]
    else:
        session.for_people = True
        session.secrets.add(place.key)
        try:
            steps = list(call(connection, session, place))
        except Fault as fault:
            steps = [Step(name="Call", ok=False, detail=fault.sentence, remedy=fault.remedy)]
        finally:
            session.close()
    good = bool(steps) and all(step.ok for step in steps)
    with transaction.atomic():
        endpoint.registration, endpoint.registered_at = [dataclasses.asdict(step) for step in steps], db_now()
        endpoint.save(update_fields=["registration", "registered_at"])
        trail.record(
            trail.event(
                connection.tenant_id,
                f"webhook.{done}" if good else f"webhook.not_{done}",
                f"{connection}: {len([s for s in steps if s.ok])} of {len(steps)} steps.",
                object_type="connection",
                object_id=connection.pk,
                actor=actor,
            )
        )
    return steps


def receive(system: str, token: str, headers: Mapping[str, str], body: bytes) -> int:
    """Takes in one webhook: verified over its raw bytes, stored, its feeds made due. Returns the HTTP status to answer.

    The same event again is counted and does nothing. A bad signature or time is 401, and nothing of it is stored.
    """
    receiver = RECEIVERS.get(system)
    endpoint = WebhookEndpoint.objects.filter(token_hash=_hash(token), connection__system=system).first()
    if receiver is None or endpoint is None:
        return UNKNOWN
    lower = {name.lower(): value for name, value in headers.items()}
    now = db_now()
    refusal = receiver.refusal(lower, body, [str(key) for key in endpoint.keys or []], now)
    if refusal:
        log.warning("webhook.refused", connection=endpoint.connection_id, why=refusal)
        refused = WebhookEndpoint.objects.filter(pk=endpoint.pk)
        refused.update(last_refused_at=now, last_refusal=refusal[:200], refused=F("refused") + 1)
        return REFUSED
    hint = receiver.hint(lower, body)
    kept = {name: lower[name] for name in receiver.kept_headers if name in lower}
    with transaction.atomic():
        if _store(endpoint, hint, kept, body, now):
            at = min(hint.occurred_at or now, now)  # a clock that is ahead must not put off the reading
            hints.make_due(endpoint.connection_id, hint.feeds, at=at, now=now)
            if hint.verdict_on:
                hints.ask_for_verdict(endpoint.connection_id, hint.verdict_on, now=now)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(last_event_at=now)
    return receiver.taken_status


def taken_body(system: str) -> bytes:
    """What a system wants to hear when its event was taken; mostly nothing."""
    receiver = RECEIVERS.get(system)
    return receiver.taken_body if receiver is not None else b""


def answers_challenge(system: str, token: str) -> bool:
    """Whether this is the address of a connection whose system asks addresses to repeat a word."""
    receiver = RECEIVERS.get(system)
    known = WebhookEndpoint.objects.filter(token_hash=_hash(token), connection__system=system)
    return receiver is not None and receiver.challenged and known.exists()


def _store(endpoint: WebhookEndpoint, hint: Hint, headers: dict[str, str], body: bytes, now: dt.datetime) -> bool:
    """Keeps the event. True when it is new."""
    event, made = WebhookEvent.objects.get_or_create(
        connection_id=endpoint.connection_id,
        event_id=_plain(hint.event_id)[:200],
        defaults={
            "tenant_id": endpoint.tenant_id,
            "kind": _plain(hint.kind)[:100],
            "state": WebhookEvent.State.TAKEN if hint.is_known else WebhookEvent.State.PARKED,
            "feeds": list(hint.feeds),
            "headers": headers,
            "body": SealedBytesField.seal(body),
            "occurred_at": hint.occurred_at,
            "received_at": now,
            "last_received_at": now,
        },
    )
    if not made:
        WebhookEvent.objects.filter(pk=event.pk).update(times=F("times") + 1, last_received_at=now)
    return made


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _plain(text: str) -> str:
    """Without NUL, which JSON may hold and PostgreSQL does not take."""
    return text.replace("\0", "")

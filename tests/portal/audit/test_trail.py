"""The audit trail: written with what it tells of, chained, and beyond changing."""

from __future__ import annotations

import datetime as dt
import importlib
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django_scopes import scopes_disabled

from portal.audit import anchors, trail
from portal.audit.models import AuditEvent, Seal
from portal.common.installation import installation, new_epoch
from portal.tenants.models import Tenant
from tests.conftest import People

NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


def tell(tenant: Tenant, *summaries: str) -> None:
    with transaction.atomic():
        trail.record(*(trail.event(tenant, "thing.done", text, object_type="thing") for text in summaries))


@pytest.mark.django_db(transaction=True)
def test_rule_24_an_event_stands_and_falls_with_what_it_tells_of(people: People) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        trail.record(trail.event(people.tenant, "thing.done", "outside", object_type="thing"))
    with transaction.atomic():
        trail.record(trail.event(people.tenant, "thing.done", "inside", object_type="thing"))
        transaction.set_rollback(True)
    with scopes_disabled():
        assert not AuditEvent.objects.exists()


def test_rule_24_seals_chain_what_was_written_and_each_tenant_has_its_own(people: People) -> None:
    with scopes_disabled():
        tell(people.tenant, "one", "two")
        assert trail.seal_events(people.tenant) == 2
        tell(people.tenant, "three")
        tell(people.elsewhere, "theirs")
        assert trail.seal_events(people.tenant) == 1
        assert trail.seal_events(people.tenant) == 0
        first, second = Seal.objects.filter(tenant=people.tenant).order_by("number")
        assert (second.previous_digest, first.previous_digest) == (first.digest, "")
        assert (first.count, second.count) == (2, 1)
        verdict = trail.verify(people.tenant)
        assert (verdict.intact, verdict.seals, verdict.events, verdict.unsealed) == (True, 2, 3, 0)
        theirs = trail.verify(people.elsewhere)
        assert (theirs.seals, theirs.unsealed) == (0, 1)
        assert theirs.oldest_unsealed is not None


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_auditevent",
        "DELETE FROM audit_seal",
        "UPDATE audit_auditevent SET summary = 'nothing happened'",
        "UPDATE audit_auditevent SET seal_id = NULL",
        "UPDATE audit_seal SET digest = 'x'",
    ],
)
def test_rule_24_the_database_itself_refuses_every_change(people: People, statement: str) -> None:
    with scopes_disabled():
        tell(people.tenant, "one", "two")
        trail.seal_events(people.tenant)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert trail.verify(people.tenant).intact


# --- Anchors


def rewritten(tenant: Tenant, summary: str) -> None:
    """What somebody does who may do everything in the database: another event, and a chain that fits it."""
    triggers: Any = importlib.import_module("portal.audit.migrations.0003_triggers")
    if connection.vendor == "sqlite":
        off, on = triggers.SQLITE_BACK, triggers.SQLITE
    else:
        off, on = [triggers.POSTGRESQL_BACK], [triggers.POSTGRESQL]
    with connection.cursor() as cursor:
        for statement in off:
            cursor.execute(statement)
        AuditEvent.objects.filter(tenant=tenant, summary="one").update(summary=summary)
        previous = ""
        for seal in Seal.objects.filter(tenant=tenant).order_by("number"):
            seal.previous_digest = previous
            lines = list(AuditEvent.objects.filter(seal=seal).order_by("id"))
            seal.digest = previous = trail._digest(previous, lines)
            seal.save()
        for statement in on:
            cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_rule_24_a_chain_that_was_written_anew_does_not_agree_with_its_anchor(people: People) -> None:
    with scopes_disabled():
        tell(people.tenant, "one")
        trail.seal_events(people.tenant)
        assert anchors.write(NOON)
        assert not anchors.write(NOON), "one a day"
        tell(people.tenant, "two")
        trail.seal_events(people.tenant)
        assert trail.verify(people.tenant).intact
        rewritten(people.tenant, "one, as it should have been")
        verdict = trail.verify(people.tenant)
        assert (verdict.broken_seal, verdict.problem) == (
            1,
            "Seal 1 has another digest since the anchor of 2026-06-01.",
        )
        assert trail.verify(people.elsewhere).intact


@pytest.mark.django_db(transaction=True)
def test_rule_24_an_accepted_restore_begins_with_new_anchors(people: People) -> None:
    with scopes_disabled():
        tell(people.tenant, "one")
        trail.seal_events(people.tenant)
        anchors.write(NOON)
        rewritten(people.tenant, "another past")
        assert not trail.verify(people.tenant).intact
        new_epoch()
        assert trail.verify(people.tenant).intact
        assert anchors.write(NOON)


def test_rule_24_an_anchor_that_cannot_be_read_is_no_proof(people: People, own_folder: Path) -> None:
    with scopes_disabled():
        anchors.write(NOON)
        for file in (own_folder / "anchors").glob(f"*-{str(installation().epoch)[:8]}.json"):
            file.write_text("{")
        assert "cannot be read" in trail.verify(people.tenant).problem

"""`doctor`: looks whether this installation can do its work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from integrations.models import Connection
from integrations.services.connections import check_connection
from portal.common.clock import db_now
from portal.common.installation import canary_sings, epoch_matches, installation
from portal.common.secrets import SecretUnreadable

HEARTBEAT_LIMIT = dt.timedelta(minutes=3)
CLOCK_LIMIT = dt.timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Finding:
    ok: bool
    what: str
    detail: str
    remedy: str = ""


class Command(BaseCommand):
    help = "Checks settings, database, keys, worker, clock and connections; problems come with remedies. Exit 1 if any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-connections", action="store_true", help="Do not call the connected systems.")

    def handle(self, *args: Any, **options: Any) -> None:
        bad = 0
        with scopes_disabled():
            for finding in self._findings(call=not options["no_connections"]):
                bad += not finding.ok
                self.stdout.write(f"{'ok ' if finding.ok else 'NOT'}  {finding.what}: {finding.detail}")
                if not finding.ok and finding.remedy:
                    self.stdout.write(f"       → {finding.remedy}")
        if bad:
            raise CommandError(f"{bad} things need somebody.")
        self.stdout.write("All is well.")

    def _findings(self, *, call: bool) -> Iterator[Finding]:
        problems = [m for m in checks.run_checks() if m.level >= checks.WARNING]
        yield Finding(
            not problems,
            "Settings",
            "; ".join(f"{m.id} {m.msg}" for m in problems) or "system checks pass",
            "Run `manage.py check`.",
        )
        yield self._database()
        missing = MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes())
        yield Finding(
            not missing,
            "Migrations",
            f"{len(missing)} missing" if missing else "all applied",
            "Run `manage.py migrate`.",
        )
        if missing:
            return
        yield self._keys()
        yield Finding(
            epoch_matches(),
            "Epoch",
            "the database belongs to these keys" if epoch_matches() else "this is a restored database",
            "Nothing is sent. See 'After a restore' in docs/operating.md.",
        )
        yield self._heartbeat()
        skew = abs(db_now() - timezone.now())
        yield Finding(
            skew < CLOCK_LIMIT,
            "Clock",
            f"{skew.total_seconds():.1f} s from the database's",
            "Set up time synchronisation.",
        )
        if call:
            for row in Connection.objects.filter(enabled=True).select_related("tenant"):
                yield self._connection(row)

    def _database(self) -> Finding:
        detail = connection.vendor
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA journal_mode")
                mode = cursor.fetchone()[0]
            return Finding(
                mode == "wal", "Database", f"SQLite, journal {mode}", "The database's folder must be on a local disk."
            )
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            detail = f"PostgreSQL {cursor.fetchone()[0]}"
        return Finding(True, "Database", detail)

    def _keys(self) -> Finding:
        try:
            fits = canary_sings()
        except SecretUnreadable as error:
            return Finding(False, "Keys", str(error), "Put back the right FIELD_ENCRYPTION_KEYS or keys file.")
        return Finding(
            fits, "Keys", f"{len(settings.FIELD_ENCRYPTION_KEY)} encryption keys, the stored secrets can be read"
        )

    def _heartbeat(self) -> Finding:
        at = installation().heartbeat_at
        remedy = "Start the worker: `manage.py qcluster` (or `make serve`)."
        if at is None:
            return Finding(False, "Worker", "none has ever run", remedy)
        age = db_now() - at
        return Finding(age < HEARTBEAT_LIMIT, "Worker", f"last heartbeat {int(age.total_seconds())} s ago", remedy)

    def _connection(self, row: Connection) -> Finding:
        with scope(tenant=row.tenant):
            steps = check_connection(row)
        failed = next((s for s in steps if not s.ok), None)
        name = f"Connection {row.tenant.slug}/{row.key}"
        if failed is None:
            return Finding(True, name, f"{len(steps)} steps pass")
        return Finding(False, name, f"{failed.name}: {failed.detail}", failed.remedy)

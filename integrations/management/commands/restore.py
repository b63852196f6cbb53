"""`restore`: lets a database go on that was restored from a backup."""

from __future__ import annotations

import datetime as dt
import getpass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_scopes import scopes_disabled

from integrations.engine import restore


class Command(BaseCommand):
    help = (
        "A database that was restored from a backup reads and sends nothing, because it does not know what was done "
        "since. `status` says what there is to do, `accept` does it, `declare` says that a database was restored where "
        "it cannot know."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("step", choices=["status", "accept", "declare"])
        parser.add_argument(
            "--since",
            type=dt.datetime.fromisoformat,
            help="When the backup was made, as 2026-08-31T02:00+02:00. Not given: the last moment that it knows of.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since: dt.datetime | None = options["since"]
        if since is not None and since.tzinfo is None:
            raise CommandError("--since needs a zone, as 2026-08-31T02:00+02:00.")
        with scopes_disabled():
            if options["step"] == "declare":
                restore.declare()
                self.stdout.write("This database counts as restored: nothing is read or sent until it is accepted.")
                return
            found = restore.status()
            self._show(found)
            if options["step"] == "status":
                return
            if not found.restored:
                raise CommandError("This database was not restored: there is nothing to accept.")
            try:
                restore.accept(by=getpass.getuser(), since=since)
            except ValidationError as error:
                raise CommandError(f"Nothing was changed. {' '.join(error.messages)}") from error
        self.stdout.write(
            "Accepted. What may have been sent since the backup is looked for first; the rest goes on by itself.\n"
            "On other worker hosts, replace the epoch file beside their keys by this host's."
        )

    def _show(self, found: restore.Status) -> None:
        self.stdout.write(
            "This database was restored from a backup." if found.restored else "This database is the running one."
        )
        if found.known_until is not None:
            self.stdout.write(f"The last thing it knows of was done at {found.known_until:%Y-%m-%d %H:%M:%S} UTC.")
        for one in found.tenants:
            self.stdout.write(
                f"{one.tenant.slug}: {one.unsent} deliveries not sent as far as it knows, {one.in_doubt} in doubt, "
                f"{one.feeds} cursors, {one.counters} counters of control numbers."
            )

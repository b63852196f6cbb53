"""`rotate_secrets`: puts every stored secret and payload under the first encryption key."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_scopes import scopes_disabled

from portal.common.rotation import rotate_all

NAMED = 5


class Command(BaseCommand):
    help = (
        "Puts everything that is stored encrypted under the first of FIELD_ENCRYPTION_KEYS. Workers may go on; begun "
        "again, it goes on where it stood. Exit 1 while anything is left under another key."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Only count what another key still encrypts.")

    def handle(self, *args: Any, **options: Any) -> None:
        look_only, left, lost = options["check"], 0, 0
        with scopes_disabled():
            for column in rotate_all(look_only=look_only):
                total = column.current + column.rotated + len(column.unreadable)
                said = "under another key" if look_only else "put under the first key"
                self.stdout.write(f"{column.column}: {total} values, {column.rotated} {said}")
                left += column.rotated if look_only else 0
                lost += len(column.unreadable)
                if column.unreadable:
                    rows = ", ".join(str(pk) for pk in column.unreadable[:NAMED])
                    self.stdout.write(f"  NOT readable with any configured key: rows {rows}")
        if lost:
            raise CommandError(f"{lost} values fit none of the keys. Add the key that they were stored with.")
        if left:
            raise CommandError(f"{left} values are under another key than the first. Run it without --check.")
        if len(settings.FIELD_ENCRYPTION_KEY) > 1:
            self.stdout.write("The first key opens everything here. Keep the others as long as you keep old backups.")

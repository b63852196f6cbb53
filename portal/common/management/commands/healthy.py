"""`healthy`: for the health checks of containers, where no other program is at hand."""

from __future__ import annotations

import datetime as dt
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.common.clock import db_now
from portal.common.installation import installation

LIMIT = dt.timedelta(minutes=3)


class Command(BaseCommand):
    help = "Exit 0 when the web server of this machine can show pages (--web), or when a worker works (--worker)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--web", action="store_true")
        what.add_argument("--worker", action="store_true")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["web"]:
            self._web(options["port"])
        else:
            self._worker()
        self.stdout.write("ok")

    def _web(self, port: int) -> None:
        host = next((name for name in settings.ALLOWED_HOSTS if not name.startswith((".", "*"))), "localhost")
        request = urllib.request.Request(f"http://127.0.0.1:{port}/readyz", headers={"Host": host})
        try:
            with urllib.request.urlopen(request, timeout=4):  # noqa: S310  # nosec B310
                return
        except (urllib.error.URLError, OSError) as error:
            raise CommandError(f"The web server is not ready: {error}") from error

    def _worker(self) -> None:
        at = installation().heartbeat_at
        if at is None or db_now() - at > LIMIT:
            raise CommandError("No worker has shown itself for three minutes. See 'What to do when' in the docs.")

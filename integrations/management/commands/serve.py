"""`serve`: simulators, worker and web server together, for looking around."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_scopes import scopes_disabled
from rich.console import Console

from integrations.display import console as open_console
from integrations.engine import dispatch, schedule
from integrations.management.local import (
    DEMO_SECRETS,
    LOCAL_NETWORK,
    Local,
    StartFailed,
    allow_simulators,
    demo_environment,
    free_port,
)
from integrations.services.configuration.applying import apply
from integrations.services.configuration.loading import ConfigurationError, load
from integrations.services.configuration.schema import Configuration


class Stopped(Exception):
    """Somebody asked us to end."""


class Command(BaseCommand):
    help = "Runs simulators, a worker and the web server together. Ctrl-C stops all of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=8000, help="Port of the web server (default 8000, or a free one)."
        )
        parser.add_argument("--sandbox-port", type=int, default=8899)

    def handle(self, *args: Any, **options: Any) -> None:
        console = open_console(self.stdout)
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        try:
            call_command("migrate", verbosity=0, interactive=False)
            schedule.register_tick()
            with Local(environment=LOCAL_NETWORK) as local:
                self._serve(local, console, options)
        except Stopped:
            console.print("Stopped.")
        except (StartFailed, ConfigurationError) as error:
            raise CommandError(str(error)) from error

    def _serve(self, local: Local, console: Console, options: dict[str, Any]) -> None:
        sandbox = local.start_sandbox(
            port=free_port(options["sandbox_port"]), state=Path(settings.VAR_DIR) / "sandbox.json"
        )
        configuration, source = load(
            settings.BASE_DIR / "demo" / "tenants.yaml", environment=demo_environment(sandbox.url)
        )
        apply(configuration, source)
        allow_simulators()
        with scopes_disabled():
            schedule.sweep()
        dispatch.run_tick_soon()
        dispatch.wake()
        port = free_port(options["port"])
        worker = local.start_worker()
        web = local.start_web(port=port)
        password = DEMO_SECRETS["DEMO_PASSWORD"]
        console.print(f"\n[bold]http://127.0.0.1:{port}/[/bold]", highlight=False)
        for line in logins(configuration):
            console.print(f"  {line}", highlight=False)
        console.print(f"  all with the password {password} (a demo password: never use it elsewhere)", highlight=False)
        console.print(f"  staff admin at http://127.0.0.1:{port}/admin/", highlight=False)
        console.print(f"  API reference at http://127.0.0.1:{port}/api/reference/", highlight=False)
        console.print(
            f"  simulators at {sandbox.url}/_control/   logs in {settings.VAR_DIR}/log\n  Ctrl-C stops everything.",
            highlight=False,
        )
        while True:
            for process in (sandbox.process, worker, web):
                if not process.runs:
                    raise StartFailed(f"{process.name} ended; see {process.log}.")
            time.sleep(0.5)


def logins(configuration: Configuration) -> list[str]:
    """Who can log in: the members of the first tenant, a line each, and how many more there are."""
    first, *others = configuration.tenants
    lines = [f"{m.email}: {'staff' if m.staff else m.role} of {first.name}" for m in first.members]
    more = [m.email for tenant in others for m in tenant.members]
    return [*lines, f"other companies: {', '.join(more)}"] if more else lines


def _stop(number: int, frame: Any) -> None:
    raise Stopped

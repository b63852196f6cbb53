"""`manage.py sandbox`: simulators of the six systems over real HTTP."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand

from integrations.sandbox import main


class Command(BaseCommand):
    """Thin shell around `integrations.sandbox.main`."""

    help = "Serve simulators of Visma.net ERP and its partner systems until stopped."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The options of `python -m integrations.sandbox`."""
        main.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGTERM or SIGINT."""
        main.main(**options)

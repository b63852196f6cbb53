"""`config apply FILE` and `config export`: tenants, connections, integrations and trading partners as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.services.configuration.applying import apply
from integrations.services.configuration.exporting import export
from integrations.services.configuration.loading import ConfigurationError, load
from portal.tenants.models import Tenant


class Command(BaseCommand):
    help = "Applies a configuration file (all of it or nothing; twice changes nothing), or writes what there is as one."

    def add_arguments(self, parser: CommandParser) -> None:
        below = parser.add_subparsers(dest="what", required=True)
        apply_parser = below.add_parser("apply", help="Apply FILE. Secrets may be ${ENV} references.")
        apply_parser.add_argument("file", type=Path)
        export_parser = below.add_parser("export", help="Write YAML to standard output, without secrets.")
        export_parser.add_argument("--tenant", help="Only the tenant with this slug.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "apply":
            self._apply(options["file"])
        else:
            self._export(options["tenant"])

    def _apply(self, file: Path) -> None:
        try:
            configuration, source = load(file)
            applied = apply(configuration, source)
        except ConfigurationError as error:
            raise CommandError(f"{error}\nNothing was applied.") from error
        for change in applied.changes:
            self.stdout.write(f"changed: {change}")
        self.stdout.write(f"{len(applied.changes)} changed, {applied.unchanged} as they were.")

    def _export(self, slug: str | None) -> None:
        tenants = None
        if slug is not None:
            tenants = list(Tenant.objects.filter(slug=slug))
            if not tenants:
                raise CommandError(f"There is no tenant called '{slug}'.")
        self.stdout.write(export(tenants), ending="")

"""`verify_audit`: recomputes the hash chain over every tenant's audit trail."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_scopes import scopes_disabled

from portal.audit import trail
from portal.tenants.models import Tenant


class Command(BaseCommand):
    help = "Proves that nobody touched the audit trail, or names the first broken seal. Seals the unsealed first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="Only this tenant (slug).")
        parser.add_argument("--no-seal", action="store_true", help="Look only.")

    def handle(self, *args: Any, **options: Any) -> None:
        with scopes_disabled():
            tenants = Tenant.objects.order_by("slug")
            if options["tenant"]:
                tenants = tenants.filter(slug=options["tenant"])
                if not tenants:
                    raise CommandError(f"There is no tenant called '{options['tenant']}'.")
            broken = False
            for tenant in tenants:
                if not options["no_seal"]:
                    trail.seal_events(tenant)
                verdict = trail.verify(tenant)
                broken |= not verdict.intact
                state = (
                    "intact"
                    if verdict.intact
                    else f"BROKEN at seal {verdict.broken_seal}: {verdict.problem.rstrip('.')}"
                )
                line = f"{tenant.slug}: {state}. {verdict.events} events under {verdict.seals} seals"
                if verdict.oldest_unsealed is not None:
                    at = f"{verdict.oldest_unsealed.at:%Y-%m-%d %H:%M:%S} UTC"
                    line += f", {verdict.unsealed} not sealed yet, the oldest from {at}"
                self.stdout.write(line + ".")
        if broken:
            raise CommandError("The audit trail was changed behind our back.")

"""`api_key create|list|revoke`: keys for the API."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django_scopes import scopes_disabled

from portal.tenants.models import ApiKey, Scope, Tenant


class Command(BaseCommand):
    help = "Makes, lists and revokes API keys of a tenant. A key is shown once, when it is made."

    def add_arguments(self, parser: CommandParser) -> None:
        below = parser.add_subparsers(dest="what", required=True)
        for name, text in (("create", "Make a key and print it."), ("list", "List keys."), ("revoke", "End a key.")):
            one = below.add_parser(name, help=text)
            one.add_argument("--tenant", required=True, help="Slug of the tenant.")
            if name != "list":
                one.add_argument("--name", required=True, help="What the key is for.")
            if name == "create":
                one.add_argument(
                    "--operate", action="store_true", help="It may also ask for operations, and pause flows."
                )
                one.add_argument("--admin", action="store_true", help="It may besides change webhooks.")
                one.add_argument("--days", type=int, help="It ends after so many days; without it, never.")

    def handle(self, *args: Any, **options: Any) -> None:
        with scopes_disabled(), transaction.atomic():
            tenant = Tenant.objects.filter(slug=options["tenant"]).first()
            if tenant is None:
                raise CommandError(f"There is no tenant called '{options['tenant']}'.")
            if options["what"] == "create":
                scope = Scope.ADMIN if options["admin"] else Scope.OPERATE if options["operate"] else Scope.READ
                self._create(tenant, options["name"], scope=scope, days=options["days"])
            else:
                getattr(self, f"_{options['what']}")(tenant, options.get("name"))

    def _create(self, tenant: Tenant, name: str, *, scope: Scope, days: int | None) -> None:
        if ApiKey.objects.filter(tenant=tenant, name=name, revoked_at=None).exists():
            raise CommandError(f"{tenant} has a key called '{name}'; revoke it first or choose another name.")
        ends = timezone.now() + dt.timedelta(days=days) if days else None
        _, key = ApiKey.issue(tenant=tenant, name=name, scope=scope, expires_at=ends)
        self.stdout.write(key)

    def _list(self, tenant: Tenant, name: None) -> None:
        for key in ApiKey.objects.filter(tenant=tenant).order_by("created_at"):
            state = "revoked" if key.revoked_at else f"live, may {key.scope}"
            used = f"{key.last_used_at:%Y-%m-%d %H:%M} UTC" if key.last_used_at else "never used"
            self.stdout.write(f"{key}  {state}  {used}")

    def _revoke(self, tenant: Tenant, name: str) -> None:
        ended = ApiKey.objects.filter(tenant=tenant, name=name, revoked_at=None).update(revoked_at=timezone.now())
        if not ended:
            raise CommandError(f"{tenant} has no live key called '{name}'.")
        self.stdout.write(f"The key '{name}' is revoked.")

"""`erase_person`: takes a person's data out of one company, and reports what stays and why."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_scopes import scope

from integrations.services import erasure
from portal.tenants.models import Tenant


class Command(BaseCommand):
    help = "Erases a person's data in one company. Without --yes it says what it would do."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="Slug of the company.")
        parser.add_argument(
            "--texts",
            required=True,
            help="File with the texts by which the person is known, one a line (mail address, name, phone, account "
            "number); - reads them from the standard input. They are no arguments: those stand in lists and logs.",
        )
        parser.add_argument("--reason", default="", help="Why, naming nobody: it stays in the audit trail.")
        parser.add_argument("--report", type=Path, help="Where the whole report goes, as JSON.")
        parser.add_argument("--yes", action="store_true", help="Do it.")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant called '{options['tenant']}'.")
        try:
            texts = (sys.stdin.read() if options["texts"] == "-" else Path(options["texts"]).read_text()).splitlines()
            with scope(tenant=tenant):
                if options["yes"]:
                    report = erasure.erase(tenant, texts, reason=options["reason"], actor=None)
                else:
                    report = erasure.plan(tenant, texts)
            if options["report"] is not None:
                options["report"].write_text(report.as_json())
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self._print(report)

    def _print(self, report: erasure.Report) -> None:
        tense = "" if report.carried_out else " (nothing was changed: --yes does it)"
        self.stdout.write(f"{report.tenant}: {len(report.changed)} changed, {len(report.stays)} stay{tense}.")
        counted = Counter((f.where, f.done, f.why) for f in (*report.changed, *report.stays))
        for (where, done, why), number in sorted(counted.items()):
            self.stdout.write(f"{number:>7}  {where}: {done}{f'. {why}' if why else ''}")
        for sentence in report.outside:
            self.stdout.write(f"         {sentence}")

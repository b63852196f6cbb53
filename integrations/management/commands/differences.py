"""`differences FLOW`: reference data on both sides, and what is missing, different, or only there."""

from __future__ import annotations

import csv
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_scopes import scopes_disabled

from integrations.flows.registry import all_flows
from integrations.management.asked import to_its_end
from integrations.models import Flow, Operation
from integrations.services import operations as services


class Command(BaseCommand):
    help = "Reads reference data of a flow on both sides and says where they differ. Writes nothing to either."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("flow", help="As visma-airbase.accounts or visma-airbase.dimensions.")
        parser.add_argument("--tenant", help="Only this tenant (slug).")
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="Print {tenant: {listed, counts, lines}}.")
        form.add_argument("--csv", action="store_true", help="Print one line for each row of either side.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["flow"] not in all_flows():
            raise CommandError(f"There is no flow called '{options['flow']}'.")
        with scopes_disabled():
            found = {flow.tenant.slug: self._one(flow) for flow in self._flows(options)}
        if options["json"]:
            said = {
                tenant: {"listed": one.listed, "counts": one.counts, "lines": services.difference_rows(one)}
                for tenant, one in found.items()
            }
            self.stdout.write(msgspec.json.format(msgspec.json.encode(said), indent=2).decode())
        elif options["csv"]:
            writer = csv.DictWriter(self.stdout, ["tenant", "reference", "name", "kind", "why"], lineterminator="\n")
            writer.writeheader()
            for tenant, one in found.items():
                writer.writerows({"tenant": tenant, **row} for row in services.difference_rows(one))
        else:
            for tenant, one in found.items():
                self._print(tenant, one)

    def _flows(self, options: dict[str, Any]) -> list[Flow]:
        pair, _, key = options["flow"].partition(".")
        rows = Flow.objects.filter(integration__pair=pair, key=key, integration__enabled=True)
        if options["tenant"]:
            rows = rows.filter(tenant__slug=options["tenant"])
        flows = list(rows.select_related("tenant", "integration__books", "integration__partner"))
        if not flows:
            raise CommandError("No tenant has this flow.")
        return flows

    def _one(self, flow: Flow) -> services.Differences:
        try:
            asked = services.ask_differences(flow, actor=None)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        asked = to_its_end(asked)
        if asked.state != Operation.State.DONE:
            raise CommandError(f"{flow} of {flow.tenant} could not be compared: {asked.problem}")
        return services.difference_report(asked)

    def _print(self, tenant: str, found: services.Differences) -> None:
        counts = ", ".join(f"{found.counts[kind]} {words}" for kind, words in services.DIFFERENCE_WORDS.items())
        self.stdout.write(f"{tenant}: {counts}.")
        if not found.listed:
            self.stdout.write("  The other side does not list what it has; what was delivered stands in for it.")
        for line in found.lines:
            if line.kind != "same":
                words = services.DIFFERENCE_WORDS[line.kind]
                self.stdout.write(f"  {line.reference} {line.name}: {words}{f' ({line.why})' if line.why else ''}")

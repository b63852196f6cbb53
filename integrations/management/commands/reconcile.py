"""`reconcile FLOW`: counts and amounts on both sides of a flow, and every difference in a class."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_scopes import scopes_disabled

from integrations.flows.registry import all_flows
from integrations.management.asked import to_its_end
from integrations.models import Flow, Operation
from integrations.services import operations as services
from portal.common.clock import db_now


class Command(BaseCommand):
    help = (
        "Reads both sides of a flow live and compares what changed at the source in a period. Ends with an error when "
        "something is unexplained."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("flow", help="As visma-orderful.purchase-orders.")
        parser.add_argument("--tenant", help="Only this tenant (slug).")
        parser.add_argument("--from", dest="since", type=_day, help="First day (UTC). Default: everything.")
        parser.add_argument("--to", dest="until", type=_day, help="The day after the last (UTC). Default: now.")
        parser.add_argument(
            "--send-unsent", metavar="REASON", help="Have deliveries made for what was never sent; say why."
        )
        parser.add_argument("--json", action="store_true", help="Print {tenant: {summary, differences}}.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["flow"] not in all_flows():
            raise CommandError(f"There is no flow called '{options['flow']}'.")
        with scopes_disabled():
            found = {flow.tenant.slug: self._one(flow, options) for flow in self._flows(options)}
        if options["json"]:
            self.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        else:
            for tenant, said in found.items():
                self._print(tenant, said)
        wrong = sum(said["summary"]["unexplained"] for said in found.values())
        if wrong:
            raise CommandError(f"{wrong} {'document is' if wrong == 1 else 'documents are'} unexplained.")

    def _flows(self, options: dict[str, Any]) -> list[Flow]:
        pair, _, key = options["flow"].partition(".")
        rows = Flow.objects.filter(integration__pair=pair, key=key, enabled=True, integration__enabled=True)
        if options["tenant"]:
            rows = rows.filter(tenant__slug=options["tenant"])
        flows = list(rows.select_related("tenant", "integration__books", "integration__partner"))
        if not flows:
            raise CommandError("The flow is switched on nowhere there.")
        return flows

    def _one(self, flow: Flow, options: dict[str, Any]) -> dict[str, Any]:
        since = options["since"] or dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
        try:
            asked = services.ask_reconcile(flow, since=since, until=options["until"] or db_now(), actor=None)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        asked = to_its_end(asked)
        if asked.state != Operation.State.DONE:
            raise CommandError(f"{flow} of {flow.tenant} could not be reconciled: {asked.problem}")
        lines = services.reconciled_lines(asked)
        if options["send_unsent"] and services.unsent(asked):
            self._send(asked, options["send_unsent"])
        return {
            "operation": asked.pk,
            "summary": services.summary(lines),
            "differences": [line for line in lines if line["kind"] != "same"],
        }

    def _send(self, found: Operation, reason: str) -> None:
        try:
            asked = services.ask_send_unsent(found, reason=reason, actor=None)
            made = to_its_end(services.start(asked, actor=None))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if made.state != Operation.State.DONE:
            raise CommandError(f"What was never sent could not be sent: {made.problem}")
        self.stderr.write(f"{made}: {made.progress.get('done', 0)} deliveries were made; workers send them.")
        for sentence in made.progress.get("sentences", []):
            self.stderr.write(f"  {sentence}")

    def _print(self, tenant: str, said: dict[str, Any]) -> None:
        total = said["summary"]
        source, target, difference = (services.in_words(total, side) for side in ("source", "target", "difference"))
        self.stdout.write(
            f"{tenant}: {total['source_count']} documents, {source} at the source; {total['target_count']} documents, "
            f"{target} at the target; difference {difference}."
        )
        for kind, words in services.CLASS_WORDS.items():
            if total[kind] or kind == "unexplained":
                self.stdout.write(f"{total[kind]:>8,}  {words}")
        for line in said["differences"]:
            self.stdout.write(f"  {line['number']}: {services.CLASS_WORDS[line['kind']]}. {line['why']}")


def _day(text: str) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)

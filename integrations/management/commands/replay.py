"""`replay`: one delivery by its number, or many by a filter, with the plan first."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_scopes import scopes_disabled

from integrations.management.asked import to_its_end
from integrations.models import Delivery, Operation
from integrations.services import operations as services
from integrations.services.deliveries import ReplayRefused, edit_and_replay, editable, force, reopen
from integrations.services.operations import Options, Selection
from portal.tenants.models import Tenant

PLAN_WORDS = {
    "matched": "matched",
    "would_be_sent": "would be sent",
    "already_applied": "already applied, left alone",
    "in_doubt": "in doubt, left alone: settle them first",
    "under_way": "under way, go by themselves",
    "closed": "superseded or dismissed, left alone",
    "older_versions": "older than the newest version of their record, left alone",
    "calls_needed": "calls needed, about",
    "seconds": "seconds at this pace, at least",
}


class Command(BaseCommand):
    help = (
        "Tries a failed delivery again, or with a filter all that failed: then the plan is printed, and --yes has it "
        "done. What was delivered is only sent once more with --force and a reason."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("delivery_id", type=int, nargs="?", help="One delivery. Leave it out to use a filter.")
        parser.add_argument("--tenant", help="Filter: the tenant's slug. Needed with a filter.")
        parser.add_argument("--flow", default="", help="Filter: as visma-cleo.purchase-orders.")
        parser.add_argument("--state", action="append", default=[], help="Filter: failed (the default), delivered …")
        parser.add_argument("--error-class", default="", help="Filter: rejected, unmappable, transient …")
        parser.add_argument("--issue", type=int, default=0, help="Filter: number of an issue.")
        parser.add_argument("--number", action="append", default=[], help="Filter: a business number.")
        parser.add_argument("--from", dest="created_from", type=_day, help="Filter: made on this day (UTC) or later.")
        parser.add_argument("--to", dest="created_to", type=_day, help="Filter: made before this day (UTC).")
        parser.add_argument("--per-minute", type=int, default=Options().per_minute, help="Pace (default %(default)s).")
        parser.add_argument("--yes", action="store_true", help="Have the plan carried out.")
        parser.add_argument("--wait", action="store_true", help="Carry it out in this process, and wait for the end.")
        parser.add_argument("--json", action="store_true", help="Print the operation as JSON.")
        parser.add_argument(
            "--force", action="store_true", help="Send it a second time although it was delivered. Needs --reason."
        )
        parser.add_argument(
            "--edit", type=Path, help="A file with a JSON Patch on the delivery's document; sent as edited. See --show."
        )
        parser.add_argument("--show", action="store_true", help="Print the delivery's document, to edit it.")
        parser.add_argument("--reason", default="", help="Why; kept in the audit trail.")
        parser.add_argument(
            "--content",
            choices=["current", "original"],
            default="current",
            help="current: map the record again. original: the very bytes that were prepared before.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with scopes_disabled():
            if options["delivery_id"] is not None:
                self._one(options)
            else:
                self._many(options)

    def _one(self, options: dict[str, Any]) -> None:
        try:
            if options["show"]:
                shown = msgspec.json.encode(editable(options["delivery_id"]).document)
                self.stdout.write(msgspec.json.format(shown, indent=2).decode())
                return
            row = self._done(options)
        except Delivery.DoesNotExist as error:
            raise CommandError(f"There is no delivery {options['delivery_id']}.") from error
        except ReplayRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Delivery {row.pk} ({row.business_number}) is {row.get_state_display()}; "
            "a worker sends it, or run `manage.py sync`."
        )

    def _done(self, options: dict[str, Any]) -> Delivery:
        if options["edit"] is not None:
            try:
                patch = msgspec.json.decode(options["edit"].read_bytes(), type=list[dict[str, Any]])
            except (OSError, msgspec.DecodeError) as error:
                raise CommandError(f"{options['edit']} is no JSON Patch: {error}") from error
            return edit_and_replay(options["delivery_id"], patch=patch, actor=None, reason=options["reason"])
        do = force if options["force"] else reopen
        return do(options["delivery_id"], actor=None, reason=options["reason"], content=options["content"])

    def _many(self, options: dict[str, Any]) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"] or "").first()
        if tenant is None:
            raise CommandError("Name a delivery, or with --tenant whose deliveries are replayed.")
        selection = Selection(
            flow=options["flow"],
            states=tuple(options["state"]),
            error_class=options["error_class"],
            issue=options["issue"],
            numbers=tuple(options["number"]),
            created_from=options["created_from"],
            created_to=options["created_to"],
        )
        how = Options(content=options["content"], force=options["force"], per_minute=options["per_minute"])
        try:
            asked = services.ask_replay(tenant, selection, how, reason=options["reason"], actor=None)
            if options["yes"]:
                asked = services.start(asked, actor=None)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if options["yes"] and options["wait"]:
            asked = to_its_end(asked)
        self._print(asked, as_json=options["json"])

    def _print(self, asked: Operation, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(msgspec.json.encode(_as_json(asked)).decode())
            return
        for name, words in PLAN_WORDS.items():
            if asked.plan[name] or name in ("matched", "would_be_sent"):
                self.stdout.write(f"{asked.plan[name]:>8,}  {words}")
        if asked.state == Operation.State.PLANNED:
            self.stdout.write(f"Nothing was done. The same with --yes has it done (this plan is operation {asked.pk}).")
        elif not asked.ended:
            self.stdout.write(f"Operation {asked.pk} is running; a worker carries it out.")
        else:
            done, refused = asked.progress.get("done", 0), asked.progress.get("refused", 0)
            self.stdout.write(f"Operation {asked.pk}: {asked.get_state_display()}; {done} reopened, {refused} refused.")


def _as_json(asked: Operation) -> dict[str, Any]:
    return {
        "id": asked.pk,
        "kind": asked.kind,
        "state": asked.state,
        "plan": asked.plan,
        "progress": asked.progress,
        "problem": asked.problem,
    }


def _day(text: str) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)

"""`sync`: runs the flows now, in this process, until everything is settled."""

from __future__ import annotations

import csv
import datetime as dt
import json
import time
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q, QuerySet
from django_scopes import scopes_disabled

from integrations.display import console, counts_table
from integrations.engine import plan, schedule
from integrations.engine.claim import not_stopped
from integrations.engine.slice import Scope, run_slice
from integrations.flows.registry import all_flows
from integrations.management.backfilling import backfill
from integrations.models import Delivery, Feed, Flow, State
from integrations.selectors import count_flows, feed_of
from integrations.services.backfills import has_periods
from portal.common.clock import db_now
from portal.tenants.models import Tenant


class Command(BaseCommand):
    help = (
        "Reads what changed and delivers it, now and in this process, until everything is settled or the patience ends."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="Only this tenant (slug).")
        parser.add_argument("--flow", help="Only this flow, as visma-cleo.purchase-orders.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would be sent. Reads the source, writes nothing anywhere."
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="Print {flow: {read, delivered, unchanged, waiting, failed, in_doubt, calls}}.",
        )
        parser.add_argument("--csv", action="store_true", help="With --dry-run: a table, a row a field that changes.")
        parser.add_argument(
            "--patience", type=float, default=120, help="Seconds to wait for verdicts and retries (default 120)."
        )

        parser.add_argument(
            "--backfill",
            nargs=2,
            metavar=("FROM", "TO"),
            help="Read again what changed from FROM until before TO (days or times, in the tenant's zone), beside the "
            "live reading: the cursor stays, and what is unchanged is not sent again.",
        )
        parser.add_argument("--reason", default="", help="Why, for the audit trail; needed with --backfill.")

    def handle(self, *args: Any, **options: Any) -> None:
        with scopes_disabled():
            flows = self._flows(options["tenant"], options["flow"])
        if options["dry_run"]:
            self._dry_run(flows, as_json=options["json"], as_csv=options["csv"])
            return
        if options["backfill"]:
            self._backfill(flows, options)
            return
        with scopes_disabled():
            feeds = {f.pk for f in (feed_of(flow, all_flows()[flow.full_key]) for flow in flows) if f is not None}
            began = db_now()
            Feed.objects.filter(pk__in=feeds).update(due_at=began)
            schedule.sweep()
        self._until_settled(feeds, flows, began, options["patience"])
        with scopes_disabled():
            tenants = Tenant.objects.filter(pk__in={f.tenant_id for f in flows})
            counts = [c for c in count_flows(tenants, since=began) if c.flow in {f.full_key for f in flows}]
            unsettled = self._unsettled(feeds, flows, began)
        self._print(counts, as_json=options["json"])
        if unsettled:
            raise CommandError("Not everything is settled:\n  " + "\n  ".join(unsettled))

    def _flows(self, tenant: str | None, key: str | None) -> list[Flow]:
        if key is not None and key not in all_flows():
            raise CommandError(f"There is no flow called '{key}'. There are: {', '.join(sorted(all_flows()))}.")
        rows = Flow.objects.filter(enabled=True, integration__enabled=True).select_related(
            "integration__books", "integration__partner", "tenant"
        )
        if tenant is not None:
            if not Tenant.objects.filter(slug=tenant).exists():
                raise CommandError(f"There is no tenant called '{tenant}'.")
            rows = rows.filter(tenant__slug=tenant)
        found = [f for f in rows if key is None or f.full_key == key]
        if not found:
            raise CommandError("No flow is switched on there.")
        return found

    def _backfill(self, flows: list[Flow], options: dict[str, Any]) -> None:
        with scopes_disabled():
            found = {f.pk: f for f in (feed_of(flow, all_flows()[flow.full_key]) for flow in flows) if f is not None}
            rows = [Feed.objects.select_related("connection", "tenant").get(pk=pk) for pk in found]
            feeds = [f for f in rows if has_periods(f)]
        if not feeds:
            raise CommandError("None of these feeds has periods: each of their reads gives all that waits.")
        backfill(
            feeds,
            flows,
            (options["backfill"][0], options["backfill"][1]),
            reason=options["reason"],
            patience=options["patience"],
            say=self.stdout.write,
        )

    def _until_settled(self, feeds: set[int], flows: list[Flow], began: dt.datetime, patience: float) -> None:
        """Works until every feed was read and nothing is under way, or nothing more can happen within the patience."""
        until = time.monotonic() + patience
        while True:
            with scopes_disabled():
                unread = set(_unread(feeds, began).values_list("pk", flat=True))
            done = run_slice(limits=Scope(feeds=unread, deliveries=Q(flow__in=[f.pk for f in flows]), operations=set()))
            with scopes_disabled():
                planned = [
                    *_unread(feeds, began).values_list("due_at", flat=True),
                    *_moving(flows).order_by("not_before").values_list("not_before", flat=True)[:1],
                ]
            if not planned or time.monotonic() > until:
                return
            now = db_now()
            pause = (min(moment or now for moment in planned) - now).total_seconds()
            if pause > until - time.monotonic():
                return
            if not done.anything:
                time.sleep(max(0.1, min(pause, 2.0)))  # until the next retry or verdict is due

    def _unsettled(self, feeds: set[int], flows: list[Flow], began: dt.datetime) -> list[str]:
        """What was not read and what still moves, with the reasons."""
        lines = [
            f"{feed.tenant.slug}/{feed.connection.key} {feed.key} was not read: {feed.last_problem or 'still at it'}"
            for feed in _unread(feeds, began).select_related("tenant", "connection")
        ]
        reasons = Counter((d.flow.full_key, d.get_state_display(), d.reason) for d in _moving(flows))
        lines += [
            f"{number} of {flow} {state}: {reason or 'under way'}" for (flow, state, reason), number in reasons.items()
        ]
        return lines

    def _dry_run(self, flows: list[Flow], *, as_json: bool, as_csv: bool) -> None:
        plans = [planned for flow in flows for planned in plan.dry_run(flow)]
        found = [p.as_json() for p in plans]
        if as_json:
            self.stdout.write(json.dumps(found, indent=2, ensure_ascii=False))
            return
        if as_csv:
            rows = csv.DictWriter(self.stdout, plan.COLUMNS, lineterminator="\n")
            rows.writeheader()
            rows.writerows(plan.as_rows(found))
            return
        for planned in plans:
            self.stdout.write(f"{planned.flow}  {planned.business_number}: {planned.what}")
            for change in planned.changes:
                was, now = change.before or "nothing", change.after or "nothing"
                self.stdout.write(f"    {change.field}: {was} → {now} ({change.reason})")
        self.stdout.write(f"{len(plans)} records looked at; nothing was written.")

    def _print(self, counts: list[Any], *, as_json: bool) -> None:
        if as_json:
            total: dict[str, dict[str, int]] = {}
            for count in counts:
                into = total.setdefault(
                    count.flow,
                    dict.fromkeys(("read", "delivered", "unchanged", "waiting", "failed", "in_doubt", "calls"), 0),
                )
                for name in into:
                    into[name] += getattr(count, name)
            self.stdout.write(json.dumps(total, indent=2))
            return
        console(self.stdout).print(counts_table(counts))


def _unread(feeds: set[int], began: dt.datetime) -> QuerySet[Feed]:
    """Feeds that were not read to their end since `began`."""
    wanted = Feed.objects.filter(pk__in=feeds, enabled=True, paused_reason="", connection__enabled=True)
    return wanted.filter(Q(last_read_at=None) | Q(last_read_at__lt=began))


def _moving(flows: list[Flow]) -> QuerySet[Delivery]:
    """Deliveries that go on by themselves."""
    states = [State.PENDING, State.SENDING, State.ACCEPTED, State.IN_DOUBT]
    rows = Delivery.objects.filter(not_stopped(), flow__in=flows, state__in=states, flow__paused_reason="")
    return rows.select_related("flow__integration")

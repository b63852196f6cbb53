"""`demo`: runs the main job once, from an empty folder to delivered documents, with everything real but the six
systems."""

from __future__ import annotations

import datetime as dt
import json
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django_scopes import scopes_disabled
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from edi.models import Interchange, TransactionSet
from integrations.display import console as open_console
from integrations.display import counts_table
from integrations.engine import dispatch, schedule
from integrations.flows.registry import all_flows
from integrations.management import partners
from integrations.management.answers import let_cleo_know_addresses, let_partners_answer
from integrations.management.local import (
    LOCAL_NETWORK,
    Local,
    Process,
    Sandbox,
    StartFailed,
    allow_simulators,
    demo_environment,
    free_port,
)
from integrations.models import Delivery, Feed, Flow, State
from integrations.selectors import FlowCounts, count_flows, feed_of
from integrations.services.configuration.applying import apply
from integrations.services.configuration.loading import ConfigurationError, load
from portal.common.clock import db_now
from portal.tenants.models import Tenant

WAKE_EVERY = 5.0
ANSWERS_WITHIN = 30.0
"""Seconds within which the simulated partners have acknowledged everything."""


class Command(BaseCommand):
    help = "Migrates, starts simulators and a worker, applies demo/tenants.yaml, shows how the seed's documents travel."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=8899, help="Port of the simulators (default 8899, or a free one)."
        )
        parser.add_argument(
            "--seconds", type=float, default=180, help="How long to wait until everything is settled (default 180)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = open_console(self.stdout)
        began = time.monotonic()
        console.print("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
        schedule.register_tick()
        try:
            with Local(environment=LOCAL_NETWORK) as local:
                sandbox = local.start_sandbox(
                    port=free_port(options["port"]), state=Path(settings.VAR_DIR) / "sandbox.json"
                )
                console.print(f"Simulators of all systems run at {sandbox.url}/_control/")
                self._configure(sandbox)
                result = self._run(local, sandbox, console, seconds=options["seconds"])
                sandbox.call("POST", "/_control/save")
        except (StartFailed, ConfigurationError) as error:
            raise CommandError(str(error)) from error
        result["seconds"] = round(time.monotonic() - began, 1)
        (Path(settings.VAR_DIR) / "demo.json").write_text(json.dumps(result, indent=2) + "\n")
        self._show(console, result)
        if not result["settled"]:
            raise CommandError(
                f"Not everything was settled after {options['seconds']:.0f} s; see {settings.VAR_DIR}/log/worker.log."
            )

    def _configure(self, sandbox: Sandbox) -> None:
        configuration, source = load(
            settings.BASE_DIR / "demo" / "tenants.yaml", environment=demo_environment(sandbox.url)
        )
        apply(configuration, source)
        allow_simulators()

    def _run(self, local: Local, sandbox: Sandbox, console: Console, *, seconds: float) -> dict[str, Any]:
        with scopes_disabled():
            schedule.sweep()  # what a worker of an earlier demo left when it was killed
            began = db_now()
            Feed.objects.update(due_at=began)
            tenants = list(Tenant.objects.all())
            flows = list(
                Flow.objects.filter(enabled=True, integration__enabled=True).select_related(
                    "integration__books", "integration__partner", "tenant"
                )
            )
        dispatch.wake()
        worker = local.start_worker()
        until = time.monotonic() + seconds
        settled = self._watch(local, worker, flows, began, console, until=until)
        if settled:
            arrived = partners.send(sandbox)
            if arrived:
                console.print(f"Suppliers change, confirm, ship and invoice orders over Orderful: {arrived} documents.")
            with scopes_disabled():
                # What Cleo makes of what it was told is read before a supplier moves: an address that differs when it
                # is seen for the first time is a question to people.
                let_cleo_know_addresses(sandbox)
                _read_once(Feed.objects.filter(key="trading-partners", enabled=True), flows, until=until)
                order = let_partners_answer(sandbox)
            if order:
                console.print(f"A supplier answers order {order}, ships it and states a new address …")
            self._await_acknowledgments(flows, console, order, until=min(until, time.monotonic() + ANSWERS_WITHIN))
        with scopes_disabled():
            counts = count_flows(tenants, since=began)
            total = count_flows(tenants)
        return {
            "settled": settled,
            "sandbox": sandbox.url,
            "flows": [c.as_json() for c in counts],
            "since_the_beginning": [c.as_json() for c in total],
        }

    def _watch(
        self, local: Local, worker: Process, flows: list[Flow], began: dt.datetime, console: Console, *, until: float
    ) -> bool:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[said]}"),
            TimeElapsedColumn(),
        )
        woken = time.monotonic()
        with Progress(*columns, console=console, transient=False, refresh_per_second=4) as progress, scopes_disabled():
            bars = {
                f.pk: progress.add_task(f"{f.tenant.slug:<14} {f.full_key:<32}", total=None, said="reading …")
                for f in flows
            }
            while True:
                open_flows = [f for f in flows if not self._update(progress, bars[f.pk], f, began)]
                if not open_flows:
                    return True
                if time.monotonic() > until:
                    return False
                if not worker.runs:
                    console.print("The worker ended; a new one takes over what it left.")
                    schedule.sweep()
                    worker = local.start_worker()
                if time.monotonic() - woken > WAKE_EVERY:
                    # A demo does not wait for the next minute: what a killed worker left is freed and called for
                    # now.
                    schedule.sweep()
                    dispatch.wake()
                    woken = time.monotonic()
                time.sleep(0.25)

    def _await_acknowledgments(self, flows: list[Flow], console: Console, order: str, *, until: float) -> None:
        """Reads what partners send back, until every document that waits for an acknowledgment has it, and the
        shipment of an order is received ("": none is on its way)."""
        console.print("Reading what the trading partners answer …")
        with scopes_disabled():
            inbound = [
                feed.pk
                for flow in flows
                if (spec := all_flows()[flow.full_key]).source == "partner"
                and (feed := feed_of(flow, spec)) is not None
            ]
            feeds = Feed.objects.filter(pk__in=inbound)
            comes = True
            while time.monotonic() < until and (comes or _moves(flows)):
                comes = _something_comes(order)  # once more after the last has come: what it brought is done too
                _read_once(feeds, flows, until=until)

    def _update(self, progress: Progress, bar: TaskID, flow: Flow, began: dt.datetime) -> bool:
        """Redraws a flow's bar. True when its feed was read and nothing of it is under way."""
        feed = feed_of(flow, all_flows()[flow.full_key])
        read = feed is not None and feed.last_read_at is not None and feed.last_read_at >= began
        rows = Delivery.objects.filter(flow=flow)
        moving = schedule.under_way(db_now()).filter(flow=flow).count()
        mine = rows.filter(since__gte=began).count() if moving == 0 else rows.filter(created_at__gte=began).count()
        total = max(mine, moving, 1)
        done = total - moving
        said = f"{done} of {total} settled" if read else "reading …"
        progress.update(bar, total=total, completed=done if read else 0, said=said)
        return read and moving == 0

    def _show(self, console: Console, result: dict[str, Any]) -> None:
        console.print()
        console.print(
            counts_table([FlowCounts(**c) for c in result["flows"]], title=f"What happened in {result['seconds']} s")
        )
        with scopes_disabled():
            first = (
                TransactionSet.objects.filter(interchange__control_number__isnull=False, set_id="850")
                .order_by("id")
                .first()
            )
            text = Interchange.objects.get(pk=first.interchange_id).text if first else None
            failed = list(
                Delivery.objects.filter(state=State.FAILED).select_related("flow__integration").order_by("id")[:20]
            )
            answers = TransactionSet.objects.filter(interchange__direction="out").exclude(acknowledged="not_expected")
            answered = answers.exclude(acknowledged="waiting").count()
            total = answers.count()
        console.print(f"\nAcknowledged by their receivers: {answered} of {total} documents.", highlight=False)
        if failed:
            console.print("\nWhat needs somebody (the seed has faults that real books have):")
            for delivery in failed:
                console.print(
                    f"  {delivery.pk}  {delivery.flow.full_key} {delivery.business_number}: {delivery.reason}",
                    highlight=False,
                )
        if text:
            console.print("\nThe first X12 document:", highlight=False)
            console.print(bytes(text).decode("utf-8", "replace"), highlight=False, markup=False)
        self._say_what_next(console)
        console.print(
            f"Written: {settings.VAR_DIR}/demo.json and sandbox.json beside it. Look around with `make serve`.",
            highlight=False,
        )

    def _say_what_next(self, console: Console) -> None:
        """What hangs and why, and how one document is sent again."""
        with scopes_disabled():
            for feed in Feed.objects.exclude(last_problem="").select_related("tenant"):
                console.print(f"Not read: {feed.tenant.slug} {feed.key}: {feed.last_problem}", highlight=False)
            sent = Delivery.objects.filter(state=State.DELIVERED, flow__key="purchase-orders").order_by("id").first()
        if sent is not None:
            console.print(
                f"Send {sent.business_number} once more: "
                f'.venv/bin/python manage.py replay {sent.pk} --force --reason "The partner lost it"',
                highlight=False,
            )


def _read_once(feeds: QuerySet[Feed], flows: list[Flow], *, until: float) -> None:
    """Has these feeds read now, and waits until what they brought is done."""
    began = db_now()
    feeds.update(due_at=began)
    dispatch.wake()
    while time.monotonic() < until and (feeds.filter(due_at__lte=began).exists() or _moves(flows)):
        time.sleep(0.25)


def _moves(flows: list[Flow]) -> bool:
    """Whether a delivery of these flows goes on by itself."""
    return schedule.under_way(db_now()).filter(flow__in=flows).exists()


def _something_comes(order: str) -> bool:
    """Whether an acknowledgment is waited for, or the shipment of an order is on its way."""
    if TransactionSet.objects.filter(acknowledged="waiting").exists():
        return True
    notices = TransactionSet.objects.filter(interchange__direction="in", interchange__network__key="cleo", set_id="856")
    return bool(order) and not notices.exists()

"""`flows`: what there is to switch on."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.table import Table

from integrations.display import console
from integrations.flows.registry import all_flows
from integrations.systems.registry import system


class Command(BaseCommand):
    help = "Lists every flow: key, direction (seen from Visma), source, target, schedule."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON array instead of a table.")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = []
        for key, spec in sorted(all_flows().items()):
            books, _, partner = spec.pair.partition("-")
            source, target = (
                (books, partner.replace("-", "_")) if spec.source == "books" else (partner.replace("-", "_"), books)
            )
            rows.append(
                {
                    "key": key,
                    "direction": spec.direction,
                    "source": system(source).label,
                    "target": system(target).label,
                    "schedule": f"every {int(spec.interval.total_seconds() // 60)} min",
                    "label": spec.label,
                }
            )
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        table = Table(box=None)
        for heading in ("Flow", "Direction", "From", "To", "Schedule", "What"):
            table.add_column(heading)
        for row in rows:
            table.add_row(row["key"], row["direction"], row["source"], row["target"], row["schedule"], row["label"])
        console(self.stdout).print(table)

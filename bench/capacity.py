"""What rows cost: fills a database of its own with documents as they are kept, measures each table, and says what 100
million rows would need.

    python -m bench.capacity --rows 200000

Rows are written as the engine writes them (encrypted bodies of the stated sizes, all indexes), but in bulk and without
calls: it measures storage, and how long the queries take that lists and workers ask, not the work itself.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import secrets
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.engine.place import DATABASE, place, settled_in

RESULTS = Path(__file__).parent / "capacity.json"
A_DOCUMENT = {"record": 1, "payload": 2, "delivery": 1, "attempt": 1, "exchange": 1, "of attempt": 1, "audit": 2}
"""Rows that one delivered document leaves: what was read and what was sent are a payload each."""
BODY, SENT, REQUEST, ANSWER = 3_000, 1_200, 1_200, 600
"""Bytes of a source record, of the sent bytes, of a call's bodies, before they are compressed and encrypted."""
BATCH = 1_000
TENANTS = 20
PLANNED = 100_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """What one table holds and takes."""

    name: str
    rows: int
    bytes: int
    """With its indexes and what is kept out of line."""

    @property
    def a_row(self) -> float:
        return self.bytes / max(self.rows, 1)


def main(arguments: list[str] | None = None) -> int:
    """Fills, measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=200_000, help="rows of all tables together")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FILE", help="where the results go as JSON")
    parser.add_argument("--keep", action="store_true", help="fill the database of DATABASE_URL, which has to be new")
    chosen = parser.parse_args(arguments)
    if chosen.keep:
        return _report(chosen.rows, chosen.out, *_filled_to_stay(chosen.rows))
    with place():
        return _report(chosen.rows, chosen.out, *_filled(chosen.rows))


def _filled_to_stay(rows: int) -> tuple[float, list[Table], dict[str, float]]:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django_scopes import scopes_disabled

    from portal.tenants.models import Tenant

    if Tenant.objects.exists():
        raise SystemExit("The database has tenants already; name a new one that is migrated and empty.")
    with scopes_disabled():
        return _filled(rows)


def _filled(rows: int) -> tuple[float, list[Table], dict[str, float]]:
    begun = time.perf_counter()
    fill(max(1, rows // sum(A_DOCUMENT.values())))
    seconds = time.perf_counter() - begun
    settled_in()
    return seconds, sizes(), timings()


def _report(rows: int, out: Path, seconds: float, tables: list[Table], asked: dict[str, float]) -> int:
    there, total = sum(t.rows for t in tables), sum(t.bytes for t in tables)
    _say(f"{DATABASE}: {there:,} rows in {seconds:.0f} s, {total / 2**20:,.0f} MiB, {total / there:,.0f} bytes a row")
    for table in tables:
        _say(f"{table.rows:>10,}  {table.bytes / 2**20:>9,.1f} MiB  {table.a_row:>7,.0f} B a row  {table.name}")
    _say(f"{PLANNED:,} rows: {PLANNED * total / there / 2**30:,.0f} GiB")
    for name, took in asked.items():
        _say(f"{took * 1000:>10,.1f} ms  {name}")
    found = {
        "database": DATABASE,
        "asked_rows": rows,
        "seconds": round(seconds, 1),
        "tables": [asdict(t) for t in tables],
        "queries_ms": {name: round(s * 1000, 2) for name, s in asked.items()},
    }
    out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def fill(documents: int) -> None:
    """Writes so many delivered documents, over twenty tenants and ninety days; the last of each tenant are pending."""
    from portal.common.clock import db_now

    streams = [_tenant(number) for number in range(min(TENANTS, documents))]
    bodies = [[_body(size) for _ in range(20)] for size in (BODY, SENT, REQUEST, ANSWER)]
    begun = db_now() - dt.timedelta(days=90)
    step = dt.timedelta(days=90) / documents
    for first in range(0, documents, BATCH):
        numbers = range(first, min(first + BATCH, documents))
        _write([(n, streams[n % len(streams)], begun + n * step) for n in numbers], bodies)
    from integrations.models import Delivery, State

    for stream in streams:
        last = Delivery.objects.filter(tenant=stream["tenant"]).order_by("-pk")[:5]
        Delivery.objects.filter(pk__in=[d.pk for d in last]).update(state=State.PENDING, closed_at=None)


def _body(size: int) -> Any:
    """Sealed bytes as of JSON: half of it repeats, half does not."""
    from portal.common.secrets import SealedBytesField

    text = "".join(f'{{"lineNumber":{n},"description":"{secrets.token_hex(20)}"}},' for n in range(size // 70))
    return SealedBytesField.seal(text[:size].encode())


def _tenant(number: int) -> dict[str, Any]:
    from integrations.models import Connection, Feed, Flow, Integration
    from portal.tenants.models import Tenant

    tenant = Tenant.objects.create(slug=f"capacity-{number}", name=f"Capacity {number}")
    books, partner = (
        Connection.objects.create(tenant=tenant, key=key, system=key, name=key.title()) for key in ("visma", "orderful")
    )
    integration = Integration.objects.create(
        tenant=tenant, key="one", pair="visma-orderful", name="One", books=books, partner=partner
    )
    return {
        "tenant": tenant,
        "sink": partner,
        "integration": integration,
        "flow": Flow.objects.create(tenant=tenant, integration=integration, key="purchase-orders"),
        "feed": Feed.objects.create(tenant=tenant, connection=books, key="purchase-orders"),
    }


def _write(documents: list[tuple[int, dict[str, Any], dt.datetime]], bodies: list[list[Any]]) -> None:
    """One batch, each table in one statement."""
    from integrations.models import Attempt, Delivery, Exchange, Payload, Record, State
    from portal.audit import trail
    from portal.audit.models import AuditEvent

    kept: list[list[Any]] = [[], [], []]
    raw, sent, request, answer = bodies
    for n, stream, at in documents:
        for rows, body, size, kind in ((kept[0], raw, BODY, "r"), (kept[1], sent, SENT, "s")):
            digest = f"{kind}{n:063}"
            rows.append(
                Payload(tenant=stream["tenant"], sha256=digest, size=size, data=body[n % len(body)], created_at=at)
            )
    Payload.objects.bulk_create([*kept[0], *kept[1]])
    records, deliveries, attempts, exchanges, events = [], [], [], [], []
    for index, (n, stream, at) in enumerate(documents):
        tenant, number = stream["tenant"], f"{500_000 + n}"
        record = Record(
            tenant=tenant, feed=stream["feed"], source_id=number, business_number=number, status="Open",
            fingerprint=f"{n:064}", payload=kept[0][index], takers=1, modified_at=at, captured_at=at,
        )  # fmt: skip
        delivery = Delivery(
            tenant=tenant, integration=stream["integration"], flow=stream["flow"], sink_connection=stream["sink"],
            record=record, operation="send", operation_key=f"{n:064}", lane=f"order:{number}", business_number=number,
            state=State.DELIVERED, since=at, not_before=at, closed_at=at, created_at=at, claims=1, tries=1, fence=1,
            frozen=kept[1][index], frozen_meta={"stream": "test", "interchange": n}, purpose="original",
            document_digest=f"{n:064}", target_id=f"t-{n}", settings_used={"mapping": 1, "release": "0.1.0"},
        )  # fmt: skip
        records.append(record)
        deliveries.append(delivery)
        attempts.append(
            Attempt(
                tenant=tenant, delivery=delivery, number=1, fence=1, worker="host-1/4026531836:1234:5678",
                started_at=at, closed_at=at, outcome="delivered",
            )
        )  # fmt: skip
        exchanges.append(
            Exchange(
                tenant=tenant, connection=stream["sink"], method="POST", url="https://api.example/v3/transactions",
                request_headers={"Content-Type": "application/json", "orderful-api-key": "***"}, status=201,
                request_body=request[n % len(request)], response_body=answer[n % len(answer)],
                response_headers={"Content-Type": "application/json"}, request_sha256=f"{n:064}",
                response_sha256=f"{n:064}", started_at=at, milliseconds=180,
            )
        )  # fmt: skip
        for action in ("record.captured", "delivery.delivered"):
            event = trail.event(
                tenant, action, f"Purchase order {number} went to Orderful.", object_type="delivery", object_id=n,
                business_number=number,
            )  # fmt: skip
            event.at = at
            events.append(event)
    batches: tuple[tuple[Any, list[Any]], ...] = (
        (Record, records),
        (Delivery, deliveries),
        (Attempt, attempts),
        (Exchange, exchanges),
        (AuditEvent, events),
    )
    for model, batch in batches:
        model._base_manager.bulk_create(batch)
    between = Attempt.exchanges.through
    between._default_manager.bulk_create(
        [between(attempt=a, exchange=e) for a, e in zip(attempts, exchanges, strict=True)]
    )


def sizes() -> list[Table]:
    """Every table that was filled, the largest first."""
    from django.db import connection

    from integrations.models import Attempt, Delivery, Exchange, Payload, Record
    from portal.audit.models import AuditEvent

    found = []
    for model in (Payload, Record, Delivery, Attempt, Exchange, Attempt.exchanges.through, AuditEvent):
        table = model._meta.db_table
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_total_relation_size(%s)", [table])
            else:
                cursor.execute(
                    "SELECT sum(pgsize) FROM dbstat WHERE name = %s OR name IN "
                    "(SELECT name FROM sqlite_master WHERE tbl_name = %s)",
                    [table, table],
                )
            size = int(cursor.fetchone()[0] or 0)
        found.append(Table(table, model._base_manager.count(), size))
    return sorted(found, key=lambda t: -t.bytes)


def timings() -> dict[str, float]:
    """Seconds of what lists and workers ask, the best of five."""
    from integrations.engine import schedule
    from integrations.models import Delivery, State
    from portal.audit.models import AuditEvent
    from portal.tenants.models import Tenant

    tenant = Tenant.objects.order_by("pk").first()
    number = Delivery.objects.filter(tenant=tenant).order_by("pk").values_list("business_number", flat=True)[0]
    mine = Delivery.objects.filter(tenant=tenant)
    asked = {
        "a tenant's newest 50 deliveries": lambda: list(mine.order_by("-pk")[:50]),
        "its newest 50 in doubt": lambda: list(mine.filter(state=State.IN_DOUBT).order_by("-pk")[:50]),
        "a business number": lambda: list(mine.filter(business_number=number)),
        "its newest 50 audit lines": lambda: list(AuditEvent.objects.filter(tenant=tenant).order_by("-pk")[:50]),
        "whether anything is due": schedule.anything_due,
    }
    return {name: min(_seconds(ask) for _ in range(5)) for name, ask in asked.items()}


def _seconds(ask: Any) -> float:
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())

"""Keeping what was read, beside dlt, which loads the same pages of the same simulators into the same PostgreSQL.

What is done with a page here: fingerprints, sealed payloads, records, deliveries and the line of the audit trail. dlt
unpacks the documents into tables of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from bench.engine.place import DATABASE, Used, place, used
from bench.figures import Figure, Target

ORDERS = 10_000
LINES = 10
PAGE = 500
FLOW = "visma-cleo.purchase-orders"


def beside_dlt() -> list[Figure]:
    """Capture of 10,000 ten-line orders, and how much longer dlt takes for the same pages."""
    with place() as here:
        from django.db import connection
        from django.db.models import Q

        from integrations.engine.slice import Scope, run_slice
        from integrations.models import Connection, Feed, Record
        from integrations.systems.registry import system

        simulators = here.simulators(orders=ORDERS, lines=LINES)
        here.tenant(simulators, FLOW, visma={"page_size": PAGE})
        feed = Feed.objects.get(key="purchase-orders", connection__system="visma")
        with used() as ours:
            run_slice(seconds=600, threads=1, limits=Scope(feeds={feed.pk}, deliveries=Q(pk=0), operations=set()))
        if (kept := Record.objects.filter(feed=feed).count()) < ORDERS:
            raise RuntimeError(f"{kept} records were kept. {Feed.objects.get(pk=feed.pk).last_problem}")
        figures = [
            Figure(
                name=f"Capture of {ORDERS:,} orders of {LINES} lines",
                value=round(kept / ours.seconds),
                unit="orders a second",
                compared_with=DATABASE,
            ),
            Figure(name="CPU of a captured order", value=round(ours.processor * 1000 / kept, 3), unit="ms"),
        ]
        if connection.vendor == "sqlite":
            return figures
        books = Connection.objects.get(system="visma")
        session = system("visma").session(books)
        theirs = _load_with_dlt(_pages(session), here.folder / "dlt")
    return [
        *figures,
        Figure(
            name="Capture, beside loading",
            value=round(theirs.seconds / ours.seconds, 2),
            unit="times as fast",
            target=Target("at least", 2),
            compared_with=f"dlt {version('dlt')}, the same pages and database",
        ),
    ]


def _pages(session: Any) -> Iterator[list[dict[str, Any]]]:
    """The same pages, one after the other, over the same connection as ours are."""
    import msgspec

    number = 1
    while True:
        answer = session.get("/v1/purchaseorder", params={"pageNumber": number, "pageSize": PAGE})
        rows = msgspec.json.decode(answer.body) if answer.body else []
        if not rows:
            return
        yield rows
        if len(rows) < PAGE:
            return
        number += 1


def _load_with_dlt(pages: Iterator[list[dict[str, Any]]], folder: Any) -> Used:
    os.environ |= {
        "DLT_DATA_DIR": str(folder),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
    }
    import dlt
    from dlt.destinations import postgres

    from tests.support.database import database_url

    # dlt insists on a password; a database that asks for none takes any.
    parts = urlsplit(database_url())
    where = parts if parts.password else parts._replace(netloc=parts.netloc.replace("@", ":none@", 1))
    target = where._replace(scheme="postgresql").geturl()
    pipeline = dlt.pipeline(
        pipeline_name="bench", destination=postgres(target), dataset_name="dlt_bench", pipelines_dir=str(folder)
    )
    with used() as took:
        loaded = pipeline.run(
            dlt.resource(pages, name="purchase_orders", primary_key="orderNbr", write_disposition="append")
        )
    loaded.raise_on_failed_jobs()
    return took

"""How far everything is: tenant, connections, feeds and flows, in a number of queries that does not grow."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scopes_disabled

from integrations.models import Delivery, Feed, Flow, Integration, Issue, State
from tests.portal.api.conftest import Caller, Owned

BUDGET = 14
"""Queries that the status of everything may take."""


def statuses(owned: Owned) -> dict[str, dict[str, Any]]:
    """Of the flow, of its feed, of both connections, each asked for by itself."""
    caller = Caller(owned.key)
    paths = {
        "flow": f"flows/{owned.flow.pk}",
        "feed": f"feeds/{owned.run.feed_id}",
        "source": f"connections/{owned.connection.key}",
        "target": f"connections/{owned.integration.partner.key}",
    }
    return {name: caller.get(f"/api/v1/{path}/status").json() for name, path in paths.items()}


def test_what_is_open_is_counted_everywhere_it_counts(ours: Owned, theirs: Owned) -> None:
    found = statuses(ours)
    for name, said in found.items():
        assert (said["failed"], said["in_doubt"], said["open_issues"]) == (1, 0, 1), name
    with scopes_disabled():
        Delivery.objects.filter(pk=ours.delivery.pk).update(state=State.IN_DOUBT)
    for name, said in statuses(ours).items():
        assert (said["failed"], said["in_doubt"]) == (0, 1), name
    whole = Caller(ours.key).get("/api/v1/status").json()
    assert (whole["failed"], whole["in_doubt"], whole["healthy"]) == (0, 1, False)
    assert whole["flows"][0] | {"lag_seconds": 0} == statuses(ours)["flow"] | {"lag_seconds": 0}


def test_an_issue_of_a_connection_is_its_own(ours: Owned) -> None:
    with scopes_disabled():
        Issue.objects.filter(pk=ours.issue.pk).update(flow=None, connection=ours.connection)
    counts = {name: said["open_issues"] for name, said in statuses(ours).items()}
    assert counts == {"flow": 0, "feed": 0, "source": 1, "target": 0}


def test_cursor_delivered_until_and_lag(ours: Owned) -> None:
    now = timezone.now()
    cursor, oldest = now - dt.timedelta(minutes=5), now - dt.timedelta(minutes=20)
    with scopes_disabled():
        Feed.objects.filter(pk=ours.run.feed_id).update(read_until=cursor)
    for name in ("flow", "feed", "source"):
        said = statuses(ours)[name]
        assert dt.datetime.fromisoformat(said["cursor"]) == cursor, name
        assert dt.datetime.fromisoformat(said["delivered_until"]) == cursor, name
        assert said["lag_seconds"] >= 300, name
    with scopes_disabled():
        Delivery.objects.filter(pk=ours.delivery.pk).update(state=State.PENDING, source_modified_at=oldest)
    for name, said in statuses(ours).items():
        assert dt.datetime.fromisoformat(said["delivered_until"]) == oldest, name
        assert said["lag_seconds"] >= 1200, name
    with scopes_disabled():
        Feed.objects.filter(pk=ours.run.feed_id).update(read_until=None)
        Delivery.objects.filter(pk=ours.delivery.pk).update(source_modified_at=None)
    assert statuses(ours)["feed"]["lag_seconds"] is None


def test_the_stream_of_a_flow(ours: Owned) -> None:
    assert statuses(ours)["flow"]["stream"] == "test"
    with scopes_disabled():
        Integration.objects.filter(pk=ours.integration.pk).update(settings={"stream": "live"})
    assert statuses(ours)["flow"]["stream"] == "live"


def test_two_integrations_of_one_pair_are_two_lines(ours: Owned) -> None:
    add_flows(ours, 1)
    lines = Caller(ours.key).get("/api/v1/status").json()["flows"]
    assert sorted(line["integration"] for line in lines) == ["again-0", "main-ours"]
    assert len({line["id"] for line in lines}) == 2


def test_more_flows_take_no_more_queries(ours: Owned) -> None:
    caller = Caller(ours.key)
    caller.get("/api/v1/status")
    with CaptureQueriesContext(connection) as few:
        assert len(caller.get("/api/v1/status").json()["flows"]) == 1
    add_flows(ours, 12)
    with CaptureQueriesContext(connection) as many:
        assert len(caller.get("/api/v1/status").json()["flows"]) == 13
    assert len(many) <= len(few) <= BUDGET, [query["sql"][:150] for query in many]


def add_flows(owned: Owned, number: int) -> None:
    """Further integrations of the same pair, with connections of their own."""
    with scopes_disabled():
        for n in range(number):
            ends = []
            for side in (owned.connection, owned.integration.partner):
                side.pk, side.key, side.network = None, f"{side.system}-{n}", None
                side.save()
                ends.append(side)
            row = Integration.objects.create(
                tenant=owned.tenant,
                key=f"again-{n}",
                pair="visma-orderful",
                name=f"Again {n}",
                books=ends[0],
                partner=ends[1],
            )
            Flow.objects.create(tenant=owned.tenant, integration=row, key="purchase-orders")
            Feed.objects.create(tenant=owned.tenant, connection=ends[0], key="purchase-orders")

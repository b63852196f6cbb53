"""For load balancers and monitoring: is this process alive, can it do its work, and how the work goes."""

from __future__ import annotations

import datetime as dt
import hmac

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from integrations.selectors.metrics import Connector
from portal.common.clock import db_now
from portal.common.installation import canary_sings, epoch_matches, installation
from portal.common.secrets import SecretUnreadable

HEARTBEAT_LIMIT = dt.timedelta(minutes=3)
FINE = "ok"


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether the process answers. Looks at nothing else: a database that is away is no reason to kill it."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether pages can be shown: database, migrations, keys. 503 when not. How the workers are is told as well, and
    counts only with `?worker=1`: pages work without them."""
    try:
        found = {"database": FINE, "migrations": _migrations(), "keys": _keys()}
        found |= {"epoch": FINE if epoch_matches() else "restored", "worker": _worker()} if _good(found) else {}
    except DatabaseError:
        found = {"database": "away"}
    counted = found if request.GET.get("worker") else {k: v for k, v in found.items() if k not in ("worker", "epoch")}
    return JsonResponse(found, status=200 if _good(counted) else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, in Prometheus' text form, for who shows METRICS_TOKEN. 404 to everybody else."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    if not wanted or scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), wanted.encode()):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Connector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _good(found: dict[str, str]) -> bool:
    return all(value == FINE for value in found.values())


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    return "missing" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else FINE


def _keys() -> str:
    try:
        return FINE if canary_sings() else "wrong"
    except SecretUnreadable:
        return "wrong"


def _worker() -> str:
    at = installation().heartbeat_at
    return FINE if at is not None and db_now() - at < HEARTBEAT_LIMIT else "late"

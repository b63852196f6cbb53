"""System checks: a wrong configuration has an id and a remedy."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.db import connection

from portal.common.models import Installation
from portal.common.secrets import SecretUnreadable


@register(Tags.database)
def check_database(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[Any]:
    if connection.vendor not in ("sqlite", "postgresql"):
        return [
            Error(
                f"The database {connection.vendor} is not supported.",
                hint="Use PostgreSQL or SQLite.",
                id="portal.E002",
            )
        ]
    if connection.vendor == "postgresql" and settings.DATABASES["default"].get("OPTIONS", {}).get("pool"):
        return [
            Error(
                "A connection pool is configured, but workers fork and would share its sockets.",
                hint="Remove `pool` from DATABASE_URL.",
                id="portal.E003",
            )
        ]
    return []


@register(Tags.database)
def check_keys(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[Any]:
    """Run by `migrate`, and by `check --database default`: a wrong key is seen before anything is stored under it."""
    if not databases or Installation._meta.db_table not in connection.introspection.table_names():
        return []
    try:
        list(Installation.objects.only("canary"))
    except SecretUnreadable as error:
        return [Error(str(error), hint="Put back the right FIELD_ENCRYPTION_KEYS or keys file.", id="portal.E006")]
    return []


@register(Tags.security, deploy=True)
def check_https(app_configs: Any, **kwargs: Any) -> list[Any]:
    if settings.HTTPS:
        return []
    return [
        Warning(
            "People would reach this installation without TLS.",
            hint="Set BASE_URL to the https:// address.",
            id="portal.W001",
        )
    ]


@register()
def check_queue(app_configs: Any, **kwargs: Any) -> list[Any]:
    queue = settings.Q_CLUSTER
    if queue["retry"] < queue["timeout"] * (2 + queue["queue_limit"] / queue["workers"]):
        return [
            Error(
                "django-q2 would start tasks a second time while they still run.",
                hint="retry must be at least timeout * (2 + queue_limit / workers).",
                id="portal.E004",
            )
        ]
    if queue["workers"] < 2:
        return [
            Error(
                "With one worker process, tick and heartbeat would wait for work.",
                hint="Set WORKERS to 2 or more.",
                id="portal.E005",
            )
        ]
    return []

"""Configuration, the error desk, and the evidence. One module a subject."""

from __future__ import annotations

from integrations.admin import (  # noqa: F401  (registers their pages)
    connections,
    deliveries,
    exchanges,
    feeds,
    flows,
    issues,
    links,
    operations,
    pairs,
    records,
    runs,
    telling,
    tenants,
)

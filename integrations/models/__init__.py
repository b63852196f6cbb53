"""Rows of the sync engine. One module a subject; see docs/architecture.md for the words."""

from __future__ import annotations

from integrations.models.backfill import Backfill
from integrations.models.connection import AccessToken, Breaker, Connection, RateBudget
from integrations.models.delivery import HELD_STATES, MOVING_STATES, OPEN_STATES, Attempt, Delivery, Exchange, State
from integrations.models.edit import DocumentEdit
from integrations.models.feed import Feed, Payload, Record, Run
from integrations.models.file import SeenFile
from integrations.models.flow import Flow, Integration, MappingVersion, Side
from integrations.models.issue import Issue
from integrations.models.link import Link
from integrations.models.operation import Operation
from integrations.models.slot import WorkSlot
from integrations.models.webhook import WebhookEndpoint, WebhookEvent

__all__ = [
    "HELD_STATES",
    "MOVING_STATES",
    "OPEN_STATES",
    "AccessToken",
    "Attempt",
    "Backfill",
    "Breaker",
    "Connection",
    "Delivery",
    "DocumentEdit",
    "Exchange",
    "Feed",
    "Flow",
    "Integration",
    "Issue",
    "Link",
    "MappingVersion",
    "Operation",
    "Payload",
    "RateBudget",
    "Record",
    "Run",
    "SeenFile",
    "Side",
    "State",
    "WebhookEndpoint",
    "WebhookEvent",
    "WorkSlot",
]

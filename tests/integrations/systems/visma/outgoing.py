"""Frozen effects as sinks take them."""

from __future__ import annotations

from typing import Any

from integrations.systems.contract import Outgoing
from integrations.systems.visma.commands import Command, encode


def outgoing(command: Command, **changes: Any) -> Outgoing:
    """A command, as the engine hands it to a sink."""
    values: dict[str, Any] = {
        "delivery_id": 1,
        "operation_key": "0" * 64,
        "business_number": "X",
        "purpose": "original",
        "body": encode(command),
        "meta": {},
    }
    return Outgoing(**{**values, **changes})

"""The error bodies of Airbase: those of Django REST framework."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from integrations.sandbox.kernel import Refusal, Reply, json_reply

Errors = dict[str, list[str]]

REQUIRED: Final = "This field is required."
BLANK: Final = "This field may not be blank."
NULL: Final = "This field may not be null."
UNKNOWN: Final = "Entity not found"


def detail(status: int, text: str, **headers: str) -> Reply:
    """{"detail": text}."""
    return json_reply(status, {"detail": text}, **headers)


def refuse(status: int, text: str, **headers: str) -> Refusal:
    """{"detail": text}, to be raised."""
    return Refusal(detail(status, text, **headers))


def invalid(errors: Errors) -> Refusal:
    """Field errors as 400, to be raised."""
    return Refusal(json_reply(400, errors))


def json_object(data: bytes) -> dict[str, Any]:
    """The body as a JSON object. Raises Refusal for anything else."""
    try:
        decoded = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise refuse(400, f"JSON parse error - {error}") from error
    if not isinstance(decoded, dict):
        raise invalid({"non_field_errors": ["Invalid data. Expected a dictionary."]})
    return decoded

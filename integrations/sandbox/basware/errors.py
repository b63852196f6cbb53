"""The error bodies of Basware: one shape for P2P, another for push notifications, a third for the Network."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.kernel import Reply, json_reply

Problem = tuple[str, str, str]
"""(externalCode, code, message)."""

_TYPES = {
    "SCHEMA_VALIDATION_ERROR": "VALIDATION",
    "PARAMETER_VALIDATION_ERROR": "VALIDATION",
    "EXTERNAL_CODE_MISMATCH": "VALIDATION",
    "UNEXPECTED_ERROR": "TECHNICAL",
}


def refused(status: int, request_id: str, problems: list[Problem]) -> Reply:
    """P2P: {requestId, hasErrors, errors}."""
    errors = [
        {"externalCode": external_code, "type": _TYPES.get(code, "BUSINESS"), "code": code, "message": text, "info": ""}
        for external_code, code, text in problems
    ]
    return json_reply(status, {"requestId": request_id, "hasErrors": True, "errors": errors})


def push_refused(request_id: str, messages: list[str], *, code: str = "SCHEMA_VALIDATION_ERROR") -> Reply:
    """Push notifications: {requestId, hasError, errorMessages}."""
    listed = [{"type": "VALIDATION", "code": code, "message": text} for text in messages]
    return json_reply(400, {"requestId": request_id, "hasError": True, "errorMessages": listed})


def network_refused(status: int, request_id: str, message: str, fields: dict[str, str] | None = None) -> Reply:
    """Network: {version, errors}."""
    validation = [{"fieldId": name, "fieldMessage": text} for name, text in (fields or {}).items()]
    errors: dict[str, Any] = {
        "validationErrors": validation,
        "message": message,
        "id": request_id,
        "type": "VALIDATION" if status == 400 else "BUSINESS",
        "info": "",
        "code": str(status),
    }
    return json_reply(status, {"version": "1.0", "errors": errors})

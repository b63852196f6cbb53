"""The error bodies of Orderful: one shape for everything its validation pipe refuses."""

from __future__ import annotations

from typing import Any

import msgspec

from integrations.sandbox.kernel import Refusal, Reply, json_reply


def argument_error(errors: list[tuple[str, str]], *, status: int = 400) -> Reply:
    """The answer to wrong arguments: `errors` are (reference, message)."""
    listed = [{"type": "argumentError", "ref": ref, "message": message} for ref, message in errors]
    body = {
        "type": "argumentError",
        "ref": "user",
        "message": "There were errors with your request",
        "errors": listed,
    }
    return json_reply(status, body)


def refuse(ref: str, message: str, *, status: int = 400) -> Refusal:
    """One wrong argument, to be raised."""
    return Refusal(argument_error([(ref, message)], status=status))


def not_found(message: str) -> Refusal:
    """An unknown id, to be raised: "Transaction not found"."""
    return Refusal(json_reply(404, {"type": "notFoundError", "ref": "user", "message": message}))


def unknown_key(key: str | None, *, status: int) -> Reply:
    """The answer to a missing (`key` None) or unknown API key."""
    text = f"Application with key {'undefined' if key is None else key} not found"
    return json_reply(status, {"type": "authenticationError", "ref": "orderful-api-key", "message": text})


def json_object(data: bytes) -> dict[str, Any]:
    """The body as a JSON object. Raises Refusal for anything else."""
    try:
        decoded = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise refuse("body", f"Request body is not valid JSON: {error}") from error
    if not isinstance(decoded, dict):
        raise refuse("body", "Request body must be a JSON object")
    return decoded


def json_array(data: bytes) -> list[Any]:
    """The body as a JSON array. Raises Refusal for anything else."""
    try:
        decoded = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise refuse("body", f"Request body is not valid JSON: {error}") from error
    if not isinstance(decoded, list):
        raise refuse("body", "Request body must be a JSON array")
    return decoded


def known_properties(body: dict[str, Any], known: set[str]) -> None:
    """Raise Refusal when the body or query has members beyond `known`."""
    unknown = [(name, f"property {name} should not exist") for name in body if name not in known]
    if unknown:
        raise Refusal(argument_error(unknown))

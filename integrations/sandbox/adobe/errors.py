"""The error bodies of Magento's REST API: a message with %1 or %name, and the parameters that fill it."""

from __future__ import annotations

from typing import Any, NoReturn

import msgspec

from integrations.sandbox.kernel import Refusal, Reply, json_reply

Parameters = list[Any] | dict[str, Any] | None

ACL = "The consumer isn't authorized to access %resources."
NO_ROUTE = "Request does not match any route."
NO_ENTITY = "The entity that was requested doesn't exist. Verify the entity and try again."
NO_FIELD_ENTITY = "No such entity with %fieldName = %fieldValue"
REQUIRED = '"%fieldName" is required. Enter and try again.'
MASKED = "Internal Error. Details are available in Magento log file. Report ID: webapi-%s"


def message(status: int, text: str, parameters: Parameters = None, **headers: str) -> Reply:
    """{"message", "parameters"}; parameters only where there are any."""
    body: dict[str, Any] = {"message": text}
    if parameters:
        body["parameters"] = parameters
    return json_reply(status, body, **headers)


def refuse(status: int, text: str, parameters: Parameters = None) -> NoReturn:
    """Answer with a message from anywhere below a handler."""
    raise Refusal(message(status, text, parameters))


def no_entity(field: str = "", value: Any = None) -> NoReturn:
    """404: without `field` the sentence of orders, with it that of most others."""
    if field:
        refuse(404, NO_FIELD_ENTITY, {"fieldName": field, "fieldValue": value})
    refuse(404, NO_ENTITY)


def required(field: str) -> NoReturn:
    """400 for an absent parameter."""
    refuse(400, REQUIRED, {"fieldName": field})


def masked(report: str, status: int = 500) -> Reply:
    """What a PHP exception becomes in production mode."""
    return message(status, MASKED % report)


def fatal(report: str) -> Reply:
    """What PHP leaves when it ends before the API can answer: another shape."""
    text = f"Server internal error. See details in report api/{report}"
    return json_reply(500, {"messages": {"error": [{"code": 500, "message": text}]}})


def json_object(data: bytes, mimetype: str) -> dict[str, Any]:
    """The body as a JSON object. Refuses another media type and what does not decode."""
    if mimetype != "application/json":
        refuse(400, "Server cannot understand Content-Type HTTP header media type %1", [mimetype or ""])
    try:
        decoded = msgspec.json.decode(data or b"{}")
    except msgspec.DecodeError:
        refuse(400, "Decoding error.")
    if not isinstance(decoded, dict):
        refuse(400, "Decoding error.")
    return decoded

"""Error answers of Visma.net: business errors, gateway errors, and bodies that are not JSON."""

from __future__ import annotations

import random
from typing import NoReturn

from integrations.sandbox.kernel import Refusal, Reply, json_reply
from integrations.sandbox.world.identifiers import guid

HTML = {"Content-Type": "text/html; charset=utf-8"}


def business(status: int, summary: str, *errors: str, rng: random.Random) -> Reply:
    """`{"message": "VismaId: <guid>. <summary> Error: ..."}`; several errors stand in one string."""
    joined = "\r\n".join(f"Error: {error}" for error in errors)
    return json_reply(status, {"message": f"VismaId: {guid(rng)}. {summary} {joined}".rstrip()})


def gateway(status: int, text: str) -> Reply:
    """The shape of the API gateway in front of the service."""
    return json_reply(status, {"statusCode": status, "message": text})


def ipp(status: int, text: str, code: str, *, rng: random.Random) -> Reply:
    """The older shape, which some refusals of licences and companies still have."""
    return json_reply(
        status,
        {
            "ExceptionType": "IPPException",
            "ExceptionMessage": text,
            "ExceptionFaultCode": code,
            "ExceptionMessageID": f"{code}_{guid(rng)}",
            "ExceptionDetails": "",
        },
    )


def model_state(path: str, text: str) -> Reply:
    """A body or query that could not be read into the expected types."""
    return json_reply(400, {"message": "The request is invalid.", "modelState": {path: [text]}})


def server_error(status: int, number: int, *, rng: random.Random) -> Reply:
    """A 5xx in one of the forms that integrators saw, in turn: JSON, plain text, HTML, nothing."""
    match number % 4:
        case 0:
            return business(status, "An unexpected error has occurred.", rng=rng)
        case 1:
            return Reply(status, "Internal Server Error", {"Content-Type": "text/plain"})
        case 2:
            return Reply(status, "<!DOCTYPE html><html><head><title>Runtime Error</title></head></html>", HTML)
        case _:
            return Reply(status)


def refuse(reply: Reply) -> NoReturn:
    """End the call with this answer."""
    raise Refusal(reply)

"""Errors as RFC 9457 has them (application/problem+json): one shape, a sentence in `detail`, members in `errors`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

CONTENT_TYPE = "application/problem+json"
ALWAYS = ("400", "401", "403", "404", "405", "406", "415", "429")
"""Statuses that any operation may answer."""


def as_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer for an error; None for a bug, which stays a 500."""
    answer = exception_handler(error, context)
    if answer is None:
        return None
    said, errors = answer.data, {}
    if isinstance(said, dict) and set(said) == {"detail"}:
        detail = " ".join(said["detail"]) if isinstance(said["detail"], list) else str(said["detail"])
    elif isinstance(said, dict):
        errors = said
        detail = " ".join(f"{name}: {_sentence(what)}" for name, what in said.items())
    else:
        detail = _sentence(said)
    answer.data = {
        "type": "about:blank",
        "title": HTTPStatus(answer.status_code).phrase,
        "status": answer.status_code,
        "detail": detail,
        **({"errors": errors} if errors else {}),
    }
    answer.content_type = CONTENT_TYPE
    return answer


def _sentence(said: Any) -> str:
    if isinstance(said, dict):
        return " ".join(f"{name}: {_sentence(what)}" for name, what in said.items())
    return " ".join(_sentence(part) for part in said) if isinstance(said, list | tuple) else str(said)


@extend_schema(exclude=True)
class NothingHere(APIView):
    """Answers addresses of the API that there are not as it answers everything else."""

    def get(self, request: Request) -> Response:
        raise NotFound("There is nothing at this address; see /api/reference/.")

    post = put = patch = delete = get


def name_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Says in the OpenAPI document that every operation may answer with a problem."""
    result["components"]["schemas"].setdefault("Problem", _SHAPE)
    for path in result["paths"].values():
        for operation in path.values():
            if not isinstance(operation, dict) or "responses" not in operation:
                continue
            named = [code for code in operation["responses"] if code.startswith("4")]
            for code in {*named, *ALWAYS}:
                operation["responses"][code] = {
                    "description": HTTPStatus(int(code)).phrase,
                    "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
    return result


_SHAPE = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, to what, and what to do."},
        "errors": {"type": "object", "additionalProperties": {}, "description": "What is wrong with which member."},
    },
}

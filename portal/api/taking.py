"""Whole documents as files: for keys that may operate, and with a line in the audit trail."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from edi.models import TransactionSet
from edi.services.printing import NotReadable
from integrations.services import paper
from portal.api.serializers import ProblemSerializer

NO_DOCUMENT: dict[Any, Any] = {(404, "application/json"): ProblemSerializer}
"""For the OpenAPI document."""


class Whatever(BaseContentNegotiation):
    """The answer has the type that it has, whatever `Accept` says."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


def taken(row: TransactionSet, form: paper.Form, *, caller: str) -> HttpResponse:
    """The document as a file. Raises NotFound with a sentence where there is none that can be read."""
    try:
        found = paper.take(row, form=form, caller=caller)
    except NotReadable as error:
        raise NotFound(str(error)) from error
    headers = {"Content-Disposition": f'attachment; filename="{found.file_name}"', "Cache-Control": "no-store"}
    return HttpResponse(found.data, content_type=found.media_type, headers=headers)

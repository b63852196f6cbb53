"""Where systems tell us that something happened. The address is unguessable and belongs to one connection."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from django_scopes import scopes_disabled

from integrations.services import webhooks

HTTP_OK = 200
MOST_WORD = 200
MOST_BYTES = 2_200_000
"""Adobe sends up to a hundred events at once, 2 MB; a whole document may come with Orderful's."""


@csrf_exempt
@require_http_methods(["GET", "POST"])
def receive(request: HttpRequest, system: str, token: str) -> HttpResponse:
    """Stores the event and answers; what it means is read later from the system itself. A system that asks whether
    somebody is there (GET with a challenge) is told its own word."""
    if request.method == "GET":
        return _challenged(request, system, token)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return HttpResponse(status=413)
    with scopes_disabled():  # the token decides whose it is
        status = webhooks.receive(system, token, dict(request.headers), request.body)
    if status != HTTP_OK:
        return HttpResponse(status=status)
    return HttpResponse(webhooks.taken_body(system), status=status, content_type="application/json")


def _challenged(request: HttpRequest, system: str, token: str) -> HttpResponse:
    word = request.GET.get("challenge", "")
    with scopes_disabled():
        known = bool(word) and webhooks.answers_challenge(system, token)
    if not known:
        return HttpResponseNotAllowed(["POST"])
    return HttpResponse(word[:MOST_WORD], content_type="text/plain")

"""Choosing the language of the pages, on every page and without logging in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from portal.common.language import known
from portal.tenants.models import User


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """POST `language` and `next`: keeps the choice in this browser and, of who is logged in, with the person; then
    goes back to where they were. A language that is not spoken here changes nothing."""
    language = known(request.POST.get("language", ""))
    if language and isinstance(request.user, User) and request.user.language != language:
        request.user.language = language
        request.user.save(update_fields=["language"])
    return set_language(request)

"""The language of who looks: how it is found, and how texts that were declared in English are said in it.

Machines read English: the API, exports, the audit trail, and everything that is stored. What code declares once for
many readers (settings, flows, states) stays English where it stands; `spoken` puts it into words where it is shown.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from decimal import Decimal

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext

ENGLISH_ONLY = ("/api/", "/admin/", "/healthz", "/readyz", "/metrics")
"""Read by machines, or by staff, whose pages are written in English alone."""


def spoken(text: object) -> str:
    """A declared text in the language of who looks; as it is where the catalogue does not have it."""
    words = str(text)
    return gettext(words) if words else ""


def in_english() -> AbstractContextManager[None]:
    """Within, texts are made in English whoever looks: for what is stored and read by others."""
    return translation.override(settings.LANGUAGE_CODE)


def localized(amount: Decimal) -> str:
    """Money with two decimals, and its thousands set apart, as the language of who looks writes it."""
    return str(number_format(amount, decimal_pos=2, force_grouping=True))


def known(language: str) -> str:
    """The language if this installation speaks it, else ""."""
    return language if language in dict(settings.LANGUAGES) else ""


class LanguageMiddleware(LocaleMiddleware):
    """A person's own choice counts first, then the choice made in this browser, then what the browser asks for."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(ENGLISH_ONLY):
            language = settings.LANGUAGE_CODE
        else:
            language = known(getattr(request.user, "language", "")) or translation.get_language_from_request(request)
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Nothing that this thread does later is said in this reader's language."""
        answer: HttpResponseBase = super().process_response(request, response)
        translation.deactivate()
        return answer

"""Pages of rows that keep bytes: shown masked, and whole only to somebody who says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from portal.site.marks import page_url
from portal.site.pages import EvidenceAdmin, person
from portal.site.sections import Drawn

if TYPE_CHECKING:
    _Base = EvidenceAdmin
else:
    _Base = object

WHOLE = "shown_whole"
"""Attribute of the request that asked for bytes whole: part → what is shown."""


class KeptBytes(_Base):
    """Mixin of an EvidenceAdmin. `masked(row, part)` and `reveal(row, part, reason=, actor=)` come from a service,
    which leaves the trace; both return what templates/staff/sections/kept.html draws."""

    masked: ClassVar[Callable[..., Any]]
    reveal: ClassVar[Callable[..., Any]]
    parts: ClassVar[tuple[str, ...]] = ()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.reveal_view)
        return [path("<int:pk>/reveal/<slug:part>/", view, name=self._reveal_name), *super().get_urls()]

    @property
    def _reveal_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_reveal"

    def kept_sections(self, request: HttpRequest, row: Any, titles: Mapping[str, str]) -> list[Drawn]:
        """A section for each part that is named in `titles`."""
        whole: Mapping[str, Any] = getattr(request, WHOLE, {})
        return [
            Drawn(
                title=title,
                template="staff/sections/kept.html",
                values={
                    "shown": whole.get(part) or self.masked(row, part),
                    "whole": part in whole,
                    "part": part,
                    "reveal_url": reverse(f"admin:{self._reveal_name}", args=[row.pk, part]),
                },
            )
            for part, title in titles.items()
        ]

    def reveal_view(self, request: HttpRequest, pk: int, part: str) -> HttpResponse:
        """POST with a reason: the page with one part whole. It is not kept anywhere, and reloading asks again."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.whole().filter(pk=pk).first()
        if row is None or part not in self.parts:
            raise Http404(part)
        try:
            shown = self.reveal(row, part, reason=request.POST.get("reason", ""), actor=person(request))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(page_url(row))
        setattr(request, WHOLE, {part: shown})
        response = self.render_page(request, row)
        response.headers["Cache-Control"] = "no-store"
        return response

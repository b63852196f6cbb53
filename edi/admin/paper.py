"""The PDF of a document, for those who say what they need it for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from edi.models import TransactionSet
from edi.services.printing import NotReadable, can_be_read, file_name
from edi.viewing.documents import document_view
from integrations.services import paper
from portal.site import Drawn, EvidenceAdmin, page_url, person

if TYPE_CHECKING:
    _Base = EvidenceAdmin
else:
    _Base = object


class Printed(_Base):
    """Mixin of the admin of transaction sets: a section that asks for the reason, and the file."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.paper_view)
        read = self.admin_site.admin_view(self.read_view)
        return [
            path("<int:pk>/pdf/", view, name="edi_transactionset_pdf"),
            path("<int:pk>/read/", read, name="edi_transactionset_read"),
            *super().get_urls(),
        ]

    def paper_sections(self, row: TransactionSet) -> list[Drawn]:
        """Nothing for an acknowledgment."""
        if not can_be_read(row):
            return []
        url = reverse("admin:edi_transactionset_pdf", args=[row.pk])
        values = {"url": url, "read_url": reverse("admin:edi_transactionset_read", args=[row.pk])}
        return [Drawn(title="As people read it", template="staff/sections/paper.html", values=values)]

    def read_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST with a reason: the page with the document on it. Reloading asks again."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row: Any = self.whole().filter(pk=pk).first()
        if row is None:
            raise Http404("no such document")
        try:
            document = paper.read(row, reason=request.POST.get("reason", ""), actor=person(request))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(page_url(row))
        except NotReadable as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(page_url(row))
        shown = {"document": document_view(document)}
        response = self.render_page(request, row, {"document_section": shown})
        response.headers["Cache-Control"] = "no-store"
        return response

    def paper_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST with a reason: the document as a PDF file."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row: Any = self.whole().filter(pk=pk).first()
        if row is None:
            raise Http404("no such document")
        try:
            data = paper.download(row, reason=request.POST.get("reason", ""), actor=person(request))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(page_url(row))
        except NotReadable as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(page_url(row))
        name = file_name(row)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return HttpResponse(data, content_type="application/pdf", headers=headers)

"""Who is on a network and not in the books, or in the books and not on a network."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from edi.models import TradingPartner, TransactionSet
from edi.words import stream_badge
from integrations.forms import LinkForm
from integrations.selectors import unmapped_partners
from integrations.services import unmapped
from portal.common.clock import db_now
from portal.site import StaffAdmin, Table, ago, is_superuser, list_url, page_link, person
from portal.site.marks import address, link
from portal.tenants.models import Tenant

if TYPE_CHECKING:
    _Base = StaffAdmin
else:
    _Base = object

LATELY = dt.timedelta(days=30)
SHOWN = 200
LIST, LINK = "edi_unmapped", "edi_link"


class Unmapped(_Base):
    """Mixin of the admin of trading partners."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("unmapped/", view(self.unmapped_view), name=LIST),
            path("<int:pk>/link/", view(self.link_view), name=LINK),
            *super().get_urls(),
        ]

    def list_links(self) -> list[tuple[str, str]]:
        return [(reverse(f"admin:{LIST}"), "Who is not linked")]

    def unmapped_view(self, request: HttpRequest) -> HttpResponse:
        """Three lists, each with what to do."""
        may = is_superuser(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "group": self.area,
            "title": "Who is not linked",
            "sections": [_unlinked(may=may), _strangers(), _nowhere()],
        }
        return TemplateResponse(request, "staff/sections_page.html", context)

    def link_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET: the picker. POST: links the trading partner."""
        partner = TradingPartner.objects.select_related("tenant").filter(pk=pk).first()
        if partner is None or not is_superuser(request):
            raise Http404("no such trading partner")
        form = LinkForm(request.POST if request.method == "POST" else None, partner=partner)
        if request.method == "POST" and form.is_valid():
            try:
                made = unmapped.link(partner, actor=person(request), **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, f"{partner} is {made}. What waited for that can be replayed.")
                return HttpResponseRedirect(reverse(f"admin:{LIST}"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "group": self.area,
            "title": f"Which supplier or customer is {partner}?",
            "form": form,
            "back": reverse(f"admin:{LIST}"),
        }
        return TemplateResponse(request, "staff/link.html", context)


def _unlinked(*, may: bool) -> Table:
    return Table(
        title="On a network, not in the books",
        headings=("Trading partner", "Tenant", "Over", "Ids", "Agreed", ""),
        rows=[
            (
                page_link(one.partner),
                one.partner.tenant,
                ", ".join(one.networks),
                ", ".join(one.ids[:4]),
                ", ".join(one.documents),
                link(reverse(f"admin:{LINK}", args=[one.partner.pk]), "Link …") if may else "",
            )
            for one in unmapped.unlinked_partners()
        ],
        empty="None: every trading partner has a number in the books.",
        note="Their documents cannot be booked, and ours do not find them.",
    )


def _strangers() -> Table:
    return Table(
        title="Sent to us, and nobody knows by whom",
        headings=("Sender", "Tenant", "Over", "Document", "How many", "Last"),
        rows=[
            (
                one.sender_id,
                one.tenant,
                one.network,
                link(address(TransactionSet, one.newest), one.set_id),
                one.count,
                ago(one.last_at, zone=one.tenant.time_zone),
            )
            for one in unmapped.strangers()
        ],
        numeric=(4,),
        empty="None.",
        note="Add an agreement with these ids, then receive the interchanges again.",
        more=list_url(TransactionSet, intake="unagreed"),
        more_text="All that is held",
    )


def _nowhere() -> Table:
    since = db_now() - LATELY
    found = [(tenant, one) for tenant in Tenant.objects.all() for one in unmapped_partners(tenant, since=since)]
    return Table(
        title="In the books, not on the network",
        headings=("Who", "", "Tenant", "Over", "Stream", "Documents", "Trading partner", ""),
        rows=[
            (
                f"{one.entity} {one.number}",
                one.name,
                tenant,
                one.network,
                stream_badge(one.stream),
                ", ".join(f"{count} × {kind}" for kind, count in sorted(one.documents.items())),
                page_link(one.partner) if one.partner is not None else "none yet",
                page_link(one.newest, "the newest"),
            )
            for tenant, one in found[:SHOWN]
        ],
        empty="None lately.",
        note="Of the last 30 days. No fault where these companies get their documents otherwise. Else make an "
        "agreement." + (f" The first {SHOWN} of {len(found)}." if len(found) > SHOWN else ""),
    )

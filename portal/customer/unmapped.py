"""Who is on a network and not in the books, or in the books and not on a network; and linking them."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from edi.models import TradingPartner
from integrations.forms import LinkForm
from integrations.selectors import unmapped_partners
from integrations.services import unmapped as services
from portal.common.clock import db_now
from portal.customer.door import Member, page
from portal.tenants.models import Role

LATELY = dt.timedelta(days=30)
SHOWN = 200


@page()
def unmapped(request: HttpRequest, member: Member) -> HttpResponse:
    """Three lists, each with what to do."""
    nowhere = unmapped_partners(member.tenant, since=db_now() - LATELY)
    context = {
        "unlinked": services.unlinked_partners(),
        "strangers": services.strangers(),
        "nowhere": nowhere[:SHOWN],
        "more": max(0, len(nowhere) - SHOWN),
    }
    return TemplateResponse(request, "customer/unmapped.html", context)


@page(Role.OPERATOR, post=Role.OPERATOR)
def partner_link(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """GET: the picker. POST: says by which number the books know the trading partner. Audited."""
    row = TradingPartner.objects.select_related("tenant").filter(pk=pk).first()
    if row is None:
        raise Http404
    form = LinkForm(request.POST if request.method == "POST" else None, partner=row)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.link(row, actor=member.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            said = _("%(partner)s is %(number)s. What waited for that can be tried again.")
            messages.success(request, said % {"partner": row, "number": made})
            return redirect("customer:unmapped", member.tenant.slug)
    return TemplateResponse(request, "customer/partner_link.html", {"row": row, "form": form})

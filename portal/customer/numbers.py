"""The numbers of all trading partners as a file: taken out, changed in a spreadsheet, and taken in after a look."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.services import number_files as services
from portal.common.spreadsheets import MARK
from portal.customer.door import Member, page
from portal.tenants.models import Role

SHOWN = 500


@dataclass(slots=True)
class Shown:
    """What the page says of a file."""

    plan: services.Plan | None = None
    text: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def more(self) -> int:
        """Changes that are not listed."""
        return max(0, len(self.plan.steps) - SHOWN) if self.plan is not None else 0


@page(Role.OPERATOR, post=Role.OPERATOR)
def partner_numbers(request: HttpRequest, member: Member) -> HttpResponse:
    """GET: the page, or with `?csv` the file. POST: says what a file would change (`how` = look), or does that (take).
    Audited."""
    shown = Shown()
    if request.method == "POST":
        shown = _shown(request, member)
        if request.POST.get("how") == "take" and not shown.problems:
            try:
                seen = request.POST.get("seen", "")
                done = services.take(member.tenant, shown.text.encode(), seen=seen, actor=member.user)
            except ValidationError as error:
                shown.problems = list(error.messages)
            else:
                count = len(done.steps)
                said = ngettext("%d number is changed.", "%d numbers are changed.", count) % count
                messages.success(request, " ".join((said, _("What waited for that can be tried again."))))
                return redirect("customer:unmapped", member.tenant.slug)
    elif "csv" in request.GET:
        return _file(member)
    return TemplateResponse(request, "customer/partner_numbers.html", {"shown": shown, "most": SHOWN})


def _shown(request: HttpRequest, member: Member) -> Shown:
    sent = request.FILES.get("file")
    text = request.POST.get("text", "")
    if sent is None and not text:
        return Shown(problems=[_("Choose a file first.")])
    data = sent.read(services.MOST_BYTES + 1) if sent is not None else text.encode()
    plan = services.plan(member.tenant, data)
    if plan.problems:
        return Shown(problems=plan.problems)
    return Shown(plan=plan, text=data.decode("utf-8-sig"))


def _file(member: Member) -> HttpResponse:
    text = MARK + services.written(member.tenant)
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="partner-numbers-{member.tenant.slug}.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response

"""Screen 10: trading partners, interchanges and received files, and checking any text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from edi import partner_sections
from edi import services as edi
from edi.models import Agreement, Interchange, ReceivedFile, Stream, TradingPartner, TransactionSet
from integrations.actions.agreements import SendUnagreed, unsent_notice
from integrations.services import reveal as kept
from portal.common.clock import db_now
from portal.customer.acting import act, offered
from portal.customer.door import Member, page
from portal.customer.paging import paged
from portal.tenants.models import Role

NUMBER_DIGITS = 9
ACTIONS = (SendUnagreed,)


@page()
def partners(request: HttpRequest, member: Member) -> HttpResponse:
    asked = request.GET.get("q", "").strip()[:100]
    late = Q(sets__acknowledged="overdue") | Q(sets__acknowledged="waiting", sets__acknowledgment_due_at__lt=db_now())
    rows = TradingPartner.objects.order_by("name", "pk")
    if asked:
        rows = rows.filter(Q(name__icontains=asked) | Q(key__icontains=asked) | Q(numbers__number=asked)).distinct()
    found = rows.prefetch_related("agreements", "numbers")[:500]
    overdue = dict(
        TradingPartner.objects.filter(late).order_by().values_list("pk").annotate(n=Count("sets__pk", distinct=True))
    )
    context = {
        "rows": [(p, words_of(p), overdue.get(p.pk, 0)) for p in found],
        "asked": asked,
        "held": TransactionSet.objects.filter(intake__in=NOT_TAKEN).count(),
    }
    return TemplateResponse(request, "customer/partners.html", context)


NOT_TAKEN = tuple(i.value for i in TransactionSet.Intake if i != TransactionSet.Intake.TAKEN)


def words_of(partner: TradingPartner) -> dict[str, Any]:
    """What is agreed with a partner, in few words."""
    agreed = [a for a in partner.agreements.all() if a.active]
    return {
        "out": sorted({a.set_id for a in agreed if a.direction == "out"}),
        "in": sorted({a.set_id for a in agreed if a.direction == "in"}),
        "streams": sorted({a.stream for a in agreed}),
        "numbers": [n.number for n in partner.numbers.all()],
    }


@page()
def partner(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    row = TradingPartner.objects.filter(pk=pk).prefetch_related("numbers").first()
    if row is None:
        raise Http404
    agreed = Agreement.objects.filter(partner=row).select_related("network")
    live = agreed.filter(stream=Stream.LIVE)
    context = {
        "row": row,
        "numbers": row.numbers.all(),
        "agreements": Agreement.objects.filter(partner=row)
        .select_related("network")
        .order_by("document_type", "direction", "stream"),
        "sections": [
            *unsent_notice(row),
            *partner_sections.late_notice(row),
            partner_sections.lights(row),
            partner_sections.counters(row),
        ],
        "actions": offered(ACTIONS, row) if member.operates else [],
        "newest": list(newest_of(row)),
        "may_prepare": member.operates and bool(edi.missing_live(row)),
        "live_on": live.filter(active=True).exists(),
        "live_off": live.filter(active=False).exists(),
    }
    return TemplateResponse(request, "customer/partner.html", context)


@page(Role.OPERATOR, post=Role.OPERATOR)
def partner_act(request: HttpRequest, member: Member, pk: int, name: str) -> HttpResponse:
    back = reverse("customer:partner", args=[member.tenant.slug, pk])
    return act(request, ACTIONS, name, TradingPartner.objects.filter(pk=pk), back=back)


def newest_of(row: TradingPartner) -> QuerySet[TransactionSet]:
    """The last documents that were exchanged with a partner."""
    rows = (
        TransactionSet.objects.filter(partner=row)
        .select_related("interchange__network", "agreement")
        .defer("interchange__text", "findings")
    )
    return rows.order_by("-pk")[:20]


@page(Role.OPERATOR, post=Role.OPERATOR)
def partner_stream(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Prepares the live agreements, or switches them on or off; with a reason."""
    row = TradingPartner.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    back = redirect("customer:partner", member.tenant.slug, pk)
    if request.method != "POST":
        return back
    reason, what = request.POST.get("reason", ""), request.POST.get("what", "")
    try:
        match what:
            case "prepare":
                made = edi.prepare_live(row, reason=reason, actor=member.user)
                said = _("%d live agreements were prepared, switched off. Look at their ids, then switch them on.")
                messages.success(request, said % len(made))
            case "on" | "off":
                changed = edi.switch_live(row, on=what == "on", reason=reason, actor=member.user)
                messages.success(request, _("%d live agreements were switched.") % changed)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return back


# --- Interchanges and files


@page()
def interchanges(request: HttpRequest, member: Member) -> HttpResponse:
    """All interchanges, newest first; `q` is a control number or a business number, whole."""
    chosen = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "direction", "stream", "held")}
    rows = Interchange.objects.select_related("network").defer("text", "findings")
    for name in ("direction", "stream"):
        if chosen[name]:
            rows = rows.filter(**{name: chosen[name]})
    if chosen["held"]:
        rows = rows.filter(sets__intake__in=NOT_TAKEN).distinct()
    if chosen["q"]:
        by_document = Q(pk__in=TransactionSet.objects.filter(business_number=chosen["q"]).values("interchange"))
        is_number = chosen["q"].isdecimal() and len(chosen["q"]) <= NUMBER_DIGITS
        rows = rows.filter(by_document | Q(control_number=int(chosen["q"])) if is_number else by_document)
    sets = TransactionSet.objects.select_related("partner").defer("findings")
    found = paged(rows, request)
    by_interchange: dict[int, list[TransactionSet]] = {}
    for one in sets.filter(interchange__in=[row.pk for row in found.rows]).order_by("pk"):
        by_interchange.setdefault(one.interchange_id, []).append(one)
    context = {"page": found, "sets": by_interchange, "chosen": chosen}
    return TemplateResponse(request, "customer/interchanges.html", context)


@page(post=Role.OPERATOR)
def interchange(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """One interchange. POST with a reason: its text whole, for operators."""
    row = Interchange.objects.select_related("network", "file").defer("file__content").filter(pk=pk).first()
    if row is None:
        raise Http404
    whole = revealed(request, member, row, "text")
    sets = row.sets.select_related("partner", "agreement", "interchange__network").defer("interchange__text")
    context = {
        "row": row,
        "sets": sets.prefetch_related("deliveries").order_by("pk")[:100],
        "shown": whole or kept.masked(row, "text"),
        "whole": whole is not None,
        "acknowledgments": list(row.acknowledgments.all()[:20]),
    }
    return private(TemplateResponse(request, "customer/interchange.html", context))


@page()
def edi_set(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """The interchange in which a document stands."""
    row = TransactionSet.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    return redirect("customer:interchange", member.tenant.slug, row.interchange_id)


@page()
def received(request: HttpRequest, member: Member) -> HttpResponse:
    """The files that came, newest first; with `bad`, those of which something could not be processed."""
    rows = ReceivedFile.objects.select_related("network").defer("content")
    only_bad = bool(request.GET.get("bad"))
    if only_bad:
        rows = rows.filter(problems__isnull=False)
    return TemplateResponse(request, "customer/received.html", {"page": paged(rows, request), "only_bad": only_bad})


@page(post=Role.OPERATOR)
def received_file(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """One file that came. POST with a reason: its content whole, for operators."""
    row = ReceivedFile.objects.select_related("network").filter(pk=pk).first()
    if row is None:
        raise Http404
    whole = revealed(request, member, row, "content")
    context = {
        "row": row,
        "interchanges": row.interchanges.defer("text", "findings").order_by("pk")[:100],
        "shown": whole or kept.masked(row, "content"),
        "whole": whole is not None,
    }
    return private(TemplateResponse(request, "customer/received_file.html", context))


def revealed(request: HttpRequest, member: Member, row: Any, part: Any) -> Any:
    """The kept bytes whole where they were asked for with a reason, else None."""
    if request.method != "POST":
        return None
    try:
        return kept.reveal(row, part, reason=request.POST.get("reason", ""), actor=member.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return None


def private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "private, no-store"
    return response


# --- Checking


class CheckForm(forms.Form):
    """The text or file, and by whose guide."""

    text = forms.CharField(
        label=_("X12 or EDIFACT text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=_("From ISA to IEA, or from UNA or UNB to UNZ. Text before or after is found and told."),
    )
    file = forms.FileField(label=_("Or a file"), required=False)
    agreement: forms.ModelChoiceField[Agreement] = forms.ModelChoiceField(
        label=_("By the guide of"), queryset=None, required=False, empty_label=_("the standard")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["agreement"]
        field.queryset = Agreement.objects.exclude(guide={}).select_related("partner").order_by("partner__name", "pk")


@page(post=Role.VIEWER)
def check(request: HttpRequest, member: Member) -> HttpResponse:
    """GET: the form. POST: the form with what was found. Nothing of the text is kept."""
    form = CheckForm(request.POST, request.FILES) if request.method == "POST" else CheckForm()
    checked = None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            checked = edi.check_text(
                file.read(edi.MOST_BYTES + 1) if file else form.cleaned_data["text"],
                agreement=form.cleaned_data["agreement"],
            )
        except ValidationError as error:
            form.add_error(None, error)
    return private(TemplateResponse(request, "customer/check.html", {"form": form, "checked": checked}))

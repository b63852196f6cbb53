"""Trading partners, and what is agreed with them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from edi.admin.guide_page import guide_table
from edi.admin.streams import LiveOff, LiveOn, PrepareLive
from edi.admin.unmapped import Unmapped
from edi.models import Agreement, PartnerNumber, TradingPartner, TransactionSet
from edi.partner_sections import counters, late_notice, lights
from edi.words import state_badge, stream_badge
from integrations.actions.agreements import SendUnagreed, unsent_notice
from integrations.services.agreements import unfit_standard
from portal.site import EDI, StaffAdmin, StaffInline, Table, TenantFilter, ago, badge, list_url, page_link


class PartnerNumberInline(StaffInline):
    """By which numbers the books know the trading partner."""

    model = PartnerNumber
    fields = ("company", "entity", "number")
    verbose_name_plural = "Numbers in the books"


@admin.register(TradingPartner)
class TradingPartnerAdmin(Unmapped, StaffAdmin):
    """Companies with which EDI is exchanged."""

    area, rank = EDI, 10
    may_add = may_delete = True
    person_actions = (SendUnagreed, PrepareLive, LiveOn, LiveOff)
    list_display = ("name", "key", "tenant")
    list_filter = (TenantFilter,)
    list_select_related = ("tenant",)
    exact_search = ("name", "key", "numbers__number")
    search_help_text = "Name, key, or supplier or customer number: whole, or its beginning."
    fields = ("tenant", "key", "name", "note")
    inlines = (PartnerNumberInline,)
    empty_list = "No trading partner yet. Add one, or apply a configuration file."

    def get_readonly_fields(self, request: HttpRequest, obj: TradingPartner | None = None) -> tuple[str, ...]:
        return ("tenant", "key") if obj else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        rows, _ = super().get_search_results(request, queryset, search_term)
        return rows, True  # one partner may have several numbers that match

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            row.tenant_id = form.instance.tenant_id
        super().save_formset(request, form, formset, change)

    def page(self, request: HttpRequest, row: TradingPartner) -> dict[str, Any]:
        found = Agreement.objects.filter(partner=row).select_related("network").order_by("document_type", "direction")
        agreements = Table(
            title="Agreements",
            headings=("Document", "Direction", "Stream", "Over", "Ids", "In force"),
            rows=[
                (
                    page_link(a, a.set_id if a.is_edifact else a.get_document_type_display()),
                    a.get_direction_display(),
                    stream_badge(a.stream),
                    a.network,
                    f"{a.sender} → {a.receiver}",
                    badge("yes", "ok") if a.active else badge("no", "off"),
                )
                for a in found
            ],
            empty="None: nothing is sent to this partner or taken from it.",
            more=reverse("admin:edi_agreement_add") + f"?partner={row.pk}" if self.has_add_permission(request) else "",
            more_text="Add an agreement",
        )
        sets = TransactionSet.objects.filter(partner=row).select_related("interchange").defer("interchange__text")
        lately = Table(
            title="Last documents",
            headings=("Document", "Direction", "State", "When"),
            rows=[
                (
                    page_link(s, f"{s.set_id} {s.business_number}"),
                    s.interchange.get_direction_display(),
                    state_badge(s),
                    ago(s.created_at),
                )
                for s in sets.order_by("-pk")[:10]
            ],
            more=list_url(TransactionSet, partner=row.pk),
        )
        return {"sections": [*unsent_notice(row), *late_notice(row), lights(row), agreements, counters(row), lately]}


class AgreementForm(forms.ModelForm[Agreement]):
    """Says in words what the database would refuse."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        row: Agreement = self.instance
        network = data.get("network")
        unfit = unfit_standard(network, data.get("standard", row.standard)) if network else ""
        if unfit:
            self.add_error("standard", unfit)
        if not data.get("active", row.active) or not row.partner_id:
            return data
        same = Agreement.objects.filter(
            partner_id=row.partner_id,
            document_type=data.get("document_type", row.document_type),
            direction=data.get("direction", row.direction),
            stream=data.get("stream", row.stream),
            active=True,
        ).exclude(pk=row.pk)
        other = same.select_related("network").first()
        if other is not None:
            raise forms.ValidationError(
                f"This document goes to {row.partner} over {other.network} already. One document must not go over two "
                "networks: switch that agreement off first."
            )
        return data


@admin.register(Agreement)
class AgreementAdmin(StaffAdmin):
    """What is agreed with a trading partner for one document in one direction."""

    area, rank = EDI, 20
    may_add = may_delete = True
    form = AgreementForm
    list_display = ("partner", "document_type", "direction", "stream_mark", "network", "written", "in_force", "tenant")
    list_filter = (TenantFilter,)
    list_select_related = ("partner", "network", "tenant")
    exact_search = ("partner__name", "partner__key", "receiver_id", "sender_id")
    search_help_text = "Trading partner, or sender or receiver id: whole, or its beginning."
    ordering = ("partner__name", "document_type", "direction", "pk")
    empty_list = "No agreement yet. Add them on the page of the trading partner."
    fieldsets = (
        (None, {"fields": ("partner", "standard", "document_type", "direction", "stream", "network", "active")}),
        (
            "Who",
            {
                "fields": (
                    ("sender_qualifier", "sender_id"),
                    ("receiver_qualifier", "receiver_id"),
                    ("group_sender_id", "group_receiver_id"),
                )
            },
        ),
        (
            "How it is written",
            {
                "fields": (
                    "payload",
                    "line_breaks",
                    "charset_policy",
                )
            },
        ),
        (
            "In X12",
            {
                "fields": (
                    "version",
                    ("element_separator", "segment_terminator", "component_separator", "repetition_separator"),
                    "separator_policy",
                    "charset",
                )
            },
        ),
        (
            "In EDIFACT",
            {
                "fields": ("syntax", "service_characters", "association"),
                "description": "D.96A. Separators of X12, its version and its character set do not count here.",
            },
        ),
        ("What the partner asks beyond the standard", {"fields": ("guide",)}),
        ("How what we send is answered", {"fields": ("acknowledgment_hours", "requests_ta1")}),
        ("How what we receive is answered", {"fields": ("acknowledgment_policy", "unique_numbers")}),
        ("How it goes", {"fields": ("versions", "transport", "partner_format", "settings")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Agreement | None = None) -> tuple[str, ...]:
        return ("partner",)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """An agreement is made on the page of its trading partner, which says for whom."""
        if self.has_add_permission(request) and partner_of(request) is None:
            self.message_user(request, "Choose the trading partner first; the agreement is added on its page.")
            return HttpResponseRedirect(reverse("admin:edi_tradingpartner_changelist"))
        return super().add_view(request, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        partner = obj.partner if obj is not None else partner_of(request)
        if partner is None or "network" not in form.base_fields:
            return form
        field: Any = form.base_fields["network"]
        field.queryset = field.queryset.filter(tenant=partner.tenant_id)
        return form if obj is not None else _bound_to(form, partner)

    def page(self, request: HttpRequest, row: Agreement) -> dict[str, Any]:
        return {"sections": [guide_table(row)], "mark": stream_badge(row.stream)}

    @admin.display(description="stream", ordering="stream")
    def stream_mark(self, row: Agreement) -> SafeString:
        return stream_badge(row.stream)

    @admin.display(description="written in", ordering="standard")
    def written(self, row: Agreement) -> str:
        return f"EDIFACT: {row.set_id}" if row.is_edifact else row.get_payload_display()

    @admin.display(description="in force", ordering="active")
    def in_force(self, row: Agreement) -> SafeString:
        return badge("yes", "ok") if row.active else badge("no", "off")


def partner_of(request: HttpRequest) -> TradingPartner | None:
    """The trading partner that the address names."""
    pk = request.GET.get("partner", "")
    return TradingPartner.objects.filter(pk=pk).first() if pk.isdecimal() else None


def _bound_to(form: type[forms.ModelForm[Agreement]], partner: TradingPartner) -> type[forms.ModelForm[Agreement]]:
    class NewAgreementForm(form):  # type: ignore[valid-type, misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.instance.partner, self.instance.tenant_id = partner, partner.tenant_id

    return NewAgreementForm

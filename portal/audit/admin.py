"""The audit trail and its seals: read-only, with a page that proves them."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.safestring import SafeString

from portal.audit import trail
from portal.audit.models import AuditEvent, Seal
from portal.site import (
    EVIDENCE,
    Drawn,
    EvidenceAdmin,
    Facts,
    Line,
    TenantFilter,
    ago,
    all_tenants,
    badge,
    link,
    list_url,
    page_link,
    shorten,
)
from portal.tenants.models import Tenant

PAGES = {
    "run": "integrations",
    "delivery": "integrations",
    "feed": "integrations",
    "flow": "integrations",
    "connection": "integrations",
    "integration": "integrations",
    "issue": "integrations",
    "record": "integrations",
    "exchange": "integrations",
    "tenant": "tenants",
    "membership": "tenants",
    "apikey": "tenants",
    "agreement": "edi",
    "tradingpartner": "edi",
    "interchange": "edi",
}
"""Where the page of an event's object is, by its type: names only, this floor knows no model above it."""


@admin.register(AuditEvent)
class AuditEventAdmin(EvidenceAdmin):
    """Who did what to which object."""

    area, rank = EVIDENCE, 40
    heading = "Audit trail"
    list_display = ("when", "actor_name", "action", "said", "about", "tenant_name", "sealed")
    list_display_links = ("when",)
    list_filter = (TenantFilter,)
    list_select_related = ("tenant",)
    exact_search = ("business_number",)
    search_help_text = "Business number (order, invoice, supplier): whole, or its beginning."
    empty_list = "Nothing has happened yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        rows: QuerySet[AuditEvent] = super().get_queryset(request)
        return rows.defer("details")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[QuerySet[Any], bool]:
        if search_term.strip():
            queryset = queryset.filter(tenant__in=all_tenants())  # lets the index by tenant and number be used
        return super().get_search_results(request, queryset, search_term)

    def get_urls(self) -> list[URLPattern]:
        return [path("verify/", self.admin_site.admin_view(self.verify_view), name="audit_verify"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        further = [Line("Verify the trail", "", reverse("admin:audit_verify"))]
        return super().changelist_view(request, {"further": further, **(extra_context or {})})

    def verify_view(self, request: HttpRequest) -> HttpResponse:
        """Recomputes the chain of one tenant, and says what it showed. Reads only."""
        if request.method not in ("GET", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        tenant = verdict = None
        if request.method == "POST":
            asked = request.POST.get("tenant", "")
            tenant = Tenant.objects.filter(pk=asked).first() if asked.isdecimal() else None
            if tenant is None:
                return HttpResponseRedirect(reverse("admin:audit_verify"))
            verdict = trail.verify(tenant)
        context = {
            **self.admin_site.each_context(request),
            "title": "Verify the audit trail",
            "opts": self.opts,
            "group": self.area,
            "tenants": Tenant.objects.all(),
            "tenant": tenant,
            "verdict": verdict,
        }
        return TemplateResponse(request, "staff/verify.html", context)

    def whole(self) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.select_related("tenant", "actor", "seal")

    def page(self, request: HttpRequest, row: AuditEvent) -> dict[str, Any]:
        lines = [
            Line("When", ago(row.at, zone=row.tenant.time_zone)),
            Line("Who", row.actor_name),
            Line("What", row.action),
            Line("About", self.about(row)),
            Line("Business number", row.business_number),
            Line("Seal", page_link(row.seal) if row.seal else "not sealed yet: the next minute does it"),
        ]
        details = json.dumps(row.details, indent=2, ensure_ascii=False) if row.details else ""
        sections: list[Facts | Drawn] = [Facts(title=row.summary, lines=lines)]
        if details:
            sections.append(Drawn(title="Details", template="staff/sections/text.html", values={"text": details}))
        return {"sections": sections, "title": row.action}

    @admin.display(description="when")
    def when(self, event: AuditEvent) -> SafeString | str:
        return ago(event.at, zone=event.tenant.time_zone)

    @admin.display(description="what")
    def said(self, event: AuditEvent) -> SafeString | str:
        return shorten(event.summary)

    @admin.display(description="tenant")
    def tenant_name(self, event: AuditEvent) -> str:
        return event.tenant.name

    @admin.display(description="about")
    def about(self, event: AuditEvent) -> SafeString | str:
        app = PAGES.get(event.object_type)
        words = f"{event.object_type} {event.business_number or event.object_id}".strip()
        if app is None or not event.object_id.isdecimal():
            return words
        try:
            return link(reverse(f"admin:{app}_{event.object_type}_change", args=[event.object_id]), words)
        except NoReverseMatch:
            return words

    @admin.display(description="sealed")
    def sealed(self, event: AuditEvent) -> SafeString:
        return badge("sealed", "ok") if event.seal_id else badge("not yet", "wait")


@admin.register(Seal)
class SealAdmin(EvidenceAdmin):
    """Links of the hash chains."""

    area, rank = EVIDENCE, 50
    list_display = ("number", "tenant", "count", "last_event", "short", "created_at")
    list_filter = (TenantFilter,)
    list_select_related = ("tenant",)
    empty_list = "Nothing is sealed yet. The worker seals the trail each minute."

    def whole(self) -> QuerySet[Seal]:
        return Seal.objects.select_related("tenant")

    def page(self, request: HttpRequest, row: Seal) -> dict[str, Any]:
        lines = [
            Line("Number", row.number),
            Line("Events", row.count, list_url(AuditEvent, seal=row.pk)),
            Line("Digest", row.digest),
            Line("Continues", row.previous_digest or "nothing: it is the first"),
            Line("Made", ago(row.created_at, zone=row.tenant.time_zone)),
        ]
        return {"sections": [Facts(title="Seal", lines=lines)]}

    @admin.display(description="digest")
    def short(self, seal: Seal) -> str:
        return f"{seal.digest[:12]}…"

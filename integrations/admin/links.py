"""Links: what one business object is called on both sides. And allowances: the calls that sources permit."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from integrations.admin.words import IntegrationFilter
from integrations.models import Link, RateBudget
from portal.site import EVIDENCE, SETUP, EvidenceAdmin, Facts, Line, TenantFilter, ago, badge, page_link


@admin.register(Link)
class LinkAdmin(EvidenceAdmin):
    """Ids of one business object in both systems."""

    area, rank = EVIDENCE, 30
    list_display = ("source_id", "target_id", "entity", "integration", "created_at", "tenant")
    list_filter = (TenantFilter, IntegrationFilter)
    exact_search = ("source_id", "target_id")
    search_help_text = "The id in either system: whole, or its beginning."
    empty_list = "No link yet. One is made when an object that both systems keep was written."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Link]:
        rows: QuerySet[Link] = super().get_queryset(request)
        return rows.select_related("tenant", "integration")

    def whole(self) -> QuerySet[Link]:
        return Link.objects.select_related("tenant", "integration")

    def page(self, request: HttpRequest, row: Link) -> dict[str, Any]:
        lines = [
            Line("Integration", page_link(row.integration)),
            Line("Kind", row.entity),
            Line("Id at the source", row.source_id),
            Line("Id at the target", row.target_id),
            Line("One to one", "yes" if row.one_to_one else "no"),
            Line("Version there", row.version_tag),
            Line("Made", ago(row.created_at, zone=row.tenant.time_zone)),
        ]
        return {"sections": [Facts(title="This link", lines=lines)]}


@admin.register(RateBudget)
class AllowanceAdmin(EvidenceAdmin):
    """The calls that sources allow per window, shared by all workers."""

    area, rank, keyset = SETUP, 80, False
    heading = "Call allowances"
    list_display = ("label", "left", "allowance", "resets", "blocked", "tenant")
    list_filter = (TenantFilter,)
    ordering = ("label", "pk")
    empty_list = "No call was made yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[RateBudget]:
        rows: QuerySet[RateBudget] = super().get_queryset(request)
        return rows.select_related("tenant")

    def whole(self) -> QuerySet[RateBudget]:
        return RateBudget.objects.select_related("tenant")

    @admin.display(description="left")
    def left(self, row: RateBudget) -> str:
        if row.allowance is None:
            return "not counted: the source states no limit"
        runs = row.resets_at is not None and row.resets_at > timezone.now()
        return f"{max(0, row.allowance - (row.used if runs else 0)):,}"

    @admin.display(description="full again")
    def resets(self, row: RateBudget) -> SafeString | str:
        return ago(row.resets_at, zone=row.tenant.time_zone, never="–")

    @admin.display(description="asked us to wait")
    def blocked(self, row: RateBudget) -> SafeString | str:
        if row.blocked_until is None or row.blocked_until <= timezone.now():
            return "no"
        return badge(f"until {row.blocked_until:%H:%M:%S} UTC", "wait")

    def page(self, request: HttpRequest, row: RateBudget) -> dict[str, Any]:
        lines = [
            Line("Left in this window", self.left(row)),
            Line(
                "Allowed",
                f"{row.allowance:,} calls in {row.window_seconds:,} s"
                if row.allowance is not None
                else "no limit stated",
            ),
            Line("Used", f"{row.used:,}"),
            Line("Full again", self.resets(row)),
            Line("Asked us to wait", self.blocked(row)),
        ]
        return {"sections": [Facts(title="This allowance", lines=lines)]}

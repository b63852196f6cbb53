"""Where the portal shows what: links of shared sentences and plans lead here instead of to the admin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

PAGES = {
    "integrations.delivery": "document",
    "integrations.issue": "issue",
    "integrations.run": "run",
    "integrations.operation": "operation",
    "edi.tradingpartner": "partner",
    "edi.interchange": "interchange",
    "edi.transactionset": "edi_set",
    "edi.receivedfile": "received_file",
}
"""Views with a page for a row of each model, by its key."""
LISTS = {
    "integrations.delivery": "documents",
    "integrations.issue": "issues",
    "integrations.record": "records",
}
FILTERS = {
    "issue__in": "issue",
    **{name: name for name in ("issue", "state", "flow", "run", "q", "lane", "routed", "integration", "to")},
}
"""What a filter of the admin's lists is called here."""


@dataclass(frozen=True, slots=True)
class TenantPlaces:
    """The pages of one tenant."""

    slug: str

    def page(self, model: str, pk: object) -> str:
        return reverse(f"customer:{PAGES[model]}", args=[self.slug, pk]) if model in PAGES else ""

    def list(self, model: str, filters: Mapping[str, Any]) -> str:
        if model not in LISTS:
            return ""
        url = reverse(f"customer:{LISTS[model]}", args=[self.slug])
        stated = {FILTERS[name]: value for name, value in filters.items() if name in FILTERS}
        return f"{url}?{urlencode(stated)}" if stated else url

"""The staff's AdminSite and what all its pages share. Ground floor: knows no model of the upper floors.

`desk` the site and its groups · `pages` the base of all pages, with the rights of staff · `lists` change lists that
stay fast · `filters` what lists are narrowed by · `sections` what pages are made of · `kept` pages of kept bytes ·
`confirm` actions that say what they will do before they do it · `traces` what a change by hand leaves · `marks` badges,
times, links.
"""

from __future__ import annotations

from portal.site.confirm import Done, Line, OptionalReason, PersonAction, Plan, Reason, Refused
from portal.site.desk import EDI, EVIDENCE, QUEUE, SETUP, WORK, StaffSite
from portal.site.filters import RECENT, ChoiceFilter, TenantFilter, all_tenants, recent
from portal.site.kept import KeptBytes
from portal.site.lists import Newest, StaffChangeList
from portal.site.marks import ago, badge, link, list_link, list_url, page_link, page_url, shorten
from portal.site.pages import EvidenceAdmin, StaffAdmin, StaffInline, is_superuser, person
from portal.site.sections import Drawn, Facts, Notice, Table
from portal.site.traces import leave_trace

__all__ = [
    "EDI",
    "EVIDENCE",
    "QUEUE",
    "RECENT",
    "SETUP",
    "WORK",
    "ChoiceFilter",
    "Done",
    "Drawn",
    "EvidenceAdmin",
    "Facts",
    "KeptBytes",
    "Line",
    "Newest",
    "Notice",
    "OptionalReason",
    "PersonAction",
    "Plan",
    "Reason",
    "Refused",
    "StaffAdmin",
    "StaffChangeList",
    "StaffInline",
    "StaffSite",
    "Table",
    "TenantFilter",
    "ago",
    "all_tenants",
    "badge",
    "is_superuser",
    "leave_trace",
    "link",
    "list_link",
    "list_url",
    "page_link",
    "page_url",
    "person",
    "recent",
    "shorten",
]

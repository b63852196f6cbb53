from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    default_site = "portal.site.StaffSite"


class StaffConfig(AppConfig):
    name = "portal.staff"
    label = "staff"
    default = True

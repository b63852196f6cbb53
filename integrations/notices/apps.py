from __future__ import annotations

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "integrations.notices"
    label = "notices"
    verbose_name = "Notices"

from __future__ import annotations

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "portal.common"
    label = "common"
    verbose_name = "Installation"

    def ready(self) -> None:
        from portal.common import checks  # noqa: F401  (registers the system checks)

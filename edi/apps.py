from __future__ import annotations

from django.apps import AppConfig


class EdiConfig(AppConfig):
    name = "edi"
    verbose_name = "EDI"

    def ready(self) -> None:
        pass

"""The counters of control numbers."""

from __future__ import annotations

from django.db import models

from edi.models.partners import Direction, Network, Stream
from portal.tenants.models import TenantModel


class ControlNumber(TenantModel):
    """The last number used on one route. A number is taken in the transaction that freezes the bytes, and never given
    back. For what comes in: the highest number that was received."""

    class Kind(models.TextChoices):
        INTERCHANGE = "interchange", "Interchange (ISA13, UNB 0020)"
        GROUP = "group", "Functional group (GS06), or message (UNH)"

    network = models.ForeignKey(Network, on_delete=models.PROTECT, related_name="+")
    route = models.CharField(max_length=100, help_text="Sender and receiver, as ZZ:US/ZZ:THEM.")
    direction = models.CharField(max_length=3, choices=Direction)
    stream = models.CharField(max_length=4, choices=Stream)
    kind = models.CharField(max_length=12, choices=Kind)
    last = models.PositiveBigIntegerField(default=0)
    jumps = models.JSONField(
        default=list,
        blank=True,
        help_text='Numbers that were left out on purpose: [{"first", "last", "at", "by", "reason"}].',
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "route", "direction", "stream", "kind"], name="edi_one_counter_per_route"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.route} {self.stream}: {self.last}"

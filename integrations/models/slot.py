"""Who may work: one row a slice."""

from __future__ import annotations

from django.db import models


class WorkSlot(models.Model):
    """A place for one slice of work in one cluster. A slice that dies frees it when its lease ends."""

    host = models.CharField(max_length=200)
    number = models.PositiveSmallIntegerField()
    lease_until = models.DateTimeField(null=True)
    holder = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "number"], name="integrations_slot_number")]

    def __str__(self) -> str:
        return f"Slot {self.number} on {self.host}"

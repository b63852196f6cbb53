"""The installation itself: one row."""

from __future__ import annotations

import uuid

from django.db import models

from portal.common.secrets import SecretTextField

CANARY = "the keys fit"


class Installation(models.Model):
    """One row. `canary` tells at boot whether the encryption keys fit; `epoch` tells a restored database from the
    running one."""

    epoch = models.UUIDField(default=uuid.uuid4, editable=False)
    canary = SecretTextField(default=CANARY, editable=False)
    version = models.CharField(max_length=40, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False, help_text="When a worker last showed that it works.")
    heartbeat_by = models.CharField(max_length=200, blank=True, editable=False)
    beats = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="How often a worker has shown itself. A restored database counts less."
    )
    pruned_at = models.DateTimeField(null=True, editable=False, help_text="When retention last went through.")
    restored_from = models.DateTimeField(
        null=True, editable=False, help_text="The last moment that the backup knew, of the last restore."
    )
    restored_at = models.DateTimeField(null=True, editable=False, help_text="When that restore was accepted.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="common_one_installation")]

    def __str__(self) -> str:
        return f"Installation {self.epoch}"


class Duration(models.Model):
    """How often things of a kind took how long at a system, since the table was made: what `/metrics` tells."""

    kind = models.CharField(max_length=10, editable=False, help_text="call, read or delivery.")
    system = models.CharField(max_length=40, editable=False)
    counts = models.JSONField(default=list, editable=False, help_text="By bucket of portal.common.durations.")
    seconds = models.FloatField(default=0, editable=False, help_text="All together.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "system"], name="common_duration_once")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.system}"

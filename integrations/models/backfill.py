"""Reading a period again, beside the live reading of a feed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.models.feed import Feed, Run
from portal.tenants.models import TenantModel


class Backfill(TenantModel):
    """One period of a feed that a person wants to be read. It has a cursor, a lease and a run of its own; the feed's
    cursor stays where it is."""

    class State(models.TextChoices):
        OPEN = "open", "under way"
        DONE = "done", "done"
        CANCELLED = "cancelled", "cancelled"
        FAILED = "failed", "failed"

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="backfills")
    run = models.ForeignKey(Run, null=True, editable=False, on_delete=models.SET_NULL, related_name="+")
    window_from = models.DateTimeField()
    window_to = models.DateTimeField()
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Empty: a command."
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    resume = models.JSONField(null=True, editable=False, help_text="Stretch and place where it goes on.")
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    leased_by = models.CharField(max_length=200, blank=True)
    fence = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0, help_text="Failed reads in a row.")
    problem = models.CharField(max_length=500, blank=True)
    pages = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0, help_text="Items of the period that came.")
    unchanged = models.PositiveIntegerField(default=0)
    captured = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, help_text="Items that the source says there are.")
    covered_until = models.DateTimeField(null=True, help_text="Source time up to which whole stretches were read.")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["feed"], condition=Q(state="open"), name="integrations_one_backfill_a_feed")
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="open"), name="integrations_backfills_due"),
            models.Index(fields=["tenant", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.feed}, {self.window_from:%Y-%m-%d} to {self.window_to:%Y-%m-%d}"

"""What people and programs ask for and what takes longer than a request."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.models.feed import Feed
from integrations.models.flow import Flow
from portal.common.secrets import SealedBytesField
from portal.tenants.models import TenantModel


class Operation(TenantModel):
    """Asked-for work with a plan, a progress and an end. A worker carries it out in slices; what stands here is all
    that it needs to go on after a kill."""

    class Kind(models.TextChoices):
        SYNC = "sync", "read now"
        REPLAY = "replay", "replay"
        BACKFILL = "backfill", "backfill"
        DRY_RUN = "dry_run", "dry run"
        RECONCILE = "reconcile", "reconcile"
        DIFFERENCES = "differences", "compare reference data"
        SEND_UNSENT = "send_unsent", "send what was never sent"

    class State(models.TextChoices):
        PLANNED = "planned", "planned"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    TERMINAL = (State.DONE, State.FAILED, State.CANCELLED)
    """States that it never leaves."""

    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    flow = models.ForeignKey(Flow, null=True, blank=True, on_delete=models.CASCADE, related_name="operations")
    feed = models.ForeignKey(Feed, null=True, blank=True, on_delete=models.CASCADE, related_name="operations")
    selection = models.JSONField(default=dict, blank=True, help_text="What it is about: a filter, or ids.")
    options = models.JSONField(default=dict, blank=True, help_text="How: content, force, pace in a minute.")
    plan = models.JSONField(default=dict, blank=True, help_text="What it would do, counted when it was asked for.")
    progress = models.JSONField(default=dict, blank=True, help_text="What is done, and where it goes on.")
    result = SealedBytesField(null=True, help_text="JSON: the plan of a dry run, the lines of a reconciliation.")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_by_name = models.CharField(max_length=150)
    asked_as = models.CharField(
        max_length=100,
        blank=True,
        editable=False,
        help_text="The name that a program gave its request (Idempotency-Key).",
    )
    asked_sha256 = models.CharField(max_length=64, blank=True, editable=False, help_text="Of that request.")
    reason = models.CharField(max_length=300, blank=True)
    problem = models.CharField(max_length=500, blank=True, help_text="Why it failed, or waits.")
    due_at = models.DateTimeField(help_text="When its next slice may begin.")
    lease_until = models.DateTimeField(null=True, editable=False)
    leased_by = models.CharField(max_length=200, blank=True, editable=False)
    fence = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="running"), name="integrations_operations_due"),
            models.Index(fields=["tenant", "-id"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "asked_as"], condition=~Q(asked_as=""), name="integrations_operation_asked_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display().capitalize()} {self.pk}"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in self.TERMINAL

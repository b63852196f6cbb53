"""Open problems, grouped."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.models.connection import Connection
from integrations.models.flow import Flow, Integration
from portal.tenants.models import TenantModel


class Issue(TenantModel):
    """One problem that somebody has to know of, however many records it hits."""

    class Who(models.TextChoices):
        CUSTOMER = "customer", "you"
        STAFF = "staff", "support"
        OTHER_SIDE = "other_side", "the other side"

    class Status(models.TextChoices):
        OPEN = "open", "open"
        RESOLVED = "resolved", "resolved"
        DISMISSED = "dismissed", "dismissed"

    fingerprint = models.CharField(max_length=64)
    integration = models.ForeignKey(Integration, null=True, on_delete=models.CASCADE, related_name="issues")
    flow = models.ForeignKey(Flow, null=True, on_delete=models.CASCADE, related_name="issues")
    connection = models.ForeignKey(Connection, null=True, on_delete=models.CASCADE, related_name="issues")
    error_class = models.CharField(max_length=20)
    who = models.CharField(max_length=12, choices=Who)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    sentence = models.CharField(max_length=500, help_text="What happened, to which record.")
    remedy = models.CharField(max_length=500, blank=True, help_text="What to do, and where.")
    field = models.CharField(
        max_length=200, blank=True, help_text="Path of the value in the source that it is about, as lines[3].unitCost."
    )
    technical = models.TextField(blank=True)
    occurrences = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    snoozed_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then nobody is reminded of it. It stays open."
    )
    resolved_at = models.DateTimeField(null=True)
    resolution = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "fingerprint"], condition=Q(status="open"), name="integrations_one_open_issue"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "status", "-last_seen_at"]),
            models.Index(
                fields=["resolved_at"], condition=Q(resolved_at__isnull=False), name="integrations_issue_over"
            ),
        ]

    def __str__(self) -> str:
        return self.sentence

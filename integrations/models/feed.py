"""Reading: feeds, their runs, and the records that they captured."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.models.connection import Connection, RateBudget
from portal.common.secrets import SealedBytesField
from portal.tenants.models import TenantModel


class Payload(TenantModel):
    """Bytes of a source record or of a sent document, once per content and tenant, apart from the rows that people
    list."""

    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    data = SealedBytesField(null=True, help_text="Empty once retention has pruned it; hash and size stay.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "sha256"], name="integrations_payload_once")]
        indexes = [
            models.Index(
                fields=["tenant", "created_at"], condition=Q(data__isnull=False), name="integrations_payload_age"
            )
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class Feed(TenantModel):
    """One kind of thing read at one connection, once for all flows that take from it."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="feeds")
    key = models.SlugField(help_text="As purchase-orders.")
    enabled = models.BooleanField(default=True)
    paused_reason = models.CharField(max_length=300, blank=True)
    interval_seconds = models.PositiveIntegerField(default=300)
    schedule = models.JSONField(
        default=dict,
        blank=True,
        help_text="Beside the interval: cron lines, business days, days off, quiet hours, in the tenant's zone.",
    )
    overlap_seconds = models.PositiveIntegerField(
        default=300, help_text="How far before the cursor each read begins again."
    )
    settle_seconds = models.PositiveIntegerField(
        default=5, help_text="What is younger is left for the next read: it may still be committing."
    )
    stretched_seconds = models.PositiveIntegerField(
        null=True, editable=False, help_text="The interval in use, where the allowance of calls permits no shorter one."
    )
    flood_factor = models.PositiveIntegerField(
        default=10, help_text="A read that makes so many times more deliveries than any lately is held. 0 = never."
    )
    flood_floor = models.PositiveIntegerField(
        default=1000, help_text="Deliveries of one read that are never taken for a flood."
    )
    read_until = models.DateTimeField(
        null=True, blank=True, help_text="The cursor: all that changed before this instant has been read."
    )
    resume = models.JSONField(
        null=True, blank=True, editable=False, help_text="Window and place of a long read that was interrupted."
    )
    due_at = models.DateTimeField(null=True, blank=True, help_text="Next read. Empty: as soon as possible.")
    hinted_for = models.DateTimeField(
        null=True, editable=False, help_text="Something is said to have changed at this time: it is read up to then."
    )
    look_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text="What changed before may have been delivered by a database that was lost: it is looked for first.",
    )
    lease_until = models.DateTimeField(null=True, editable=False)
    leased_by = models.CharField(max_length=200, blank=True, editable=False)
    fence = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="Grows with each lease; writes of an older one are refused."
    )
    clock_skew_ms = models.IntegerField(
        default=0, editable=False, help_text="The source's clock minus ours, by its last answers."
    )
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="Failed reads in a row.")
    last_read_at = models.DateTimeField(null=True, editable=False)
    last_change_at = models.DateTimeField(null=True, editable=False)
    last_items = models.PositiveIntegerField(default=0, editable=False, help_text="Items that the last read gave.")
    last_calls = models.PositiveIntegerField(default=0, editable=False, help_text="Calls that the last read took.")
    idle_calls = models.PositiveIntegerField(
        default=1, editable=False, help_text="Calls that a read takes which finds nothing."
    )
    budget = models.ForeignKey(
        RateBudget, null=True, editable=False, on_delete=models.SET_NULL, related_name="feeds", help_text="Its calls."
    )
    last_run = models.ForeignKey(
        "Run",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Of the last read; empty when it found nothing new.",
    )
    last_problem = models.CharField(max_length=500, blank=True, editable=False)
    history = models.JSONField(
        default=list, blank=True, editable=False, help_text="How many records each of the last reads brought."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "key"], name="integrations_feed_key")]
        indexes = [models.Index(fields=["due_at"], condition=Q(enabled=True), name="integrations_feeds_due")]
        ordering = ["connection", "key"]

    def __str__(self) -> str:
        return f"{self.connection}: {self.key}"


class Run(TenantModel):
    """One execution of a feed that found something."""

    class Kind(models.TextChoices):
        LIVE = "live", "live"
        BACKFILL = "backfill", "backfill"

    class Outcome(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        ABANDONED = "abandoned", "abandoned"

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.LIVE)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RUNNING)
    trigger = models.CharField(max_length=60, help_text="schedule, person, webhook, command.")
    flood = models.BooleanField(default=False, help_text="It brought far more than usual: a person lets it go on.")
    window_from = models.DateTimeField(null=True)
    window_to = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField()
    pages = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0, help_text="Items that the source gave, = unchanged + captured.")
    unchanged = models.PositiveIntegerField(default=0)
    captured = models.PositiveIntegerField(default=0)
    history = models.PositiveIntegerField(
        default=0, help_text="Of the captured: older than what was there, stored without effect."
    )
    unrouted = models.PositiveIntegerField(default=0, help_text="Of the captured: no flow took them.")
    calls = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "kind"], condition=Q(outcome="running"), name="integrations_one_run_a_feed"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"]),
            models.Index(fields=["feed", "-id"]),
            models.Index(fields=["ended_at"], condition=Q(outcome="failed"), name="integrations_run_failed"),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}"


class Record(TenantModel):
    """One source version of one source object, as it was captured."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="records")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="records")
    source_id = models.CharField(max_length=200)
    source_version = models.CharField(max_length=100, blank=True)
    modified_at = models.DateTimeField(null=True, help_text="By the source's clock.")
    business_number = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=40, blank=True, help_text="In a mixed feed: what this item is.")
    status = models.CharField(max_length=40, blank=True, help_text="The source's own status, by which flows filter.")
    fingerprint = models.CharField(max_length=64)
    payload = models.ForeignKey(Payload, on_delete=models.PROTECT, related_name="+")
    problem = models.CharField(max_length=500, blank=True, help_text="Why this item could not be read.")
    is_newest = models.BooleanField(default=True)
    takers = models.PositiveSmallIntegerField(default=0, help_text="How many flows took it; 0 = unrouted.")
    not_yet = models.BooleanField(default=False, help_text="A flow waits for its status to change.")
    captured_at = models.DateTimeField()
    checked_at = models.DateTimeField(
        null=True, editable=False, help_text="When it was last fetched by itself, and what it said was captured."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "source_id"], condition=Q(is_newest=True), name="integrations_one_newest_record"
            )
        ]
        indexes = [
            models.Index(fields=["feed", "source_id", "-id"]),
            models.Index(fields=["tenant", "business_number"]),
            models.Index(fields=["tenant", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.business_number or self.source_id} ({self.fingerprint[:8]})"

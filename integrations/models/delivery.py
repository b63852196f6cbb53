"""The outbox: effects to make at targets, every try of them, every HTTP exchange."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from edi.models import TransactionSet
from integrations.models.connection import Connection
from integrations.models.feed import Payload, Record, Run
from integrations.models.flow import Flow, Integration
from integrations.models.issue import Issue
from portal.common.secrets import SealedBytesField
from portal.tenants.models import TenantModel


class State(models.TextChoices):
    WAITING = "waiting", "waiting"
    PENDING = "pending", "pending"
    SENDING = "sending", "sending"
    ACCEPTED = "accepted", "accepted"
    IN_DOUBT = "in_doubt", "in doubt"
    DELIVERED = "delivered", "delivered"
    NO_EFFECT = "no_effect", "no effect"
    FAILED = "failed", "failed"
    SUPERSEDED = "superseded", "superseded"
    DISMISSED = "dismissed", "dismissed"


OPEN_STATES = (State.WAITING, State.PENDING, State.SENDING, State.ACCEPTED, State.IN_DOUBT, State.FAILED)
"""States in which something is still to be done; a later delivery of the lane waits for them."""
HELD_STATES = (State.SENDING, State.ACCEPTED, State.IN_DOUBT)
"""States that hold the lane in the database."""
MOVING_STATES = (State.PENDING, *HELD_STATES)
"""States in which something is still to be done by itself."""


class Delivery(TenantModel):
    """One effect to make at one target, for one flow.

    States and who moves them: `waiting` (a link is missing) → `pending` → `sending` (claimed) → `delivered`, `accepted`
    (a verdict comes later), `no_effect` (nothing to change), `failed` (refused) or `in_doubt` (outcome unknown).
    Evidence moves in doubt to delivered or pending; a person replays or dismisses; a newer record supersedes.
    """

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="deliveries")
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="deliveries")
    sink_connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="deliveries", help_text="Where the effect is made."
    )
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="deliveries")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    replays = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replayed_by")
    edit = models.ForeignKey(
        "integrations.DocumentEdit",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="deliveries",
        help_text="What a person changed in the document.",
    )
    operation = models.CharField(max_length=20, help_text="send or cancel.")
    operation_key = models.CharField(max_length=64)
    lane = models.CharField(max_length=200)
    rank = models.PositiveSmallIntegerField(
        default=50, help_text="Order of entities: supplier before order before invoice."
    )
    business_number = models.CharField(max_length=100, blank=True)
    source_modified_at = models.DateTimeField(null=True)

    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    since = models.DateTimeField(help_text="When it came into this state.")
    not_before = models.DateTimeField()
    deadline = models.DateTimeField(null=True, help_text="Until when waiting is all right.")
    waits_for = models.CharField(max_length=200, blank=True, help_text="As 'supplier 50002'.")
    look_first = models.BooleanField(
        default=False,
        editable=False,
        help_text="It may have been sent by a database that was lost: it is looked for before it is sent.",
    )
    claims = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0, help_text="Attempts so far.")
    transient_failures = models.PositiveIntegerField(default=0, help_text="In a row; the pause grows with them.")
    crashes = models.PositiveSmallIntegerField(default=0, help_text="Workers that died with it.")
    fence = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=200, blank=True)

    frozen = models.ForeignKey(
        Payload, null=True, on_delete=models.PROTECT, related_name="+", help_text="The bytes that are sent, every time."
    )
    frozen_meta = models.JSONField(
        default=dict, blank=True, help_text="What else the sink needs to send and to find it again."
    )
    document_digest = models.CharField(max_length=64, blank=True, help_text="Of the canonical document that was sent.")
    purpose = models.CharField(max_length=12, blank=True, help_text="original, replace, change or cancellation.")
    transaction_set = models.ForeignKey(TransactionSet, null=True, on_delete=models.PROTECT, related_name="deliveries")
    target_id = models.CharField(max_length=200, blank=True)
    settings_used = models.JSONField(
        default=dict, blank=True, help_text="Mapping version and release that prepared it."
    )

    approval = models.JSONField(
        default=dict, blank=True, help_text="What a person is asked to approve, and what was approved by whom."
    )
    base = models.JSONField(
        default=dict, blank=True, help_text="The values that the first try meant to replace, kept after a conflict."
    )
    reason = models.CharField(
        max_length=500, blank=True, help_text="Why there is nothing to do, why it failed, why it was dismissed."
    )
    error_class = models.CharField(max_length=20, blank=True)
    issue = models.ForeignKey(Issue, null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries")
    evidence = models.JSONField(default=list, blank=True, help_text="What read-backs showed while it was in doubt.")
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "operation_key"], name="integrations_operation_once"),
            models.UniqueConstraint(
                fields=["integration", "lane"],
                condition=Q(state__in=["sending", "accepted", "in_doubt"]),
                name="integrations_one_at_a_time_per_lane",
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "rank", "id"],
                condition=Q(state__in=["pending", "waiting"]),
                name="integrations_deliveries_due",
            ),
            models.Index(fields=["integration", "lane", "id"], name="integrations_delivery_lane"),
            models.Index(
                fields=["not_before"], condition=Q(state__in=["accepted", "in_doubt"]), name="integrations_verdicts_due"
            ),
            models.Index(fields=["lease_until"], condition=Q(lease_until__isnull=False), name="integrations_leases"),
            models.Index(fields=["tenant", "state", "-id"]),
            models.Index(fields=["flow", "state", "-id"], name="integrations_delivery_of_flow"),
            models.Index(
                fields=["flow", "-closed_at"], condition=Q(state="delivered"), name="integrations_last_success"
            ),
            models.Index(fields=["tenant", "business_number"]),
            models.Index(fields=["tenant", "-id"]),
            models.Index(
                fields=["since"],
                condition=Q(state__in=["delivered", "failed"]),
                name="integrations_deliveries_hour",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flow_id}/{self.business_number or self.pk} {self.state}"


class Exchange(TenantModel):
    """One HTTP request and its response, secrets masked."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="exchanges")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="exchanges")
    method = models.CharField(max_length=8)
    url = models.CharField(max_length=2000)
    request_headers = models.JSONField(default=dict)
    request_body = SealedBytesField(null=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="Empty when no answer came.")
    response_headers = models.JSONField(default=dict)
    response_body = SealedBytesField(null=True)
    truncated = models.BooleanField(default=False, help_text="A body was longer than what is kept.")
    request_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of the whole body; stays when it is pruned."
    )
    response_sha256 = models.CharField(max_length=64, blank=True)
    pruned = models.BooleanField(default=False, help_text="Retention took the bodies away.")
    problem = models.CharField(max_length=300, blank=True, help_text="Why no usable answer came.")
    started_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-id"]),
            models.Index(fields=["connection", "-id"]),
            models.Index(fields=["tenant", "started_at"], condition=Q(pruned=False), name="integrations_exchange_age"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.url} → {self.status or self.problem}"


class Attempt(TenantModel):
    """One try of a delivery. Committed before the call, closed after it, never overwritten."""

    class Kind(models.TextChoices):
        APPLY = "apply", "send"
        EVIDENCE = "evidence", "look whether it arrived"
        FOLLOW = "follow", "ask for the verdict"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.APPLY)
    fence = models.PositiveBigIntegerField()
    worker = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(
        max_length=20, blank=True, help_text="delivered, accepted, transient, rejected, unknown …; empty while open."
    )
    detail = models.CharField(max_length=500, blank=True)
    exchanges = models.ManyToManyField(Exchange, related_name="attempts", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="integrations_attempt_number")]
        ordering = ["delivery", "number"]

    def __str__(self) -> str:
        return f"Attempt {self.number}: {self.outcome or 'open'}"

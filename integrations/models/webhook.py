"""Webhooks: where they come in, and each one as it came."""

from __future__ import annotations

from django.db import models

from integrations.models.connection import Connection
from portal.common.secrets import SealedBytesField, SecretJSONField, SecretTextField
from portal.tenants.models import TenantModel


class WebhookEndpoint(TenantModel):
    """The address at which a system may tell us that something happened. Nobody can guess it; whoever knows it can make
    us look, and nothing else."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="webhook_endpoint")
    token = SecretTextField(help_text="Last part of the address.")
    token_hash = models.CharField(max_length=64, unique=True, editable=False, help_text="By which it is found.")
    keys = SecretJSONField(
        default=list,
        blank=True,
        help_text="Signature keys, or user:password where the system knows basic authentication only. Several while "
        "they are changed.",
    )
    registration = models.JSONField(
        default=list, blank=True, editable=False, help_text="The last registering, step by step."
    )
    registered_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField()
    last_event_at = models.DateTimeField(null=True, editable=False)
    last_refused_at = models.DateTimeField(null=True, editable=False)
    refused = models.PositiveBigIntegerField(default=0, editable=False, help_text="How many were refused, ever.")
    last_refusal = models.CharField(max_length=200, blank=True, editable=False)

    def __str__(self) -> str:
        return f"Webhooks of {self.connection_id}"


class WebhookEvent(TenantModel):
    """A received webhook, stored raw before anything acts on it. A hint and no more: what happened is read from the
    source."""

    class State(models.TextChoices):
        TAKEN = "taken", "made a feed due"
        PARKED = "parked", "of an unknown kind"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="webhook_events")
    event_id = models.CharField(max_length=200, help_text="The sender's; the body's hash where it gives none.")
    kind = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=10, choices=State)
    feeds = models.JSONField(default=list, blank=True, help_text="Keys of the feeds that it made due.")
    headers = models.JSONField(default=dict, blank=True)
    body = SealedBytesField()
    times = models.PositiveIntegerField(default=1, help_text="How often it came.")
    occurred_at = models.DateTimeField(null=True, help_text="By the sender's clock.")
    received_at = models.DateTimeField()
    last_received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "event_id"], name="integrations_webhook_once")]
        indexes = [models.Index(fields=["tenant", "-id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"

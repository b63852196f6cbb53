"""A tenant's access to one system: settings, secrets, tokens, allowance, breaker."""

from __future__ import annotations

from django.db import models

from edi.models import Network
from portal.common.secrets import SecretJSONField, SecretTextField
from portal.tenants.models import TenantModel


class Connection(TenantModel):
    """One tenant's credentials and settings for one system. One Visma connection is one company."""

    class Health(models.TextChoices):
        UNTESTED = "untested", "not tested yet"
        OK = "ok", "works"
        BROKEN = "broken", "does not work"

    key = models.SlugField(help_text="Short name in configuration files and URLs. It never changes.")
    system = models.CharField(max_length=30)
    name = models.CharField(max_length=100)
    settings = models.JSONField(default=dict, blank=True)
    secrets = SecretJSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    network = models.OneToOneField(
        Network,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="connection",
        help_text="The EDI network that this connection reaches.",
    )
    health = models.CharField(max_length=10, choices=Health, default=Health.UNTESTED, editable=False)
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    check_steps = models.JSONField(
        default=list, blank=True, editable=False, help_text="The last live test, step by step."
    )
    checking_until = models.DateTimeField(
        null=True, editable=False, help_text="A live test is under way, if it was not given up before this time."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="integrations_connection_key")]
        ordering = ["tenant", "name"]

    def __str__(self) -> str:
        return self.name


class AccessToken(TenantModel):
    """The token in use. Whoever wins the compare-and-set of `refreshing_until` fetches the next one; the others
    re-read."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="token")
    token = SecretTextField(blank=True, default="")
    expires_at = models.DateTimeField(null=True)
    refreshing_until = models.DateTimeField(null=True)
    generation = models.PositiveBigIntegerField(
        default=0, help_text="Counts refreshes: a 401 refreshes only what it was sent with."
    )

    def __str__(self) -> str:
        return f"Token of {self.connection_id}"


class RateBudget(TenantModel):
    """The requests that a source allows per window, shared by all workers and hosts."""

    key = models.CharField(max_length=64, help_text="Hash of system, credential and company.")
    label = models.CharField(max_length=200)
    window_seconds = models.PositiveIntegerField(default=3600)
    allowance = models.PositiveIntegerField(null=True, help_text="Calls per window; empty when the source states none.")
    used = models.PositiveIntegerField(default=0)
    resets_at = models.DateTimeField(null=True)
    blocked_until = models.DateTimeField(null=True, help_text="After a 429: nobody calls before.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="integrations_budget_key")]

    def __str__(self) -> str:
        return self.label


class Breaker(TenantModel):
    """Stops calling a system that does not answer or does not know us, until one probe gets through."""

    class Position(models.TextChoices):
        CLOSED = "closed", "closed (calls pass)"
        OPEN = "open", "open (no calls)"
        PROBING = "probing", "one probe under way"

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="breaker")
    position = models.CharField(max_length=8, choices=Position, default=Position.CLOSED)
    failures = models.PositiveIntegerField(default=0, help_text="Failures in a row.")
    opened_at = models.DateTimeField(null=True)
    openings = models.PositiveIntegerField(default=0, help_text="Openings in a row; the pause grows with them.")
    probe_after = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    on_trial = models.BooleanField(
        default=False,
        help_text="The outcome of an effect was unknown, and none has been answered since: one is tried at a time.",
    )

    def __str__(self) -> str:
        return f"Breaker of {self.connection_id}: {self.position}"

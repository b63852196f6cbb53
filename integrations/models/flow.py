"""What a customer switches on."""

from __future__ import annotations

from typing import Any, Literal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from integrations.models.connection import Connection
from portal.tenants.models import TenantModel

Side = Literal["books", "partner"]


class Integration(TenantModel):
    """A Visma connection paired with one partner connection."""

    key = models.SlugField(help_text="Short name in configuration files and URLs. It never changes.")
    pair = models.SlugField(help_text="Which two systems, as visma-orderful.")
    name = models.CharField(max_length=100)
    books = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="integrations_as_books", verbose_name="Visma connection"
    )
    partner = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="integrations_as_partner", verbose_name="partner connection"
    )
    enabled = models.BooleanField(default=True)
    books_stopped = models.CharField(
        max_length=300, blank=True, editable=False, help_text="Why nothing is written into Visma.net; empty: it is."
    )
    partner_stopped = models.CharField(
        max_length=300, blank=True, editable=False, help_text="Why nothing goes to the partner; empty: it goes."
    )
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="integrations_integration_key"),
            models.UniqueConstraint(fields=["books", "partner"], name="integrations_pair_once"),
        ]
        ordering = ["tenant", "name"]

    def __str__(self) -> str:
        return self.name

    def why_stopped(self, side: Side) -> str:
        """Why nothing goes to a side; empty where it goes."""
        return self.books_stopped if side == "books" else self.partner_stopped

    def side_of(self, connection_id: int) -> Side:
        """Which side a connection of this integration is."""
        return "books" if connection_id == self.books_id else "partner"

    def clean(self) -> None:
        if (
            self.books_id
            and self.partner_id
            and f"{self.books.system}-{self.partner.system}".replace("_", "-") != self.pair
        ):
            raise ValidationError(
                f"{self.pair} does not fit a {self.books.system} and a {self.partner.system} connection."
            )


class Flow(TenantModel):
    """One record type in one direction of an integration. What it does is code; this row holds its switches."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="flows")
    key = models.SlugField(help_text="As purchase-orders.")
    enabled = models.BooleanField(default=True)
    paused_reason = models.CharField(
        max_length=300, blank=True, help_text="Set while somebody has paused it; captures go on, nothing is sent."
    )
    settings = models.JSONField(default=dict, blank=True)
    mapping_version = models.PositiveIntegerField(default=1)
    live_from = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The start that was chosen when its integration went live, else when it was first switched on in one "
        "that is live. Empty: it never was.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["integration", "key"], name="integrations_flow_key")]
        ordering = ["integration", "key"]

    def __str__(self) -> str:
        return self.full_key

    @property
    def full_key(self) -> str:
        """As visma-cleo.purchase-orders."""
        return f"{self.integration.pair}.{self.key}"


class MappingVersion(TenantModel):
    """The settings by which a flow mapped, from one change of them to the next. Rows are only ever added: what was sent
    names its version, and that version still says what it said then."""

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="mapping_versions")
    number = models.PositiveIntegerField()
    flow_settings = models.JSONField(default=dict)
    integration_settings = models.JSONField(default=dict)
    release = models.CharField(max_length=40, help_text="Of ml-connector, when these settings came into force.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_by_name = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["flow", "number"], name="integrations_mapping_version")]
        ordering = ["flow", "-number"]

    def __str__(self) -> str:
        return f"{self.flow_id}, mapping {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Once. Raises ValidationError for a row that is there already."""
        if not self._state.adding:
            raise ValidationError("A mapping version never changes: other settings are the next version.")
        super().save(*args, **kwargs)

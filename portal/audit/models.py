"""What happened, and the hash chain over it. Triggers of the database refuse to change or delete either."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.common.secrets import SecretTextField
from portal.tenants.models import TenantModel


class SigningKey(models.Model):
    """One row: the Ed25519 key with which this installation signs what it gives out as evidence. It is made when it is
    first needed, is the same on every host, and goes with the database into its backups, encrypted."""

    private = SecretTextField(editable=False, help_text="PKCS 8, PEM.")
    public = models.TextField(editable=False, help_text="SubjectPublicKeyInfo, PEM: what others verify with.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="audit_one_signing_key")]

    def __str__(self) -> str:
        return "Signing key"


class Seal(TenantModel):
    """A link of the tenant's chain: seals `count` events, and with `previous_digest` everything before them."""

    number = models.PositiveBigIntegerField(help_text="1, 2, 3 … within the tenant.")
    count = models.PositiveIntegerField()
    last_event = models.PositiveBigIntegerField(help_text="Highest id among the sealed events.")
    digest = models.CharField(max_length=64)
    previous_digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="audit_seal_number")]
        ordering = ["tenant", "number"]

    def __str__(self) -> str:
        return f"Seal {self.number} over {self.count} events"


class AuditEvent(TenantModel):
    """One thing that happened to one object, written in the transaction that made it happen."""

    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField(max_length=150, help_text="Who, as it read then; 'worker' for the machine.")
    action = models.CharField(max_length=60, help_text="object.verb, as delivery.delivered.")
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=60)
    business_number = models.CharField(max_length=100, blank=True)
    summary = models.CharField(max_length=500)
    details = models.JSONField(default=dict, blank=True)
    seal = models.ForeignKey(Seal, null=True, blank=True, on_delete=models.PROTECT, related_name="events")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "-id"]),
            models.Index(fields=["tenant", "object_type", "object_id"], name="audit_by_object"),
            models.Index(fields=["tenant", "business_number"], name="audit_by_number"),
            models.Index(fields=["tenant", "id"], condition=Q(seal=None), name="audit_unsealed"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.business_number or self.object_id}"

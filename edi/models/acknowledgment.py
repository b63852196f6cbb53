"""What the other side said about what we sent."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from edi.models.interchange import Interchange, TransactionSet
from portal.common.secrets import SecretJSONField
from portal.tenants.models import TenantModel


class Acknowledgment(TenantModel):
    """One thing that was said about one set of ours. Never changed: a second statement is a second row."""

    class Kind(models.TextChoices):
        FUNCTIONAL = "997", "997 Functional Acknowledgment"
        IMPLEMENTATION = "999", "999 Implementation Acknowledgment"
        INTERCHANGE = "TA1", "TA1 Interchange Acknowledgment"
        ORDER_RESPONSE = "855", "855 Purchase Order Acknowledgment"
        CONTROL = "CONTRL", "CONTRL syntax report"
        ORDRSP = "ORDRSP", "ORDRSP order response"
        CHANGE_RESPONSE = "865", "865 Purchase Order Change Acknowledgment"
        NETWORK = "network", "The network's own status"

    class Outcome(models.TextChoices):
        NOTED = "noted", "noted"
        LATE = "late", "noted, after its deadline"
        DUPLICATE = "duplicate", "said before"
        CONTRADICTS = "contradicts", "contradicts what was said before"
        UNCLEAR = "unclear", "does not say what became of it"
        UNMATCHED = "unmatched", "answers nothing that we sent"

    kind = models.CharField(max_length=7, choices=Kind)
    outcome = models.CharField(max_length=11, choices=Outcome)
    about = models.ForeignKey(
        TransactionSet, null=True, blank=True, on_delete=models.PROTECT, related_name="acknowledgments"
    )
    interchange = models.ForeignKey(
        Interchange,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="acknowledgments",
        help_text="Which brought it.",
    )
    carrier = models.ForeignKey(
        TransactionSet,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="acknowledges",
        help_text="The received set that says it; a TA1 stands in none.",
    )
    code = models.CharField(
        max_length=2, blank=True, help_text="A, E, P, R …; of an 855 or 865 BAK02 or BCA02; in EDIFACT 7, 4 or 8."
    )
    named = models.CharField(max_length=100, blank=True, help_text="What it names: control numbers or order number.")
    sentences = SecretJSONField(null=True, help_text="What it says, for people.")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-id"], name="edi_acknowledgment_newest"),
            models.Index(
                fields=["tenant", "-id"],
                condition=Q(outcome__in=["contradicts", "unclear", "unmatched"]),
                name="edi_acknowledgment_odd",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code} {self.named}"

"""What people changed in a document before it was sent once more."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from integrations.models.delivery import Delivery
from portal.common.secrets import SecretJSONField
from portal.tenants.models import TenantModel


class DocumentEdit(TenantModel):
    """The difference between the document as it was mapped and as a person wants it, as a JSON Patch (RFC 6902) on the
    canonical document. The raw record stays what it is: this is kept beside it, and applied each time it is mapped."""

    original = models.ForeignKey(
        Delivery, on_delete=models.PROTECT, related_name="edits", help_text="Whose document was edited."
    )
    document = models.CharField(max_length=60, help_text="As PurchaseOrder.")
    schema = models.CharField(max_length=64, help_text="Hash of the document's whole schema when the edit was made.")
    touched = models.JSONField(default=dict, help_text="Hash of the schema of each place that is edited, by its path.")
    release = models.CharField(max_length=40)
    patch = SecretJSONField(help_text="Each replacement comes after a test of what stood there.")
    reason = models.CharField(max_length=300)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_by_name = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Edit {self.pk} of delivery {self.original_id}"

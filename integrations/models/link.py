"""What one business object is called on both sides."""

from __future__ import annotations

from django.db import models

from integrations.models.flow import Integration
from portal.tenants.models import TenantModel


class Link(TenantModel):
    """The ids of one mutable business object in both systems. Ids of messages never stand here."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="links")
    entity = models.CharField(max_length=40)
    source_id = models.CharField(max_length=200)
    target_id = models.CharField(max_length=200)
    one_to_one = models.BooleanField(default=True)
    version_tag = models.CharField(
        max_length=100, blank=True, help_text="ETag of the target when we last wrote or read it."
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["integration", "entity", "source_id"], name="integrations_link_source"),
            models.UniqueConstraint(
                fields=["integration", "entity", "target_id"],
                condition=models.Q(one_to_one=True),
                name="integrations_link_target",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.source_id} = {self.target_id}"

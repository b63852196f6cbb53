"""Files that were seen in download folders."""

from __future__ import annotations

from django.db import models

from integrations.models.connection import Connection
from portal.tenants.models import TenantModel


class SeenFile(TenantModel):
    """A file that was read and whose contents are kept as records: each file is read once, whether or not it may be
    removed at its source."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="seen_files")
    path = models.CharField(max_length=500)
    size = models.PositiveBigIntegerField(help_text="Bytes that were read.")
    modified = models.CharField(max_length=60, blank=True, help_text="As the source writes it; empty when it does not.")
    sha256 = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "path"], name="integrations_seen_file")]

    def __str__(self) -> str:
        return self.path

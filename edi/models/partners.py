"""Trading partners and the networks that reach them."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models

from portal.tenants.models import TenantModel

interchange_id = RegexValidator(
    r"^[\x21-\x7e]([\x20-\x7e]{0,33}[\x21-\x7e])?$",
    "1 to 35 printable ASCII characters (15 in X12), no space at either end.",
)


class Direction(models.TextChoices):
    OUT = "out", "Out (from us)"
    IN = "in", "In (to us)"


class Stream(models.TextChoices):
    TEST = "test", "Test"
    LIVE = "live", "Live"


class Network(TenantModel):
    """A way to trading partners: Orderful, Cleo. The connection that reaches it points here."""

    key = models.SlugField(help_text="Equals the key of the connection.")
    name = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="edi_network_key")]

    def __str__(self) -> str:
        return self.name


class TradingPartner(TenantModel):
    """A company with which EDI is exchanged."""

    key = models.SlugField(help_text="Short name in configuration files; it never changes.")
    name = models.CharField(max_length=200)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="edi_partner_key")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PartnerNumber(TenantModel):
    """The supplier or customer number by which one company's books know a trading partner."""

    class Entity(models.TextChoices):
        SUPPLIER = "supplier", "Supplier"
        CUSTOMER = "customer", "Customer"

    partner = models.ForeignKey(TradingPartner, on_delete=models.CASCADE, related_name="numbers")
    company = models.CharField(max_length=60, help_text="Company id of the books (ipp-company-id).")
    entity = models.CharField(max_length=20, choices=Entity)
    number = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "company", "entity", "number"], name="edi_one_partner_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.get_entity_display()} {self.number} of company {self.company}"

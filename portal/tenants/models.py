"""Customer companies, people and their roles, API keys."""

from __future__ import annotations

import hashlib
import secrets
import zoneinfo
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django_scopes import ScopedManager


class User(AbstractUser):
    """A person. `is_staff` opens the staff admin; what they may do for a tenant is said by their memberships."""

    email = models.EmailField("email address", unique=True)
    language = models.CharField(
        max_length=5,
        blank=True,
        choices=settings.LANGUAGES,
        help_text="As they chose it. Empty: as their browser asks.",
    )

    class Meta(AbstractUser.Meta):
        db_table = "tenants_user"


def check_time_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError(f"'{value}' is not a time zone; write it as Europe/Stockholm.")


class Retention(models.TextChoices):
    """How long what personal and bank data may stand in is kept; the days are in `integrations.engine.retention`."""

    SHORT = "short", "short (bodies 30 days, runs 90)"
    STANDARD = "standard", "standard (bodies 90 days, runs 180)"
    LONG = "long", "long (bodies 400 days, runs 800)"


class Tenant(models.Model):
    """A customer company of ours; every row of business data belongs to one."""

    slug = models.SlugField(unique=True, help_text="Short name in configuration files and URLs. It never changes.")
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=60, default="Europe/Stockholm", validators=[check_time_zone])
    sending_stopped = models.BooleanField(
        default=False, help_text="Kill switch: nothing is sent for this tenant while it is set."
    )
    second_factor_required = models.BooleanField(
        default=False, help_text="Whether its members need a second factor to come in."
    )
    legal_hold = models.CharField(
        max_length=200,
        blank=True,
        help_text="Why nothing of this tenant may be taken away for now, as a dispute or an audit. Empty: retention "
        "goes on.",
    )
    retention = models.CharField(
        max_length=10,
        choices=Retention,
        default=Retention.STANDARD,
        help_text="How long bodies of documents, calls and runs are kept. Numbers, hashes and the audit trail stay.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TenantModel(models.Model):
    """Base of every row that belongs to a tenant. Querying it without a scope raises ScopeError."""

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")

    if not TYPE_CHECKING:  # for the types it is an ordinary manager; its class is made at run time
        objects = ScopedManager(tenant="tenant")

    class Meta:
        abstract = True


class Role(models.TextChoices):
    OWNER = "owner", "Owner: everything, members and keys included"
    OPERATOR = "operator", "Operator: connects, runs and repairs"
    VIEWER = "viewer", "Viewer: looks only"


class Membership(TenantModel):
    """A person's role in a tenant."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="tenants_one_role_per_user")]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Invitation(TenantModel):
    """An open door for one address. Only the hash of its token is stored; the token stands in the mail alone."""

    email = models.EmailField("email address")
    role = models.CharField(max_length=20, choices=Role)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "email"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="tenants_one_open_invitation",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"


class Scope(models.TextChoices):
    """What a key may; each one may what the ones before it may."""

    READ = "read", "Read: looks only"
    OPERATE = "operate", "Operate: besides, asks for operations, pauses flows"
    ADMIN = "admin", "Admin: besides, changes webhooks"


class ApiKey(TenantModel):
    """A key for the API. Only its hash is stored; the key itself is shown once."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    key_hash = models.CharField(max_length=64, editable=False)
    may_operate = models.BooleanField(
        default=False, help_text="Whether it may also ask for operations, and pause flows; else it only looks."
    )
    may_administer = models.BooleanField(
        default=False, help_text="Whether it may also change webhooks: who is told, and where."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=Q(revoked_at=None), name="tenants_live_key_name"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} (mlc_{self.prefix}…)"

    @property
    def scope(self) -> Scope:
        """The widest of what it may."""
        return Scope.ADMIN if self.may_administer else Scope.OPERATE if self.may_operate else Scope.READ

    @classmethod
    def issue(cls, *, tenant: Tenant, name: str, scope: str = "", **values: Any) -> tuple[ApiKey, str]:
        """Makes a key. Returns the row and the key, which nobody can read again: `mlc_<prefix>_<secret>`."""
        if scope:
            values |= {"may_operate": scope in (Scope.OPERATE, Scope.ADMIN), "may_administer": scope == Scope.ADMIN}
        prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
        key = f"mlc_{prefix}_{secret}"
        return cls.objects.create(tenant=tenant, name=name, prefix=prefix, key_hash=hash_key(key), **values), key


def hash_key(key: str) -> str:
    """SHA-256 of a key. A plain hash is enough for 256 random bits."""
    return hashlib.sha256(key.encode()).hexdigest()

"""Who calls the API: a tenant, by one of its keys."""

from __future__ import annotations

import datetime as dt
import hmac
from typing import TYPE_CHECKING

from django.utils import timezone
from django_scopes import scopes_disabled
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from portal.tenants.models import ApiKey, hash_key

if TYPE_CHECKING:
    from rest_framework.views import APIView

NOTE_USE_EVERY = dt.timedelta(minutes=5)


class KeyHolder:
    """The caller: a key, and through it a tenant. Not a user of the portal."""

    is_authenticated = True

    def __init__(self, key: ApiKey) -> None:
        self.key, self.tenant = key, key.tenant
        self.pk = key.pk

    def __str__(self) -> str:
        return str(self.key)


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer mlc_…`."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not value:
            return None
        parts = value.strip().split("_", 2)
        if len(parts) != 3 or parts[0] != "mlc":
            raise AuthenticationFailed("That is no API key of this portal; it begins with mlc_.")
        with scopes_disabled():
            key = ApiKey.objects.select_related("tenant").filter(prefix=parts[1]).first()
            known = key.key_hash if key else "0" * 64
            if not hmac.compare_digest(known, hash_key(value.strip())) or key is None:
                raise AuthenticationFailed("This API key is not known.")
            now = timezone.now()
            if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
                raise AuthenticationFailed("This API key is no longer valid.")
            if key.last_used_at is None or now - key.last_used_at > NOTE_USE_EVERY:
                ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        return KeyHolder(key), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="ml-connector"'


class MayOperate(BasePermission):
    """Looking needs a key; changing something needs one that may operate."""

    message = "This key only looks. Make one that may operate: manage.py api_key create --operate."

    def has_permission(self, request: Request, view: APIView) -> bool:
        holder: object = request.user
        changes = request.method not in SAFE_METHODS and getattr(view, "action", None) is not None
        return isinstance(holder, KeyHolder) and (holder.key.may_operate or holder.key.may_administer or not changes)


class MayTake(BasePermission):
    """Whole documents hold what belongs to persons: a key that only looks gets them masked."""

    message = "This key sees personal data masked. Make one that may operate: manage.py api_key create --operate."

    def has_permission(self, request: Request, view: APIView) -> bool:
        holder: object = request.user
        return isinstance(holder, KeyHolder) and (holder.key.may_operate or holder.key.may_administer)


class MayAdminister(BasePermission):
    """Looking needs a key; changing who is told needs one that may administer."""

    message = "This key may not change webhooks. Make one with the scope admin."

    def has_permission(self, request: Request, view: APIView) -> bool:
        holder: object = request.user
        changes = request.method not in SAFE_METHODS and getattr(view, "action", None) is not None
        return isinstance(holder, KeyHolder) and (holder.key.may_administer or not changes)


class HasTenant(BasePermission):
    """A key is needed for everything."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, KeyHolder)

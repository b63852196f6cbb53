"""Whether somebody has shown more than a password."""

from __future__ import annotations

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest

from portal.tenants.models import User


def has_second_factor(request: HttpRequest) -> bool:
    """Whether the account of the person at the request asks for a second factor, or they came in through the provider
    of identities where its operators say that it asks for one (OIDC_SECOND_FACTOR)."""
    if not isinstance(request.user, User):
        return False
    if is_mfa_enabled(request.user):
        return True
    if not settings.OIDC_SECOND_FACTOR:
        return False
    return any(record["method"] == "socialaccount" for record in get_authentication_records(request, request.user))

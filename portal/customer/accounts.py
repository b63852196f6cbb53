"""What allauth asks of us: who may sign up, whose address is known, and how seeds of one-time passwords are kept."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest

from portal.common.secrets import decrypt, encrypt


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by invitation, by the configuration or by staff, and by people themselves where SIGN_UP says
    so."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGN_UP)


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps seeds and recovery codes as every other secret is kept."""

    def encrypt(self, text: str) -> str:
        return encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text.encode(), field="Authenticator.data").decode()

"""Logging in through the provider of identities that an organisation has (OpenID Connect): who is let in by it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from requests import RequestException

from integrations.services.people import is_invited

log = structlog.get_logger(__name__)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Who the provider vouches for comes into the account of the same address. It makes accounts for invited people
    alone: that somebody works for an organisation does not say that they may see a company's books."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Refuses to join an identity to whoever is logged in: accounts are joined by their address alone. Otherwise a
        page elsewhere could join its maker's identity to the account of its visitor."""
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise ImmediateHttpResponse(redirect("start"))

    def on_authentication_error(self, request: HttpRequest, provider: Any, **why: Any) -> None:
        """Leaves for the operators what the page does not say."""
        log.warning("single_sign_on.failed", error=str(why.get("error")), exception=repr(why.get("exception")))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Asked where no account was found for the identity."""
        vouched = [address.email for address in sociallogin.email_addresses if address.verified]
        if any(is_invited(email) for email in vouched):
            return True
        if vouched:
            refusal = _("%(email)s has no account here. Ask an owner of your company for an invitation.")
            refusal %= {"email": vouched[0]}
        else:
            refusal = _("%s does not say that your address is yours. Log in with your password.") % settings.OIDC_NAME
        messages.error(request, refusal)
        raise ImmediateHttpResponse(redirect("account_login"))


def told(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view, with a page that says so where the provider cannot be reached: that would be an error of ours."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, **kwargs)
        except RequestException as error:
            log.warning("single_sign_on.failed", exception=repr(error))
            return render(request, "socialaccount/authentication_error.html", status=503)

    return guarded


login, callback = told(views.login), told(views.callback)

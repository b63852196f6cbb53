"""Where somebody is logged in: ending one of these places. Listing them, and ending all others, is allauth's."""

from __future__ import annotations

import structlog
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

log = structlog.get_logger(__name__)


@require_POST
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Logs the person out at one place; 404 for a session that is not theirs, or over. Ending the one that asks is
    logging out."""
    row = get_object_or_404(UserSession, pk=pk, user=request.user)
    is_current = row.is_current()
    row.end()
    log.info("session ended", user=request.user.pk, session=pk)
    if is_current:
        logout(request)
        return redirect("account_login")
    messages.success(request, _("Logged out there."))
    return redirect("usersessions_list")

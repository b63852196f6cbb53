"""Actions of people, each with its plan first: one page for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from integrations.services.deliveries import ReplayRefused
from portal.site import PersonAction, Refused

Actions = Sequence[type[PersonAction]]


def offered(actions: Actions, row: Any) -> list[PersonAction]:
    """The actions that make sense for a row now."""
    return [action for action in (kind() for kind in actions) if action.offered(row)]


def act(
    request: HttpRequest, actions: Actions, name: str, rows: QuerySet[Any], *, back: str, after: str = ""
) -> HttpResponse:
    """GET: the plan, with its form. POST: does it and goes on to `after` (`back` unless stated), or says why not.
    Raises Http404 for an action that there is not, and for no rows."""
    action = next((kind() for kind in actions if kind.name == name), None)
    if action is None or not rows.exists():
        raise Http404
    if not action.confirm and request.method != "POST":
        return HttpResponseRedirect(back)
    form = action.form(request.POST if request.method == "POST" else None, initial=dict(action.initial(rows)))
    if request.method == "POST" and form.is_valid():
        try:
            done = action.perform(request, rows, form.cleaned_data)
        except (Refused, ReplayRefused) as refusal:
            form.add_error(None, str(refusal))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if done.message:
                messages.success(request, done.message)
            if done.warning:
                messages.warning(request, done.warning)
            return HttpResponseRedirect(after or back)
    if not action.confirm:
        for sentence in form.non_field_errors():
            messages.error(request, str(sentence))
        return HttpResponseRedirect(back)
    context = {"action": action, "plan": action.plan(request, rows), "form": form, "back": back}
    response = TemplateResponse(request, "customer/act.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response

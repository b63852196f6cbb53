"""Screen 2: connecting a system. A form drawn from what the system declares, and the live test as a checklist."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from integrations.actions.connections import TestConnection
from integrations.actions.schedules import SetSchedule
from integrations.actions.webhooks import WEBHOOK_ACTIONS
from integrations.forms import fields_of, names_of, values_of
from integrations.models import Breaker, Connection, Feed, Integration, WebhookEvent
from integrations.selectors import calls_left_at
from integrations.selectors.webhooks import heard_of
from integrations.services import connections as services
from integrations.services import webhooks
from integrations.services.feeds import schedule_in_words
from integrations.services.offers import lists_of
from integrations.systems.contract import System
from integrations.systems.registry import all_systems
from integrations.words import connection_badge, feed_badge, next_look_of
from portal.common.clock import db_now
from portal.customer.acting import act, offered
from portal.customer.catalogue import pair_called
from portal.customer.choices import choices
from portal.customer.door import Member, page
from portal.customer.paging import paged
from portal.tenants.models import Role

ACTIONS = (TestConnection,)
FEED_ACTIONS = (SetSchedule,)


class NameForm(forms.Form):
    """What a connection is called; the settings of its system are added to it."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("As your people call it, for example the company.")
    )


@page()
def connections(request: HttpRequest, member: Member) -> HttpResponse:
    rows = Connection.objects.select_related("breaker").defer("secrets", "settings", "check_steps").order_by("name")
    context = {"rows": [(row, connection_badge(row, breaker_of(row)), breaker_of(row)) for row in rows]}
    return TemplateResponse(request, "customer/connections.html", context)


@page()
def connection(request: HttpRequest, member: Member, key: str) -> HttpResponse:
    row = found(key)
    breaker, heard = breaker_of(row), heard_of(row)
    endpoint = heard.endpoint if heard is not None else None
    context = {
        "row": row,
        "heard": heard,
        # Who knows the address can make us look: it is for those who set it up at the other side.
        "address": webhooks.address_of(endpoint) if endpoint is not None and member.owns else "",
        "webhook_actions": offered(WEBHOOK_ACTIONS, row) if member.owns else [],
        "goes_on": member.operates and pair_called(request.session.get("wanted_pair", "")),
        "badge_of": connection_badge(row, breaker),
        "stopped": breaker if breaker is not None and breaker.position != Breaker.Position.CLOSED else None,
        "steps": row.check_steps,
        "is_testing": row.checking_until is not None and row.checking_until > db_now(),
        "looks": looks(request),
        "is_new": "new" in request.GET and row.checked_at is None and member.operates,
        "left": calls_left_at(row),
        "feeds": [
            (f, feed_badge(f), schedule_in_words(f), next_look_of(f, row, zone=member.tenant.time_zone))
            for f in Feed.objects.filter(connection=row).order_by("key")
        ],
        "integrations": (Integration.objects.filter(books=row) | Integration.objects.filter(partner=row)).order_by(
            "name"
        ),
    }
    response = TemplateResponse(request, "customer/connection.html", context)
    if context["address"]:
        response.headers["Cache-Control"] = "private, no-store"
    return response


LOOKS = 8
"""How often the page looks whether a test that was asked for has begun."""


def looks(request: HttpRequest) -> int:
    """The next look of those that wait for a test to begin; 0: no more."""
    asked = request.GET.get("look", "")
    number = int(asked) + 1 if asked.isdecimal() and len(asked) < 3 else 1
    return number if number <= LOOKS else 0


@page(Role.OPERATOR, post=Role.OPERATOR)
def connection_act(request: HttpRequest, member: Member, key: str, name: str) -> HttpResponse:
    back = reverse("customer:connection", args=[member.tenant.slug, key])
    return act(request, ACTIONS, name, Connection.objects.filter(key=key), back=back)


@page()
def connection_events(request: HttpRequest, member: Member, key: str) -> HttpResponse:
    """The webhooks that came, newest first; `state` narrows them. What they said is not shown: they are hints."""
    row = found(key)
    state = request.GET.get("state", "")
    rows = WebhookEvent.objects.filter(connection=row).defer("headers", "body")
    if state:
        rows = rows.filter(state=state[:20])
    tabs = [("", _("All")), *((s.value, s.label) for s in WebhookEvent.State)]
    context = {"row": row, "state": state, "tabs": tabs, "page": paged(rows, request)}
    return TemplateResponse(request, "customer/events.html", context)


@page(Role.OPERATOR, post=Role.OPERATOR)
def feed_act(request: HttpRequest, member: Member, pk: int, name: str) -> HttpResponse:
    """When one kind of thing is read."""
    feed = Feed.objects.select_related("connection").filter(pk=pk).first()
    if feed is None:
        raise Http404
    back = reverse("customer:connection", args=[member.tenant.slug, feed.connection.key]) + "#feeds"
    return act(request, FEED_ACTIONS, name, Feed.objects.select_related("tenant").filter(pk=pk), back=back)


@page(Role.OWNER, post=Role.OWNER)
def connection_webhooks(request: HttpRequest, member: Member, key: str, name: str) -> HttpResponse:
    """Address, keys and registering of webhooks: they decide whom we believe, as credentials do."""
    back = reverse("customer:connection", args=[member.tenant.slug, key]) + "#webhooks"
    return act(request, WEBHOOK_ACTIONS, name, Connection.objects.filter(key=key), back=back)


@page(Role.OPERATOR, post=Role.OPERATOR)
def connection_new(request: HttpRequest, member: Member, system: str = "") -> HttpResponse:
    """First the system is chosen, because it says which settings there are."""
    known = all_systems()
    if not system:
        choices = sorted(known.values(), key=lambda s: (s.key != "visma", s.label))
        return TemplateResponse(request, "customer/connection_choose.html", {"systems": choices})
    if system not in known:
        raise Http404
    return edited(request, member, known[system], None)


@page(Role.OPERATOR, post=Role.OPERATOR)
def connection_edit(request: HttpRequest, member: Member, key: str) -> HttpResponse:
    row = found(key)
    known = all_systems()
    if row.system not in known:
        raise Http404
    return edited(request, member, known[row.system], row)


def edited(request: HttpRequest, member: Member, system: System, row: Connection | None) -> HttpResponse:
    """The form, and saving it. What is saved is tested on the page that comes next."""
    stored: dict[str, Any] = (row.settings or {}) if row is not None else {}
    secrets: dict[str, Any] = (row.secrets or {}) if row is not None else {}
    base = type("SystemForm", (NameForm,), dict(fields_of(system.settings, stored=stored, secrets=secrets)))
    initial = {"name": row.name if row is not None else system.label}
    form = base(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        try:
            saved, _changed = services.save_connection(
                tenant=member.tenant,
                key=row.key if row is not None else free_key(name),
                system_key=system.key,
                name=name,
                values=values_of(form.cleaned_data, system.settings),
                actor=member.user,
                enabled=row.enabled if row is not None else True,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect(reverse("customer:connection", args=[member.tenant.slug, saved.key]) + "?new=1")
    plain = [form[n] for n in names_of(system.settings, secret=False)]
    context = {
        "system": system,
        "row": row,
        "form": form,
        "first": [form["name"]],
        "needed": [f for f in plain if f.field.required],
        "secret": [form[n] for n in names_of(system.settings, secret=True)],
        "further": [f for f in plain if not f.field.required],
        # A connection that is not saved yet has nothing to read with.
        **choices(request, lists_of(system.settings).values() if row is not None else (), [row] if row else []),
    }
    response = TemplateResponse(request, "customer/connection_form.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def free_key(name: str) -> str:
    """A key that no connection of the tenant has yet, made of the name."""
    base = slugify(name)[:40] or "connection"
    validate_slug(base)
    taken = set(Connection.objects.filter(key__startswith=base).values_list("key", flat=True))
    return next(k for k in (base, *(f"{base}-{n}" for n in range(2, 1000))) if k not in taken)


def found(key: str) -> Connection:
    row = Connection.objects.select_related("breaker", "network").filter(key=key).first()
    if row is None:
        raise Http404
    return row


def breaker_of(row: Connection) -> Breaker | None:
    """The breaker, None before the first call."""
    breaker: Breaker | None = getattr(row, "breaker", None)
    return breaker

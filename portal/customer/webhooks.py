"""Screen 13, the other part: who is told by webhook and by mail, and what was told."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from integrations.models import Flow
from integrations.notices.models import Message, Subscriber
from integrations.services import subscribers as services
from portal.customer.door import Member, page
from portal.customer.paging import paged
from portal.customer.team import chosen
from portal.tenants.models import Role


@page(Role.OWNER, post=Role.OWNER)
def webhooks(request: HttpRequest, member: Member) -> HttpResponse:
    """GET: the company's webhooks and whom alerts go to. POST: what an owner changes."""
    if request.method != "POST":
        return shown(request, member)
    do = {
        "add": add,
        "change": change,
        "rotate": rotate,
        "on": on,
        "off": off,
        "test": test,
        "remove": remove,
        "alerts": alerts,
        "expect": expect,
        "expect_no_more": expect_no_more,
    }
    what = do.get(request.POST.get("what", ""))
    if what is None:
        raise Http404
    try:
        row = what(request, member)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        row = None
    # A new secret is shown this once: the page is kept nowhere.
    return shown(request, member, secret_of=row) if row else redirect("customer:webhooks", member.tenant.slug)


def shown(request: HttpRequest, member: Member, *, secret_of: Subscriber | None = None) -> HttpResponse:
    context = {
        "rows": Subscriber.objects.defer("secret", "former_secret"),
        "kinds": [(kind.value, kind.label) for kind in services.TOLD],
        "secret_of": secret_of,
        "flows": Flow.objects.filter(enabled=True).select_related("integration", "expectation"),
        "alerting": services.alerting_of(member.tenant),
    }
    response = TemplateResponse(request, "customer/webhooks.html", context)
    if secret_of:
        response.headers["Cache-Control"] = "private, no-store"
    return response


@page(Role.OWNER, post=Role.OWNER)
def webhook_messages(request: HttpRequest, member: Member) -> HttpResponse:
    """GET: what was told, newest first, with every try. POST: sends one again."""
    if request.method == "POST":
        row = chosen(request, Message.objects.select_related("subscriber"))
        try:
            services.resend(row, actor=member.user)
            messages.success(request, _("%s is queued again, under the same id.") % row.wire_id)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect(request.get_full_path())
    rows = Message.objects.select_related("subscriber", "notice").prefetch_related("calls")
    state = request.GET.get("state", "")
    if state in Message.State:
        rows = rows.filter(state=state)
    context = {"page": paged(rows, request), "state": state, "states": Message.State.choices}
    return TemplateResponse(request, "customer/webhook_messages.html", context)


# --- What an owner does


def add(request: HttpRequest, member: Member) -> Subscriber:
    row = services.add(
        member.tenant,
        name=request.POST.get("name", ""),
        url=request.POST.get("url", ""),
        kinds=request.POST.getlist("kinds"),
        actor=member.user,
    )
    messages.success(request, _("The webhook was made. Send a test to see whether it arrives."))
    return row


def change(request: HttpRequest, member: Member) -> None:
    services.change(
        one(request), url=request.POST.get("url", ""), kinds=request.POST.getlist("kinds"), actor=member.user
    )
    messages.success(request, _("The webhook was changed."))


def rotate(request: HttpRequest, member: Member) -> Subscriber:
    row = services.rotate_secret(one(request), actor=member.user)
    messages.success(request, _("For 24 hours messages are signed with both secrets."))
    return row


def on(request: HttpRequest, member: Member) -> None:
    made = services.switch(one(request), on=True, missed="missed" in request.POST, actor=member.user)
    messages.success(request, _("The webhook is on. %s missed messages were queued.") % made)


def off(request: HttpRequest, member: Member) -> None:
    services.switch(one(request), on=False, actor=member.user)
    messages.success(request, _("The webhook is off. What is queued for it is kept."))


def test(request: HttpRequest, member: Member) -> None:
    services.send_test(one(request), actor=member.user)
    messages.success(request, _("A test is queued; it stands in the list of messages."))


def remove(request: HttpRequest, member: Member) -> None:
    services.remove(one(request), actor=member.user)
    messages.success(request, _("The webhook was removed."))


def alerts(request: HttpRequest, member: Member) -> None:
    services.save_alerting(
        member.tenant,
        mail_to=request.POST.get("mail_to", "").replace(",", " ").split(),
        quiet_from=_time(request.POST.get("quiet_from", "")),
        quiet_until=_time(request.POST.get("quiet_until", "")),
        digest_at=_time(request.POST.get("digest_at", "")),
        actor=member.user,
    )
    messages.success(request, _("The alerts were changed."))


def expect(request: HttpRequest, member: Member) -> None:
    since, by = _time(request.POST.get("since", "")), _time(request.POST.get("by", ""))
    if since is None or by is None:
        raise ValidationError(_("Say from when it counts, and by when it must be there."))
    flow = chosen(request, Flow.objects.select_related("integration"))
    country = request.POST.get("country", "").strip().upper()
    services.expect(flow, since=since, by=by, country=country, actor=member.user)
    messages.success(request, _("It is told when nothing came by then."))


def expect_no_more(request: HttpRequest, member: Member) -> None:
    services.expect_no_more(chosen(request, Flow.objects.select_related("integration")), actor=member.user)
    messages.success(request, _("Nothing is expected by a time of day any more."))


def one(request: HttpRequest) -> Subscriber:
    row: Subscriber = chosen(request, Subscriber.objects.select_related("tenant"))
    return row


def _time(value: str) -> dt.time | None:
    if not value:
        return None
    try:
        return dt.time.fromisoformat(value)
    except ValueError as error:
        raise ValidationError(_("'%s' is no time of day; write it as 07:00.") % value) from error

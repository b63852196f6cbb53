"""Screen 7: one document on both sides. What happened, what was sent, every try, and what to press."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from integrations.actions.approvals import Approve, Refuse
from integrations.actions.deliveries import Dismiss, Force, Replay
from integrations.actions.edits import EditAndReplay, edit_lines
from integrations.actions.live import comparison_sections
from integrations.actions.naming import NameIt
from integrations.actions.sentences import said_of
from integrations.actions.settling import Settle
from integrations.models import Attempt, Delivery, Exchange, Issue, Record
from integrations.selectors import asked_of
from integrations.selectors import documents as selectors
from integrations.services import evidence
from integrations.services import reveal as kept
from integrations.services.content import masked_field
from integrations.words import shown_url
from portal.common.redaction import mask_headers
from portal.customer.acting import act, offered
from portal.customer.axis import draw
from portal.customer.door import Member, page
from portal.site.lists import row_key
from portal.tenants.models import Role

ACTIONS = (Approve, Refuse, Replay, EditAndReplay, NameIt, Settle, Force, Dismiss)
WHO: dict[Issue.Who, Any] = {
    Issue.Who.CUSTOMER: _("you"),
    Issue.Who.STAFF: _("our support"),
    Issue.Who.OTHER_SIDE: _("the other side"),
}
"""Who acts, as it is said to a customer."""
ATTEMPTS_SHOWN = 50
CHAIN_WORDS: dict[str, Any] = {
    "supplier": _("Supplier"),
    "order": _("Order"),
    "response": _("Response"),
    "receipt": _("Receipt"),
    "invoice": _("Invoice"),
    "payment": _("Payment"),
}


@page()
def document(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    return shown(request, member, found(pk))


@page(Role.OPERATOR, post=Role.OPERATOR)
def document_act(request: HttpRequest, member: Member, pk: int, name: str) -> HttpResponse:
    back = reverse("customer:document", args=[member.tenant.slug, pk])
    return act(request, ACTIONS, name, Delivery.objects.filter(pk=pk), back=back)


@page(Role.OPERATOR)
def document_compare(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Both sides, read now."""
    row = found(pk)
    context = {"row": row, "sections": comparison_sections(row)}
    response = TemplateResponse(request, "customer/document_compare.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@page(Role.OPERATOR, post=Role.OPERATOR)
def document_reveal(request: HttpRequest, member: Member, pk: int, part: str) -> HttpResponse:
    """POST with a reason: the page with kept bytes whole. It leaves a trace, and reloading asks again."""
    row = found(pk)
    target: Any = {"frozen": row, "raw": row.record}.get(part)
    if target is None:
        raise Http404
    back = redirect("customer:document", member.tenant.slug, pk)
    if request.method != "POST":
        return back
    try:
        whole = kept.reveal(target, part, reason=request.POST.get("reason", ""), actor=member.user)  # type: ignore[arg-type]
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return back
    response = shown(request, member, row, whole={part: whole})
    response.headers["Cache-Control"] = "private, no-store"
    return response


@page(post=Role.VIEWER)
def document_evidence(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """POST: all that is kept of the document, masked, as a signed bundle. That it was taken out stays in the trail."""
    row = found(pk)
    if request.method != "POST":
        return redirect("customer:document", member.tenant.slug, pk)
    packed = evidence.export(row, actor=member.user, whole_seals=request.POST.get("seals") == "whole")
    response = HttpResponse(packed, content_type="application/zip")
    name = slugify(row.business_number) or row.pk
    response.headers["Content-Disposition"] = f'attachment; filename="evidence-{member.tenant.slug}-{name}.zip"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def found(pk: int) -> Delivery:
    """The delivery with all that its page shows, or 404."""
    rows: QuerySet[Delivery] = Delivery.objects.select_related(
        "tenant",
        "flow__integration__books",
        "flow__integration__partner",
        "integration",
        "sink_connection",
        "record__payload",
        "record__feed__connection",
        "run",
        "issue",
        "replays",
        "edit",
        "frozen",
        "transaction_set__interchange__network",
        "transaction_set__agreement",
        "transaction_set__partner",
    ).defer(
        *(f"{path}__{name}" for path in _CONNECTIONS for name in ("secrets", "check_steps")),
        "transaction_set__interchange__text",
        "transaction_set__findings",
    )
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


_CONNECTIONS = ("sink_connection", "record__feed__connection", "flow__integration__books", "flow__integration__partner")


def shown(request: HttpRequest, member: Member, row: Delivery, *, whole: dict[str, Any] | None = None) -> HttpResponse:
    """The page. `whole`: kept bytes by part that are shown unmasked."""
    whole = whole or {}
    versions = selectors.versions_of(row.record)
    siblings = selectors.same_object(row)
    events = selectors.events_of(versions, siblings)
    version = chosen_version(request, row, versions)
    chain = selectors.chain_of(row)
    known = {part.link for part in chain}
    hangs = row.issue is not None and row.issue.status == Issue.Status.OPEN and version.pk == row.record_id
    about = row.issue.field if hangs and row.issue is not None else ""
    context = {
        "row": row,
        "notices": said_of(row, WHO),
        "asked": asked_of(row),
        "actions": offered(ACTIONS, row) if member.operates else [],
        "chain": [(part, CHAIN_WORDS[part.link]) for part in chain],
        "chain_missing": [CHAIN_WORDS[link] for link in selectors.CHAIN if link not in known],
        "events": events,
        "axis": draw(events, source=str(row.record.feed.connection), target=str(row.sink_connection), at=row),
        "versions": versions,
        "version": version,
        "changes": changes(version, versions),
        "raw": whole.get("raw") or kept.masked(version, "raw", about=about),
        "raw_whole": "raw" in whole,
        "frozen": (whole.get("frozen") or kept.masked(row, "frozen")) if row.frozen is not None else None,
        "frozen_whole": "frozen" in whole,
        "attempts": attempts(row),
        "siblings": [d for d in siblings if d.pk != row.pk],
        "edits": edit_lines(row),
        "evidence": row.evidence or [],
        "altered": (row.settings_used or {}).get("changes", []),
        "said": told_by_the_network(row),
    }
    return TemplateResponse(request, "customer/document.html", context)


def chosen_version(request: HttpRequest, row: Delivery, versions: list[Record]) -> Record:
    """The version of the source that is shown: the one chosen on the time axis, else the one that this is made of."""
    asked = row_key(request.GET.get("version"))
    return next((v for v in versions if v.pk == asked), row.record)


def changes(version: Record, versions: list[Record]) -> list[selectors.Changed]:
    """What the version says otherwise than the one before it, personal and bank data masked."""
    older = [v for v in versions if v.pk < version.pk]
    if not older:
        return []
    return [
        selectors.Changed(c.field, *(masked_field(c.field, value) for value in (c.before, c.after)))
        for c in selectors.changes_between(older[0], version)
    ]


def attempts(row: Delivery) -> list[tuple[Attempt, list[tuple[Exchange, str]]]]:
    """The newest tries, with their calls and the addresses as people may see them."""
    rows = Attempt.objects.filter(delivery=row).order_by("-number").prefetch_related("exchanges")[:ATTEMPTS_SHOWN]
    return [(a, [(e, shown_url(e.url)) for e in a.exchanges.all()]) for a in rows]


@page(post=Role.OPERATOR)
def exchange(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """One HTTP call as it was kept. POST with a reason: one of its bodies whole, for operators."""
    rows = Exchange.objects.select_related("connection").defer("connection__secrets", "connection__check_steps")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    whole: dict[str, Any] = {}
    part = request.POST.get("part", "")
    if request.method == "POST" and part in ("request", "response"):
        try:
            whole[part] = kept.reveal(row, part, reason=request.POST.get("reason", ""), actor=member.user)  # type: ignore[arg-type]
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    sides = (
        (_("What we sent"), "request", row.request_headers),
        (_("What came back"), "response", row.response_headers),
    )
    context = {
        "row": row,
        "url": shown_url(row.url),
        "deliveries": row.attempts.select_related("delivery").only("number", "delivery__business_number"),
        "parts": [
            (title, name, sorted(mask_headers(headers or {}).items()), whole.get(name) or masked, name in whole)
            for title, name, headers in sides
            for masked in [kept.masked(row, name)]  # type: ignore[arg-type]
        ],
    }
    response = TemplateResponse(request, "customer/exchange.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def told_by_the_network(row: Delivery) -> list[tuple[str, str]]:
    """What the other side says of what was sent, by what it is about: validation, delivery, acknowledgment, match. The
    entries of its own log stand among the events."""
    sent = row.transaction_set
    said = (sent.network_status or {}) if sent is not None else {}
    return [
        (name.replace("_", " "), "; ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in said.items()
        if name != "events" and value not in ("", None, [])
    ]

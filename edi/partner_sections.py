"""The page of a trading partner: what is exchanged, how it stands, what is late, and how numbers go on."""

from __future__ import annotations

from django.db.models import Count, Max, Q
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from edi import services as edi
from edi.models import Agreement, ControlNumber, TradingPartner, TransactionSet
from edi.words import acknowledged_badge, intake_badge, stream_badge
from portal.common.clock import db_now
from portal.common.language import spoken
from portal.site import Notice, Table, ago, badge, list_link, list_url, page_link
from portal.site.marks import Kind

_LIGHTS: dict[str, Kind] = {
    "valid": "ok",
    "delivered": "ok",
    "sent": "ok",
    "accepted": "ok",
    "invalid": "bad",
    "failed": "bad",
    "rejected": "bad",
    "overdue": "bad",
}
"""How the networks' words are shown; others are on their way."""


def late_notice(row: TradingPartner) -> list[Notice]:
    """What the partner owes us."""
    late = TransactionSet.objects.filter(partner=row).filter(_late()).count()
    if not late:
        return []
    return [
        Notice(
            kind="bad",
            sentence=format_html(
                _("{} documents are not acknowledged in time."),
                list_link(late, TransactionSet, partner=row.pk, acknowledged="overdue"),
            ),
            remedy=_("Ask the trading partner whether it has them, and why it does not answer."),
        )
    ]


def lights(row: TradingPartner) -> Table:
    """Documents by direction and stream: the last of each with what became of it, and how many wait or are late."""
    kinds = (
        TransactionSet.objects.filter(partner=row)
        .order_by()
        .values("set_id", "interchange__direction", "interchange__stream")
        .annotate(
            n=Count("pk"),
            newest=Max("pk"),
            waiting=Count("pk", filter=Q(acknowledged="waiting")),
            late=Count("pk", filter=_late()),
        )
        .order_by("set_id", "interchange__direction", "interchange__stream")
    )
    found = list(kinds)
    newest = {
        s.pk: s for s in TransactionSet.objects.filter(pk__in=[kind["newest"] for kind in found]).defer("findings")
    }
    return Table(
        title=_("What is exchanged"),
        headings=(
            _("Document"),
            "",
            _("Stream"),
            _("How many"),
            _("The last one"),
            _("Valid"),
            _("Delivered"),
            _("Acknowledged"),
            _("Late"),
        ),
        rows=[
            (
                kind["set_id"],
                _("out") if kind["interchange__direction"] == "out" else _("in"),
                stream_badge(kind["interchange__stream"]),
                kind["n"],
                page_link(newest[kind["newest"]], ago(newest[kind["newest"]].created_at)),
                *_lights_of(newest[kind["newest"]]),
                list_link(kind["late"], TransactionSet, partner=row.pk, acknowledged="overdue"),
            )
            for kind in found
        ],
        empty=_("Nothing was exchanged yet."),
        numeric=(3, 8),
    )


def _late() -> Q:
    return Q(acknowledged="overdue") | Q(acknowledged="waiting", acknowledgment_due_at__lt=db_now())


def _lights_of(row: TransactionSet) -> tuple[SafeString | str, SafeString | str, SafeString | str]:
    """Validation, delivery and acknowledgment."""
    if row.intake:
        errors = ngettext("%(n)s error", "%(n)s errors", row.error_count) % {"n": row.error_count}
        valid = badge(errors, "bad") if row.error_count else badge("valid", "ok")
        answer = (
            page_link(row.answered_by, _("our %(set)s") % {"set": row.answered_by.set_id})
            if row.answered_by is not None
            else "–"
        )
        return valid, intake_badge(row), answer
    status = row.network_status if isinstance(row.network_status, dict) else {}
    sent = status.get("delivery") or ("sent" if row.network_id else "")
    return _light(status.get("validation") or "valid"), _light(sent), acknowledged_badge(row)


def _light(word: object) -> SafeString | str:
    text = str(word or "")
    return badge(text.lower(), _LIGHTS.get(text.lower(), "move")) if text else badge("not yet", "wait")


def counters(row: TradingPartner) -> Table:
    """The control numbers of the partner's routes, with what is wrong with them."""
    agreed = Agreement.objects.filter(partner=row).select_related("network")
    keys = {(a.network_id, route) for a in agreed for route in (edi.route_of(a), edi.route_back(a))}
    found = ControlNumber.objects.filter(
        network__in={network for network, _ in keys}, route__in={route for _, route in keys}
    ).select_related("network")
    mine = sorted(
        (c for c in found if (c.network_id, c.route) in keys), key=lambda c: (c.route, c.direction, c.stream, c.kind)
    )
    rows = []
    for counter in mine[:40]:
        route = edi.Route(
            network=counter.network, route=counter.route, stream=counter.stream, direction=counter.direction
        )
        report = edi.number_report(route, counter.kind)
        twice = sum(one.contents > 1 for one in report.duplicates)
        rows.append(
            (
                page_link(counter, counter.route),
                spoken(counter.get_kind_display()),
                spoken(counter.direction),
                stream_badge(counter.stream),
                f"{counter.last:09d}",
                badge(_("%(n)s unexplained") % {"n": len(report.unexplained)}, "bad")
                if report.unexplained
                else report.gap_count,
                badge(_("%(n)s with other content") % {"n": twice}, "bad") if twice else report.duplicate_count,
            )
        )
    return Table(
        title=_("Control numbers"),
        headings=(_("Route"), _("Kind"), "", _("Stream"), _("Last"), _("Gaps"), _("Came twice")),
        rows=rows,
        empty=_("None yet. Where the network writes the envelope, none is taken."),
        more=list_url(ControlNumber),
        more_text=_("All counters"),
    )

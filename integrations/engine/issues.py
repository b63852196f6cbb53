"""Opening, joining and resolving issues."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from edi import services as edi
from edi.models import Interchange, ReceivedFile, TransactionSet
from integrations.flows.contract import UNHEARD, Problem, Unheard
from integrations.http.errors import Fault
from integrations.models import Backfill, Connection, Delivery, Feed, Flow, Issue, RateBudget, Run, State
from integrations.systems.contract import Differs, Unmappable

LONGEST = {"sentence": 500, "remedy": 500, "field": 200}
"""Characters of what is said in an issue."""
SHOWN = "The other side has shown it."
About = TransactionSet | Interchange | ReceivedFile | Delivery

_WHO: dict[str, Issue.Who] = {
    "config": Issue.Who.CUSTOMER,
    "unauthorized": Issue.Who.CUSTOMER,
    "rejected": Issue.Who.CUSTOMER,
    "unmappable": Issue.Who.CUSTOMER,
    "conflict": Issue.Who.CUSTOMER,
    "missing_link": Issue.Who.CUSTOMER,
    "approval": Issue.Who.CUSTOMER,
    "in_doubt": Issue.Who.CUSTOMER,
    "transient": Issue.Who.OTHER_SIDE,
    "unknown": Issue.Who.OTHER_SIDE,
    "overdue": Issue.Who.OTHER_SIDE,
    "not_delivered": Issue.Who.CUSTOMER,
    "not_valid": Issue.Who.CUSTOMER,
    "incomplete": Issue.Who.CUSTOMER,
    "differs": Issue.Who.CUSTOMER,
    **{str(kind): Issue.Who(who) for kind, who in edi.WHO_ACTS.items()},
    "flood": Issue.Who.CUSTOMER,
    "quiet": Issue.Who.CUSTOMER,
    "absent": Issue.Who.CUSTOMER,
    "budget": Issue.Who.CUSTOMER,
}
"""Who acts on an error of a class; what is not named is a bug, for the staff."""


def error_class(error: Exception) -> str:
    if isinstance(error, Unmappable):
        return "unmappable"
    return error.kind if isinstance(error, Fault) else "bug"


def for_delivery(delivery: Delivery, error: Exception, *, now: dt.datetime, as_class: str = "") -> Issue:
    """Opens or joins the issue of a delivery and attaches the delivery to it. Equal sentences about one flow are one
    issue."""
    kind = as_class or error_class(error)
    sentence, remedy, technical = _words(error)
    issue = _open(
        fingerprint=fingerprint("flow", delivery.flow_id, kind, sentence),
        now=now,
        tenant_id=delivery.tenant_id,
        integration_id=delivery.integration_id,
        flow_id=delivery.flow_id,
        connection_id=delivery.sink_connection_id,
        error_class=kind,
        sentence=sentence,
        remedy=remedy,
        field=error.field if isinstance(error, Unmappable) else "",
        technical=technical,
    )
    earlier, delivery.issue = delivery.issue, issue
    if earlier is not None and earlier.pk != issue.pk:
        resolve_if_settled(earlier, f"Now it is: {issue.sentence}", now=now, apart_from=delivery.pk)
    return issue


def for_feed(feed: Feed, error: Exception, *, now: dt.datetime) -> Issue:
    """Opens or joins the issue of a feed that cannot be read."""
    kind = error_class(error)
    sentence, remedy, technical = _words(error)
    return _open(
        fingerprint=fingerprint("feed", feed.pk, kind, ""),
        now=now,
        tenant_id=feed.tenant_id,
        integration_id=None,
        flow_id=None,
        connection_id=feed.connection_id,
        error_class=kind,
        sentence=f"{feed.key.replace('-', ' ').capitalize()} cannot be read: {sentence}",
        remedy=remedy,
        technical=technical,
    )


def for_flood(run: Run, error: Exception, *, now: dt.datetime) -> Issue:
    """Opens or joins the issue of a read that brought far more than usual: one a run, however many it holds."""
    sentence, remedy, technical = _words(error)
    return _open(
        fingerprint=fingerprint("run", run.pk, error_class(error), ""),
        now=now,
        tenant_id=run.tenant_id,
        integration_id=None,
        flow_id=None,
        connection_id=run.feed.connection_id,
        error_class=error_class(error),
        sentence=sentence,
        remedy=remedy,
        technical=technical,
    )


def for_backfill(row: Backfill, error: Exception, *, now: dt.datetime) -> Issue:
    """Opens or joins the issue of a backfill that was given up."""
    sentence, remedy, technical = _words(error)
    return _open(
        fingerprint=fingerprint("backfill", row.pk, "", ""),
        now=now,
        tenant_id=row.tenant_id,
        integration_id=None,
        flow_id=None,
        connection_id=row.feed.connection_id,
        error_class=error_class(error),
        sentence=f"The backfill of {row} was given up: {sentence}",
        remedy=remedy or "Begin it again when the cause is gone; what it has read is not sent twice.",
        technical=technical,
    )


def resolve_backfill(row: Backfill, *, now: dt.datetime) -> None:
    """It came to its end; so is what was said of earlier ones of the same feed."""
    for pk in Backfill.objects.filter(feed_id=row.feed_id).values_list("pk", flat=True):
        _resolve(row.tenant_id, fingerprint("backfill", pk, "", ""), "A later backfill came to its end.", now)


def for_quiet(feed: Feed, error: Exception, *, now: dt.datetime) -> Issue:
    """Opens or joins the issue of a feed that brings nothing although it always brought something."""
    sentence, remedy, technical = _words(error)
    return _open(
        fingerprint=fingerprint("feed", feed.pk, "quiet", ""),
        now=now,
        tenant_id=feed.tenant_id,
        integration_id=None,
        flow_id=None,
        connection_id=feed.connection_id,
        error_class="quiet",
        sentence=sentence,
        remedy=remedy,
        technical=technical,
    )


def resolve_quiet(feed: Feed, *, now: dt.datetime) -> None:
    """It brings something again."""
    _resolve(feed.tenant_id, fingerprint("feed", feed.pk, "quiet", ""), "It brings records again.", now)


def for_absent(flow: Flow, *, sentence: str, remedy: str, now: dt.datetime) -> Issue:
    """Opens or joins the issue of what always comes by a time of day and did not."""
    return _open(
        fingerprint=fingerprint("flow", flow.pk, "absent", ""),
        now=now,
        tenant_id=flow.tenant_id,
        integration_id=flow.integration_id,
        flow_id=flow.pk,
        connection_id=None,
        error_class="absent",
        sentence=sentence,
        remedy=remedy,
        technical="",
    )


def resolve_absent(flow: Flow, *, now: dt.datetime) -> None:
    """It came after all."""
    _resolve(flow.tenant_id, fingerprint("flow", flow.pk, "absent", ""), "It came.", now)


def for_unheard(flow: Flow, found: Unheard, *, now: dt.datetime) -> None:
    """Opens the issue of what was not heard of, or brings it up to date. Of what a person closed it is not said
    again."""
    known_by = fingerprint("flow", flow.pk, UNHEARD, found.key)
    told = Delivery.objects.filter(tenant_id=flow.tenant_id, issue__fingerprint=known_by)
    told = told.exclude(issue__status=Issue.Status.RESOLVED, issue__resolution=SHOWN)
    issue = Issue.objects.filter(tenant_id=flow.tenant_id, fingerprint=known_by, status=Issue.Status.OPEN).first()
    if issue is None:
        if set(found.deliveries) <= set(told.values_list("pk", flat=True)):
            return
        issue = _open(
            fingerprint=known_by,
            now=now,
            tenant_id=flow.tenant_id,
            integration_id=flow.integration_id,
            flow_id=flow.pk,
            connection_id=None,
            error_class=UNHEARD,
            sentence=found.sentence,
            remedy=found.remedy,
            technical="",
        )
    Issue.objects.filter(pk=issue.pk).update(sentence=found.sentence[: LONGEST["sentence"]], last_seen_at=now)
    told.filter(issue=issue).exclude(pk__in=found.deliveries).update(issue=None)
    Delivery.objects.filter(pk__in=found.deliveries).update(issue=issue)


def resolve_unheard(flow: Flow, heard: Callable[[Flow, Collection[int]], set[int]], *, now: dt.datetime) -> None:
    """Resolves what was heard of, all of it. What is merely not told any more (it is sent again, it has more time)
    stays open."""
    for issue in Issue.objects.filter(
        tenant_id=flow.tenant_id, flow_id=flow.pk, error_class=UNHEARD, status=Issue.Status.OPEN
    ):
        about = set(issue.deliveries.values_list("pk", flat=True))
        if about and about <= heard(flow, about):
            rows = Issue.objects.filter(pk=issue.pk, status=Issue.Status.OPEN)
            rows.update(status=Issue.Status.RESOLVED, resolved_at=now, resolution=SHOWN)


def for_budget(row: RateBudget, *, sentence: str, now: dt.datetime) -> Issue:
    """Opens or joins the issue of an allowance of calls that will not last."""
    feed = Feed.objects.filter(budget=row).order_by("pk").first()
    return _open(
        fingerprint=fingerprint("budget", row.pk),
        now=now,
        tenant_id=row.tenant_id,
        integration_id=None,
        flow_id=None,
        connection_id=feed.connection_id if feed else None,
        error_class="budget",
        sentence=f"{row.label}: {sentence}",
        remedy="Have feeds read less often, or ask the vendor for a larger allowance. Nothing is lost: it waits.",
        technical="",
    )


def resolve_budget(row: RateBudget, *, now: dt.datetime) -> None:
    """The allowance lasts again."""
    _resolve(row.tenant_id, fingerprint("budget", row.pk), "The allowance lasts again.", now)


def for_connection(connection: Connection, error: Exception, *, now: dt.datetime) -> Issue:
    """Opens or joins the issue of a connection that refuses us: one, however many deliveries it stops."""
    kind = error_class(error)
    sentence, remedy, technical = _words(error)
    return _open(
        fingerprint=fingerprint("connection", connection.pk, kind, ""),
        now=now,
        tenant_id=connection.tenant_id,
        integration_id=None,
        flow_id=None,
        connection_id=connection.pk,
        error_class=kind,
        sentence=sentence,
        remedy=remedy,
        technical=technical,
    )


def for_document(delivery: Delivery, problem: Problem, *, now: dt.datetime) -> Issue:
    """Opens or joins the issue of one document (or interchange, file, delivery) of which `delivery` brought bad news.
    It stays open until better news comes or a person closes it: the delivery itself is settled."""
    return _open(
        fingerprint=_of_document(problem.about, problem.error_class),
        now=now,
        tenant_id=delivery.tenant_id,
        integration_id=delivery.integration_id,
        flow_id=delivery.flow_id,
        connection_id=delivery.sink_connection_id,
        error_class=problem.error_class,
        sentence=problem.sentence,
        remedy=problem.remedy,
        technical=f"{problem.about._meta.verbose_name} {problem.about.pk}".capitalize(),
    )


def of_left_out(delivery: Delivery, sentence: str, remedy: str, *, now: dt.datetime) -> None:
    """Opens the issue of a record that goes without something that belongs to it; a later version that goes whole
    resolves it, or a person."""
    known_by = fingerprint("flow", delivery.flow_id, "incomplete", delivery.record.source_id)
    if not sentence:
        _resolve(delivery.tenant_id, known_by, "A later version went with all that belongs to it.", now)
        return
    _open(
        fingerprint=known_by,
        now=now,
        tenant_id=delivery.tenant_id,
        integration_id=delivery.integration_id,
        flow_id=delivery.flow_id,
        connection_id=delivery.sink_connection_id,
        error_class="incomplete",
        sentence=sentence,
        remedy=remedy,
        technical=f"Delivery {delivery.pk}",
    )


def of_differs(delivery: Delivery, differs: Differs, *, now: dt.datetime) -> None:
    """Opens the issue of two records that are one and do not say the same; when they do, or a setting says that nobody
    is told, it is over."""
    known_by = fingerprint("flow", delivery.flow_id, "differs", differs.about)
    if not differs.sentence:
        _resolve(delivery.tenant_id, known_by, "Nothing is left of it to tell.", now)
        return
    _open(
        fingerprint=known_by,
        now=now,
        tenant_id=delivery.tenant_id,
        integration_id=delivery.integration_id,
        flow_id=delivery.flow_id,
        connection_id=delivery.sink_connection_id,
        error_class="differs",
        sentence=differs.sentence,
        remedy=differs.remedy,
        technical=f"Delivery {delivery.pk}",
    )


def resolve_document(sent: TransactionSet | Delivery, *, now: dt.datetime) -> None:
    """Better news of a document came."""
    for kind in ("rejected", "not_delivered", "not_valid", "contradiction", "unclear"):
        _resolve(sent.tenant_id, _of_document(sent, kind), "The other side has it in order.", now)


def for_received(problem: edi.Problem, *, about: About, now: dt.datetime) -> Issue:
    """Opens or joins the issue of something received that no delivery brought: a person had it received again."""
    return _open(
        fingerprint=_of_document(about, problem.kind),
        now=now,
        tenant_id=about.tenant_id,
        integration_id=None,
        flow_id=None,
        connection_id=None,
        error_class=problem.kind,
        sentence=problem.sentence,
        remedy="",
        technical=f"{about._meta.verbose_name} {about.pk}".capitalize(),
    )


def resolve_received(
    rows: Sequence[About], *, except_for: Collection[tuple[int, str]], how: str, now: dt.datetime
) -> None:
    """Resolves what was open about received rows, apart from (id, kind) that still stand."""
    for row in rows:
        for kind in edi.WHO_ACTS:
            if (row.pk, kind) not in except_for:
                _resolve(row.tenant_id, _of_document(row, kind), how[:300], now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Documents of one type whose acknowledgment a trading partner owes."""

    fingerprint: str
    sentence: str
    example: TransactionSet


def for_late(late: Late, *, now: dt.datetime) -> Issue:
    """Opens the issue of a partner and type, or brings its sentence up to date."""
    row = late.example
    delivery = Delivery.objects.filter(transaction_set=row).order_by("-pk").first()
    issue = _open(
        fingerprint=late.fingerprint,
        now=now,
        tenant_id=row.tenant_id,
        integration_id=delivery.integration_id if delivery else None,
        flow_id=delivery.flow_id if delivery else None,
        connection_id=delivery.sink_connection_id if delivery else None,
        error_class="overdue",
        sentence=late.sentence,
        remedy="Ask the trading partner whether it has the documents, and why it does not answer.",
        technical=f"Transaction set {row.pk}",
    )
    Issue.objects.filter(pk=issue.pk).update(sentence=late.sentence[:500])
    return issue


def resolve_late(tenant_id: int, *, still_late: Collection[str], now: dt.datetime) -> None:
    """Resolves the issues about late answers apart from those whose fingerprints are named."""
    Issue.objects.filter(tenant_id=tenant_id, error_class="overdue", status=Issue.Status.OPEN).exclude(
        fingerprint__in=still_late
    ).update(status=Issue.Status.RESOLVED, resolved_at=now, resolution="The answers are there.")


def _of_document(about: About, kind: str) -> str:
    what = "document" if isinstance(about, TransactionSet) else about._meta.model_name
    return fingerprint(what, about.pk, kind, "")


def resolve_feed(feed: Feed, *, now: dt.datetime) -> None:
    """The feed was read: its problems, and those of its connection, are over."""
    kinds = ("config", "unauthorized", "transient", "rejected", "conflict", "unknown", "unmappable", "bug")
    of = [fingerprint("feed", feed.pk, kind, "") for kind in kinds]
    _resolve(feed.tenant_id, of, "It was read again.", now)
    resolve_connection(feed.connection, now=now)


def resolve_connection(connection: Connection, *, now: dt.datetime) -> None:
    kinds = ("config", "unauthorized")
    of = [fingerprint("connection", connection.pk, kind, "") for kind in kinds]
    _resolve(connection.tenant_id, of, "It works again.", now)


def resolve_if_settled(issue: Issue | None, how: str, *, now: dt.datetime, apart_from: int | None = None) -> None:
    """Resolves an issue once none of its deliveries (apart from the one being settled) needs anybody any more."""
    if issue is None or issue.status != Issue.Status.OPEN:
        return
    others = Delivery.objects.filter(issue=issue, state__in=[State.FAILED, State.IN_DOUBT, State.WAITING])
    if apart_from is not None:
        others = others.exclude(pk=apart_from)
    if not others.exists():
        Issue.objects.filter(pk=issue.pk, status=Issue.Status.OPEN).update(
            status=Issue.Status.RESOLVED, resolved_at=now, resolution=how[:300]
        )


def _open(*, fingerprint: str, now: dt.datetime, **values: Any) -> Issue:
    kind = str(values["error_class"])
    technical = str(values.pop("technical"))[:20_000]
    issue, made = Issue.objects.get_or_create(
        tenant_id=values["tenant_id"],
        fingerprint=fingerprint,
        status=Issue.Status.OPEN,
        defaults={
            **{k: str(v)[: LONGEST[k]] if k in LONGEST else v for k, v in values.items() if k != "tenant_id"},
            "who": _WHO.get(kind, Issue.Who.STAFF),
            "technical": technical,
            "first_seen_at": now,
            "last_seen_at": now,
        },
    )
    if not made:
        Issue.objects.filter(pk=issue.pk).update(
            occurrences=F("occurrences") + 1, last_seen_at=now, technical=technical
        )
    return issue


def _resolve(tenant_id: int, known_by: str | Sequence[str], how: str, now: dt.datetime) -> None:
    """`known_by`: one fingerprint or several."""
    prints = [known_by] if isinstance(known_by, str) else known_by
    Issue.objects.filter(tenant_id=tenant_id, fingerprint__in=prints, status=Issue.Status.OPEN).update(
        status=Issue.Status.RESOLVED, resolved_at=now, resolution=how
    )


def _words(error: Exception) -> tuple[str, str, str]:
    if isinstance(error, Fault | Unmappable):
        return error.sentence, error.remedy, getattr(error, "technical", "")
    name = type(error).__name__
    return (
        f"Something in ml-connector is wrong ({name}). Nothing was sent.",
        "The support has been told; replay it when a correction is installed.",
        f"{name}: {error}",
    )


def fingerprint(*parts: object) -> str:
    """What makes a problem the same as one that is open."""
    return hashlib.sha256("\x1f".join(str(p) for p in parts).encode()).hexdigest()

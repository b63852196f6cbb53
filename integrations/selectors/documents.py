"""What happened to one object on both sides, and which other documents it belongs to."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from edi.documents.invoice import Invoice
from edi.documents.purchase_order import PurchaseOrder
from edi.documents.receipt import Receipt
from edi.documents.ship_notice import ShipNotice
from edi.documents.values import Value, find_party
from edi.models import TransactionSet
from integrations.engine.deliver import job_of
from integrations.flows import patch as patches
from integrations.flows.contract import Needs, document_of
from integrations.flows.registry import all_flows
from integrations.http.errors import Fault
from integrations.models import Attempt, Delivery, Record, State
from integrations.systems.contract import Unmappable
from portal.audit.models import AuditEvent
from portal.common.language import localized, spoken

Lane = Literal["source", "us", "target"]
VERSIONS = 30
DELIVERIES = 50
LOOKED_AT = 200
"""Newest records of a kind that are looked through for documents of one order."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an object."""

    at: dt.datetime
    lane: Lane
    """Where: at the source, here, or at the other side."""
    kind: Literal["ok", "bad", "doubt", "move", "wait", "off"]
    text: str
    delivery: int | None = None
    record: int | None = None


def versions_of(record: Record) -> list[Record]:
    """The versions of the source object that were captured, newest first."""
    rows = Record.objects.filter(feed=record.feed_id, source_id=record.source_id)
    return list(rows.select_related("payload").order_by("-pk")[:VERSIONS])


def same_object(delivery: Delivery) -> list[Delivery]:
    """All deliveries of the object that this one is of, in its integration, newest first."""
    rows = Delivery.objects.filter(integration_id=delivery.integration_id, lane=delivery.lane)
    return list(
        rows.select_related("flow__integration", "transaction_set", "sink_connection")
        .defer("sink_connection__secrets", "sink_connection__check_steps", "transaction_set__findings")
        .order_by("-pk")[:DELIVERIES]
    )


_ATTEMPTS: dict[str, tuple[str, Literal["ok", "bad", "doubt", "move"]]] = {
    "delivered": (gettext_noop("arrived"), "ok"),
    "accepted": (gettext_noop("taken, its verdict comes later"), "move"),
    "notneeded": (gettext_noop("was there already"), "ok"),
    "rejected": (gettext_noop("refused"), "bad"),
    "unknown": (gettext_noop("no answer: in doubt"), "doubt"),
    "worker lost": (gettext_noop("its worker was lost: in doubt"), "doubt"),
    "transient": (gettext_noop("not reached, tried again"), "bad"),
    "unauthorized": (gettext_noop("not let in"), "bad"),
    "applied": (gettext_noop("found there"), "ok"),
    "notapplied": (gettext_noop("not there"), "bad"),
    "cannottell": (gettext_noop("cannot be told"), "doubt"),
    "stillopen": (gettext_noop("no verdict yet"), "move"),
    "refused": (gettext_noop("refused later"), "bad"),
}


TOLD_BY_THE_NETWORK = ("cleo.event",)
"""Lines of the audit trail that the other side's own log brought."""


def events_of(versions: list[Record], deliveries: list[Delivery]) -> list[Event]:
    """Everything that happened to the object, in the order of time."""
    return sorted([*_captured(versions), *_delivered(deliveries), *_said(deliveries)], key=lambda e: e.at)


def _captured(versions: list[Record]) -> Iterator[Event]:
    for place, record in enumerate(reversed(versions)):
        what = _("changed") if place else _("made or changed")
        status = f", {record.status}" if record.status else ""
        yield Event(record.modified_at or record.captured_at, "source", "ok", f"{what}{status}", record=record.pk)
        yield Event(record.captured_at, "us", "ok", _("read"), record=record.pk)


def _delivered(deliveries: list[Delivery]) -> Iterator[Event]:
    of = {d.pk: d for d in deliveries}
    tried = Attempt.objects.filter(delivery__in=list(of)).exclude(outcome="").order_by("pk")
    for attempt in tried.only("delivery_id", "kind", "outcome", "closed_at", "started_at"):
        delivery = of[attempt.delivery_id]
        word, kind = _ATTEMPTS.get(attempt.outcome, (attempt.outcome.replace("_", " "), "move"))
        said = spoken(word)
        what = (
            f"{_what(delivery)}: {said}"
            if attempt.kind == Attempt.Kind.APPLY
            else _("looked at: %(said)s") % {"said": said}
        )
        yield Event(attempt.closed_at or attempt.started_at, "target", kind, what, delivery=delivery.pk)
    for delivery in deliveries:
        match delivery.state:
            case State.NO_EFFECT | State.SUPERSEDED | State.DISMISSED:
                text = f"{spoken(delivery.get_state_display())}: {delivery.reason}"[:160]
                yield Event(delivery.since, "us", "off", text, delivery.pk)
            case State.FAILED:
                yield Event(delivery.since, "us", "bad", ": ".join((_("failed"), delivery.reason))[:160], delivery.pk)
            case State.WAITING | State.PENDING:
                waits = delivery.waits_for or _("a worker")
                text = _("%(what)s waits for %(waits)s") % {"what": _what(delivery), "waits": waits}
                yield Event(delivery.since, "us", "wait", text, delivery.pk)
            case _:
                pass


def _said(deliveries: list[Delivery]) -> Iterator[Event]:
    seen: set[int] = set()
    for delivery in deliveries:
        sent = delivery.transaction_set
        if sent is None or sent.pk in seen:
            continue
        seen.add(sent.pk)
        if sent.acknowledged_at is not None:
            good = sent.acknowledged == TransactionSet.Acknowledged.ACCEPTED
            text = _("%(set)s acknowledged: %(said)s") % {
                "set": sent.set_id,
                "said": spoken(sent.get_acknowledged_display()),
            }
            yield Event(sent.acknowledged_at, "target", "ok" if good else "bad", text, delivery.pk)
        if sent.responded_at is not None:
            bad = sent.response == TransactionSet.Response.REJECTED
            text = _("the partner answers: %(said)s") % {"said": spoken(sent.get_response_display())}
            yield Event(sent.responded_at, "target", "bad" if bad else "ok", text, delivery.pk)
    ids = [str(d.pk) for d in deliveries]
    said_or_done = Q(actor__isnull=False) | Q(action__in=TOLD_BY_THE_NETWORK)
    lines = AuditEvent.objects.filter(said_or_done, object_type="delivery", object_id__in=ids)
    lines = lines.exclude(action="delivery.revealed")  # who looked stands in the activity
    for line in lines.order_by("pk")[:50]:
        if line.action in TOLD_BY_THE_NETWORK:
            severe = str((line.details or {}).get("severity", "")).lower() in ("error", "critical", "fatal")
            yield Event(line.at, "target", "bad" if severe else "ok", line.summary[:160], int(line.object_id))
            continue
        verb = line.action.partition(".")[2].replace("_", " ")
        yield Event(
            line.at,
            "us",
            "move",
            _("%(verb)s by %(who)s") % {"verb": spoken(verb), "who": line.actor_name},
            int(line.object_id),
        )


def _what(delivery: Delivery) -> str:
    sent = delivery.transaction_set.set_id if delivery.transaction_set is not None else ""
    return " ".join(part for part in (sent, delivery.purpose or spoken(delivery.operation)) if part)


# --- Versions


@dataclass(frozen=True, slots=True)
class Changed:
    """One value that differs between two versions of a record."""

    field: str
    before: str
    after: str


_NOT_SAID = frozenset({"timestamp", "lastmodifieddatetime", "metadata"})
"""What changes by itself with each version."""


def changes_between(older: Record, newer: Record) -> list[Changed]:
    """What the newer version of a source object says otherwise; [] where one of them is not JSON or pruned."""
    before, after = _decoded(older), _decoded(newer)
    if before is None or after is None:
        return []
    paths = patches.changed_paths(patches.difference(before, after))
    return [
        Changed(
            path.lstrip("/").replace("/", " · "), _text(patches.read(before, path)), _text(patches.read(after, path))
        )
        for path in paths
        if path.lstrip("/").partition("/")[0].lower() not in _NOT_SAID and not path.endswith("/-")
    ]


def _place(path: str) -> str:
    return path.lstrip("/").replace("/", " · ")


def _decoded(record: Record) -> Any:
    try:
        return json.loads(record.payload.data) if record.payload.data else None
    except ValueError:
        return None


def _text(value: Any) -> str:
    if value is patches.ABSENT or value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:200]


# --- The chain

Link = Literal["supplier", "order", "response", "receipt", "invoice", "payment"]
CHAIN: tuple[Link, ...] = ("supplier", "order", "response", "receipt", "invoice", "payment")


@dataclass(frozen=True, slots=True)
class ChainPart:
    """A document that belongs to the same trade."""

    link: Link
    number: str
    note: str = ""
    delivery: int | None = None
    here: bool = False


_LINK_OF: dict[str, Link] = {
    "supplier": "supplier",
    "vendor": "supplier",
    "purchase-order": "order",
    "purchase-receipt": "receipt",
    "supplier-invoice": "invoice",
    "payment": "payment",
}


def document_in(delivery: Delivery) -> Value | None:
    """The canonical document of a delivery; None where it has none, or the record cannot become one."""
    spec = all_flows().get(delivery.flow.full_key)
    if spec is None or spec.keeps or delivery.record.problem or delivery.record.payload.data is None:
        return None
    try:
        return document_of(spec.operation(delivery.operation).prepare, job_of(delivery, spec))
    except (Unmappable, Needs, Fault, KeyError):
        return None


def chain_of(delivery: Delivery) -> list[ChainPart]:
    """Supplier → order → response → receipt → invoice → payment, as far as it is known here; [] for a document that
    belongs to no purchase. Receipts and invoices of an order are looked for among the newest that were read."""
    spec = all_flows().get(delivery.flow.full_key)
    link = _LINK_OF.get(spec.entity) if spec is not None else None
    if link is None:
        return []
    document = document_in(delivery)
    parts = [ChainPart(link, delivery.business_number, _amount(document), delivery.pk, here=True)]
    supplier, orders = _refers_to(document)
    if link == "order":
        orders = {delivery.business_number}
        parts += _of_order(delivery)
    if supplier and link != "supplier":
        parts.append(_found(delivery, "supplier", supplier))
    if link != "order":
        parts += [_found(delivery, "order", number) for number in sorted(orders)[:3]]
    if link != "supplier":
        parts += _responses(orders)
    return sorted(parts, key=lambda part: CHAIN.index(part.link))


def _refers_to(document: Value | None) -> tuple[str, set[str]]:
    """The number of the supplier in the books, and of the orders."""
    if not isinstance(document, PurchaseOrder | Invoice | Receipt | ShipNotice):
        return "", set()
    party = find_party(document.parties, "supplier")
    supplier = party.id_of("buyer") if party is not None else ""
    if isinstance(document, PurchaseOrder):
        return supplier, {document.number}
    if isinstance(document, ShipNotice):
        return supplier, {order.order_number for order in document.orders if order.order_number}
    stated = {document.order_number} if isinstance(document, Invoice) else set()
    return supplier, {n for n in {*stated, *(line.order_number for line in document.lines)} if n}


def _amount(document: Value | None) -> str:
    total, currency = getattr(document, "total", None), getattr(document, "currency", "")
    return f"{localized(total)} {currency}" if total is not None else ""


def _found(delivery: Delivery, link: Link, number: str) -> ChainPart:
    row = _newest(delivery, link).filter(business_number=number).order_by("-pk").first()
    return ChainPart(link, number, delivery=row.pk if row is not None else None)


def _newest(delivery: Delivery, link: Link) -> QuerySet[Delivery]:
    """Deliveries of a link's documents out of the same books, those to the same partner system first."""
    entities = {entity for entity, known in _LINK_OF.items() if known == link}
    keys = {spec.key for spec in all_flows().values() if spec.entity in entities and spec.source == "books"}
    return Delivery.objects.filter(integration_id=delivery.integration_id, flow__key__in=keys)


def _responses(orders: set[str]) -> list[ChainPart]:
    if not orders:
        return []
    rows = TransactionSet.objects.filter(business_number__in=list(orders), set_id__in=["855", "865"]).exclude(intake="")
    return [
        ChainPart("response", row.business_number, f"{row.set_id}, {spoken(row.get_response_display())}".rstrip(", "))
        for row in rows.defer("findings").order_by("-pk")[:2]
    ]


def _of_order(delivery: Delivery) -> list[ChainPart]:
    """Receipts and invoices of an order: among the newest records, those that name it, proven by their documents."""
    needle = json.dumps(delivery.business_number).encode()
    parts: list[ChainPart] = []
    for link in ("receipt", "invoice"):
        rows = (
            _newest(delivery, link)
            .select_related("record__payload", "flow__integration", "edit", "replays")
            .order_by("-pk")[:LOOKED_AT]
        )
        seen: set[str] = set()
        for row in rows:
            data = row.record.payload.data
            if row.business_number in seen or data is None or needle not in data:
                continue
            document = document_in(row)
            if delivery.business_number in _refers_to(document)[1]:
                seen.add(row.business_number)
                parts.append(ChainPart(link, row.business_number, _amount(document), row.pk))
    return parts

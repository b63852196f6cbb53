"""Keeping what was received: each interchange once, each of its sets with what becomes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import F, Min

from edi.models import Agreement, ControlNumber, Direction, Interchange, Network, ReceivedFile, TransactionSet
from edi.services import numbers
from edi.services.matching import match
from edi.services.problems import held_and_refused
from edi.services.received import (
    Examined,
    ExaminedInterchange,
    ExaminedSet,
    Problem,
    Received,
    ReceivedInterchange,
    ReceivedSet,
)
from edi.services.resolving import ACKNOWLEDGMENTS, ADVICE
from edi.services.texts import storable
from edi.x12.findings import Finding
from portal.audit import trail
from portal.audit.models import AuditEvent
from portal.common.secrets import SealedBytes, SealedBytesField

Intake = TransactionSet.Intake

_KEPT_FINDINGS = 20
_KEPT_PROBLEMS = 200
_BATCH = 500


def store(network: Network, examined: Examined, *, now: dt.datetime) -> Received:
    """Keeps what was examined, in one transaction, and matches the acknowledgments in it with what we sent.

    An interchange that came before with the same bytes is counted and nothing else happens. One with a known control
    number and other bytes is kept, held and reported.
    """
    sealed = [SealedBytesField.seal(interchange.data) for interchange in examined.interchanges]
    content = SealedBytesField.seal(examined.data) if examined.keeps_file else None
    with transaction.atomic():
        file = _store_file(network, examined, content=content, now=now)
        counters = _lock_routes(network, examined.interchanges)
        stored = [
            _store_interchange(file, item, text=text, counters=counters, now=now)
            for item, text in zip(examined.interchanges, sealed, strict=True)
        ]
        problems = [*examined.problems] if file.times == 1 else []
        acknowledgments = []
        for interchange in stored:
            problems += held_and_refused(interchange)
            said = match(interchange, now=now)
            acknowledgments += said.acknowledgments
            problems += said.problems
        if problems:
            _note_problems(file, problems)
    return Received(
        file=file, interchanges=tuple(stored), acknowledgments=tuple(acknowledgments), problems=tuple(problems)
    )


def _store_file(network: Network, examined: Examined, *, content: SealedBytes | None, now: dt.datetime) -> ReceivedFile:
    file, is_new = ReceivedFile.objects.get_or_create(
        network=network,
        sha256=examined.sha256,
        defaults={
            "tenant_id": network.tenant_id,
            "name": storable(examined.source_name, 255),
            "size": len(examined.data),
            "encoding": examined.encoding,
            "interchange_count": len(examined.interchanges),
            "content": content,
            "received_at": now,
            "last_received_at": now,
        },
    )
    if is_new and content is not None:
        file.content = examined.data  # what is created from sealed bytes holds them sealed
    if not is_new:
        ReceivedFile.objects.filter(pk=file.pk).update(times=F("times") + 1, last_received_at=now)
        file.refresh_from_db(fields=["times", "last_received_at"])
    return file


def _note_problems(file: ReceivedFile, problems: Sequence[Problem]) -> None:
    said: list[str] = [*(file.problems or []), *(problem.sentence for problem in problems)]
    file.problems = said[:_KEPT_PROBLEMS]  # type: ignore[assignment]  # the field holds any JSON
    file.save(update_fields=["problems"])


def _lock_routes(network: Network, interchanges: Sequence[ExaminedInterchange]) -> dict[tuple[str, str], ControlNumber]:
    """The counters of all routes of the file, always locked in the same order."""
    keys = sorted({(interchange.route, str(interchange.stream)) for interchange in interchanges})
    return {(route, stream): numbers.lock_received(_route(network, route, stream)) for route, stream in keys}


def _route(network: Network, route: str, stream: str) -> numbers.Route:
    return numbers.Route(network=network, route=route, stream=stream, direction=Direction.IN)


def _store_interchange(
    file: ReceivedFile,
    item: ExaminedInterchange,
    *,
    text: SealedBytes,
    counters: dict[tuple[str, str], ControlNumber],
    now: dt.datetime,
) -> ReceivedInterchange:
    network = file.network
    known = next(iter(Interchange.objects.filter(network=network, file__isnull=False, sha256=item.sha256)), None)
    if known is not None:
        Interchange.objects.filter(pk=known.pk).update(times=F("times") + 1)
        known.refresh_from_db(fields=["times"])
        return ReceivedInterchange(row=known, examined=item, is_duplicate=True)
    earlier = _same_number(network, item)
    row = Interchange.objects.create(
        tenant_id=network.tenant_id,
        network=network,
        direction=Direction.IN,
        stream=item.stream,
        usage=item.usage,
        route=item.route,
        standard=item.ends.standard,
        sender_id=item.ends.sender_id,
        receiver_id=item.ends.receiver_id,
        control_number=item.control_number,
        reference=item.reference,
        group_control_number=item.group_number,
        text=text,
        sha256=item.sha256,
        size=len(item.data),
        file=file,
        reuses=earlier,
        created_at=now,
        **_said(item.own_findings),
    )
    row.text = item.data  # what is created from sealed bytes holds them sealed
    _count_up(counters[(item.route, str(item.stream))], item.control_number)
    is_held = earlier is not None and _holds_reused(item)
    sets = _store_sets(row, item, is_reused=is_held, now=now)
    trail.record(_event(row, sets))
    return ReceivedInterchange(row=row, examined=item, is_number_held=is_held, sets=sets)


def _same_number(network: Network, item: ExaminedInterchange) -> Interchange | None:
    number = {"reference": item.reference} if item.reference else {"control_number": item.control_number}
    if not item.reference and item.control_number is None:
        return None
    # The smallest id, not the first row by id: to avoid sorting, SQLite would read all rows of the tenant.
    first = Interchange.objects.filter(
        network=network,
        route=item.route,
        direction=Direction.IN,
        stream=item.stream,
        file__isnull=False,
        **number,
    ).aggregate(pk=Min("pk"))["pk"]
    return Interchange.objects.defer("text").get(pk=first) if first is not None else None


def _holds_reused(item: ExaminedInterchange) -> bool:
    """Whether a number that came before holds the interchange: not for a partner who does not count."""
    agreements: list[Agreement | None] = [*(one.resolution.agreement for one in item.sets), item.answer_by]
    return all(agreement.unique_numbers for agreement in agreements if agreement is not None)


def _count_up(counter: ControlNumber, number: int | None) -> None:
    if number is not None and number > counter.last:
        counter.last = number
        counter.save(update_fields=["last"])


def _store_sets(
    row: Interchange, item: ExaminedInterchange, *, is_reused: bool, now: dt.datetime
) -> tuple[ReceivedSet, ...]:
    rows = []
    for batch in _batches(item.sets, _BATCH):
        made = [TransactionSet(**_values(row, item, one, is_reused=is_reused), created_at=now) for one in batch]
        rows += TransactionSet.objects.bulk_create(made)
    _note_repeats(row, rows)
    return tuple(ReceivedSet(row=made, examined=one) for made, one in zip(rows, item.sets, strict=True))


def _values(row: Interchange, item: ExaminedInterchange, one: ExaminedSet, *, is_reused: bool) -> dict[str, Any]:
    return {
        "tenant_id": row.tenant_id,
        "interchange": row,
        **names_of(one),
        "group_control_number": one.group_number,
        "position": one.position,
        "purpose": one.purpose,
        "business_number": storable(one.business_number, 100),
        "digest": one.digest,
        **judged(item, one, is_reused=is_reused),
    }


def names_of(one: ExaminedSet) -> dict[str, str]:
    """What a set calls itself, as fields of its row."""
    return {"set_id": storable(one.set_id, 6), "control_number": storable(one.control_number, 14)}


def judged(item: ExaminedInterchange, one: ExaminedSet, *, is_reused: bool) -> dict[str, Any]:
    """What agreements and checks say about a set, as fields of its row."""
    resolution = one.resolution
    intake = resolution.intake
    if intake == Intake.TAKEN and is_reused:
        intake = Intake.NUMBER_REUSED
    elif intake == Intake.TAKEN and (item.is_refused or (one.verdict == "R" and not _is_read_anyway(one))):
        intake = Intake.REFUSED
    # What an acknowledgment or advice says is read whatever its form: its faults are not answered and change nothing.
    said = _said(()) if _is_read_anyway(one) else _said(one.findings)
    return {"agreement": resolution.agreement, "partner": resolution.partner, "intake": intake, **said}


def _is_read_anyway(one: ExaminedSet) -> bool:
    return one.set_id in ACKNOWLEDGMENTS | ADVICE


def _said(findings: Sequence[Finding]) -> dict[str, Any]:
    """Findings as fields of a row."""
    errors = sum(finding.is_error for finding in findings)
    return {
        "error_count": errors,
        "warning_count": len(findings) - errors,
        "findings": [_kept(finding) for finding in findings[:_KEPT_FINDINGS]] or None,
    }


def _kept(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "code": finding.code,
        "segment": finding.segment,
        "position": finding.position,
        "element": finding.element,
        "message": finding.message,
    }


def _note_repeats(row: Interchange, rows: Sequence[TransactionSet]) -> None:
    """Points sets at the first received set of the route that says the same."""
    repeated = []
    for batch in _batches([r for r in rows if r.set_id not in ACKNOWLEDGMENTS], _BATCH):
        first = dict(
            TransactionSet.objects.filter(
                tenant_id=row.tenant_id,
                digest__in={r.digest for r in batch},
                interchange__network=row.network_id,
                interchange__route=row.route,
                interchange__stream=row.stream,
                interchange__direction=Direction.IN,
            )
            .order_by()
            .values_list("digest")
            .annotate(Min("pk"))
        )
        for one in batch:
            if first[one.digest] < one.pk:
                one.repeats_id = first[one.digest]
                repeated.append(one)
    TransactionSet.objects.bulk_update(repeated, ["repeats"], batch_size=_BATCH)


def _batches(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _event(row: Interchange, sets: Sequence[ReceivedSet]) -> AuditEvent:
    counts: dict[str, int] = {}
    for one in sets:
        counts[one.row.intake] = counts.get(one.row.intake, 0) + 1
    said = ", ".join(f"{count} {Intake(intake).label}" for intake, count in counts.items()) or "no set in it"
    return trail.event(
        row.tenant_id,
        "interchange.received",
        f"Interchange {row}: {said}.",
        object_type="interchange",
        object_id=row.pk,
        details={"sha256": row.sha256, "sets": counts, "reuses": row.reuses_id},
    )

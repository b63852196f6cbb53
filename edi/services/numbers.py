"""Control numbers: taken with the bytes that carry them, set forward by people, and accounted for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F, Max, QuerySet, Sum

from edi.models import Agreement, ControlNumber, Direction, Interchange, Network, TransactionSet
from edi.services.resolving import ends_agreed
from portal.audit import trail
from portal.tenants.models import User

HIGHEST = 999_999_999
"""ISA13 has nine digits, GS06 up to nine."""

_LISTED = 200
"""Gaps and duplicates that a report names; their number is always right."""


@dataclass(frozen=True, slots=True)
class ControlNumbers:
    """The numbers of one interchange with one functional group. The set within it is always number 1. In EDIFACT the
    message stands in the place of the group."""

    interchange: int
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Along which numbers are counted."""

    network: Network
    route: str
    """Sender and receiver, as ZZ:US/ZZ:THEM."""
    stream: str
    direction: str = Direction.OUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Numbers from `first` to `last` that no interchange carries."""

    first: int
    last: int
    reason: str
    """Why, where somebody left them out on purpose; "" where nothing explains it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A number that came with `contents` different contents, or `times` times in all."""

    number: int
    contents: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberReport:
    """The account of one counter. A gap that nothing explains, or a number with two contents, wants a person."""

    route: Route
    kind: str
    first: int | None
    last: int | None
    used: int
    gaps: tuple[Gap, ...]
    gap_count: int
    duplicates: tuple[Duplicate, ...]
    duplicate_count: int

    @property
    def unexplained(self) -> tuple[Gap, ...]:
        return tuple(gap for gap in self.gaps if not gap.reason)


def route_of(agreement: Agreement) -> str:
    """Sender and receiver as one text: control numbers count along it."""
    return ends_agreed(agreement).route


def route_back(agreement: Agreement) -> str:
    """The way back: of what is answered to what goes along `route_of`."""
    return ends_agreed(agreement).reversed().route


def route_for(agreement: Agreement) -> Route:
    """The route of what the agreement is about."""
    return Route(
        network=agreement.network, route=route_of(agreement), stream=agreement.stream, direction=agreement.direction
    )


def take_control_numbers(agreement: Agreement) -> ControlNumbers:
    """The next interchange and group number of the agreement's route. Call it inside the transaction that stores the
    bytes written with them: then a number is used exactly once, and a crash leaves neither number nor bytes."""
    route = route_for(agreement)
    return ControlNumbers(
        interchange=take(route, ControlNumber.Kind.INTERCHANGE), group=take(route, ControlNumber.Kind.GROUP)
    )


def take(route: Route, kind: str) -> int:
    """The next number of one counter; as `take_control_numbers`."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("Control numbers are taken together with the bytes that carry them, in one transaction.")
    counter = _counter(route, kind)
    ControlNumber.objects.filter(pk=counter.pk).update(last=F("last") + 1)
    counter.refresh_from_db(fields=["last"])
    if counter.last > HIGHEST:
        raise OverflowError(f"The control numbers of {counter.route} are used up; agree on new ids with the partner.")
    return counter.last


def _counter(route: Route, kind: str) -> ControlNumber:
    counter, _ = ControlNumber.objects.get_or_create(
        tenant_id=route.network.tenant_id,
        network=route.network,
        route=route.route,
        direction=route.direction,
        stream=route.stream,
        kind=kind,
    )
    return counter


def lock_received(route: Route) -> ControlNumber:
    """The counter of what is received along a route, locked: two workers store interchanges of one sender one after the
    other. Call it inside a transaction."""
    counter = _counter(route, ControlNumber.Kind.INTERCHANGE)
    return ControlNumber.objects.select_for_update().get(pk=counter.pk)


def set_next_number(
    route: Route, kind: str, number: int, *, reason: str, actor: User | None, now: dt.datetime, actor_name: str = ""
) -> ControlNumber:
    """Lets the counter go on with `number`: to start where another system stopped, or to leave numbers out. Audited.

    Raises ValidationError without a reason, for a number that was used already or lies below the next one, and for what
    is received: there the partner counts.
    """
    if route.direction != Direction.OUT:
        raise ValidationError("The partner gives the numbers of what is received.")
    if not reason.strip():
        raise ValidationError("Say why the number is set.")
    if kind not in ControlNumber.Kind.values:
        raise ValidationError(f"There is no counter '{kind}'.")
    if not 1 <= number <= HIGHEST:
        raise ValidationError(f"A control number is between 1 and {HIGHEST:,}.")
    with transaction.atomic():
        counter = ControlNumber.objects.select_for_update().get(pk=_counter(route, kind).pk)
        used = max(counter.last, _highest_used(route, kind))
        if number <= used:
            raise ValidationError(f"{used} was used already: the next number must be {used + 1} or higher.")
        before, counter.last = counter.last, number - 1
        if before and number > before + 1:
            who = actor.get_username() if actor else actor_name
            left_out = {"first": before + 1, "last": number - 1, "at": now.isoformat(), "by": who, "reason": reason}
            counter.jumps = [*counter.jumps, left_out]
        counter.save(update_fields=["last", "jumps"])
        trail.record(
            trail.event(
                counter.tenant_id,
                "control_number.set",
                f"{counter.get_kind_display()} of {counter.route}, {counter.stream}: next is {number}. {reason}",
                object_type="controlnumber",
                object_id=counter.pk,
                actor=actor,
                actor_name=actor_name,
                details={"before": before, "next": number, "reason": reason},
            )
        )
    return counter


def number_report(route: Route, kind: str) -> NumberReport:
    """Which numbers of a counter were used, left out, and used twice. Reads one row a number, keeps none."""
    account = _Account()
    for number in _numbers(route, kind):
        account.add(number)
    counter = ControlNumber.objects.filter(
        network=route.network, route=route.route, direction=route.direction, stream=route.stream, kind=kind
    ).first()
    if counter is not None and route.direction == Direction.OUT and account.used:
        account.end(counter.last)
    jumps = counter.jumps if counter is not None else []
    gaps = tuple(part for first, last in account.gaps for part in _explained(first, last, jumps))
    duplicates = _duplicates(route) if kind == ControlNumber.Kind.INTERCHANGE else []
    return NumberReport(
        route=route,
        kind=kind,
        first=account.first,
        last=account.last,
        used=account.used,
        gaps=gaps[:_LISTED],
        gap_count=account.gap_count,
        duplicates=tuple(duplicates[:_LISTED]),
        duplicate_count=len(duplicates),
    )


class _Account:
    """Runs through numbers in ascending order and notes what is missing."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.last: int | None = None
        self.used = 0
        self.gaps: list[tuple[int, int]] = []
        self.gap_count = 0

    def add(self, number: int) -> None:
        if self.last is None:
            self.first = number
        elif number > self.last + 1:
            self._miss(self.last + 1, number - 1)
        self.last = number
        self.used += 1

    def end(self, counted: int) -> None:
        """The counter says that numbers up to `counted` were taken."""
        if self.last is not None and counted > self.last:
            self._miss(self.last + 1, counted)

    def _miss(self, first: int, last: int) -> None:
        self.gap_count += 1
        if len(self.gaps) < _LISTED:
            self.gaps.append((first, last))


def _explained(first: int, last: int, jumps: list[dict[str, object]]) -> Iterator[Gap]:
    """The gap in parts: what a jump explains, and what nothing does."""
    at = first
    for jump in sorted(jumps, key=lambda j: int(str(j["first"]))):
        start, end = max(at, int(str(jump["first"]))), min(last, int(str(jump["last"])))
        if start > end:
            continue
        if start > at:
            yield Gap(first=at, last=start - 1, reason="")
        by = f" ({jump['by']})" if jump["by"] else ""
        yield Gap(first=start, last=end, reason=f"Left out on {str(jump['at'])[:10]}{by}: {jump['reason']}")
        at = end + 1
    if at <= last:
        yield Gap(first=at, last=last, reason="")


def _numbers(route: Route, kind: str) -> Iterable[int]:
    is_group = kind == ControlNumber.Kind.GROUP
    rows: QuerySet[Any] = _sets(route) if is_group else _interchanges(route)
    name = "group_control_number" if is_group else "control_number"
    found = rows.filter(**{f"{name}__isnull": False}).order_by(name).values_list(name, flat=True).distinct()
    return found.iterator(chunk_size=2_000)


def _highest_used(route: Route, kind: str) -> int:
    if kind == ControlNumber.Kind.GROUP:
        return _sets(route).aggregate(n=Max("group_control_number"))["n"] or 0
    return _interchanges(route).aggregate(n=Max("control_number"))["n"] or 0


def _duplicates(route: Route) -> list[Duplicate]:
    rows = (
        _interchanges(route)
        .exclude(control_number=None)
        .order_by()
        .values("control_number")
        .annotate(contents=Count("id"), n=Sum("times"))
        .filter(n__gt=1)
        .order_by("control_number")
    )
    return [Duplicate(number=r["control_number"] or 0, contents=r["contents"], times=r["n"]) for r in rows]


def _interchanges(route: Route) -> QuerySet[Interchange]:
    rows = Interchange.objects.filter(
        network=route.network, route=route.route, direction=route.direction, stream=route.stream
    )
    # What a network hands over set by set has no sequence of the partner's that could be checked.
    return rows if route.direction == Direction.OUT else rows.filter(file__isnull=False)


def _sets(route: Route) -> QuerySet[TransactionSet]:
    return TransactionSet.objects.filter(
        interchange__network=route.network,
        interchange__route=route.route,
        interchange__direction=route.direction,
        interchange__stream=route.stream,
    )

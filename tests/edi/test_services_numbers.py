"""Control numbers: each once, set forward by people with a reason, every gap accounted for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django_scopes import scopes_disabled
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edi import services as edi
from edi.models import Agreement, ControlNumber, Interchange, Network
from edi.services.numbers import HIGHEST
from portal.audit.models import AuditEvent
from portal.tenants.models import User
from tests.edi.conftest import THEM, US
from tests.edi.interchanges import one
from tests.support.database import in_threads

Agree = Callable[..., Agreement]
ISA, GS = ControlNumber.Kind.INTERCHANGE, ControlNumber.Kind.GROUP


@pytest.fixture
def order(agree: Agree) -> Agreement:
    return agree("850")


def send(agreement: Agreement, now: dt.datetime) -> int:
    with transaction.atomic():
        numbers = edi.take_control_numbers(agreement)
        edi.store_sent(
            agreement,
            body=b"{}",
            numbers=numbers,
            set_id="850",
            purpose="original",
            business_number="1",
            now=now,
        )
    return numbers.interchange


def gaps(report: edi.NumberReport) -> list[tuple[int, int, bool]]:
    return [(gap.first, gap.last, bool(gap.reason)) for gap in report.gaps]


def test_rule_23_numbers_are_taken_only_with_their_bytes(order: Agreement, transactional_db: None) -> None:
    with pytest.raises(RuntimeError, match="one transaction"):
        edi.take_control_numbers(order)


def test_rule_23_many_at_once_never_take_the_same_number(transactional_db: None, order: Agreement) -> None:
    def take(number: int) -> list[int]:
        taken = []
        with scopes_disabled():
            for _ in range(3):
                with transaction.atomic():
                    taken.append(edi.take_control_numbers(order).interchange)
        return taken

    taken = [number for one in in_threads(6, take) if isinstance(one, list) for number in one]
    assert sorted(taken) == list(range(1, 19))


def test_rule_23_a_number_is_given_back_with_the_transaction(order: Agreement, now: dt.datetime) -> None:
    assert send(order, now) == 1

    with transaction.atomic():
        edi.take_control_numbers(order)
        transaction.set_rollback(True)
    assert send(order, now) == 2


def test_rule_23_test_and_live_count_apart(order: Agreement, agree: Agree, now: dt.datetime) -> None:
    send(order, now)
    assert send(agree("850", stream="test"), now) == 1
    assert send(agree("860"), now) == 2  # the same route


def test_a_counter_starts_where_another_system_stopped(
    order: Agreement, network: Network, person: User, now: dt.datetime
) -> None:
    route = edi.route_for(order)
    edi.set_next_number(route, ISA, 4712, reason="The old translator stopped at 4711.", actor=person, now=now)
    assert send(order, now) == 4712
    report = edi.number_report(route, ISA)
    assert (report.first, report.last, report.used, report.gaps) == (4712, 4712, 1, ())
    line = AuditEvent.objects.get(action="control_number.set")
    assert (line.actor, line.details) == (
        person,
        {"before": 0, "next": 4712, "reason": "The old translator stopped at 4711."},
    )


@pytest.mark.parametrize(
    ("number", "reason", "sentence"),
    [(2, "why", "3 or higher"), (1, "why", "3 or higher"), (5, " ", "Say why"), (HIGHEST + 1, "why", "between 1 and")],
)
def test_rule_23_a_number_is_never_set_to_what_was_used(
    order: Agreement, person: User, now: dt.datetime, number: int, reason: str, sentence: str
) -> None:
    send(order, now), send(order, now)
    with pytest.raises(ValidationError, match=sentence):
        edi.set_next_number(edi.route_for(order), ISA, number, reason=reason, actor=person, now=now)
    assert send(order, now) == 3


def test_what_interchanges_carry_counts_even_where_the_counter_was_lost(
    order: Agreement, person: User, now: dt.datetime
) -> None:
    send(order, now)
    ControlNumber.objects.all().delete()
    with pytest.raises(ValidationError, match="2 or higher"):
        edi.set_next_number(edi.route_for(order), ISA, 1, reason="restored", actor=person, now=now)


def test_the_partner_counts_what_is_received(order: Agreement, person: User, now: dt.datetime) -> None:
    route = edi.Route(network=order.network, route="ZZ:A/ZZ:B", stream="live", direction="in")
    with pytest.raises(ValidationError, match="The partner gives"):
        edi.set_next_number(route, ISA, 5, reason="why", actor=person, now=now)


def test_numbers_end(order: Agreement, person: User, now: dt.datetime) -> None:
    edi.set_next_number(edi.route_for(order), ISA, HIGHEST, reason="test of the end", actor=person, now=now)
    assert send(order, now) == HIGHEST
    with pytest.raises(OverflowError, match="used up"):
        send(order, now)


def test_rule_23_numbers_left_out_on_purpose_are_explained(order: Agreement, person: User, now: dt.datetime) -> None:
    route = edi.route_for(order)
    send(order, now)
    edi.set_next_number(route, ISA, 10, reason="Ranges were agreed.", actor=person, now=now)
    send(order, now)
    report = edi.number_report(route, ISA)
    assert gaps(report) == [(2, 9, True)]
    assert report.gaps[0].reason == "Left out on 2026-05-04 (eva): Ranges were agreed."
    assert report.unexplained == ()


def test_rule_23_a_gap_that_nothing_explains_is_shown(order: Agreement, person: User, now: dt.datetime) -> None:
    route = edi.route_for(order)
    for _ in range(5):
        send(order, now)
    lost = Interchange.objects.filter(control_number__in=[3, 5])
    lost.update(control_number=None)
    edi.set_next_number(route, ISA, 8, reason="why", actor=person, now=now)
    report = edi.number_report(route, ISA)
    assert gaps(report) == [(3, 3, False), (5, 5, False), (6, 7, True)]
    assert (report.gap_count, report.used) == (2, 3)


def test_groups_have_their_own_account(order: Agreement, now: dt.datetime) -> None:
    send(order, now), send(order, now)
    report = edi.number_report(edi.route_for(order), GS)
    assert (report.first, report.last, report.used, report.duplicates) == (1, 2, 2, ())


def test_received_gaps_and_duplicates_are_reported(agree: Agree, network: Network, now: dt.datetime) -> None:
    agree("856")

    def receive(isa: int, number: str) -> None:
        edi.receive(network, one("856", isa=isa, number=number), now=now, source_name="in")

    for isa, number in ((7, "S-1"), (7, "S-1"), (9, "S-2"), (9, "S-3"), (12, "S-4")):
        receive(isa, number)
    route = edi.Route(network=network, route=f"ZZ:{THEM}/ZZ:{US}", stream="live", direction="in")
    report = edi.number_report(route, ISA)
    assert gaps(report) == [(8, 8, False), (10, 11, False)]
    assert [(d.number, d.contents, d.times) for d in report.duplicates] == [(7, 1, 2), (9, 2, 2)]
    assert ControlNumber.objects.get(direction="in").last == 12


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(used=st.sets(st.integers(1, 60), min_size=1), jumps=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9))))
def test_gaps_are_exactly_what_is_missing(
    order: Agreement, now: dt.datetime, used: set[int], jumps: list[tuple[int, int]]
) -> None:
    Interchange.objects.all().delete()
    route = edi.route_for(order)
    Interchange.objects.bulk_create(
        Interchange(
            tenant=order.tenant,
            network=order.network,
            direction="out",
            stream="live",
            route=route.route,
            control_number=number,
            sha256="",
            size=0,
            created_at=now,
        )
        for number in used
    )
    left_out = [
        {"first": first, "last": first + more, "at": "2026-05-04", "by": "eva", "reason": "why"}
        for first, more in jumps
    ]
    ControlNumber.objects.update_or_create(
        tenant=order.tenant,
        network=order.network,
        route=route.route,
        direction="out",
        stream="live",
        kind=ISA,
        defaults={"last": max(used), "jumps": left_out},
    )
    report = edi.number_report(route, ISA)
    missing = set(range(min(used), max(used))) - used
    explained = {n for first, more in jumps for n in range(first, first + more + 1)}
    told = {n: bool(gap.reason) for gap in report.gaps for n in range(gap.first, gap.last + 1)}
    assert told == {n: n in explained for n in missing}
    assert sum(gap.last - gap.first + 1 for gap in report.gaps) == len(missing)

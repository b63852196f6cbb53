"""Yesterday's dump is restored in the middle of a day: nothing is sent twice, nothing is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from edi.models import ControlNumber
from integrations.engine.slice import run_slice
from integrations.models import OPEN_STATES, Delivery, State
from portal.audit import trail
from portal.audit.models import AuditEvent
from portal.common.installation import beat, epoch_matches
from portal.tenants.models import Tenant
from tests.support.dump import Dump
from tests.support.networks import Standing, stands
from tests.support.settling import read_now
from tests.support.world import World

Settle = Callable[..., None]


def change(world: World, *numbers: str, text: str) -> None:
    for number in numbers:
        world.simulators.mutate("purchaseorder", f"{world.company}/{number}", {"description": text})


def sent_orders(world: World) -> list[str]:
    """Numbers of the orders that stand at Cleo or Orderful, in the order of their numbers."""
    return sorted({d.number for d in stands(world) if d.document == "850"})


def states(world: World) -> Counter[str]:
    return Counter(d.state for d in world.deliveries())


def test_rule_26_yesterdays_dump_is_restored_in_the_middle_of_a_day(world: World, settle: Settle) -> None:
    """Orders changed before and after the dump, and after the restore; some had gone out that the dump knows as due."""
    settle()
    orders = sent_orders(world)
    assert len(orders) >= 4
    first, second, third, fourth = orders[:4]

    change(world, first, text="Changed before the dump")
    settle(read=True)
    beat("worker")
    change(world, second, text="Read before the dump, sent after it")
    tenant = Tenant.objects.get(pk=world.tenant.pk)
    Tenant.objects.update(sending_stopped=True)
    read_now()
    run_slice(seconds=10, threads=2)
    due = states(world)[State.PENDING]
    assert due
    Tenant.objects.update(sending_stopped=False)
    dump = Dump.take()

    settle()
    change(world, third, text="Changed after the dump")
    settle()
    change(world, third, text="Changed after the dump, and again")
    settle()
    beat("worker")
    before = stands(world)
    numbers = dict(ControlNumber.objects.filter(direction="out").values_list("pk", "last"))

    dump.restore()
    beat("worker")
    assert not epoch_matches()
    change(world, fourth, text="Changed while the database was away")
    read_now()
    run_slice(seconds=10, threads=2)
    assert stands(world) == before, "a restored database sends nothing"
    assert states(world)[State.PENDING] == due, "and reads nothing"

    call_command("restore", "accept")
    assert epoch_matches()
    settle(seconds=90)
    after = stands(world)
    new = [d for d in after if d.number == fourth]
    assert [d.purpose for d in new] == ["original", "replace"]
    assert multiset(after) - multiset(new) == multiset(before) - multiset(d for d in before if d.number == fourth)
    assert states(world)[State.PENDING] == states(world)[State.IN_DOUBT] == states(world)[State.FAILED] == 0
    for pk, last in ControlNumber.objects.filter(direction="out").values_list("pk", "last"):
        assert last > numbers.get(pk, 0), "no number is used twice"
    assert AuditEvent.objects.filter(tenant=tenant, action="installation.restored").count() == 1
    trail.seal_events(tenant)
    assert trail.verify(tenant).intact

    change(world, first, text="Life goes on")
    settle()
    assert [d.purpose for d in stands(world) if d.number == first][-1] == "replace"
    assert not Delivery.objects.filter(look_first=True, state__in=OPEN_STATES).exists()


def multiset(documents: object) -> Counter[Standing]:
    return Counter(documents)  # type: ignore[call-overload, no-any-return]


def test_rule_26_what_was_not_restored_is_not_accepted(world: World) -> None:
    with pytest.raises(CommandError, match="was not restored"):
        call_command("restore", "accept")


def test_rule_26_a_restore_that_the_database_cannot_see_is_declared(world: World, settle: Settle) -> None:
    settle()
    before = stands(world)
    call_command("restore", "declare")
    assert not epoch_matches()
    call_command("restore", "accept")
    assert epoch_matches()
    settle()
    assert stands(world) == before

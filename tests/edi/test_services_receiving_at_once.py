"""Several workers receiving at the same time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction
from django_scopes import scope

from edi import services as edi
from edi.models import Agreement, Interchange, Network, TransactionSet
from tests.edi.interchanges import one

pytestmark = pytest.mark.django_db(transaction=True)

Agree = Callable[..., Agreement]


def at_once(network: Network, now: dt.datetime, files: list[bytes]) -> list[edi.Received]:
    """Each file received and answered by a worker of its own, all starting together."""
    ready = Barrier(len(files))

    def work(data: bytes) -> edi.Received:
        try:
            with scope(tenant=network.tenant):
                examined = edi.examine(network, data, source_name="in.x12")
                ready.wait(10)
                with transaction.atomic():
                    received = edi.store(network, examined, now=now)
                    edi.acknowledge(received, now=now)
                return received
        finally:
            connection.close()

    with ThreadPoolExecutor(len(files)) as pool:
        return list(pool.map(work, files))


def test_the_same_file_is_stored_once(agree: Agree, network: Network, now: dt.datetime) -> None:
    agree("856")
    received = at_once(network, now, [one("856")] * 4)
    assert sorted(len(r.taken) for r in received) == [0, 0, 0, 1]
    assert Interchange.objects.get(direction="in").times == 4
    assert Interchange.objects.filter(direction="out").count() == 1


def test_one_number_with_two_contents_is_taken_once(agree: Agree, network: Network, now: dt.datetime) -> None:
    agree("856")
    received = at_once(network, now, [one("856", number=f"SHP-{n}") for n in range(4)])
    assert sorted(len(r.taken) for r in received) == [0, 0, 0, 1]
    assert sorted(TransactionSet.objects.filter(set_id="856").values_list("intake", flat=True)) == [
        "number_reused",
        "number_reused",
        "number_reused",
        "taken",
    ]


def test_answers_take_numbers_one_after_the_other(agree: Agree, network: Network, now: dt.datetime) -> None:
    agree("856")
    at_once(network, now, [one("856", isa=n, number=f"SHP-{n}") for n in range(1, 5)])
    sent = Interchange.objects.filter(direction="out").order_by("control_number")
    assert [row.control_number for row in sent] == [1, 2, 3, 4]
    assert sorted(row.group_control_number for row in sent) == [1, 2, 3, 4]

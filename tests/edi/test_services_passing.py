"""Passing on what was received, and our acknowledgments: each until somebody has it, and not again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from edi import services as edi
from edi.documents.registry import business_number
from edi.models import Agreement, Network, TransactionSet
from edi.x12.reader import read_bytes
from edi.x12.validate import validate
from tests.edi.interchanges import content, functional, one, written

Agree = Callable[..., Agreement]
ADVICE = ("824", [["BGN", "00", "1", "20260504"], ["OTI", "TR", "IV", "4711"], ["TED", "012", "No such order"]])


def waiting(network: Network) -> list[edi.Passed]:
    return [passed for batch in edi.documents_to_pass_on(network) for passed in batch]


def answers(network: Network) -> list[edi.Passed]:
    return [passed for batch in edi.answers_to_send(network) for passed in batch]


def receive(network: Network, data: bytes, now: dt.datetime) -> edi.Received:
    received = edi.receive(network, data, now=now, source_name="in.x12")
    edi.acknowledge(received, now=now)
    return received


def test_each_taken_document_is_an_interchange_of_its_own(network: Network, agree: Agree, now: dt.datetime) -> None:
    agree("856")
    receive(network, written([("856", content("856")), ("856", content("856", number="S-2"))]), now)
    found = waiting(network)
    assert len({passed.row.business_number for passed in found}) == 2
    for passed in found:
        report = validate((passed.data or b"").decode())
        assert [finding.message for finding in report.findings if finding.is_error] == []
        (tset,) = report.parsed.sets
        assert business_number(tset) == passed.row.business_number


def test_what_is_passed_on_does_not_come_again(network: Network, agree: Agree, now: dt.datetime) -> None:
    agree("856")
    receive(network, one("856"), now)
    (passed,) = waiting(network)
    edi.note_passed_on([passed.row.pk], now=now)
    assert waiting(network) == []
    later = now + dt.timedelta(hours=1)
    edi.note_passed_on([passed.row.pk], now=later)
    assert TransactionSet.objects.get(pk=passed.row.pk).passed_on_at == now


def test_what_is_held_waits_until_it_is_taken(network: Network, agree: Agree, now: dt.datetime) -> None:
    received = receive(network, one("856"), now)
    assert waiting(network) == []
    agree("856")
    edi.receive_again(received.interchanges[0].row, reason="Now it is agreed.", actor=None, now=now)
    assert [passed.row.set_id for passed in waiting(network)] == ["856"]


def test_acknowledgments_are_not_passed_on_but_advices_are(network: Network, agree: Agree, now: dt.datetime) -> None:
    agree("850")
    receive(network, written([functional(1)]), now)
    receive(network, written([ADVICE], isa=2), now)
    (passed,) = waiting(network)
    assert (passed.row.set_id, passed.row.business_number, passed.row.intake) == ("824", "4711", "taken")
    assert passed.row.partner is not None
    assert answers(network) == [], "nothing is agreed by which an advice is acknowledged"


def test_an_advice_of_a_stranger_is_held(network: Network, now: dt.datetime) -> None:
    receive(network, written([ADVICE]), now)
    assert waiting(network) == []
    assert TransactionSet.objects.get().intake == "unagreed"


def test_one_answer_an_interchange_waits_to_be_sent(network: Network, agree: Agree, now: dt.datetime) -> None:
    agree("856")
    receive(network, written([("856", content("856"))], ta1=(), acknowledgment_requested=True), now)
    (answer,) = answers(network)
    sets = TransactionSet.objects.filter(interchange=answer.row.interchange_id).order_by("position")
    assert [row.set_id for row in sets] == ["TA1", "997"]
    assert answer.row == sets[0]
    _, parsed = read_bytes(answer.data or b"")
    assert [tset.set_id for tset in parsed.interchanges[0].sets] == ["997"]
    edi.note_passed_on([answer.row.pk], now=now)
    assert answers(network) == []


@pytest.mark.parametrize("pruned", [True, False])
def test_bytes_that_retention_took_are_told(network: Network, agree: Agree, now: dt.datetime, pruned: bool) -> None:
    agree("856")
    row = receive(network, one("856"), now).interchanges[0].row
    if pruned:
        row.text = None
        row.save(update_fields=["text"])
    (passed,) = waiting(network)
    assert (passed.data is None) == pruned

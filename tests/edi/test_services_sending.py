"""Keeping what is sent: never test as live, and the wait for its acknowledgment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from edi import services as edi
from edi.models import Agreement, Interchange, TransactionSet
from tests.edi.conftest import THEM, US
from tests.edi.interchanges import content, written

Agree = Callable[..., Agreement]
NUMBERS = edi.ControlNumbers(interchange=7, group=3)


def order(*, usage: str = "P", isa: int = 7) -> bytes:
    return written([("850", content("850"))], isa=isa, group=3, usage=usage, sender=US, receiver=THEM)


def store(agreement: Agreement, body: bytes, now: dt.datetime, numbers: edi.ControlNumbers | None = NUMBERS):
    return edi.store_sent(
        agreement,
        body=body,
        numbers=numbers,
        set_id="850",
        purpose="original",
        business_number="500001",
        now=now,
    )


def test_what_is_sent_is_kept_with_its_numbers(agree: Agree, now: dt.datetime) -> None:
    sent = store(agree("850"), order(), now)
    stored = Interchange.objects.get()
    assert (bytes(stored.text), stored.control_number, stored.usage) == (order(), 7, "P")
    assert (sent.group_control_number, sent.control_number, sent.intake) == (3, "0001", "")
    assert sent.interchange.text == order()


@pytest.mark.parametrize(("stream", "usage"), [("live", "T"), ("test", "P"), ("live", "I")])
def test_test_data_never_goes_out_as_live(agree: Agree, now: dt.datetime, stream: str, usage: str) -> None:
    with pytest.raises(edi.WrongEnvelope, match="ISA15"):
        store(agree("850", stream=stream), order(usage=usage), now)
    assert not Interchange.objects.exists()


def test_bytes_with_another_number_are_not_stored(agree: Agree, now: dt.datetime) -> None:
    with pytest.raises(edi.WrongEnvelope, match="000000008"):
        store(agree("850"), order(isa=8), now)


def test_a_rendering_or_an_envelope_of_the_network_is_not_looked_into(agree: Agree, now: dt.datetime) -> None:
    store(agree("850"), b'{"usage": "P"}', now)
    store(agree("850", stream="test"), b'{"stream": "test"}', now, None)
    assert TransactionSet.objects.count() == 2


def test_an_acknowledgment_is_awaited_for_the_hours_agreed(agree: Agree, now: dt.datetime) -> None:
    sent = store(agree("850", acknowledgment_hours=6), order(), now)
    edi.note_sent(sent, network_id="out/7.x12", status={"size": 1}, now=now)
    row = TransactionSet.objects.get()
    assert (row.acknowledged, row.acknowledgment_due_at) == ("waiting", now + dt.timedelta(hours=6))
    assert (row.network_id, row.network_status) == ("out/7.x12", {"size": 1})


def test_none_is_awaited_where_none_is_expected(agree: Agree, now: dt.datetime) -> None:
    sent = store(agree("850", acknowledgment_hours=0), order(), now)
    edi.note_sent(sent, network_id="x", status={}, now=now)
    assert TransactionSet.objects.get().acknowledged == "not_expected"


def test_a_note_from_an_old_row_does_not_undo_what_came_meanwhile(agree: Agree, now: dt.datetime) -> None:
    sent = store(agree("850"), order(), now)
    stale = TransactionSet.objects.get(pk=sent.pk)
    edi.note_verdict(sent, verdict="rejected", sentences=["No."], now=now)
    edi.note_sent(stale, network_id="x", status={}, now=now)
    assert TransactionSet.objects.get().acknowledged == "rejected"


def test_what_several_say_of_a_set_at_once_stands_there_together(agree: Agree, now: dt.datetime) -> None:
    """The network's log, a match result and the note that it was sent: each read the row before another wrote it."""
    first = store(agree("850", acknowledgment_hours=6), order(), now)
    second, third = (TransactionSet.objects.get(pk=first.pk) for _ in range(2))
    edi.note_status(first, {"events": ["received"], "match": "open"})
    edi.note_status(second, {"match": "matched"})
    edi.note_sent(third, network_id="out/7.x12", status={"bytes": 1}, now=now)
    row = TransactionSet.objects.get()
    assert row.network_status == {"events": ["received"], "match": "matched", "bytes": 1}
    assert third.network_status == row.network_status
    assert (row.network_id, row.acknowledged) == ("out/7.x12", "waiting")

"""Messages of networks that write the envelopes: kept once, held where nothing is agreed, matched with what we sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from edi import services as edi
from edi.models import Agreement, Interchange, Network, ReceivedFile, TransactionSet
from tests.edi.conftest import THEM, US

Agree = Callable[..., Agreement]
Intake = TransactionSet.Intake


def message(number: str = "T-1", said: str = "ten", **changes: object) -> edi.Message:
    values: dict[str, object] = {
        "network_id": number,
        "data": f'{{"id": "{number}", "said": "{said}"}}'.encode(),
        "set_id": "856",
        "stream": "live",
        "sender_id": THEM,
        "receiver_id": US,
        "business_number": "S-1",
        "digest": said,
    }
    return edi.Message(**{**values, **changes})  # type: ignore[arg-type]


def waiting(network: Network) -> list[edi.Passed]:
    return [passed for batch in edi.documents_to_pass_on(network) for passed in batch]


def test_what_is_agreed_is_taken_and_passed_on_as_it_came(network: Network, agree: Agree, now: dt.datetime) -> None:
    agreement = agree("856", sender_qualifier="01")
    received = edi.receive_message(network, message(), now=now)
    assert received.row is not None
    assert (received.row.intake, received.row.agreement) == (Intake.TAKEN, agreement)
    assert received.problems == ()
    assert [(p.row, p.data) for p in waiting(network)] == [(received.row, message().data)]


def test_the_same_again_is_counted(network: Network, agree: Agree, now: dt.datetime) -> None:
    agree("856")
    edi.receive_message(network, message(), now=now)
    again = edi.receive_message(network, message(), now=now)
    assert again.is_duplicate
    assert (Interchange.objects.get().times, ReceivedFile.objects.get().times) == (2, 2)
    assert len(waiting(network)) == 1


def test_other_content_under_the_same_number_is_held(network: Network, agree: Agree, now: dt.datetime) -> None:
    agree("856")
    first = edi.receive_message(network, message(), now=now)
    second = edi.receive_message(network, message(said="eleven"), now=now)
    assert first.row is not None
    assert second.row is not None
    assert second.row.intake == Intake.NUMBER_REUSED
    assert second.row.interchange.reuses == first.row.interchange
    assert [p.kind for p in second.problems] == ["number_reused"]
    assert [p.row for p in waiting(network)] == [first.row]


def test_the_same_said_under_another_number_is_pointed_out(network: Network, agree: Agree, now: dt.datetime) -> None:
    agree("856")
    first = edi.receive_message(network, message("T-1"), now=now)
    second = edi.receive_message(network, message("T-2"), now=now)
    assert second.row is not None
    assert (second.row.repeats, second.row.intake) == (first.row, Intake.TAKEN)


def test_what_is_not_agreed_is_held_until_it_is(network: Network, agree: Agree, now: dt.datetime) -> None:
    received = edi.receive_message(network, message(), now=now)
    assert [p.kind for p in received.problems] == ["unagreed"]
    assert waiting(network) == []
    agree("856")
    assert received.row is not None
    again = edi.receive_again(received.row.interchange, reason="Agreed now.", actor=None, now=now)
    assert again.problems == ()
    assert [p.row for p in waiting(network)] == [received.row]


def test_test_data_never_reaches_a_live_route(network: Network, agree: Agree, now: dt.datetime) -> None:
    agree("856")
    received = edi.receive_message(network, message(stream="test"), now=now)
    (problem,) = received.problems
    assert problem.kind == "quarantined"
    assert "agreed with Leverantör AB for live only" in problem.sentence
    assert waiting(network) == []


def test_what_nobody_can_read_is_kept_with_its_bytes(network: Network, now: dt.datetime) -> None:
    strange = edi.Message(network_id="x", data=b"\x00{", problem="It is no JSON.")
    received = edi.receive_message(network, strange, now=now)
    assert [p.kind for p in received.problems] == ["unreadable"]
    file = ReceivedFile.objects.get()
    assert (bytes(file.content or b""), file.problems) == (b"\x00{", ["It is no JSON."])
    assert edi.receive_message(network, strange, now=now).problems == ()


def test_an_answer_stands_on_the_order(network: Network, agree: Agree, now: dt.datetime) -> None:
    agree("855")
    sent = edi.store_sent(
        agree("850"), body=b"{}", numbers=None, set_id="850", purpose="original", business_number="4711", now=now
    )
    edi.note_sent(sent, network_id="T-0", status={}, now=now)
    answer = edi.ResponseAnswer("4711", "rejected")
    received = edi.receive_message(network, message(set_id="855", business_number="4711", answer=answer), now=now)
    sent.refresh_from_db()
    assert (sent.response, sent.acknowledged) == ("rejected", "accepted")
    assert [(p.kind, p.row) for p in received.problems] == [("rejected", sent)]
    assert [a.about for a in received.acknowledgments] == [sent]

"""Receiving: every interchange once, every set with what becomes of it, nothing lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edi import services as edi
from edi.models import Agreement, Interchange, Network, ReceivedFile, TradingPartner, TransactionSet
from edi.services import receiving
from portal.audit.models import AuditEvent
from tests.edi.conftest import THEM, US
from tests.edi.interchanges import content, functional, one, written

Agree = Callable[..., Agreement]
Intake = TransactionSet.Intake


@pytest.fixture
def receive(network: Network, now: dt.datetime) -> Callable[..., edi.Received]:
    def run(data: bytes, name: str = "in/a.x12") -> edi.Received:
        return edi.receive(network, data, now=now, source_name=name)

    return run


Receive = Callable[..., edi.Received]


def kinds(received: edi.Received) -> list[str]:
    return [problem.kind for problem in received.problems]


# --- what is taken


def test_a_set_is_stored_with_partner_agreement_and_number(
    receive: Receive, agree: Agree, partner: TradingPartner, now: dt.datetime
) -> None:
    agreement = agree("856")
    data = one("856", isa=17)
    received = receive(data)
    (found,) = received.taken
    row = TransactionSet.objects.get(pk=found.row.pk)
    assert (row.set_id, row.intake, row.partner, row.agreement) == ("856", Intake.TAKEN, partner, agreement)
    assert (row.business_number, row.purpose, row.control_number, row.group_control_number) == (
        "SHP-1",
        "original",
        "0001",
        17,
    )
    assert (row.error_count, row.findings, row.created_at) == (0, None, now)
    interchange = row.interchange
    assert (interchange.direction, interchange.stream, interchange.control_number) == ("in", "live", 17)
    assert (interchange.sender_id, interchange.receiver_id) == (THEM, US)
    assert interchange.route == f"ZZ:{THEM}/ZZ:{US}"
    assert interchange.text == data.rstrip()
    assert received.problems == ()


def test_a_set_with_warnings_only_is_taken(receive: Receive, agree: Agree) -> None:
    agree("856")
    segments = [*content("856")]
    segments.insert(2, ["PID", "F", "", "", "", "Blå"])  # å is outside the extended set
    received = receive(written([("856", segments)], charset=_latin()))
    (found,) = received.taken
    assert found.row.error_count == 0
    assert found.row.warning_count >= 1


def _latin() -> Any:
    from edi.x12.charset import CharsetPolicy

    return CharsetPolicy(charset="latin-1")


def test_several_interchanges_in_one_file_are_stored_each(receive: Receive, agree: Agree) -> None:
    agree("810"), agree("856")
    first, second = one("810", isa=1), one("856", isa=2)
    received = receive(first + b"\r\n" + second)
    assert [i.row.control_number for i in received.interchanges] == [1, 2]
    assert [s.row.set_id for s in received.taken] == ["810", "856"]
    assert received.file.content == first + b"\r\n" + second  # no single interchange holds it all
    assert received.interchanges[1].row.text == second.rstrip()


def test_a_file_with_one_interchange_is_not_kept_twice(receive: Receive, agree: Agree) -> None:
    agree("856")
    received = receive(b"\xef\xbb\xbf" + one("856") + b"\x1a")
    assert received.file.content is None
    assert received.file.encoding == "utf-8-sig"


def test_text_around_an_interchange_is_kept_and_reported(receive: Receive, agree: Agree) -> None:
    agree("856")
    data = b"From: edi@partner.example\n\n" + one("856") + b"-- \nThe EDI team\n"
    received = receive(data)
    assert len(received.taken) == 1
    assert received.file.content == data
    assert kinds(received) == ["skipped", "skipped"]


def test_each_interchange_leaves_one_line_in_the_trail(receive: Receive, agree: Agree) -> None:
    agree("856")
    receive(one("856"))
    (line,) = AuditEvent.objects.filter(action="interchange.received")
    assert line.details["sets"] == {"taken": 1}


# --- duplicates and reused numbers


def test_rule_23_the_same_bytes_are_counted_and_nothing_new_is_stored(receive: Receive, agree: Agree) -> None:
    agree("856")
    receive(one("856"))
    again = receive(one("856"), "in/b.x12")
    assert (Interchange.objects.count(), TransactionSet.objects.count(), ReceivedFile.objects.count()) == (1, 1, 1)
    assert again.taken == ()
    assert [i.row.times for i in again.duplicates] == [2]
    assert again.file.times == 2
    assert again.problems == ()
    assert AuditEvent.objects.filter(action="interchange.received").count() == 1


def test_an_interchange_that_came_before_is_known_in_another_file(receive: Receive, agree: Agree) -> None:
    agree("856")
    receive(one("856", isa=1))
    received = receive(one("856", isa=1) + one("856", isa=2, number="SHP-2"))
    assert [i.is_duplicate for i in received.interchanges] == [True, False]
    assert [s.row.business_number for s in received.taken] == ["SHP-2"]


def test_the_same_interchange_twice_in_one_file_is_stored_once(receive: Receive, agree: Agree) -> None:
    agree("856")
    received = receive(one("856") + one("856"))
    assert [i.is_duplicate for i in received.interchanges] == [False, True]
    assert Interchange.objects.count() == 1


def test_rule_23_a_known_number_with_other_bytes_is_kept_held_and_reported(receive: Receive, agree: Agree) -> None:
    agree("856")
    first = receive(one("856", isa=5)).interchanges[0].row
    received = receive(one("856", isa=5, number="SHP-2"))
    (interchange,) = received.interchanges
    assert interchange.row.reuses == first
    assert [s.row.intake for s in interchange.sets] == [Intake.NUMBER_REUSED]
    assert received.taken == ()
    assert kinds(received) == ["number_reused"]
    assert "2026-05-04" in received.problems[0].sentence


def test_a_partner_who_does_not_count_may_reuse_numbers(receive: Receive, agree: Agree) -> None:
    agree("856", unique_numbers=False)
    receive(one("856", isa=1))
    received = receive(one("856", isa=1, number="SHP-2"))
    assert [s.row.business_number for s in received.taken] == ["SHP-2"]
    assert received.interchanges[0].row.reuses is not None
    assert received.problems == ()


def test_the_same_number_in_the_other_stream_is_another_number(receive: Receive, agree: Agree) -> None:
    agree("856"), agree("856", stream="test")
    receive(one("856", isa=1))
    received = receive(one("856", isa=1, usage="T"))
    assert [s.row.interchange.stream for s in received.taken] == ["test"]
    assert received.problems == ()


def test_a_set_that_says_the_same_in_a_new_envelope_is_marked(receive: Receive, agree: Agree) -> None:
    agree("856")
    first = receive(one("856", isa=1)).taken[0].row
    second = receive(one("856", isa=2)).taken[0].row
    assert (first.repeats, second.repeats) == (None, first)


def test_a_set_that_stands_twice_in_one_interchange_is_marked(receive: Receive, agree: Agree) -> None:
    agree("856")
    received = receive(written([("856", content("856"))] * 2))
    first, second = (s.row for s in received.taken)
    assert (first.repeats_id, second.repeats_id) == (None, first.pk)


# --- what is held


def test_test_data_on_a_live_route_is_quarantined(receive: Receive, agree: Agree, partner: TradingPartner) -> None:
    agree("856", stream="live")
    received = receive(one("856", usage="T"))
    assert received.taken == ()
    (row,) = TransactionSet.objects.all()
    assert (row.intake, row.partner, row.agreement) == (Intake.QUARANTINED, partner, None)
    assert kinds(received) == ["quarantined"]
    assert "marked test" in received.problems[0].sentence


def test_live_data_on_a_test_route_is_quarantined(receive: Receive, agree: Agree) -> None:
    agree("856", stream="test")
    assert kinds(receive(one("856", usage="P"))) == ["quarantined"]


def test_information_is_neither_test_nor_live(receive: Receive, agree: Agree) -> None:
    agree("856"), agree("856", stream="test")
    received = receive(one("856", usage="I"))
    assert kinds(received) == ["quarantined"]
    assert received.interchanges[0].row.stream == "test"
    assert received.interchanges[0].row.usage == "I"


def test_a_stranger_is_held_and_the_nearest_ids_are_named(receive: Receive, agree: Agree) -> None:
    agree("856", sender_qualifier="01")
    received = receive(one("856"))
    assert kinds(received) == ["unagreed"]
    assert received.problems[0].who == "customer"
    assert f"01:{THEM}" in received.problems[0].sentence
    assert TransactionSet.objects.get().intake == Intake.UNAGREED


def test_a_document_that_is_not_agreed_is_held_with_its_partner(
    receive: Receive, agree: Agree, partner: TradingPartner
) -> None:
    agree("850")  # only what goes out: the ids are known the other way round
    received = receive(one("856"))
    row = TransactionSet.objects.get()
    assert (row.intake, row.partner) == (Intake.UNAGREED, partner)
    assert "856" in received.problems[0].sentence


def test_an_agreement_that_is_off_is_none(receive: Receive, agree: Agree) -> None:
    agree("856", active=False)
    assert kinds(receive(one("856"))) == ["unagreed"]


def test_sets_held_for_one_reason_are_one_problem(receive: Receive, agree: Agree) -> None:
    agree("850")
    received = receive(written([("856", content("856", number=f"SHP-{n}")) for n in range(3)]))
    assert len(received.problems) == 1
    assert "and 2 more" in received.problems[0].sentence


def test_group_ids_tell_partners_behind_one_van_apart(
    receive: Receive, agree: Agree, network: Network, partner: TradingPartner
) -> None:
    other = TradingPartner.objects.create(tenant=network.tenant, key="annan", name="Annan AB")
    agree("856", group_sender_id="LEV-A")
    agree("856", group_sender_id="LEV-B", partner=other)
    data = written([("856", content("856"))], group_sender="LEV-B")
    (found,) = receive(data).taken
    assert found.row.partner == other
    held = receive(written([("856", content("856"))], isa=2, group_sender="LEV-C"))
    assert kinds(held) == ["unagreed"]


# --- what is refused


def test_a_set_with_errors_is_refused_and_its_neighbour_is_taken(receive: Receive, agree: Agree) -> None:
    agree("856")
    broken = [s for s in content("856") if s[0] != "BSN"]
    received = receive(written([("856", broken), ("856", content("856"))]))
    assert [s.row.intake for s in received.interchanges[0].sets] == [Intake.REFUSED, Intake.TAKEN]
    assert kinds(received) == ["refused"]
    row = received.interchanges[0].sets[0].row
    row.refresh_from_db()
    assert row.error_count == 1
    assert row.findings[0]["code"] == "mandatory-missing"
    assert "BSN" in received.problems[0].sentence


def test_a_partner_s_guide_refuses_what_the_standard_allows(receive: Receive, agree: Agree) -> None:
    agree("856", guide={"segments": [{"path": "REF", "required": True}]})
    received = receive(one("856"))
    assert kinds(received) == ["refused"]
    assert "REF" in received.problems[0].sentence


def test_a_broken_envelope_refuses_all_of_it(receive: Receive, agree: Agree) -> None:
    agree("856")
    data = one("856").replace(b"260504*0730", b"269904*0730", 1)  # ISA09 is no date
    received = receive(data)
    assert [s.row.intake for s in received.interchanges[0].sets] == [Intake.REFUSED]
    assert kinds(received) == ["refused"]
    assert received.interchanges[0].row.error_count == 1


def test_a_cut_off_interchange_keeps_its_bytes_and_is_refused(receive: Receive, agree: Agree) -> None:
    agree("856")
    data = one("856")[:-40]
    received = receive(data)
    assert received.taken == ()
    assert received.interchanges[0].row.text == data.rstrip()
    assert kinds(received) == ["refused"]


# --- what cannot be read


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"\xff\xfe\x00\x01", b"<xml/>", b"UNA:+.? 'UNH+1'"])
def test_what_is_no_x12_is_kept_and_listed(receive: Receive, data: bytes) -> None:
    received = receive(data)
    assert kinds(received) == ["unreadable"]
    file = ReceivedFile.objects.get()
    assert file.content == data
    assert (file.name, file.size, file.interchange_count) == ("in/a.x12", len(data), 0)
    assert file.problems == [received.problems[0].sentence]
    assert receive(data).problems == ()  # said once
    assert ReceivedFile.objects.get().times == 2


def test_a_fragment_without_isa_is_kept_and_listed(receive: Receive, agree: Agree) -> None:
    agree("856")
    data = one("856")[107:]
    received = receive(data)
    assert "no_header" in kinds(received)
    assert Interchange.objects.count() == 0
    assert received.file.content == data


def test_a_file_that_is_too_large_is_kept_but_not_read(
    receive: Receive, agree: Agree, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree("856")
    monkeypatch.setattr(receiving, "MAX_BYTES", 100)
    received = receive(one("856"))
    assert kinds(received) == ["too_large"]
    assert received.file.content == one("856")
    assert Interchange.objects.count() == 0


def test_a_file_with_too_many_interchanges_is_kept_but_not_stored(
    receive: Receive, agree: Agree, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree("856")
    monkeypatch.setattr(receiving, "MAX_INTERCHANGES", 1)
    assert kinds(receive(one("856") + one("856", isa=2))) == ["too_large"]
    assert Interchange.objects.count() == 0


# --- nothing is lost, whatever comes


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_stored_whole_or_in_parts(
    data: st.DataObject, network: Network, agree: Agree, now: dt.datetime
) -> None:
    if not Agreement.objects.exists():
        agree("856")
    whole = bytearray(one("856") + written([functional(1)], isa=2))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(whole) - 1))
        match data.draw(st.sampled_from(["change", "cut", "insert"])):
            case "change":
                whole[at] = data.draw(st.integers(0, 255))
            case "cut":
                del whole[at : at + data.draw(st.integers(1, 60))]
            case _:
                whole[at:at] = data.draw(st.binary(max_size=30))
    damaged = bytes(whole)
    received = edi.receive(network, damaged, now=now, source_name="damaged")
    kept = received.file.content
    if kept is None:
        (interchange,) = received.interchanges
        assert bytes(interchange.row.text) in damaged
        assert not damaged.replace(bytes(interchange.row.text), b"", 1).strip(b"\xef\xbb\xbf \t\r\n\v\f\x00\x1a")
    else:
        assert kept == damaged
    for interchange in received.interchanges:
        if not interchange.is_duplicate:
            assert interchange.row.sets.count() == len(interchange.examined.parsed.sets)
    said = [s for i in received.interchanges for s in i.sets if not s.is_taken]
    assert not said or received.problems


@pytest.mark.parametrize("mark", [b"ST*850*1~", one("856")[:107]])
def test_a_file_of_nothing_but_headers_is_not_read(receive: Receive, agree: Agree, mark: bytes) -> None:
    agree("856")
    data = mark * (receiving.MAX_BYTES // len(mark))
    received = receive(data)
    assert kinds(received) == ["too_large"]
    assert received.file.content == data

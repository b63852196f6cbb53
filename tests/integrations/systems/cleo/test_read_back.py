"""Looking at a simulated Cleo whether a file arrived."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.http.errors import Transient
from integrations.models import Connection
from integrations.systems.cleo.partner_sink import Partners
from integrations.systems.cleo.sinks import Files
from integrations.systems.cleo.spec import SYSTEM
from integrations.systems.contract import Applied, CannotTell, Delivered, NotApplied
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.cleo.uploading import BODY, FOLDER, NAME, asked, doubtful, outgoing, sent, sink_of


def test_evidence_finds_what_arrived(sink: Files, cleo: Served) -> None:
    doubtful(sink, cleo, "timeout_after")
    found = sink.evidence(outgoing())
    assert isinstance(found, Applied)
    assert f"Folder {FOLDER} holds {NAME}, {len(BODY)} bytes" in found.proof
    assert "size and content" in found.proof
    assert sink.client.download(found.target_id) == BODY


def test_evidence_says_when_nothing_arrived(sink: Files, cleo: Served) -> None:
    doubtful(sink, cleo, "reset")
    found = sink.evidence(outgoing())
    assert isinstance(found, NotApplied)
    assert NAME in found.proof


@pytest.mark.parametrize("stay", [True, False])
def test_a_file_that_was_taken_away_is_known_by_the_audit_log(
    connect: Callable[..., Connection], cleo: Served, stay: bool
) -> None:
    """Also where the setting says that files stay, and a Data Flow takes them away all the same."""
    cleo.options(pickup_seconds=1)
    sink = sink_of(connect(files_stay=stay, page_size=2))
    assert isinstance(sent(sink, outgoing(meta={"name": f"1_{NAME}"})), Delivered)
    doubtful(sink, cleo, "timeout_after")
    assert isinstance(sent(sink, outgoing(meta={"name": f"2_{NAME}"})), Delivered)
    cleo.advance(60)
    found = sink.evidence(outgoing())
    assert isinstance(found, Applied), found
    assert f"{FOLDER}/{NAME} was uploaded" in found.proof
    assert found.target_id == f"{FOLDER}/{NAME}".strip("/")


def test_words_of_the_log_that_nobody_knows_decide_nothing(connect: Callable[..., Connection], cleo: Served) -> None:
    cleo.options(pickup_seconds=1)
    for stay in (True, False):
        sink = sink_of(connect(files_stay=stay, stored_events=["stored"]))
        doubtful(sink, cleo, "timeout_after", outgoing(meta={"name": f"{stay}_{NAME}"}))
        cleo.advance(60)
        found = sink.evidence(outgoing(meta={"name": f"{stay}_{NAME}"}))
        assert isinstance(found, CannotTell), found
        assert "was uploaded" in found.reason


def test_a_file_that_may_have_been_taken_away_decides_nothing_without_a_log(
    connect: Callable[..., Connection], cleo: Served
) -> None:
    cleo.options(pickup_seconds=1)
    sink = sink_of(connect(files_stay=False))
    doubtful(sink, cleo, "timeout_after")
    cleo.advance(60)
    cleo.fault(method="GET", path_regex="/events$", fault="403", times=1)
    found = sink.evidence(outgoing())
    assert isinstance(found, CannotTell)
    assert "taken away" in found.reason


def test_a_log_that_cannot_be_asked_now_is_asked_again(connect: Callable[..., Connection], cleo: Served) -> None:
    sink = sink_of(connect(files_stay=False))
    cleo.fault(method="GET", path_regex="/events$", fault="503", times=1)
    with pytest.raises(Transient):
        sink.evidence(outgoing())


PARTNER_FILE = b'{"format": "trading-partner/1", "partner": "SUP50001T", "supplierNumber": "50001"}'


@pytest.mark.parametrize("there", [True, False])
def test_a_partner_file_that_is_gone_is_never_sent_again_by_itself(
    connect: Callable[..., Connection], cleo: Served, there: bool
) -> None:
    """Cleo takes partner files in, whatever the setting says of documents: the log knows, or a person."""
    cleo.options(pickup_seconds=1)
    connection = connect(partner_data="files", files_stay=True)
    sink = Partners(connection, SYSTEM.session(connection))
    meta = {"folder": "/SUP50001/upload/partners", "name": "partner_SUP50001T_1.json", "aliases": []}
    item = outgoing(body=PARTNER_FILE, meta=meta)
    doubtful(sink, cleo, "timeout_after" if there else "timeout_before", item)
    cleo.advance(60)
    found = sink.evidence(item)
    assert isinstance(found, Applied if there else CannotTell), found


def test_a_file_with_another_size_is_left_to_a_person(sink: Files, cleo: Served) -> None:
    assert isinstance(sent(sink, outgoing(body=BODY + b"more")), Delivered)
    found = sink.evidence(outgoing())
    assert isinstance(found, CannotTell)
    assert f"{len(BODY) + 4} bytes" in found.reason


def test_a_short_file_may_still_grow(sink: Files, cleo: Served) -> None:
    assert isinstance(sent(sink, outgoing(body=BODY[:10])), Delivered)
    with pytest.raises(Transient, match="still writing"):
        sink.evidence(outgoing())
    cleo.advance(600)
    assert isinstance(sink.evidence(outgoing()), CannotTell)


def test_content_is_compared_where_it_may_be(sink: Files, cleo: Served) -> None:
    other = BODY.replace(b"000000012", b"000000013")
    assert isinstance(sent(sink, outgoing(body=other)), Delivered)
    assert isinstance(sink.evidence(outgoing()), CannotTell)


@pytest.mark.parametrize("fault", ["403", "404"])
def test_without_the_right_to_download_name_and_size_decide(sink: Files, cleo: Served, fault: str) -> None:
    assert isinstance(sent(sink), Delivered)
    cleo.fault(method="GET", path_regex="/content$", fault=fault, times=1)
    found = sink.evidence(outgoing())
    assert isinstance(found, Applied)
    assert "not compared" in found.proof


def test_comparing_can_be_switched_off(connect: Callable[..., Connection], cleo: Served) -> None:
    sink = sink_of(connect(compare_content=False))
    assert isinstance(sent(sink), Delivered)
    assert isinstance(sink.evidence(outgoing()), Applied)
    assert asked(cleo, "GET", "/content") == []


def test_a_folder_that_is_gone_decides_nothing(sink: Files) -> None:
    assert isinstance(sink.evidence(outgoing(meta={"folder": "/nowhere"})), CannotTell)


def test_long_folders_are_read_to_their_end(connect: Callable[..., Connection], cleo: Served) -> None:
    sink = sink_of(connect(page_size=3))
    names = [f"{n:02d}.x12" for n in range(8)]
    for name in names:
        assert isinstance(sent(sink, outgoing(meta={"name": name})), Delivered)
    assert isinstance(sink.evidence(outgoing(meta={"name": "07.x12"})), Applied)
    in_one_page = sink_of(connect(page_size=1000)).client.folders()
    assert sink.client.folders() == in_one_page
    assert len(in_one_page) > 3

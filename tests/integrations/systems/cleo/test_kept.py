"""What is remembered of a mailbox: it saves calls, and being out of date does no harm."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.http.errors import NotFound, Transient
from integrations.models import Connection
from integrations.systems.cleo.kept import SECONDS, kept
from integrations.systems.contract import Delivered
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.cleo.test_inbox import arrives, inbox, looked
from tests.integrations.systems.cleo.uploading import FOLDER, NAME, asked, outgoing, sent, sink_of, uploads

DOWNLOADS = "/SUP50001/download/855"


def listings(cleo: Served) -> int:
    """How often the folders were asked for, whatever page."""
    return len([e for e in asked(cleo, "GET", "/api/folders") if e["path"].endswith("/api/folders")])


def test_the_folders_are_asked_for_once_for_all_sessions(connect: Callable[..., Connection], cleo: Served) -> None:
    connection = connect(page_size=1000)
    for number in range(3):
        assert isinstance(sent(sink_of(connection), outgoing(meta={"name": f"{number}_{NAME}"})), Delivered)
    looked(inbox(connection))
    assert listings(cleo) == 1


def test_other_settings_are_another_mailbox(connect: Callable[..., Connection], cleo: Served) -> None:
    connection = connect(page_size=1000)
    sink_of(connection).client.folders()
    connection.save()
    sink_of(connection).client.folders()
    assert listings(cleo) == 2


def test_it_is_forgotten_after_some_minutes(
    connect: Callable[..., Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect()
    moment = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: moment)
    assert kept(connection, "x", lambda: 1) == 1
    moment += SECONDS - 1
    assert kept(connection, "x", lambda: 2) == 1
    moment += 2
    assert kept(connection, "x", lambda: 3) == 3


def test_a_folder_that_was_made_anew_is_found_at_the_next_try(connect: Callable[..., Connection], cleo: Served) -> None:
    """An upload into the folder that is gone was not applied: it is tried again, into the one that is there."""
    sink = sink_of(connect())
    sink.client.folders()
    cleo.mutate("folders", {"id": "made-anew"}, key=FOLDER)
    effect = sent(sink)
    assert isinstance(effect, Transient), effect
    assert "was just removed, or made anew" in effect.sentence
    assert isinstance(sent(sink), Delivered)
    assert [e["status"] for e in uploads(cleo)] == [404, 201]


def test_a_folder_that_is_gone_stops_no_other(connect: Callable[..., Connection], cleo: Served) -> None:
    cleo.options(half_written_every=0)
    source = inbox(connect(quiet_seconds=0, download_folders=[DOWNLOADS, "/SUP50003/download/855"]))
    assert looked(source) == []
    cleo.mutate("folders", {"id": "made-anew"}, key=DOWNLOADS)
    arrives(cleo, kinds="855", partner="SUP50003")
    arrives(cleo, kinds="855", partner="SUP50001")
    assert [item.source_id.partition("/")[0] for item in looked(source)] == ["SUP50003"]
    assert [item.source_id.partition("/")[0] for item in looked(source)] == ["SUP50001"]


def test_a_listing_that_is_not_found_though_the_folder_is_there_is_said(
    connect: Callable[..., Connection], cleo: Served
) -> None:
    """The address of the setting is wrong: nothing is taken for empty."""
    source = inbox(connect(quiet_seconds=0, files_path="/api/folders/{folder_id}/wrong", download_folders=[DOWNLOADS]))
    with pytest.raises(NotFound):
        looked(source)

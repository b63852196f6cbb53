"""Signing in and uploading to a simulated Cleo over HTTP."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Callable

import pytest
from django.utils import timezone

from integrations.http.errors import ConfigError, Conflict, NotFound, Paused, RateLimited, Rejected, Transient, Unknown
from integrations.http.session import Response
from integrations.models import AccessToken, Breaker, Connection
from integrations.systems.cleo.client import Client
from integrations.systems.cleo.sinks import Files
from integrations.systems.cleo.spec import SYSTEM
from integrations.systems.contract import Applied, Delivered
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.cleo.uploading import BODY, FOLDER, NAME, asked, outgoing, sent, sink_of, uploads

# --- signing in ---


def test_one_login_serves_many_calls(sink: Files, cleo: Served) -> None:
    batch = [outgoing(meta={"name": f"{n}_{NAME}"}) for n in range(3)]
    assert all(isinstance(e, Delivered) for e in sink.apply_many(batch))
    assert len(asked(cleo, "POST", "/api/authentication")) == 1
    assert len(asked(cleo, "GET", "/api/folders")) == len({str(e["query"]) for e in asked(cleo, "GET", "/api/folders")})


def test_a_token_that_ended_is_replaced_once(sink: Files, cleo: Served) -> None:
    cleo.options(token_lifetime=30, expires_in=False)
    assert isinstance(sent(sink), Delivered)
    cleo.advance(60)
    assert isinstance(sent(sink, outgoing(meta={"name": f"2_{NAME}"})), Delivered)
    assert len(asked(cleo, "POST", "/api/authentication")) == 2


def test_a_stated_lifetime_is_kept_to(sink: Files, cleo: Served) -> None:
    assert isinstance(sent(sink), Delivered)
    token = AccessToken.objects.get()
    assert token.expires_at is not None
    assert dt.timedelta(minutes=55) < token.expires_at - timezone.now() < dt.timedelta(minutes=61)


def test_a_token_that_is_never_taken_ends_in_a_pause(sink: Files, cleo: Served) -> None:
    cleo.fault(method="GET", path_regex="/api/folders", fault="401", times=50)
    sent(sink)
    assert isinstance(sent(sink), Paused)
    assert len(asked(cleo, "POST", "/api/authentication")) == 2


@pytest.mark.parametrize(
    ("changes", "said", "remedy"),
    [
        ({"password": "wrong-password"}, "Invalid username or password", "Check user name and password"),
        ({"username": "sftp-only-se"}, "Portal permission", "enable 'Cleo Portal'"),
        ({"username": "expired-se"}, "expired", "Set a new password"),
    ],
)
def test_a_refused_login_is_not_tried_again(
    connect: Callable[..., Connection], cleo: Served, changes: dict[str, str], said: str, remedy: str
) -> None:
    connection = connect(**changes)
    effects = sink_of(connection).apply_many([outgoing()] * 4)
    assert isinstance(effects[0], ConfigError)
    assert said in effects[0].sentence
    assert remedy in effects[0].remedy
    assert "wrong-password" not in effects[0].sentence + effects[0].technical
    assert all(isinstance(e, Paused) for e in effects[1:])
    assert len(asked(cleo, "POST", "/api/authentication")) == 1
    breaker = Breaker.objects.get(connection=connection)
    assert breaker.openings == 1


@pytest.mark.parametrize("status", [400, 403])
def test_a_wrong_password_is_known_by_any_status(connect: Callable[..., Connection], cleo: Served, status: int) -> None:
    cleo.options(login_error_status=status)
    effects = sink_of(connect(password="wrong-password")).apply_many([outgoing()] * 2)
    assert isinstance(effects[0], ConfigError)
    assert isinstance(effects[1], Paused)


def test_the_password_is_not_recorded(connection: Connection) -> None:
    session = SYSTEM.session(connection)
    sent(Files(connection, session))
    said = session.take_exchanges()
    logins = [e for e in said if e.login]
    assert len(logins) == 1
    token = AccessToken.objects.get().token
    for exchange in said:
        kept = f"{exchange.url} {exchange.request_headers} {exchange.request_body!r} {exchange.response_body!r}"
        assert "Sandbox-Cleo-1" not in kept
        assert token not in kept


@pytest.mark.parametrize("missing", ["base_url", "username", "password"])
def test_what_is_required_must_be_there(connect: Callable[..., Connection], missing: str) -> None:
    with pytest.raises(ConfigError, match="has no"):
        SYSTEM.session(connect(**{missing: ""}))


# --- uploading ---


def test_a_file_is_stored_as_it_is(sink: Files, cleo: Served) -> None:
    effect = sent(sink)
    assert isinstance(effect, Delivered), effect
    [row] = [r for r in cleo.rows("files") if r["key"] == f"{FOLDER}/{NAME}"]
    assert row["body"]["size"] == len(BODY)
    assert sink.client.download(effect.target_id) == BODY
    assert effect.status == {"file": NAME, "folder": FOLDER, "bytes": len(BODY)}
    assert not sink.confirms.later


@pytest.mark.parametrize("folder", [FOLDER, "SUP50001/upload/850", "SUP50001\\upload\\850\\"])
def test_folders_are_named_by_path(sink: Files, folder: str) -> None:
    assert isinstance(sent(sink, outgoing(meta={"folder": folder})), Delivered)


def test_folders_are_named_by_id_too(sink: Files, client: Client) -> None:
    [folder] = [f for f in client.folders() if f.path == FOLDER]
    assert isinstance(sent(sink, outgoing(meta={"folder": folder.id})), Delivered)


@pytest.mark.parametrize(
    ("folder", "said", "remedy"),
    [
        ("/nowhere", "no folder '/nowhere'", "Folders for uploads: /SUP50001/upload"),
        ("850", "names", "whole path"),
        ("/SUP50001/download/855", "is for downloads", "Name an upload folder"),
    ],
)
def test_a_folder_that_cannot_be_used(sink: Files, cleo: Served, folder: str, said: str, remedy: str) -> None:
    effect = sent(sink, outgoing(meta={"folder": folder}))
    assert isinstance(effect, Rejected)
    assert said in effect.sentence
    assert remedy in effect.remedy
    assert uploads(cleo) == []


def test_the_default_folder_serves_agreements_without_one(connect: Callable[..., Connection]) -> None:
    assert isinstance(sent(sink_of(connect(upload_folder=FOLDER)), outgoing(meta={"folder": ""})), Delivered)


def test_a_refused_name_concerns_this_file_only(sink: Files, cleo: Served) -> None:
    cleo.mutate("folders", {"allowedFileTypes": r".*\.edi"}, key=FOLDER)
    effect = sent(sink)
    assert isinstance(effect, Rejected), effect
    assert "Allowed File Types" in effect.remedy
    assert isinstance(sent(sink, outgoing(meta={"name": "1.edi"})), Delivered)


def test_a_refused_content_type_concerns_the_files(connect: Callable[..., Connection]) -> None:
    effect = sent(sink_of(connect(upload_content_type="text/plain")))
    assert isinstance(effect, Rejected)
    assert "Content-Type" in effect.sentence


def test_our_own_earlier_upload_is_delivered(sink: Files, cleo: Served) -> None:
    first, again = sent(sink), sent(sink)
    assert isinstance(again, Delivered)
    assert again.target_id == first.target_id
    assert len(uploads(cleo)) == 2
    assert len([r for r in cleo.rows("files") if r["key"].endswith(NAME)]) == 1


@pytest.mark.parametrize("other", [BODY.replace(b"500001", b"500002").replace(b"261120", b"261121"), BODY + b"x"])
def test_a_strangers_file_is_not_overwritten(sink: Files, cleo: Served, other: bytes) -> None:
    assert isinstance(sent(sink, outgoing(body=other)), Delivered)
    effect = sent(sink)
    assert isinstance(effect, Rejected)
    assert "already holds a file" in effect.sentence
    assert "control number" in effect.remedy


def test_a_taken_name_of_a_file_that_is_not_listed_is_said_as_it_is(sink: Files, cleo: Served) -> None:
    """Not as a file with other content: nobody would find it."""
    cleo.fault(method="POST", path_regex="/files$", fault="409", times=1)
    effect = sent(sink)
    assert isinstance(effect, Rejected)
    assert "lists no such file" in effect.sentence
    assert effect.status == 409
    assert isinstance(sent(sink), Delivered)


def test_a_conflict_elsewhere_is_not_said_to_be_a_change_by_somebody(sink: Files, cleo: Served) -> None:
    cleo.fault(method="GET", path_regex="/folders$", fault="409", times=1)
    effect = sent(sink)
    assert isinstance(effect, Conflict)
    assert "somebody else" not in effect.sentence
    assert "Cleo refused it" in effect.sentence


def test_a_file_that_is_still_written_is_waited_for(sink: Files) -> None:
    assert isinstance(sent(sink, outgoing(body=BODY[:10])), Delivered)
    assert isinstance(sent(sink), Transient)


@pytest.mark.parametrize("retry_after", [None, 7])
def test_too_many_calls(sink: Files, cleo: Served, retry_after: int | None) -> None:
    cleo.fault(method="POST", path_regex="/files$", fault="429", times=1, retry_after=retry_after)
    first, second = sink.apply_many([outgoing(), outgoing()])
    assert isinstance(first, RateLimited)
    assert isinstance(second, RateLimited)
    wait = first.retry_at - timezone.now()
    assert dt.timedelta(seconds=(retry_after or 60) - 3) < wait <= dt.timedelta(seconds=retry_after or 60)
    assert len(uploads(cleo)) == 1


@pytest.mark.parametrize(
    "fault", ["timeout_before", "timeout_after", "reset", "reset_after", "500", "503html", "malformed"]
)
def test_an_upload_without_a_clear_answer_is_in_doubt(sink: Files, cleo: Served, fault: str) -> None:
    sink.client.folders()
    cleo.fault(method="POST", path_regex="/files$", fault=fault, times=1)
    effect = sent(sink)
    assert isinstance(effect, Unknown), effect


@pytest.mark.parametrize(
    ("status", "body", "confirmed"),
    [(201, b"", True), (201, b"{}", True), (200, b'{"id": "x"}', True), (200, b"", False), (200, b"<html>", False)],
)
def test_a_page_is_no_confirmation(
    client: Client, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, confirmed: bool
) -> None:
    """Where an address is wrong, a web server may answer any upload with its front page."""
    answer = Response(status, {}, body, "https://x/upload")
    monkeypatch.setattr(client.session, "request", lambda *args, **how: answer)
    with contextlib.nullcontext() if confirmed else pytest.raises(Unknown):
        client.upload("folder", NAME, BODY)


def test_addresses_are_settings(connect: Callable[..., Connection], cleo: Served) -> None:
    cleo.options(list_paths="moved")
    assert isinstance(sent(sink_of(connect())), Rejected)
    paths = {
        "folders_path": "/api/portal/folders",
        "files_path": "/api/portal/folders/{folder_id}/files",
        "upload_path": "/api/portal/folders/{folder_id}/files?name={file_name}",
        "download_path": "/api/portal/files/{file_id}/content",
    }
    sink = sink_of(connect(**paths))
    assert isinstance(sent(sink), Delivered)
    assert isinstance(sink.evidence(outgoing()), Applied)


def test_an_address_with_a_wrong_placeholder_is_named(connect: Callable[..., Connection]) -> None:
    effect = sent(sink_of(connect(upload_path="/api/folders/{folder}/files")))
    assert isinstance(effect, ConfigError)
    assert "/api/folders/{folder}/files" in effect.sentence
    assert "{folder_id}, {file_name}" in effect.remedy


# --- reading and removing ---


def test_a_file_is_removed(sink: Files, client: Client) -> None:
    effect = sent(sink)
    client.remove(effect.target_id)
    with pytest.raises(NotFound):
        client.remove(effect.target_id)


def test_nothing_secret_is_logged(connection: Connection, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        sent(sink_of(connection))
    assert "Sandbox-Cleo-1" not in caplog.text

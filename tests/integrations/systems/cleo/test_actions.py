"""An action of Cleo that runs after an upload."""

from __future__ import annotations

from typing import Any

from integrations.http.errors import Rejected, Unknown
from integrations.models import Breaker
from integrations.systems.cleo.sinks import Files
from integrations.systems.contract import CannotTell, Delivered, NotApplied, Outgoing
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.cleo.uploading import asked, outgoing, sent, uploads

ACTION = "send-SUP50001"


def with_action(name: str = ACTION) -> Outgoing:
    return outgoing(meta={"action": name})


def runs(cleo: Served) -> list[dict[str, Any]]:
    return asked(cleo, "POST", "/run")


def test_it_runs_once_after_the_upload(sink: Files, cleo: Served) -> None:
    effect = sent(sink, with_action())
    assert isinstance(effect, Delivered)
    assert effect.status["action"] == f"{ACTION}: success"
    assert (len(uploads(cleo)), len(runs(cleo))) == (1, 1)


def test_without_one_nothing_runs(sink: Files, cleo: Served) -> None:
    assert isinstance(sent(sink), Delivered)
    assert not runs(cleo)


def test_one_that_is_not_there_uploads_nothing(sink: Files, cleo: Served) -> None:
    effect = sent(sink, with_action("send-NOBODY"))
    assert isinstance(effect, Rejected)
    assert "send-NOBODY" in effect.sentence
    assert not uploads(cleo)


def test_a_result_other_than_success_fails_with_its_messages_and_a_replay_uploads_no_second_file(
    sink: Files, cleo: Served
) -> None:
    cleo.options(action_failures=[ACTION])
    effect = sent(sink, with_action())
    assert isinstance(effect, Rejected)
    assert ACTION in effect.sentence
    cleo.options(action_failures=[])
    again = sent(sink, with_action())
    assert isinstance(again, Delivered)
    assert len(runs(cleo)) == 2
    assert len([u for u in uploads(cleo) if u["status"] == 201]) == 1


def test_a_doubtful_run_is_never_repeated_by_itself(sink: Files, cleo: Served) -> None:
    cleo.fault(method="POST", path_regex="/run$", fault="timeout_after", times=1)
    assert isinstance(sent(sink, with_action()), Unknown)
    Breaker.objects.update(position=Breaker.Position.CLOSED)
    found = sink.evidence(with_action())
    assert isinstance(found, CannotTell)
    assert ACTION in found.reason
    assert len(runs(cleo)) == 1


def test_a_doubtful_upload_that_did_not_arrive_is_told_from_it(sink: Files, cleo: Served) -> None:
    cleo.fault(method="POST", path_regex="/files$", fault="timeout_before", times=1)
    assert isinstance(sent(sink, with_action()), Unknown)
    Breaker.objects.update(position=Breaker.Position.CLOSED)
    assert isinstance(sink.evidence(with_action()), NotApplied)
    assert not runs(cleo)


def test_after_a_failed_run_nothing_is_uploaded_again_even_where_the_file_was_taken_away(
    sink: Files, cleo: Served
) -> None:
    """The Data Flow has taken the file: a second one of the same name would be processed as well."""
    cleo.options(action_failures=[ACTION], overwrite="overwrite")
    failed = sent(sink, with_action())
    assert isinstance(failed, Rejected)
    assert failed.progress["uploaded"]
    cleo.options(action_failures=[])
    again = sent(sink, outgoing(meta={"action": ACTION, "progress": failed.progress}))
    assert isinstance(again, Delivered)
    assert (again.target_id, again.status["action"]) == (failed.progress["uploaded"], f"{ACTION}: success")
    assert (len(uploads(cleo)), len(runs(cleo))) == (1, 2)


def test_a_doubtful_run_remembers_the_upload_too(sink: Files, cleo: Served) -> None:
    cleo.fault(method="POST", path_regex="/run$", fault="reset_after", times=1)
    doubtful = sent(sink, with_action())
    assert isinstance(doubtful, Unknown)
    assert doubtful.progress["uploaded"]

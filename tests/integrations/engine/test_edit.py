"""Edit and replay: the difference is kept, checked before anything is made, and never of an older version."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest

from integrations.engine.edit import NotNewest, edit_and_replay, editable
from integrations.engine.replay import ReplayRefused, reopen
from integrations.flows.contract import Job, Nothing, Prepared
from integrations.http.errors import Rejected
from integrations.models import Delivery, DocumentEdit, State
from integrations.systems.contract import Unmappable
from portal.audit.models import AuditEvent
from portal.common.installation import release
from portal.tenants.models import User
from tests.support.harness import Engine, killed_at
from tests.support.pair import NOON, item, prepared

HOUR = dt.timedelta(hours=1)
WANTED = {"text": "1: corrected, Open"}


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("asa", "asa@people.example", "correct horse 9")


def failed(engine: Engine) -> Delivery:
    engine.pair.effects = [Rejected("It has no number.")]
    engine.read([item("1")])
    return engine.deliver()


def test_rule_22_the_edit_is_a_new_delivery_with_the_difference_kept(engine: Engine, person: User) -> None:
    original = failed(engine)
    assert editable(original.pk).document == {"text": "1: first, Open"}
    copy = edit_and_replay(original.pk, document=WANTED, actor=person, reason="the number was missing")
    assert (copy.replays_id, copy.state) == (original.pk, State.PENDING)
    assert copy.operation_key != original.operation_key
    row = DocumentEdit.objects.get()
    assert (row.original_id, row.made_by, row.reason, row.release) == (
        original.pk,
        person,
        "the number was missing",
        release(),
    )
    assert row.patch == [
        {"op": "test", "path": "/text", "value": "1: first, Open"},
        {"op": "replace", "path": "/text", "value": "1: corrected, Open"},
    ]
    assert row.document == "Paper"
    done = engine.deliver()
    assert (done.pk, done.state) == (copy.pk, State.DELIVERED)
    assert engine.pair.there[-1].body == b"original: 1: corrected, Open"
    assert bytes(engine.records("1")[0].payload.data or b"") == b"1: first, Open", "raw is the truth"
    line = AuditEvent.objects.get(action="delivery.edited")
    assert line.actor == person
    assert "/text" in line.summary
    assert "corrected" not in line.summary, "values may be people's"
    assert [d.state for d in engine.deliveries()] == [State.SUPERSEDED, State.DELIVERED]


def test_what_was_delivered_is_edited_as_a_new_version(engine: Engine) -> None:
    (original,) = engine.send(item("1"))
    edit_and_replay(original.pk, document=WANTED, actor=None, reason="wrong text")
    assert engine.deliver().purpose == "replace"
    engine.send(item("1", "second", at=NOON + HOUR))
    assert engine.pair.there[-1].body == b"replace: 1: second, Open", "the source's next version is not edited"


def test_a_patch_says_the_same_as_the_whole_document(engine: Engine) -> None:
    original = failed(engine)
    patch = [{"op": "replace", "path": "/text", "value": WANTED["text"]}, {"op": "add", "path": "/copies", "value": 2}]
    edit_and_replay(original.pk, patch=patch, actor=None, reason="two copies")
    steps = DocumentEdit.objects.get().patch
    assert [s["op"] for s in steps] == ["test", "replace", "add"], "what stood there is tested, whatever was given"


def test_an_edit_stays_through_retries_and_is_edited_on(engine: Engine) -> None:
    original = failed(engine)
    copy = edit_and_replay(original.pk, document=WANTED, actor=None, reason="first")
    engine.pair.effects = [Rejected("Still not.")]
    engine.deliver()
    reopen(copy.pk, actor=None, content="current")
    engine.pair.effects = [Rejected("Nor now.")]
    engine.deliver()
    assert engine.pair.sent[-1].body == b"original: 1: corrected, Open"
    assert editable(copy.pk).document == WANTED
    again = edit_and_replay(copy.pk, document={**WANTED, "copies": 3}, actor=None, reason="second")
    row = DocumentEdit.objects.get(original=copy)
    assert {s["path"] for s in row.patch} == {"/text", "/copies"}, "both edits, as one difference from the record"
    assert engine.deliver().pk == again.pk


def test_rule_22_editing_an_older_version_is_refused_and_both_are_shown(engine: Engine) -> None:
    (original,) = engine.send(item("1"))
    engine.send(item("1", "second", at=NOON + HOUR))
    with pytest.raises(NotNewest, match="newer version") as refused:
        edit_and_replay(original.pk, document=WANTED, actor=None, reason="now")
    assert refused.value.this == {"text": "1: first, Open"}
    assert refused.value.that == {"text": "1: second, Open"}
    assert refused.value.differs == ["/text"]
    assert not DocumentEdit.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"text": 7}, "no Paper any more"),
        ({"words": "x"}, "no Paper any more"),
        ({"text": "1: first, Open"}, "the same as before"),
        ({"text": "unsendable"}, "cannot be sent: Paper 1 has no date. Give it one."),
        ({"text": "nowhere"}, "would not be sent: Not on this network."),
    ],
)
def test_what_could_not_be_sent_is_refused_and_nothing_is_made(
    engine: Engine, wanted: dict[str, object], said: str
) -> None:
    original = failed(engine)

    def prepare(job: Job) -> Prepared:
        done = prepared(job)
        text = getattr(getattr(done, "document", None), "text", "")
        if text == "unsendable":
            raise Unmappable("Paper 1 has no date.", remedy="Give it one.")
        return Nothing("Not on this network.") if text == "nowhere" else done

    engine.pair.prepare = prepare
    with pytest.raises(ReplayRefused, match=said.replace(".", r"\.")):
        edit_and_replay(original.pk, document=wanted, actor=None, reason="now")
    assert not DocumentEdit.objects.exists()
    assert engine.states() == [("1", State.FAILED)]


def test_why_is_asked_and_what_is_under_way_is_left_alone(engine: Engine) -> None:
    original = failed(engine)
    with pytest.raises(ReplayRefused, match="Say why"):
        edit_and_replay(original.pk, document=WANTED, actor=None, reason=" ")
    Delivery.objects.update(state=State.IN_DOUBT)
    with pytest.raises(ReplayRefused, match="wait until that is settled"):
        edit_and_replay(original.pk, document=WANTED, actor=None, reason="now")


def test_a_flow_without_editable_documents_says_so(engine: Engine) -> None:
    original = failed(engine)
    engine.pair.prepare = lambda job: prepared(Job(**{n: getattr(job, n) for n in job.__slots__} | {"edit": None}))
    with pytest.raises(ReplayRefused, match="cannot be edited here"):
        editable(original.pk)


def test_rule_25_an_edit_of_another_schema_fails_with_a_sentence_and_sends_nothing(engine: Engine) -> None:
    original = failed(engine)
    edit_and_replay(original.pk, document=WANTED, actor=None, reason="now")
    DocumentEdit.objects.update(schema="0" * 64, touched={"/text": "1" * 64}, release="0.0.9")
    sent = len(engine.pair.sent)
    done = engine.deliver()
    assert (done.state, len(engine.pair.sent)) == (State.FAILED, sent)
    assert done.reason == "The edit was made with release 0.0.9; this release understands /text of a Paper otherwise."
    assert done.issue is not None
    assert "make the edit again" in done.issue.remedy
    assert editable(done.pk).document == {"text": "1: first, Open"}, "one begins with the document as it is"


def test_killed_anywhere_all_of_it_is_there_or_nothing(engine: Engine) -> None:
    for number in range(1, 100):
        engine.pair.effects = [Rejected("No.")]
        engine.read([item(str(number))])
        original = engine.deliver()
        work = partial(edit_and_replay, original.pk, document=WANTED, actor=None, reason="now")
        killed = killed_at(number, work)
        original.refresh_from_db()
        made = original.replayed_by.count(), original.edits.count(), original.state == State.SUPERSEDED
        assert made in ((0, 0, False), (1, 1, True))
        engine.deliver_all()
        if not killed:
            return
    raise AssertionError("an edit takes fewer statements")

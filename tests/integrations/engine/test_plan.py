"""A dry run: says what would be sent, and leaves no trace anywhere."""

from __future__ import annotations

import datetime as dt

from integrations.engine.plan import dry_run
from integrations.flows.contract import Job, Nothing, Prepared
from integrations.http.errors import Transient
from integrations.models import Delivery, Feed, Record, Run
from integrations.systems.contract import Unmappable
from portal.audit.models import AuditEvent
from tests.support.harness import Engine
from tests.support.pair import NOON, item, prepared

HOUR = dt.timedelta(hours=1)


def test_every_action_has_its_word(engine: Engine) -> None:
    engine.send(item("replaced"), item("gone"), item("same"))

    def prepare(job: Job) -> Prepared:
        if job.business_number == "bad":
            raise Unmappable("Paper bad has no date.", remedy="Give it one.")
        if job.business_number == "nowhere":
            return Nothing("Not on this network.")
        return prepared(job)

    engine.pair.prepare = prepare
    engine.pair.pages = [
        [item("replaced", "second", at=NOON + HOUR), item("gone", status="Cancelled", at=NOON + HOUR), item("same")],
        [item("new"), item("held", status="Hold"), item("bad"), item("nowhere")],
    ]
    planned = {p.business_number: p.action for p in dry_run(engine.flow())}
    assert planned == {
        "replaced": "replace",
        "gone": "cancellation",
        "same": "nothing",
        "new": "create",
        "held": "not_yet",
        "bad": "refused",
        "nowhere": "nothing",
    }
    words = {p.business_number: p.what for p in dry_run(engine.flow())}
    assert words["bad"] == "Paper bad has no date. Give it one."
    assert words["nowhere"] == "Not on this network."


def test_it_leaves_no_trace(engine: Engine) -> None:
    engine.read([item("1")])
    engine.pair.pages = [[item("1", "second", at=NOON + HOUR), item("2")]]

    def trace() -> list[object]:
        counts = [m.objects.count() for m in (Record, Delivery, Run, AuditEvent)]
        return [*counts, *Feed.objects.values_list("read_until", "fence", "due_at", "lease_until")]

    before = trace()
    assert len(dry_run(engine.flow())) == 2
    assert trace() == before
    assert engine.pair.sent == []
    assert engine.pair.confirmed == ["1"]


def test_a_source_that_cannot_be_read_says_so(engine: Engine) -> None:
    engine.pair.pages = [Transient("It is down.")]
    (planned,) = dry_run(engine.flow())
    assert (planned.action, planned.what) == ("refused", "The source cannot be read: It is down.")
    assert planned.as_json()["flow"] == "ledger-exchange.papers"

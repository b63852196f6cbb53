"""What is old is taken away; hashes, numbers and tries stay, and whatever is still needed."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from django.db import connection

from integrations.engine import replay, retention
from integrations.http.errors import Rejected
from integrations.models import Attempt, Delivery, Exchange, Payload, Record, Run, State
from integrations.tasks import tick
from portal.audit.models import AuditEvent
from portal.common.clock import db_now
from portal.common.models import Installation
from portal.tenants.models import Tenant
from tests.support.harness import Engine
from tests.support.pair import NOON, item

DAY = dt.timedelta(days=1)


def age(days: int) -> None:
    """Everything that there is happened so many days ago."""
    then = db_now() - days * DAY
    Payload.objects.update(created_at=then)
    Exchange.objects.update(started_at=then)
    Run.objects.update(started_at=then)


def exchange(engine: Engine, attempt: Attempt | None = None) -> Exchange:
    row = Exchange.objects.create(
        tenant=engine.tenant,
        connection=engine.exchange,
        method="POST",
        url="https://exchange.example/papers",
        request_body=b"a body",
        response_body=b"an answer",
        request_sha256=hashlib.sha256(b"a body").hexdigest(),
        started_at=db_now(),
        milliseconds=5,
    )
    if attempt is not None:
        attempt.exchanges.add(row)
    return row


def test_rule_21_what_is_kept_stands_encrypted_in_the_database(engine: Engine) -> None:
    """What was read and what was sent, also where the same bytes are written a second time."""
    (delivery,) = engine.send(item("1", "iban FI2112345600000785"))
    exchange(engine, delivery.attempts.get())
    replay.force(delivery.pk, actor=None, reason="once more", content="original")
    engine.deliver_all()
    assert len(engine.pair.there) == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM integrations_payload")
        kept = [bytes(row[0]) for row in cursor.fetchall()]
        cursor.execute("SELECT request_body, response_body FROM integrations_exchange")
        kept += [bytes(body) for row in cursor.fetchall() for body in row if body is not None]
    assert len(kept) >= 4
    assert not [data for data in kept for word in (b"FI2112345600000785", b"a body", b"an answer") if word in data]
    assert all(b"FI2112345600000785" in bytes(row.data or b"") for row in Payload.objects.all()), "and can be read"


def test_rule_21_bodies_are_pruned_and_hashes_stay(engine: Engine) -> None:
    (delivery,) = engine.send(item("1"))
    said = exchange(engine, delivery.attempts.get())
    record = engine.records("1")[0]
    before = record.payload.sha256
    age(91)
    done = retention.prune(engine.tenant)
    assert (done.payloads, done.exchanges) == (2, 1)
    record = Record.objects.select_related("payload").get()
    assert (record.payload.data, record.payload.sha256) == (None, before)
    assert (record.business_number, record.fingerprint) == ("1", item("1").fingerprint)
    said.refresh_from_db()
    assert (said.request_body, said.response_body, said.pruned) == (None, None, True)
    assert said.request_sha256 == hashlib.sha256(b"a body").hexdigest()
    assert delivery.attempts.get().exchanges.get() == said
    assert AuditEvent.objects.filter(action="retention.pruned").count() == 1
    assert not retention.prune(engine.tenant).anything
    assert AuditEvent.objects.filter(action="retention.pruned").count() == 1


def test_rule_21_what_an_open_delivery_needs_is_never_pruned(engine: Engine) -> None:
    engine.read([item("1"), item("2")])
    engine.pair.effects = [Rejected("No room.")]
    engine.deliver_all()
    failed = Delivery.objects.get(state=State.FAILED)
    said = exchange(engine, failed.attempts.get())
    age(1000)
    retention.prune(engine.tenant)
    failed = Delivery.objects.select_related("record__payload", "frozen").get(pk=failed.pk)
    assert failed.record.payload.data is not None
    assert failed.frozen is not None
    assert failed.frozen.data is not None
    said.refresh_from_db()
    assert not said.pruned


@pytest.mark.parametrize(
    ("kind", "days", "gone"),
    [("short", 31, True), ("standard", 31, False), ("standard", 91, True), ("long", 91, False), ("long", 401, True)],
)
def test_each_tenant_has_its_class(engine: Engine, kind: str, days: int, gone: bool) -> None:
    engine.send(item("1"))
    Tenant.objects.update(retention=kind)
    age(days)
    assert bool(retention.prune(Tenant.objects.get()).payloads) is gone


def test_runs_go_later_and_their_records_stay(engine: Engine) -> None:
    engine.send(item("1"))
    exchange(engine)
    age(181)
    done = retention.prune(engine.tenant)
    assert (done.runs, done.reads) == (1, 1)
    assert not Run.objects.exists()
    assert Record.objects.get().run_id is None
    assert Delivery.objects.get().state == State.DELIVERED


def test_a_neighbours_data_is_left_alone(engine: Engine) -> None:
    engine.send(item("1"))
    age(91)
    other = Tenant.objects.create(slug="grannen", name="Grannen")
    assert not retention.prune(other).anything
    assert Payload.objects.filter(data__isnull=False).count() == 2


def test_what_comes_again_is_whole_again(engine: Engine) -> None:
    """There and back again after its bytes were pruned: they are stored anew, and sent."""
    engine.send(item("1"))
    engine.send(item("1", "second", at=NOON + DAY))
    age(91)
    retention.prune(engine.tenant)
    engine.send(item("1", at=NOON + 2 * DAY))
    assert engine.delivery("1").state == State.DELIVERED
    assert len(engine.pair.there) == 3


def test_many_are_pruned_in_batches(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    engine.send(*[item(str(n)) for n in range(5)])
    age(91)
    assert retention.prune(engine.tenant).payloads == 10


def test_the_tick_prunes_once_an_hour(engine: Engine) -> None:
    tick()
    engine.send(item("1"))
    age(91)
    tick()
    assert not Payload.objects.filter(data__isnull=True).exists()
    Installation.objects.update(pruned_at=db_now() - 2 * retention.EVERY)
    tick()
    assert Payload.objects.filter(data__isnull=False).count() == 0


def test_under_a_legal_hold_nothing_goes_and_afterwards_it_does(engine: Engine) -> None:
    engine.send(item("1"))
    Tenant.objects.update(legal_hold="Dispute with Suukko Oy, case 7")
    age(1000)
    assert not retention.prune(Tenant.objects.get()).anything
    assert not Payload.objects.filter(data__isnull=True).exists()
    Tenant.objects.update(legal_hold="")
    assert retention.prune(Tenant.objects.get()).payloads

"""Outgoing webhooks: what is told, how it is signed, tried, given up, switched off and told again."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import itertools
import json

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection

from integrations.engine import retention
from integrations.models import Delivery, Issue, Run, State
from integrations.notices import queue, signing
from integrations.notices.gather import gather_all
from integrations.notices.models import Mail, Message, Notice, Subscriber
from integrations.services import subscribers
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import House
from tests.integrations.notices.conftest import START, Drain
from tests.support.http_server import Asked, Says, ScriptedServer

HOUR = dt.timedelta(hours=1)


def is_signed_with(secret: str, asked: Asked) -> bool:
    """As a subscriber checks it, by the words of the specification."""
    headers = {name.lower(): value for name, value in asked.headers.items()}
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + asked.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return any(part == f"v1,{wanted}" for part in headers["webhook-signature"].split())


def test_the_example_of_the_specification() -> None:
    made = signing.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        wire_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def happen(house: House) -> None:
    """One of everything that is told."""
    at = dt.datetime.now(dt.UTC)
    Delivery.objects.filter(pk=house.delivered.pk).update(since=at)
    Delivery.objects.filter(pk=house.failed.pk).update(since=at)
    Delivery.objects.filter(pk=house.in_doubt.pk).update(since=at)
    Issue.objects.filter(pk=house.issue.pk).update(
        first_seen_at=at, last_seen_at=at, resolved_at=at, status="resolved", resolution="It works again."
    )
    Run.objects.filter(pk=house.run.pk).update(outcome=Run.Outcome.FAILED, ended_at=at, problem="Visma is away.")
    type(house.sent).objects.filter(pk=house.sent.pk).update(acknowledged="accepted", verdict_noted_at=at)


def test_what_happens_is_told_once_and_signed(
    house: House, subscriber: Subscriber, listener: ScriptedServer, clock: time_machine.Traveller, drain: Drain
) -> None:
    assert gather_all() == 0, "what was there before the subscriber is not told"
    happen(house)
    clock.shift(120)
    made = gather_all()
    assert drain() == made == 6 + 1
    told = [json.loads(asked.body) for asked in listener.asked]
    assert sorted(t["type"] for t in told) == [
        "acknowledgment.received",
        "delivery.failed",
        "delivery.in_doubt",
        "document.delivered",
        "issue.opened",
        "issue.resolved",
        "run.failed",
    ]
    delivered = next(t for t in told if t["type"] == "document.delivered")
    assert delivered["data"]["business_number"] == "500124"
    assert delivered["data"]["flow"] == "visma-orderful.purchase-orders"
    assert all(is_signed_with(subscriber.secret, asked) for asked in listener.asked)
    assert not is_signed_with(signing.new_secret(), listener.asked[0])
    clock.shift(30)
    assert gather_all() == 0, "the overlap of two looks tells nothing twice"
    assert drain() == 0
    assert set(Message.objects.values_list("state", flat=True)) == {"delivered"}


def test_a_subscriber_is_told_what_it_asked_for_and_nothing_of_others(
    house: House, subscriber: Subscriber, clock: time_machine.Traveller
) -> None:
    subscribers.change(subscriber, kinds=["issue.opened"], actor=None)
    theirs = subscribers.add(house.other, name="Theirs", url=subscriber.url, actor=None)
    happen(house)
    clock.shift(120)
    gather_all()
    assert [m.notice.kind for m in Message.objects.select_related("notice")] == ["issue.opened"]
    assert not Message.objects.filter(subscriber=theirs).exists()


def test_a_failure_is_tried_over_a_day_with_growing_pauses_and_then_given_up(
    house: House, subscriber: Subscriber, listener: ScriptedServer, clock: time_machine.Traveller, drain: Drain
) -> None:
    listener.otherwise = lambda asked: Says(503, {"error": "away"})
    message = subscribers.send_test(subscriber, actor=None)
    times = []
    for _ in range(40):
        if drain():
            times.append(dt.datetime.now(dt.UTC))
        message.refresh_from_db()
        if message.state == "failed":
            break
        due = queue.next_due()
        assert due is not None
        clock.move_to(max(due, dt.datetime.now(dt.UTC)))
    calls = [asked for asked in listener.asked if asked.path == "/hook"]
    assert message.state == "failed"
    assert times[-1] - times[0] == queue.TRIED_FOR
    pauses = [b - a for a, b in itertools.pairwise(times)]
    assert pauses[:-1] == sorted(pauses[:-1])
    assert len(calls) == len(times) == message.calls.count() == 14
    ids = {a.headers["webhook-id"] for a in calls}
    assert ids == {message.wire_id}, "every try carries the same id"
    assert len({a.body for a in calls}) == 1
    mail = Mail.objects.get()
    assert mail.to == [house.customer.email]
    assert "does not answer" in mail.subject
    assert message.calls.last().status == 503


def test_what_takes_nothing_for_days_is_switched_off_and_its_queue_is_kept(
    house: House, subscriber: Subscriber, listener: ScriptedServer, clock: time_machine.Traveller, drain: Drain
) -> None:
    listener.otherwise = lambda asked: Says(500)
    subscribers.send_test(subscriber, actor=None)
    drain()
    clock.shift(queue.OFF_AFTER + HOUR)
    late = subscribers.send_test(subscriber, actor=None)
    drain()
    subscriber.refresh_from_db()
    assert not subscriber.enabled
    assert "It has taken nothing since 2026-11-18 09:10 UTC" in subscriber.off_reason
    assert AuditEvent.objects.filter(action="subscriber.switched_off").exists()
    assert Mail.objects.filter(subject__contains="was switched off").count() == 1
    with pytest.raises(ValidationError, match="switch it on"):
        subscribers.send_test(subscriber, actor=None)
    happen(house)
    gather_all()
    listener.otherwise = lambda asked: Says(204)
    assert drain() == 0, "nothing goes to what is off"
    missed = subscribers.switch(subscriber, on=True, missed=True, actor=None)
    assert missed == Notice.objects.exclude(kind="test").count() > 0
    drain()
    late.refresh_from_db()
    assert late.state == "delivered"
    assert set(Message.objects.filter(notice__kind="document.delivered").values_list("state", flat=True)) == {
        "delivered"
    }


def test_gone_is_gone_at_once(subscriber: Subscriber, listener: ScriptedServer, drain: Drain) -> None:
    listener.otherwise = lambda asked: Says(410)
    subscribers.send_test(subscriber, actor=None)
    drain()
    subscriber.refresh_from_db()
    assert (subscriber.enabled, subscriber.off_reason) == (False, "It answered 410 Gone.")


def test_for_a_day_after_a_rotation_both_secrets_fit(
    subscriber: Subscriber, listener: ScriptedServer, clock: time_machine.Traveller, drain: Drain
) -> None:
    former, current = subscriber.secret, subscribers.rotate_secret(subscriber, actor=None).secret
    subscribers.send_test(subscriber, actor=None)
    drain()
    assert is_signed_with(former, listener.asked[-1])
    assert is_signed_with(current, listener.asked[-1])
    clock.shift(25 * HOUR)
    subscribers.send_test(subscriber, actor=None)
    drain()
    assert not is_signed_with(former, listener.asked[-1])
    assert is_signed_with(current, listener.asked[-1])


def test_a_message_of_a_dead_worker_is_sent_again_under_its_id(
    subscriber: Subscriber, listener: ScriptedServer, clock: time_machine.Traveller, drain: Drain
) -> None:
    message = subscribers.send_test(subscriber, actor=None)
    assert queue.claim("a worker that dies") == message
    assert queue.claim("another one") is None, "it is leased"
    clock.shift(queue.LEASE + dt.timedelta(seconds=1))
    assert drain() == 1
    message.refresh_from_db()
    assert message.state == "delivered"
    assert listener.asked[0].headers["webhook-id"] == message.wire_id


def test_who_lost_its_lease_cannot_undo_what_the_next_one_did(
    subscriber: Subscriber, listener: ScriptedServer, clock: time_machine.Traveller, drain: Drain
) -> None:
    subscribers.send_test(subscriber, actor=None)
    slow = queue.claim("slow")
    assert slow is not None
    clock.shift(queue.LEASE + dt.timedelta(seconds=1))
    drain()
    listener.otherwise = lambda asked: Says(500)
    queue.carry_out(slow)
    assert Message.objects.get().state == "delivered"


def test_while_one_does_not_answer_its_other_messages_wait(
    subscriber: Subscriber, listener: ScriptedServer, drain: Drain
) -> None:
    listener.otherwise = lambda asked: Says(500)
    for _ in range(3):
        subscribers.send_test(subscriber, actor=None)
    assert drain() == 1
    assert len(listener.asked) == 1


def test_a_message_is_resent_by_hand(subscriber: Subscriber, listener: ScriptedServer, drain: Drain) -> None:
    message = subscribers.send_test(subscriber, actor=None)
    drain()
    subscribers.resend(message, actor=None)
    drain()
    assert [a.headers["webhook-id"] for a in listener.asked] == [message.wire_id] * 2
    message.refresh_from_db()
    assert (message.state, message.calls.count()) == ("delivered", 2)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "https://10.0.0.1/",
        "ftp://example.com/",
        "https://user:pw@127.0.0.1/",
        "not an address",
        "https://[::1/",
    ],
)
def test_an_address_inside_our_network_is_refused(house: House, url: str) -> None:
    with pytest.raises(ValidationError):
        subscribers.add(house.tenant, name="x", url=url, actor=None)


def test_an_address_that_leads_inside_later_is_never_called(
    subscriber: Subscriber, listener: ScriptedServer, settings: object, drain: Drain
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = []
    subscribers.send_test(subscriber, actor=None)
    drain()
    subscriber.refresh_from_db()
    assert listener.asked == []
    assert not subscriber.enabled
    assert "inside our own network" in subscriber.off_reason


def test_a_redirect_is_not_followed(subscriber: Subscriber, listener: ScriptedServer, drain: Drain) -> None:
    listener.otherwise = lambda asked: Says(302, None, {"Location": f"{listener.url}/inside"})
    message = subscribers.send_test(subscriber, actor=None)
    drain()
    message.refresh_from_db()
    assert (message.state, message.problem) == ("pending", "It answered 302.")
    assert listener.to("/inside") == []


def test_secrets_stand_encrypted_and_not_in_the_trail(subscriber: Subscriber) -> None:
    secret = subscriber.secret
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM notices_subscriber")
        assert secret not in str(cursor.fetchall())
    assert not any(secret in f"{e.summary}{e.details}" for e in AuditEvent.objects.all())


def test_old_notices_are_pruned_and_what_is_queued_is_not(
    house: House, subscriber: Subscriber, listener: ScriptedServer, drain: Drain
) -> None:
    subscribers.send_test(subscriber, actor=None)
    drain()
    waiting = subscribers.send_test(subscriber, actor=None)
    Notice.objects.update(created_at=START - dt.timedelta(days=91))
    retention.prune(house.tenant)
    assert list(Message.objects.all()) == [waiting]


def test_state_names_are_those_that_are_told() -> None:
    """The words of a message are a promise: a delivery's states are told as they are stored."""
    assert {State.DELIVERED, State.FAILED, State.IN_DOUBT} == {"delivered", "failed", "in_doubt"}

"""Mail to people: once when an incident begins, once when it is over; the digest; what was expected and did not come;
calls that will not last."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils.translation import get_language

from integrations.engine import expected, forecasts
from integrations.engine.issues import _open, fingerprint
from integrations.models import Delivery, Issue, RateBudget
from integrations.notices import alerts
from integrations.notices.gather import gather_all
from integrations.notices.models import Mail
from integrations.services import subscribers
from portal.tenants.models import User
from tests.integrations.admin.house import House
from tests.integrations.notices.conftest import START, Drain

TO = ["desk@kund.example"]
Clock = time_machine.Traveller


def alerting(house: House, clock: Clock, **values: Any) -> None:
    clock.shift(600)
    times = {"quiet_from": None, "quiet_until": None, "digest_at": None, **values}
    subscribers.save_alerting(house.tenant, mail_to=TO, actor=None, **times)


def incident(house: House, sentence: str = "Orderful refuses the key.") -> Issue:
    return _open(
        fingerprint=fingerprint("x", sentence),
        now=dt.datetime.now(dt.UTC),
        tenant_id=house.tenant.pk,
        error_class="config",
        sentence=sentence,
        remedy="Enter a new one.",
        technical="",
    )


def end(issue: Issue) -> None:
    now = dt.datetime.now(dt.UTC)
    Issue.objects.filter(pk=issue.pk).update(status="resolved", resolved_at=now, resolution="It works again.")


def test_one_mail_an_incident_and_one_when_it_is_over(house: House, clock: Clock, drain: Drain) -> None:
    alerting(house, clock)
    for _ in range(3):
        issue = incident(house)
        clock.shift(90)
        gather_all()
        drain()
    assert [m.subject for m in mail.outbox] == ["Bruket AB: Orderful refuses the key."]
    assert mail.outbox[0].bcc == TO
    assert "What to do: Enter a new one." in mail.outbox[0].body
    assert f"/t/bruket/issues/{issue.pk}/" in mail.outbox[0].body
    end(issue)
    clock.shift(90)
    gather_all()
    drain()
    assert [m.subject for m in mail.outbox[1:]] == ["Bruket AB: over: Orderful refuses the key."]
    assert "It works again." in mail.outbox[1].body


def test_mail_is_in_the_language_that_its_readers_chose_and_keeps_the_sentence(
    house: House, clock: Clock, drain: Drain
) -> None:
    User.objects.create_user("desk", TO[0], language="sv")
    alerting(house, clock)
    incident(house)
    clock.shift(90)
    gather_all()
    drain()
    assert "Att göra: Enter a new one." in mail.outbox[0].body
    assert "Orderful refuses the key." in mail.outbox[0].body
    assert get_language() == "en"


def test_in_quiet_hours_mail_waits_and_what_is_over_by_then_is_not_sent(
    house: House, clock: Clock, drain: Drain
) -> None:
    alerting(house, clock, quiet_from=dt.time(20), quiet_until=dt.time(6, 30))
    clock.move_to(dt.datetime(2026, 11, 18, 22, 0, tzinfo=dt.UTC))  # 23:00 in Stockholm
    gather_all()
    passing, lasting = incident(house, "Passing."), incident(house, "Lasting.")
    gather_all()
    assert drain() == 0
    clock.shift(3600)
    end(passing)
    gather_all()
    assert set(Mail.objects.filter(dropped_at=None).values_list("not_before", flat=True)) == {
        dt.datetime(2026, 11, 19, 5, 30, tzinfo=dt.UTC)
    }
    clock.move_to(dt.datetime(2026, 11, 19, 5, 31, tzinfo=dt.UTC))
    gather_all()
    drain()
    assert [m.subject for m in mail.outbox] == ["Bruket AB: Lasting."]
    assert Issue.objects.get(pk=lasting.pk).status == "open"


@pytest.mark.parametrize(
    ("hour", "waits"),
    [("19:59", False), ("20:00", True), ("23:30", True), ("00:10", True), ("06:29", True), ("06:30", False)],
)
def test_the_edges_of_quiet_hours(house: House, clock: Clock, hour: str, waits: bool) -> None:
    alerting(house, clock, quiet_from=dt.time(20), quiet_until=dt.time(6, 30))
    row = subscribers.alerting_of(house.tenant)
    now = dt.datetime.fromisoformat(f"2026-11-18T{hour}:00+01:00")
    assert (alerts.after_quiet_hours(row, now) > now) is waits
    assert alerts.after_quiet_hours(row, now) - now < dt.timedelta(hours=11)


def test_the_digest_goes_once_a_day_and_counts(house: House, clock: Clock, drain: Drain) -> None:
    alerting(house, clock, digest_at=dt.time(7))
    Delivery.objects.filter(pk=house.delivered.pk).update(since=START)
    Delivery.objects.filter(pk=house.failed.pk).update(since=START)
    clock.move_to(dt.datetime(2026, 11, 19, 5, 59, tzinfo=dt.UTC))
    assert alerts.send_digests() == 0
    clock.move_to(dt.datetime(2026, 11, 19, 6, 1, tzinfo=dt.UTC))
    assert alerts.send_digests() == 1
    drain()
    text = mail.outbox[-1].body
    assert "Delivered: 1" in text
    assert "Failed, and failed still: 1" in text
    assert "Supplier 20311 has no VAT number in Visma" in text
    assert alerts.send_digests() == 0


def test_mail_that_cannot_be_sent_is_tried_again(
    house: House, clock: Clock, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerting(house, clock)
    incident(house)
    gather_all()
    with monkeypatch.context() as broken:

        def refuse(self: Any, *args: Any) -> int:
            raise ConnectionRefusedError("no mail server")

        broken.setattr("django.core.mail.message.EmailMessage.send", refuse)
        drain()
    row = Mail.objects.get()
    assert row.sent_at is None
    assert "no mail server" in row.problem
    clock.shift(60)
    drain()
    assert len(mail.outbox) == 1


def test_no_order_by_seven_on_a_business_day_is_told_once_and_is_over_when_one_comes(
    house: House, clock: Clock
) -> None:
    Delivery.objects.update(created_at=START)
    subscribers.expect(house.flow, since=dt.time(18), by=dt.time(7), country="SE", actor=None)
    seven = dt.datetime(2026, 11, 19, 6, 0, tzinfo=dt.UTC)  # 07:00 in Stockholm, a Thursday
    clock.move_to(seven - dt.timedelta(minutes=1))
    assert expected.look() == 0
    clock.move_to(seven + dt.timedelta(minutes=1))
    assert expected.look() == 1
    assert expected.look() == 0
    issue = Issue.objects.get(error_class="absent")
    assert issue.sentence == "No purchase orders came from 2026-11-18 18:00 to 07:00, though some always do."
    Delivery.objects.filter(pk=house.pending.pk).update(created_at=seven + dt.timedelta(hours=1))
    newest = Delivery.objects.order_by("-pk").values_list("pk", flat=True)[0]
    Delivery.objects.filter(pk=newest).update(created_at=seven + dt.timedelta(hours=1))
    expected.look()
    issue.refresh_from_db()
    assert (issue.status, issue.resolution) == ("resolved", "It came.")
    clock.move_to(dt.datetime(2026, 11, 21, 7, 0, tzinfo=dt.UTC))
    assert expected.look() == 0, "Saturday"


def test_what_came_in_the_night_is_there(house: House, clock: Clock) -> None:
    subscribers.expect(house.flow, since=dt.time(18), by=dt.time(7), actor=None)
    Delivery.objects.update(created_at=dt.datetime(2026, 11, 18, 17, 30, tzinfo=dt.UTC))  # 18:30
    clock.move_to(dt.datetime(2026, 11, 19, 6, 5, tzinfo=dt.UTC))
    assert expected.look() == 0
    assert not Issue.objects.filter(error_class="absent").exists()


def test_calls_that_will_not_last_are_told_until_they_do(house: House) -> None:
    now = START
    row = RateBudget.objects.create(
        tenant=house.tenant,
        key="b" * 64,
        label="Visma.net of Bruket",
        allowance=1000,
        used=900,
        window_seconds=3600,
        resets_at=now + dt.timedelta(minutes=30),
    )
    assert forecasts.look() == 1
    assert forecasts.look() == 1
    issue = Issue.objects.get(error_class="budget")
    assert issue.sentence.startswith("Visma.net of Bruket: The 1,000 calls are used up at ")
    assert issue.occurrences == 1
    RateBudget.objects.filter(pk=row.pk).update(used=100)
    assert forecasts.look() == 0
    issue.refresh_from_db()
    assert issue.status == "resolved"

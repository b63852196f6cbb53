"""The index: what is broken, since when, what to press; worst first; a dead worker in red."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Breaker, Connection, Delivery, Feed, Issue, State
from portal.common.models import Installation
from portal.staff.overview import overview
from portal.tenants.models import User
from tests.integrations.admin.house import House, client_of


def index(client: Client, **query: str) -> str:
    return client.get(reverse("admin:index"), query).content.decode()


def figures() -> dict[str, int]:
    return {f.label: f.number for f in overview().figures}


def test_each_number_opens_exactly_the_rows_that_it_counts(house: House, staff: Client) -> None:
    Connection.objects.filter(pk=house.cleo.pk).update(health=Connection.Health.BROKEN)
    for figure in overview().figures:
        assert figure.href.replace("&", "&amp;") in index(staff)
        assert staff.get(figure.href).context["cl"].result_count == figure.number, figure.label
    assert figures() == {
        "Broken connections": 1,
        "In doubt": 1,
        "Failed": 1,
        "Open issues": 1,
        "Overdue acknowledgments": 1,
        "Under way": 1,
    }


def test_tenants_stand_worst_first(house: House) -> None:
    names = [line.health.tenant.name for line in overview().tenants]
    assert names == ["Bruket AB", "Grannen AB"]
    assert overview().headline == "One tenant needs somebody: Bruket AB."
    Issue.objects.update(status=Issue.Status.RESOLVED)
    Delivery.objects.update(state=State.DELIVERED)
    type(house.sent).objects.update(acknowledged="accepted")
    assert overview().headline == "All 2 tenants are well. Nothing needs somebody."


def test_a_broken_connection_stands_first_with_reason_time_and_a_button(house: House, staff: Client) -> None:
    opened = timezone.now() - dt.timedelta(hours=2)
    Breaker.objects.filter(connection=house.orderful).update(
        position=Breaker.Position.OPEN, reason="The key was refused.", opened_at=opened
    )
    first = overview().broken[0]
    assert (first.what, first.detail, first.since) == ("Orderful is not called", "The key was refused.", opened)
    text = index(staff)
    assert "The key was refused." in text
    assert f'action="{reverse("admin:integrations_connection_act", args=["test"])}?ids={house.orderful.pk}"' in text


def test_a_failing_feed_is_shown_unless_its_connection_says_it_already(house: House) -> None:
    Feed.objects.filter(pk=house.feed.pk).update(failures=4, last_problem="Visma answered 500.")
    assert any(b.detail == "Visma answered 500." for b in overview().broken)
    Breaker.objects.filter(connection=house.visma).update(position=Breaker.Position.OPEN, reason="down")
    assert not any(b.detail == "Visma answered 500." for b in overview().broken)


def test_what_is_left_of_the_calls_is_shown(house: House, staff: Client) -> None:
    left = overview().tenants[0].calls
    assert left is not None
    assert (left.left, left.allowance) == (500, 500), "the window is over"
    assert "500 of 500" in index(staff)


def test_a_late_heartbeat_is_red_on_every_page_and_says_what_to_do(house: House, staff: Client) -> None:
    assert "no worker has shown itself" not in index(staff)
    Installation.objects.update(heartbeat_at=timezone.now() - dt.timedelta(minutes=2, seconds=50))
    assert "no worker has shown itself" not in index(staff)
    Installation.objects.update(heartbeat_at=timezone.now() - dt.timedelta(minutes=3, seconds=1))
    for url in (reverse("admin:index"), reverse("admin:integrations_delivery_changelist")):
        text = staff.get(url).content.decode()
        assert "no worker has shown itself" in text
        assert "python manage.py qcluster" in text
        assert "host-1" in text
    Installation.objects.update(heartbeat_at=None)
    assert "no worker has shown itself yet" in index(staff)


def test_a_restored_database_is_said_on_every_page(house: House, staff: Client, tmp_path: Path) -> None:
    before = settings.EPOCH_FILE
    try:
        settings.EPOCH_FILE = tmp_path / "epoch"
        assert "restored from a backup" not in index(staff)
        settings.EPOCH_FILE.write_text(f"{uuid.uuid4()}\n")
        assert "restored from a backup" in index(staff)
    finally:
        settings.EPOCH_FILE = before


def test_an_empty_house_says_what_to_do_next(db: None) -> None:
    root = User.objects.create_superuser("first", "first@house.example", "correct horse 9")
    text = index(client_of(root))
    assert "There is no tenant yet." in text
    assert "python manage.py config apply" in text


# --- Finding a number


def test_a_number_is_found_in_everything_that_carries_it(house: House, staff: Client) -> None:
    text = index(staff, q="500124")
    for name, row in (
        ("integrations_delivery", house.delivered),
        ("integrations_record", house.delivered.record),
        ("edi_transactionset", house.sent),
    ):
        assert reverse(f"admin:{name}_change", args=[row.pk]) in text, name
    assert "Audit trail" in index(staff, q="500123")
    assert "delivery.failed" in index(staff, q="500123")


def test_a_number_that_nobody_carries_says_so(house: House, staff: Client) -> None:
    assert index(staff, q="<script>alert(1)</script>").count("None carries exactly this number.") == 4
    assert "<script>alert(1)" not in index(staff, q="<script>alert(1)</script>")


# --- Charts


def test_the_charts_link_each_hour_to_its_deliveries(house: House, staff: Client) -> None:
    text = index(staff)
    links = [p.split('"')[0].replace("&amp;", "&") for p in text.split('<a href="')[1:]]
    bars = [url for url in links if "since__gte" in url]
    assert {("state=failed" in b, "state=delivered" in b) for b in bars} == {(True, False), (False, True)}
    for url in bars:
        assert staff.get(url).context["cl"].result_count == 1, url

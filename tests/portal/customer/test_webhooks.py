"""The pages of webhooks and alerts."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse

from integrations.notices import queue
from integrations.notices.models import Alerting, Expectation, Message, Subscriber
from integrations.services import subscribers
from tests.integrations.admin.house import House
from tests.support.http_server import Says, ScriptedServer, serving


@pytest.fixture
def url(house: House) -> str:
    return reverse("customer:webhooks", args=[house.tenant.slug])


def test_an_owner_makes_tries_and_resends(house: House, owner: Client, url: str) -> None:
    with serving(ScriptedServer()) as listener:
        made = owner.post(url, {"what": "add", "name": "ERP", "url": f"{listener.url}/hook", "kinds": ["run.failed"]})
        row = Subscriber.objects.get(name="ERP")
        assert row.secret in made.content.decode()
        assert made["Cache-Control"] == "private, no-store"
        assert row.secret not in owner.get(url).content.decode()
        listener.script = [Says(503, {"why": "closed today"})]
        assert owner.post(url, {"what": "test", "pk": row.pk}).status_code == 302
        item = queue.claim("test")
        assert item is not None
        queue.carry_out(item)
        listing = reverse("customer:webhook_messages", args=[house.tenant.slug])
        page = owner.get(listing).content.decode()
        assert "It answered 503." in page
        assert "closed today" in page
        owner.post(listing, {"pk": Message.objects.get(subscriber=row).pk})
        item = queue.claim("test")
        assert item is not None
        queue.carry_out(item)
        assert Message.objects.get(subscriber=row).state == "delivered"
        assert "503" not in owner.get(listing, {"state": "failed"}).content.decode()
    assert [asked.path for asked in listener.asked] == ["/hook", "/hook"]


def test_switching_off_and_on_and_a_refused_address(house: House, owner: Client, url: str) -> None:
    row = subscribers.add(house.tenant, name="ERP", url="http://127.0.0.1:9/", actor=house.customer)
    owner.post(url, {"what": "off", "pk": row.pk})
    row.refresh_from_db()
    assert not row.enabled
    owner.post(url, {"what": "on", "pk": row.pk, "missed": "on"})
    row.refresh_from_db()
    assert row.enabled
    page = owner.post(url, {"what": "change", "pk": row.pk, "url": "https://10.0.0.1/"}, follow=True)
    assert re.search("inside our own network", page.content.decode())
    row.refresh_from_db()
    assert row.url == "http://127.0.0.1:9/"


def test_alerts_are_set(house: House, owner: Client, url: str) -> None:
    times = {"quiet_from": "20:00", "quiet_until": "06:30", "digest_at": "07:00"}
    owner.post(url, {"what": "alerts", "mail_to": "A@b.example, c@d.example", **times})
    row = Alerting.objects.get()
    assert (row.mail_to, row.quiet_until) == (["a@b.example", "c@d.example"], dt.time(6, 30))
    page = owner.post(url, {"what": "alerts", "mail_to": "nobody"}, follow=True).content.decode()
    assert "valid email" in page
    row.refresh_from_db()
    assert row.mail_to == ["a@b.example", "c@d.example"]


def test_what_is_expected_is_set_and_unset(house: House, owner: Client, url: str) -> None:
    asked = {"what": "expect", "pk": house.flow.pk, "since": "18:00", "by": "07:00", "country": "se"}
    owner.post(url, asked)
    row = Expectation.objects.get()
    assert (row.flow_id, row.by, row.country) == (house.flow.pk, dt.time(7), "SE")
    assert 'value="07:00"' in owner.get(url).content.decode()
    refused = owner.post(url, {**asked, "country": "XX"}, follow=True).content.decode()
    assert "no country whose holidays are known" in refused
    owner.post(url, {"what": "expect_no_more", "pk": house.flow.pk})
    assert not Expectation.objects.exists()


def test_others_cannot(house: House, operator: Client, stranger: Client, url: str) -> None:
    row = subscribers.add(house.tenant, name="ERP", url="http://127.0.0.1:9/", actor=house.customer)
    assert operator.get(url).status_code == operator.post(url, {"what": "off", "pk": row.pk}).status_code == 403
    theirs = reverse("customer:webhooks", args=[house.other.slug])
    assert stranger.post(theirs, {"what": "off", "pk": row.pk}).status_code == 404
    row.refresh_from_db()
    assert row.enabled

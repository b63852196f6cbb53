"""Webhooks of both directions in the admin: what was refused, what was given up, and sending it again."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import WebhookEndpoint, WebhookEvent
from integrations.notices.models import Message, Subscriber
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import House


def page(row: object, client: Client) -> str:
    meta = row._meta  # type: ignore[attr-defined]
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])  # type: ignore[attr-defined]
    return client.get(url).content.decode()


def listed(name: str, client: Client, **query: str) -> str:
    return client.get(reverse(f"admin:{name}_changelist"), query).content.decode()


def test_an_address_says_what_it_refused_and_what_it_heard(house: House, staff: Client) -> None:
    endpoint = WebhookEndpoint.objects.get()
    text = page(endpoint, staff)
    assert "The signature is wrong." in text
    assert "transaction.created" in text
    assert page(WebhookEvent.objects.get(), staff).count("event-1") >= 1
    assert "3" in listed("integrations_webhookendpoint", staff)
    assert "of an unknown kind" in listed("integrations_webhookevent", staff, state="parked")
    assert "transaction.created" not in listed("integrations_webhookevent", staff, state="taken")


def test_numbers_of_a_subscriber_open_its_messages(house: House, staff: Client) -> None:
    subscriber = Subscriber.objects.get(name="Their ERP")
    href = f"subscriber={subscriber.pk}&amp;state=failed"
    assert href in listed("notices_subscriber", staff)
    assert href in page(subscriber, staff)
    assert "500001" in listed("notices_message", staff, subscriber=str(subscriber.pk), state="failed")
    assert "500001" not in listed("notices_message", staff, subscriber=str(subscriber.pk), state="delivered")
    assert "500001" not in listed("notices_message", staff, subscriber="0")


def test_a_message_is_sent_again_by_staff_with_a_trace(house: House, staff: Client) -> None:
    message = Message.objects.get(state="failed")
    assert "oops" in page(message, staff)
    url = reverse("admin:notices_message_act", args=["resend"]) + f"?ids={message.pk}"
    assert "Send again" in staff.get(url).content.decode()
    message.refresh_from_db()
    assert message.state == "failed", "a plan has done it"
    staff.post(url)
    message.refresh_from_db()
    assert message.state == "pending"
    assert AuditEvent.objects.filter(object_type="subscriber", actor=house.staff).exists()


def test_a_message_to_a_webhook_that_is_off_is_refused_with_a_sentence(house: House, staff: Client) -> None:
    Subscriber.objects.update(enabled=False)
    message = Message.objects.get(state="failed")
    url = reverse("admin:notices_message_act", args=["resend"]) + f"?ids={message.pk}"
    assert "is off; switch it on first" in staff.post(url, follow=True).content.decode()
    message.refresh_from_db()
    assert message.state == "failed"


@pytest.mark.parametrize(("name", "after"), [("off", False), ("test", True)])
def test_a_subscriber_is_switched_off_or_tried(house: House, staff: Client, name: str, after: bool) -> None:
    subscriber = Subscriber.objects.get(name="Their ERP")
    url = reverse("admin:notices_subscriber_act", args=[name]) + f"?ids={subscriber.pk}"
    staff.post(url, {"reason": "It fails."})
    subscriber.refresh_from_db()
    assert subscriber.enabled is after
    assert Message.objects.filter(notice__kind="test", subscriber=subscriber).exists() is after
    assert AuditEvent.objects.filter(object_type="subscriber", actor=house.staff).exists()


@pytest.mark.parametrize("name", ["integrations_webhookendpoint", "notices_subscriber", "notices_message"])
def test_a_list_keeps_its_budget_of_queries(
    house: House, staff: Client, name: str, django_assert_max_num_queries: object
) -> None:
    url = reverse(f"admin:{name}_changelist")
    staff.get(url)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert staff.get(url).status_code == 200

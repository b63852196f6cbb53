"""The webhooks of a connection on its page: address, keys, registering."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from integrations.models import Connection, WebhookEndpoint
from integrations.services import webhooks
from portal.audit.models import AuditEvent
from portal.common.secrets import fingerprint_of
from tests.integrations.admin.house import House


def page(client: Client, row: Connection) -> str:
    return client.get(reverse("admin:integrations_connection_change", args=[row.pk])).content.decode()


def act(action: str, row: Connection) -> str:
    return reverse("admin:integrations_connection_act", args=[action]) + f"?ids={row.pk}"


def visma(house: House) -> Connection:
    return Connection.objects.filter(system="visma").order_by("pk")[0]


def test_the_page_shows_how_news_comes(house: House, root: Client) -> None:
    text = page(root, visma(house))
    assert "Webhooks" in text
    assert "Last event" in text
    assert "Last poll" in text
    assert "Make webhook address" in text
    assert "Register webhooks" in text
    root.post(act("webhook-address", visma(house)))
    endpoint = WebhookEndpoint.objects.get(connection=visma(house))
    assert webhooks.address_of(endpoint) in page(root, visma(house))


def test_the_address_is_for_superusers(house: House, staff: Client) -> None:
    endpoint = webhooks.endpoint_of(visma(house))
    text = page(staff, visma(house))
    assert str(endpoint.token) not in text
    assert "superusers see it" in text
    assert staff.post(act("webhook-keys", visma(house)), {"keys": "x"}).status_code == 404


def test_several_keys_are_stored_and_never_shown(house: House, root: Client) -> None:
    root.post(act("webhook-keys", visma(house)), {"keys": "old-key\r\n\r\n new-key \n"})
    endpoint = WebhookEndpoint.objects.get(connection=visma(house))
    assert list(endpoint.keys) == ["old-key", "new-key"]
    text = page(root, visma(house))
    assert "old-key" not in text
    assert fingerprint_of("new-key") in text
    plan = root.get(act("webhook-keys", visma(house))).content.decode()
    assert "new-key" not in plan
    assert "every event of Visma.net ERP is refused" in plan
    assert AuditEvent.objects.get(action="webhook.keys_changed").actor is not None


def test_registering_says_first_what_it_does_and_then_what_to_do(house: House, root: Client) -> None:
    """Without https nothing is called at all."""
    plan = root.get(act("webhook-register", visma(house))).content.decode()
    assert "found by polling" in plan
    answer = root.post(act("webhook-register", visma(house)), follow=True).content.decode()
    assert "Not registered" in answer
    assert "as the system was asked last" in answer
    assert "Put a TLS certificate in front of it" in answer


def test_a_system_whose_webhooks_people_set_up_is_not_asked(house: House, root: Client) -> None:
    orderful = Connection.objects.filter(system="orderful").order_by("pk")[0]
    assert "Register webhooks" not in page(root, orderful)
    assert "are set up in the system itself" in root.get(act("webhook-register", orderful)).content.decode() or (
        "webhooks of this system are set up" in root.get(act("webhook-register", orderful)).content.decode()
    )


def test_the_page_says_what_the_newest_event_was_and_what_meant_nothing(house: House, staff: Client) -> None:
    row = visma(house)
    token = str(webhooks.endpoint_of(row).token)
    row.system = "airbase"  # its events need no key
    row.save(update_fields=["system"])
    for number, kind in enumerate(("moon_phase_changed", "payment_approved")):
        body = f'{{"id": "evt_{number}", "type": "{kind}"}}'.encode()
        assert webhooks.receive("airbase", token, {}, body) == 200
    text = page(staff, row)
    assert "payment_approved: made a feed due" in text
    assert "1 of unknown type: moon_phase_changed" in text

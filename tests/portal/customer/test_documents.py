"""Finding a document, seeing what happened to it, and repairing it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from edi.models import Agreement
from integrations.models import Delivery
from portal.audit import trail
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import PERSONAL, House


def page(house: House, name: str, *args: object) -> str:
    return reverse(f"customer:{name}", args=[house.tenant.slug, *args])


def listed(client: Client, house: House, **query: object) -> set[str]:
    answer = client.get(page(house, "documents"), query)
    assert answer.status_code == 200
    return {row.business_number for row in answer.context["page"].rows}


def test_a_number_is_found_whole_first_and_by_its_beginning_else(house: House, viewer: Client) -> None:
    house.delivery("5001230", "failed")
    assert listed(viewer, house, q="500123") == {"500123"}
    assert listed(viewer, house, q="50012") == {"500123", "500124", "500125", "500126", "5001230"}
    assert listed(viewer, house, q="9") == set()


@pytest.mark.parametrize(
    ("state", "numbers"),
    [
        ("needs", {"500123", "500125"}),
        ("under_way", {"500126"}),
        ("delivered", {"500124"}),
        ("no such state", set()),
    ],
)
def test_filters_stand_in_the_address(house: House, viewer: Client, state: str, numbers: set[str]) -> None:
    assert listed(viewer, house, state=state) == numbers


def test_pages_follow_each_other_without_gap_or_overlap(house: House, viewer: Client) -> None:
    made = {house.delivery(f"7{n:05}", "delivered").pk for n in range(120)}
    seen: list[int] = []
    url: str = page(house, "documents") + "?q=7"
    while url:
        answer = viewer.get(url)
        seen += [row.pk for row in answer.context["page"].rows]
        older = answer.context["page"].older
        url = page(house, "documents") + older if older else ""
    assert sorted(seen) == sorted(made)
    assert seen == sorted(seen, reverse=True)


def test_a_record_that_no_flow_took_is_found_by_its_number(house: House, viewer: Client) -> None:
    house.pending.delete()
    record = house.record.__class__.objects.get(business_number="500126")
    record.takers, record.not_yet, record.status = 0, True, "Hold"
    record.save()
    text = viewer.get(page(house, "documents"), {"q": "500126"}).content.decode()
    assert "taken by no flow" in text
    assert "Hold" in text


def test_the_page_says_what_happened_on_both_sides_and_what_was_sent(house: House, viewer: Client) -> None:
    answer = viewer.get(page(house, "document", house.delivered.pk))
    text = answer.content.decode()
    assert [e.lane for e in answer.context["events"]].count("target") >= 1
    assert "Beginning Segment for Purchase Order" in text
    assert "500124" in text
    assert not [value for value in PERSONAL if value in text]


def test_an_operator_replays_after_the_plan(house: House, operator: Client) -> None:
    url = page(house, "document_act", house.failed.pk, "replay")
    plan = operator.get(url).content.decode()
    assert "Tried again" in plan
    assert operator.post(url, {"content": "current", "reason": "the number is there"}).status_code == 302
    house.failed.refresh_from_db()
    assert house.failed.state == "pending"
    assert AuditEvent.objects.filter(action="delivery.replayed", actor__username="operator").exists()


def test_an_operator_settles_what_was_done_by_hand(house: House, operator: Client) -> None:
    """What failed, with the number that it has at the other side."""
    url = page(house, "document_act", house.failed.pk, "settle")
    house.failed.frozen = house.failed.record.payload
    house.failed.save()
    assert url in operator.get(page(house, "document", house.failed.pk)).content.decode()
    plan = operator.get(url).content.decode()
    assert "it was done by hand" in plan
    assert "Its number there" in plan
    answer = operator.post(url, {"arrived": "yes", "number": "4711", "reason": "mailed to them"})
    assert answer.status_code == 302
    house.failed.refresh_from_db()
    assert (house.failed.state, house.failed.target_id) == ("delivered", "4711")
    event = AuditEvent.objects.get(action="delivery.settled")
    assert (event.actor is not None, "arrived as 4711" in event.summary) == (True, True)


def test_what_cannot_be_replayed_is_refused_with_a_sentence(house: House, operator: Client) -> None:
    text = operator.get(page(house, "document_act", house.delivered.pk, "replay")).content.decode()
    assert "nothing to try again" in text
    assert operator.get(page(house, "document_act", house.failed.pk, "explode")).status_code == 404


def test_showing_kept_bytes_whole_asks_why_and_leaves_a_trace(house: House, operator: Client, viewer: Client) -> None:
    url = page(house, "document_reveal", house.failed.pk, "raw")
    assert viewer.post(url, {"reason": "curious"}).status_code == 403
    assert PERSONAL[0] not in operator.post(url, {"reason": " "}, follow=True).content.decode()
    assert not AuditEvent.objects.filter(action="record.revealed").exists()
    assert PERSONAL[0] in operator.post(url, {"reason": "the supplier asks"}).content.decode()
    assert AuditEvent.objects.filter(action="record.revealed", details__reason="the supplier asks").exists()


def test_links_of_a_plan_lead_to_the_portal(house: House, operator: Client) -> None:
    text = operator.get(page(house, "document_act", house.failed.pk, "replay")).content.decode()
    assert page(house, "document", house.failed.pk) in text
    assert "/admin/" not in text.split("<main")[1]


def test_a_delivery_of_another_version_is_listed_beside(house: House, viewer: Client) -> None:
    twin = Delivery.objects.get(pk=house.failed.pk)
    twin.pk, twin.operation_key, twin.state = None, "k" * 64, "dismissed"
    twin.save()
    assert [d.pk for d in viewer.get(page(house, "document", house.failed.pk)).context["siblings"]] == [twin.pk]


def test_a_document_says_over_which_network_and_in_which_format_it_went(house: House, viewer: Client) -> None:
    Agreement.objects.update(transport="AS2", partner_format="EDIFACT")
    house.failed.transaction_set = house.sent
    house.failed.save(update_fields=["transaction_set"])
    way = f"{house.interchange.network}, by AS2, in EDIFACT"
    pages = {"document": house.failed.pk, "interchange": house.interchange.pk, "partner": house.partner.pk}
    for name, pk in pages.items():
        text = viewer.get(reverse(f"customer:{name}", args=[house.tenant.slug, pk])).content.decode()
        assert way in text, name
    Agreement.objects.update(transport="", partner_format="")
    text = viewer.get(reverse("customer:document", args=[house.tenant.slug, house.failed.pk])).content.decode()
    assert f"{house.interchange.network}, in X12" in text, "what we write ourselves is known without being entered"


def test_what_the_network_says_of_a_document_stands_on_its_page(house: House, viewer: Client) -> None:
    """Of an invoice that Cleo matched, too; and what its log says is a part of the history."""
    house.sent.network_status = {"delivery": "delivered", "match": "Matched: 3-way", "events": ["kept elsewhere"]}
    house.sent.save(update_fields=["network_status"])
    Delivery.objects.filter(pk=house.delivered.pk).update(transaction_set=house.sent, frozen=house.record.payload)
    trail.record(
        trail.event(
            house.tenant,
            "cleo.event",
            "Cleo says of 850.x12: fileRouted",
            object_type="delivery",
            object_id=house.delivered.pk,
            actor_name="Cleo",
        )
    )
    text = viewer.get(page(house, "document", house.delivered.pk)).content.decode()
    assert "Matched: 3-way" in text
    assert "kept elsewhere" not in text
    assert "Cleo says of 850.x12: fileRouted" in text

"""The chain of a purchase and the story of a document, on what the simulators hold."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import QuerySet

from integrations.models import Delivery, Record
from integrations.selectors.documents import chain_of, changes_between, events_of, same_object, versions_of
from tests.support.world import World


def with_all() -> QuerySet[Delivery]:
    return Delivery.objects.select_related("record__payload", "flow__integration", "edit", "replays")


def delivered(flow: str) -> list[Delivery]:
    return list(with_all().filter(flow__key=flow, state="delivered").order_by("pk"))


def test_a_chain_can_be_followed_both_ways_and_events_tell_the_story(world: World, settle: Callable[..., None]) -> None:
    settle()
    orders = [(row, [p for p in chain_of(row) if p.link == "invoice"]) for row in delivered("purchase-orders")]
    order, invoices = next((row, parts) for row, parts in orders if parts)
    back = {part.link: part for part in chain_of(with_all().get(pk=invoices[0].delivery))}
    assert back["invoice"].here
    assert back["supplier"].number
    assert back["order"].number == order.business_number

    story = events_of(versions_of(order.record), same_object(order))
    assert [event.lane for event in story][:2] == ["source", "us"]
    assert any(event.lane == "target" and event.kind in ("ok", "move") for event in story)
    assert story == sorted(story, key=lambda event: event.at)


def test_changes_between_two_versions_name_the_field_and_leave_out_what_changes_by_itself(
    world: World, settle: Callable[..., None]
) -> None:
    settle()
    newer = Record.objects.select_related("payload").filter(feed__key="purchase-orders").first()
    assert newer is not None
    older = Record.objects.select_related("payload").get(pk=newer.pk)
    older.payload.data = newer.payload.data.replace(b'"timeStamp":"', b'"timeStamp":"x').replace(
        b'"description":"', b'"description":"was ', 1
    )
    fields = [change.field for change in changes_between(older, newer)]
    assert fields
    assert not [field for field in fields if "timeStamp" in field]

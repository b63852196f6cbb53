"""From when orders are posted: what was sold before going live stands in the books by other hands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django_scopes import scopes_disabled

from integrations.engine.backfill import claim_backfill, read_backfill
from integrations.engine.operations import claim_operation, work_on
from integrations.engine.sessions import Sessions
from integrations.models import Backfill, Delivery, Feed, Flow, Integration, Operation
from integrations.services import deliveries as services
from integrations.services import feeds, operations
from integrations.services.preview import preview_of
from tests.integrations.flows.adobe.conftest import PAIR, Shop, money

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]
BEFORE = (dt.datetime.now(dt.UTC) - dt.timedelta(days=7)).replace(hour=10, minute=0, second=0, microsecond=0)
"""In a period of the books that is still open."""
DAY = f"{BEFORE:%Y-%m-%d}"
HOURS = dt.timedelta(hours=10)
EARLIER = f"{BEFORE - dt.timedelta(days=2):%Y-%m-%d}"


@pytest.fixture
def shop(make_shop: Callable[..., Shop]) -> Shop:
    """Live since just now; nothing else is said about when orders begin."""
    return make_shop(flows={"orders": {"orders_from": ""}})


def placed_before(shop: Shop, made: dict[str, Any]) -> dict[str, Any]:
    moved(shop, "orders", made)
    return made


def moved(shop: Shop, entity: str, made: dict[str, Any]) -> None:
    """Has the shop say that it was made before the integration went live."""
    key, at = f"{shop.world.company}/{made['entity_id']}", {"created_at": f"{BEFORE:%Y-%m-%d %H:%M:%S}"}
    assert shop.world.simulators.mutate(entity, key, at, system="adobe") == [key]


def of(shop: Shop, flow: str, number: str) -> Delivery:
    [found] = shop.deliveries(flow, operation="send", business_number=number)
    return found


def move_to(day: str) -> None:
    with scopes_disabled():
        flow = Flow.objects.select_related("integration__tenant").get(key="orders", integration__pair=PAIR)
        feeds.save_flow(flow, enabled=True, settings=flow.settings | {"orders_from": day}, actor=None)


def test_an_order_of_before_going_live_is_posted_when_somebody_wants_it(shop: Shop, settle: Settle) -> None:
    old = placed_before(shop, shop.act("guest_order", email="anna@example.fi"))
    young = shop.order()
    settle()
    assert shop.troubles() == []
    assert len(shop.documents(f"shop:{young['entity_id']}")) == 1
    assert not shop.documents(f"shop:{old['entity_id']}")
    assert not [c for c in shop.rows("customer", system="visma") if "guest" in (c.get("accountReference") or "")]
    left = [of(shop, flow, old["increment_id"]) for flow in ("guests", "orders")]
    assert {delivery.state for delivery in left} == {"no_effect"}
    assert DAY in left[1].reason
    assert "“Orders from”" in left[1].reason
    [reference] = shop.deliveries("invoices", state="no_effect")
    assert reference.reason.startswith(f"Its order was placed on {DAY}, before ")
    # Once more, and still not: the setting stands.
    again = shop.deliveries("orders", operation="send", business_number=old["increment_id"])[-1]
    services.force(again.pk, actor=None, reason="A try.")
    settle()
    assert not shop.documents(f"shop:{old['entity_id']}")
    move_to(EARLIER)
    for flow in ("guests", "orders"):
        last = shop.deliveries(flow, operation="send", business_number=old["increment_id"])[-1]
        services.force(last.pk, actor=None, reason="That week is to be posted, too.")
    settle()
    assert shop.troubles() == []
    assert money(shop.document(old)["amountInCurrency"]) == money(old["grand_total"])
    assert shop.document(old)["documentDate"][:10] == DAY


def test_what_takes_such_an_order_back_waits_for_a_person_who_names_its_invoice(shop: Shop, settle: Settle) -> None:
    by_hand = shop.order(customer=10001)  # stands for what somebody entered by hand
    refunded = placed_before(shop, shop.order())
    cancelled = placed_before(shop, shop.order(payment="klarna_kp"))
    shop.act("credit_memo", order=refunded["increment_id"])
    shop.act("cancel", order=cancelled["increment_id"])
    settle()
    [memo] = [m for m in shop.rows("creditmemos") if str(m["order_id"]) == str(refunded["entity_id"])]
    waiting = [of(shop, "credit-memos", memo["increment_id"]), of(shop, "orders", cancelled["increment_id"])]
    stamps = [f"shop:creditmemo:{memo['entity_id']}", f"shop:cancelled:{cancelled['entity_id']}"]
    for delivery, order in zip(waiting, (refunded, cancelled), strict=True):
        assert (delivery.state, delivery.waits_for) == ("pending", f"shop-order {order['entity_id']}")
        [said] = [one for one in shop.issues() if order["increment_id"] in one]
        assert f"on {DAY}, before " in said
    assert not any(shop.documents(stamp) for stamp in stamps)
    number = shop.document(by_hand)["referenceNumber"]
    for delivery in waiting:
        services.say_what_it_is(delivery.pk, target_id=number, actor=None, reason="It says so on paper.")
    settle()
    assert shop.troubles() == []
    assert shop.issues() == []
    notes = [note for stamp in stamps for note in shop.documents(stamp)]
    assert [(n["documentType"], n["status"]) for n in notes] == [("CreditNote", "Open")] * 2
    assert [money(n["amountInCurrency"]) for n in notes] == [money(o["grand_total"]) for o in (refunded, cancelled)]
    assert {n["customer"]["number"] for n in notes} == {shop.document(by_hand)["customer"]["number"]}
    # Named by a person, the order itself is not posted a second time, whatever the setting says.
    move_to(EARLIER)
    services.force(of(shop, "orders", refunded["increment_id"]).pk, actor=None, reason="By mistake.")
    settle()
    assert not shop.documents(f"shop:{refunded['entity_id']}")
    assert number in shop.deliveries("orders", operation="send", business_number=refunded["increment_id"])[-1].reason


def test_what_was_taken_back_before_going_live_is_no_news(shop: Shop, settle: Settle) -> None:
    refunded = placed_before(shop, shop.order())
    shop.act("credit_memo", order=refunded["increment_id"])
    [memo] = [m for m in shop.rows("creditmemos") if str(m["order_id"]) == str(refunded["entity_id"])]
    moved(shop, "creditmemos", memo)
    settle()
    delivery = of(shop, "credit-memos", memo["increment_id"])
    assert (delivery.state, shop.issues()) == ("no_effect", [])
    assert delivery.reason.startswith(f"It was made on {DAY}, before ")


def test_an_unpaid_order_of_before_that_the_shop_cancels_asks_nobody(shop: Shop, settle: Settle) -> None:
    """As its cron does with orders that wait for a payment. One on account may have been entered by hand."""
    unpaid, on_account = (placed_before(shop, shop.order(payment=p)) for p in ("adyen_cc", "purchaseorder"))
    of_its_own = placed_before(shop, shop.order(payment="adyen_cc"))
    shop.act("set_status", order=of_its_own["increment_id"], state="processing", status="packed")
    shop.act("comment", order=of_its_own["increment_id"], comment="Packed")
    for made in (unpaid, on_account, of_its_own):
        shop.act("cancel", order=made["increment_id"])
    settle()
    delivery = of(shop, "orders", unpaid["increment_id"])
    assert (delivery.state, delivery.reason) == ("no_effect", "It was cancelled before it was posted.")
    for made in (on_account, of_its_own):
        waiting = of(shop, "orders", made["increment_id"])
        assert (waiting.state, waiting.waits_for) == ("pending", f"shop-order {made['entity_id']}")
    assert len(shop.issues()) == 2


def test_a_period_that_is_read_again_brings_its_orders_once_and_no_others(shop: Shop, settle: Settle) -> None:
    """Placed before the shop was ever read; the days before and after it stay as they are."""
    move_to(EARLIER)
    made = shop.act("place_orders", count=3, seconds=86_400)  # three, two days and one ago
    noon = dt.datetime.fromisoformat(f"{shop.stored(made[1])['updated_at']}+00:00")
    settle()
    assert not any(shop.documents(f"shop:{one['entity_id']}") for one in made), "nobody read them"
    for _ in range(2):
        with scopes_disabled():
            feed = Feed.objects.select_related("connection", "tenant").get(
                connection__system="adobe_commerce", key="orders", connection__tenant=shop.world.tenant
            )
            asked = operations.ask_backfill(
                feed, since=noon - HOURS, until=noon + HOURS, reason="That day was missed.", actor=None
            )
            claimed = claim_backfill("test")
            assert claimed is not None
            read_backfill(claimed, Sessions())
        settle()
        assert shop.troubles() == []
        with scopes_disabled():
            assert Backfill.objects.get(pk=asked.selection["backfill"]).state == Backfill.State.DONE
            assert Feed.objects.get(pk=feed.pk).read_until >= feed.read_until, "the live reading goes on where it was"
        assert [len(shop.documents(f"shop:{one['entity_id']}")) for one in made] == [0, 1, 0]
    assert money(shop.document(made[1])["amountInCurrency"]) == money(made[1]["grand_total"])
    helsinki = noon.astimezone(ZoneInfo("Europe/Helsinki"))
    assert shop.document(made[1])["documentDate"][:10] == f"{helsinki:%Y-%m-%d}"


def before_going_live() -> Flow:
    """The flow of orders, set up and never live."""
    Integration.objects.filter(key=PAIR).update(enabled=False)
    Flow.objects.filter(integration__pair=PAIR).update(live_from=None)
    Feed.objects.filter(connection__system="adobe_commerce").update(read_until=None)
    return Flow.objects.select_related("integration__tenant", "tenant").get(key="orders", integration__pair=PAIR)


def planned(flow: Flow, live_from: dt.datetime | None) -> dict[str, dict[str, Any]]:
    """What a dry run says of each order, by its number."""
    asked = operations.ask_dry_run(flow, actor=None, live_from=live_from)
    claimed = claim_operation("test")
    assert claimed is not None
    work_on(claimed, Sessions())
    return {one["business_number"]: one for one in operations.planned_rows(Operation.objects.get(pk=asked.pk))}


def test_a_dry_run_before_going_live_plans_no_order_of_before(shop: Shop) -> None:
    """It is planned by the day that somebody thinks of, else by today; a preview shows the mapping all the same."""
    old, young = placed_before(shop, shop.order(customer=10001)), shop.order(customer=10001)
    with scopes_disabled():
        flow = before_going_live()
        today = planned(flow, None)
        assert {today[made["increment_id"]]["action"] for made in (old, young)} == {"nothing", "wait"}
        assert (today[old["increment_id"]]["action"], DAY in today[old["increment_id"]]["what"]) == ("nothing", True)
        then = planned(flow, dt.datetime.fromisoformat(f"{EARLIER}T00:00:00+00:00"))
        assert {then[made["increment_id"]]["action"] for made in (old, young)} == {"wait"}, "for its customer"
        Flow.objects.filter(pk=flow.pk).update(settings=flow.settings | {"guest_customer": "10001"})
        guest = placed_before(shop, shop.act("guest_order", email="anna@example.fi"))
        shown = {one.number: one for one in preview_of(Flow.objects.get(pk=flow.pk)).records}
        said = shown[guest["increment_id"]]
        assert said.sent is not None
        assert "it would not be sent" in said.what
        assert DAY in said.what
        Flow.objects.filter(pk=flow.pk).update(live_from=dt.datetime.fromisoformat(f"{EARLIER}T00:00:00+00:00"))
        [live] = [o for o in preview_of(Flow.objects.get(pk=flow.pk)).records if o.number == guest["increment_id"]]
        assert "it would not be sent" not in live.what

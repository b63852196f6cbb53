"""Deliveries that have no effect in another system: effect and closing are one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from django_scopes import scopes_disabled

from edi.models import Interchange, Network, TransactionSet
from integrations.engine.claim import Turn, claim_delivery, sweep_leases
from integrations.engine.deliver import deliver
from integrations.engine.sessions import Sessions
from integrations.flows.contract import FlowSpec, Keep, Kept, Nothing, Prepared, Problem, Take
from integrations.models import Attempt, Connection, Delivery, Feed, Flow, Integration, Issue, Payload, Record, State
from integrations.systems.contract import Unmappable
from portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _unscoped(transactional_db: None) -> Iterator[None]:
    with scopes_disabled():
        yield


@pytest.fixture
def ours(tenant: Tenant) -> TransactionSet:
    """A document that we sent."""
    network = Network.objects.create(tenant=tenant, key="net", name="Net")
    interchange = Interchange.objects.create(
        tenant=tenant,
        network=network,
        direction="out",
        stream="test",
        route="r",
        sender_id="US",
        receiver_id="THEM",
        sha256="0" * 64,
        size=0,
        created_at=timezone.now(),
    )
    return TransactionSet.objects.create(
        tenant=tenant, interchange=interchange, set_id="850", business_number="7", created_at=timezone.now()
    )


@pytest.fixture
def tenant() -> Tenant:
    return Tenant.objects.create(slug="keep", name="Keep AB")


@pytest.fixture
def delivery(tenant: Tenant) -> Delivery:
    now = timezone.now()
    books, partner = (
        Connection.objects.create(tenant=tenant, key=key, system=key, name=key) for key in ("visma", "cleo")
    )
    integration = Integration.objects.create(
        tenant=tenant, key="pair", pair="visma-cleo", name="Pair", books=books, partner=partner
    )
    flow = Flow.objects.create(tenant=tenant, integration=integration, key="acknowledgments")
    feed = Feed.objects.create(tenant=tenant, connection=partner, key="inbox")
    payload = Payload.objects.create(tenant=tenant, sha256="1" * 64, size=3, data=b"raw", created_at=now)
    record = Record.objects.create(
        tenant=tenant, feed=feed, source_id="a#1", fingerprint="f", payload=payload, captured_at=now, kind="997"
    )
    return Delivery.objects.create(
        tenant=tenant,
        integration=integration,
        flow=flow,
        sink_connection=partner,
        record=record,
        operation="send",
        operation_key="k",
        lane="part:a#1",
        since=now,
        not_before=now,
        created_at=now,
    )


Use = Callable[[Callable[[Any], Prepared]], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Puts a preparation into the flow."""

    def install(prepare: Callable[[Any], Prepared]) -> None:
        spec = FlowSpec(
            pair="visma-cleo",
            key="acknowledgments",
            label="A",
            entity="acknowledgment",
            source="partner",
            feed="inbox",
            rank=30,
            latest_wins=False,
            accepts=lambda record, settings: Take("send"),
            lane=lambda record: record.source_id,
            prepare=prepare,
        )
        assert (spec.keeps, spec.target) == (True, "partner")
        monkeypatch.setattr("integrations.engine.deliver.flow_spec", lambda key: spec)

    return install


def keeping(effect: Callable[[dt.datetime], Kept]) -> Callable[[Any], Prepared]:
    return lambda job: Keep(digest="d", what="It would be kept.", keep=effect)


def claimed() -> Delivery:
    found = claim_delivery("test:1", Turn())
    assert found is not None
    return found


def test_the_effect_and_the_closing_are_there_together(delivery: Delivery, ours: TransactionSet, use: Use) -> None:
    def effect(now: dt.datetime) -> Kept:
        ours.acknowledged = "accepted"
        ours.save()
        return Kept(summary="Accepted.", transaction_set=ours, in_order=(ours,))

    use(keeping(effect))
    deliver(claimed(), Sessions())
    delivery.refresh_from_db()
    ours.refresh_from_db()
    assert (delivery.state, delivery.reason, ours.acknowledged) == (State.DELIVERED, "Accepted.", "accepted")
    assert delivery.transaction_set_id == ours.pk
    assert not Attempt.objects.exists(), "no call was made"


@pytest.mark.parametrize("error", [Unmappable("It is not ours."), RuntimeError("a bug")])
def test_an_effect_that_fails_leaves_nothing_of_itself(
    delivery: Delivery, ours: TransactionSet, use: Use, error: Exception
) -> None:
    def effect(now: dt.datetime) -> Kept:
        TransactionSet.objects.filter(pk=ours.pk).update(acknowledged="rejected")
        raise error

    use(keeping(effect))
    deliver(claimed(), Sessions())
    delivery.refresh_from_db()
    ours.refresh_from_db()
    assert (delivery.state, ours.acknowledged) == (State.FAILED, "not_expected")
    assert Issue.objects.get().status == Issue.Status.OPEN


def test_a_worker_whose_lease_was_lost_has_no_effect(delivery: Delivery, ours: TransactionSet, use: Use) -> None:
    def effect(now: dt.datetime) -> Kept:
        raise AssertionError("it was called")

    use(keeping(effect))
    mine = claimed()
    Delivery.objects.filter(pk=delivery.pk).update(fence=mine.fence + 1)
    deliver(mine, Sessions())
    delivery.refresh_from_db()
    assert delivery.state == State.SENDING


def test_what_a_dead_worker_had_claimed_is_pending_again_and_never_in_doubt(delivery: Delivery, use: Use) -> None:
    use(lambda job: Nothing("not reached"))
    claimed()
    Delivery.objects.filter(pk=delivery.pk).update(lease_until=timezone.now() - dt.timedelta(minutes=1))
    assert sweep_leases() == 1
    delivery.refresh_from_db()
    assert delivery.state == State.PENDING


def test_bad_news_is_an_issue_of_the_document_until_better_news_come(
    delivery: Delivery, ours: TransactionSet, use: Use
) -> None:
    bad = Problem(about=ours, error_class="rejected", sentence="THEM rejected 850 7.", remedy="Correct it.")
    use(keeping(lambda now: Kept(summary="Rejected.", problems=(bad,))))
    deliver(claimed(), Sessions())
    assert [(i.sentence, i.status) for i in Issue.objects.all()] == [("THEM rejected 850 7.", "open")]

    use(keeping(lambda now: Kept(summary="Accepted.", in_order=(ours,))))
    again = Delivery.objects.get(pk=delivery.pk)
    again.pk, again.operation_key, again.state = None, "k2", State.PENDING
    again.save(force_insert=True)
    deliver(claimed(), Sessions())
    assert Issue.objects.get().status == "resolved"

"""An invoice that Basware took and never shows is told, with the time that it is given, and over when it turns up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django_scopes import scope

from integrations.engine import unheard
from integrations.models import Delivery, Feed, Flow, Issue, State
from integrations.services import deliveries
from portal.common.clock import db_now
from tests.integrations.flows.test_basware import bodies, configured
from tests.support.simulators import Simulators
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
Settle = Callable[..., None]
FLOWS = ("payment-terms", "suppliers", "supplier-invoices", "invoice-statuses")


def open_issues(world: World) -> list[Issue]:
    with scope(tenant=world.tenant):
        return list(Issue.objects.filter(status=Issue.Status.OPEN, error_class="not_delivered").order_by("pk"))


def look(world: World, *, days: float) -> None:
    """What the hourly look does when so many days have gone by since everything was sent, all of them read."""
    now = db_now() + dt.timedelta(days=days)
    with scope(tenant=world.tenant):
        Feed.objects.filter(key="accounting-documents").update(last_read_at=now)
    unheard.look(now)


def nobody_is_told_where_nobody_listens_or_wants_to_know(world: World) -> None:
    unheard.look(db_now() + dt.timedelta(days=30))
    assert not open_issues(world), "its documents were read before, not since"
    with scope(tenant=world.tenant):
        flow = world.flow("visma-basware.supplier-invoices")
        Flow.objects.filter(pk=flow.pk).update(settings={**flow.settings, "unseen_days": 0})
    look(world, days=30)
    assert not open_issues(world)
    with scope(tenant=world.tenant):
        Flow.objects.filter(pk=flow.pk).update(settings=flow.settings)
        Flow.objects.filter(key="invoice-statuses").update(paused_reason="They move house.")
    look(world, days=31)
    assert not open_issues(world)
    with scope(tenant=world.tenant):
        Flow.objects.filter(key="invoice-statuses").update(paused_reason="")


def test_an_invoice_that_is_lost_in_the_network_is_told_until_it_turns_up(
    world: World, sandbox: Simulators, tmp_path: Path, settle: Settle
) -> None:
    basware = configured(world, sandbox, tmp_path, flows=FLOWS)
    sandbox.options("basware", lose_intake=2)
    settle(seconds=60)
    sandbox.act("basware", "process")
    settle()
    shown = {d["bumid"] for d in bodies(basware, "accountingDocuments") if d.get("bumid")}
    with scope(tenant=basware.tenant):
        sent = Delivery.objects.filter(flow__key="supplier-invoices", state=State.DELIVERED)
        first, second = sent.exclude(target_id__in=shown).order_by("pk")
        assert sent.count() > 2
    nobody_is_told_where_nobody_listens_or_wants_to_know(basware)
    look(basware, days=6.5)
    assert not open_issues(basware), "they have a week"
    look(basware, days=7.5)
    (issue,) = open_issues(basware)
    assert {first.business_number, second.business_number} <= set(issue.sentence.replace(",", "").split())
    assert "in 7 days" in issue.sentence
    with scope(tenant=basware.tenant):
        assert set(issue.deliveries.values_list("pk", flat=True)) == {first.pk, second.pk}
        assert Issue.objects.get(pk=issue.pk).occurrences == 1
        # One is sent once more, under the same id, and is seen this time.
        again = deliveries.force(first.pk, actor=None, reason="It is not in Basware.")
    settle()
    sandbox.act("basware", "process")
    settle()
    assert [d["bumid"] for d in bodies(basware, "accountingDocuments")].count(first.target_id) == 1
    look(basware, days=7.5)
    (left,) = open_issues(basware)
    assert (left.pk, f"Invoice {second.business_number} went" in left.sentence) == (issue.pk, True)
    with scope(tenant=basware.tenant):
        assert list(left.deliveries.values_list("pk", flat=True)) == [second.pk]
        # A person closes it, because Basware cannot tell: it is not said again.
        Issue.objects.filter(pk=issue.pk).update(status=Issue.Status.RESOLVED)
    look(basware, days=8)
    assert not open_issues(basware)
    with scope(tenant=basware.tenant):
        Issue.objects.filter(pk=issue.pk).update(status=Issue.Status.OPEN)
        deliveries.force(second.pk, actor=None, reason="It is not in Basware.")
    settle()
    sandbox.act("basware", "process")
    settle()
    look(basware, days=7.5)
    assert not open_issues(basware)
    with scope(tenant=basware.tenant):
        assert Issue.objects.get(pk=issue.pk).status == Issue.Status.RESOLVED
        assert again.replays_id == first.pk

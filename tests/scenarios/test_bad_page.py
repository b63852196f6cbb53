"""One record over which Visma.net fails, whatever page it is on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django_scopes import scope

from integrations.engine.read import SEARCH_AFTER, claim_feed, read_feed
from integrations.engine.sessions import Sessions
from integrations.models import Breaker, Feed, Issue, Record, State
from portal.common.clock import db_now
from tests.support.http_server import Asked, Says, ScriptedServer, relay, serving
from tests.support.world import World

BAD = "500003"


def fails_over(number: str, how: Says, upstream: str) -> Callable[[Asked], Says]:
    """Visma as it is, but for every list that holds one order."""
    true = relay(upstream, lambda asked: None)

    def answer(asked: Asked) -> Says:
        says = true(asked)
        holds = isinstance(says.body, bytes) and f'"orderNbr":"{number}"'.encode() in says.body.replace(b'": "', b'":"')
        return how if "/purchaseorder" in asked.path and says.status == 200 and holds else says

    return answer


@pytest.mark.parametrize(
    "how",
    [Says(500, b"<h1>Server Error</h1>", {"Content-Type": "text/html"}), Says(200, b'[{"orderNbr": "50')],
    ids=["500", "a body that cannot be parsed"],
)
def test_rule_09_a_bad_page_is_searched_down_to_the_one_record(world: World, how: Says) -> None:
    """Its neighbours go on, the record is put aside visibly, and the reading is not stopped."""
    visma = world.connection("visma")
    every = {
        r["body"]["orderNbr"]
        for r in world.simulators.rows("visma", "purchaseorder")
        if r["key"].startswith(f"{world.company}/")
    }
    assert BAD in every
    feed = world.feed("purchase-orders")
    server = ScriptedServer(otherwise=fails_over(BAD, how, world.simulators.url))
    with serving(server):
        visma.settings = {
            name: value.replace(world.simulators.url, server.url) if isinstance(value, str) else value
            for name, value in visma.settings.items()
        }
        visma.save()
        for _ in range(SEARCH_AFTER + 1):
            Feed.objects.filter(pk=feed.pk).update(due_at=db_now())
            Breaker.objects.update(probe_after=db_now(), failures=0)
            claimed = claim_feed("elsewhere:1:1", only={feed.pk})
            assert claimed is not None
            with scope(tenant=world.tenant):
                read_feed(claimed, Sessions())
    feed.refresh_from_db()
    assert feed.last_problem == ""
    assert feed.read_until is not None
    kept = Record.objects.filter(feed=feed, is_newest=True)
    assert set(kept.filter(problem="").values_list("source_id", flat=True)) == every - {BAD}
    (bad,) = kept.exclude(problem="")
    assert "cannot be read: Visma.net" in bad.problem
    assert bad.takers
    assert Breaker.objects.get(connection=visma).position == Breaker.Position.CLOSED
    assert len(server.to("/visma/v1/purchaseorder")) < 60
    assert not Issue.objects.filter(tenant=world.tenant, status=Issue.Status.OPEN).exists()
    assert {d.state for d in world.deliveries(bad.business_number)} == {State.PENDING}

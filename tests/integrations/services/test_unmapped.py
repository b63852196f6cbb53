"""With whom nothing is agreed, by what had no effect because of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from edi.models import Agreement, TradingPartner
from integrations.actions.agreements import unsent_notice
from integrations.models import Delivery, Operation, State
from integrations.selectors import unmapped_partners
from integrations.services import operations
from tests.support.world import World, apply_entry

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_is_not_on_a_network_is_listed_until_something_is_agreed(
    world: World, settle: Callable[..., None], tmp_path: Path
) -> None:
    """A third of the orders go to suppliers who are no trading partners; one is a partner without an agreement yet."""
    later_agreed = Agreement.objects.filter(partner__key="sup80002", document_type="850")
    later_agreed.update(active=False)
    settle()
    listed = unmapped_partners(world.tenant)
    nowhere = [d for d in world.deliveries() if d.reason.startswith("Not on this network")]
    assert sum(sum(one.documents.values()) for one in listed) == len(nowhere)
    assert {one.entity for one in listed} == {"supplier"}
    over_orderful = [one for one in listed if one.network == "orderful" and "850" in one.documents]
    strangers = [one for one in over_orderful if one.partner is None]
    assert strangers
    assert all(one.name and one.number and one.stream == "test" for one in strangers)
    assert [sum(one.documents.values()) for one in listed] == sorted(
        (sum(one.documents.values()) for one in listed), reverse=True
    )
    elsewhere = [one for one in over_orderful if one.partner is not None]
    assert elsewhere, "partners of the other network are known, and only the agreement is missing"

    assert operations.unagreed(TradingPartner.objects.get(key="sup80002")) == []
    chosen = strangers[0]
    world.entry["trading_partners"].append(
        {
            "key": "stranger",
            "name": chosen.name,
            "numbers": [{"company": world.connection("visma").settings["company_id"], "supplier": chosen.number}],
            "agreements": [
                {
                    "document": "850",
                    "network": "orderful",
                    "receiver": "ZZ:STRANGERT",
                    "transport": "AS2",
                    "partner_format": "EDIFACT",
                }
            ],
        }
    )
    apply_entry(world.entry, world.simulators, folder=tmp_path)
    later = {(one.network, one.number): one for one in unmapped_partners(world.tenant)}
    left = later.get(("orderful", chosen.number))
    assert left is None or "850" not in left.documents
    newest: Delivery = chosen.newest
    newest.refresh_from_db()
    assert newest.state == State.NO_EFFECT

    # What was not sent before is offered, and sent once.
    partner = TradingPartner.objects.get(key="sup80002")
    (kept,) = operations.unagreed(partner)
    (notice,) = unsent_notice(partner)
    assert f"{len(kept.source_ids)} documents since {kept.since:%Y-%m-%d} were not sent" in str(notice.sentence)
    (planned,) = operations.ask_send_unagreed(partner, reason="agreed today", actor=None)
    assert planned.plan["would_be_sent"] == len(kept.source_ids)
    operations.start(planned, actor=None)
    settle(read=False)
    planned.refresh_from_db()
    assert (planned.state, planned.progress.get("refused", 0)) == (Operation.State.DONE, 0)
    sent = world.deliveries(transaction_set__partner=partner, transaction_set__set_id="850")
    assert {d.record.source_id for d in sent} == set(kept.source_ids)
    assert State.DELIVERED in {d.state for d in sent}
    assert len(sent) == len(kept.source_ids)
    assert (operations.unagreed(partner), unsent_notice(partner)) == ([], [])
    with pytest.raises(ValidationError, match="Nothing was kept from"):
        operations.ask_send_unagreed(partner, reason="agreed today", actor=None)

"""Values that settings may have, as Orderful says now: our ids, and those of the partners that we have relationships
with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import Choice, Offer
from integrations.systems.orderful.client import Client
from integrations.systems.orderful.settings import Options


def own_ids(stream: Literal["live", "test"], connection: Connection, session: Session) -> Iterator[Choice]:
    for account in Client(session, Options.of(connection)).organization().edi_accounts:
        yield Choice((account.live_isa_id if stream == "live" else account.test_isa_id) or "", account.name or "")


def partner_ids(connection: Connection, session: Session) -> Iterator[Choice]:
    """Ids of everybody at the other end of a relationship, live and test; nothing where the key may not see them."""
    client = Client(session, Options.of(connection))
    own = {i for a in client.organization().edi_accounts for i in (a.live_isa_id, a.test_isa_id)}
    seen: set[str] = set()
    for relationship in client.relationships() or ():
        for side in (relationship.sender, relationship.receiver):
            for kind, value in (("live", side.live_isa_id), ("test", side.test_isa_id)):
                if value and value not in own and value not in seen:
                    seen.add(value)
                    yield Choice(value, f"{side.organization_name or side.edi_account_name or ''}, {kind}")


OFFERS: dict[str, Offer] = {
    "live_ids": partial(own_ids, "live"),
    "test_ids": partial(own_ids, "test"),
    "partner_ids": partner_ids,
}

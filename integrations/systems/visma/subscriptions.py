"""Registering for webhooks by the subscription API of old.

Visma removed `/v1/subscription` and `/v1/event` in April 2025: subscriptions are made in the developer portal. Where
an environment still has the API, it is used; where not, the steps of the portal are given. Whether the API of old signs
its events is not public, so an event that none of our keys signed is refused either way, and polling goes on.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from integrations.http.errors import Conflict, Fault, NotFound, Rejected
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import Step, WebhookPlace
from integrations.systems.visma.client import VismaClient
from integrations.systems.visma.errors import LABEL
from integrations.systems.visma.settings import Options
from integrations.systems.webhooks import feed_of

SUBSCRIPTIONS, EVENTS = "v1/subscription", "v1/event"
GONE = (404, 410)
BY_PORTAL = (
    "In the Visma Developer Portal open the application, choose Webhooks and add a subscription for the publisher "
    "Visma Net Financial: the events Changed and Status Changed of Purchase Order and AR Invoice, Status Changed of AP "
    "Invoice, and Changed of Customer, each with the address above. Copy the signature key, which is shown once, and "
    "store it here with 'Set webhook keys'. Then the company's administrator approves the application's webhook scopes "
    "in the Visma App Store. Visma has no events for receipts and payments. Until then, and beside it, changes are "
    "found by polling."
)


class _Event(msgspec.Struct, frozen=True):
    name: str = ""


def register(connection: Connection, session: Session, place: WebhookPlace) -> Iterator[Step]:
    """Subscribes to every event that is a hint for one of the place's feeds, a step each. One that exists already is a
    success. An API that is gone is one failed step, with what to do instead."""
    session.for_people = True
    address, feeds = place.address, place.feeds
    client = VismaClient(session, Options.of(connection))
    if not address.startswith("https://"):
        yield Step(
            name="Address",
            ok=False,
            # Its end is known to few: it stays out of what is kept and shown.
            detail=f"{LABEL} sends webhooks to https addresses only, and this installation is "
            f"{address.partition('/api/')[0]}.",
            remedy="Put a TLS certificate in front of it, and set BASE_URL to its https address.",
        )
        return
    try:
        names = [event.name for event in client.decode(client.get(EVENTS), list[_Event])]
    except Fault as fault:
        yield _refused("Events", fault)
        return
    wanted = [name for name in names if feed_of(name) in feeds]
    if not wanted:
        said = f"{LABEL} offers {', '.join(sorted(names)) or 'no events'}: none is of what is read here."
        yield Step(name="Events", ok=False, detail=said, remedy=BY_PORTAL)
        return
    for name in wanted:
        try:
            number = client.subscribe(SUBSCRIPTIONS, {"event": name, "hookUri": address})
        except Conflict:
            yield Step(name=name, ok=True, detail="It was subscribed before, perhaps with another address.")
        except Fault as fault:
            yield _refused(name, fault)
            if isinstance(fault, NotFound) or fault.status in GONE:
                return
        else:
            yield Step(name=name, ok=True, detail=f"Subscribed as {number}." if number else "Subscribed.")


def _refused(name: str, fault: Fault) -> Step:
    if fault.status in GONE:
        said = f"{LABEL} has no subscription API any more (status {fault.status}): it was removed in April 2025."
        return Step(name=name, ok=False, detail=said, remedy=BY_PORTAL)
    remedy = BY_PORTAL if isinstance(fault, Rejected) else fault.remedy or "Try again when it answers."
    return Step(name=name, ok=False, detail=fault.sentence, remedy=remedy)

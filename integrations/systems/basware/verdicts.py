"""What P2P made of a record: 200 only means that its form was right, `requestStatus` tells the rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from integrations.systems.basware import wire
from integrations.systems.basware.client import Client
from integrations.systems.basware.errors import LABEL
from integrations.systems.contract import Delivered, Refused, StillOpen, Verdict

TAKEN = frozenset({"Success", "Warning", "RecordExpired"})
"""RecordExpired: overtaken by a newer version of the same record, which has a verdict of its own."""
UNCHANGED = "NotProcessed"
REFUSED = frozenset({"Error", "Unpublished"})
CLOCKS_DIFFER = dt.timedelta(minutes=5)
WORST_FIRST = ("Error", "Unpublished", "InProgress", "NotProcessed", "RecordExpired", "Warning", "Success")


def of_request(client: Client, request_id: str, code: str) -> wire.ProcessedItem | None:
    """What a request made of one record, the worst of all systems that it goes to; None while nothing is known."""
    return _worst(items_of(client.request_status(request_id), code))


def newest(client: Client, codes: Iterable[str], *, since: dt.datetime | None, entity_type: str) -> dict[str, Verdict]:
    """The newest verdict that is known of each record since then; records without any are left out. NotProcessed is
    none: it repeats what was said before."""
    if since is None:
        return {}
    wanted = set(codes)
    found: dict[str, tuple[str, wire.ProcessedItem]] = {}
    for request in client.requests_since(since - CLOCKS_DIFFER, entity_type):
        for code in wanted:
            item = _worst(items_of([request], code))
            if item is None or item.status == UNCHANGED:
                continue
            at = request.last_updated or ""
            if code not in found or at >= found[code][0]:
                found[code] = (at, item)
    return {code: verdict(item, code) for code, (_, item) in found.items()}


def verdict(item: wire.ProcessedItem | None, code: str) -> Verdict:
    """An item in the engine's words."""
    if item is None or item.status in (None, "InProgress"):
        return StillOpen(status={"p2p": item.status or "" if item is not None else ""})
    if item.status in REFUSED:
        return Refused(sentence=refusal(item), remedy=remedy(item), status={"p2p": item.status})
    return Delivered(target_id=code, status={"p2p": item.status})


def refusal(item: wire.ProcessedItem) -> str:
    said = "; ".join(dict.fromkeys(e.message for e in item.errors or () if e.message))
    return f"{LABEL} P2P did not take it: {said or 'it does not say why'}."


def remedy(item: wire.ProcessedItem) -> str:
    """By the category that P2P gives its errors."""
    if any(e.category == "Technical" for e in item.errors or ()):
        return "Replay it; if that fails again, tell Basware's support."
    return "Correct what it names, in Visma.net or in P2P; a corrected version goes by itself, or replay this one."


def items_of(requests: Iterable[wire.RequestStatus], code: str) -> Iterator[wire.ProcessedItem]:
    for request in requests:
        for system in request.systems or ():
            yield from (item for item in system.items or () if item.external_code == code)


def _worst(items: Iterable[wire.ProcessedItem]) -> wire.ProcessedItem | None:
    order = {status: n for n, status in enumerate(WORST_FIRST)}
    return min(items, key=lambda item: order.get(item.status or "", 2), default=None)

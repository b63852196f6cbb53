"""Subscriptions to Basware's notifications: made, listed and removed.

A subscription has no id: task type and sub type are its key, so a second one takes the place of the first, whoever made
it. One that goes to another address is therefore left alone. While a subscription is made, Basware calls the address
(ConnectionTest) and wants a 200. Facts: the vendor's OpenAPI file of push notifications.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from integrations.http.errors import Fault, NotFound
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.basware.errors import LABEL
from integrations.systems.contract import Step, WebhookPlace

PATH = "/v1/subscriptions"
EVERYTHING = "1970-01-01T00:00:00Z"
"""Removing asks for a time of change: all that changed since then."""
WANTED: Mapping[str, str] = {
    "AccountingDocuments": "accounting-documents",
    "ExportedPurchaseOrders": "exported-orders",
    "RequestStatus": "",
}
"""Task type to the feed that it is a hint for; verdicts on what we sent are wanted in any case."""
ALL = "All"
TAKEN = (
    "Whoever gets these notifications would no longer get them. Ask them, have the subscription removed, and register "
    "again; until then everything is found by polling."
)
BY_POLLING = "Until then, and beside it, everything is found by polling."


class _Subscription(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    task_type: str = ""
    task_sub_type: str = ""
    url: str = msgspec.field(default="", name="notificationWebhookURL")

    @property
    def name(self) -> str:
        return f"{self.task_type} {self.task_sub_type}".strip()

    def is_at(self, place: WebhookPlace) -> bool:
        return self.url == place.address


class _Listed(msgspec.Struct, frozen=True, kw_only=True):
    subscriptions: tuple[_Subscription, ...] = ()


def register(connection: Connection, session: Session, place: WebhookPlace) -> Iterator[Step]:
    """Subscribes to what is a hint for one of the place's feeds, a step each. One that is there already is made anew,
    so that it has our key; one of somebody else is a failed step, and stays."""
    if not _may_be_sent_to(place.address):
        yield Step(
            name="Address",
            ok=False,
            detail=f"{LABEL} is to send what it knows of your invoices to https addresses only, and this installation "
            f"is {place.address}.",
            remedy="Put a TLS certificate in front of it, and set BASE_URL to its https address.",
        )
        return
    there = _all(session)
    for task_type, feed in WANTED.items():
        if feed and feed not in place.feeds:
            continue
        others = [s for s in there if s.task_type == task_type and not s.is_at(place)]
        if others:
            said = f"They are sent to {', '.join(sorted({s.url for s in others}))}."
            yield Step(name=task_type, ok=False, detail=said, remedy=TAKEN)
            continue
        try:
            session.request("POST", PATH, body=msgspec.json.encode([_wanted(task_type, place)]))
        except Fault as fault:
            yield Step(name=task_type, ok=False, detail=fault.sentence, remedy=_remedy(fault))
        else:
            yield Step(name=task_type, ok=True, detail=f"Subscribed; {LABEL} has tried the address.")


def registered(connection: Connection, session: Session, place: WebhookPlace) -> Iterator[Step]:
    """Every subscription that there is, and where it goes."""
    there = _all(session)
    for one in there:
        mine = one.is_at(place)
        yield Step(
            name=one.name, ok=mine, detail="Sent here." if mine else f"Sent to {one.url}.", remedy="" if mine else TAKEN
        )
    if not there:
        yield Step(name="Subscriptions", ok=False, detail="There are none.", remedy=f"Register them. {BY_POLLING}")


def unregister(connection: Connection, session: Session, place: WebhookPlace) -> Iterator[Step]:
    """Removes those that are sent here. Where one type goes to several addresses under sub types of its own, only ours
    goes."""
    mine = [one for one in _all(session) if one.is_at(place)]
    for one in mine:
        query = {"lastUpdated": EVERYTHING, "taskType": one.task_type, "taskSubType": one.task_sub_type}
        try:
            session.request("DELETE", PATH, params=query)
        except Fault as fault:
            yield Step(name=one.name, ok=False, detail=fault.sentence, remedy=_remedy(fault))
        else:
            yield Step(name=one.name, ok=True, detail="Removed.")
    if not mine:
        yield Step(name="Subscriptions", ok=True, detail="None was sent here.")


def _all(session: Session) -> tuple[_Subscription, ...]:
    """All there are; an empty list is a 404."""
    try:
        answer = session.get(PATH)
    except NotFound:
        return ()
    listed: _Listed = session.decode(answer, _Listed)
    return listed.subscriptions


def _wanted(task_type: str, place: WebhookPlace) -> dict[str, Any]:
    return {
        "taskType": task_type,
        "taskSubType": ALL,
        "subscriptionType": "Webhook",
        "notificationWebhookURL": place.address,
        "webhookAuthenticationToken": place.key,
    }


def _may_be_sent_to(address: str) -> bool:
    """Encrypted, or to this very machine, where simulators are."""
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost")


def _remedy(fault: Fault) -> str:
    return f"{fault.remedy or 'See that Basware can reach the address from outside, then register again.'} {BY_POLLING}"

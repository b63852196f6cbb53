"""What all sinks share: one command at a time, and records read with their versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from edi.documents.order_change import order_numbers
from integrations.http.errors import Fault, NotFound, Rejected
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import (
    AT_ONCE,
    Applied,
    CannotTell,
    Confirms,
    Delivered,
    Effect,
    Evidence,
    NotApplied,
    Outgoing,
    Stated,
    StillOpen,
    Verdict,
)
from integrations.systems.visma import wire
from integrations.systems.visma.client import ETag, VismaClient, segment
from integrations.systems.visma.settings import Options

C = TypeVar("C")
W = TypeVar("W", bound=wire.Wire)
ORDERS, RECEIPTS, RECEIPT_WRITES, SUPPLIERS = (
    "v1/purchaseorder",
    "v2/PurchaseReceipt",
    "v1/PurchaseReceipt",
    "v1/supplier",
)
MOST_PAGES = 20
AT_WORK = ("Queued", "InProcess")
"""Results of an action that goes on."""
LOOK_BACK = dt.timedelta(days=30)
"""How far before its date a document of the same stamp is looked for: people may move the date."""
PAYMENTS, INVOICES = "v1/supplierPayment", "v1/supplierInvoice"
CUSTOMERS = "v1/customer"
"""Receipts are read by version 2 and written by version 1, as Visma has it since September 2026."""
SAY_THE_NUMBER = "Say under which number it stands in Visma.net ERP."
NOT_KNOWN = "Nothing of what was to be written is known, so no number can be compared with it. Replay or dismiss it."


class CommandSink(Generic[C]):
    """Makes one kind of command so, one at a time. Subclasses say how, and how to see that it is."""

    kind: Any
    confirms: Confirms = AT_ONCE

    def __init__(self, client: VismaClient) -> None:
        self.client = client
        self.visibility_delay = client.options.visibility_delay

    @classmethod
    def open(cls, connection: Connection, session: Session) -> CommandSink[C]:
        return cls(VismaClient(session, Options.of(connection)))

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        """Each on its own: what is wrong with one says nothing of the next."""
        return [self._apply_one(item) for item in batch]

    def _apply_one(self, item: Outgoing) -> Effect:
        try:
            return self.apply(self.command(item), item)
        except Fault as fault:
            return fault

    def evidence(self, item: Outgoing) -> Evidence:
        return self.look(self.command(item), item)

    def follow(self, item: Outgoing) -> Verdict:
        """What was taken in hand is done when it can be seen."""
        found = self.look(self.command(item), item)
        target = getattr(found, "target_id", None)
        return StillOpen() if target is None else Delivered(target_id=target)

    def says(self, item: Outgoing) -> dict[str, str]:
        """A command says what shall be so; what that means depends on what is there."""
        return {}

    def current(self, item: Outgoing) -> Stated | NotApplied | CannotTell:
        """Whether it is so now."""
        found = self.look(self.command(item), item)
        if isinstance(found, Applied):
            return Stated(target_id=found.target_id, fields={}, owned={"proof": found.proof})
        return found

    def command(self, item: Outgoing) -> C:
        return self.decoded(item.body)

    def decoded(self, body: bytes) -> C:
        found: C = msgspec.json.decode(body, type=self.kind)
        return found

    def apply(self, command: C, item: Outgoing) -> Effect:
        """Makes it so. Raises Fault."""
        raise NotImplementedError

    def look(self, command: C, item: Outgoing) -> Evidence:
        """Whether it is so. Raises Fault."""
        raise NotImplementedError


def read(client: VismaClient, path: str, number: str, kind: type[W]) -> tuple[W, ETag]:
    """A record with its version. Raises NotFound."""
    answer, etag = client.get_with_etag(f"{path}/{segment(number)}")
    return client.decode(answer, kind), etag


def is_anothers(description: str | None, stamp: str) -> bool:
    """Whether a description is a stamp of the same kind and not this one: the kind's words, then one id."""
    said, kind = (description or "").strip(), f"{stamp.rpartition(' ')[0]} "
    return said != stamp and said.startswith(kind) and len(said.removeprefix(kind).split()) == 1


def listed(client: VismaClient, path: str, filters: dict[str, str], kind: type[W], *, what: str) -> Iterator[W]:
    """All records of a list that a few filters have made short. Visma ignores filters that it does not know: look at
    what comes. Raises Rejected when there are too many to look through: what cannot be told from others is not made."""
    rows = 0
    for number in range(1, MOST_PAGES + 1):
        page = client.page(path, number, filters=filters)
        for raw in page.elements:
            yield client.decode_element(raw, kind)
        rows += len(page.elements)
        if not page.elements or (page.total is not None and rows >= page.total):
            return
    raise Rejected(
        f"Visma.net ERP lists more {what} than can be looked through, so it cannot be told whether this one was booked "
        "already.",
        remedy="Enter it in Visma.net and settle this delivery as arrived with its number.",
    )


def read_order(client: VismaClient, stated: str) -> tuple[wire.PurchaseOrder, ETag]:
    """The purchase order that a trading partner means: by the number as stated, else without a suffix that the sender
    may have added. Raises Rejected when there is none."""
    for number in order_numbers(stated):
        try:
            return read(client, ORDERS, number, wire.PurchaseOrder)
        except NotFound:
            continue
    raise Rejected(
        f"There is no purchase order {stated} in Visma.net ERP.",
        remedy="Ask the trading partner which order is meant. If it stands under another number, correct the document "
        "and replay it; if there is none, dismiss it, or refuse it where it is an order change.",
    )

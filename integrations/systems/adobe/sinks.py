"""Writing to a shop: comments on orders, and the number that an order has in the books.

Comments have no id and cannot be changed or taken back. So each begins with a mark that says what it is about, and it
is looked for before one is added.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from integrations.http.errors import Fault, NotFound, Rejected
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.adobe import attributes, wire
from integrations.systems.adobe.client import Client
from integrations.systems.adobe.errors import LABEL
from integrations.systems.adobe.settings import Options
from integrations.systems.contract import (
    AT_ONCE,
    Applied,
    CannotTell,
    Delivered,
    Effect,
    Evidence,
    NotApplied,
    Outgoing,
    SinkSpec,
    StillOpen,
    Verdict,
)

C = TypeVar("C")


class OrderComment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is told on an order: as a comment, as an entry of a custom attribute, or both."""

    order: str = ""
    """The order's entity_id."""
    others: tuple[str, ...] = ()
    """Ids of more orders that the same is told on."""
    mark: str
    """What it is about and in which revision, as `[ERP-AP visma:Invoice/000357 rev:1]`: the same mark is never written
    twice."""
    text: str
    comment: bool = True
    attribute: str = ""
    """Code of the custom attribute; empty: none."""
    entry: attributes.Entry | None = None
    company: str = ""
    """Id of the company whose attribute it is, where it is no order's."""

    @property
    def words(self) -> str:
        return f"{self.mark} {self.text}".rstrip()

    def each(self) -> Iterator[OrderComment]:
        """The same for one order at a time."""
        for order in (self.order, *self.others):
            yield msgspec.structs.replace(self, order=order, others=())

    @property
    def target_id(self) -> str:
        return f"{f'company {self.company}' if self.company else self.order} {self.mark}"[:200]


class OrderReference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The number of an order in the books, kept in its ext_order_id."""

    order: str
    number: str
    instead_of: tuple[str, ...] = ()
    """Numbers of ours that it may take the place of. Another system's is left alone."""


class _One(Generic[C]):
    """Makes one kind of change, one at a time."""

    kind: Any
    confirms = AT_ONCE
    visibility_delay = dt.timedelta(seconds=5)

    def __init__(self, connection: Connection, session: Session) -> None:
        self._client = Client(session, Options.of(connection))

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        """Each on its own: what is wrong with one says nothing of the next."""
        found: list[Effect] = []
        for item in batch:
            try:
                found.append(self._apply(self._command(item)))
            except Fault as fault:
                found.append(fault)
        return found

    def evidence(self, item: Outgoing) -> Evidence:
        return self._look(self._command(item))

    def follow(self, item: Outgoing) -> Verdict:
        return StillOpen()

    def _command(self, item: Outgoing) -> C:
        found: C = msgspec.json.decode(item.body, type=self.kind)
        return found

    def _apply(self, command: C) -> Effect:
        raise NotImplementedError

    def _look(self, command: C) -> Evidence:
        raise NotImplementedError


class OrderComments(_One[OrderComment]):
    kind = OrderComment

    def _apply(self, command: OrderComment) -> Effect:
        for one in command.each():
            effect = self._apply_one(one)
            if not isinstance(effect, Delivered):
                return effect
        return Delivered(target_id=command.target_id)

    def _look(self, command: OrderComment) -> Evidence:
        proofs = []
        for one in command.each():
            found = self._look_at_one(one)
            if not isinstance(found, Applied):
                return found
            proofs.append(found.proof)
        return Applied(target_id=command.target_id, proof=" ".join(dict.fromkeys(proofs)))

    def _apply_one(self, command: OrderComment) -> Effect:
        found = self._look_at_one(command)
        if isinstance(found, Applied):
            return Delivered(target_id=found.target_id)
        if isinstance(found, CannotTell):
            return Rejected(found.reason, remedy="Say which order it belongs to, or dismiss it.")
        if command.entry is not None:  # first: a comment cannot be taken back when the shop refuses the attribute
            at = {"order": command.order, "company": command.company}
            attributes.keep(self._client, command.attribute, command.entry, **at)
        if command.comment and not self._is_commented(command):
            self._client.comment(command.order, command.words)
        return Delivered(target_id=command.target_id)

    def _look_at_one(self, command: OrderComment) -> Evidence:
        if command.comment:
            try:
                if not self._is_commented(command):
                    return NotApplied(proof=f"No comment begins with {command.mark}.")
            except NotFound:
                return CannotTell(reason=f"{LABEL} has no order with the id {command.order}.")
        if command.entry is None:
            return Applied(target_id=command.target_id, proof=f"A comment begins with {command.mark}.")
        there = attributes.read(self._client, order=command.order, company=command.company)
        if there is None:
            what = f"company {command.company}" if command.company else f"order with the id {command.order}"
            return CannotTell(reason=f"{LABEL} has no {what}.")
        value = there.get(command.attribute, "")
        if attributes.says(value, command.entry):
            return Applied(target_id=command.target_id, proof=f"The attribute {command.attribute} says it.")
        return NotApplied(proof=f"The attribute {command.attribute} does not say it: {value[:200] or 'it is empty'}.")

    def _is_commented(self, command: OrderComment) -> bool:
        """Raises NotFound for an order that the shop does not have."""
        return any(text.lstrip().startswith(command.mark) for text in self._client.comments(command.order))


class OrderReferences(_One[OrderReference]):
    kind = OrderReference

    def _apply(self, command: OrderReference) -> Effect:
        there = self._there(command)
        if there == command.number:
            return Delivered(target_id=command.order)
        if there and there not in command.instead_of:
            return Rejected(
                f"The order has the reference {there} of another system, so {command.number} is not written over it.",
                remedy="Dismiss this: the number stands here. Or empty ext_order_id in the shop, and replay.",
            )
        self._client.save_order(command.order, {"ext_order_id": command.number})
        return Delivered(target_id=command.order)

    def _look(self, command: OrderReference) -> Evidence:
        there = self._there(command)
        if there == command.number:
            return Applied(target_id=command.order, proof=f"The order's ext_order_id is {there}.")
        return NotApplied(proof=f"The order's ext_order_id is {there or 'empty'}, not {command.number}.")

    def _there(self, command: OrderReference) -> str:
        raw = self._client.one(f"orders/{command.order}")
        if raw is None:
            raise NotFound(
                f"{LABEL} has no order with the id {command.order}.", remedy="Dismiss this: it was deleted there."
            )
        return (self._client.decode(raw, wire.Order).ext_order_id or "").strip()


def encode(command: OrderComment | OrderReference) -> bytes:
    return msgspec.json.encode(command)


SINKS = (
    SinkSpec(key="order-comments", label="Comments on orders", open=OrderComments),
    SinkSpec(key="order-references", label="Numbers of orders in the books", open=OrderReferences),
)

"""What lies in an inbox: which document it is, who sent it, and what it says. Pure.

A v4 inbox item carries no type, so it is told by the members that only one document has. A v3 bucket item carries one,
in v3's own words. Either may hold Mosaic or Orderful's JSON form of X12.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from edi.documents import values
from edi.documents.reading import LeftOver
from edi.documents.registry import SETS, Document
from edi.x12.segments import TransactionSet
from integrations.systems.contract import Unmappable
from integrations.systems.orderful import mosaic_documents, spelled, wire
from integrations.systems.orderful.kinds import TYPES, noun
from integrations.systems.orderful.mosaic_reading import Reader, list_of, object_of, text

NUMBERS = {
    "810": "invoiceNumber",
    "856": "shipmentId",
    "860": "purchaseOrderNumber",
    "855": "purchaseOrderNumber",
    "850": "purchaseOrderNumber",
}
LINES = {"860": "POC"}
"""Segments with which a line begins, of documents that change something."""
DESCRIBING = frozenset({"PID", "N9", "MSG", "MTX", "REF", "PER", "PKG", "MEA", "PO4", "MAN", "DTM", "TD5"})
"""Segments of a line that leave its quantity and price as they are."""
_SENT_BY = {"850": "buyer", "860": "buyer", "855": "supplier", "856": "supplier", "810": "supplier"}
_READERS: dict[str, Callable[[Reader, Mapping[str, Any]], Document]] = {
    "860": mosaic_documents.order_change,
    "855": mosaic_documents.order_response,
    "856": mosaic_documents.ship_notice,
    "810": mosaic_documents.invoice,
}


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """An item of an inbox or a bucket."""

    transaction_id: str
    set_id: str
    """X12 set, "" when nobody can tell."""
    stream: str
    sender_id: str
    receiver_id: str
    business_number: str
    message: Mapping[str, Any]

    @property
    def name(self) -> str:
        """As "Order change PO-1"."""
        kind = noun(TYPES.get(self.set_id, "")) or "document"
        return f"{kind[:1].upper()}{kind[1:]} {self.business_number or self.transaction_id}"

    @property
    def fingerprint(self) -> str:
        """Over all that lies under its number, envelope included; not over which delivery brought it. That another
        item says the same tells `digest_of`."""
        said = (self.set_id, self.stream, self.sender_id, self.receiver_id, self.message)
        return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a received document says, and what in it could not be told."""

    document: Document
    unsure: tuple[str, ...]
    unread: tuple[str, ...] = ()
    """Of that, what the document does not hold: its sender may mean something by it."""
    uncertain: tuple[str, ...] = ()
    """Of that, what leaves open how much is meant of a line, or at what price: not to be acted on unseen."""


def received(raw: bytes) -> Received:
    """The item that `raw` is. Raises msgspec.DecodeError (also ValidationError) for anything else."""
    item = msgspec.json.decode(raw, type=wire.InboxItem, strict=False)
    message = item.message
    set_id = item.kind.partition("_")[0] if item.kind else set_of(message)
    stream = item.stream.lower()
    return Received(
        transaction_id=str(item.transaction_id or item.id),
        set_id=set_id if set_id in TYPES else "",
        stream=stream,
        sender_id=_id_of(item.sender_id, item.sender, stream),
        receiver_id=_id_of(item.receiver_id, item.receiver, stream),
        business_number=str(item.business_number or "") or _number_in(set_id, message),
        message={name: value for name, value in message.items() if name != "href"},
    )


def digest_of(item: Received, document: Document | None) -> str:
    """SHA-256 (hex) over what an item says, whatever brought it: a document that its sender sends again, in an envelope
    with other numbers or in another spelling, has the same. Its purpose counts. `document`: the item as it was read;
    None where it cannot be, then its message counts."""
    said = (
        spelled.without_envelope(item.message)
        if document is None
        else (values.digest(document), str(getattr(document, "purpose", "")))
    )
    whose = (item.set_id, item.stream, item.sender_id, item.receiver_id)
    return hashlib.sha256(msgspec.json.encode((*whose, said), order="sorted")).hexdigest()


def set_of(message: Mapping[str, Any]) -> str:
    """The X12 set that a message is, by its members; "" when they do not tell."""
    sets = list_of(message.get("transactionSets"))
    if sets:
        header = object_of(next(iter(list_of(object_of(sets[0]).get("transactionSetHeader"))), None))
        return text(header.get("transactionSetIdentifierCode"))
    lines = [object_of(line) for line in list_of(message.get("lineItems"))]
    if "invoiceNumber" in message:
        return "810"
    if "shipmentId" in message and "orders" in message:
        return "856"
    if "purchaseOrderNumber" not in message:
        return ""
    if "purchaseOrderChangeDate" in message or any("changeReason" in line for line in lines):
        return "860"
    if "status" in message or any("actions" in line for line in lines):
        return "855"
    return "850" if "purchaseOrderType" in message else ""


def read(item: Received, *, unit_words: Mapping[str, str] | None = None) -> Reading:
    """The document that an item holds. Raises Unmappable with the reason and the place."""
    sets = list_of(item.message.get("transactionSets"))
    if sets:
        return _read_spelled(item, sets)
    reader = Reader(
        document=item.name,
        sent_by="buyer" if _SENT_BY.get(item.set_id) == "buyer" else "supplier",
        unit_words=unit_words or {},
    )
    if item.set_id not in _READERS:
        raise _unknown(item)
    document = _READERS[item.set_id](reader, item.message)
    uncertain = tuple(reader.contradictions)
    return Reading(
        document=document,
        unsure=tuple(reader.unsure),
        unread=(*reader.without_place, *uncertain),
        uncertain=uncertain,
    )


def _read_spelled(item: Received, sets: Any) -> Reading:
    if item.set_id not in SETS:
        raise _unknown(item)
    if len(sets) > 1:
        raise Unmappable(
            f"{item.name} holds {len(sets)} documents in one transaction.",
            remedy="Ask Orderful to deliver one document a transaction.",
        )
    found = spelled.segments_of(item.set_id, object_of(sets[0]))
    result = SETS[item.set_id].read(found.tset)
    if result.document is None:
        said = " ".join(f.message for f in result.findings if f.is_error)
        hint = f" Members that were not understood: {', '.join(found.unread[:5])}." if found.unread else ""
        raise Unmappable(
            f"{item.name} cannot be read: {said}{hint}",
            remedy="Ask the trading partner to send it again; what came is kept as it came.",
        )
    warnings = [f.message for f in result.findings if not f.is_error]
    left = [_words(over) for over in result.left_over]
    unknown = [f"'{name}' is not known" for name in found.unread]
    begins = LINES.get(item.set_id, "")
    uncertain = [
        *(_words(over) for over in result.left_over if _is_of_line(over, found.tset, begins)),
        *(f"'{name}' is not known" for name in found.unread if begins and name.startswith(f"{begins}_loop")),
    ]
    return Reading(
        document=result.document,
        unsure=(*warnings, *left, *unknown),
        unread=(*left, *unknown),
        uncertain=tuple(uncertain),
    )


def _words(over: LeftOver) -> str:
    if not over.unused:
        return f"{over.tag} (segment {over.position}) is not used"
    elements = ", ".join(f"{over.tag}{n:02} '{over.elements[n - 1]}'" for n in over.unused)
    return f"{elements} (segment {over.position}) is not used"


def _is_of_line(over: LeftOver, tset: TransactionSet, begins: str) -> bool:
    """Whether it stands in a line and does more than describe it."""
    places = [place for place, segment in enumerate(tset.body, start=2) if segment.tag == begins]
    ends = next((place for place, segment in enumerate(tset.body, start=2) if segment.tag == "CTT"), len(tset.body) + 2)
    return bool(places) and places[0] <= over.position < ends and over.tag not in DESCRIBING


def _unknown(item: Received) -> Unmappable:
    return Unmappable(
        f"Nobody can tell which document transaction {item.transaction_id} of Orderful is."
        if not item.set_id
        else f"{item.name} is a {item.set_id}, which is not received here.",
        remedy="Look at it in Orderful, and correct the relationship that delivers it to this inbox.",
    )


def _id_of(stated: str | None, party: wire.Identity | None, stream: str) -> str:
    if stated or party is None:
        return stated or ""
    return (party.test_isa_id if stream == "test" else "") or party.isa_id or ""


def _number_in(set_id: str, message: Mapping[str, Any]) -> str:
    sets = list_of(message.get("transactionSets"))
    if sets and set_id in SETS:
        tset = spelled.segments_of(set_id, object_of(sets[0])).tset
        beginning = next((s for s in tset.body if s.tag == SETS[set_id].beginning), None)
        return beginning.get(SETS[set_id].number_at).strip() if beginning else ""
    return text(message.get(NUMBERS.get(set_id, "")))

"""Lines of orders for matching, and the goods receipts inside them.

A line that stands there is changed member by member, so that its receipts stay; new lines are posted, 100 at a time.
Changes of one line go one after the other: Basware answers 503 to the second of two.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from django.utils import timezone

from integrations.http.errors import Rejected
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.basware import verdicts
from integrations.systems.basware.client import Client
from integrations.systems.basware.errors import LABEL
from integrations.systems.basware.mapping import encode
from integrations.systems.basware.settings import Options
from integrations.systems.basware.sinks import JUST_NOW, confirms_of, differences, in_parts
from integrations.systems.contract import (
    Accepted,
    Applied,
    Delivered,
    Effect,
    Evidence,
    NotApplied,
    Outgoing,
    Refused,
    SinkSpec,
    StillOpen,
    Verdict,
)

PATH, ENVELOPE, ENTITY = "/v1/matchingOrderLines", "matchingOrderLines", "MatchingOrderLine"
MOST = 100
"""Lines of one call."""
MARK = "text10"
Row = dict[str, Any]
_DECODER = msgspec.json.Decoder(list[Row], float_hook=Decimal)


class _Lines:
    """What both sinks share. The delivery's target is the order's external code."""

    visibility_delay = dt.timedelta(seconds=5)

    def __init__(self, connection: Connection, session: Session) -> None:
        options = Options.of(connection)
        self._client = Client(session, options)
        self.confirms = confirms_of(options)

    def _there(self, order: str) -> dict[str, Row]:
        """The lines of an order by their codes."""
        pages = self._client.pages(PATH, ENVELOPE, orderExternalCode=order)
        rows = (self._client.decode(raw, Row) for page in pages for raw in page)
        return {str(row.get("externalCode")): row for row in rows}

    def _missing(self, item: Outgoing) -> list[str]:
        """What of the effect does not stand there, in words."""
        raise NotImplementedError

    def evidence(self, item: Outgoing) -> Evidence:
        missing = self._missing(item)
        if missing:
            return NotApplied(proof=f"{LABEL} does not have all of it: {'; '.join(missing)[:600]}.")
        return Applied(target_id=_order(item), proof="All lines are there as they were sent.")

    def follow(self, item: Outgoing) -> Verdict:
        """All lines' verdicts. A line that no request was about stands there as it was sent: nothing was written."""
        codes = [row["externalCode"] for row in _rows(item)]
        known = verdicts.newest(self._client, codes, since=item.first_sent_at, entity_type=ENTITY)
        refused = [(code, v) for code, v in known.items() if isinstance(v, Refused)]
        if any(isinstance(v, StillOpen) for v in known.values()):
            return StillOpen()
        if refused:
            words = "; ".join(f"{code}: {v.sentence}" for code, v in refused[:10])
            return Refused(sentence=words, remedy=refused[0][1].remedy)
        if len(known) < len(set(codes)) and (missing := self._missing(item)):
            return StillOpen(status={"p2p": "; ".join(missing)[:200]})
        return Delivered(target_id=_order(item))


class OrderLines(_Lines):
    """The lines of an order. The body is the list of all of them."""

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        return [self._apply(item) for item in batch]

    def _apply(self, item: Outgoing) -> Effect:
        rows, there = _rows(item), self._there(_order(item))
        refused = self._refused(item, rows)
        new = [row for row in rows if row["externalCode"] not in there]
        for part in in_parts([encode(row) for row in new], MOST):
            self._client.post(PATH, part)
        for row in rows:
            code = row["externalCode"]
            if code not in there:
                continue
            if code in refused:  # in the same words it would not be looked at again
                changed = {**row, MARK: f"sent again {timezone.now():%Y-%m-%dT%H:%M:%SZ}"}
            else:
                changed = {name: row[name] for name in differences(row, there[code])}
            if changed:
                self._client.patch(PATH, code, changed)
        for code, row in there.items():
            if code not in {r["externalCode"] for r in rows} and not row.get("isDeleted"):
                self._client.patch(PATH, code, {"isDeleted": True})
        return Accepted(target_id=_order(item))

    def _refused(self, item: Outgoing, rows: Sequence[Row]) -> set[str]:
        """Lines that P2P refused at an earlier try."""
        if item.first_sent_at is None or timezone.now() - item.first_sent_at < JUST_NOW:
            return set()
        codes = [row["externalCode"] for row in rows]
        known = verdicts.newest(self._client, codes, since=item.first_sent_at, entity_type=ENTITY)
        return {code for code, verdict in known.items() if isinstance(verdict, Refused)}

    def _missing(self, item: Outgoing) -> list[str]:
        there = self._there(_order(item))
        found = []
        for row in _rows(item):
            different = differences(row, there.get(row["externalCode"], {}))
            if different:
                found.append(f"line {row['lineNumber']} ({', '.join(different)})")
        return found


class Receipts(_Lines):
    """What was received of an order's lines. The body: one entry a line, with the receipts that are to stand in it."""

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        return [self._apply(item) for item in batch]

    def _apply(self, item: Outgoing) -> Effect:
        """Line after line. Whether Basware replaces a line's receipts or adds to them is not public: those that stand
        there are sent along."""
        for row in _rows(item):
            code = row["externalCode"]
            answer = self._client.one(PATH, code)
            if answer is None:
                raise Rejected(
                    f"{LABEL} has no order line {row['lineNumber']} of order {row['orderNumber']}.",
                    remedy="See the order's own delivery: its lines must be there first. Then replay this one.",
                )
            line = self._client.decode(answer.body, Row)
            there = {one["externalCode"]: one for one in line.get("goodsReceipts") or ()}
            wanted = {one["externalCode"]: one for one in row["goodsReceipts"]}
            if any(differences(one, there.get(key, {})) for key, one in wanted.items()):
                named = {key: _with_reference(one, there) for key, one in wanted.items()}
                self._client.patch(PATH, code, {"goodsReceipts": list({**there, **named}.values())})
        return Accepted(target_id=_order(item))

    def _missing(self, item: Outgoing) -> list[str]:
        found = []
        for row in _rows(item):
            answer = self._client.one(PATH, row["externalCode"])
            line = self._client.decode(answer.body, Row) if answer is not None else {}
            there = {one["externalCode"]: one for one in line.get("goodsReceipts") or ()}
            if any(differences(one, there.get(one["externalCode"], {})) for one in row["goodsReceipts"]):
                found.append(f"the receipt of line {row['lineNumber']}")
        return found


def _with_reference(one: Row, there: Mapping[str, Row]) -> Row:
    """A return with the receipt that it takes back. Visma.net does not say which that is, so only where a line was
    received once; of several none is guessed."""
    if Decimal(one["quantity"]) >= 0 or "referenceGRExternalCode" in one:
        return one
    received = [
        key for key, known in there.items() if Decimal(str(known["quantity"])) > 0 and not known.get("isDeleted")
    ]
    return {**one, "referenceGRExternalCode": received[0]} if len(received) == 1 else one


def _rows(item: Outgoing) -> list[Row]:
    rows: list[Row] = _DECODER.decode(item.body)
    return rows


def _order(item: Outgoing) -> str:
    return str(item.meta["order"])


SINKS = (
    SinkSpec(key="matching-order-lines", label="Lines of purchase orders", open=OrderLines),
    SinkSpec(key="goods-receipts", label="Goods receipts", open=Receipts),
)

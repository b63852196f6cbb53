"""Writing records by their external codes: all or none of a batch, and P2P's verdict on each later.

A record that P2P has already in the same words is not processed again. That is right for what it took, and wrong for
what it refused: such a record goes again with a mark that makes it another one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
from django.utils import timezone

from integrations.http.errors import Fault, Rejected
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.basware import verdicts
from integrations.systems.basware.client import MAX_BYTES, Client
from integrations.systems.basware.errors import LABEL, REMEDY, BatchRefused
from integrations.systems.basware.mapping import encode
from integrations.systems.basware.settings import Options
from integrations.systems.contract import (
    Accepted,
    Applied,
    Confirms,
    Effect,
    Evidence,
    NotApplied,
    Outgoing,
    Refused,
    SinkSpec,
    StillOpen,
    Verdict,
)

JUST_NOW = dt.timedelta(seconds=2)
"""A first try that began so short a time ago is this one."""
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
ROOM = MAX_BYTES - 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of record."""

    path: str
    entity: str
    """As `requestStatus` calls it."""
    batch: int
    mark: str = ""
    """A member for texts of our own, by which the same record can be sent as another one."""


VENDORS = Kind(path="/v1/vendors", entity="Vendor", batch=200, mark="customFields")
ACCOUNTS = Kind(path="/v1/accounts", entity="Account", batch=500, mark="text5")
COST_CENTERS = Kind(path="/v1/costCenters", entity="CostCenter", batch=500, mark="text10")
LISTS = Kind(path="/v1/lists", entity="GenericList", batch=500, mark="text_25")
PAYMENT_TERMS = Kind(path="/v1/paymentTerms", entity="PaymentTerm", batch=500)
TAX_CODES = Kind(path="/v1/taxCodes", entity="TaxCode", batch=500)
ORDERS = Kind(path="/v1/matchingOrders", entity="MatchingOrder", batch=500, mark="text10")


def confirms_of(options: Options) -> Confirms:
    return Confirms(
        later=True,
        poll=dt.timedelta(seconds=options.status_seconds),
        deadline=dt.timedelta(hours=options.status_hours),
    )


class Records:
    """Records of one kind, or of the kind that the delivery's meta names. The body is the record as JSON."""

    visibility_delay = dt.timedelta(seconds=5)

    def __init__(self, kinds: Sequence[Kind], connection: Connection, session: Session) -> None:
        self._options = Options.of(connection)
        self._client = Client(session, self._options)
        self._kinds = kinds
        self.confirms = confirms_of(self._options)

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        verdicts_found: dict[int, Effect] = {}
        for path, places in self._by_path(batch).items():
            bodies = {i: self._body(batch[i]) for i in places}
            left = list(places)
            for part in in_parts([bodies[i] for i in places], self._kinds[0].batch):
                self._write(path, left[: len(part)], bodies, verdicts_found)
                left = left[len(part) :]
        return [verdicts_found[i] for i in range(len(batch))]

    def _write(self, path: str, part: list[int], bodies: dict[int, bytes], done: dict[int, Effect]) -> None:
        """Writes a part of a batch. Of a refused one the records that are wrong are taken out, and the others sent
        again: at least one falls out each time, so this ends. A fault that says nothing of single records is that of
        all that were not written yet; the others keep their verdicts."""
        left = list(part)
        while left:
            try:
                request_id = self._client.post(path, [bodies[i] for i in left])
            except BatchRefused as refused:
                wrong = [i for i in left if _code(bodies[i]) in refused.records]
                done |= {i: _refused(refused.records[_code(bodies[i])], refused) for i in wrong}
                if wrong:
                    left = [i for i in left if i not in wrong]
                    continue
                done |= self._each(path, left, bodies, refused)
            except Rejected as refused:
                done |= self._each(path, left, bodies, refused)
            except Fault as fault:
                done |= dict.fromkeys(left, fault)
            else:
                done |= {i: Accepted(target_id=request_id or _code(bodies[i])) for i in left}
            return

    def _each(self, path: str, left: list[int], bodies: dict[int, bytes], refused: Rejected) -> dict[int, Effect]:
        """Each on its own, where a refusal does not say which is wrong."""
        if len(left) == 1:
            return {left[0]: refused}
        found: dict[int, Effect] = {}
        for i in left:
            try:
                found[i] = Accepted(target_id=self._client.post(path, [bodies[i]]) or _code(bodies[i]))
            except Fault as fault:
                found[i] = fault
        return found

    def evidence(self, item: Outgoing) -> Evidence:
        """Whether the record stands in the API layer as it was sent, and a request since then was about it."""
        kind, body = self._kind(item), msgspec.json.decode(item.body)
        code = str(body["externalCode"])
        there = self._client.one(_path(kind, item), code)
        if there is None:
            return NotApplied(proof=f"{LABEL} has nothing with the external code {code}.")
        different = differences(body, self._client.decode(there.body, dict[str, Any]))
        if different:
            return NotApplied(proof=f"{code} is there; {', '.join(different)} are not what was sent.")
        since = item.first_sent_at
        if not verdicts.newest(self._client, [code], since=since, entity_type=kind.entity):
            return NotApplied(proof=f"{code} is there, and no request about it is known. It can be written again.")
        return Applied(target_id=code, proof=f"{code} is there with all values that were sent.")

    def follow(self, item: Outgoing) -> Verdict:
        """By the request that took it; where its id never came, by the newest request about the record."""
        kind, code = self._kind(item), _code(item.body)
        if item.target_id == code:
            known = verdicts.newest(self._client, [code], since=item.first_sent_at, entity_type=kind.entity)
            return known.get(code, StillOpen())
        told = verdicts.of_request(self._client, item.target_id, code)
        if told is not None and told.status == verdicts.UNCHANGED:
            # P2P has these words already; an earlier try of this delivery may be the one that it refused.
            before = verdicts.newest(self._client, [code], since=item.first_sent_at, entity_type=kind.entity)
            return before.get(code, verdicts.verdict(told, code))
        return verdicts.verdict(told, code)

    # --- inside

    def _kind(self, item: Outgoing) -> Kind:
        wanted = item.meta.get("kind")
        return next((kind for kind in self._kinds if kind.entity == wanted), self._kinds[0])

    def _by_path(self, batch: Sequence[Outgoing]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for i, item in enumerate(batch):
            found.setdefault(_path(self._kind(item), item), []).append(i)
        return found

    def _body(self, item: Outgoing) -> bytes:
        """The frozen record; one that P2P refused at an earlier try of this delivery goes with a mark."""
        kind, now = self._kind(item), timezone.now()
        first = item.first_sent_at
        if not kind.mark or first is None or now - first < JUST_NOW:
            return item.body
        code = _code(item.body)
        known = verdicts.newest(self._client, [code], since=first, entity_type=kind.entity)
        return marked(item.body, kind.mark, now) if isinstance(known.get(code), Refused) else item.body


def marked(body: bytes, mark: str, now: dt.datetime) -> bytes:
    """The record with a time in a member for texts of our own, so that it is no longer the one that was refused."""
    row: dict[str, Any] = _DECODER.decode(body)
    text = f"sent again {now:%Y-%m-%dT%H:%M:%SZ}"
    row[mark] = [{"name": "ml-connector", "value": text}] if mark == "customFields" else text
    return encode(row)


def differences(sent: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    """Members that are not there as they were sent. Of objects and lists Basware may tell more."""
    return [name for name, value in sent.items() if not _same(value, there.get(name))]


def _same(sent: Any, there: Any) -> bool:
    if isinstance(sent, Mapping):
        return isinstance(there, Mapping) and not differences(sent, there)
    if isinstance(sent, list):
        rest = there or []
        return isinstance(rest, list) and len(sent) == len(rest) and all(map(_same, sent, rest))
    if isinstance(sent, str) and isinstance(there, str) and sent.endswith("T00:00:00Z"):
        return there.startswith(sent[:19])  # the same moment, with or without fractions and zone
    if _is_number(sent) and _is_number(there):
        return Decimal(str(sent)) == Decimal(str(there))
    return bool(sent == there) or (sent in ("", None) and there in ("", None))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _path(kind: Kind, item: Outgoing) -> str:
    key = str(item.meta.get("list") or "")
    return f"{kind.path}/{key}" if key else kind.path


def _code(body: bytes) -> str:
    return str(msgspec.json.decode(body)["externalCode"])


def in_parts(bodies: Sequence[bytes], most: int) -> Iterator[list[bytes]]:
    """Parts of at most so many records that are no larger than a request may be."""
    part: list[bytes] = []
    size = 0
    for body in bodies:
        if part and (len(part) == most or size + len(body) + 1 > ROOM):
            yield part
            part, size = [], 0
        part.append(body)
        size += len(body) + 1
    if part:
        yield part


def _refused(said: str, refused: Rejected) -> Rejected:
    return Rejected(f"{LABEL} refused it: {said}", remedy=REMEDY, technical=refused.technical, status=refused.status)


def _spec(key: str, label: str, *kinds: Kind) -> SinkSpec:
    return SinkSpec(key=key, label=label, open=partial(Records, kinds), batch=min(kind.batch for kind in kinds))


SINKS = (
    _spec("vendors", "Vendors", VENDORS),
    _spec("matching-orders", "Purchase orders", ORDERS),
)

"""Invoices into Basware: by its Network, or by a path of P2P where one was set up.

The Network is another host, with credentials and a request id of its own. P2P's public interface takes none; what such
a path takes is an assumption: records with an external code, answered like master data, with a verdict later.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec

from integrations.http.errors import ConfigError, Conflict, Fault, NotFound, Rejected
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.basware import verdicts
from integrations.systems.basware.client import Client
from integrations.systems.basware.errors import LABEL
from integrations.systems.basware.session import network_profile
from integrations.systems.basware.settings import Options
from integrations.systems.basware.sinks import confirms_of
from integrations.systems.contract import (
    AT_ONCE,
    Accepted,
    CannotTell,
    Delivered,
    Effect,
    Evidence,
    NotApplied,
    Outgoing,
    SinkSpec,
    Stated,
    StillOpen,
    Verdict,
)

PATH = "/v1/invoices"
REQUEST_ID = "X-BW-REQUEST-ID"
IN_PROCESS = "Correct it in Basware; the corrected version in Visma.net is not sent."


class Invoices:
    """Puts invoices under ids of ours. The body is the invoice as JSON; its id stands in meta."""

    visibility_delay = dt.timedelta(seconds=5)

    def __init__(self, connection: Connection, session: Session) -> None:
        self._connection, self._session, self._options = connection, session, Options.of(connection)
        self._by_p2p = self._options.intake == "p2p"
        self.confirms = confirms_of(self._options) if self._by_p2p else AT_ONCE

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        if self._by_p2p:
            return [self._post(item) for item in batch]
        if not self._options.network_user:
            raise ConfigError(
                f"{self._connection.name} has no Network user: invoices cannot be sent.",
                remedy="Fill in the Network's user and password in the connection's settings, or switch the flow off.",
            )
        with self._session.beside(network_profile(self._connection, self._options)) as network:
            return [self._put(network, item) for item in batch]

    def evidence(self, item: Outgoing) -> Evidence:
        """What Basware shows of an invoice does not tell which version it has. That need not be known: the same invoice
        again under the same id changes nothing."""
        return NotApplied(proof=f"{LABEL} knows the invoice by an id of ours; put again, it is the same invoice.")

    def says(self, item: Outgoing) -> dict[str, str]:
        """Nothing that could be compared field by field."""
        return {}

    def current(self, item: Outgoing) -> Stated | CannotTell:
        """Whether P2P shows the one invoice with this number, day and sum, and where it stands. That it does not, says
        nothing: the Network takes an invoice before P2P shows it, and the question is a feature that may be off."""
        row = msgspec.json.decode(item.body, type=dict[str, Any])
        number, day, gross = str(row["invoiceNumber"]), str(row["invoiceDate"]), str(row["grossSum"])
        try:
            found = Client(self._session, self._options).invoice_status(
                company=str(row["companyCode"]), number=number, day=day, gross=gross
            )
        except (NotFound, Rejected):
            found = []
        if len(found) != 1:
            seen = f"{len(found)} invoices" if found else "no invoice yet, or is not set up to be asked for one,"
            return CannotTell(reason=f"{LABEL} shows {seen} with number {number}, day {day} and sum {gross}.")
        status = str(found[0].get("status") or "")
        return Stated(target_id=_id_of(item), fields={}, amount=Decimal(gross), owned={"status": status})

    def follow(self, item: Outgoing) -> Verdict:
        """By the request, on the way by P2P. The Network says at once whether it takes an invoice."""
        code = _id_of(item)
        if item.target_id == code:
            return StillOpen()
        told = verdicts.of_request(Client(self._session, self._options), item.target_id, code)
        if told is not None and told.status == verdicts.UNCHANGED:
            return Delivered(target_id=code, status={"p2p": told.status})
        return verdicts.verdict(told, code)

    def _put(self, network: Session, item: Outgoing) -> Effect:
        bum_id = _id_of(item)
        try:
            network.request(
                "PUT", f"{PATH}/{quote(bum_id, safe='')}", body=item.body, headers={REQUEST_ID: str(uuid.uuid4())}
            )
        except Fault as fault:
            return fault
        return Delivered(target_id=bum_id)

    def _post(self, item: Outgoing) -> Effect:
        path = self._options.p2p_intake_path
        if not path.startswith("/"):
            return ConfigError(
                f"{self._connection.name} names no path of P2P that takes invoices.",
                remedy="Fill in the path in the connection's settings, as /v1/…, or choose the Network.",
            )
        try:
            request_id = Client(self._session, self._options).post(path, [item.body])
        except Conflict as busy:
            return Rejected(
                f"{LABEL} has this invoice in process already, and takes no other version of it.",
                remedy=IN_PROCESS,
                technical=busy.technical,
                status=busy.status,
            )
        except Fault as fault:
            return fault
        return Accepted(target_id=request_id or _id_of(item))


def _id_of(item: Outgoing) -> str:
    return str(item.meta["bum_id"])


SINKS = (SinkSpec(key="invoices", label="Invoices", open=Invoices),)
"""One at a time: each is a call of its own."""

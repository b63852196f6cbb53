"""Supplier invoices that were approved elsewhere: made, then released, each once.

Visma knows no idempotency key, and the supplier's number is no filter. So an invoice carries our stamp in its
description, and before it is made the supplier's documents are looked through.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from integrations.http.errors import NotFound, Rejected, Unknown
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import (
    Accepted,
    Applied,
    CannotTell,
    Confirms,
    Delivered,
    Effect,
    Evidence,
    NotApplied,
    Outgoing,
)
from integrations.systems.visma import wire_ledger as wire
from integrations.systems.visma.client import ETag, VismaClient, segment
from integrations.systems.visma.codes import Codes, codes_of, must_have, wrong_branch
from integrations.systems.visma.commands import InvoiceCommand, MakeInvoices, NewInvoice, ReleaseInvoices
from integrations.systems.visma.settings import Options
from integrations.systems.visma.sinks.base import (
    AT_WORK,
    INVOICES,
    LOOK_BACK,
    NOT_KNOWN,
    SAY_THE_NUMBER,
    CommandSink,
    is_anothers,
    listed,
    read,
)

DONE = ("Open", "Closed")
"""Statuses of an invoice that was released."""
DEAD = ("Voided", "Rejected")
LONGEST_STAMP = 50


class SupplierInvoiceSink(CommandSink[InvoiceCommand]):
    kind = InvoiceCommand
    confirms = Confirms(later=True, poll=dt.timedelta(seconds=5), deadline=dt.timedelta(hours=1))

    def __init__(self, client: VismaClient, session: Session) -> None:
        super().__init__(client)
        self._session = session

    @classmethod
    def open(cls, connection: Connection, session: Session) -> SupplierInvoiceSink:
        return cls(VismaClient(session, Options.of(connection)), session)

    def apply(self, command: InvoiceCommand, item: Outgoing) -> Effect:
        match command:
            case MakeInvoices():
                return Delivered(target_id=" ".join(self._make(invoice) for invoice in command.invoices))
            case ReleaseInvoices():
                at_work = [key for key in command.keys if not self._release(key)]
                target = " ".join(command.keys)
                return Accepted(target_id=target) if at_work else Delivered(target_id=target)

    def look(self, command: InvoiceCommand, item: Outgoing) -> Evidence:
        """Whether all of them are there; when one is not, doing all again makes only that one."""
        if isinstance(command, ReleaseInvoices):
            return self._look_at_release(command)
        keys = []
        for invoice in command.invoices:
            found = self._stamped(invoice)
            if found is None:
                return NotApplied(proof=f"No document of supplier {invoice.supplier} is called “{invoice.stamp}”.")
            keys.append(_key(found))
        return Applied(target_id=" ".join(keys), proof=f"{', '.join(keys)} carry the names that were sent.")

    def _look_at_release(self, command: ReleaseInvoices) -> Evidence:
        for key in command.keys:
            try:
                invoice, _ = self._read(key)
            except Rejected as gone:
                return CannotTell(reason=gone.sentence)
            if invoice.status not in DONE:
                return NotApplied(proof=f"{key} is {invoice.status}.")
        return Applied(target_id=" ".join(command.keys), proof=f"{', '.join(command.keys)} are released.")

    def numbered(self, number: str, wanted: bytes) -> Applied | NotApplied:
        """Invoices that a person entered: type and number of each, in the order of the bills, of the supplier, each
        the one that the bill is: by our stamp or its number, else by its amount."""
        if not wanted:
            return NotApplied(proof=NOT_KNOWN)
        command = self.decoded(wanted)
        bills = command.invoices if isinstance(command, MakeInvoices) else ()
        keys = number.split() or list(command.keys if isinstance(command, ReleaseInvoices) else ())
        if not keys or not all("/" in key for key in keys):
            return NotApplied(proof=f"{SAY_THE_NUMBER} With its type: as Invoice/000357, several with spaces.")
        if bills and len(keys) != len(bills):
            return NotApplied(proof=f"{len(keys)} documents are named, and {len(bills)} were to be made.")
        if len(set(keys)) != len(keys):
            return NotApplied(proof="One document is named twice.")
        said = []
        for key, bill in zip_longest(keys, bills):
            try:
                found, _ = self._read(key)
            except Rejected as gone:
                return NotApplied(proof=gone.sentence)
            whose = (found.supplier.number or "") if found.supplier is not None else ""
            if bill is not None and (wrong := _is_not(bill, found)):
                return NotApplied(proof=f"{key} in Visma.net ERP {wrong}")
            if found.status in DEAD:
                return NotApplied(proof=f"{key} in Visma.net ERP is {found.status}.")
            if isinstance(command, ReleaseInvoices) and found.status not in DONE:
                return NotApplied(proof=f"{key} in Visma.net ERP is {found.status}: release it there first.")
            said.append(f"{key} of supplier {whose} is {found.status}.")
        return Applied(target_id=" ".join(keys), proof=" ".join(said))

    # --- Making

    def _make(self, wanted: NewInvoice) -> str:
        """Type and number of the invoice, made now or before. Raises Rejected for one that somebody else entered."""
        if not 0 < len(wanted.stamp) <= LONGEST_STAMP:
            raise ValueError(f"a stamp has 1 to {LONGEST_STAMP} characters: {wanted.stamp!r}")
        for invoice in self._documents(wanted):
            if (invoice.description or "").strip() == wanted.stamp:
                return _key(invoice)
            if wanted.number and (invoice.supplier_reference or "").strip() == wanted.number:
                raise Rejected(
                    f"{_key(invoice)} of supplier {wanted.supplier} in Visma.net ERP has the number {wanted.number} "
                    "already, and was not made by ml-connector.",
                    remedy=f"If it is the same invoice, settle this delivery as arrived with the number "
                    f"{_key(invoice)}. If not, correct its number in Visma.net and replay.",
                )
        must_have(
            wrong_branch(self.client, self._session, wanted.branch)
            + _wrong(wanted, codes_of(self.client, self._session)),
            what=f"The invoice {wanted.number} of {wanted.amount} {wanted.currency} cannot be booked",
            remedy="Make the code in Visma.net, or correct it where the bill was approved; then replay.",
        )
        number = self.client.create(INVOICES, _members(wanted))
        return f"{wanted.document_type}/{number}"

    def _stamped(self, wanted: NewInvoice) -> wire.Payable | None:
        return next((i for i in self._documents(wanted) if (i.description or "").strip() == wanted.stamp), None)

    def _documents(self, wanted: NewInvoice) -> Iterator[wire.Payable]:
        """The supplier's documents of that type from some weeks before the date on, that count."""
        filters = {
            "supplier": wanted.supplier,
            "documentType": wanted.document_type,
            "docDate": (wanted.date - LOOK_BACK).isoformat(),
            "docDateCondition": ">=",
        }
        what = f"documents of supplier {wanted.supplier}"
        for invoice in listed(self.client, INVOICES, filters, wire.Payable, what=what):
            same = invoice.supplier is not None and invoice.supplier.number == wanted.supplier
            if same and invoice.document_type == wanted.document_type and invoice.status not in DEAD:
                yield invoice

    # --- Releasing

    def _release(self, key: str) -> bool:
        """Releases one on the version that was read. True when it is released, False while Visma is at it."""
        invoice, version = self._read(key)
        if invoice.status in DONE:
            return True
        if invoice.status != "Balanced":
            raise Rejected(
                f"{key} is {invoice.status} in Visma.net ERP and cannot be released.",
                remedy="Release it in Visma.net, or take it off hold and replay.",
            )
        said = self.client.act(f"{_path(key)}/action/release", {}, version=version)
        if said.action_result == "Failed":
            raise Rejected(
                f"Visma.net ERP does not release {key}: {said.error_info or 'it says no reason'}",
                remedy="Correct what it names and replay, or release the invoice in Visma.net.",
            )
        if self._read(key)[0].status in DONE:
            return True
        if said.action_result in AT_WORK:
            return False
        raise Unknown(f"Visma.net ERP says that {key} was released, and shows it as {invoice.status}.")

    def _read(self, key: str) -> tuple[wire.Payable, ETag]:
        kind, _, number = key.partition("/")
        try:
            return read(self.client, f"{INVOICES}/{segment(kind)}", number, wire.Payable)
        except NotFound as gone:
            raise Rejected(
                f"{key} is not in Visma.net ERP.", remedy="Look for it there; then replay or dismiss."
            ) from gone


def _key(invoice: wire.Payable) -> str:
    return f"{invoice.document_type}/{invoice.reference_number}"


def _is_not(wanted: NewInvoice, found: wire.Payable) -> str:
    """Why an invoice that a person entered is not taken for what was to be made, in words; "" when it may be."""
    whose = (found.supplier.number or "") if found.supplier is not None else ""
    if whose != wanted.supplier:
        return f"is of supplier {whose or '(none)'}, not of {wanted.supplier}."
    if is_anothers(found.description, wanted.stamp):
        return f"is called “{found.description}”: it was made for another bill."
    called = (found.description or "").strip() == wanted.stamp
    if called or (wanted.number and (found.supplier_reference or "").strip() == wanted.number):
        return ""
    if (found.amount, (found.currency_id or "").upper()) == (wanted.amount, wanted.currency.upper()):
        return ""
    return (
        f"is of {found.amount} {found.currency_id or ''}, and the bill {wanted.number} of {wanted.amount} "
        f"{wanted.currency}. If it is the bill all the same, give it the bill's number there, or call it "
        f"“{wanted.stamp}” in its description; then settle this with its number again."
    )


def _path(key: str) -> str:
    kind, _, number = key.partition("/")
    return f"{INVOICES}/{segment(kind)}/{segment(number)}"


def _wrong(wanted: NewInvoice, codes: Codes) -> list[str]:
    problems = []
    for line in wanted.lines:
        if line.account not in codes.accounts:
            problems.append(f"account {line.account} does not exist or is not active")
        for number, value in line.segments.items():
            if value not in codes.segments.get(number, frozenset()):
                problems.append(f"{value} is no active value of segment {number}")
    return sorted(set(problems))


def _members(wanted: NewInvoice) -> dict[str, Any]:
    """The request. Lines hold amounts with VAT (mode Gross), and the total is stated: Visma refuses an invoice whose
    lines come to something else."""
    lines = []
    for line in wanted.lines:
        members: dict[str, Any] = {
            "operation": "Insert",
            "transactionDescription": {"value": line.description},
            "quantity": {"value": 1},
            "unitCostInCurrency": {"value": line.amount},
            "accountNumber": {"value": line.account},
        }
        if line.segments:
            members["subaccount"] = [{"segmentId": n, "segmentValue": value} for n, value in line.segments.items()]
        if wanted.vat_code:
            members["vatCodeId"] = {"value": wanted.vat_code}
        lines.append(members)
    body: dict[str, Any] = {
        "documentType": {"value": wanted.document_type},
        "supplierNumber": {"value": wanted.supplier},
        "supplierReference": {"value": wanted.number},
        "date": {"value": f"{wanted.date.isoformat()}T00:00:00"},
        "currencyId": {"value": wanted.currency},
        "description": {"value": wanted.stamp},
        "taxCalculationMode": {"value": "Gross"},
        "amount": {"value": wanted.amount},
        "hold": {"value": False},
        "validateLineDetails": {"value": True},
        "invoiceLines": lines,
    }
    if wanted.branch:
        body["branchNumber"] = {"value": wanted.branch}
    return body

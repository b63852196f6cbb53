"""Account and dimensions of supplier invoices' lines, approved elsewhere and written before the invoice is released."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.http.errors import Conflict, NotFound, Rejected
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import Applied, CannotTell, Delivered, Effect, Evidence, NotApplied, Outgoing
from integrations.systems.visma import wire_ledger as wire
from integrations.systems.visma.client import ETag, VismaClient, segment
from integrations.systems.visma.codes import Codes, codes_of, must_have
from integrations.systems.visma.commands import CodedInvoice, CodeInvoices, LineCoding
from integrations.systems.visma.settings import Options
from integrations.systems.visma.sinks.base import INVOICES, CommandSink, read

CHANGEABLE = ("Hold", "Balanced")


class InvoiceCodingSink(CommandSink[CodeInvoices]):
    """Writes what differs, on the version that was read; the codes are checked against the company's first."""

    kind = CodeInvoices

    def __init__(self, client: VismaClient, session: Session) -> None:
        super().__init__(client)
        self._session = session

    @classmethod
    def open(cls, connection: Connection, session: Session) -> InvoiceCodingSink:
        return cls(VismaClient(session, Options.of(connection)), session)

    def apply(self, command: CodeInvoices, item: Outgoing) -> Effect:
        """One invoice after the other; one that says it already is left alone, so doing all again does no harm."""
        for invoice in command.invoices:
            self._code(invoice, item.base)
        return Delivered()

    def look(self, command: CodeInvoices, item: Outgoing) -> Evidence:
        names = []
        for wanted in command.invoices:
            try:
                invoice, _ = self._read(wanted)
            except Rejected as fault:
                return CannotTell(reason=fault.sentence)
            changes = differences(wanted, invoice)
            if changes:
                return NotApplied(proof=f"{_name(wanted)} is coded otherwise: {'; '.join(c.words for c in changes)}.")
            names.append(_name(wanted))
        return Applied(target_id="", proof=f"All lines of {', '.join(names)} are coded as approved.")

    def _code(self, wanted: CodedInvoice, base: Mapping[str, str]) -> None:
        """`base`: what the first try meant to replace, where somebody else wrote in between."""
        invoice, etag = self._read(wanted)
        changes = differences(wanted, invoice)
        if not changes:
            return
        if invoice.status not in CHANGEABLE:
            raise Rejected(
                f"{_name(wanted)} is {invoice.status} in Visma.net ERP: its coding can no longer be changed "
                f"({'; '.join(c.words for c in changes)}).",
                remedy="Book a correcting journal in Visma.net, or dismiss this if the coding of the books stays.",
            )
        if clashes := _clashes(wanted, invoice, base):
            raise Rejected(
                f"{_name(wanted)} was coded otherwise in Visma.net ERP while it was approved elsewhere: "
                f"{'; '.join(clashes)}.",
                remedy="Decide which coding counts: to write the approved one, force a replay; to leave that of the "
                "books, dismiss this.",
            )
        must_have(
            _wrong(changes, invoice, codes_of(self.client, self._session)),
            what=f"The coding of {_name(wanted)} cannot be booked",
            remedy="Make the code in Visma.net, or correct it where the invoice was approved; then replay.",
        )
        body = {"invoiceLines": [_members(change) for change in changes], "validateLineDetails": {"value": True}}
        try:
            self.client.put(self._path(wanted), body, etag)
        except Conflict as conflict:
            raise Conflict(
                f"{_name(wanted)} was changed in Visma.net ERP after it was read.",
                remedy="Look at the invoice in Visma.net; then replay the coding, or dismiss it.",
                technical=conflict.technical,
                status=conflict.status,
                base={place: was for place, was, _, _ in _places(wanted, invoice) if was is not None},
            ) from conflict

    def _path(self, wanted: CodedInvoice) -> str:
        return f"{INVOICES}/{segment(wanted.document_type)}/{segment(wanted.number)}"

    def _read(self, wanted: CodedInvoice) -> tuple[wire.Payable, ETag]:
        try:
            return read(self.client, f"{INVOICES}/{segment(wanted.document_type)}", wanted.number, wire.Payable)
        except NotFound as gone:
            raise Rejected(
                f"{_name(wanted)} is not in Visma.net ERP.", remedy="Look for it there; then replay or dismiss."
            ) from gone


def differences(command: CodedInvoice, invoice: wire.Payable) -> list[LineCoding]:
    """For each line that is coded otherwise, what is to be changed of it. A line that the invoice does not have
    differs in all."""
    there = {line.line_number: line for line in invoice.invoice_lines or ()}
    found = []
    for wanted in command.lines:
        line = there.get(wanted.line_number)
        account = (line.account.number or "").strip() if line is not None and line.account is not None else ""
        values = _segments(line)
        changed = {n: value for n, value in wanted.segments.items() if values.get(n) != value}
        new_account = wanted.account if wanted.account and wanted.account != account else ""
        if new_account or changed:
            found.append(LineCoding(line_number=wanted.line_number, account=new_account, segments=changed))
    return found


def _places(wanted: CodedInvoice, invoice: wire.Payable) -> list[tuple[str, str | None, str, str]]:
    """Each value that is to be written: its place in words, what it was when the change was made (None: not known),
    what it is, what it shall be."""
    there = {line.line_number: line for line in invoice.invoice_lines or ()}
    found: list[tuple[str, str | None, str, str]] = []
    for coding in wanted.lines:
        line = there.get(coding.line_number)
        place = f"{_name(wanted)} line {coding.line_number}"
        if coding.account:
            account = (line.account.number or "").strip() if line is not None and line.account is not None else ""
            found.append((f"{place} account", coding.was_account, account, coding.account))
        values = _segments(line)
        for number, value in coding.segments.items():
            was = coding.was_segments.get(number)
            found.append((f"{place} segment {number}", was, values.get(number, ""), value))
    return found


def _clashes(wanted: CodedInvoice, invoice: wire.Payable, base: Mapping[str, str]) -> list[str]:
    """What somebody else changed meanwhile, with all three values."""
    known = [(place, base.get(place, was), now, shall) for place, was, now, shall in _places(wanted, invoice)]
    return [
        f"{place} was {was or 'nothing'} and is now {now or 'nothing'}, shall be {shall}"
        for place, was, now, shall in known
        if was is not None and now not in (was, shall)
    ]


def _segments(line: wire.PayableLine | None) -> dict[int, str]:
    parts = line.subaccount.segments if line is not None and line.subaccount is not None else None
    return {p.segment_id: (p.segment_value or "").strip() for p in parts or () if p.segment_id is not None}


def _wrong(changes: list[LineCoding], invoice: wire.Payable, codes: Codes) -> list[str]:
    there = {line.line_number for line in invoice.invoice_lines or ()}
    problems = []
    for change in changes:
        if change.line_number not in there:
            problems.append(f"there is no line {change.line_number}")
        if change.account and change.account not in codes.accounts:
            problems.append(f"account {change.account} does not exist or is not active")
        for number, value in change.segments.items():
            if value not in codes.segments.get(number, frozenset()):
                problems.append(f"{value} is no active value of segment {number}")
    return problems


def _members(change: LineCoding) -> dict[str, Any]:
    members: dict[str, Any] = {"operation": "Update", "lineNumber": {"value": change.line_number}}
    if change.account:
        members["accountNumber"] = {"value": change.account}
    if change.segments:
        members["subaccount"] = [{"segmentId": n, "segmentValue": value} for n, value in change.segments.items()]
    return members


def _name(command: CodedInvoice) -> str:
    return f"{command.document_type} {command.number}"

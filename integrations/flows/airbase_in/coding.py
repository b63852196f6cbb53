"""The coding that was approved in Airbase, written to the invoices of the books."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from edi.documents.money import rounded
from integrations.flows.airbase_in.bills import STAMP, Paid, invoices_of
from integrations.flows.airbase_in.matching import in_words, matched
from integrations.flows.airbase_in.payments import taken_back
from integrations.flows.airbase_in.reading import command_for, read_payment
from integrations.flows.contract import Job, Nothing, Prepared
from integrations.flows.visma_rows import OURSELVES, books_of
from integrations.models import Record
from integrations.systems.airbase.mapping import ApprovedPayment, Coding, PaidBill
from integrations.systems.contract import Unmappable
from integrations.systems.visma import commands
from integrations.systems.visma import mapping as visma
from integrations.systems.visma import wire_ledger as ledger
from integrations.systems.visma.mapping.parts import decoded

CHANGEABLE = ("Hold", "Balanced")
"""Statuses of invoices whose lines can be coded otherwise."""
JOURNAL = "journal"
LONGEST = 60
"""Characters of a journal's description."""


def code_invoices(job: Job) -> Prepared:
    """The approved coding, on invoices that can still be changed."""
    payment = read_payment(job)
    if isinstance(payment, Nothing):
        return payment
    if job.operation == "cancel":
        return taken_back(job, payment)
    if not job.flow.settings.get("code_invoices", True):
        return Nothing("The coding is not written: a setting of the flow.")
    coded = tuple(
        commands.CodedInvoice(number=d.paid.number, document_type=d.paid.kind, lines=d.lines)
        for d in _differences(job, payment)
        if d.status in CHANGEABLE
    )
    if not coded:
        return Nothing("There is no invoice whose coding is to be changed.")
    return command_for(job, commands.CodeInvoices(invoices=coded), document=payment)


def correct_coding(job: Job) -> Prepared:
    """The approved coding of invoices that can no longer be changed: told to a person, or booked by a journal."""
    payment = read_payment(job)
    if isinstance(payment, Nothing):
        return payment
    if not job.flow.settings.get("code_invoices", True):
        return Nothing("The coding is not written: a setting of the flow.")
    found = _differences(job, payment)
    unclear = " ".join(d.unclear for d in found if d.unclear)
    late = [d for d in found if d.lines and d.status not in CHANGEABLE]
    if not late:
        if unclear:
            return Nothing(unclear, issue=True, remedy=_CODE_BY_HAND)
        return Nothing("The coding of the books is the one that was approved.")
    if job.flow.settings.get("late_coding") != JOURNAL:
        told = [f"{d.paid.kind} {d.paid.number} ({d.status}): {'; '.join(x.words for x in d.lines)}" for d in late]
        return Nothing(
            f"The coding that was approved in Airbase is not that of the books, which can no longer be changed: "
            f"{', '.join(told)}. {unclear}".strip(),
            issue=True,
            remedy="Book a correcting journal in Visma.net, or leave the coding of the books; then dismiss this. The "
            "setting late_coding has journals made.",
        )
    branch = str(job.flow.settings.get("branch") or "") or payment.branch
    journals = tuple(_journal(d, payment, branch) for d in late)
    made = command_for(job, commands.MakeJournals(journals=journals), document=payment)
    return replace(made, left_out=unclear, left_out_remedy=_CODE_BY_HAND) if unclear else made


_CODE_BY_HAND = (
    "Compare the bill in Airbase with the invoice in Visma.net and code its lines as they were approved, by a journal "
    "if it is released; then dismiss this."
)


@dataclass(frozen=True, slots=True)
class _Different:
    """An invoice whose coding in the books is not the approved one."""

    paid: Paid
    invoice: ledger.Payable
    lines: tuple[commands.LineCoding, ...] = ()
    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    """Of its lines, by number; below zero on a credit note."""
    unclear: str = ""
    """Why its lines cannot be told from one another, in a sentence."""

    @property
    def status(self) -> str:
        return self.invoice.status or ""


def _differences(job: Job, payment: ApprovedPayment) -> list[_Different]:
    """What Airbase's lines say otherwise of the lines of the books. After a forced replay nobody asks what the books
    said before."""
    found = []
    for paid in invoices_of(job, payment):
        record = Record.objects.filter(
            feed__connection=job.flow.integration.books,
            feed__key="supplier-invoices",
            source_id=paid.key,
            is_newest=True,
        ).first()
        raw = record.payload.data if record is not None else None
        if raw is None:
            continue
        given = decoded(bytes(raw), ledger.Payable, "supplier invoice")
        if any(c.account for c in paid.bill.coding) and not _is_so_already(given, paid.bill):
            different = _different(job, paid, given, bytes(raw))
            if different.lines or different.unclear:
                found.append(different)
    return found


def _is_so_already(given: ledger.Payable, bill: PaidBill) -> bool:
    """Whether all of a bill is coded alike, and all of the invoice is coded so: then no line need be told from
    another."""
    wanted = {(c.account, tuple(sorted(segments_of(c.tags).items()))) for c in bill.coding if c.account}
    account, segments = wanted.pop()
    now = [_coded_now(line) for line in given.invoice_lines or ()]
    return not wanted and all(a == account and all(there.get(n) == v for n, v in segments) for a, there in now)


def _different(job: Job, paid: Paid, given: ledger.Payable, raw: bytes) -> _Different:
    name = f"{paid.kind} {paid.number}"
    try:
        lines = visma.supplier_invoice(raw, buyer=OURSELVES, zone=books_of(job).zone).lines
    except Unmappable as error:
        return _Different(paid, given, unclear=f"The coding of {name} was not written: {error.sentence}")
    made_here = (given.description or "").startswith(STAMP)
    codings = matched(lines, paid.bill.coding, by_place=made_here)
    if codings is None:
        compared = in_words(lines, paid.bill.coding)
        unclear = f"The lines of {name} are not those of its bill, so no coding was written: {compared}."
        return _Different(paid, given, unclear=unclear)
    changes = tuple(_line_codings(given, codings, forced=bool(job.forced_purpose)))
    return _Different(paid, given, changes, {line.line_number: line.amount for line in lines})


def _line_codings(
    given: ledger.Payable, codings: Mapping[str, Coding], *, forced: bool
) -> Iterator[commands.LineCoding]:
    for line in given.invoice_lines or ():
        coding = codings.get(str(line.line_number))
        if coding is None or not coding.account or line.line_number is None:
            continue
        account, there = _coded_now(line)
        wanted = {n: value for n, value in segments_of(coding.tags).items() if there.get(n) != value}
        changed = coding.account if coding.account != account else ""
        if changed or wanted:
            yield commands.LineCoding(
                line_number=line.line_number,
                account=changed,
                segments=wanted,
                was_account=account if changed and not forced else None,
                was_segments={} if forced else {n: there.get(n, "") for n in wanted},
            )


def segments_of(tags: Iterable[str]) -> dict[int, str]:
    """Segment to value, of tags that are values of our segments (`1:100`)."""
    pairs = (tag.partition(":") for tag in tags)
    return {int(number): value for number, _, value in pairs if number.isdecimal() and value}


def _coded_now(line: ledger.PayableLine) -> tuple[str, dict[int, str]]:
    account = (line.account.number or "").strip() if line.account else ""
    parts = (line.subaccount.segments if line.subaccount else None) or ()
    return account, {s.segment_id: (s.segment_value or "").strip() for s in parts if s.segment_id is not None}


def _journal(different: _Different, payment: ApprovedPayment, branch: str) -> commands.NewJournal:
    """Called by the bill, not by the payment: a bill that is paid in parts is corrected once."""
    invoice = different.invoice
    said = (invoice.date or "")[:10]
    invoiced = dt.date.fromisoformat(said) if said else payment.date
    return commands.NewJournal(
        stamp=f"Airbase coding {different.paid.bill.airbase_id}"[:LONGEST],
        date=payment.date,
        since=min(invoiced, payment.date),
        currency=invoice.currency_id or payment.currency,
        exchange_rate=invoice.exchange_rate,
        branch=branch,
        lines=tuple(_journal_lines(different)),
    )


def _journal_lines(different: _Different) -> Iterator[commands.JournalLine]:
    """For each line: off the coding of the books, on the approved one. A credit note the other way round. In whole
    minor units: a ledger has no others."""
    invoice = different.invoice
    there = {line.line_number: line for line in invoice.invoice_lines or ()}
    for change in different.lines:
        line = there[change.line_number]
        amount = rounded(different.amounts[str(change.line_number)], invoice.currency_id or "")
        if not amount:
            continue
        account, segments = _coded_now(line)
        words = f"{invoice.document_type} {invoice.reference_number} line {change.line_number}"
        yield commands.JournalLine(account=account, amount=-amount, description=words, segments=segments)
        yield commands.JournalLine(
            account=change.account or account,
            amount=amount,
            description=words,
            segments={**segments, **change.segments},
        )

"""Invoices and credit notes to customers that were sold elsewhere, in two writes: the document, then its release.

Visma knows no idempotency key. So a document carries our stamp in its external reference, which lists can be filtered
by, and it is looked for by that alone, in the whole company, before it is made: who its customer is may have changed
since. What carries our stamp and comes to something else, or is another customer's, is nothing of ours that is done: a
person sees both. Status 200 of a release says nothing: what became of it is read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from edi.documents.values import normalise
from integrations.http.errors import NotFound, Rejected, Transient, Unknown
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
    NotNeeded,
    Outgoing,
    Refused,
    Stated,
    StillOpen,
    Verdict,
)
from integrations.systems.visma import marks, wire_sales
from integrations.systems.visma.client import VismaClient, segment
from integrations.systems.visma.codes import Codes, codes_of, must_have
from integrations.systems.visma.sale_commands import MakeSale, NoteSale, ReleaseSale, SaleCommand, SaleLine
from integrations.systems.visma.settings import Options
from integrations.systems.visma.sinks.base import SAY_THE_NUMBER, CommandSink, read
from integrations.systems.visma.sinks.sales_stated import amount_of, stated_of

PATHS = {"Invoice": "v1/customerinvoice", "CreditNote": "v1/customerCreditNote"}
MAKING = {"Invoice": "v2/customerinvoice", "CreditNote": "v2/customerCreditNote"}
"""Documents are made by version 2, and read, changed and released by version 1."""
LINES = {"Invoice": "invoiceLines", "CreditNote": "lines"}
NAMES = {"Invoice": "invoice", "CreditNote": "credit note"}
RELEASED = ("Open", "Closed")
DEAD = ("Voided",)
AT_WORK = ("Queued", "InProcess")
PRICE = Decimal("0.000001")
MOST_PAGES = 20
LONGEST_TEXT = 255


_COMPARE = (
    "Compare both. Correct the document in Visma.net and replay; if it is right as it is, dismiss this. If another "
    "shop made it, both shops have the same name in the books: a setting of their connections."
)


class SeveralStamped(Rejected):
    """Several documents carry the stamp of one."""

    def __init__(self, document_type: str, stamp: str, numbers: list[str]) -> None:
        super().__init__(
            f"The {NAMES[document_type]}s {', '.join(sorted(numbers))} in Visma.net ERP all have the external "
            f"reference {stamp}.",
            remedy="See which of them is right. Take the reference from the others, or void them; then replay.",
        )


class SaleSink(CommandSink[SaleCommand]):
    kind = SaleCommand
    confirms = Confirms(later=True, poll=dt.timedelta(seconds=5), deadline=dt.timedelta(hours=1))

    def __init__(self, client: VismaClient, session: Session) -> None:
        super().__init__(client)
        self._session = session

    @classmethod
    def open(cls, connection: Connection, session: Session) -> SaleSink:
        return cls(VismaClient(session, Options.of(connection)), session)

    def apply(self, command: SaleCommand, item: Outgoing) -> Effect:
        match command:
            case MakeSale():
                return self._make(command)
            case ReleaseSale():
                return self._release(command)

    def look(self, command: SaleCommand, item: Outgoing) -> Evidence:
        what = NAMES[command.document_type]
        try:
            found = self._document(command)
        except SeveralStamped as several:
            return CannotTell(reason=several.sentence)
        clash = _clash(command, found) if found is not None else ""
        if isinstance(command, MakeSale):
            if found is None:
                return NotApplied(proof=f"No {what} has the external reference {command.stamp}.")
            if clash:
                return CannotTell(reason=clash)
            number = found.reference_number or ""
            return Applied(target_id=number, proof=f"The {what} {number} has the external reference {command.stamp}.")
        if found is None:
            return CannotTell(reason=f"There is no {what} {command.number or command.stamp} in Visma.net ERP.")
        number = found.reference_number or ""
        if found.status in RELEASED:
            if clash:
                return CannotTell(reason=clash)
            return Applied(target_id=number, proof=f"The {what} {number} is {found.status}.")
        return NotApplied(proof=f"The {what} {number} is {found.status}.")

    def follow(self, item: Outgoing) -> Verdict:
        """What a release that goes on has come to. A document that says otherwise by now is told at once: waiting makes
        nothing of it right."""
        command = self.command(item)
        if not isinstance(command, ReleaseSale):
            return super().follow(item)
        try:
            found = self._document(command)
        except SeveralStamped as several:
            return Refused(sentence=several.sentence, remedy=several.remedy)
        if found is None:
            return StillOpen()
        if clash := _clash(command, found):
            refused = _as_refused(clash, found)
            return Refused(sentence=refused.sentence, remedy=refused.remedy)
        return Delivered(target_id=found.reference_number or "") if found.status in RELEASED else StillOpen()

    def numbered(self, number: str, wanted: bytes) -> Applied | NotApplied:
        """A document that a person entered: of the customer, not voided; released, where that is what is meant."""
        command = self.decoded(wanted) if wanted else None
        number = number or (command.number if isinstance(command, ReleaseSale) else "")
        if command is None or not number:
            return NotApplied(proof=SAY_THE_NUMBER)
        what = f"{NAMES[command.document_type]} {number}"
        try:
            found = read(self.client, PATHS[command.document_type], number, wire_sales.CustomerInvoice)[0]
        except NotFound:
            return NotApplied(proof=f"There is no {what} in Visma.net ERP.")
        owner = command.customer if isinstance(command, MakeSale) else ""
        customer = (found.customer.number or "").strip() if found.customer is not None else ""
        if owner and customer != owner:
            return NotApplied(
                proof=f"The {what} in Visma.net ERP is of customer {customer or '(none)'}, not of {owner}."
            )
        if found.status in DEAD:
            return NotApplied(proof=f"The {what} in Visma.net ERP is {found.status}.")
        if isinstance(command, ReleaseSale) and found.status not in RELEASED:
            return NotApplied(proof=f"The {what} in Visma.net ERP is {found.status}: release it there first.")
        stated = f"{amount_of(found)} {found.currency_id or ''}".strip()
        return Applied(
            target_id=found.reference_number or number,
            proof=f"The {what} in Visma.net ERP, of {stated} to customer {customer}, is {found.status}.",
        )

    # --- Reading back

    def says(self, item: Outgoing) -> dict[str, str]:
        command = self.command(item)
        return {"total": f"{normalise(command.total)} {command.currency}", "documents": "1"}

    def current(self, item: Outgoing) -> Stated | NotApplied | CannotTell:
        """What the document comes to in Visma.net, and by VAT code; with all others that carry its stamp, since the
        books have the sale as often as that."""
        command = self.command(item)
        what, found = NAMES[command.document_type], self._all_stamped(command)
        if any(one.status not in DEAD for one in found):
            return stated_of(found, what=what, currency=command.currency, released=RELEASED, dead=DEAD)
        dead = " ".join(f"The {what} {one.reference_number or ''} is {one.status}." for one in found)
        return NotApplied(proof=dead or f"No {what} has the reference {command.stamp}.")

    # --- Making

    def _make(self, command: MakeSale) -> Effect:
        if (found := self._stamped(command.document_type, command.stamp)) is not None:
            if clash := _clash(command, found):
                raise Rejected(f"{clash} No other is made.", remedy=_COMPARE)
            return Delivered(target_id=found.reference_number or "")
        must_have(
            _problems(command, codes_of(self.client, self._session)),
            what=f"The {NAMES[command.document_type]} {command.stamp} of {command.total} {command.currency} cannot be "
            "booked",
            remedy="Make the code in Visma.net, or correct it in the rules of the flow; then replay.",
        )
        customer = self._customer_of(command)
        if not customer:
            raise Rejected(
                f"There is no invoice {command.takes_back or 'of it'} with a customer in Visma.net ERP, which the "
                f"{NAMES[command.document_type]} {command.stamp} takes back.",
                remedy="Make the credit note by hand in Visma.net, then dismiss this.",
            )
        day = {"value": f"{command.date.isoformat()}T00:00:00"}
        body: dict[str, Any] = {
            "customerNumber": {"value": customer},
            "documentDate": day,
            "origInvoiceDate": day,
            "financialPeriod": {"value": f"{command.date:%Y%m}"},
            "currencyId": {"value": command.currency},
            "externalReference": {"value": command.stamp},
            "customerRefNumber": {"value": command.reference},
            "invoiceText": {"value": command.text},
            "hold": {"value": False},
            LINES[command.document_type]: [_line(line) for line in command.lines],
        }
        if command.branch:
            body["branchNumber"] = {"value": command.branch}
        if command.terms and command.document_type == "Invoice":
            body["creditTermsId"] = {"value": command.terms}
        if command.due is not None and command.document_type == "Invoice":
            body["documentDueDate"] = {"value": f"{command.due.isoformat()}T00:00:00"}
        return Delivered(target_id=self.client.create(MAKING[command.document_type], body))

    # --- Releasing

    def _release(self, command: ReleaseSale) -> Effect:
        what, found = NAMES[command.document_type], self._document(command)
        if found is None:
            raise Rejected(
                f"There is no {what} {command.number or command.stamp} in Visma.net ERP.",
                remedy="Replay the making of it by force.",
            )
        number = found.reference_number or ""
        if clash := _clash(command, found):
            raise _as_refused(clash, found)
        if found.status in RELEASED:
            return Delivered(target_id=number)
        if not command.release:
            return NotNeeded(reason=f"The {what} {number} comes to {command.total}. People release it: a setting.")
        if found.status != "Balanced":
            raise Rejected(
                f"The {what} {number} is {found.status} in Visma.net ERP and cannot be released.",
                remedy="Release it in Visma.net, or take it off hold and replay.",
            )
        path = f"{PATHS[command.document_type]}/{segment(number)}/action/release"
        said = self.client.act(path, {})
        if said.action_result == "Failed":
            raise Rejected(
                f"Visma.net ERP does not release the {what} {number}: {said.error_info or 'it says no reason'}",
                remedy="Correct what it names and replay, or release it in Visma.net.",
            )
        now = self._document(command)
        if now is not None and now.status in RELEASED:
            return Delivered(target_id=number)
        if said.action_result in AT_WORK:
            return Accepted(target_id=number)
        raise Unknown(f"Visma.net ERP says that the {what} {number} was released, and shows it as {found.status}.")

    # --- Reading

    def _document(self, command: SaleCommand) -> wire_sales.CustomerInvoice | None:
        number = command.number if isinstance(command, ReleaseSale) else ""
        if not number:
            return self._stamped(command.document_type, command.stamp)
        try:
            return read(self.client, PATHS[command.document_type], number, wire_sales.CustomerInvoice)[0]
        except NotFound:
            return None

    def _customer_of(self, command: MakeSale) -> str:
        """Number of the customer: what is taken back is given back to who was asked for it, whoever the order's
        customer has become since. Empty where Visma.net has no such invoice. Raises Fault for one that claims nothing:
        a voided one would be taken back twice, and one that nobody released may still be deleted."""
        if command.customer or not command.takes_back:
            return command.customer
        try:
            invoice = read(self.client, PATHS["Invoice"], command.takes_back, wire_sales.CustomerInvoice)[0]
        except NotFound:
            return ""
        what = f"The {NAMES[command.document_type]} {command.stamp} of {command.total} {command.currency}"
        if invoice.status in DEAD:
            raise Rejected(
                f"Invoice {command.takes_back} is {invoice.status} in Visma.net ERP: there is nothing to take back. "
                f"{what} is not made.",
                remedy="If the sale stands nowhere else in the books, dismiss this. If another invoice took its place, "
                "credit that one by hand in Visma.net, then dismiss this.",
            )
        if invoice.status not in RELEASED:
            raise Transient(
                f"Invoice {command.takes_back} is {invoice.status} in Visma.net ERP. {what} waits for its release.",
                remedy=f"Release invoice {command.takes_back} in Visma.net, then replay this; or delete or void it "
                "there, and dismiss this.",
            )
        return (invoice.customer.number or "").strip() if invoice.customer is not None else ""

    def _all_stamped(self, command: SaleCommand) -> list[wire_sales.CustomerInvoice]:
        """What carries the stamp, voided or not, and the document that was made under a number, whatever it carries by
        now."""
        number = command.number if isinstance(command, ReleaseSale) else ""
        found = [
            document
            for document in self._listed(
                command.document_type, {"externalReference": command.stamp, "expandTaxDetails": "true"}
            )
            if (document.external_reference or "").strip() == command.stamp
            and (document.document_type or command.document_type) == command.document_type
        ]
        if number and all(one.reference_number != number for one in found):
            named = self._document(command)
            found += [named] if named is not None else []
        return found

    def _stamped(self, document_type: str, stamp: str) -> wire_sales.CustomerInvoice | None:
        """The document with our stamp, whoever its customer is. Raises SeveralStamped."""
        mine = [
            document
            for document in self._listed(document_type, {"externalReference": stamp})
            if (document.external_reference or "").strip() == stamp
            and (document.document_type or document_type) == document_type
            and document.status not in DEAD
        ]
        if len(mine) > 1:
            raise SeveralStamped(document_type, stamp, [document.reference_number or "" for document in mine])
        return mine[0] if mine else None

    def _listed(self, document_type: str, filters: dict[str, str]) -> Iterator[wire_sales.CustomerInvoice]:
        """Raises Rejected when there are too many to look through, because Visma does not know the filter: a document
        that cannot be told from others is not made."""
        rows = 0
        for number in range(1, MOST_PAGES + 1):
            page = self.client.page(PATHS[document_type], number, filters=filters)
            for raw in page.elements:
                yield self.client.decode_element(raw, wire_sales.CustomerInvoice)
            rows += len(page.elements)
            if not page.elements or (page.total is not None and rows >= page.total):
                return
        raise Rejected(
            f"Visma.net ERP does not filter {NAMES[document_type]}s by external reference, and has more of them than "
            "can be looked through: it cannot be told whether this one was booked already.",
            remedy="Enter it in Visma.net and settle this delivery as arrived with its number.",
        )


class SaleNoteSink(CommandSink[NoteSale]):
    """Adds a line to the end of a customer invoice's note; what people wrote stays."""

    kind = NoteSale

    def apply(self, command: NoteSale, item: Outgoing) -> Effect:
        path = f"{PATHS['Invoice']}/{segment(command.number)}"
        try:
            found, etag = read(self.client, PATHS["Invoice"], command.number, wire_sales.CustomerInvoice)
        except NotFound:
            return NotNeeded(reason=f"There is no invoice {command.number} in Visma.net ERP, so it has no note.")
        note = marks.marked(found.note, command.stamp, saying=command.text)
        if note == (found.note or ""):
            return Delivered(target_id=command.number, version_tag=etag.value)
        try:
            new = self.client.put(path, {"note": {"value": note}}, etag)
        except NotFound:
            raise  # it was there a moment ago: whatever this is, it says nothing of the note
        except Rejected as refused:
            return NotNeeded(
                reason=f"Visma.net takes no note on {command.number} any more; the reference stays here. "
                f"{refused.sentence}"[:450]
            )
        return Delivered(target_id=command.number, version_tag=new.value if new else "")

    def look(self, command: NoteSale, item: Outgoing) -> Evidence:
        mark = marks.mark(command.stamp)
        try:
            found, _ = read(self.client, PATHS["Invoice"], command.number, wire_sales.CustomerInvoice)
        except NotFound:
            return CannotTell(reason=f"There is no invoice {command.number} in Visma.net ERP any more.")
        if marks.is_marked(found.note, command.stamp):
            return Applied(target_id=command.number, proof=f"Its note carries {mark}.")
        return NotApplied(proof=f"Its note does not carry {mark}.")


def _clash(command: SaleCommand, found: wire_sales.CustomerInvoice) -> str:
    """Where the document that is there says otherwise than the one that was sent: both values, in a sentence; "" where
    they agree."""
    stated, currency = amount_of(found), (found.currency_id or "").strip() or command.currency
    wrong = []
    if stated is None or abs(normalise(stated)) != normalise(command.total) or currency != command.currency:
        there = "nothing" if stated is None else f"{abs(normalise(stated))} {currency}"
        wrong.append(f"comes to {there} in Visma.net ERP, and has to come to {command.total} {command.currency}")
    customer = (found.customer.number or "").strip() if found.customer is not None else ""
    if isinstance(command, MakeSale) and customer and command.customer and customer != command.customer:
        wrong.append(f"is of customer {customer} in Visma.net ERP, and has to be of {command.customer}")
    if not wrong:
        return ""
    name = f"{NAMES[command.document_type]} {found.reference_number or ''}".strip()
    return f"The {name}, whose external reference is {command.stamp}, {'; it '.join(wrong)}."


def _as_refused(clash: str, found: wire_sales.CustomerInvoice) -> Rejected:
    """What a release comes to of a document that says otherwise."""
    if found.status in RELEASED:
        return Rejected(f"{clash} It is released already.", remedy=_COMPARE)
    return Rejected(
        f"{clash} It is not released.",
        remedy="Compare rates and VAT codes of its lines with the rules of the flow. Correct it in Visma.net, then "
        "replay; or release it there and dismiss this.",
    )


def _problems(command: MakeSale, codes: Codes) -> list[str]:
    """Why Visma would refuse the document or book it wrongly. VAT codes are left to it: it has zones, too."""
    problems = []
    for line in command.lines:
        if line.account and line.account not in codes.accounts:
            problems.append(f"account {line.account} does not exist or is not active")
        for number, value in line.segments.items():
            if value not in codes.segments.get(number, frozenset()):
                problems.append(f"{value} is no active value of segment {number}")
    return list(dict.fromkeys(problems))


def _line(line: SaleLine) -> dict[str, Any]:
    """The amount is stated, not reckoned from the price: the price is for reading."""
    price = (line.amount / line.quantity).quantize(PRICE, rounding=ROUND_HALF_UP) if line.quantity else line.amount
    members: dict[str, Any] = {
        "operation": "Insert",
        "description": {"value": line.text[:LONGEST_TEXT]},
        "quantity": {"value": line.quantity or Decimal(1)},
        "unitPriceInCurrency": {"value": normalise(price)},
        "manualAmountInCurrency": {"value": line.amount},
    }
    if line.item:
        members = {"inventoryNumber": {"value": line.item}, **members}
    if line.vat_code:
        members["vatCodeId"] = {"value": line.vat_code}
    if line.account:
        members["accountNumber"] = {"value": line.account}
    if line.segments:
        members["subaccount"] = [{"segmentId": n, "segmentValue": value} for n, value in line.segments.items()]
    return members

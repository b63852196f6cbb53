"""Payments to suppliers, in two writes: the payment with its documents, then its release.

Visma knows no idempotency key, and its payment reference is no filter. So a payment carries our stamp in its
description, and before it is made the supplier's payments are looked through.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
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
from integrations.systems.visma.codes import codes_of, must_have, wrong_branch
from integrations.systems.visma.commands import MakePayment, PaidDocument, PaymentCommand, ReleasePayment
from integrations.systems.visma.settings import Options
from integrations.systems.visma.sinks.base import (
    AT_WORK,
    INVOICES,
    LOOK_BACK,
    NOT_KNOWN,
    PAYMENTS,
    SAY_THE_NUMBER,
    CommandSink,
    is_anothers,
    listed,
    read,
)

DONE = ("Closed", "Open")
"""Statuses of a payment that was released."""
DEAD = ("Voided", "Rejected")
UNRELEASED = ("Hold", "Balanced", "Prebooked", "Scheduled", "Reserved", "Voided")
"""Statuses of an invoice that cannot be paid: a payment of it could be made, and then not be released."""
CREDIT_NOTE = "DebitAdj"
"""A supplier's credit note: it lessens what is paid. Its amount in a payment is positive all the same."""
LONGEST_STAMP = 50
"""Characters of Visma's description of a payment."""


class SupplierPaymentSink(CommandSink[PaymentCommand]):
    kind = PaymentCommand
    confirms = Confirms(later=True, poll=dt.timedelta(seconds=5), deadline=dt.timedelta(hours=1))

    def __init__(self, client: VismaClient, session: Session) -> None:
        super().__init__(client)
        self._session = session

    @classmethod
    def open(cls, connection: Connection, session: Session) -> SupplierPaymentSink:
        return cls(VismaClient(session, Options.of(connection)), session)

    def apply(self, command: PaymentCommand, item: Outgoing) -> Effect:
        match command:
            case MakePayment():
                return self._make(command)
            case ReleasePayment():
                return self._release(command)

    def look(self, command: PaymentCommand, item: Outgoing) -> Evidence:
        if isinstance(command, MakePayment):
            return self._look_for(command)
        payment = self._payment(command)
        if payment is None:
            return CannotTell(reason=f"No payment to supplier {command.supplier} is called “{command.stamp}”.")
        if payment.status in DONE or payment.released:
            return Applied(target_id=payment.ref_nbr or "", proof=f"Payment {payment.ref_nbr} is {payment.status}.")
        return NotApplied(proof=f"Payment {payment.ref_nbr} is {payment.status}.")

    def _look_for(self, command: MakePayment) -> Evidence:
        """By our stamp. One that says something else, or that somebody voided meanwhile, is for a person to judge: it
        must not be made a second time."""
        ours = [p for p in self._payments_since(command.supplier, command.date) if _is_called(p, command.stamp)]
        found = self._alive(command, ours)
        if found is not None:
            if wrong := self._otherwise(command, found):
                return CannotTell(reason=f"Payment {found.ref_nbr} is called “{command.stamp}” and says {wrong}.")
            return Applied(target_id=found.ref_nbr or "", proof=f"Payment {found.ref_nbr} is called “{command.stamp}”.")
        if dead := [p for p in ours if p.ref_nbr != command.made_as]:
            return CannotTell(reason=f"Payment {dead[0].ref_nbr} is called “{command.stamp}” and is {dead[0].status}.")
        return NotApplied(proof=f"No payment to supplier {command.supplier} is called “{command.stamp}”.")

    def numbered(self, number: str, wanted: bytes) -> Applied | NotApplied:
        """A payment that a person booked: of the supplier, not voided, nobody else's; released, where its release is
        what is meant. One that says something else than was approved counts once it carries our stamp: whoever calls it
        so in the books means it."""
        if not wanted:
            return NotApplied(proof=NOT_KNOWN)
        command = self.decoded(wanted)
        number = number or (command.payment_number if isinstance(command, ReleasePayment) else "")
        if not number:
            return NotApplied(proof=SAY_THE_NUMBER)
        try:
            found, _ = read(self.client, PAYMENTS, number, wire.SupplierPayment)
        except NotFound:
            return NotApplied(proof=f"There is no supplier payment {number} in Visma.net ERP.")
        what = f"Payment {found.ref_nbr} in Visma.net ERP"
        supplier = (found.supplier.number or "") if found.supplier is not None else ""
        if supplier != command.supplier:
            return NotApplied(proof=f"{what} is to supplier {supplier or '(none)'}, not to {command.supplier}.")
        if found.status in DEAD:
            return NotApplied(proof=f"{what} is {found.status}.")
        if isinstance(command, ReleasePayment) and not (found.status in DONE or found.released):
            return NotApplied(proof=f"{what} is {found.status}: release it there first.")
        if is_anothers(found.description, command.stamp):
            return NotApplied(proof=f"{what} is called “{found.description}”: it was made for another payment.")
        if not _is_called(found, command.stamp) and (wrong := _is_not(command, found)):
            return NotApplied(
                proof=f"{what} {wrong}. If it is this payment all the same, call it “{command.stamp}” in its "
                "description there; then settle this with its number again."
            )
        currency = (found.currency.id or "") if found.currency is not None else ""
        return Applied(
            target_id=found.ref_nbr or number,
            proof=f"{what}, of {found.payment_amount} {currency} to supplier {supplier}, is {found.status}.",
        )

    # --- Making

    def _make(self, command: MakePayment) -> Effect:
        if not command.stamp or len(command.stamp) > LONGEST_STAMP:
            raise ValueError(f"a stamp has 1 to {LONGEST_STAMP} characters: {command.stamp!r}")
        known = list(self._payments_since(command.supplier, command.date))
        made = self._alive(command, known)
        if made is not None:
            if wrong := self._otherwise(command, made):
                raise Rejected(
                    f"Payment {made.ref_nbr} in Visma.net ERP was made for this one and says {wrong}. Nothing was "
                    "booked a second time.",
                    remedy="If what was approved changed after it was booked, correct the payment in Visma.net, or "
                    "void it and book it anew by hand; then settle this delivery as arrived with its number.",
                )
            return Delivered(target_id=made.ref_nbr or "")
        for payment in known:
            if _same_money(command, payment):
                raise Rejected(
                    f"Payment {payment.ref_nbr} in Visma.net ERP has the reference {command.reference} and the amount "
                    f"{command.amount} {command.currency} already, and was not made by ml-connector.",
                    remedy="If it is the same payment, settle this delivery as arrived with that number. If not, "
                    "change the reference of the one in Visma.net and replay.",
                )
        self._check(command)
        body: dict[str, Any] = {
            "type": {"value": "Payment"},
            "applicationDate": {"value": f"{command.date.isoformat()}T00:00:00"},
            "paymentRef": {"value": command.reference},
            "description": {"value": command.stamp},
            "supplier": {"value": command.supplier},
            "currency": {"value": command.currency},
            "paymentAmount": {"value": command.amount},
            "hold": {"value": False},
            "paymentLines": [
                {
                    "operation": "Insert",
                    "documentType": {"value": paid.document_type},
                    "refNbr": {"value": paid.number},
                    "amountPaid": {"value": paid.amount},
                }
                for paid in command.documents
            ],
        }
        for name, value in (
            ("paymentMethod", command.payment_method),
            ("cashAccount", command.cash_account),
            ("branch", command.branch),
        ):
            if value:
                body[name] = {"value": value}
        return Delivered(target_id=self.client.create(PAYMENTS, body))

    def _check(self, command: MakePayment) -> None:
        """Raises Rejected with every reason why Visma would refuse the payment or book it wrongly."""
        codes = codes_of(self.client, self._session)
        problems = wrong_branch(self.client, self._session, command.branch)
        if command.payment_method and command.payment_method not in codes.payment_methods:
            problems.append(f"{command.payment_method} is no way to pay suppliers")
        if command.cash_account and command.cash_account not in codes.cash_accounts:
            problems.append(f"there is no cash account {command.cash_account}")
        held_in = codes.cash_accounts.get(command.cash_account, "") or command.currency
        if held_in.upper() != command.currency.upper():
            problems.append(f"cash account {command.cash_account} is held in {held_in}")
        for paid in command.documents:
            problems += self._check_document(command, paid)
        applied = _applied(command.documents)
        if applied > command.amount:
            problems.append(f"{applied} is applied to documents, and {command.amount} was paid")
        must_have(
            problems,
            what=f"Payment {command.reference} of {command.amount} {command.currency} cannot be booked",
            remedy="Correct what it names in Visma.net or in the integration's settings; then replay.",
        )

    def _check_document(self, command: MakePayment, paid: PaidDocument) -> list[str]:
        name = f"{paid.document_type} {paid.number}"
        try:
            found, _ = read(self.client, f"{INVOICES}/{segment(paid.document_type)}", paid.number, wire.Payable)
        except NotFound:
            return [f"there is no {name}"]
        problems = []
        if found.supplier is not None and found.supplier.number != command.supplier:
            problems.append(f"{name} is of supplier {found.supplier.number}, not of {command.supplier}")
        if (found.currency_id or "").upper() != command.currency.upper():
            problems.append(f"{name} is in {found.currency_id}, the payment in {command.currency}")
        elif found.status == "Closed":
            problems.append(f"{name} is paid")
        elif found.status in UNRELEASED:
            problems.append(f"{name} cannot be paid as long as it is {found.status}")
        elif found.balance_in_currency is not None and paid.amount > found.balance_in_currency:
            problems.append(f"{found.balance_in_currency} of {name} is open, and {paid.amount} was paid")
        return problems

    # --- Releasing

    def _release(self, command: ReleasePayment) -> Effect:
        payment, version = self._versioned(command)
        if payment is None:
            raise Rejected(
                f"No payment to supplier {command.supplier} in Visma.net ERP is called “{command.stamp}”.",
                remedy="Replay the making of the payment by force.",
            )
        number = payment.ref_nbr or ""
        if payment.status in DONE or payment.released:
            return Delivered(target_id=number)
        if payment.status != "Balanced":
            raise Rejected(
                f"Payment {number} is {payment.status} in Visma.net ERP and cannot be released.",
                remedy="Release it in Visma.net, or take it off hold and replay.",
            )
        if command.amount is not None and payment.payment_amount != command.amount:
            raise Rejected(
                f"Payment {number} was changed in Visma.net ERP: it says {payment.payment_amount}, and "
                f"{command.amount} was approved. It is not released.",
                remedy="Correct the amount in Visma.net and replay, or release the payment there and settle this as "
                "arrived.",
            )
        body = {"type": {"value": "Payment"}}
        said = self.client.act(f"{PAYMENTS}/{segment(number)}/action/release", body, version=version)
        if said.action_result == "Failed":
            raise Rejected(
                f"Visma.net ERP does not release payment {number}: {said.error_info or 'it says no reason'}",
                remedy="Correct what it names and replay, or release the payment in Visma.net.",
            )
        now = self._payment(command)
        if now is not None and (now.status in DONE or now.released):
            return Delivered(target_id=number)
        if said.action_result in AT_WORK:
            return Accepted(target_id=number)
        raise Unknown(f"Visma.net ERP says that payment {number} was released, and shows it as {payment.status}.")

    # --- Reading

    def _payment(self, command: ReleasePayment) -> wire.SupplierPayment | None:
        return self._versioned(command)[0]

    def _versioned(self, command: ReleasePayment) -> tuple[wire.SupplierPayment | None, ETag | None]:
        """The payment as it is now, with its version; None when there is none."""
        number = command.payment_number
        if not number:
            found = self._stamped(command.stamp, command.supplier, command.date)
            number = (found.ref_nbr or "") if found is not None else ""
        if not number:
            return None, None
        try:
            return read(self.client, PAYMENTS, number, wire.SupplierPayment)
        except NotFound:
            return None, None

    def _stamped(self, stamp: str, supplier: str, date: dt.date) -> wire.SupplierPayment | None:
        for payment in self._payments_since(supplier, date):
            if _is_called(payment, stamp) and payment.status not in DEAD:
                return payment
        return None

    def _alive(self, command: MakePayment, known: list[wire.SupplierPayment]) -> wire.SupplierPayment | None:
        """The payment that this one became: by our stamp, else by the number under which an earlier version was made.
        That one may lie far back: a later version may have another date."""
        for payment in known:
            if _is_called(payment, command.stamp) and payment.status not in DEAD:
                return payment
        if not command.made_as or any(p.ref_nbr == command.made_as for p in known if p.status in DEAD):
            return None
        try:
            before, _ = read(self.client, PAYMENTS, command.made_as, wire.SupplierPayment)
        except NotFound:
            return None
        return None if before.status in DEAD else before

    def _otherwise(self, command: MakePayment, payment: wire.SupplierPayment) -> str:
        """What a payment that was made says otherwise than what was approved, in words; "" when it says the same. What
        it pays is told by the payment alone, as it is now."""
        wrong = _head_otherwise(command, payment)
        try:
            now, _ = read(self.client, PAYMENTS, payment.ref_nbr or "", wire.SupplierPayment)
        except NotFound:
            return wrong
        return ", ".join(part for part in (wrong, _lines_otherwise(command, now)) if part)

    def _payments_since(self, supplier: str, date: dt.date) -> Iterator[wire.SupplierPayment]:
        """The supplier's payments from some weeks before the date on. Raises Rejected when there are too many to look
        through: a payment that cannot be told from others is not made."""
        filters = {
            "supplier": supplier,
            "docDate": (date - LOOK_BACK).isoformat(),
            "docDateCondition": ">=",
            "paymentType": "Payment",
        }
        for payment in listed(
            self.client, PAYMENTS, filters, wire.SupplierPayment, what=f"payments to supplier {supplier}"
        ):
            if payment.supplier is not None and payment.supplier.number == supplier:
                yield payment


def _is_called(payment: wire.SupplierPayment, stamp: str) -> bool:
    return (payment.description or "").strip() == stamp


def _is_not(command: PaymentCommand, payment: wire.SupplierPayment) -> str:
    """Why a payment that a person booked is not taken for what was approved, in words; "" when it may be. In another
    currency its amount is another, and what it pays of a document is the person's to say."""
    if isinstance(command, ReleasePayment):
        other = payment.ref_nbr != command.payment_number and command.amount not in (None, payment.payment_amount)
        return f"is of {payment.payment_amount}, and {command.amount} was approved" if other else ""
    currency = (payment.currency.id or "").upper() if payment.currency is not None else ""
    wrong = []
    if payment.payment_amount != command.amount and currency in ("", command.currency.upper()):
        wrong.append(f"is of {payment.payment_amount}, and {command.amount} {command.currency} was approved")
    pays = {(p.doc_type, p.invoice_ref_nbr) for p in payment.payment_lines or () if p.amount_paid != 0}
    if not_paid := [d for d in command.documents if (d.document_type, d.number) not in pays]:
        wrong.append(f"does not pay {' and '.join(f'{d.document_type} {d.number}' for d in not_paid)}")
    return " and ".join(wrong)


def _head_otherwise(command: MakePayment, payment: wire.SupplierPayment) -> str:
    supplier = (payment.supplier.number or "") if payment.supplier is not None else ""
    currency = (payment.currency.id or "") if payment.currency is not None else ""
    pairs = (
        ("supplier", supplier, command.supplier),
        ("amount", payment.payment_amount, command.amount),
        ("currency", currency.upper(), command.currency.upper()),
    )
    return ", ".join(f"{name} {now} instead of {shall}" for name, now, shall in pairs if now not in (None, "", shall))


def _lines_otherwise(command: MakePayment, payment: wire.SupplierPayment) -> str:
    """What is paid otherwise than was approved, both in words; "" where it is the same or is not told. What a person
    applied later of an amount that was for no document is no difference."""
    if payment.payment_lines is None:
        return ""
    now, shall = defaultdict[tuple[str, str], Decimal](Decimal), defaultdict[tuple[str, str], Decimal](Decimal)
    for line in payment.payment_lines:
        now[line.doc_type or "", line.invoice_ref_nbr or ""] += line.amount_paid or Decimal(0)
    for paid in command.documents:
        shall[paid.document_type, paid.number] += paid.amount
    if _applied(command.documents) < command.amount and all(now.get(key, 0) >= amount for key, amount in shall.items()):
        return ""
    return "" if now == shall else f"it pays {_in_words(now)} instead of {_in_words(shall)}"


def _in_words(documents: Mapping[tuple[str, str], Decimal]) -> str:
    said = (f"{amount} of {kind} {number}" for (kind, number), amount in sorted(documents.items()))
    return " and ".join(said) or "no document"


def _applied(documents: Iterable[PaidDocument]) -> Decimal:
    """Of a payment, to what it pays."""
    return sum((-p.amount if p.document_type == CREDIT_NOTE else p.amount for p in documents), Decimal(0))


def _same_money(command: MakePayment, payment: wire.SupplierPayment) -> bool:
    """Whether somebody entered the same payment by hand."""
    return (
        bool(command.reference)
        and payment.status not in DEAD
        and (payment.payment_ref or "").strip() == command.reference
        and payment.payment_amount == command.amount
    )

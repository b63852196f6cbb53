"""How supplier invoices come to an end: what payments pay of them, and that they are closed.

An invoice says what is open of it, not why it is no longer: payments, credit notes, write-offs and reversals lessen it
alike. Which it was the payments tell, that name the invoices they pay. So both are read here: a payment as one item for
each invoice that it pays, called as the invoice and the payment, and an invoice that is closed as itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import Item, Page, Window
from integrations.systems.visma import wire_ledger as wire
from integrations.systems.visma.client import VismaClient
from integrations.systems.visma.resources import RESOURCES, Resource, fingerprint
from integrations.systems.visma.settings import Options
from integrations.systems.visma.sources import ListSource

FEED = "invoice-payments"
LABEL = "Payments of supplier invoices"
ENTITY = "invoice_payment"
CLOSED = "Closed"
PAYMENTS = Resource(
    feed=FEED,
    label=LABEL,
    noun="supplier payment",
    entity=ENTITY,
    path="v1/supplierPayment",
    head=wire.SupplierPaymentHead,
    key_parts=2,
)
INVOICES = replace(
    next(resource for resource in RESOURCES if resource.feed == "supplier-invoices"), asks_for=(("status", CLOSED),)
)


class Settlements:
    """Both lists at one connection."""

    def __init__(self, connection: Connection, session: Session) -> None:
        client = VismaClient(session, Options.of(connection))
        self._payments, self._invoices = ListSource(PAYMENTS, client), ListSource(INVOICES, client)

    def now(self) -> dt.datetime | None:
        return self._payments.now()

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        """The payments first, so that those which closed an invoice are known when it comes; of the invoices no later
        ones than the window's. A first read takes none: what was closed before was never sent from here."""
        for page in self._payments.read(window, resume):
            yield Page(items=tuple(one for item in page.items for one in _by_invoice(item)), resume=page.resume)
        if window.start is None:
            return
        for page in self._invoices.read(window, None):
            items = (item for item in page.items if item.problem or item.status == CLOSED)
            yield Page(items=tuple(i for i in items if i.modified_at is None or i.modified_at < window.end))

    def fetch(self, source_id: str) -> Item | None:
        parts = source_id.split("/", 2)
        if len(parts) < 3:
            return self._invoices.fetch(source_id)
        item = self._payments.fetch(parts[2])
        found = _by_invoice(item) if item is not None else ()
        return next((one for one in found if one.source_id == source_id), None)

    def confirm(self, items: Sequence[Item]) -> None:
        """Visma wants no confirmation."""


def _by_invoice(item: Item) -> tuple[Item, ...]:
    """A payment as one item for each invoice that it pays; one that cannot be understood stays whole."""
    if item.problem:
        return (item,)
    try:
        payment = msgspec.json.decode(item.raw, type=wire.SupplierPayment, strict=False)
    except msgspec.ValidationError as error:
        problem = f"A supplier payment that Visma sent cannot be read: {error}."[:500]
        return (msgspec.structs.replace(item, problem=problem),)
    invoices: dict[tuple[str, str], list[wire.PaidLine]] = {}
    for line in payment.payment_lines or ():
        if line.doc_type and line.invoice_ref_nbr:
            invoices.setdefault((line.doc_type, line.invoice_ref_nbr), []).append(line)
    return tuple(_of_invoice(item, payment, *invoice, lines) for invoice, lines in invoices.items())


def _of_invoice(item: Item, payment: wire.SupplierPayment, kind: str, number: str, lines: list[wire.PaidLine]) -> Item:
    raw = msgspec.json.encode(
        wire.InvoicePayment(
            type=payment.type,
            ref_nbr=payment.ref_nbr,
            status=payment.status,
            released=payment.released,
            application_date=payment.application_date,
            payment_ref=payment.payment_ref,
            currency=payment.currency.id if payment.currency is not None else None,
            lines=tuple(lines),
        )
    )
    return msgspec.structs.replace(
        item,
        source_id=f"{kind}/{number}/{item.source_id}",
        raw=raw,
        fingerprint=fingerprint(raw),
        source_version="",
        business_number=number,
    )

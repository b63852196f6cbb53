"""Values that settings may have, read from the books: branches, accounts, ways of payment, classes, codes, and who the
company is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from weakref import WeakKeyDictionary

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import Choice, Offer
from integrations.systems.visma import offers
from integrations.systems.visma import wire_ledger as wire
from integrations.systems.visma.client import VismaClient
from integrations.systems.visma.settings import Options
from integrations.systems.visma.wire import Described

_branches: WeakKeyDictionary[Session, tuple[wire.Branch, ...]] = WeakKeyDictionary()
"""Several lists come from one answer."""


def _client(connection: Connection, session: Session) -> VismaClient:
    return VismaClient(session, Options.of(connection))


def _all_branches(connection: Connection, session: Session) -> tuple[wire.Branch, ...]:
    if session not in _branches:
        client = _client(connection, session)
        found: tuple[wire.Branch, ...] = client.decode(client.get("v1/branch"), tuple[wire.Branch, ...])
        _branches[session] = tuple(b for b in found if b.is_active is not False)
    return _branches[session]


def _of_company(
    member: Callable[[wire.Branch], str | None], connection: Connection, session: Session
) -> Iterator[Choice]:
    for branch in _all_branches(connection, session):
        yield Choice((member(branch) or "").strip(), f"{branch.name or branch.number}")


def cash_accounts(connection: Connection, session: Session) -> Iterator[Choice]:
    client = _client(connection, session)
    for row in client.decode(client.get("v1/cashaccount"), tuple[wire.CashAccount, ...]):
        yield Choice((row.number or "").strip(), " ".join(t for t in (row.description, row.currency) if t))


def payment_methods(connection: Connection, session: Session) -> Iterator[Choice]:
    client = _client(connection, session)
    for row in client.decode(client.get("v1/paymentmethod"), tuple[wire.PaymentMethod, ...]):
        if row.active is not False and row.use_in_ap is not False:
            yield Choice((row.payment_method_id or "").strip(), row.description or "")


def supplier_classes(connection: Connection, session: Session) -> Iterator[Choice]:
    client = _client(connection, session)
    for row in client.decode(client.get("v1/supplier/supplierClass"), tuple[Described, ...]):
        yield Choice((row.id or "").strip(), row.description or "")


def _listed(
    read: Callable[[Connection, Session], offers.Offered], connection: Connection, session: Session
) -> Iterator[Choice]:
    """What rules are offered too."""
    for rows in read(connection, session).values():
        yield from (Choice(code, text) for code, text in rows)


OFFERS: dict[str, Offer] = {
    "branches": partial(_listed, offers.branches),
    "cash_accounts": cash_accounts,
    "payment_methods": payment_methods,
    "supplier_classes": supplier_classes,
    "vat_codes": partial(_listed, offers.vat_codes),
    "company_names": partial(_of_company, lambda b: b.name),
    "vat_numbers": partial(_of_company, lambda b: b.vat_registration_id),
    "organisation_numbers": partial(_of_company, lambda b: b.corporate_id),
    "streets": partial(_of_company, lambda b: b.main_address.address_line1),
    "cities": partial(_of_company, lambda b: b.main_address.city),
    "postal_codes": partial(_of_company, lambda b: b.main_address.postal_code),
    "countries": partial(_of_company, lambda b: b.main_address.country.id),
}

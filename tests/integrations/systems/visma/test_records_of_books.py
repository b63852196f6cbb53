"""Every record that the simulated books hold, read by its feed, becomes a document that can be sent, or is refused in
words."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable

import pytest

from edi.documents import t810, t856
from edi.documents.building import BuildOptions, BuildRefused
from edi.documents.receipt import as_ship_notice
from integrations.flows.adobe_out.purchases import web_number_of
from integrations.models import Connection
from integrations.systems.contract import Item, Unmappable, Window
from integrations.systems.visma.mapping import customer, customer_invoice, purchase_receipt
from integrations.systems.visma.settings import Options
from integrations.systems.visma.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.visma.records import OURSELVES

COMPANIES = ("SE", "NO", "DK", "FI")
WINDOW = Window(start=None, end=dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
UNITS = BuildOptions(units={"TUR": "UN", "": "EA"})


def items(connection: Connection, feed: str) -> list[Item]:
    session = SYSTEM.session(connection)
    source = SYSTEM.feed(feed).open(connection, session)
    found = [item for page in source.read(WINDOW, None) for item in page.items]
    fetched = source.fetch(found[0].source_id)
    session.close()
    assert fetched is not None
    assert fetched.fingerprint == found[0].fingerprint, "a record says the same whichever way it was read"
    assert not any(item.problem for item in found)
    return found


@pytest.mark.parametrize("company", COMPANIES)
def test_receipts(company: str, connect: Callable[..., Connection]):
    connection = connect(company)
    zone, kinds = Options.of(connection).zone, Counter()
    for item in items(connection, "purchase-receipts"):
        receipt = purchase_receipt(item.raw, buyer=OURSELVES, zone=zone)
        assert receipt.number == item.source_id == item.business_number
        kinds[item.kind] += 1
        if item.kind == "PoReceipt":
            t856.build(as_ship_notice(receipt), UNITS)
        else:
            with pytest.raises(BuildRefused, match="cannot take goods back"):
                t856.build(as_ship_notice(receipt), UNITS)
    assert kinds["PoReceipt"] > 1
    assert kinds["PoReturn"]


@pytest.mark.parametrize("company", COMPANIES)
def test_customer_invoices(company: str, connect: Callable[..., Connection]):
    connection = connect(company)
    known = {c.number: c for c in (customer(item.raw) for item in items(connection, "customers"))}
    zone, kinds = Options.of(connection).zone, Counter()
    for item in items(connection, "customer-invoices"):
        plain = customer_invoice(item.raw, seller=OURSELVES, zone=zone)
        buyer = plain.party("buyer")
        assert buyer is not None
        invoice = customer_invoice(item.raw, seller=OURSELVES, zone=zone, customer=known.get(buyer.id_of("supplier")))
        assert (invoice.total < 0) == (item.kind == "CreditNote")
        assert invoice.taxes or not invoice.tax_total, "the list gives the taxes"
        t810.build(invoice, UNITS)
        kinds[item.kind] += 1
    assert kinds["Invoice"]
    assert kinds["CreditNote"]


def test_foreign_receipt_is_refused_with_its_number(connect: Callable[..., Connection]):
    connection = connect("SE")
    with pytest.raises(Unmappable, match="A purchase receipt from Visma cannot be read"):
        purchase_receipt(b"[]", buyer=OURSELVES, zone=Options.of(connection).zone)


def test_orders_say_their_own_columns_whichever_way_they_are_read(visma: Served, connect: Callable[..., Connection]):
    """Which column has the number of a web order is a company's own choice; it may be filled in later."""
    connection = connect("SE")
    before = items(connection, "purchase-orders")[0]
    assert web_number_of(before.raw, "customStr3") == ""
    visma.mutate("purchaseorder", {"customStr3": " 000000042 "}, key=f"SE/{before.source_id}")
    after = next(item for item in items(connection, "purchase-orders") if item.source_id == before.source_id)
    assert web_number_of(after.raw, "customStr3") == "000000042"
    assert after.fingerprint != before.fingerprint

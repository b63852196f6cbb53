"""The world: deterministic, plausible, and with sums that add up."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.world import World, build_world
from integrations.sandbox.world.documents import CustomerInvoice, Invoice, cents
from integrations.sandbox.world.identifiers import (
    bankgiro,
    gln,
    gs1_digit,
    guid,
    iban,
    iso7064_mod_11_10,
    luhn_digit,
    organisation_number,
    vat_number,
)

TODAY = date(2026, 11, 20)
SEEDS = st.integers(min_value=0, max_value=10_000)


@pytest.fixture(scope="module", params=[1, 7])
def world(request: pytest.FixtureRequest) -> World:
    return build_world(seed=request.param, size=1, today=TODAY)


def test_the_same_seed_gives_the_same_world() -> None:
    assert build_world(seed=5, size=1, today=TODAY) == build_world(seed=5, size=1, today=TODAY)


def test_another_seed_gives_another_world_with_the_same_stable_names() -> None:
    first, second = (build_world(seed=seed, size=1, today=TODAY) for seed in (1, 2))
    assert [s.name for s in first.suppliers] != [s.name for s in second.suppliers]
    assert first.companies == second.companies
    assert [(p.supplier_number, p.isa_id, p.network) for p in first.trading_partners] == [
        (p.supplier_number, p.isa_id, p.network) for p in second.trading_partners
    ]


def test_its_size(world: World) -> None:
    assert Counter(s.company for s in world.suppliers) == {"SE": 80, "NO": 50, "DK": 40, "FI": 30}
    assert Counter(o.company for o in world.orders) == {"SE": 60, "NO": 36, "DK": 30, "FI": 24}
    assert Counter(i.company for i in world.invoices)["SE"] == 40
    lengths = [len(order.lines) for order in world.orders]
    assert (min(lengths), max(lengths)) == (1, 200)
    assert len(build_world(seed=1, size=3, today=TODAY).orders) == 3 * len(world.orders)


def test_names_and_currencies_are_of_the_north(world: World) -> None:
    letters = "".join(s.name + s.address.city for s in world.suppliers)
    assert set("åäöøæÅÄÖØ") <= set(letters)
    assert {order.currency for order in world.orders} == {"SEK", "NOK", "DKK", "EUR", "USD"}
    texts = " ".join([s.name for s in world.suppliers] + [line.description for o in world.orders for line in o.lines])
    assert set("*~>:") <= set(texts)


def test_every_status_of_the_life_cycles_occurs(world: World) -> None:
    orders = {"Balanced", "Cancelled", "Closed", "Hold", "Open", "PendingEmail", "PendingPrint", "Printed", "Voided"}
    invoices = {"Hold", "Balanced", "Voided", "Scheduled", "Open", "Closed", "Printed", "Prebooked", "Reserved"}
    assert {o.status for o in world.orders if o.company == "SE"} == orders
    assert {i.status for i in world.invoices if i.company == "SE"} == invoices
    assert {r.status for r in world.receipts} == {"Hold", "Balanced", "Released", "Cancelled"}
    assert {s.status for s in world.suppliers} == {"Active", "OnHold", "HoldPayments", "Inactive", "OneTime"}
    assert {i.document_type for i in world.invoices} == {"Invoice", "DebitAdj", "CreditAdj", "Prepayment"}


def test_faults_of_real_books_are_there(world: World) -> None:
    faults = {fault for kind in (world.suppliers, world.orders, world.invoices) for row in kind for fault in row.faults}
    assert faults == {
        "missing_vat_number",
        "missing_organisation_number",
        "no_bank_account",
        "blank_city",
        "unknown_item",
        "duplicate_supplier_reference",
        "closed_period",
    }
    for company in world.companies:
        double = next(i for i in world.invoices if i.company == company.key and "duplicate" in str(i.faults))
        same = [i for i in world.invoices if i.company == company.key and i.supplier_ref == double.supplier_ref]
        assert len({(i.supplier_number, i.total) for i in same}) == 1
        assert len(same) == 2


def test_orders_add_up(world: World) -> None:
    for order in world.orders:
        assert order.line_total == sum(line.amount for line in order.lines)
        assert order.tax_total == sum(cents(tax.taxable * tax.rate / 100) for tax in order.taxes)
        assert sum(tax.taxable for tax in order.taxes) == order.line_total
        assert order.total == order.line_total + order.tax_total
        for line in order.lines:
            assert line.canceled or line.extended == cents(line.quantity * line.unit_cost)
            assert Decimal(0) <= line.received <= line.quantity


def test_invoices_add_up_with_oere_rounding_now_and_then(world: World) -> None:
    documents: list[Invoice | CustomerInvoice] = [*world.invoices, *world.customer_invoices]
    for invoice in documents:
        assert invoice.total == sum(line.amount for line in invoice.lines) + invoice.tax_total + invoice.rounding
        assert abs(invoice.rounding) <= Decimal("0.50")
        assert Decimal(0) <= invoice.balance <= invoice.total
    rounded = [invoice for invoice in documents if invoice.rounding]
    assert rounded
    assert all(invoice.currency == "SEK" and invoice.total == invoice.total.to_integral() for invoice in rounded)


def test_receipts_are_what_the_orders_say(world: World) -> None:
    received: Counter[tuple[str, str | None, int]] = Counter()
    for receipt in world.receipts:
        if receipt.status in {"Released", "Balanced"} and receipt.receipt_type == "PoReceipt":
            for line in receipt.lines:
                received[receipt.company, line.order_number, line.order_line.number] += line.quantity  # type: ignore[assignment]
    for order in world.orders:
        if order.order_type in {"RegularOrder", "DropShip"}:
            for ordered in order.lines:
                assert received[order.company, order.number, ordered.number] == ordered.received


def test_invoice_lines_point_to_receipts_that_exist(world: World) -> None:
    receipts = {(r.company, r.number): r for r in world.receipts}
    linked = 0
    for invoice in world.invoices:
        for line in invoice.lines:
            if line.receipt_number:
                receipt = receipts[invoice.company, line.receipt_number]
                linked += 1
                assert receipt.supplier_number == invoice.supplier_number
                assert receipt.lines[line.receipt_line - 1].order_number == line.order_number  # type: ignore[operator]
    assert linked > 50


def test_everything_lies_in_the_past(world: World) -> None:
    rows = [*world.suppliers, *world.customers, *world.items, *world.orders, *world.receipts, *world.invoices]
    assert all(row.modified_at.date() < TODAY for row in [*rows, *world.payments, *world.customer_invoices])
    stamps = Counter(order.modified_at for order in world.orders)
    assert max(stamps.values()) > 1  # bulk changes: several rows of the same millisecond


def test_trading_partners(world: World) -> None:
    ids = [p.isa_id for p in world.trading_partners]
    assert len(set(ids)) == len(ids) == len(world.suppliers)
    assert all(len(i) <= 15 and p.test_isa_id != i for i, p in zip(ids, world.trading_partners, strict=True))
    assert [(p.isa_id, p.network) for p in world.partners_of("SE")][:3] == [
        ("SUP50001", "cleo"),
        ("SUP50002", "orderful"),
        ("SUP50003", "cleo"),
    ]
    for company in world.companies:
        assert len(company.isa_id) <= 15
        assert company.isa_id != company.test_isa_id
        networks = Counter(
            next(p.network for p in world.partners_of(company.key) if p.supplier_number == order.supplier_number)
            for order in world.orders
            if order.company == company.key
        )
        assert set(networks) == {"cleo", "orderful", None}


@pytest.mark.parametrize(
    ("function", "digits", "expected"),
    [(luhn_digit, "7992739871", "3"), (gs1_digit, "400638133393", "1"), (iso7064_mod_11_10, "13669597", "6")],
)
def test_known_check_digits(function: object, digits: str, expected: str) -> None:
    assert function(digits) == expected  # type: ignore[operator]


@given(SEEDS, st.sampled_from(["SE", "NO", "DK", "FI"]))
def test_organisation_numbers_have_right_check_digits(seed: int, country: str) -> None:
    number = organisation_number(country, random.Random(seed))
    digits = [int(c) for c in number if c.isdigit()]
    match country:
        case "SE":
            assert len(digits) == 10
            doubled = [d * 2 if n % 2 == 0 else d for n, d in enumerate(digits)]
            assert sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0
        case "NO":
            assert sum(d * w for d, w in zip(digits, (3, 2, 7, 6, 5, 4, 3, 2, 1), strict=True)) % 11 == 0
        case "DK":
            assert sum(d * w for d, w in zip(digits, (2, 7, 6, 5, 4, 3, 2, 1), strict=True)) % 11 == 0
        case "FI":
            assert sum(d * w for d, w in zip(digits, (7, 9, 10, 5, 8, 4, 2, 1), strict=True)) % 11 == 0


@given(SEEDS, st.sampled_from(["SE", "NO", "DK", "FI", "DE"]))
def test_ibans_are_valid(seed: int, country: str) -> None:
    number = iban(country, random.Random(seed)) or ""
    assert len(number) == {"SE": 24, "NO": 15, "DK": 18, "FI": 18, "DE": 22}[country]
    moved = number[4:] + number[:4]
    assert int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


@given(SEEDS)
def test_other_numbers(seed: int) -> None:
    rng = random.Random(seed)
    giro = bankgiro(rng).replace("-", "")
    assert luhn_digit(giro[:-1]) == giro[-1]
    location = gln("SE", rng)
    assert (len(location), gs1_digit(location[:-1])) == (13, location[-1])
    assert guid(rng)[14] == "4"
    assert vat_number("SE", "556677-8899", rng) == "SE556677889901"
    assert vat_number("NO", "912345678", rng) == "NO912345678MVA"
    assert vat_number("US", "12-3456789", rng) is None

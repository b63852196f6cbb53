"""Trade documents as hypothesis strategies: complete, with totals that add up, texts of many alphabets."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import get_args

from hypothesis import strategies as st

from edi.documents import codes, money, units
from edi.documents.building import BuildOptions
from edi.documents.invoice import Invoice, InvoiceLine
from edi.documents.order_change import LineChange, OrderChange
from edi.documents.order_response import LineAnswer, OrderResponse, ResponseLine, Schedule
from edi.documents.purchase_order import OrderLine, PurchaseOrder
from edi.documents.ship_notice import Carrier, Package, ShipNotice, ShippedItem, ShippedOrder, sscc_check_digit
from edi.documents.values import (
    Address,
    Charge,
    Contact,
    ItemId,
    Party,
    PartyId,
    PartyRole,
    Reference,
    Tax,
    Terms,
)

LETTERS = st.characters(
    min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=("Cc", "Cf"), exclude_characters="*>~^"
)
"""Latin-1 without the separators, which are the writer's business."""
WORDS = st.text(st.sampled_from("abcdefgh ijkåäöøæABC0123456789-/.,"), max_size=400)

dates = st.dates(dt.date(1990, 1, 1), dt.date(2079, 12, 31))
currencies = st.sampled_from(["SEK", "NOK", "DKK", "EUR", "USD", "ISK"])
book_units = st.sampled_from([*units.BOOK_UNITS, *units.CODES])


def text(least: int, most: int) -> st.SearchStrategy[str]:
    """A text that has `least` to `most` characters once it is cleaned."""
    return (
        st.text(LETTERS, min_size=least, max_size=most)
        .map(lambda t: " ".join(t.split()))
        .filter(lambda t: len(t) >= least)
    )


def amounts(currency: str, *, least: int = 0, most: int = 10**7) -> st.SearchStrategy[Decimal]:
    places = money.exponent(currency)
    return st.decimals(least, most, places=places)


def optional(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | strategy


SCHEMES = ("buyer", "supplier", "gln", "duns", "vat", "organisation", "other")
ITEM_SCHEMES = ("buyer", "supplier", "gtin", "upc", "manufacturer", "other")
REFERENCE_KINDS = tuple(codes.REFERENCES)

party_ids = st.builds(PartyId, scheme=st.sampled_from(SCHEMES), value=text(1, 30))
addresses = st.builds(
    Address,
    lines=st.lists(text(0, 55), max_size=3).map(tuple),
    city=st.just("") | text(2, 30),
    region=st.sampled_from(["", "AB", "Skåne län"]),
    postal_code=st.sampled_from(["", "41114", "SE-411 14", "0150", "DK-2100"]),
    country=st.sampled_from(["", "SE", "NO", "DK", "FI", "US"]),
)
contacts = st.builds(Contact, name=text(0, 60), email=text(0, 80), phone=text(0, 80))
parties = st.builds(
    Party,
    role=st.sampled_from(get_args(PartyRole)),
    name=text(1, 200),
    ids=st.lists(party_ids, max_size=4).map(tuple),
    address=optional(addresses),
    contact=optional(contacts),
)
some_parties = st.lists(parties, max_size=4, unique_by=lambda p: p.role).map(tuple)
item_ids = st.builds(ItemId, scheme=st.sampled_from(ITEM_SCHEMES), value=text(1, 48))
agreed_terms = st.builds(
    Terms,
    text=text(0, 80),
    net_days=optional(st.integers(0, 999)),
    due_date=optional(dates),
    discount_percent=optional(st.decimals(0, 99, places=2)),
    discount_days=st.integers(0, 999),
)
terms = agreed_terms | st.builds(
    Terms, text=text(0, 80), net_days=optional(st.integers(0, 999)), due_date=optional(dates)
)
references = st.builds(Reference, kind=st.sampled_from(REFERENCE_KINDS), value=text(0, 30))
notes = st.lists(WORDS | text(0, 300), max_size=3).map(tuple)
prices = st.decimals(0, 10**5, places=4)
rates = optional(st.decimals(0, 100, places=2))


def charges(currency: str) -> st.SearchStrategy[tuple[Charge, ...]]:
    one = st.builds(
        Charge,
        kind=st.sampled_from(["allowance", "charge"]),
        code=st.sampled_from(["", "D240", "C310", "ZZZZ", "FRAKT", "R1"]),
        text=text(0, 80),
        amount=amounts(currency, most=10**5),
    )
    return st.lists(one, max_size=3).map(tuple)


def taxes(currency: str, *, sign: int = 1, least: int = 0) -> st.SearchStrategy[tuple[Tax, ...]]:
    one = st.builds(
        Tax,
        code=text(0, 20),
        rate=rates,
        base=optional(amounts(currency, most=10**9)),
        amount=amounts(currency, most=10**6).map(lambda a: a * sign),
    )
    return st.lists(one, min_size=least, max_size=3).map(tuple)


@st.composite
def purchase_orders(draw: st.DrawFn) -> PurchaseOrder:
    """Orders that a builder accepts."""
    currency = draw(currencies)
    lines = tuple(
        OrderLine(
            line_number=str(number),
            quantity=draw(st.decimals(0, 10**6, places=3)),
            unit=draw(book_units),
            unit_price=draw(st.decimals(0, 10**5, places=4)),
            item_ids=tuple(draw(st.lists(item_ids, max_size=4))),
            description=draw(WORDS | text(0, 200)),
            requested_date=draw(optional(dates)),
            taxes=draw(taxes(currency)),
            cancelled=draw(st.booleans()) and number > 1,
        )
        for number in range(1, draw(st.integers(1, 4)) + 1)
    )
    sent = [line for line in lines if not line.cancelled]
    line_total = sum((money.rounded(line.amount, currency) for line in sent), Decimal(0))
    if sent[0].quantity % 2 == 1:
        line_total = sum((line.amount for line in sent), Decimal(0)).quantize(money.minor_unit(currency))
    found = draw(charges(currency))
    tax_total = (
        draw(amounts(currency)) if draw(st.booleans()) else sum((t.amount for x in sent for t in x.taxes), Decimal(0))
    )
    return PurchaseOrder(
        number=draw(text(1, 22)),
        date=draw(dates),
        currency=currency,
        lines=lines,
        parties=draw(some_parties),
        purpose=draw(st.sampled_from(tuple(codes.PURPOSES))),
        order_type=draw(st.sampled_from(tuple(codes.ORDER_TYPES))),
        requested_date=draw(optional(dates)),
        terms=draw(optional(terms)),
        references=tuple(draw(st.lists(references, max_size=4))),
        charges=found,
        notes=draw(notes),
        line_total=line_total,
        tax_total=tax_total,
        total=line_total + money.net_charges(found) + tax_total,
    )


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    """Invoices, credit and debit notes that a builder accepts."""
    currency, kind = draw(currencies), draw(st.sampled_from(tuple(codes.INVOICE_KINDS)))
    sign = -1 if kind == "credit_note" else 1
    lines = tuple(draw(_invoice_line(number, currency, sign)) for number in range(1, draw(st.integers(1, 4)) + 1))
    line_total = sum((line.amount for line in lines), Decimal(0))
    found, rounding = draw(charges(currency)), draw(st.sampled_from([0, 1, -1])) * money.minor_unit(currency)
    whole = () if any(line.taxes for line in lines) else draw(taxes(currency, sign=sign))
    parts = whole or tuple(t for line in lines for t in line.taxes)
    tax_total = sum((t.amount for t in parts), Decimal(0)) if parts else draw(amounts(currency)) * sign
    total = line_total + money.net_charges(found) + tax_total + rounding
    if kind == "credit_note" and total > 0:
        found, total = (), total - money.net_charges(found)
        rounding, total = Decimal(0), total - rounding
    terms_found = draw(optional(terms))
    due_date = draw(optional(dates))
    if terms_found is not None and terms_found.due_date is not None and due_date is not None:
        due_date = terms_found.due_date
    return Invoice(
        number=draw(text(1, 22)),
        date=draw(dates),
        currency=currency,
        lines=lines,
        kind=kind,
        purpose=draw(st.sampled_from(tuple(codes.PURPOSES))),
        ledger_number=draw(text(0, 30)),
        order_number=draw(text(0, 22)),
        order_date=draw(optional(dates)),
        due_date=due_date,
        parties=draw(some_parties),
        terms=terms_found,
        references=tuple(draw(st.lists(references, max_size=4))),
        taxes=whole,
        charges=found,
        notes=draw(notes),
        line_total=line_total,
        tax_total=tax_total,
        rounding=rounding,
        total=total,
    )


@st.composite
def _invoice_line(draw: st.DrawFn, number: int, currency: str, sign: int) -> InvoiceLine:
    quantity = draw(st.decimals(0, 10**6, places=3)) * sign
    price = draw(st.decimals(0, 10**4, places=4))
    found = draw(charges(currency)) if sign > 0 else ()
    rounding = draw(st.sampled_from([ROUND_FLOOR, ROUND_CEILING] if found else [ROUND_HALF_UP, ROUND_HALF_EVEN]))
    amount = (quantity * price).quantize(money.minor_unit(currency), rounding) + money.net_charges(found)
    return InvoiceLine(
        line_number=str(number),
        quantity=quantity,
        unit=draw(book_units),
        unit_price=price,
        amount=amount,
        item_ids=tuple(draw(st.lists(item_ids, max_size=4))),
        description=draw(WORDS | text(0, 200)),
        order_number=draw(text(0, 30)),
        order_line=draw(text(0, 30)),
        receipt_number=draw(text(0, 30)),
        receipt_line=draw(text(0, 30)),
        taxes=draw(taxes(currency, sign=sign)),
        charges=found,
        account=draw(text(0, 10)),
    )


@st.composite
def options(draw: st.DrawFn) -> BuildOptions:
    """What partners may want."""
    return BuildOptions(
        version=draw(st.sampled_from(["004010", "005010"])),
        party_ids=tuple(draw(st.permutations(["gln", "buyer", "supplier", "duns", "other"]))),
        item_ids=tuple(draw(st.permutations(list(ITEM_SCHEMES))))[: draw(st.integers(1, 6))],
        item_qualifiers=draw(st.sampled_from([{}, {"buyer": "IN", "supplier": "VN"}])),
        hash_total=draw(st.booleans()),
        credit_sign=draw(st.sampled_from(["kept", "positive"])),
    )


CHANGE_CODES = {"quantity": ["", "QC", "QI"], "delete": ["", "CF"], "date": ["", "RS"], "other": ["XX"]}


@st.composite
def order_changes(draw: st.DrawFn) -> OrderChange:
    """Changes that a builder accepts."""
    currency = draw(currencies)
    quantities = st.decimals(0, 10**6, places=3)
    lines = tuple(
        LineChange(
            line_number=str(number),
            kind=(kind := draw(st.sampled_from(tuple(codes.CHANGES)))),
            code=draw(st.sampled_from(CHANGE_CODES.get(kind, [""]))),
            quantity=draw(
                quantities if "quantity" in kind or kind in ("add", "replace_values") else optional(quantities)
            ),
            quantity_left=draw(optional(quantities)),
            unit=draw(book_units),
            unit_price=draw(prices if "price" in kind or kind in ("add", "replace_values") else optional(prices)),
            item_ids=tuple(draw(st.lists(item_ids, max_size=4))),
            description=draw(WORDS | text(0, 200)),
            requested_date=draw(dates if "date" in kind else optional(dates)),
        )
        for number in range(1, draw(st.integers(1, 4)) + 1)
    )
    return OrderChange(
        number=draw(text(1, 22)),
        order_date=draw(dates),
        purpose=draw(st.sampled_from(tuple(codes.PURPOSES))),
        order_type=draw(st.sampled_from(tuple(codes.ORDER_TYPES))),
        sequence=draw(text(0, 8)),
        request_reference=draw(text(0, 45)),
        change_date=draw(optional(dates)),
        currency=currency,
        lines=lines,
        parties=draw(some_parties),
        requested_date=draw(optional(dates)),
        ship_date=draw(optional(dates)),
        not_before=draw(optional(dates)),
        not_after=draw(optional(dates)),
        cancel_after=draw(optional(dates)),
        terms=draw(optional(terms)),
        references=tuple(draw(st.lists(references, max_size=4))),
        charges=draw(charges(currency)),
        notes=draw(notes),
        total=draw(optional(amounts(currency))),
    )


@st.composite
def order_responses(draw: st.DrawFn, *, answers_change: bool) -> OrderResponse:
    """Answers that a builder accepts."""
    quantities = st.decimals(0, 10**6, places=3)
    plain = ["accepted", "changed", "backordered", "substituted", "held", "rejected", "deleted"]
    statuses = st.sampled_from([(status, "") for status in plain] + [("changed", "IP"), ("rejected", "R2")])
    answers = st.builds(
        lambda said, **stated: LineAnswer(status=said[0], code=said[1], **stated),
        statuses,
        quantity=optional(quantities),
        unit=book_units,
        date=optional(dates),
        date_kind=st.sampled_from(["ship", "delivery"]),
        item_ids=st.just(tuple(ItemId(scheme=scheme, value="1") for scheme in ITEM_SCHEMES)),
    )
    schedules = st.builds(
        Schedule, quantity=quantities, unit=book_units, date=dates, date_kind=st.sampled_from(["ship", "delivery"])
    )
    lines = st.builds(
        ResponseLine,
        line_number=text(0, 20),
        change=st.sampled_from(["", "QI", "DI"]),
        quantity=optional(quantities),
        unit=book_units,
        unit_price=optional(prices),
        item_ids=st.lists(item_ids, max_size=4).map(tuple),
        description=WORDS | text(0, 200),
        answers=st.lists(answers, max_size=3).map(tuple),
        schedules=st.lists(schedules, max_size=2).map(tuple),
        notes=notes,
    )
    currency = draw(currencies)
    return OrderResponse(
        order_number=draw(text(1, 22)),
        order_date=draw(dates),
        answer=(answer := draw(st.sampled_from(["accepted", "changed", "rejected", "received", "held"]))),
        code=draw(st.sampled_from({"accepted": ["", "AT"], "rejected": ["", "RF"]}.get(answer, [""]))),
        answers_change=answers_change,
        change_sequence=draw(text(0, 8)),
        number=draw(text(0, 30)),
        date=draw(optional(dates)),
        purpose=draw(st.sampled_from(tuple(codes.PURPOSES))),
        request_reference=draw(text(0, 45)),
        currency=currency,
        lines=tuple(draw(st.lists(lines, max_size=3, unique_by=lambda line: line.line_number))),
        parties=draw(some_parties),
        ship_date=draw(optional(dates)),
        delivery_date=draw(optional(dates)),
        terms=draw(optional(terms)),
        references=tuple(draw(st.lists(references, max_size=4))),
        charges=draw(charges(currency)),
        notes=draw(notes),
        total=draw(optional(amounts(currency))),
    )


ssccs = st.integers(0, 10**17 - 1).map(lambda n: f"{n:017}").map(lambda d: d + sscc_check_digit(d))


@st.composite
def ship_notices(draw: st.DrawFn) -> ShipNotice:
    """Ship notices that a builder accepts: loose items, cartons, pallets with cartons, cartons below items."""
    quantities = st.decimals(0, 10**6, places=2)
    items = st.builds(
        ShippedItem,
        order_line=text(0, 20),
        quantity=quantities,
        unit=book_units,
        ordered_quantity=optional(quantities),
        item_ids=st.just(tuple(ItemId(scheme=scheme, value="4711") for scheme in ITEM_SCHEMES)),
        description=WORDS | text(0, 200),
        receipt_number=text(0, 30),
        receipt_line=text(0, 30),
        package_ssccs=st.lists(ssccs, max_size=2).map(tuple),
    )
    some_items = st.lists(items, min_size=1, max_size=3).map(tuple)
    weights = optional(st.decimals(0, 10**5, places=1))
    cartons = st.builds(
        Package,
        sscc=st.just("") | ssccs,
        tracking_number=text(0, 48),
        gross_weight=weights,
        weight_unit=st.just("KG"),
        items=some_items,
    )
    pallets = st.builds(
        Package,
        kind=st.just("pallet"),
        sscc=ssccs,
        gross_weight=weights,
        weight_unit=st.just("KG"),
        packages=st.lists(cartons, min_size=1, max_size=2).map(tuple),
        items=st.just(()) | some_items,
    )
    orders = st.builds(
        ShippedOrder,
        order_number=text(1, 22),
        order_date=optional(dates),
        packages=st.lists(cartons | pallets, max_size=2).map(tuple),
        items=some_items,
        references=st.lists(references, max_size=2).map(tuple),
        parties=some_parties,
    )
    carriers = st.builds(
        Carrier,
        scac=st.sampled_from(["", "PNBR", "DSV"]),
        name=text(0, 35),
        mode=st.sampled_from(["", "M", "R"]),
        equipment_number=text(0, 10),
    )
    return ShipNotice(
        number=draw(text(2, 30)),
        date=draw(dates),
        time=draw(st.times()),
        purpose=draw(st.sampled_from(tuple(codes.PURPOSES))),
        orders=tuple(draw(st.lists(orders, min_size=1, max_size=2))),
        parties=draw(some_parties),
        shipped_date=draw(optional(dates)),
        expected_date=draw(optional(dates)),
        received_date=draw(optional(dates)),
        carrier=draw(optional(carriers)),
        package_count=draw(optional(st.integers(0, 9_999_999))),
        gross_weight=draw(weights),
        weight_unit="KG",
        references=tuple(draw(st.lists(references, max_size=3))),
    )

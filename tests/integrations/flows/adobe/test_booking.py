"""A sale comes to the same in the books as in the shop, to the smallest unit; what is more than rounding is refused."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.documents.values import Address
from integrations.flows.adobe_in.booking import booked
from integrations.flows.adobe_in.rules import Rule, coding_of, due_on, rules_of, stated
from integrations.systems.adobe.amounts import ShopLine
from integrations.systems.adobe.mapping import Sale
from integrations.systems.contract import Unmappable
from integrations.systems.visma.sale_commands import SaleLine

RATES = {"25": "25", "12": "12", "6": "6", "0": "00"}
RULES = rules_of({"rules": [{"when": {"percents": [rate]}, "vat_code": code} for rate, code in RATES.items()]})
CENT = Decimal("0.01")


def sale(*lines: ShopLine, total: Decimal, **changes: Any) -> Sale:
    values: dict[str, Any] = {
        "kind": "order",
        "entity_id": "42",
        "number": "000000042",
        "order_id": "42",
        "order_number": "000000042",
        "date": dt.date(2026, 2, 1),
        "currency": "SEK",
        "total": total,
        "lines": lines,
        "store_id": 1,
    }
    return Sale(**(values | changes))


def comes_to(lines: tuple[SaleLine, ...], unit: Decimal = CENT) -> Decimal:
    """As the books reckon: VAT once for each code, in the currency's smallest unit."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.vat_code] = sums.get(line.vat_code, Decimal(0)) + line.amount
    return sum((net + (net * int(code) / 100).quantize(unit, ROUND_HALF_UP) for code, net in sums.items()), Decimal(0))


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    """Orders whose tax was rounded by row, of up to forty rows, some of them taken off."""
    rows = []
    for n in range(draw(st.integers(1, 40))):
        net = Decimal(draw(st.integers(-50_000, 2_000_000))) / 100
        percent = Decimal(draw(st.sampled_from(sorted(RATES))))
        tax = (net * percent / 100).quantize(CENT, ROUND_HALF_UP)
        rows.append(ShopLine(kind="product", text=f"Row {n}", net=net, tax=tax, percent=percent))
    return sale(*rows, total=sum((row.net + row.tax for row in rows), Decimal(0)))


@given(sales())
def test_whatever_the_rows_are_the_books_come_to_the_total(one: Sale) -> None:
    lines = booked(one, RULES)
    assert comes_to(lines) == one.total
    rounding = lines[len(one.lines) :]
    assert len(rounding) <= 1
    assert all(abs(line.amount) <= CENT * (len(one.lines) + 2) for line in rounding)


@given(sales(), st.integers(1, 10_000), st.booleans())
def test_more_than_rounding_is_never_hidden_in_it(one: Sale, off: int, down: bool) -> None:
    """A total that is off by more than the rows can explain is refused; one that is booked has a small rounding."""
    wrong = msgspec.structs.replace(one, total=one.total + Decimal(-off if down else off))
    try:
        lines = booked(wrong, RULES)
    except Unmappable as refused:
        said = refused.sentence
    else:
        assert abs(lines[-1].amount) <= CENT * max(5, len(one.lines) + 2)
        assert comes_to(lines) == wrong.total
        return
    assert "more than rounding" in said


def test_a_rate_without_rule_is_refused_and_named() -> None:
    line = ShopLine(kind="product", text="Book", net=Decimal(10), percent=Decimal(14))
    with pytest.raises(Unmappable, match="14 %"):
        booked(sale(line, total=Decimal("11.4")), RULES)


def test_a_code_may_not_stand_for_two_rates() -> None:
    rules = rules_of({"rules": [{"vat_code": "25"}]})
    lines = [ShopLine(kind="product", text="x", net=Decimal(10), percent=Decimal(p)) for p in (25, 12)]
    with pytest.raises(Unmappable, match="VAT code 25"):
        booked(sale(*lines, total=Decimal("23.7")), rules)


def test_the_first_rule_that_states_a_value_decides_it() -> None:
    rules = rules_of(
        {
            "rules": [
                {"when": {"kinds": ["shipping"]}, "account": "3520", "segments": {"1": "900"}},
                {"when": {"skus": ["BOOK-*"], "percents": [6]}, "account": "3010"},
                {"when": {"countries": ["NO"]}, "vat_code": "EXP", "branch": "2"},
                {"vat_code": "25", "account": "3001", "segments": {"1": "100", "2": "10"}},
            ]
        }
    )
    shipping = ShopLine(kind="shipping", text="Post", net=Decimal(50), percent=Decimal(25))
    book = ShopLine(kind="product", text="Book", sku="BOOK-1", net=Decimal(50), percent=Decimal(6))
    here = sale(total=Decimal(0))
    found = coding_of(rules, here, shipping)
    assert (found.vat_code, found.account, found.segments) == ("25", "3520", {1: "900", 2: "10"})
    assert coding_of(rules, here, book).account == "3010"
    assert stated(rules, here, "branch") == ""


def test_rules_say_when_an_invoice_is_due_or_leave_it_to_the_terms() -> None:
    rules = rules_of({"rules": [{"when": {"stores": [1]}, "due_days": "14"}, {"due_days": 0}]})
    net = ShopLine(kind="product", text="Book", net=Decimal(100))
    assert due_on(rules, sale(net, total=Decimal(100))) == dt.date(2026, 2, 15)
    assert due_on(rules, sale(net, total=Decimal(100), store_id=2)) == dt.date(2026, 2, 1)
    assert due_on(RULES, sale(net, total=Decimal(100))) is None
    with pytest.raises(Unmappable, match="Rule 1"):
        rules_of({"rules": [{"due_days": -1}]})


def test_rules_ask_for_the_country_of_supply_of_the_bill_and_of_the_goods() -> None:
    """A Finnish customer has goods sent to Sweden: its VAT is Swedish, whoever pays. A download is taxed at home."""
    stated_rules = [
        {"when": {"shipping_countries": ["SE"], "billing_countries": ["DE"]}, "vat_code": "SE-DE", "account": "1"},
        {"when": {"shipping_countries": ["FI"]}, "vat_code": "FI-GOODS"},
        {"when": {"countries": ["SE"]}, "vat_code": "SE"},
        {"when": {"countries": ["FI"]}, "vat_code": "FI"},
        {"when": {"billing_countries": ["FI"]}, "account": "2"},
    ]
    rules = rules_of({"rules": stated_rules})
    line = ShopLine(kind="product", text="x", net=Decimal(10), percent=Decimal(25))

    def coded(bill: str, goods: str) -> tuple[str, str]:
        one = sale(total=Decimal(0), address=Address(country=bill), shipping_country=goods)
        found = coding_of(rules, one, line)
        return found.vat_code, found.account

    assert coded("FI", "SE") == ("SE", "2")
    assert coded("FI", "FI") == ("FI-GOODS", "2")
    assert coded("FI", "") == ("FI", "2")
    assert coded("DE", "SE") == ("SE-DE", "1")
    with pytest.raises(Unmappable, match=r"country NO \(the bill goes to FI\)\."):
        coded("FI", "NO")


@pytest.mark.parametrize("wrong", [[{"wen": {}}], [{"when": {"kind": "x"}}], "x", [{"segments": {"a": 1}}]])
def test_a_rule_that_cannot_be_is_named(wrong: Any) -> None:
    with pytest.raises(Unmappable, match=r"ules? "):
        rules_of({"rules": wrong})


def test_a_rule_says_when_it_applies() -> None:
    assert Rule().words == "always"
    assert "shipping" in rules_of({"rules": [{"when": {"kinds": ["shipping"]}}]})[0].words

"""Orders as a shop reckons them, of everything that changes a total at once: the books come to the shop's total, and
each rate of tax to what the shop took of it, within rounding."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.flows.adobe_in.booking import booked
from integrations.flows.adobe_in.rules import rules_of
from integrations.systems.adobe import mapping
from integrations.systems.contract import Unmappable
from tests.integrations.flows.adobe.test_booking import CENT, RATES, RULES, comes_to
from tests.integrations.systems.adobe.orders import item, order, raw

OSLO = ZoneInfo("Europe/Oslo")


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


class Row:
    """An article with its amounts, by the vendor's own sums: with prices that include tax, or without."""

    def __init__(self, draw: st.DrawFn, *, gross: bool, places: int) -> None:
        self.rate = draw(st.sampled_from(sorted(RATES)))
        share = Decimal(self.rate) / 100
        paid = Decimal(draw(st.integers(1, 300_000))) / 100
        off = (paid * draw(st.integers(0, 100)) / 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        if gross:
            before, self.tax = cents(paid * share / (1 + share)), cents((paid - off) * share / (1 + share))
            self.total, self.hidden = paid - before, before - self.tax
        else:
            self.total, self.hidden, self.tax = paid, Decimal(0), cents((paid - off) * share)
        self.off = off
        self.comes_to = self.total + self.tax + self.hidden - self.off

    def amounts(self) -> dict[str, Any]:
        return {
            "row_total": float(self.total),
            "tax_amount": float(self.tax),
            "tax_percent": int(self.rate),
            "discount_amount": float(self.off),
            "discount_tax_compensation_amount": float(self.hidden),
        }


@st.composite
def orders(draw: st.DrawFn) -> tuple[dict[str, Any], Decimal, dict[str, Decimal]]:
    """An order, its total, and the tax by rate."""
    gross, places = draw(st.booleans()), draw(st.sampled_from([2, 4]))
    rows, items, taxes, number = [], [], dict.fromkeys(RATES, Decimal(0)), 0
    for _ in range(draw(st.integers(1, 8))):
        number += 10
        kind = draw(st.sampled_from(["simple", "configurable", "fixed", "dynamic"]))
        own = [Row(draw, gross=gross, places=places) for _ in range(3 if kind == "dynamic" else 1)]
        rows += own
        parent = {"simple": "simple", "configurable": "configurable"}.get(kind, "bundle")
        if kind == "dynamic":  # the parent shows the sum of its parts; discounts stay with them
            sums = {"row_total": float(sum(r.total for r in own)), "tax_amount": float(sum(r.tax for r in own))}
            items.append(item(number, product_type=parent, **sums))
            items += [item(number + n, parent_item_id=number, **r.amounts()) for n, r in enumerate(own, 1)]
            continue
        weee = Decimal(draw(st.sampled_from([0, 0, 0, 150]))) / 100
        values = own[0].amounts() | ({"weee_tax_applied_row_amount": float(weee)} if weee else {})
        own[0].comes_to += weee
        items.append(item(number, product_type=parent, **values))
        if kind != "simple":
            copy = own[0].amounts() if kind == "configurable" and draw(st.booleans()) else {"row_total": 0}
            items.append(item(number + 1, parent_item_id=number, **({"tax_amount": 0} | copy)))
    way = Decimal(draw(st.integers(0, 20_000))) / 100
    way_tax = cents(way / 4)
    taxes["25"] += way_tax
    for row in rows:
        taxes[row.rate] += row.tax
    total = cents(sum((row.comes_to for row in rows), Decimal(0)) + way + way_tax)
    paid = [draw(st.integers(0, 3)), draw(st.integers(0, 3)), draw(st.integers(0, 1))]
    credits = {}
    for name, part in zip(
        ("gift_cards_amount", "customer_balance_amount", "reward_currency_amount"), paid, strict=True
    ):
        taken = total if part == 3 else cents(total * part / 4)  # 3: all that is left, so a total of nothing
        credits[name], total = float(taken), total - taken
    made = order(
        *items,
        shipping_amount=float(way),
        shipping_tax_amount=float(way_tax),
        grand_total=float(total),
        extension_attributes={"applied_taxes": [{"percent": int(r)} for r in RATES], **credits},
    )
    return made, total, taxes


@given(orders())
@settings(max_examples=150, deadline=None)
def test_whatever_is_in_an_order_the_books_come_to_its_total_and_its_taxes(
    one: tuple[dict[str, Any], Decimal, dict[str, Decimal]],
) -> None:
    made, total, taxes = one
    sale = mapping.order(raw(made), zone=OSLO)
    lines = booked(sale, RULES)
    assert comes_to(lines) == total
    for rate, code in RATES.items():
        net = sum((line.amount for line in lines if line.vat_code == code), Decimal(0))
        assert abs(net * int(rate) / 100 - taxes[rate]) <= CENT * (len(lines) + 1), rate


def test_a_row_so_small_that_its_tax_was_rounded_away_keeps_its_rate() -> None:
    row = item(1, row_total=0.01, tax_amount=0)
    [line, _] = mapping.order(raw(order(row)), zone=OSLO).lines
    assert (line.percent, line.net) == (25, Decimal("0.01"))
    untaxed = item(1, tax_amount=0)  # a customer who is exempt: 100 without tax is no rounding
    assert mapping.order(raw(order(untaxed)), zone=OSLO).lines[0].percent == 0


def test_a_fixed_product_tax_is_a_line_of_its_own_unless_it_is_taxed_with_its_row() -> None:
    weee = {"weee_tax_applied_row_amount": 10}
    taxed = mapping.order(raw(order(item(1, tax_amount=27.5, **weee), grand_total=200)), zone=OSLO)
    assert [(one.kind, one.net, one.percent) for one in taxed.lines][:1] == [("product", 110, 25)]
    plain = mapping.order(raw(order(item(1, **weee), grand_total=197.5)), zone=OSLO)
    assert [(one.kind, one.net, one.percent) for one in plain.lines][:2] == [("product", 100, 25), ("fee", 10, 0)]
    applied = [{"type": "weee", "associated_item_id": 1, "applied_taxes": [{"percent": 12, "amount": 1.2}]}]
    said = {"applied_taxes": [{"percent": 25}], "item_applied_taxes": applied}
    apart = mapping.order(raw(order(item(1, **weee), grand_total=198.7, extension_attributes=said)), zone=OSLO)
    assert [(one.kind, one.tax, one.percent) for one in apart.lines][1] == ("fee", Decimal("1.2"), 12)


def test_many_rows_of_fractions_of_a_cent_add_up_as_the_shop_adds_them() -> None:
    """Forty discounts of a third of a cent: rounded one by one they would be off by more than rounding may explain."""
    rows = [item(n, row_total=1, tax_amount=0, tax_percent=0, discount_amount=0.3333) for n in range(1, 41)]
    made = order(*rows, shipping_amount=0, shipping_tax_amount=0, grand_total=26.67, extension_attributes={})
    assert comes_to(booked(mapping.order(raw(made), zone=OSLO), RULES)) == Decimal("26.67")


def test_a_fee_of_an_app_goes_to_the_account_that_a_rule_says_for_it() -> None:
    fee = {"custom_fee_code": "app::handling", "custom_fee_label": "Handling", "custom_fee_amount": 30}
    made = order(grand_total=217.5, extension_attributes={"applied_taxes": [{"percent": 25}], "custom_fees": [fee]})
    of_fees = [{"when": {"skus": ["app::*"]}, "account": "3591"}, {"when": {"kinds": ["fee"]}, "account": "3590"}]
    rates = [{"when": {"percents": [rate]}, "vat_code": str(rate)} for rate in (25, 0)]
    lines = booked(mapping.order(raw(made), zone=OSLO), rules_of({"rules": [*of_fees, *rates]}))
    assert [(one.text, one.amount, one.account, one.vat_code) for one in lines][2:] == [("Handling", 30, "3591", "0")]


def test_rounding_is_refused_under_a_vat_code_that_would_tax_it() -> None:
    rules = rules_of({"rules": [{"when": {"kinds": ["product", "shipping", "rounding"]}, "vat_code": "25"}]})
    made = order(item(1, tax_amount=25.01), grand_total=187.51)
    with pytest.raises(Unmappable, match="VAT code 25 to 25 % and to 0 %"):
        booked(mapping.order(raw(made), zone=OSLO), rules)


def test_what_was_cancelled_of_an_order_that_goes_on_is_told() -> None:
    assert mapping.order(raw(order(total_canceled=62.5)), zone=OSLO).cancelled_part == Decimal("62.5")
    assert mapping.order(raw(order(total_canceled=187.5, state="canceled")), zone=OSLO).cancelled_part == 0

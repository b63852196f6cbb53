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
from integrations.systems.adobe import mapping, wire
from integrations.systems.adobe.amounts import posted_items
from integrations.systems.contract import Unmappable
from tests.integrations.flows.adobe.test_booking import CENT, RATES, RULES, comes_to
from tests.integrations.systems.adobe.orders import item, order, raw

OSLO = ZoneInfo("Europe/Oslo")


UNITS = {"SEK": CENT, "EUR": CENT, "NOK": CENT, "ISK": Decimal(1), "KWD": Decimal("0.001")}
"""Currencies of the shop with their smallest units."""


def cents(value: Decimal, unit: Decimal = CENT) -> Decimal:
    return value.quantize(unit, ROUND_HALF_UP)


class Row:
    """An article with its amounts, by the vendor's own sums: with prices that include tax, or without."""

    def __init__(self, draw: st.DrawFn, *, gross: bool, places: int, unit: Decimal) -> None:
        self.rate = draw(st.sampled_from(sorted(RATES)))
        share = Decimal(self.rate) / 100
        paid = draw(st.integers(1, 300_000)) * unit
        off = (paid * draw(st.integers(0, 100)) / 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        if gross:
            before, self.tax = (cents(part * share / (1 + share), unit) for part in (paid, paid - off))
            self.total, self.hidden = paid - before, before - self.tax
        else:
            self.total, self.hidden, self.tax = paid, Decimal(0), cents((paid - off) * share, unit)
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
    currency = draw(st.sampled_from(sorted(UNITS)))
    unit = UNITS[currency]
    gross, places = draw(st.booleans()), draw(st.sampled_from([-int(unit.as_tuple().exponent), 4]))
    rows, items, taxes, number = [], [], dict.fromkeys(RATES, Decimal(0)), 0
    for _ in range(draw(st.integers(1, 8))):
        number += 10
        kind = draw(st.sampled_from(["simple", "configurable", "fixed", "dynamic"]))
        own = [Row(draw, gross=gross, places=places, unit=unit) for _ in range(3 if kind == "dynamic" else 1)]
        rows += own
        parent = {"simple": "simple", "configurable": "configurable"}.get(kind, "bundle")
        if kind == "dynamic":  # the parent shows the sum of its parts; discounts stay with them
            sums = {"row_total": float(sum(r.total for r in own)), "tax_amount": float(sum(r.tax for r in own))}
            items.append(item(number, product_type=parent, **sums))
            items += [item(number + n, parent_item_id=number, **r.amounts()) for n, r in enumerate(own, 1)]
            continue
        weee = draw(st.sampled_from([0, 0, 0, 150])) * unit
        values = own[0].amounts() | ({"weee_tax_applied_row_amount": float(weee)} if weee else {})
        own[0].comes_to += weee
        items.append(item(number, product_type=parent, **values))
        if kind != "simple":
            copy = own[0].amounts() if kind == "configurable" and draw(st.booleans()) else {"row_total": 0}
            items.append(item(number + 1, parent_item_id=number, **({"tax_amount": 0} | copy)))
    # Shipping, a part of it off; where prices include tax, a tax hides in what is off, as in a row's discount.
    way, off = draw(st.integers(0, 20_000)) * unit, draw(st.integers(0, 20_000)) * unit
    off = min(way, off)
    way_tax = cents((way - off) / 5 if gross else (way - off) / 4, unit)
    before = cents(way / 5, unit) if gross else Decimal(0)
    hidden = before - way_tax if gross else Decimal(0)
    way -= before
    taxes["25"] += way_tax
    for row in rows:
        taxes[row.rate] += row.tax
    total = cents(sum((row.comes_to for row in rows), Decimal(0)) + way + way_tax + hidden - off, unit)
    paid = [draw(st.integers(0, 3)), draw(st.integers(0, 3)), draw(st.integers(0, 1))]
    credits = {}
    for name, part in zip(
        ("gift_cards_amount", "customer_balance_amount", "reward_currency_amount"), paid, strict=True
    ):
        taken = total if part == 3 else cents(total * part / 4, unit)  # 3: all that is left, so a total of nothing
        credits[name], total = float(taken), total - taken
    made = order(
        *items,
        order_currency_code=currency,
        shipping_amount=float(way),
        shipping_tax_amount=float(way_tax),
        shipping_discount_amount=float(off),
        shipping_discount_tax_compensation_amount=float(hidden),
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
    unit = UNITS[sale.currency]
    assert comes_to(lines, unit) == total
    assert all(line.amount == cents(line.amount, unit) for line in lines), "in whole units: the books know no others"
    for rate, code in RATES.items():
        net = sum((line.amount for line in lines if line.vat_code == code), Decimal(0))
        assert abs(net * int(rate) / 100 - taxes[rate]) <= unit * (len(lines) + 1), rate


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


def test_a_total_of_half_a_unit_is_booked_in_whole_ones() -> None:
    """Adobe reckons hundredths in every currency; nobody can pay or book half a króna."""
    row = item(1, row_total=99.5, tax_amount=24.88)
    made = order(row, order_currency_code="ISK", shipping_amount=0, shipping_tax_amount=0, grand_total=124.38)
    sale = mapping.order(raw(made), zone=OSLO)
    lines = booked(sale, RULES)
    assert (sale.total, comes_to(lines, Decimal(1))) == (124, 124)
    assert all(line.amount == int(line.amount) for line in lines)


@given(orders(), st.data())
@settings(max_examples=100, deadline=None)
def test_whatever_is_given_back_the_credit_note_comes_to_it(
    one: tuple[dict[str, Any], Decimal, dict[str, Decimal]], data: st.DataObject
) -> None:
    """All of an order or some of its rows, with or without the shipping; what an adjustment adds or takes away."""
    whole, _, _ = one
    unit = UNITS[whole["order_currency_code"]]
    amounts = ("row_total", "tax_amount", "discount_amount", "discount_tax_compensation_amount")
    posted = {i.item_id for i in posted_items(mapping.decoded(raw(whole), wire.Order, "order").items or ())}
    counted = [i for i in whole["items"] if i["item_id"] in posted and not i.get("weee_tax_applied_row_amount")]
    chosen = data.draw(st.lists(st.sampled_from(counted), unique_by=lambda i: i["item_id"])) if counted else []
    rows = [{"order_item_id": i["item_id"], "qty": 1} | {name: i.get(name, 0) for name in amounts} for i in chosen]
    up, down = (data.draw(st.integers(0, 500)) * unit for _ in range(2))
    way, tax = (Decimal(str(whole[n])) for n in ("shipping_amount", "shipping_tax_amount"))
    hidden, off = (
        Decimal(str(whole[n])) for n in ("shipping_discount_tax_compensation_amount", "shipping_discount_amount")
    )
    if not data.draw(st.booleans()):
        way = tax = hidden = off = Decimal(0)
    part = {name: sum((Decimal(str(row[name])) for row in rows), Decimal(0)) for name in amounts}
    total = part["row_total"] - part["discount_amount"] + part["tax_amount"]
    total = cents(total + part["discount_tax_compensation_amount"] + way + tax + hidden - off + up - down, unit)
    memo = {
        "entity_id": 7,
        "increment_id": "7",
        "order_id": whole["entity_id"],
        "created_at": whole["created_at"],
        "items": rows,
        "discount_amount": -float(part["discount_amount"] + off),
        "shipping_amount": float(way),
        "shipping_tax_amount": float(tax),
        "shipping_discount_tax_compensation_amount": float(hidden),
        "adjustment_positive": float(up),
        "adjustment_negative": float(down),
        "grand_total": float(total),
    }
    sale = mapping.credit_memo(raw({"memo": memo, "order": whole}), zone=OSLO)
    assert comes_to(booked(sale, RULES), unit) == total

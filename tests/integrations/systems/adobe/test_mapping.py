"""What an order comes to, whichever way the shop spells it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.systems.adobe import mapping
from integrations.systems.adobe.mapping import Sale
from integrations.systems.contract import Unmappable
from tests.integrations.systems.adobe.orders import item, order, raw, shipped_to

OSLO = ZoneInfo("Europe/Oslo")


def read(value: dict[str, Any]) -> Sale:
    return mapping.order(raw(value), zone=OSLO)


def said(sale: Sale) -> list[tuple[str, str, str, str]]:
    return [(line.kind, str(line.net), str(line.tax), str(line.percent)) for line in sale.lines]


def test_an_order_is_its_rows_and_its_shipping() -> None:
    sale = read(order())
    assert said(sale) == [("product", "100", "25", "25"), ("shipping", "50", "12.5", "25")]
    assert (sale.total, sale.currency) == (Decimal("187.5"), "SEK")
    assert sale.date == dt.date(2026, 2, 1)  # half past midnight in Oslo
    assert (sale.customer_id, sale.company, sale.vat_number, sale.country) == ("3", "Li AS", "NO999", "NO")
    assert sale.address is not None
    assert sale.address.lines == ("Gata 1",)
    assert (sale.payment_method, sale.purchase_order_number) == ("purchaseorder", "PO-77")


@pytest.mark.parametrize(
    ("assignments", "supplied"),
    [
        (shipped_to("SE"), "SE"),
        (shipped_to("NO"), "NO"),
        (None, "NO"),
        ([], "NO"),
        ([{"shipping": {"total": {}}, "items": []}], "NO"),
        ([{"shipping": {"address": []}}, {"shipping": []}], "NO"),
        (shipped_to(""), "NO"),
    ],
)
def test_vat_follows_the_goods_and_where_nothing_is_shipped_the_bill(assignments: Any, supplied: str) -> None:
    extension = {"applied_taxes": [{"percent": 25}], "shipping_assignments": assignments}
    sale = read(order(extension_attributes=extension))
    assert (sale.country, sale.billing_country) == (supplied, "NO")
    assert refunded(memo(), extension_attributes=extension).country == supplied


def test_a_discount_is_taken_off_its_row() -> None:
    assert said(read(order(item(1, discount_amount=10, tax_amount=22.5))))[0] == ("product", "90", "22.5", "25")


def test_the_tax_that_hides_in_a_discount_of_gross_prices_is_given_back() -> None:
    """125 with tax, 12.50 off: 112.50 with tax, of which 22.50 are tax."""
    row = item(1, tax_amount=22.5, discount_amount=12.5, discount_tax_compensation_amount=2.5)
    sale = read(order(row))
    assert said(sale)[0] == ("product", "90", "22.5", "25")
    assert sale.total == Decimal("175")


@pytest.mark.parametrize("child", [{"row_total": 0, "tax_amount": 0, "price": 0}, {}])
def test_a_configurable_product_counts_once_whether_its_child_repeats_the_amounts_or_not(child: dict[str, Any]) -> None:
    sale = read(order(item(1, product_type="configurable"), item(2, parent_item_id=1, **child)))
    assert [line.sku for line in sale.lines if line.kind == "product"] == ["A1"]


def test_a_bundle_with_prices_of_its_parts_is_its_parts() -> None:
    parent = item(1, product_type="bundle", row_total=100, tax_amount=0, tax_percent=None)
    parts = [
        item(2, parent_item_id=1, row_total=60, tax_amount=15),
        item(3, parent_item_id=1, row_total=40, tax_amount=4.8, tax_percent=12),
    ]
    sale = read(order(parent, *parts, grand_total=100 + 19.8 + 62.5))
    assert said(sale)[:2] == [("product", "60", "15", "25"), ("product", "40", "4.8", "12")]


def test_a_bundle_with_a_price_of_its_own_is_itself() -> None:
    parent = item(1, product_type="bundle")
    parts = [item(n, parent_item_id=1, row_total=0, tax_amount=0) for n in (2, 3)]
    assert [line.sku for line in read(order(parent, *parts)).lines if line.kind == "product"] == ["A1"]


def test_gift_cards_and_store_credit_are_no_discount() -> None:
    extension = {"gift_cards_amount": 100, "customer_balance_amount": 20, "applied_taxes": [{"percent": 25}]}
    sale = read(order(extension_attributes=extension, grand_total=67.5))
    assert said(sale)[2:] == [("gift_card", "-100", "0", "0"), ("store_credit", "-20", "0", "0")]
    assert sale.total == Decimal("67.5")


def test_a_discount_on_shipping_is_taken_off_it() -> None:
    sale = read(order(shipping_amount=50, shipping_discount_amount=50, shipping_tax_amount=0, grand_total=125))
    assert said(sale) == [("product", "100", "25", "25")]


def test_an_order_that_does_not_add_up_is_not_booked() -> None:
    with pytest.raises(Unmappable, match="unexplained") as raised:
        read(order(grand_total=190))
    assert "2.5" in raised.value.sentence


FEES = [
    {"id": "1", "order_id": "42", "custom_fee_code": "app::handling", "custom_fee_label": "Handling",
     "custom_fee_amount": 30, "base_custom_fee_amount": 3, "custom_fee_amount_refunded": 30, "creditmemo_id": "7"},
    {"id": "2", "order_id": "42", "custom_fee_code": "app::club", "custom_fee_label": "Club discount",
     "custom_fee_amount": -5.5, "base_custom_fee_amount": -0.55, "custom_fee_amount_refunded": 0},
]  # fmt: skip


def test_fees_of_apps_are_lines_by_the_names_of_the_schema() -> None:
    extension = {"applied_taxes": [{"percent": 25}], "custom_fees": FEES}
    sale = read(order(extension_attributes=extension, grand_total=212))
    assert said(sale)[2:] == [("fee", "30", "0", "0"), ("fee", "-5.5", "0", "0")]
    assert [(one.text, one.sku) for one in sale.lines[2:]] == [
        ("Handling", "app::handling"), ("Club discount", "app::club"),
    ]  # fmt: skip
    assert sum(one.net + one.tax for one in sale.lines) == sale.total == 212
    # A credit memo gives back the fees that name it, and no others.
    known = {"extension_attributes": extension, "grand_total": 212}
    assert said(refunded(memo(grand_total=155), **known)) == [("product", "100", "25", "25"), ("fee", "30", "0", "0")]
    assert said(refunded(memo(entity_id=8), **known)) == [("product", "100", "25", "25")]


def test_a_fee_that_says_its_amount_otherwise_stops_the_order() -> None:
    fees = [{"custom_fee_code": "app::handling", "value": 30}]
    with pytest.raises(Unmappable, match=r"30\.0 is unexplained"):
        read(order(extension_attributes={"custom_fees": fees}, grand_total=217.5))


def test_members_that_are_left_out_are_nothing_and_empty_lists_are_empty_objects() -> None:
    value = order(shipping_amount=0, shipping_tax_amount=0, extension_attributes=[], grand_total=125)
    del value["shipping_amount"], value["shipping_tax_amount"]
    assert said(read(value)) == [("product", "100", "25", "25")]


@pytest.mark.parametrize("members", [{"customer_is_guest": 1}, {"customer_is_guest": 0}, {"customer_is_guest": None}])
def test_a_guest_has_no_number(members: dict[str, Any]) -> None:
    """Nor has who was deleted in the shop: the order says 0 still, and is nobody's."""
    sale = read(order(customer_id=None, **members))
    assert sale.customer_id == ""
    assert mapping.guest(sale).name == "Li AS"


def test_an_edited_order_names_the_one_it_replaces() -> None:
    assert read(order(relation_parent_id="41", original_increment_id="000000041")).replaces == "41"
    assert read(order(relation_parent_id="0")).replaces == ""


def test_what_takes_a_cancelled_order_back_is_of_the_day_on_which_it_was_cancelled() -> None:
    changes = {"created_at": "2026-01-03 10:00:00", "updated_at": "2026-03-31 22:30:00"}
    assert read(order(**changes)).date.isoformat() == "2026-01-03"
    assert read(order(state="canceled", **changes)).date.isoformat() == "2026-04-01"  # by the clocks of the books
    assert read(order(state="canceled", **changes | {"updated_at": None})).date.isoformat() == "2026-01-03"


def memo(**changes: Any) -> dict[str, Any]:
    return {
        "entity_id": 7,
        "increment_id": "CM-7",
        "order_id": 42,
        "state": 2,
        "created_at": "2026-02-03 10:00:00",
        "order_currency_code": "SEK",
        "grand_total": 125,
        "items": [{"order_item_id": 1, "sku": "A1", "qty": 1, "row_total": 100, "tax_amount": 25}],
    } | changes


def refunded(value: dict[str, Any], **changes: Any) -> Sale:
    return mapping.credit_memo(raw({"memo": value, "order": order(**changes)}), zone=OSLO)


def test_a_credit_memo_takes_rates_and_customer_from_its_order() -> None:
    sale = refunded(memo())
    assert said(sale) == [("product", "100", "25", "25")]
    assert (sale.kind, sale.number, sale.order_number, sale.customer_id) == ("credit_memo", "CM-7", "000000042", "3")


def test_adjustments_are_lines_without_tax() -> None:
    sale = refunded(memo(grand_total=130, adjustment_positive=15, adjustment_negative=10))
    assert said(sale)[1:] == [("adjustment", "15", "0", "0"), ("adjustment", "-10", "0", "0")]


def test_what_is_given_back_of_shipping_has_its_tax() -> None:
    value = memo(grand_total=187.5, shipping_amount=50, shipping_tax_amount=12.5)
    assert said(refunded(value))[1] == ("shipping", "50", "12.5", "25")


def test_what_went_to_store_credit_is_a_line_and_no_part_of_the_total() -> None:
    value = {"memo": memo(), "order": order(), "to_store_credit": {"amount": "40.35"}}
    sale = mapping.credit_memo(raw(value), zone=OSLO)
    assert said(sale)[1:] == [("store_credit", "-40.35", "0", "0")]
    assert sale.total == Decimal("84.65")
    with pytest.raises(Unmappable, match="does not say what of it went"):
        mapping.credit_memo(raw(value | {"to_store_credit": {"amount": None}}), zone=OSLO)


def test_a_customer_is_its_company_at_the_address_of_bills() -> None:
    given = {
        "id": 3,
        "email": "jo@example.no",
        "firstname": "Jo",
        "lastname": "Li",
        "default_billing": "8",
        "addresses": [
            {"id": 7, "street": ["X"], "city": "Bergen", "country_id": "NO"},
            {
                "id": 8,
                "street": ["Gata 1"],
                "city": "Oslo",
                "country_id": "NO",
                "company": "Li AS",
                "vat_id": "NO999",
                "region": {"region_code": "OS"},
            },
        ],
    }
    customer = mapping.customer(raw(given))
    assert (customer.name, customer.person, customer.vat_number) == ("Li AS", "Jo Li", "NO999")
    assert customer.address is not None
    assert (customer.address.city, customer.address.region) == ("Oslo", "OS")

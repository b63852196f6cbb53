"""The comparison of a web day sees one small order of many that stands wrong, by a cent, a VAT code or an account."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest

from tests.integrations.systems.adobe.orders import item, order
from tests.support.web_day import Document, differences, rest_of, stands, wanted

Json = dict[str, Any]


def sold(**changes: Any) -> Json:
    """Two rows and shipping with Finnish VAT, reckoned by row: a cent more than by code."""
    rows = [item(n, row_total=1.02, tax_percent=25.5, tax_amount=0.27) for n in (1, 2)]
    taxed = [{"type": "shipping", "applied_taxes": [{"percent": 25.5}]}]
    fees = [{"custom_fee_amount": 0.5, "creditmemo_id": None}]
    said = {"item_applied_taxes": taxed, "gift_cards_amount": 1, "custom_fees": fees}
    values = {"shipping_amount": 4, "shipping_tax_amount": 1.02, "tax_amount": 1.56, "grand_total": 7.10}
    made = order(*rows, created_at="2026-01-31 22:30:00", order_currency_code="EUR", extension_attributes=said)
    return made | {"items": [row | {"parent_item_id": None} for row in rows]} | values | changes


BOOKED: Json = {
    "documentType": "Invoice",
    "documentDate": "2026-02-01T00:00:00",
    "currencyId": "EUR",
    "amountInCurrency": 7.1,
    "invoiceLines": [
        {"vatCode": {"id": code}, "account": {"number": account}, "amountInCurrency": net}
        for code, account, net in (
            ("255", "3000", 1.02),
            ("255", "3000", 1.02),
            ("255", "3000", 4),
            ("000", "3000", 0.5),
            ("000", "2870", -1),
            ("000", "4700", 0.02),
        )
    ],
    "taxDetails": [{"taxId": "255", "vatAmount": 1.54}, {"taxId": "000", "vatAmount": 0}],
}


def must(**changes: Any) -> Document:
    made = sold(**changes)
    return wanted(made, made, zone="Europe/Helsinki")


def test_what_is_right_is_the_same_to_the_cent() -> None:
    assert differences({"42": must()}, {"42": stands(BOOKED)}) == []


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("invoiceLines", 0, "vatCode", "id"), "135", "nets"),
        (("invoiceLines", 3, "account", "number"), "2870", "nets"),
        (("invoiceLines", 5, "amountInCurrency"), 0.01, "nets"),
        (("taxDetails", 0, "vatAmount"), 1.55, "tax"),
        (("taxDetails", 0, "taxId"), "135", "tax"),
        (("amountInCurrency",), 7.11, "gross"),
        (("documentDate",), "2026-01-31T00:00:00", "day"),
        (("documentType",), "CreditNote", "kind"),
    ],
)
def test_one_document_of_many_that_stands_wrong_is_named(place: tuple[Any, ...], value: Any, said: str) -> None:
    wrong = copy.deepcopy(BOOKED)
    at: Any = wrong
    for part in place[:-1]:
        at = at[part]
    at[place[-1]] = value
    shop = {str(n): must() for n in range(40, 60)}
    books = dict.fromkeys(shop, stands(BOOKED)) | {"42": stands(wrong)}
    [line] = differences(shop, books)
    assert line.startswith(f"42 {said}: ")


def test_what_is_missing_or_there_twice_is_named() -> None:
    assert differences({"42": must()}, {}) == ["42 is not in the books"]
    twice = {"42": stands(BOOKED), "42 once more, 7": stands(BOOKED)}
    assert differences({"42": must()}, twice) == ["42 once more, 7 is in the books alone"]


def test_an_order_that_is_not_understood_is_not_compared_as_if_it_were() -> None:
    with pytest.raises(AssertionError, match="not understood"):
        must(grand_total=7.11)


def test_what_is_refunded_to_store_credit_is_owed_and_no_part_of_the_total() -> None:
    order = sold()
    rows = [row | {"order_item_id": row["item_id"]} for row in order["items"]]
    memo = order | {"entity_id": 7, "items": rows, "grand_total": 8.10, "extension_attributes": {}}
    order["extension_attributes"]["custom_fees"][0] |= {"creditmemo_id": "7", "custom_fee_amount_refunded": 0.5}
    whole, kept = (wanted(memo, order, zone="Europe/Helsinki", kept=money) for money in (Decimal(0), Decimal("3.10")))
    assert (whole.gross, kept.gross) == (Decimal("8.10"), Decimal("5.00"))
    assert kept.nets == whole.nets | {("000", "2870"): Decimal("-3.10")}
    assert kept.tax == whole.tax


def test_what_was_cancelled_is_what_was_not_invoiced() -> None:
    order = sold(updated_at="2026-02-03 10:00:00", extension_attributes={"item_applied_taxes": []})
    order["items"][0] |= {"row_invoiced": 1.02, "tax_invoiced": 0.27}
    order |= {"grand_total": 7.60, "total_invoiced": 6.31, "tax_invoiced": 1.29, "shipping_invoiced": 4}
    rest = wanted(rest_of(order), order, zone="Europe/Helsinki")
    assert (rest.kind, rest.day, rest.gross) == ("CreditNote", "2026-02-03", Decimal("1.29"))
    assert rest.nets == {("255", "3000"): Decimal("1.02"), ("000", "4700"): Decimal("0.01")}

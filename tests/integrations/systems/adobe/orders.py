"""Orders in the vendor's shape, as shops send them."""

from __future__ import annotations

import json
from typing import Any


def item(item_id: int, **changes: Any) -> dict[str, Any]:
    """A row of 100 with 25 % of tax."""
    return {
        "item_id": item_id,
        "order_id": 42,
        "sku": f"A{item_id}",
        "name": f"Article {item_id}",
        "product_type": "simple",
        "qty_ordered": 1,
        "price": 100,
        "row_total": 100,
        "row_total_incl_tax": 125,
        "tax_percent": 25,
        "tax_amount": 25,
        "discount_amount": 0,
        "discount_tax_compensation_amount": 0,
        **changes,
    }


def order(*items: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An order of its rows, with shipping of 50 and its tax of 12.50; `grand_total` is what they come to."""
    rows = list(items) or [item(1)]
    values: dict[str, Any] = {
        "entity_id": 42,
        "increment_id": "000000042",
        "state": "processing",
        "status": "processing",
        "store_id": 1,
        "created_at": "2026-01-31 23:30:00",
        "updated_at": "2026-02-01 10:05:01",
        "customer_is_guest": 0,
        "customer_id": 3,
        "customer_email": "jo@example.no",
        "customer_firstname": "Jo",
        "customer_lastname": "Li",
        "order_currency_code": "SEK",
        "shipping_amount": 50,
        "shipping_tax_amount": 12.5,
        "shipping_description": "Flat Rate - Fixed",
        "items": rows,
        "billing_address": {
            "firstname": "Jo",
            "lastname": "Li",
            "company": "Li AS",
            "street": ["Gata 1", ""],
            "postcode": "0150",
            "city": "Oslo",
            "region_code": "OS",
            "country_id": "NO",
            "telephone": "1",
            "vat_id": "NO999",
        },
        "payment": {"method": "purchaseorder", "po_number": "PO-77", "account_status": None},
        "extension_attributes": {"applied_taxes": [{"code": "25", "title": "VAT", "percent": 25, "amount": 35}]},
    } | changes
    if "grand_total" not in values:
        rows_total = sum(
            r["row_total"] - r["discount_amount"] + r["tax_amount"] + r["discount_tax_compensation_amount"]
            for r in rows
            if "parent_item_id" not in r
        )
        values["grand_total"] = rows_total + values["shipping_amount"] + values["shipping_tax_amount"]
    return values


def shipped_to(country: str) -> list[dict[str, Any]]:
    """The member `shipping_assignments` of an order whose goods go to this country."""
    address = {"address_type": "shipping", "firstname": "Jo", "street": ["Gatan 2"], "country_id": country}
    return [{"shipping": {"address": address, "method": "flatrate_flatrate", "total": {}}, "items": []}]


def raw(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()

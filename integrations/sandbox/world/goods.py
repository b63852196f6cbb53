"""Items of the four companies."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

from integrations.sandbox.world import names
from integrations.sandbox.world.documents import cents
from integrations.sandbox.world.identifiers import gtin
from integrations.sandbox.world.parties import moment
from integrations.sandbox.world.values import Company, Item

UNKNOWN_ITEM = "UTG-0099"  # on orders, but not in the item register any more
PRICE_FACTORS = (Decimal(1), Decimal("0.8"), Decimal("1.35"), Decimal("1.1"))
EXPENSE_ACCOUNTS = {
    "SE": {"stock": "4010", "non_stock": "5410", "service": "6550", "freight": "5710"},
    "NO": {"stock": "4000", "non_stock": "6540", "service": "6700", "freight": "6100"},
    "DK": {"stock": "2100", "non_stock": "3620", "service": "3640", "freight": "2770"},
    "FI": {"stock": "4000", "non_stock": "7620", "service": "8380", "freight": "4230"},
}


def build_items(company: Company, *, seed: int, size: int, today: date) -> list[Item]:
    """Stock items in variants, non-stock items, services and freight."""
    rng = random.Random(f"{seed}/{company.key}/items")
    items: list[Item] = []
    for variant, (suffix, factor) in enumerate(zip(names.VARIANTS_BY_COUNTRY[company.key], PRICE_FACTORS, strict=True)):
        for position, good in enumerate(names.GOODS[company.key], start=1):
            if variant == 0 or good[2] == "stock":
                items.append(_item(company, position, variant, suffix, factor, good, rng, today))
    return items


def _item(
    company: Company,
    position: int,
    variant: int,
    suffix: str,
    factor: Decimal,
    good: tuple[str, str, str, str, int],
    rng: random.Random,
    today: date,
) -> Item:
    description, uom, kind, cost_text, vat_index = good
    precise = len(cost_text.partition(".")[2]) > 2  # some suppliers price in hundredths of an öre
    cost = (Decimal(cost_text) * factor).quantize(Decimal("0.0001" if precise else "0.01"))
    letter = {"stock": "A", "non_stock": "N", "service": "T", "freight": "FRAKT"}[kind]
    number = letter if kind == "freight" else f"{letter}-{position:03d}{variant or ''}"
    if company.key == "NO" and position == 3 and variant == 0:
        number = "M8*40:A4"  # reserved characters: reachable only by its encoded key
    return Item(
        company=company.key,
        number=number,
        internal_id=1_000 + 10 * position + variant,
        description=description + suffix,
        uom=uom,
        kind=kind,
        cost=cost,
        price=cents(cost * Decimal("1.4")),
        vat_id=company.vat_rates[min(vat_index, len(company.vat_rates) - 1)].vat_id,
        gtin=gtin(company.country, rng),
        status="NoPurchases" if position == 9 and variant == 3 else "Active",
        account=EXPENSE_ACCOUNTS[company.key][kind],
        modified_at=moment(today - timedelta(days=rng.randrange(2, 300)), rng),
    )

"""How much of a refund went to a customer's store credit. Pure.

A credit memo does not say so. Its order does, of all its credit memos together (`customer_balance_total_refunded` of
the REST schema): what was paid with store credit and came back to it, and what was paid with money and was refunded to
store credit. A credit memo's `grand_total` is the same whichever way it is refunded; its `customer_balance_amount` is
what was paid with store credit. So what went there of the money of one credit memo follows where the order has only
one, where all went the same way, or where what the others gave is known from when they were read. Otherwise nobody can
tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from edi.documents.values import Value

ZERO = Decimal(0)
NEAR = Decimal("0.02")
"""What the order's sum may be off the credit memos' totals: the shop converts it from the base currency."""


class Refund(Value, frozen=True, kw_only=True):
    """One credit memo of an order, in the order's currency."""

    money: Decimal
    """Its total: what may have gone to store credit besides."""
    used: Decimal = ZERO
    """What had been paid with store credit."""
    gift_cards: Decimal = ZERO
    """What had been paid with gift cards. A shop may give that back as store credit, too."""


def to_store_credit(
    own: int, refunds: Mapping[int, Refund], *, of_order: Decimal, known: Mapping[int, Decimal]
) -> Decimal | None:
    """What of the money of credit memo `own` went to store credit; None where that cannot be told. `refunds`: all
    credit memos of the order by id. `of_order`: what the order says of all of them. `known`: of which it was found out
    before."""
    if own in known:
        return known[own]
    left = of_order - sum((one.used for one in refunds.values()), ZERO)
    if left <= 0:
        return ZERO  # no more than what was paid with store credit
    if any(one.gift_cards for one in refunds.values()):
        return None
    left -= sum((amount for key, amount in known.items() if key in refunds), ZERO)
    open_money = {key: one.money for key, one in refunds.items() if key not in known}
    if abs(left) <= NEAR:
        return ZERO
    if abs(left - sum(open_money.values(), ZERO)) <= NEAR:
        return open_money[own]
    return left if len(open_money) == 1 and ZERO < left < open_money[own] else None

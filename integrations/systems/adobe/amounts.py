"""What the rows of orders and credit memos come to. Pure.

Amounts. A row's share of the total is `row_total - discount + tax + discount_tax_compensation`: the last is the tax
that hides in a discount where catalogue prices include it. So its net is that without the tax. Never price times
quantity: in a foreign currency the price may be the base currency's (https://github.com/magento/magento2/issues/27562).

Rows. A configurable product is two rows, of which the parent has the amounts; the child repeats them or has none
(issues 22562, 38603). Of a bundle it depends on who has the price: where the children have amounts, they are taken,
because each has its own rate of tax; otherwise the parent.

What was paid with gift cards, store credit and reward points is taken off the shop's grand total. It is no discount:
it is paid with what the shop owes, so it is a line without tax of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import msgspec

from edi.documents.money import minor_unit, rounded
from edi.documents.values import Value, normalise
from integrations.systems.adobe import wire
from integrations.systems.contract import Unmappable

ZERO = Decimal(0)
MOST_UNEXPLAINED = Decimal("0.05")
"""What the rows may differ from the total without being taken for an amount that we do not know: shops round each tax
by unit, row or total, and the total in another currency (https://github.com/magento/magento2/issues/10255)."""
NEAR = Decimal("0.02")
"""How far a tax may be from its rate, by rounding; in a currency without hundredths its smallest unit."""
LineKind = Literal[
    "product", "shipping", "gift_wrap", "fee", "gift_card", "store_credit", "reward_points", "adjustment", "rounding"
]


class ShopLine(Value, frozen=True, kw_only=True):
    """What one line adds to the total; amounts in the currency of the order."""

    kind: LineKind
    text: str
    sku: str = ""
    """Of a fee that an app added its code."""
    product_type: str = ""
    quantity: Decimal = Decimal(1)
    net: Decimal
    """After discounts, without tax. Negative: taken off."""
    tax: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    """Of the tax."""
    tax_code: str = ""
    """Of the shop's tax rate, as FI-25.5: what the article's tax class came to at the customer's place. Orders name no
    class."""


def posted_items(items: Sequence[wire.OrderItem]) -> list[wire.OrderItem]:
    """The rows of an order that have its amounts, once each."""
    children: dict[int, list[wire.OrderItem]] = {}
    for item in items:
        if item.parent_item_id is not None:
            children.setdefault(item.parent_item_id, []).append(item)
    known = {item.item_id for item in items}
    found: list[wire.OrderItem] = []
    for item in items:
        if item.parent_item_id is not None and item.parent_item_id in known:
            continue
        own = children.get(item.item_id or -1, []) if item.product_type == "bundle" else []
        found += own if any(child.row_total for child in own) else [item]
    return found


def order_lines(given: wire.Order) -> Iterator[ShopLine]:
    """What each part of an order adds to its total, as the shop reckons it."""
    extension = given.extension
    tax_codes = _tax_codes(extension)
    for item in posted_items(given.items or ()):
        yield from _of_item(item, given, tax_codes)
    yield from _shipping_of(given)
    yield from _wrapping(extension, _percents(extension), _near(given))
    for fee in extension.custom_fees or ():
        yield _fee(fee, fee.custom_fee_amount)
    yield from _paid_with(extension)


def was_invoiced(given: wire.Order) -> bool:
    """Whether the shop invoiced the order, if only in part. It may be cancelled all the same, once refunded."""
    return any(item.qty_invoiced for item in given.items or ())


def not_invoiced_total(given: wire.Order) -> Decimal:
    """What an order comes to without what was invoiced of it. Not `total_canceled`: that is what was not paid."""
    if given.total_invoiced is None:
        return given.total_canceled or ZERO
    return (given.grand_total or ZERO) - given.total_invoiced


def lines_of_the_rest(given: wire.Order) -> tuple[ShopLine, ...]:
    """What was cancelled of an order after a part of it was invoiced; () where the shop does not say it row by row, or
    what it says does not come to what was cancelled."""
    extension, rest = given.extension, not_invoiced_total(given)
    beside = [line.net for line in (*_wrapping(extension, (), NEAR), *_paid_with(extension))]
    if any(beside) or any(fee.custom_fee_amount for fee in extension.custom_fees or ()):
        return ()  # of which the shop does not say how much is left
    lines: list[ShopLine] = []
    tax_codes = _tax_codes(extension)
    for item in posted_items(given.items or ()):
        left = (item.qty_ordered or ZERO) - (item.qty_invoiced or ZERO)
        if left != (item.qty_canceled or ZERO) or (left and item.weee_tax_applied_row_amount):
            return ()
        if left:
            lines += _of_item(_not_invoiced(item, left), given, tax_codes)
    if not given.shipping_invoiced:
        lines += _shipping_of(given)
    elif given.shipping_invoiced != given.shipping_amount:
        return ()
    found = sum((line.net + line.tax for line in lines), ZERO)
    return tuple(lines) if abs(found - rest) <= MOST_UNEXPLAINED else ()


def _not_invoiced(item: wire.OrderItem, quantity: Decimal) -> wire.OrderItem:
    def left(whole: Decimal | None, invoiced: Decimal | None) -> Decimal:
        return abs(whole or ZERO) - abs(invoiced or ZERO)

    return msgspec.structs.replace(
        item,
        qty_ordered=quantity,
        row_total=left(item.row_total, item.row_invoiced),
        tax_amount=left(item.tax_amount, item.tax_invoiced),
        discount_amount=left(item.discount_amount, item.discount_invoiced),
        discount_tax_compensation_amount=left(
            item.discount_tax_compensation_amount, item.discount_tax_compensation_invoiced
        ),
    )


def _of_item(item: wire.OrderItem, order: wire.Order, tax_codes: Mapping[int | None, str]) -> Iterator[ShopLine]:
    whole = ShopLine(
        kind="product",
        text=(item.name or item.sku or "").strip(),
        sku=(item.sku or "").strip(),
        product_type=item.product_type or "",
        quantity=item.qty_ordered or Decimal(1),
        net=_net_of(item),
        tax=item.tax_amount or ZERO,
        tax_code=tax_codes.get(item.item_id, ""),
    )
    yield from _of_product(whole, item, item.tax_percent, order)


def _shipping_of(given: wire.Order) -> Iterator[ShopLine]:
    net = (given.shipping_amount or ZERO) - abs(given.shipping_discount_amount or ZERO)
    net += given.shipping_discount_tax_compensation_amount or ZERO
    yield from _shipping(net, given.shipping_tax_amount or ZERO, given)


def _net_of(item: wire.OrderItem | wire.CreditItem) -> Decimal:
    return (
        (item.row_total or ZERO) - abs(item.discount_amount or ZERO) + (item.discount_tax_compensation_amount or ZERO)
    )


def _of_product(
    line: ShopLine, item: wire.OrderItem | wire.CreditItem, own: Decimal | None, order: wire.Order
) -> Iterator[ShopLine]:
    """A row's line, with its rate: `own`, or another that the order knows. A fixed product tax (weee) has the row's
    rate where it is taxed with it; else it is a line of its own: no rate would come to the row's tax otherwise."""
    said, near = order.extension, _near(order)
    candidates, weee = (own, *_percents(said)), item.weee_tax_applied_row_amount or ZERO
    if weee and own and _off(own, line.net + weee, line.tax) < _off(own, line.net, line.tax):
        line, weee = msgspec.structs.replace(line, net=line.net + weee), ZERO
    yield msgspec.structs.replace(line, percent=_percent(line.net, line.tax, candidates, near, own=own))
    if not weee:
        return
    taxes = [
        applied
        for one in said.item_applied_taxes or ()
        if isinstance(item, wire.OrderItem) and one.type == "weee"
        if item.item_id is not None and item.item_id in (one.associated_item_id, one.item_id)
        for applied in one.applied_taxes or ()
    ]
    tax = sum((one.amount or ZERO for one in taxes), ZERO)
    percent = _percent(weee, tax, (*(one.percent for one in taxes), *candidates), near)
    yield ShopLine(kind="fee", text=f"{line.text}: fixed product tax", net=weee, tax=tax, percent=percent)


def _shipping(net: Decimal, tax: Decimal, order: wire.Order) -> Iterator[ShopLine]:
    stated = [
        applied.percent
        for one in order.extension.item_applied_taxes or ()
        if one.type == "shipping"
        for applied in one.applied_taxes or ()
    ]
    together = sum((one for one in stated if one is not None), ZERO)  # several taxes on the same shipping
    percents = (together, *stated, *_percents(order.extension))
    yield ShopLine(
        kind="shipping",
        text=order.shipping_description or "Shipping",
        net=net,
        tax=tax,
        percent=_percent(net, tax, percents, _near(order)),
        tax_code=_tax_codes(order.extension).get(None, "") if tax else "",
    )


def _wrapping(
    said: wire.OrderExtension | wire.CreditExtension, percents: Sequence[Decimal], near: Decimal
) -> Iterator[ShopLine]:
    for text, net, tax in (
        ("Gift wrapping", said.gw_price, said.gw_tax_amount),
        ("Gift wrapping of items", said.gw_items_price, said.gw_items_tax_amount),
        ("Printed card", said.gw_card_price, said.gw_card_tax_amount),
    ):
        yield ShopLine(
            kind="gift_wrap",
            text=text,
            net=net or ZERO,
            tax=tax or ZERO,
            percent=_percent(net or ZERO, tax or ZERO, percents, near),
        )


def _fee(fee: wire.CustomFee, amount: Decimal | None) -> ShopLine:
    """Without tax: where an app adds some to the order's, the order does not add up, and a person looks."""
    code = (fee.custom_fee_code or "").strip()
    return ShopLine(kind="fee", text=(fee.custom_fee_label or code or "Fee").strip(), sku=code, net=amount or ZERO)


def _paid_with(said: wire.OrderExtension | wire.CreditExtension) -> Iterator[ShopLine]:
    kinds: tuple[tuple[LineKind, str, Decimal | None], ...] = (
        ("gift_card", "Gift cards", said.gift_cards_amount),
        ("store_credit", "Store credit", said.customer_balance_amount),
        ("reward_points", "Reward points", said.reward_currency_amount),
    )
    for kind, text, amount in kinds:
        yield ShopLine(kind=kind, text=text, net=-(amount or ZERO))


def memo_lines(memo: wire.CreditMemo, whole: wire.Order) -> Iterator[ShopLine]:
    """What each part of a credit memo gives back, with the rates that its order knows."""
    percents = _percents(whole.extension)
    tax_codes = _tax_codes(whole.extension)
    by_id = {item.item_id: item for item in posted_items(whole.items or ())}
    discount = ZERO
    for row in memo.items or ():
        item = by_id.get(row.order_item_id)
        if item is None or not (row.row_total or row.tax_amount):
            continue
        discount += abs(row.discount_amount or ZERO)
        line = ShopLine(
            kind="product",
            text=(row.name or item.name or row.sku or "").strip(),
            sku=(row.sku or item.sku or "").strip(),
            product_type=item.product_type or "",
            quantity=row.qty or Decimal(1),
            net=_net_of(row),
            tax=row.tax_amount or ZERO,
            tax_code=tax_codes.get(item.item_id, ""),
        )
        yield from _of_product(line, row, item.tax_percent, whole)
    # What is left of the memo's discount was given on the shipping.
    off = max(abs(memo.discount_amount or ZERO) - discount, ZERO) if memo.shipping_amount else ZERO
    net = (memo.shipping_amount or ZERO) - off + (memo.shipping_discount_tax_compensation_amount or ZERO)
    yield from _shipping(net, memo.shipping_tax_amount or ZERO, whole)
    yield from _wrapping(memo.extension, percents, _near(whole))
    for fee in whole.extension.custom_fees or ():
        if memo.entity_id is not None and str(fee.creditmemo_id) == str(memo.entity_id):
            yield _fee(fee, fee.custom_fee_amount_refunded)
    yield ShopLine(kind="adjustment", text="Adjustment refund", net=memo.adjustment_positive or ZERO)
    yield ShopLine(kind="adjustment", text="Adjustment fee", net=-abs(memo.adjustment_negative or ZERO))
    yield from _paid_with(memo.extension)


def in_cents(lines: Sequence[ShopLine], currency: str) -> tuple[ShopLine, ...]:
    """The lines that say something, in the currency's smallest unit."""
    whole = (
        msgspec.structs.replace(
            line,
            quantity=normalise(line.quantity),
            net=normalise(rounded(line.net, currency)),
            tax=normalise(rounded(line.tax, currency)),
            percent=normalise(line.percent),
        )
        for line in lines
    )
    return tuple(line for line in whole if line.net or line.tax or line.kind == "product")


def must_add_up(name: str, lines: Sequence[ShopLine], total: Decimal, currency: str) -> None:
    """Raises Unmappable for rows, as the shop states them, that do not come to the total that it states."""
    found = sum((line.net + line.tax for line in lines), ZERO)
    if abs(found - total) <= max(MOST_UNEXPLAINED, minor_unit(currency)):
        return
    raise Unmappable(
        f"{name} comes to {total} {currency}, and what we know of its rows to {found}: {total - found} is unexplained.",
        remedy="Something in the shop changes totals that this connector does not know (a fee, a surcharge of a "
        "module). Enter the invoice by hand and dismiss this, or tell the people who look after this connector.",
        field="grand_total",
    )


def _percents(said: wire.OrderExtension) -> tuple[Decimal, ...]:
    return tuple(one.percent for one in said.applied_taxes or () if one.percent is not None)


def _tax_codes(said: wire.OrderExtension) -> dict[int | None, str]:
    """The codes of the tax rates by the id of the item; that of the shipping under None. Several are joined by +."""
    found: dict[int | None, str] = {}
    for one in said.item_applied_taxes or ():
        if one.type == "weee":
            continue
        code = "+".join(applied.code for applied in one.applied_taxes or () if applied.code)
        if one.type == "shipping" or one.item_id is not None:
            found[None if one.type == "shipping" else one.item_id] = code
    return found


def _percent(
    net: Decimal, tax: Decimal, candidates: Sequence[Decimal | None], near: Decimal, *, own: Decimal | None = None
) -> Decimal:
    """The rate of a tax: of those that the order knows the first that makes it up. `own`: what the row itself says. It
    holds for a row so small that its tax was rounded away, too."""
    if not tax:
        stated = candidates[0] if candidates else None
        if own and _makes_up(own, net, tax, near):
            return own
        return stated if stated and not net else ZERO
    for percent in candidates:
        if percent and _makes_up(percent, net, tax, near):
            return percent
    return (100 * tax / net).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP) if net else ZERO


def _near(order: wire.Order) -> Decimal:
    return max(NEAR, minor_unit((order.order_currency_code or "").upper()))


def _makes_up(percent: Decimal, net: Decimal, tax: Decimal, near: Decimal) -> bool:
    return _off(percent, net, tax) <= max(near, abs(tax) / 200)


def _off(percent: Decimal, net: Decimal, tax: Decimal) -> Decimal:
    return abs(net * percent / 100 - tax)

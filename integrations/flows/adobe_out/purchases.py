"""Which order of the shop a purchase order is for: by a field of it, by a table, or as a person says."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from integrations.flows.adobe_out.telling import money
from integrations.flows.contract import Job, Naming, Needs
from integrations.flows.status import choices_of
from integrations.models import Flow, Link, Record
from integrations.systems.adobe import mapping as shop
from integrations.systems.adobe import wire as shop_wire
from integrations.systems.contract import Setting, Unmappable
from integrations.systems.visma import wire
from integrations.systems.visma.mapping.parts import clean, decoded

ORDER_FIELDS = ("supplierRef", "description", "note", *(f"customStr{n}" for n in range(1, 6)))
ORDER_OF_PURCHASE = "order-of-purchase"
"""Entity of the link that a person makes: number of a purchase order = entity_id of an order of the shop."""
ORDERS_OFFERED = 50
ORDER_FIELD = Setting(
    name="order_field",
    label="Field with the number of the web order",
    kind="choice",
    choices=choices_of(ORDER_FIELDS),
    default=ORDER_FIELDS[0],
    help="Of purchase orders in Visma.net.",
)


def orders_of_purchases(job: Job, numbers: list[str]) -> tuple[list[str], list[str]]:
    """Ids of the shop's orders that were bought for, and the numbers of purchase orders of which that is not known.
    Raises Needs when it is known of none."""
    found = {number: order for number in numbers if (order := _order_of_purchase(job, number))}
    if found:
        return list(dict.fromkeys(found.values())), [number for number in numbers if number not in found]
    number = numbers[0]
    raise Needs(
        ORDER_OF_PURCHASE,
        number,
        words=f"the order of the shop that purchase order {number} is for (no order of the shop that is known)",
        remedy="Write the number of the web order into the purchase order's field in Visma.net, or say on the "
        "delivery's page which order it is. If it is for none, dismiss this.",
        deadline=dt.timedelta(0),
    )


def _order_of_purchase(job: Job, number: str) -> str:
    """Id of the order that a purchase order is for; "" when it is not known."""
    link = Link.objects.filter(integration=job.flow.integration, entity=ORDER_OF_PURCHASE, source_id=number).first()
    if link is not None:
        return link.target_id
    table = job.flow.settings.get("orders_of_purchases") or {}
    web_number = str(table.get(number) or "") if isinstance(table, dict) else ""
    record = Record.objects.filter(
        feed__connection=job.flow.integration.books, feed__key="purchase-orders", source_id=number, is_newest=True
    ).select_related("payload")
    row = record.first()
    if not web_number and row is not None and row.payload.data is not None:
        field = str(job.flow.settings.get("order_field") or ORDER_FIELDS[0])
        web_number = web_number_of(bytes(row.payload.data), field)
    return id_of(job, web_number)


def _orders_to_choose(flow: Flow) -> list[tuple[str, str]]:
    """The orders that changed last, by their numbers. Who bought is not said: personal data is shown with a reason."""
    found = []
    for row in _orders(flow).select_related("payload").order_by("-pk")[:ORDERS_OFFERED]:
        if row.payload.data is None:
            continue
        order = shop.decoded(bytes(row.payload.data), shop_wire.Order, "order")
        total = f"{money(order.grand_total)} {order.order_currency_code or ''}".strip()
        found.append((row.business_number, f"{(order.created_at or '')[:10]}, {total}, {row.status}"))
    return found


def _order_meant(flow: Flow, number: str) -> str:
    rows = list(_orders(flow).filter(business_number=number).values_list("source_id", flat=True)[:2])
    if len(rows) == 1:
        return rows[0]
    said = "Several orders have" if rows else "No order that was read from the shop has"
    raise Unmappable(f"{said} the number {number}.", remedy="Look for its number in the shop's administration.")


def _orders(flow: Flow) -> QuerySet[Record]:
    return Record.objects.filter(
        feed__connection=flow.integration.partner_id, feed__key="orders", is_newest=True, problem=""
    )


def web_number_of(raw: bytes, field: str) -> str:
    given = decoded(raw, wire.PurchaseOrder, "purchase order")
    value = {
        "supplierRef": given.supplier_ref,
        "description": given.description,
        "note": given.note,
        "customStr1": given.custom_str1,
        "customStr2": given.custom_str2,
        "customStr3": given.custom_str3,
        "customStr4": given.custom_str4,
        "customStr5": given.custom_str5,
    }.get(field)
    return clean(value)


def id_of(job: Job, web_number: str) -> str:
    """entity_id of the order that people know by this number; "" when there is none, or more than one."""
    if not web_number:
        return ""
    rows = _orders(job.flow).filter(business_number=web_number).values_list("source_id", flat=True)[:2]
    return rows[0] if len(rows) == 1 else ""


NAMING = Naming(
    label="The order of the shop",
    help="Its number, as people see it in the shop. The last ones are offered; others can be entered.",
    offered=_orders_to_choose,
    meant=_order_meant,
)

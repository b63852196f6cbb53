"""Ship notices as Orderful's Mosaic message (v4, OpenAPI 2.15.0). Pure.

Mosaic knows the purposes original, cancellation and change. A notice that replaces an earlier one goes through v3, from
its X12 text. The buyer's receipt has no member of its own: where the notice tells what was received, its number is the
shipment's.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from edi.documents import money, t856
from edi.documents.building import BuildOptions
from edi.documents.ship_notice import Package, ShipNotice, ShippedItem, ShippedOrder
from edi.documents.values import Purpose
from integrations.systems.contract import Unmappable
from integrations.systems.orderful.mosaic_parts import Draft, Message, Side, party, product_ids, without_empty

PURPOSES: dict[str, str] = {"original": "original", "cancellation": "cancellation", "change": "change"}
PARTIES = {"ship_from": "shipFrom", "ship_to": "shipTo", "supplier": "supplier"}
"""Roles of parties to the members that a ship notice has for them."""
REFERENCES = {"bill_of_lading": "billOfLadingNumber", "tracking": "trackingNumber"}


def mosaic_856(
    notice: ShipNotice,
    *,
    purpose: Purpose,
    options: BuildOptions | None = None,
    unit_words: Mapping[str, str] | None = None,
    sent_by: Side = "supplier",
) -> Message:
    """A ship notice as `856_SHIP_NOTICE_MANIFEST`. Raises Unmappable with all reasons, and for a purpose that Mosaic
    does not have."""
    if purpose not in PURPOSES:
        raise Unmappable(
            f"Ship notice {notice.number} has gone out before, and Orderful's ship notice cannot say that it is a "
            f"{purpose}.",
            remedy="Set the agreement's versions to change, or let it go through v3.",
            field="purpose",
        )
    draft, message = _written(notice, purpose, options or BuildOptions(), unit_words or {}, sent_by)
    draft.check()
    return message


def left_out(notice: ShipNotice, *, options: BuildOptions | None = None, sent_by: Side = "supplier") -> tuple[str, ...]:
    """What the notice says and its message cannot, in words."""
    draft, _ = _written(notice, "original", options or BuildOptions(), {}, sent_by)
    return tuple(draft.left_out)


def _written(
    document: ShipNotice, purpose: Purpose, options: BuildOptions, unit_words: Mapping[str, str], sent_by: Side
) -> tuple[Draft, Message]:
    notice = t856.carried(msgspec.structs.replace(document, purpose=purpose), options)
    draft = Draft(document=f"Ship notice {notice.number}", sent_by=sent_by, currency="", unit_words=unit_words)
    if not notice.all_items():
        draft.refuse("it names no item", field="orders")
    vendor_number = next((p.id_of("buyer") for p in notice.parties if p.role == "supplier"), "")
    parties: Message = {}
    for one in notice.parties:
        member = PARTIES.get(one.role, "")
        if member and member not in parties:
            parties[member] = party(draft, one, elsewhere=(vendor_number,))
        else:
            draft.leave_out(f"party {one.role.replace('_', ' ')} {one.name}".rstrip())
    references: Message = {"vendorNumber": {"value": vendor_number}} if vendor_number else {}
    for reference in notice.references:
        member = REFERENCES.get(reference.kind, "")
        if member and member not in references:
            references[member] = {"value": reference.value}
        elif reference.value != notice.number:
            draft.leave_out(f"{reference.kind.replace('_', ' ')} {reference.value}")
    if notice.gross_weight is not None or notice.package_count is not None:
        draft.leave_out("weight and number of packages")
    shipped = notice.shipped_date or notice.received_date
    arrives = notice.expected_date or notice.received_date
    message = without_empty(
        {
            "purpose": PURPOSES[purpose],
            "shipmentId": notice.number,
            "carrierDetails": _carrier(notice),
            "references": references,
            "dates": without_empty(
                {
                    "shipDate": shipped.isoformat() if shipped else "",
                    "deliveryDate": arrives.isoformat() if arrives else "",
                }
            ),
            "parties": parties,
            "orders": [_order(draft, order, f"orders[{index}]") for index, order in enumerate(notice.orders)],
        }
    )
    return draft, message


def _carrier(notice: ShipNotice) -> Message:
    if notice.carrier is None or not notice.carrier.scac:
        return {}
    return {"routing": [{"standardCarrierAlphaCode": notice.carrier.scac}]}


def _order(draft: Draft, order: ShippedOrder, field: str) -> Message:
    if not order.order_number:
        draft.refuse("lines without a purchase order cannot be sent", field=field)
    if order.references or order.parties:
        draft.leave_out(f"references and parties of order {order.order_number}")
    return without_empty(
        {
            "purchaseOrderNumber": order.order_number,
            "purchaseOrderDate": order.order_date.isoformat() if order.order_date else "",
            "pallets": [_pack(draft, one, field) for one in order.packages if one.kind == "pallet"],
            "cartons": [_pack(draft, one, field) for one in order.packages if one.kind == "carton"],
            "items": [_item(draft, one, field) for one in order.items],
        }
    )


def _pack(draft: Draft, package: Package, field: str) -> Message:
    """A pallet or a carton. A carton has no cartons in Mosaic."""
    inner = [one for one in package.packages if one.kind == "carton"]
    if len(inner) != len(package.packages) or (package.kind == "carton" and inner):
        draft.refuse("its packages are nested in a way that Orderful's format does not have", field=field)
    return without_empty(
        {
            "serialShippingId": package.sscc,
            "trackingNumber": package.tracking_number,
            "cartons": [_pack(draft, one, field) for one in inner] if package.kind == "pallet" else [],
            "items": [_item(draft, one, field) for one in package.items],
        }
    )


def _item(draft: Draft, item: ShippedItem, field: str) -> Message:
    at = f"line {item.order_line}" if item.order_line else "a line"
    if item.quantity < 0:
        draft.refuse(f"{at} has the quantity {money.as_r(item.quantity)}; nothing is taken back by it", field=field)
    return without_empty(
        {
            "purchaseOrderLineId": item.order_line,
            "productIds": product_ids(draft, item.item_ids, at=at, field=f"{field}.item_ids"),
            "productAttributes": {"description": item.description} if item.description else {},
            "quantityShipped": draft.quantity(item.quantity, item.unit, at=at, field=f"{field}.unit"),
        }
    )

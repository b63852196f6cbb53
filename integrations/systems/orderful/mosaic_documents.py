"""One reader a Mosaic document: 860, 855, 856, 810. Pure; see `mosaic_reading` for what they share."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from edi.documents.invoice import Invoice, InvoiceLine
from edi.documents.order_change import LineChange, OrderChange
from edi.documents.order_response import LineAnswer, OrderResponse, ResponseLine
from edi.documents.ship_notice import Carrier, Package, ShipNotice, ShippedItem, ShippedOrder
from edi.documents.values import Charge, Reference, Tax, Terms
from integrations.systems.orderful.mosaic_reading import (
    ORDER_TYPES_READ,
    Reader,
    list_of,
    noted,
    object_of,
    text,
)

REASONS = {
    "addItem": "add",
    "deleteItem": "delete",
    "priceChange": "price",
    "quantityChange": "quantity",
    "changeToItem": "change",
}
TAX_MEMBERS = (
    "goodsAndServicesTax",
    "harmonizedSalesTax",
    "stateProvincialTax",
    "stateProvincialGoodsTax",
    "localTax",
)
INVOICE_KINDS = {"invoice": "invoice", "creditMemo": "credit_note", "debitMemo": "debit_note"}


def order_change(reader: Reader, message: Mapping[str, Any]) -> OrderChange:
    """`860_PURCHASE_ORDER_CHANGE`. Raises Unmappable."""
    dates = object_of(message.get("dates"))
    return OrderChange(
        number=reader.required(message, "purchaseOrderNumber"),
        order_date=reader.date(message.get("purchaseOrderDate"), at="purchaseOrderDate"),
        purpose=reader.purpose(message.get("purpose"), ("change", "cancellation", "replace"), default=""),  # type: ignore[arg-type]
        order_type=reader.word(
            message.get("purchaseOrderType"), ORDER_TYPES_READ, "standalone", at="purchaseOrderType"
        ),  # type: ignore[arg-type]
        sequence=text(message.get("changeSequenceNumber")),
        change_date=reader.date(message.get("purchaseOrderChangeDate"), at="purchaseOrderChangeDate"),
        currency=text(object_of(message.get("buyersCurrency")).get("currencyCode")),
        lines=tuple(
            _line_change(reader, object_of(line), at=f"lineItems[{n}]")
            for n, line in enumerate(list_of(message.get("lineItems")))
        ),
        parties=reader.parties(message.get("parties")),
        requested_date=reader.date(dates.get("requestedDeliveryDate"), at="dates.requestedDeliveryDate"),
        ship_date=reader.date(dates.get("requestedShipDate"), at="dates.requestedShipDate"),
        not_before=reader.date(dates.get("earliestDeliveryDate"), at="dates.earliestDeliveryDate"),
        not_after=reader.date(dates.get("latestDeliveryDate"), at="dates.latestDeliveryDate"),
        cancel_after=reader.date(dates.get("cancelAfterDate"), at="dates.cancelAfterDate"),
        terms=reader.terms(message.get("termsOfSale")),
        references=reader.references(message.get("references")),
        notes=noted(message.get("notes")),
    )


def _line_change(reader: Reader, line: Mapping[str, Any], *, at: str) -> LineChange:
    total, unit = reader.quantity(line.get("quantity"), at=f"{at}.quantity")
    before, before_unit = reader.quantity(line.get("originalQuantity"), at=f"{at}.originalQuantity")
    change, change_unit = reader.quantity(line.get("changeInQuantity"), at=f"{at}.changeInQuantity")
    if before is not None and change is not None:
        made = before + change
        if total is None:
            total, unit = made, unit or before_unit or change_unit
        elif made != total and before - change != total:
            said = f"{at}: {before} changed by {change} is not the new quantity {total}"
            reader.contradictions.append(said)
            reader.unsure.append(f"{said}, which counts")
    dates = object_of(line.get("dates"))
    requested = text(dates.get("requestedDeliveryDate")) or text(dates.get("requestedShipDate"))
    price = reader.number(line.get("unitCostPrice"), at=f"{at}.unitCostPrice")
    kind = reader.word(line.get("changeReason"), REASONS, "other", at=f"{at}.changeReason")
    basis = text(line.get("unitPriceBasis"))
    if price is not None and basis.casefold() not in ("", "pereach"):
        reader.unsure.append(f"{at}.unitPriceBasis: what a price {basis} is for one cannot be told")
        kind = "other"
    return LineChange(
        line_number=text(line.get("purchaseOrderLineId")),
        kind=kind,  # type: ignore[arg-type]
        quantity=total,
        unit=unit,
        unit_price=price,
        item_ids=reader.item_ids(line.get("productIds")),
        description=text(object_of(line.get("productAttributes")).get("description")),
        requested_date=reader.date(requested, at=f"{at}.dates"),
    )


def order_response(reader: Reader, message: Mapping[str, Any]) -> OrderResponse:
    """`855_PURCHASE_ORDER_ACKNOWLEDGMENT`. An accepted order with a line that is not is read as changed."""
    dates = object_of(message.get("dates"))
    lines = tuple(
        _response_line(reader, object_of(line), at=f"lineItems[{n}]")
        for n, line in enumerate(list_of(message.get("lineItems")))
    )
    answer = reader.word(
        message.get("status"), {"accepted": "accepted", "rejected": "rejected"}, "received", at="status"
    )
    if answer == "accepted" and any(a.status != "accepted" for line in lines for a in line.answers):
        answer = "changed"
    return OrderResponse(
        order_number=reader.required(message, "purchaseOrderNumber"),
        order_date=reader.date(dates.get("purchaseOrderDate"), at="dates.purchaseOrderDate"),
        answer=answer,  # type: ignore[arg-type]
        lines=lines,
        parties=reader.parties(message.get("parties")),
        ship_date=reader.date(dates.get("scheduledShipDate"), at="dates.scheduledShipDate"),
        delivery_date=reader.date(dates.get("estimatedDeliveryDate"), at="dates.estimatedDeliveryDate"),
        terms=reader.terms(message.get("termsOfSale")),
        references=reader.references(message.get("references")),
        notes=tuple(n for n in (text(message.get("statusReasonCode")), *noted(message.get("statusNote"))) if n),
    )


def _response_line(reader: Reader, line: Mapping[str, Any], *, at: str) -> ResponseLine:
    actions = [object_of(a) for a in list_of(line.get("actions"))]
    prices = [reader.number(a.get("unitCostPrice"), at=f"{at}.unitCostPrice") for a in actions]
    notes = [n for a in actions for n in (text(a.get("statusReasonCode")), *noted(a.get("statusNote"))) if n]
    return ResponseLine(
        line_number=text(line.get("purchaseOrderLineId")),
        unit_price=next((p for p in prices if p is not None), None),
        item_ids=reader.item_ids(line.get("productIds")),
        description=text(object_of(line.get("productAttributes")).get("description")),
        answers=tuple(_answer(reader, a, at=f"{at}.actions[{n}]") for n, a in enumerate(actions)),
        notes=tuple(dict.fromkeys(notes)),
    )


def _answer(reader: Reader, action: Mapping[str, Any], *, at: str) -> LineAnswer:
    quantity, unit = reader.quantity(action.get("quantity"), at=f"{at}.quantity")
    shipped = reader.date(action.get("scheduledShipDate"), at=f"{at}.scheduledShipDate")
    expected = reader.date(action.get("estimatedDeliveryDate"), at=f"{at}.estimatedDeliveryDate")
    instead = reader.item_ids(object_of(action.get("substitutedItem")).get("productIds"))
    known = {word: word for word in ("accepted", "rejected", "backordered")}
    status = reader.word(action.get("status"), known, "other", at=f"{at}.status")
    return LineAnswer(
        status="substituted" if instead and status == "accepted" else status,  # type: ignore[arg-type]
        quantity=quantity,
        unit=unit,
        date=shipped or expected,
        date_kind="delivery" if expected and not shipped else "ship",
        item_ids=instead,
    )


def ship_notice(reader: Reader, message: Mapping[str, Any]) -> ShipNotice:
    """`856_SHIP_NOTICE_MANIFEST`. Mosaic has no date of the notice: it is the day of shipping, or else of delivery."""
    dates, carrier = object_of(message.get("dates")), object_of(message.get("carrierDetails"))
    shipped = reader.date(dates.get("shipDate"), at="dates.shipDate")
    expected = reader.date(dates.get("deliveryDate"), at="dates.deliveryDate")
    weight = object_of(next(iter(list_of(carrier.get("quantityAndWeight"))), None))
    return ShipNotice(
        number=reader.required(message, "shipmentId"),
        date=shipped or reader.required_date(dates.get("deliveryDate"), at="dates.shipDate"),
        purpose=reader.purpose(message.get("purpose"), ("original", "cancellation", "change"), default="original"),  # type: ignore[arg-type]
        orders=tuple(
            _shipped_order(reader, object_of(order), at=f"orders[{n}]")
            for n, order in enumerate(list_of(message.get("orders")))
        ),
        parties=reader.parties(message.get("parties")),
        shipped_date=shipped,
        expected_date=expected,
        carrier=_carrier(carrier),
        gross_weight=reader.number(weight.get("grossWeight"), at="carrierDetails.quantityAndWeight"),
        weight_unit={"pound": "LB", "kilogram": "KG"}.get(text(weight.get("weightUOM")), ""),
        references=reader.references(message.get("references")),
    )


def _carrier(stated: Mapping[str, Any]) -> Carrier | None:
    routing = object_of(next(iter(list_of(stated.get("routing"))), None))
    found = Carrier(
        scac=text(routing.get("standardCarrierAlphaCode")) or text(routing.get("customCarrierCode")),
        name=text(routing.get("description")),
        equipment_number=text(object_of(stated.get("equipment")).get("equipmentId")),
    )
    return found if found != Carrier() else None


def _shipped_order(reader: Reader, order: Mapping[str, Any], *, at: str) -> ShippedOrder:
    pallets = [_package(reader, object_of(p), "pallet", at=at) for p in list_of(order.get("pallets"))]
    cartons = [_package(reader, object_of(c), "carton", at=at) for c in list_of(order.get("cartons"))]
    return ShippedOrder(
        order_number=reader.required(order, "purchaseOrderNumber"),
        order_date=reader.date(order.get("purchaseOrderDate"), at=f"{at}.purchaseOrderDate"),
        packages=(*pallets, *cartons),
        items=_items(reader, order, at=at),
        parties=reader.parties(order.get("parties")),
    )


def _package(reader: Reader, stated: Mapping[str, Any], kind: str, *, at: str) -> Package:
    number = text(stated.get("serialShippingId"))
    return Package(
        kind=kind,  # type: ignore[arg-type]
        sscc=number.zfill(18) if number else "",
        tracking_number=text(stated.get("trackingNumber")),
        packages=tuple(_package(reader, object_of(c), "carton", at=at) for c in list_of(stated.get("cartons"))),
        items=_items(reader, stated, at=at),
    )


def _items(reader: Reader, stated: Mapping[str, Any], *, at: str) -> tuple[ShippedItem, ...]:
    found = []
    for n, entry in enumerate(list_of(stated.get("items"))):
        item, place = object_of(entry), f"{at}.items[{n}]"
        quantity, unit = reader.quantity(item.get("quantityShipped"), at=f"{place}.quantityShipped")
        if quantity is None:
            raise reader.refuse(f"{place} states no quantity", at=place)
        found.append(
            ShippedItem(
                order_line=text(item.get("purchaseOrderLineId")),
                quantity=quantity,
                unit=unit,
                item_ids=reader.item_ids(item.get("productIds")),
                description=text(object_of(item.get("productAttributes")).get("description")),
            )
        )
    return tuple(found)


def invoice(reader: Reader, message: Mapping[str, Any]) -> Invoice:
    """`810_INVOICE`. Mosaic has no member for the currency: it is "" unless the terms name it."""
    order_number = text(message.get("purchaseOrderNumber"))
    lines = tuple(
        _invoice_line(reader, object_of(line), at=f"lineItems[{n}]", number=n + 1, order_number=order_number)
        for n, line in enumerate(list_of(message.get("lineItems")))
    )
    charges = _charges(reader, message, at="")
    taxes = _taxes(reader, object_of(message.get("taxes")))
    tax_total = sum((t.amount for t in taxes or tuple(t for line in lines for t in line.taxes)), Decimal(0))
    line_total = sum((line.amount for line in lines), Decimal(0))
    beside = sum((c.amount if c.kind == "charge" else -c.amount for c in charges), Decimal(0))
    stated = reader.number(message.get("invoiceTotal"), at="invoiceTotal")
    made = line_total + beside + tax_total
    if stated is not None and stated != made:
        reader.unsure.append(f"its total is {stated}, but its lines, charges and taxes make {made}")
    terms = reader.terms(message.get("termsOfSale"))
    found = Invoice(
        number=reader.required(message, "invoiceNumber"),
        date=reader.required_date(message.get("invoiceDate"), at="invoiceDate"),
        currency=_currency(terms),
        lines=lines,
        kind=reader.word(message.get("invoiceType"), INVOICE_KINDS, "invoice", at="invoiceType"),  # type: ignore[arg-type]
        order_number=order_number,
        order_date=reader.date(message.get("purchaseOrderDate"), at="purchaseOrderDate"),
        due_date=reader.date(object_of(message.get("dates")).get("termsNetDueDate"), at="dates.termsNetDueDate"),
        parties=reader.parties(message.get("parties")),
        terms=terms,
        references=(*reader.references(message.get("references")), *_own_references(message)),
        taxes=taxes,
        charges=charges,
        line_total=line_total,
        tax_total=tax_total,
        total=made if stated is None else stated,
    )
    return _negative(found) if found.kind == "credit_note" and found.total > 0 else found


def _invoice_line(reader: Reader, line: Mapping[str, Any], *, at: str, number: int, order_number: str) -> InvoiceLine:
    quantity, unit = reader.quantity(line.get("quantityInvoiced"), at=f"{at}.quantityInvoiced")
    price = reader.number(line.get("unitPrice"), at=f"{at}.unitPrice")
    if quantity is None or price is None:
        raise reader.refuse(f"{at} states no {'quantity' if quantity is None else 'price'}", at=at)
    charges = _charges(reader, line, at=f"{at}.")
    amount = reader.number(line.get("extendedPrice"), at=f"{at}.extendedPrice")
    if amount is None:
        amount = quantity * price + sum((c.amount if c.kind == "charge" else -c.amount for c in charges), Decimal(0))
    return InvoiceLine(
        line_number=str(number),
        quantity=quantity,
        unit=unit,
        unit_price=price,
        amount=amount,
        item_ids=reader.item_ids(line.get("productIds")),
        description=text(object_of(line.get("productAttributes")).get("description")),
        order_number=order_number,
        order_line=text(line.get("purchaseOrderLineId")),
        taxes=tuple(_tax(reader, object_of(t), at=f"{at}.taxes") for t in list_of(line.get("taxes"))),
        charges=charges,
    )


def _charges(reader: Reader, stated: Mapping[str, Any], *, at: str) -> tuple[Charge, ...]:
    found = []
    for member, kind in (("allowances", "allowance"), ("charges", "charge")):
        for entry in (object_of(e) for e in list_of(stated.get(member))):
            amount = reader.number(entry.get("amount"), at=f"{at}{member}.amount")
            if amount is None:
                reader.unsure.append(f"{at}{member}: {text(entry.get('type')) or kind} without an amount")
                continue
            found.append(
                Charge(
                    kind=kind,  # type: ignore[arg-type]
                    code=text(entry.get("type")),
                    text=text(entry.get("description")),
                    amount=abs(amount),
                )
            )
    return tuple(found)


def _taxes(reader: Reader, stated: Mapping[str, Any]) -> tuple[Tax, ...]:
    return tuple(
        _tax(reader, object_of(stated[member]), at=f"taxes.{member}") for member in TAX_MEMBERS if member in stated
    )


def _tax(reader: Reader, stated: Mapping[str, Any], *, at: str) -> Tax:
    return Tax(
        code=text(stated.get("assignedId")),
        rate=reader.number(stated.get("percent"), at=f"{at}.percent"),
        amount=reader.number(stated.get("amount"), at=f"{at}.amount") or Decimal(0),
    )


def _own_references(message: Mapping[str, Any]) -> tuple[Reference, ...]:
    named = (("shipment", "shipmentIdentification"), ("original_invoice", "originalInvoiceNumber"))
    return tuple(
        Reference(kind=kind, value=number)  # type: ignore[arg-type]
        for kind, member in named
        if (number := text(message.get(member)))
    )


def _currency(terms: Terms | None) -> str:
    """The currency that `mapping.mosaic_810` writes into the terms, "" where a partner does not."""
    words = terms.text.split() if terms else []
    after = words[words.index("Currency:") + 1 :] if "Currency:" in words else []
    code = after[0].strip(".,;") if after else ""
    return code if len(code) == 3 and code.isalpha() else ""


def _negative(found: Invoice) -> Invoice:
    """A credit note that its sender wrote with positive amounts."""
    lines = tuple(
        msgspec.structs.replace(
            line,
            quantity=-line.quantity,
            amount=-line.amount,
            taxes=tuple(msgspec.structs.replace(t, amount=-t.amount) for t in line.taxes),
        )
        for line in found.lines
    )
    turned = {"charge": "allowance", "allowance": "charge"}
    return msgspec.structs.replace(
        found,
        lines=lines,
        taxes=tuple(msgspec.structs.replace(t, amount=-t.amount) for t in found.taxes),
        charges=tuple(msgspec.structs.replace(c, kind=turned[c.kind]) for c in found.charges),
        line_total=-found.line_total,
        tax_total=-found.tax_total,
        total=-found.total,
    )

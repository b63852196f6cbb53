"""What documents say, line by line: read from the networks' simulators, and from the books what they must say.

As in `networks`, nothing of the connector's own code has a say in it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.support.networks import (
    INVOICE_STATUSES,
    INVOICE_TYPES,
    ORDER_STATUSES,
    SALES_TYPES,
    agreement,
    money,
    named_of,
    read_file,
    rows_of,
)
from tests.support.world import World


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One line of a document; "" and 0 for what its kind does not state."""

    order: str
    order_line: str
    item: str
    quantity: Decimal
    amount: Decimal
    """Without VAT, allowances taken off."""
    receipt: str
    """Number and line, as "700002/1"."""


@dataclass(frozen=True, slots=True, order=True)
class Content:
    network: str
    document: str
    number: str
    receiver: str
    party: str
    """Number of the supplier or customer in the books."""
    total: Decimal
    lines: tuple[Line, ...]


CLEO = "cleo"
"""Where a line says of which receipt it is; Orderful's forms have no place for it."""
Key = tuple[str, str, str, str]
"""Network, document, number, receiver."""


def said(world: World) -> dict[Key, list[Content]]:
    """Every document that the company's own id sent, by what it is; its versions, the oldest first."""
    found: dict[Key, list[Content]] = defaultdict(list)
    sender = world.entry["agreement_defaults"]["sender"].partition(":")[2]
    for content in (*_at_cleo(world, sender), *_at_orderful(world, sender)):
        found[content.network, content.document, content.number, content.receiver].append(content)
    return dict(found)


def must_say(world: World) -> dict[Key, Content]:
    """What every record of the books that leaves must say now."""
    all_of = (*_orders(world), *_invoices(world), *_sales(world), *_receipts(world))
    return {(one.network, one.document, one.number, one.receiver): one for one in all_of}


def differences(world: World, *, versions: dict[str, int] | None = None) -> list[str]:
    """Where the networks say something else than the books: lost, doubled, never in the books, or another content. The
    newest version counts. `versions`: how often a document stands there, by its number, where that is not once."""
    there, wanted = said(world), must_say(world)
    wrong = [f"{key} is not there" for key in sorted(wanted.keys() - there.keys())]
    wrong += [f"{key} is not in the books" for key in sorted(there.keys() - wanted.keys())]
    for key in sorted(there.keys() & wanted.keys()):
        times, found, books = len(there[key]), there[key][-1], wanted[key]
        if times != (versions or {}).get(key[2], 1):
            wrong.append(f"{key} stands there {times} times")
        wrong += [
            f"{key} says {name} {getattr(found, name)}, the books {getattr(books, name)}"
            for name in ("party", "total")
            if getattr(found, name) != getattr(books, name)
        ]
        for which, one, other in (("a line that the books have not", found, books), ("not", books, found)):
            lines = (Counter(one.lines) - Counter(other.lines)).elements()
            wrong += [f"{key} has {which}: {line}" for line in lines]
    return wrong


# --- The books


def _orders(world: World) -> Iterator[Content]:
    for row in rows_of(world, "purchaseorder"):
        if row["status"] in ORDER_STATUSES:
            lines = (
                Line("", str(one["lineNbr"]), one["inventory"]["number"], _number(one["orderQty"]),
                     money(one["amount"]), "")
                for one in row["lines"] if one["lineType"] != "Description" and not one["canceled"]
            )  # fmt: skip
            yield from _content(world, row, "850", row["orderNbr"], money(row["orderTotal"]), lines)


def _invoices(world: World) -> Iterator[Content]:
    for row in rows_of(world, "supplierInvoice"):
        if row["status"] in INVOICE_STATUSES and row["documentType"] in INVOICE_TYPES:
            sign = -1 if row["documentType"] == "DebitAdj" else 1
            lines = (
                Line(one.get("poNumber") or "", str(one.get("poLineNr") or ""), one.get("inventoryNumber") or "",
                     sign * _number(one["quantity"]), sign * money(one["costInCurrency"]),
                     f"{one['poReceiptNbr']}/{one['poReceiptLineNbr']}" if one.get("poReceiptNbr") else "")
                for one in row["invoiceLines"]
            )  # fmt: skip
            number = row["supplierReference"] or row["referenceNumber"]
            yield from _content(world, row, "810", number, sign * money(row["amount"]), lines)


def _sales(world: World) -> Iterator[Content]:
    for row in rows_of(world, "customerInvoice"):
        if row["status"] in INVOICE_STATUSES and row["documentType"] in SALES_TYPES:
            sign = -1 if row["documentType"] == "CreditNote" else 1
            lines = (
                Line("", "", one["inventoryNumber"], sign * _number(one["quantity"]),
                     sign * money(one["amountInCurrency"]), "")
                for one in row["invoiceLines"]
            )  # fmt: skip
            total = sign * money(row["amount"])
            yield from _content(world, row, "810", row["referenceNumber"], total, lines, entity="customer")


def _receipts(world: World) -> Iterator[Content]:
    for row in rows_of(world, "purchaseReceipt"):
        if row["status"] == "Released" and row["receiptType"] == "PoReceipt":
            lines = (
                Line(one["poOrderNbr"], str(one["poOrderLineNbr"]), one["inventory"]["number"],
                     _number(one["receiptQty"]), Decimal(0), f"{row['receiptNbr']}/{one['lineNbr']}")
                for one in row["lines"]
            )  # fmt: skip
            yield from _content(world, row, "856", row["receiptNbr"], Decimal(0), lines)


def _content(
    world: World,
    row: dict[str, Any],
    document: str,
    number: str,
    total: Decimal,
    lines: Iterable[Line],
    entity: str = "supplier",
) -> Iterator[Content]:
    party = row[entity]["number"]
    agreed = agreement(world, party, document, entity=entity)
    if agreed:
        network, receiver = agreed
        if network != CLEO:
            lines = (replace(line, receipt="") for line in lines)
        yield Content(network, document, number, receiver, party, total, tuple(sorted(lines)))


def _number(value: object) -> Decimal:
    """As a number is written without zeros at its end."""
    return Decimal(str(value)).normalize() + 0


def _rounded(amount: Decimal) -> Decimal:
    """As the books round."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


# --- The networks


SEGMENTS: dict[str, tuple[str, dict[str, int]]] = {
    "ST": ("transactionSetHeader", {"transactionSetIdentifierCode": 1}),
    "BEG": ("beginningSegmentForPurchaseOrder", {"purchaseOrderNumber": 3}),
    "BIG": ("beginningSegmentForInvoice", {"invoiceNumber": 2}),
    "BSN": ("beginningSegmentForShipNotice", {"shipmentIdentification": 2}),
    "N1": ("partyIdentification",
           {"entityIdentifierCode": 1, "identificationCodeQualifier": 3, "identificationCode": 4}),
    "PO1": ("baselineItemData", {"assignedIdentification": 1, "quantity": 2, "unitPrice": 4}),
    "IT1": ("baselineItemDataInvoice", {"assignedIdentification": 1, "quantityInvoiced": 2, "unitPrice": 4}),
    "PRF": ("purchaseOrderReference", {"purchaseOrderNumber": 1}),
    "LIN": ("itemIdentification", {"assignedIdentification": 1}),
    "SN1": ("itemDetailShipment", {"numberOfUnitsShipped": 2}),
    "REF": ("referenceInformation",
            {"referenceIdentificationQualifier": 1, "referenceIdentification": 2, "description": 3}),
    "SAC": ("serviceAllowanceChargeInformation", {"allowanceOrChargeIndicator": 1, "amount": 5}),
    "AMT": ("monetaryAmountInformation", {"amountQualifierCode": 1, "monetaryAmount": 2}),
    "TDS": ("totalMonetaryValueSummary", {"amount": 1}),
}  # fmt: skip
"""What is looked at: the segment in X12, its name at Orderful, and its elements under their names there."""
BY_NAME = {name: tag for tag, (name, _) in SEGMENTS.items()}
OUR_NUMBERS = ("91", "92")
"""Kinds of a party's number: as we call it, whichever side we are on."""
ITEMS_FROM = {"PO1": 6, "IT1": 6, "LIN": 2}
"""Where the pairs of qualifier and item number begin."""


def _at_cleo(world: World, sender: str) -> Iterator[Content]:
    for row in world.simulators.rows("cleo", "files"):
        body = row["body"]
        ours = body["direction"] == "outbound" and f"_{sender}_" in body["name"]
        if ours and body["name"].startswith(("850_", "810_", "856_")):
            receiver, segments = read_file(body["content"])
            yield _read(_Reading(CLEO, receiver), (_of_text(s) for s in segments if s[0] in SEGMENTS))


def _at_orderful(world: World, sender: str) -> Iterator[Content]:
    for row in world.simulators.rows("orderful", "transactions"):
        body = row["body"]
        if body["senderId"] != sender or body["statuses"]["validation"] == "INVALID" or body["type"].startswith("865"):
            continue
        reading = _Reading("orderful", body["receiverId"])
        if "transactionSets" not in body["message"]:
            yield _mosaic(reading, body["type"][:3], body["message"])
        else:
            pairs = named_of(body["message"])
            yield _read(reading, ((BY_NAME[name], _of_names(said)) for name, said in pairs if name in BY_NAME))


def _of_text(segment: list[str]) -> tuple[str, dict[str, str]]:
    tag = segment[0]
    values = {name: segment[n] for name, n in SEGMENTS[tag][1].items() if n < len(segment)}
    begin = ITEMS_FROM.get(tag, len(segment))
    return tag, values | dict(zip(segment[begin::2], segment[begin + 1 :: 2], strict=False))


def _of_names(said: dict[str, str]) -> dict[str, str]:
    pairs = ((said[key], said.get(key.replace("IDQualifier", "ID"), "")) for key in said if "ServiceIDQual" in key)
    return said | dict(pairs)


@dataclass(slots=True)
class _Reading:
    network: str
    receiver: str
    document: str = ""
    number: str = ""
    order: str = ""
    party: str = ""
    total: Decimal = Decimal(0)
    lines: list[dict[str, Any]] = field(default_factory=list)

    def content(self) -> Content:
        return Content(
            self.network, self.document, self.number, self.receiver, self.party, self.total,
            tuple(sorted(
                Line(one.get("order", ""), one.get("order_line", ""), one["item"], one["quantity"],
                     _rounded(one.get("amount", Decimal(0))), one.get("receipt", "") if self.network == CLEO else "")
                for one in self.lines
            )),
        )  # fmt: skip


def _read(reading: _Reading, segments: Iterable[tuple[str, dict[str, str]]]) -> Content:
    """A document by its segments, one after the other: what belongs to a line stands behind it."""
    in_lines = False
    for tag, values in segments:
        match tag:
            case "ST":
                reading.document = values["transactionSetIdentifierCode"]
            case "BEG":
                reading.number = values["purchaseOrderNumber"]
            case "BSN":
                reading.number = values["shipmentIdentification"]
            case "BIG":
                reading.number = values["invoiceNumber"]
            case "N1":
                if values["entityIdentifierCode"] != "ST" and values.get("identificationCodeQualifier") in OUR_NUMBERS:
                    reading.party = values["identificationCode"]
            case "PRF":
                reading.order = values["purchaseOrderNumber"]
            case "PO1" | "IT1" | "LIN":
                in_lines = True
                reading.lines.append(_begun(tag, values, reading.order))
            case "SN1":
                reading.lines[-1]["quantity"] = _number(values["numberOfUnitsShipped"])
            case "TDS":
                in_lines = False
                reading.total = money(Decimal(values["amount"]) / 100)
            case "AMT" if values["amountQualifierCode"] == "TT":
                in_lines = False
                reading.total = money(values["monetaryAmount"])
            case "SAC" if in_lines:
                sign = -1 if values["allowanceOrChargeIndicator"] == "A" else 1
                reading.lines[-1]["amount"] += sign * Decimal(values["amount"]) / 100
            case "REF" if in_lines:
                _refer(reading.lines[-1], values)
    return reading.content()


def _begun(tag: str, values: dict[str, str], order: str) -> dict[str, Any]:
    line: dict[str, Any] = {"item": values.get("BP") or values.get("VP", "")}
    if tag != "IT1":
        line |= {"order": order, "order_line": values["assignedIdentification"]}
    if tag != "LIN":
        quantity = Decimal(values.get("quantity") or values["quantityInvoiced"])
        line |= {"quantity": _number(quantity), "amount": quantity * Decimal(values["unitPrice"])}
    return line


def _refer(line: dict[str, Any], values: dict[str, str]) -> None:
    number = values["referenceIdentification"]
    match values["referenceIdentificationQualifier"]:
        case "PO":
            line["order"] = number
        case "FJ":
            line["order_line"] = number
        case "RV":
            line["receipt"] = f"{number}/{values.get('description', '')}"


def _mosaic(reading: _Reading, document: str, message: dict[str, Any]) -> Content:
    """A document in Orderful's newer form."""
    reading.document = document
    for name, party in message["parties"].items():
        if name != "shipTo" and party.get("identificationCodeType") == "sendersId":
            reading.party = party["identificationCode"]
    if document == "850":
        reading.number, total = message["purchaseOrderNumber"], message["monetaryAmounts"]["gross"]
        reading.lines = [_item(one, "quantity") for one in message["lineItems"]]
    elif document == "810":
        reading.number, total = message["invoiceNumber"], message["invoiceTotal"]
        reading.lines = [_item(one, "quantityInvoiced") for one in message["lineItems"]]
        for line in reading.lines:
            line["order"] = message["purchaseOrderNumber"] if line["order_line"] else ""
    else:
        reading.number, total = message["shipmentId"], "0"
        reading.lines = [
            _item(one, "quantityShipped") | {"order": order["purchaseOrderNumber"]}
            for order in message["orders"]
            for one in order["items"]
        ]
    reading.total = money(total)
    return reading.content()


def _item(one: dict[str, Any], counted: str) -> dict[str, Any]:
    quantity, ids = Decimal(one[counted]["value"]), one["productIds"]
    return {
        "order_line": one.get("purchaseOrderLineId", ""),
        "item": ids.get("buyerItemNumber") or ids.get("vendorItemNumber", ""),
        "quantity": _number(quantity),
        "amount": Decimal(one.get("extendedPrice") or quantity * Decimal(one.get("unitCostPrice", 0))),
    }

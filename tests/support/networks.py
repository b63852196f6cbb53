"""What stands on the networks, read from the simulators, and what must stand there, read from the books.

Both by the simplest means there are: nothing of the connector's own code has a say in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.support.world import World

ORDER_STATUSES = {"Open", "Printed", "PendingEmail", "PendingPrint", "Closed"}
INVOICE_STATUSES = {"Open", "Closed"}
INVOICE_TYPES = {"Invoice", "CreditAdj", "DebitAdj"}
SALES_TYPES = {"Invoice", "CreditNote", "DebitNote"}
PURPOSES = {"00": "original", "01": "cancellation", "04": "change", "05": "replace", "": "original"}


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """One document at one network."""

    network: str
    document: str
    number: str
    receiver: str
    purpose: str
    total: Decimal


def stands(world: World) -> list[Standing]:
    """Every document that the company's own id sent, on any network, however often it stands there."""
    sender = world.entry["agreement_defaults"]["sender"].partition(":")[2]
    return sorted([*_at_orderful(world, sender), *_at_cleo(world, sender)])


def must_stand(world: World, *, without: frozenset[str] = frozenset()) -> list[Standing]:
    """Every order and invoice of the company that passes the status filter and whose supplier has an agreement, once,
    as an original. `without`: numbers in the books of records that cannot become a document."""
    return sorted([*_orders(world, without), *_invoices(world, without)])


def sales_that_must_stand(world: World) -> list[Standing]:
    """Every invoice and credit note to a customer with an agreement, once, as an original."""
    found = []
    for row in rows_of(world, "customerInvoice"):
        agreed = agreement(world, row["customer"]["number"], "810", entity="customer")
        if agreed and row["status"] in INVOICE_STATUSES and row["documentType"] in SALES_TYPES:
            network, receiver = agreed
            total = money(row["amount"]) * (-1 if row["documentType"] == "CreditNote" else 1)
            found.append(Standing(network, "810", row["referenceNumber"], receiver, "original", total))
    return sorted(found)


def receipts_that_must_stand(world: World) -> list[Standing]:
    """Every released receipt of a supplier with an agreement, once, as an original; its total is the quantity."""
    found = []
    for row in rows_of(world, "purchaseReceipt"):
        agreed = agreement(world, row["supplier"]["number"], "856")
        if agreed and row["status"] == "Released" and row["receiptType"] == "PoReceipt":
            network, receiver = agreed
            total = money(sum(Decimal(str(line["receiptQty"])) for line in row["lines"]))
            found.append(Standing(network, "856", row["receiptNbr"], receiver, "original", total))
    return sorted(found)


def of_number(documents: list[Standing], number: str) -> list[Standing]:
    return [d for d in documents if d.number == number]


# --- The books


def _orders(world: World, without: frozenset[str]) -> Iterator[Standing]:
    for row in rows_of(world, "purchaseorder"):
        agreed = agreement(world, row["supplier"]["number"], "850")
        if agreed and row["status"] in ORDER_STATUSES and row["orderNbr"] not in without:
            network, receiver = agreed
            yield Standing(network, "850", row["orderNbr"], receiver, "original", money(row["orderTotal"]))


def _invoices(world: World, without: frozenset[str]) -> Iterator[Standing]:
    for row in rows_of(world, "supplierInvoice"):
        agreed = agreement(world, row["supplier"]["number"], "810")
        leaves = row["status"] in INVOICE_STATUSES and row["documentType"] in INVOICE_TYPES
        if agreed and leaves and row["referenceNumber"] not in without:
            network, receiver = agreed
            total = money(row["amount"]) * (-1 if row["documentType"] == "DebitAdj" else 1)
            number = row["supplierReference"] or row["referenceNumber"]
            yield Standing(network, "810", number, receiver, "original", total)


def rows_of(world: World, entity: str) -> list[dict[str, Any]]:
    begin = f"{world.company}/"
    return [r["body"] for r in world.simulators.rows("visma", entity) if r["key"].startswith(begin)]


def agreement(world: World, number: str, document: str, *, entity: str = "supplier") -> tuple[str, str] | None:
    """Network and receiver's id, by the configuration file."""
    for partner in world.entry["trading_partners"]:
        if any(known.get(entity) == number for known in partner["numbers"]):
            for agreed in partner["agreements"]:
                if agreed["document"] == document and agreed.get("direction", "out") == "out":
                    return agreed["network"], agreed["receiver"].partition(":")[2]
    return None


def money(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


# --- The networks


def _at_orderful(world: World, sender: str) -> Iterator[Standing]:
    for row in world.simulators.rows("orderful", "transactions"):
        body = row["body"]
        if body["senderId"] != sender or body["statuses"]["validation"] == "INVALID":
            continue
        if body["type"].startswith("865"):
            continue  # an answer to somebody else's document
        said = _spelled(body["message"]) if "transactionSets" in body["message"] else _mosaic(body["message"])
        yield Standing("orderful", body["type"][:3], receiver=body["receiverId"], **said)


def _mosaic(message: dict[str, Any]) -> dict[str, Any]:
    """What a document in Orderful's newer form says; an invoice in it is always an original."""
    if "purchaseOrderType" in message:
        total = message.get("monetaryAmounts", {}).get("gross", 0)
        return {"number": message["purchaseOrderNumber"], "purpose": message["purpose"], "total": money(total)}
    if "shipmentId" in message:
        items = [item for order in message["orders"] for item in order["items"]]
        total = sum(Decimal(item["quantityShipped"]["value"]) for item in items)
        return {"number": message["shipmentId"], "purpose": message["purpose"], "total": money(total)}
    return {"number": message["invoiceNumber"], "purpose": "original", "total": money(message["invoiceTotal"])}


def _spelled(message: dict[str, Any]) -> dict[str, Any]:
    """What a document in Orderful's older form says: X12 with its names spelled out."""
    named = dict(named_of(message))
    order = named.get("beginningSegmentForPurchaseOrder")
    if order:
        total = next(a["monetaryAmount"] for n, a in named_of(message) if a.get("amountQualifierCode") == "TT")
        return {
            "number": order["purchaseOrderNumber"],
            "purpose": PURPOSES[order["transactionSetPurposeCode"]],
            "total": money(total),
        }
    notice = named.get("beginningSegmentForShipNotice")
    if notice:
        shipped = [s["numberOfUnitsShipped"] for n, s in named_of(message) if n == "itemDetailShipment"]
        return {
            "number": notice["shipmentIdentification"],
            "purpose": PURPOSES[notice["transactionSetPurposeCode"]],
            "total": money(sum(Decimal(quantity) for quantity in shipped)),
        }
    invoice = named["beginningSegmentForInvoice"]
    total = Decimal(named["totalMonetaryValueSummary"]["amount"]) / 100
    purpose = PURPOSES[invoice.get("transactionSetPurposeCode", "")]
    return {"number": invoice["invoiceNumber"], "purpose": purpose, "total": money(total)}


def named_of(node: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Every segment below, with its name."""
    if isinstance(node, dict):
        for name, value in node.items():
            for entry in value if isinstance(value, list) else ():
                if isinstance(entry, dict) and all(isinstance(v, str) for v in entry.values()):
                    yield name, entry
                else:
                    yield from named_of(entry)


def _at_cleo(world: World, sender: str) -> Iterator[Standing]:
    for row in world.simulators.rows("cleo", "files"):
        body = row["body"]
        if body["direction"] != "outbound" or f"_{sender}_" not in body["name"]:
            continue
        receiver, segments = read_file(body["content"])
        yield _standing(receiver, segments)


def _standing(receiver: str, segments: list[list[str]]) -> Standing:
    """A document as its segments say: [tag, first element, second …]."""
    first = {s[0]: s for s in reversed(segments)}
    document = first["ST"][1]
    if document == "850":
        head, lines = first["BEG"], [s for s in segments if s[0] == "PO1"]
        purpose, number = head[1], head[3]
        total = next((money(s[2]) for s in segments if s[0] == "AMT" and s[1] == "TT"), Decimal("0.00"))
        assert int(first["CTT"][1]) == len(lines), f"{number}: the count of lines is wrong"
        assert lines or purpose == "01", f"{number} has no lines"
    else:
        head, lines = first["BIG"], [s for s in segments if s[0] == "IT1"]
        purpose, number = (head[8] if len(head) > 8 else ""), head[2]
        total = money(Decimal(first["TDS"][1]) / 100)
        assert lines, f"{number} has no lines"
    return Standing("cleo", document, number, receiver, PURPOSES[purpose], total)


def read_file(content: str) -> tuple[str, list[list[str]]]:
    """Receiver and segments of an interchange in X12 text, or of the JSON rendering of its set."""
    if content.startswith("ISA"):
        separator, terminator = content[3], content[105]
        segments = [s.strip().split(separator) for s in content.split(terminator) if s.strip()]
        return segments[0][8].strip(), segments
    value = json.loads(content)
    ours = value["transaction_set"]
    segments = [["ST", ours["set"]], *_segments(ours["segments"])]
    return value["receiver"].partition(":")[2], segments


def _segments(nodes: list[dict[str, Any]]) -> Iterator[list[str]]:
    for node in nodes:
        if "loop" in node:
            yield from _segments(node["segments"])
            continue
        values = {int(e["id"][-2:]): str(e.get("value", "")) for e in node["elements"]}
        yield [node["segment"], *(values.get(n, "") for n in range(1, max(values, default=0) + 1))]

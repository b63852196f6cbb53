"""What trading partners do in the demo: one answers an order, ships it and moves house, so that both directions are
seen. Once: a second demo finds nothing new."""

from __future__ import annotations

from typing import Any

from edi.models import Agreement, Direction, TransactionSet
from integrations.management.local import Sandbox

COMPANY, SLUG = "SE", "nordlogistik"
MOVED_TO = {"line1": "Nya Kajen 9", "postalCode": "411 06", "city": "Göteborg", "country": "SE"}
MOST_LINES = 20


def let_cleo_know_addresses(sandbox: Sandbox) -> None:
    """Has Cleo state the addresses of its suppliers as they stand in the books, where it states none: one that differs
    when it is stated for the first time is a question to people."""
    booked = {row["key"]: row["body"]["mainAddress"] for row in _rows(sandbox, "visma", "supplier")}
    for row in _rows(sandbox, "cleo", "connections"):
        number = str(row["body"].get("partnerName") or "").removeprefix("SUP")
        here = booked.get(f"{COMPANY}/{number}")
        if here is None or "partner" not in row["body"] or row["body"]["partner"].get("address"):
            continue
        lines = {f"line{n}": here.get(f"addressLine{n}") or "" for n in (1, 2, 3)}
        place = {"postalCode": here["postalCode"], "city": here["city"], "country": here["country"]["id"]}
        _mutate(sandbox, "connections", row["key"], {"partner.address": lines | place})


def let_partners_answer(sandbox: Sandbox) -> str:
    """Has a supplier on Cleo accept and ship an order of which nothing came yet, and state a new address. Returns the
    order's number, "" when partners have answered before or no order fits."""
    came = TransactionSet.objects.filter(interchange__direction=Direction.IN, interchange__network__key="cleo")
    if came.filter(set_id="856").exists():
        return ""
    order = _untouched_order(sandbox)
    if not order:
        return ""
    values = {"company": COMPANY, "usage": "T", "kinds": "855+856", "purchaseOrderNumber": order["orderNbr"]}
    _mutate(sandbox, "inbound", None, values)
    supplier = f"SUP{order['supplier']['number']}"
    rows = _rows(sandbox, "cleo", "connections")
    moved = next((r for r in rows if r["body"].get("partnerName") == supplier and "partner" in r["body"]), None)
    if moved is not None:
        _mutate(sandbox, "connections", moved["key"], {"partner.address": MOVED_TO})
    return str(order["orderNbr"])


def _untouched_order(sandbox: Sandbox) -> dict[str, Any]:
    """An open order that stands at Cleo as X12 and of which nothing was received."""
    sent = TransactionSet.objects.filter(
        tenant__slug=SLUG,
        set_id="850",
        interchange__direction=Direction.OUT,
        interchange__network__key="cleo",
        agreement__payload=Agreement.Payload.X12,
    )
    numbers = set(sent.values_list("business_number", flat=True))
    for row in _rows(sandbox, "visma", "purchaseorder"):
        order: dict[str, Any] = row["body"]
        ours = row["key"] == f"{COMPANY}/{order['orderNbr']}" and order["orderNbr"] in numbers
        fits = order["status"] == "Open" and order["orderType"] == "RegularOrder" and len(order["lines"]) <= MOST_LINES
        if ours and fits and all(_can_come(line) for line in order["lines"]):
            return order
    return {}


def _can_come(line: dict[str, Any]) -> bool:
    return line["lineType"] == "GoodsForInventory" and not line["qtyOnReceipts"]


def _rows(sandbox: Sandbox, system: str, entity: str) -> list[dict[str, Any]]:
    answer = sandbox.call("GET", f"/_control/state?system={system}&entity={entity}")[system]
    found: list[dict[str, Any]] = next((v["items"] for k, v in answer.items() if k.lower() == entity.lower()), [])
    return found


def _mutate(sandbox: Sandbox, entity: str, key: str | None, values: dict[str, Any]) -> None:
    sandbox.call("POST", "/_control/mutate", {"system": "cleo", "entity": entity, "key": key, "set": values})

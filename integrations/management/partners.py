"""What trading partners send in the demo: at Orderful, suppliers change, confirm, ship and invoice orders of ours.

Cleo's simulator answers by itself. All of it goes through the simulators' control address: nothing of the connector is
asked.
"""

from __future__ import annotations

from typing import Any

from integrations.management.local import Sandbox

ANSWERS = ("855", "856", "810")
LEFT_ALONE = ("Closed", "Cancelled", "Voided", "Hold", "Balanced")


def send(sandbox: Sandbox) -> int:
    """Puts documents into Orderful's inboxes: for each company a change of one open order, and the other documents that
    a supplier sends for it. Nothing where partners have sent something before. Returns how many."""
    if _rows(sandbox, "orderful", "inbox") or _rows(sandbox, "orderful", "confirmed"):
        return 0
    sent = 0
    for company, number in _open_orders(sandbox).items():
        for kind in ("860", *ANSWERS):
            values = {"type": kind, "company": company, "purchaseOrderNumber": number}
            body = {"system": "orderful", "entity": "inbox", "key": None, "set": values, "count": 1}
            sandbox.call("POST", "/_control/mutate", body)
            sent += 1
    return sent


def _open_orders(sandbox: Sandbox) -> dict[str, str]:
    """By company: an order that stands at Orderful and of which nothing has come yet."""
    companies = sandbox.call("GET", "/_control/")["systems"]["orderful"]["credentials"]
    company_of = {own[name]: key for key, own in companies.items() for name in ("isa_id", "test_isa_id")}
    at_orderful = {
        (company_of.get(row["body"]["senderId"]), row["business_number"])
        for row in _rows(sandbox, "orderful", "transactions")
        if row["body"]["type"].startswith("850") and row["body"]["statuses"]["validation"] == "VALID"
    }
    found: dict[str, str] = {}
    for row in _rows(sandbox, "visma", "purchaseorder"):
        company, _, number = str(row["key"]).partition("/")
        body = row["body"]
        untouched = not any(line["qtyOnReceipts"] or line["completed"] or line["canceled"] for line in body["lines"])
        if untouched and body["status"] not in LEFT_ALONE and (company, number) in at_orderful:
            found.setdefault(company, number)
    return found


def _rows(sandbox: Sandbox, system: str, entity: str) -> list[dict[str, Any]]:
    answer = sandbox.call("GET", f"/_control/state?system={system}&entity={entity}")[system]
    found: list[dict[str, Any]] = next((v["items"] for k, v in answer.items() if k.lower() == entity.lower()), [])
    return found

"""Bills and purchase orders, which only the mode "brief" has: no public evidence shows them.

They follow the ledger entry: nested references, decimal strings, `expense_list`. Of what they carry beyond the members
checked here nothing is known, so that other members are kept as sent.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from integrations.sandbox.kernel import Row

from . import fields
from .errors import UNKNOWN, Errors
from .references import References

DOCUMENTS: Final = frozenset({"bills", "purchase_orders"})
_READ_ONLY: Final = ("id", "airbase_id", "url", "airbase_url", "payment_status", "payments", "created_date")
_REQUIRED: Final = ("erp_reference_id", "vendor", "total_amount")


class Documents(References):
    """What the ERP pushes for approval."""

    def clean(self, resource: str, values: dict[str, Any], row: Row | None) -> tuple[dict[str, Any], Errors]:
        """As for master data; a bill that is paid or closed takes no change."""
        if resource not in DOCUMENTS:
            return super().clean(resource, values, row)
        errors: Errors = {}
        body = dict(row["body"]) if row else self._blank(resource)
        if row is None:
            fields.required(values, _REQUIRED, errors)
        if "erp_reference_id" in values:
            body["erp_reference_id"] = self.reference_id(resource, values, row, errors)
        self._status(resource, values, body, errors)
        known = {"erp_reference_id", "status", "vendor", "currency", "erp_currency_reference_id", *_READ_ONLY}
        body |= {name: value for name, value in values.items() if name not in known}
        if "total_amount" in values:
            fields.amount(values["total_amount"], "total_amount", errors)
        if "vendor" in values:
            body["vendor"] = fields.reference(values["vendor"], "vendor", errors, self.vendor)
        if "currency" in values or "erp_currency_reference_id" in values:
            body["currency"] = self.currency(values, errors)
        for name in ("entry_date", "due_date"):
            if values.get(name):
                fields.date_time(values[name], name, errors)
        for name in ("expense_list", "line_items"):
            if name in values:
                self._lines(values[name], name, errors)
        before: dict[str, Any] = row["body"] if row else {}
        settled = before.get("status") == "closed" or before.get("payment_status") == "paid"
        if settled and resource == "bills" and body != before:
            errors.setdefault("status", []).append("A bill that is paid or closed cannot be changed.")
        return body, errors

    def vendor(self, airbase_id: str, reference: str) -> dict[str, Any] | None:
        """A vendor as documents and entries refer to it."""
        return self.vendor_of(self.tenant.company.key, airbase_id, reference)

    def vendor_of(self, company: str, airbase_id: str, reference: str) -> dict[str, Any] | None:
        """The same for any tenant, for what people do there."""
        row = self.found("vendors", company, airbase_id=airbase_id, reference=reference)
        if row is None:
            return None
        own, born = row["body"]["airbase_id"], bool(row.get("_born_here"))
        reference = row["body"]["erp_reference_id"] or row.get("_platform_reference", "")
        return {
            "id": own,
            "airbase_id": own,
            "name": row["body"]["name"],
            "erp_reference_id": reference,
            "created_in_platform": born,
            "created_in_airbase": born,
        }

    def insert(self, resource: str, body: dict[str, Any]) -> Row:
        """New documents get their URL."""
        row = super().insert(resource, body)
        if resource in DOCUMENTS:
            url = f"https://app.airbase.example/{resource}/{row['body']['airbase_id']}"
            row["body"] = {**row["body"], "url": url, "airbase_url": url, "created_date": self.written_at()}
        return row

    def _blank(self, resource: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "erp_reference_id": "",
            "erp_url": None,
            "vendor": None,
            "currency": {"erp_reference_id": self.tenant.company.currency, "iso_code": self.tenant.company.currency},
            "total_amount": "0",
            "notes": "",
            "expense_list": [],
        }
        if resource == "bills":
            return body | {"status": "awaiting_approval", "payment_status": "unpaid", "payments": []}
        return body | {"status": "open"}

    def _status(self, resource: str, values: dict[str, Any], body: dict[str, Any], errors: Errors) -> None:
        before, wanted = body["status"], values.get("status", body["status"])
        if wanted == before:
            return
        if wanted not in {"closed"} | ({"open"} if resource == "purchase_orders" else set()):
            errors.setdefault("status", []).append(f'"{wanted}" is not a valid choice.')
            return
        if resource == "bills" and body["payment_status"] != "unpaid":
            errors.setdefault("status", []).append("A bill with payments cannot be closed.")
            return
        body["status"] = wanted

    def _lines(self, given: Any, name: str, errors: Errors) -> None:
        """Accounts and tags of lines must be known; amounts are decimal strings."""
        if not isinstance(given, list):
            errors.setdefault(name, []).append('Expected a list of items but got type "dict".')
            return
        fields.amounts_inside(given, name, errors)
        company = self.tenant.company.key
        for line in given:
            account = line.get("account") if isinstance(line, dict) else None
            tags = line.get("tags") if isinstance(line, dict) else None
            wanted = [("accounts", account), *(("tags", tag) for tag in tags or ())]
            for table, one in wanted:
                reference = one.get("erp_reference_id", "") if isinstance(one, dict) else ""
                if reference and self.found(table, company, reference=reference) is None:
                    errors.setdefault(name, []).append(f"{UNKNOWN}: {table} {reference}")


def open_amount(bill: dict[str, Any]) -> Decimal:
    """What of a bill no payment covers yet."""
    paid = sum((fields.decimal(one["amount"]) for one in bill.get("payments", ())), Decimal(0))
    return fields.decimal(bill["total_amount"]) - paid

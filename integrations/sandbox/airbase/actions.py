"""What people do at Airbase: approve, pay, void, create vendors. Called by POST /_control/act."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.sandbox.kernel import Row

from .documents import open_amount
from .fields import decimal
from .ledger import PAYMENT_TYPES, READY
from .webhooks import Webhooks

_APPLIED_MEMBERS = ("id", "airbase_id", "transaction_type")


class Actions(Webhooks):
    """Names start with act_; a bill is named by its erp_reference_id or airbase_id."""

    def act_approve_bill(self, given: Mapping[str, Any]) -> str:
        """Approve a bill: company, bill; optional expense_list, the coding that was approved. Sends bill_approved."""
        row = self._bill(given)
        body = {**row["body"], "status": "approved"}
        if "expense_list" in given:
            body["expense_list"] = given["expense_list"]
        self.changed(_table(row), row, body)
        self.emit(row["_company"], "bill_approved", {"id": body["airbase_id"]})
        return str(body["airbase_id"])

    def act_reject_bill(self, given: Mapping[str, Any]) -> str:
        """Reject a bill: company, bill; optional reason (into notes). Sends bill_rejected."""
        row = self._bill(given)
        notes = given.get("reason", row["body"].get("notes"))
        self.changed(_table(row), row, {**row["body"], "status": "rejected", "notes": notes})
        self.emit(row["_company"], "bill_rejected", {"id": row["body"]["airbase_id"]})
        return str(row["body"]["airbase_id"])

    def act_approve_payment(self, given: Mapping[str, Any]) -> str:
        """Approve a payment: company and one of

        - bills: [{bill, amount}] (amount: decimal string, default what is open; negative for a credit note), or bill
          and amount, for bills that were pushed; it approves them on the way;
        - invoice: {vendor (supplier number), invoice_number (the supplier's), total_amount, account, tags, currency},
          for a bill that was born in Airbase: makes its ledger entry too;
        - vendor and amount, for a payment without any invoice.

        Optional: date (ISO), bank_account (cash account), currency (ISO code), expense_list, notes, type, status,
        subsidiary_amount. Sends payment_approved. Answers the airbase_id of the ledger entry.
        """
        company = self.world.company(given["company"]).key
        bills: list[tuple[Row, Decimal]] = []
        for one in given.get("bills") or ([given] if "bill" in given else []):
            row = self._bill({"company": company, **one})
            bills.append((row, decimal(one["amount"]) if one.get("amount") else open_amount(row["body"])))
        if "invoice" in given:
            row = self._born_here(company, given["invoice"])
            bills.append((row, decimal(given.get("amount") or row["body"]["total_amount"])))
        total = str(sum((paid for _, paid in bills), Decimal(0)) if bills else decimal(given["amount"]))
        vendor = bills[0][0]["body"]["vendor"] if bills else self._vendor(company, given["vendor"])
        if "vendor" in given and bills:
            vendor = self._vendor(company, given["vendor"])
        entry = self.add_entry(company, self._payment_values(company, given, bills, vendor, total))
        for row, paid in bills:
            self._note_payment(row, entry, paid)
        self.emit(company, "payment_approved", {"id": entry["body"]["airbase_id"]})
        return str(entry["body"]["airbase_id"])

    def _payment_values(
        self, company: str, given: Mapping[str, Any], bills: list[tuple[Row, Decimal]], vendor: Any, total: str
    ) -> dict[str, Any]:
        first = bills[0][0]["body"] if bills else {}
        date = str(given.get("date") or self.moment(self.clock()))
        bank = self._account(company, str(given.get("bank_account") or self._cash_account(company)))
        values: dict[str, Any] = {
            "type": given.get("type", "bill_payment"),
            "status": given.get("status", READY),
            "vendor": vendor,
            "invoice_number": first.get("invoice_number") if len(bills) == 1 else None,
            "bank_account": bank,
            "applied_to": [self._applied(row, paid) for row, paid in bills],
            "entry_date": date,
            "payment_entry_date": date,
            "total_amount": total,
            "notes": given.get("notes", ""),
            "expense_list": given.get(
                "expense_list", [line for row, _ in bills for line in row["body"]["expense_list"]]
            ),
        }
        if given.get("currency"):
            values["currency"] = {"erp_reference_id": given["currency"], "iso_code": given["currency"]}
        elif first.get("currency"):
            values["currency"] = first["currency"]
        if given.get("subsidiary_amount"):
            base = self.world.company(company).currency
            currency = {"erp_reference_id": base, "iso_code": base}
            values["subsidiary_amount"] = {"amount": given["subsidiary_amount"], "currency": currency}
        return values

    def _applied(self, row: Row, paid: Decimal) -> dict[str, Any]:
        own = row["body"]["airbase_id"]
        applied: dict[str, Any] = {"id": own, "airbase_id": own, "transaction_type": "bill"}
        shown = self.options["applied_amounts"]
        if self.brief if shown is None else shown:
            applied |= {"erp_reference_id": row["body"]["erp_reference_id"], "amount": str(paid)}
        return applied

    def _note_payment(self, row: Row, entry: Row, paid: Decimal) -> None:
        if "payment_status" not in row["body"]:
            return  # a ledger entry, which does not tell
        payment = {"airbase_id": entry["body"]["airbase_id"], "amount": str(paid)}
        body = {**row["body"], "payments": [*row["body"]["payments"], payment], "status": "approved"}
        body["payment_status"] = "partially_paid" if open_amount(body) else "paid"
        self.changed(_table(row), row, body)

    def act_void_payment(self, given: Mapping[str, Any]) -> str:
        """Void a payment: company, payment (airbase_id of the entry), before or after it was synced.

        Option void_form: "status" changes the entry's status, "entry" adds one of type bill_payment_void with negative
        amounts. Sends payment_voided. Answers the id of the entry that tells of it.
        """
        row = self._payment(given)
        self._undo(row)
        told = row
        if self.options["void_form"] == "entry":
            body = row["body"]
            values = {name: body[name] for name in ("vendor", "bank_account", "currency", "expense_list")}
            own = body["airbase_id"]
            applied = [{"id": own, "airbase_id": own, "transaction_type": body["type"]}]
            more = {"type": f"{body['type']}_void", "total_amount": str(-decimal(body["total_amount"]))}
            told = self.add_entry(row["_company"], {**values, **more, "applied_to": applied})
        else:
            self.changed("ledger_entries", row, {**row["body"], "status": self.options["void_status"]})
        self.emit(row["_company"], "payment_voided", {"id": row["body"]["airbase_id"]})
        return str(told["body"]["airbase_id"])

    def act_fail_payment(self, given: Mapping[str, Any]) -> str:
        """The bank refused a payment: company, payment; optional reason. Sends payment_failed."""
        row = self._payment(given)
        self._undo(row)
        reason = given.get("reason", "The receiving bank refused the payment.")
        self.changed(
            "ledger_entries", row, {**row["body"], "status": self.options["failed_status"], "error_message": reason}
        )
        self.emit(row["_company"], "payment_failed", {"id": row["body"]["airbase_id"]})
        return str(row["body"]["airbase_id"])

    def act_create_vendor(self, given: Mapping[str, Any]) -> str:
        """Create a vendor in Airbase, not linked: company and name; or supplier, to be the twin of that Visma supplier.

        Optional: tax_id, email; platform_reference true gives entries a UUID as its erp_reference_id, as recorded.
        Sends vendor_created. Answers its airbase_id.
        """
        company = self.world.company(given["company"]).key
        values = {"name": given.get("name"), "tax_id": given.get("tax_id", ""), "email": given.get("email")}
        if "supplier" in given:
            twin = self.world.supplier(company, str(given["supplier"]))
            known = {"name": twin.name, "tax_id": twin.vat_number or twin.organisation_number or ""}
            values = {**known, "email": twin.contact.email, **{n: v for n, v in values.items() if v}}
        if not values["name"]:
            raise ValueError("a vendor needs a name, or the number of a supplier")
        row = self.add_vendor(company, values, platform_reference=bool(given.get("platform_reference")))
        self.emit(company, "vendor_created", {"id": row["body"]["airbase_id"]})
        return str(row["body"]["airbase_id"])

    def act_add_entry(self, given: Mapping[str, Any]) -> str:
        """Any ledger entry: company; type, status, total_amount, vendor (supplier number) and every recorded member."""
        company = self.world.company(given["company"]).key
        values = {name: value for name, value in given.items() if name != "company"}
        if isinstance(values.get("vendor"), str):
            values["vendor"] = self._vendor(company, values["vendor"])
        return str(self.add_entry(company, values)["body"]["airbase_id"])

    def add_vendor(self, company: str, values: Mapping[str, Any], *, platform_reference: bool = False) -> Row:
        """A vendor that was made in Airbase."""
        main = self.rows("subsidiaries", company)[0]["body"]
        subsidiaries = [{name: main[name] for name in ("airbase_id", "erp_reference_id")}]
        body = {"erp_reference_id": "", "erp_parent_reference_id": None, "is_active": True, "email": None, "tax_id": ""}
        row = self.stored("vendors", company, {**body, "subsidiary_reference_ids": subsidiaries, **values})
        row |= {"_born_here": True, "_brief_members": ("tax_id",)}
        if platform_reference:
            row["_platform_reference"] = self.new_id()
        return row

    # what is meant

    def _bill(self, given: Mapping[str, Any]) -> Row:
        company, wanted = self.world.company(given["company"]).key, str(given["bill"])
        for table in ("bills", "ledger_entries"):
            row = self.found(table, company, airbase_id=wanted) or self.found(table, company, reference=wanted)
            if row is not None:
                return row
        raise KeyError(f"{company} has no bill {wanted}")

    def _payment(self, given: Mapping[str, Any]) -> Row:
        company, wanted = self.world.company(given["company"]).key, str(given["payment"])
        row = self.found("ledger_entries", company, airbase_id=wanted)
        if row is None or row["body"]["type"] not in PAYMENT_TYPES:
            raise KeyError(f"{company} has no payment {wanted}")
        return row

    def _undo(self, row: Row) -> None:
        """The bills of a payment that came to nothing are open again."""
        for bill in self.rows("bills", row["_company"]):
            left = [one for one in bill["body"]["payments"] if one["airbase_id"] != row["body"]["airbase_id"]]
            if len(left) < len(bill["body"]["payments"]):
                status = "partially_paid" if left else "unpaid"
                self.changed("bills", bill, {**bill["body"], "payments": left, "payment_status": status})

    def _vendor(self, company: str, wanted: str) -> dict[str, Any]:
        known = self.vendor_of(company, wanted, "") or self.vendor_of(company, "", wanted)
        if known is None:
            raise KeyError(f"{company} has no vendor {wanted}; push or create it first")
        return known

    def _born_here(self, company: str, given: Mapping[str, Any]) -> Row:
        own = self.world.company(company)
        total, currency = str(given["total_amount"]), given.get("currency", own.currency)
        line = {
            "line_number": 1,
            "receipt_link": None,
            "account": self._account(company, str(given.get("account") or _expense(own))),
            "amount": total,
            "tags": given.get("tags", []),
            "description": given.get("description", ""),
            "amortization_start_date": None,
            "amortization_end_date": None,
        }
        payable = next(a for a in own.accounts if a.kind == "Liability")
        return self.add_entry(
            company,
            {
                "type": "bill",
                "vendor": self._vendor(company, str(given["vendor"])),
                "invoice_number": given.get("invoice_number"),
                "ap_account": {"erp_reference_id": payable.number, "name": payable.description},
                "total_amount": total,
                "currency": {"erp_reference_id": currency, "iso_code": currency},
                "expense_list": given.get("expense_list", [line]),
            },
        )

    def _account(self, company: str, number: str) -> dict[str, str]:
        """An account as entries refer to it, known to Airbase or not."""
        known = next((a for a in self.world.company(company).accounts if a.number == number), None)
        return {"erp_reference_id": number, "name": known.description if known else ""}

    def _cash_account(self, company: str) -> str:
        """The company's bank account: the second of its assets."""
        return [a for a in self.world.company(company).accounts if a.kind == "Asset"][1].number


def _expense(company: Any) -> str:
    return str(next(a.number for a in company.accounts if a.kind == "Expense"))


def _table(row: Row) -> str:
    """Where a bill stands: among those that were pushed, or among the ledger entries."""
    return "bills" if "payment_status" in row["body"] else "ledger_entries"

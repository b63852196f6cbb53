"""Ledger entries, payments (the same rows by another path), reporting back, and the onboarding session."""

from __future__ import annotations

from typing import Any, Final

from integrations.sandbox.kernel import Reply, Request, Row, json_reply, new_row, route

from .base import PREFIX
from .documents import Documents
from .errors import detail, invalid, json_object

PAYMENT_TYPES: Final = frozenset({"bill_payment", "reimbursement_payment"})
READY, COMPLETE = "sync_ready", "sync_complete"


class Ledger(Documents):
    """What was spent and paid, to be booked in the ERP."""

    @route("GET", f"{PREFIX}/ledger_entries")
    def entries(self, request: Request) -> Reply:
        """Entries of `status`; without it only those that wait to be booked."""
        return self.page(request, self._with_status(request))

    @route("GET", f"{PREFIX}/payments")
    def payments(self, request: Request) -> Reply:
        """The payments among the entries."""
        return self.page(request, [r for r in self._with_status(request) if r["body"]["type"] in PAYMENT_TYPES])

    def _with_status(self, request: Request) -> list[Row]:
        wanted = request.args.get("status", READY)
        return [row for row in self.rows("ledger_entries") if row["body"]["status"] == wanted]

    @route("GET", f"{PREFIX}/ledger_entries/<airbase_id>")
    @route("GET", f"{PREFIX}/payments/<airbase_id>")
    def entry(self, request: Request, airbase_id: str) -> Reply:
        """One entry, whatever its status."""
        return json_reply(200, self.shown(self.row("ledger_entries", airbase_id)))

    @route("PATCH", f"{PREFIX}/ledger_entries/<airbase_id>")
    @route("PATCH", f"{PREFIX}/payments/<airbase_id>")
    def report(self, request: Request, airbase_id: str) -> Reply:
        """The ERP's result. After completion the same again changes nothing; another number is refused."""
        row, values = self.row("ledger_entries", airbase_id), json_object(request.get_data())
        reported = new_row(
            key=f"{row['_company']}/{self.store.next('sync_report')}",
            body={"entry": airbase_id, "at": self.written_at(), **values},
            received_at=self.clock(),
            business_number=str(values.get("erp_reference_id") or ""),
            _company=row["_company"],
        )
        self.store.table("sync_reports").add(reported)
        body = dict(row["body"])
        status = values.get("status", body["status"])
        if status not in {body["status"], READY, COMPLETE, self.options["failure_status"]}:
            raise invalid({"status": [f'"{status}" is not a valid choice.']})
        if body["status"] == COMPLETE:
            wanted = values.get("erp_reference_id", body["erp_reference_id"])
            if status != COMPLETE or wanted != body["erp_reference_id"]:
                raise invalid({"detail": ["This entry is already synced."]})
            return json_reply(200, self.shown(row))
        if body["status"] == self.options["void_status"]:
            raise invalid({"detail": ["This entry was voided."]})
        for name in ("erp_reference_id", "erp_url", "error_message"):
            if name in values:
                body[name] = values[name]
        body["status"] = status
        self.changed("ledger_entries", row, body)
        return json_reply(200, self.shown(row))

    @route("POST", f"{PREFIX}/entity/sync")
    def sync_start(self, request: Request) -> Reply:
        """Begin the first import; refused once a company is past it."""
        action = json_object(request.get_data()).get("action")
        if action != "START":
            raise invalid({"action": [f'"{action}" is not a valid choice.']})
        if self._onboarded():
            return detail(409, "GL onboarding is already completed.")
        company = self.tenant.company.key
        self.store.table("sync_sessions").add(new_row(key=company, body={}, received_at=self.clock()))
        return json_reply(200, {"action": "START"})

    @route("PATCH", f"{PREFIX}/entity/sync")
    def sync_complete(self, request: Request) -> Reply:
        """End it."""
        action = json_object(request.get_data()).get("action")
        if action != "COMPLETE":
            raise invalid({"action": [f'"{action}" is not a valid choice.']})
        company, sessions = self.tenant.company.key, self.store.table("sync_sessions")
        if company not in sessions:
            return detail(404, "No active sync session found.")
        del sessions[company]
        self.store.table("onboarded").add(new_row(key=company, body={}, received_at=self.clock()))
        return json_reply(200, {"action": "COMPLETE"})

    def _onboarded(self) -> bool:
        return bool(self.options["onboarding_completed"]) or self.tenant.company.key in self.store.table("onboarded")

    def add_entry(self, company: str, values: dict[str, Any]) -> Row:
        """A new ledger entry: the recorded members, with `values` over them."""
        own = self.world.company(company)
        currency = values.get("currency") or {"erp_reference_id": own.currency, "iso_code": own.currency}
        money = {"amount": values.get("total_amount", "0"), "currency": currency}
        subsidiary = self.rows("subsidiaries", company)[0]["body"]
        body: dict[str, Any] = {
            "erp_reference_id": None,
            "erp_url": None,
            "url": "",
            "airbase_url": "",
            "type": "bill",
            "status": READY,
            "error_message": "",
            "spend_owner": {"name": own.contact.name, "email": own.contact.email},
            "subsidiary": {name: subsidiary[name] for name in ("erp_reference_id", "name")},
            "credit_mode": "accounts_payable",
            "vendor": None,
            "employee": None,
            "invoice_number": None,
            "bank_account": None,
            "ap_account": None,
            "applied_to": None,
            "receipt_link": None,
            "entry_date": self.moment(self.clock()),
            "payment_entry_date": None,
            "currency": currency,
            "total_amount": "0",
            "transaction_tags": [],
            "notes": "",
            "is_amortized": False,
            "amortization_account": None,
            "amortization_start_date": None,
            "amortization_end_date": None,
            "expense_list": [],
            "amounts": {
                "amount": money,
                "transaction_amount": money,
                "settlement_amount": values.get("settlement_amount"),
                "subsidiary_amount": values.get(
                    "subsidiary_amount", money if currency["iso_code"] == own.currency else None
                ),
            },
            **{name: value for name, value in values.items() if name not in {"settlement_amount", "subsidiary_amount"}},
        }
        row = self.stored("ledger_entries", company, body)
        url = f"https://app.airbase.example/ledger/{row['body']['airbase_id']}"
        row["body"] |= {"url": url, "airbase_url": url}
        return row

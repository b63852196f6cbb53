"""The Airbase simulator as a whole: what it starts with, and its description for GET /_control/."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.world import Company

from .actions import Actions
from .base import tenant_of

FIRST_VENDORS = 2
OPTIONS = {
    "mode": "brief (Bearer, tenant base URL, bills, purchase_orders, payments, employees, GET tags) or evidence "
    "(Token, shared base URL; those answer 404, GET tags 405; payments are ledger entries)",
    "scheme": 'word before the key; "" = that of the mode',
    "paths": '{"bills": "/v1/ap/bills/"}: resources that stand elsewhere; the default path is gone then',
    "names": "both, old (id, url, created_in_platform) or new (airbase_id, airbase_url, created_in_airbase)",
    "page_size, max_page_size, next_form": "rows a page; pagination.next as url or number",
    "rate_limit, rate_window, retry_after": "calls in a window of so many seconds; whether a 429 has Retry-After",
    "accounts_writable": "false: writes to accounts, tags and subsidiaries answer 403",
    "bulk_match": "erp_reference_id: a row without airbase_id updates its namesake; airbase_id: refused",
    "bulk_order": "shuffled, or sent",
    "account_types": "list of accepted account types; empty: any",
    "failure_status": "what a client may report besides sync_complete and sync_ready",
    "void_status, void_form, failed_status": "status of a voided and of a failed payment; form entry: a new one",
    "applied_amounts": "whether applied_to tells amount and erp_reference_id; null: brief yes, evidence no",
    "date_form": "seconds or microseconds; never an offset",
    "onboarding_completed": "true: entity/sync START answers 409, COMPLETE 404",
    "webhook_retries, webhook_retry_seconds": "tries after an answer that is not 2xx",
    "webhook_signature_header, webhook_signature_form": "for endpoints with a secret; hex, HEX, sha256=hex or base64",
}


class AirbaseSimulator(Actions):
    """Airbase: master data and documents in, ledger entries out."""

    def seed(self) -> None:
        """Subsidiaries, currencies, two linked vendors, two made in Airbase; no accounts, tags, documents."""
        for company in self.world.companies:
            self._seed_company(company)

    def _seed_company(self, company: Company) -> None:
        key = company.key
        for code in dict.fromkeys((company.currency, "EUR", "USD", "SEK", "NOK", "DKK")):
            self.stored("currencies", key, {"iso_code": code, "erp_reference_id": "", "name": f"{code} (from a bill)"})
            self.stored("currencies", key, {"iso_code": code, "erp_reference_id": code, "name": code})
        for branch in company.branches:
            subsidiary = {"erp_reference_id": branch.number, "name": branch.name, "iso_code": company.country}
            self.stored("subsidiaries", key, {**subsidiary, "erp_currency_reference_id": company.currency})
        person = {"name": company.contact.name, "email": company.contact.email, "erp_reference_id": "E1"}
        self.stored("employees", key, {**person, "is_active": True})
        suppliers = [s for s in self.world.suppliers if s.company == key]
        for supplier in suppliers[:FIRST_VENDORS]:
            row = self.add_vendor(key, {"name": supplier.name, "erp_reference_id": supplier.number})
            row["_born_here"] = False
        twin = next(s for s in suppliers[FIRST_VENDORS:] if s.vat_number and s.status == "Active")
        values = {"name": twin.name.upper(), "tax_id": twin.vat_number, "email": twin.contact.email}
        self.add_vendor(key, values)
        self.add_vendor(key, {"name": f"Pop-up Catering {company.address.city}", "tax_id": ""}, platform_reference=True)

    def describe(self) -> dict[str, Any]:
        """Keys, base URLs, options, and what a bill looks like."""
        return {
            "credentials": {
                tenant.company.key: {
                    "base URL (brief)": f"/airbase/{tenant.slug}",
                    "base URL (evidence)": "/airbase",
                    "api_key": tenant.api_key,
                    "api_key (read only)": tenant.read_only_key,
                }
                for tenant in map(tenant_of, self.world.companies)
            },
            "option_meaning": OPTIONS,
            "documents": "bills and purchase_orders need erp_reference_id, vendor {airbase_id | erp_reference_id}, "
            "total_amount (decimal string); currency {iso_code}, entry_date, expense_list [{line_number, account, "
            "amount, tags, description}] are checked, all else is kept as sent. A client may set status to closed",
            "events": "bill_approved, bill_rejected, payment_approved, payment_voided, payment_failed, vendor_created; "
            "data is {id: airbase_id}",
        }

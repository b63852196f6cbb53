"""The Basware simulator as a whole, with its description for GET /_control/."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .actions import Actions
from .kinds import KINDS
from .tenants import REGIONS

OPTIONS = {
    "regions": '{"SE": "au"}: moves a tenant to another region; the others do not know its clients',
    "token_lifetime": "seconds a token lives: 300 to 86400",
    "processing_delay, processing_jitter, intake_delay": "seconds from 200 to P2P, and at most so many more; seconds "
    "until an invoice is an accounting document",
    "fail_every, outcomes": 'every n-th record fails; {externalCode: {"status": "Error", "message": …}}: late errors. '
    "Statuses: Error, Warning, RecordExpired, Unpublished, NotProcessed",
    "lose_intake": "so many of the next invoices are taken and never become documents; the same again is taken anew",
    "expire_seconds": "a record that is overtaken within this time is RecordExpired",
    "line_busy_seconds": "a matching-order line that was patched answers 503 for so long",
    "rate_limit, rate_window, rate_headers, retry_after": "calls in a window of so many seconds; X-RateLimit-* on "
    "answers; whether a 429 has Retry-After",
    "storage_host": "other: redirects go to another name of this machine; same: to the same",
    "redirects": "lists that answer 302: accountingDocuments, exportedPurchaseOrders; attachments always do",
    "url_lifetime": "seconds a pre-signed URL lives",
    "status_feature": "false: GET accountingDocuments/status finds nothing",
    "attachments": "false: documents never list attachments",
    "p2p_intake_path": 'accept invoices by POST here, as "/v1/invoiceIntake"; "" = only the Network takes them',
    "intake_fields": '{"invoiceNumber": ["path.in.payload"]}: where payload templates put members',
    "webhook_signature_form": "hex, HEX, sha256=hex or base64",
    "webhook_retries, webhook_retry_seconds, webhook_copies": "tries after an answer that is not 2xx; the same twice",
    "misspell_task_type": "AccoutingDocuments, as the vendor's sample has it",
}


class BaswareSimulator(Actions):
    """Basware: master data, orders and invoices in; documents, statuses and notifications out."""

    ticks_itself = True

    def entities(self) -> Iterable[str]:
        """API layer by kind; `p2p` is what processing let through, with how often."""
        return (
            *KINDS, "p2p", "requestStatus", "accountingDocuments", "exportedPurchaseOrders", "invoices",
            "subscriptions", "tasks", "notifications",
        )  # fmt: skip

    def describe(self) -> dict[str, Any]:
        """Clients, hosts, codes and the meaning of the options."""
        return {
            "hosts": {region: f"/basware/{region}" for region in REGIONS} | {"network": "/basware/network"},
            "credentials": {
                tenant.company.key: {
                    "region": self.region_of(tenant.company.key),
                    "client_id": tenant.clients[0].client_id,
                    "client_id (read only)": tenant.clients[1].client_id,
                    "client_secret": tenant.clients[0].secret,
                    "network user": tenant.network.client_id,
                    "network password": tenant.network.secret,
                    "company codes": sorted(tenant.codes),
                }
                for tenant in self.tenants.values()
            },
            "option_meaning": OPTIONS,
            "entities": {
                "p2p": "what P2P has: {kind, externalCode, processed (how often), content}; an order is visible once "
                "it has a line",
                "accountingDocuments": "status beside the body is that of GET accountingDocuments/status",
                "invoices": "what came in, by bumId or externalCode",
            },
        }

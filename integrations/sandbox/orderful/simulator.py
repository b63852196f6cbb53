"""The Orderful simulator as a whole, with its description for GET /_control/."""

from __future__ import annotations

from typing import Any

from .directory import ONBOARDING
from .inbound import SETTINGS, Inbound
from .lifecycle import OUTCOMES

OPTIONS = {
    "validation_delay, send_delay, delivery_delay, acknowledgment_delay, overdue_delay": "seconds between the steps "
    "PROCESSING -> VALID, -> SENT, -> DELIVERED, -> acknowledged or OVERDUE; v4 is validated at once",
    "outcomes": f"{{business number: outcome}} for transactions posted later; outcomes: {', '.join(OUTCOMES)}",
    "fail_every, delivery_fail_every, reject_every, overdue_every, accept_with_errors_every": "every n-th transaction; "
    "0 = never. fail_every: FAILED on v4, INVALID on v3",
    "unknown_property": "a member that no Mosaic shape knows: refuse (400), fail (202 FAILED) or ignore",
    "strict": "false ignores unknown members of Mosaic documents",
    "relationship_failure": "refuse (an error status) or unprocessed (v3 201, v4 202 FAILED; no transaction appears)",
    "relationship_status, missing_key_status, wrong_key_status": "status of a refusal, where public evidence is silent",
    "second_acknowledgment_status, second_confirm_status": "the same for what may be done only once",
    "filters": "documented, or only_business_number: other filters of GET /v3/transactions are refused",
    "page_size": "transactions a page",
    "inbound_channel": "inbox (v4) or bucket (v3) for documents that do not say",
    "undocumented_v2": "serve GET /v2/transactions/{id}/validations",
}


class OrderfulSimulator(Inbound):
    """Orderful: transactions out by v4 or v3, documents in by inbox or bucket."""

    def describe(self) -> dict[str, Any]:
        """Credentials, ids of mailboxes, meaning of the options, and how to put documents in."""
        return {
            "credentials": {
                organization.company: {
                    "orderful-api-key": organization.api_key,
                    "orderful-api-key (read only)": organization.read_only_key,
                    "inbox_id": organization.inbox_id,
                    "bucket_id": organization.bucket_id,
                    "isa_id": organization.account.live,
                    "test_isa_id": organization.account.test,
                    "trading_partners": self._partners(organization.company, "supplier"),
                    "customers": self._partners(organization.company, "customer"),
                    "onboarding_partner": self._partners(organization.company, "onboarding")[0],
                }
                for organization in self.directory.organizations.values()
            },
            "onboarding_relationships": {set_id: status or "none" for set_id, status in ONBOARDING.items()},
            "option_meaning": OPTIONS,
            "entities": {
                "transactions": "what was posted; key = transaction id",
                "relationships": 'key = "SENDER>RECEIVER:850"; mutate status and autoSend here',
                "inbox": "inbound documents that wait; leave when accepted or failed",
                "confirmed": "inbound documents that were accepted or failed",
                "unprocessed": "posted documents that never became a transaction, with the reason",
            },
            "mutate": {
                "inbox, key null": {"creates": "`count` inbound documents", "set": SETTINGS},
                "transactions": 'set "statuses.validation", "statuses.delivery" or "statuses.acknowledgment": ends the '
                'planned course; {"send": true} presses Send where autoSend is DISABLED',
            },
        }

    def _partners(self, company: str, kind: str) -> list[str]:
        return [partner.live for partner in self.directory.partners_of(company, kind=kind)]

"""The Cleo simulator as a whole, with its description for GET /_control/."""

from __future__ import annotations

from typing import Any

from .inbound import SETTINGS, Inbound

OPTIONS = {
    "token_lifetime, expires_in": "seconds a token lives; whether the answer says so",
    "login_error_status": "status of a wrong user name or password",
    "lockout, lockout_failures, lockout_window, lockout_seconds": "so many wrong logins in the window lock: 403",
    "mailbox_user": "true: every user is a mailbox account, admin resources answer 403",
    "basic_auth": "accept HTTP Basic, as self-hosted Harmony does",
    "default_count, max_count": "page size without `count`, and at most",
    "link_prefix": "true: hrefs start with /cleo/api/; false: with /api/, as on a tenant of its own",
    "list_paths": "default, or moved: folders, files and events stand under /api/portal/",
    "overwrite": "upload of an existing name: refuse (409), overwrite, version (stored as `name (1)`)",
    "pickup_seconds": "after this the Data Flow takes an uploaded file away from the folder; 0 = it stays",
    "half_written_every, half_written_seconds": "every n-th inbound file has size 0 at first",
    "list_twice_every": "every n-th inbound file is listed twice",
    "auto_997, answer_delay": "answer every uploaded interchange by TA1, 997 or CONTRL after this many seconds",
    "reject_every": "every n-th acknowledged group (EDIFACT: interchange) is rejected",
    "duplicate_policy": "a used ISA13 or UNB 0020: flag (event and body.duplicate_control_number) or reject "
    "(TA1 025, CONTRL 26)",
    "action_failures, action_failure_every": "aliases of actions that fail; every n-th run of an action fails",
}


class CleoSimulator(Inbound):
    """Cleo: log in, upload and download files, and the admin resources."""

    def describe(self) -> dict[str, Any]:
        """Users, folders, meaning of the options, and how to put files in."""
        partners: dict[str, list[str]] = {}
        for partner in self.partners:
            partners.setdefault(partner.company, []).append(partner.isa_id)
        return {
            "credentials": {
                company.key: {
                    "username": f"ml-connector-{company.key.lower()}",
                    "username (mailbox only: no admin resources)": f"mailbox-{company.key.lower()}",
                    "username (no Portal permission)": f"sftp-only-{company.key.lower()}",
                    "username (password expired)": f"expired-{company.key.lower()}",
                    "password": next(iter(self.users.values())).password,
                    "isa_id": company.isa_id,
                    "test_isa_id": company.test_isa_id,
                    "trading_partners": partners.get(company.key, []),
                }
                for company in self.world.companies
            },
            "folders": "/<ISA id>/upload/<set>, /<ISA id>/download/<set>; mixed interchanges in /<ISA id>/download; "
            "supplier master data in /<ISA id>/upload/partners and /<ISA id>/download/partners",
            "option_meaning": OPTIONS,
            "entities": {
                "files": "key = path; uploaded and inbound files, deleted ones are gone",
                "folders": "key = path; mutate allowedFileTypes (a regular expression) here",
                "connections, actions, authenticators, certs": "key = id",
                "events": "what GET /api/events shows",
                "authentications": "every login with its result",
            },
            "mutate": {"inbound, key null": {"creates": "`count` files", "set": SETTINGS}},
        }

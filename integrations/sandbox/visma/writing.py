"""What writes share: collected errors, references that have to exist, partial changes of nested objects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from integrations.sandbox.kernel import Reply, Row
from integrations.sandbox.visma import parts
from integrations.sandbox.visma.base import VismaBase
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.problems import refuse
from integrations.sandbox.world.companies import exchange_rate
from integrations.sandbox.world.identifiers import guid
from integrations.sandbox.world.names import COUNTRY_NAMES

ACTION_DONE, ACTION_FAILED, ACTION_QUEUED = "Done", "Failed", "Queued"
QUEUE_EVERY = 4


class Writing(VismaBase):
    """Helpers for endpoints that write."""

    def prepare(self) -> None:
        """No errors yet."""
        super().prepare()
        self.errors: list[str] = []

    def begin(self) -> None:
        """Start to collect errors of one write."""
        self.errors = []

    def end(self, summary: str) -> None:
        """Refuse with 400 and all collected errors in one string, if there are any."""
        if self.errors:
            errors, self.errors = self.errors, []
            refuse(self.business(400, summary, *errors))

    def need(self, entity: str, key: str, caption: str) -> Row | None:
        """The row with this key; a missing one is an error with the caption of the screen, not the JSON name."""
        row = self.find(entity, key)
        if row is None:
            self.errors.append(f"{caption} '{key}' cannot be found in the system.")
        return row

    def refer(self, body: Json, name: str, entity: str, key: str, caption: str) -> None:
        """Set `{id, description}` from a reference table."""
        row = self.need(entity, key, caption)
        if row is not None:
            body[name] = {"id": key, "description": row["body"].get("description", "")}

    def account_reference(self, number: str) -> Json | None:
        """`{type, number, description}` of an active account; an error otherwise."""
        row = self.need("account", number, "Account")
        if row is None:
            return None
        if not row["body"]["active"]:
            self.errors.append(f"Account '{number}' is inactive.")
        return {"type": row["body"]["type"], "number": number, "description": row["body"]["description"]}

    def vat_reference(self, vat_id: str, *, name: str = "id") -> Json | None:
        """A VAT code or category as a reference; an error when it does not exist."""
        row = self.need("vat", vat_id, "TaxCategoryID")
        return None if row is None else {name: vat_id, "description": row["body"]["description"]}

    def subaccount_reference(self, segments: list[Json], old: Json | None) -> Json | None:
        """The subaccount that segment values make, with the old values for segments that are not named."""
        values = {s["segmentId"]: s["segmentValue"] for s in (old or {}).get("segments", [])}
        values |= {s.get("segmentId"): s.get("segmentValue") for s in segments}
        known = {(s.segment, s.value): s for s in self.company.segments}
        for number, value in values.items():
            if (number, value) not in known:
                self.errors.append(f"Subaccount segment {number} '{value}' cannot be found in the system.")
                return old
        body = parts.subaccount(self.company, values.get(1, self.company.segments[0].value))
        if (project := known.get((2, values.get(2, "")))) is not None:
            body["segments"][1] |= {"segmentValue": project.value, "segmentValueDescription": project.description}
            body["subaccountNumber"] = f"{body['segments'][0]['segmentValue']}-{project.value}"
        return body

    def branch_reference(self, number: str) -> Json:
        """A branch; an error and the main one when it does not exist."""
        try:
            return parts.branch(self.company, number)
        except KeyError:
            self.errors.append(f"Branch '{number}' cannot be found in the system.")
            return parts.branch(self.company, "1")

    def rate_of(self, currency: str) -> float:
        """Today's exchange rate to the company's currency; an error for an unknown currency."""
        if self.need("currency", currency, "Currency") is None:
            return 1.0
        return float(exchange_rate(currency, self.company.currency))

    def period_error(self, period: str) -> str | None:
        """Why nothing can be posted into a financial period (YYYYMM), or None."""
        row = self.find("financialPeriod", period)
        shown = f"{period[4:]}-{period[:4]}"
        if row is None:
            return f"Financial period '{shown}' cannot be found in the system."
        closed = row["body"]["closedInSupplierLedger"]
        return f"The {shown} financial period is closed in Supplier ledger." if closed else None

    def attributes(self, body: Json, lines: Iterable[Json]) -> None:
        """Set attribute values by id."""
        present = {entry["id"]: entry for entry in body["attributes"]}
        for line in lines:
            name = str(line.get("attributeId") or "")
            present[name] = {"id": name, "value": line.get("attributeValue") or "", "description": name}
        body["attributes"] = list(present.values())

    # actions

    def action_reply(self, result: str, error: str = "") -> Reply:
        """200 with the action's result, which may be Failed."""
        return Reply(200, {"actionId": guid(self.rng), "actionResult": result, "errorInfo": error})

    def vat_zones(self) -> dict[str, Json]:
        """The VAT zones of the caller's company by id."""
        zones = [parts.vat_zone(self.company, domestic=domestic) for domestic in (True, False)]
        return {zone["id"]: zone for zone in zones}

    def act(self, row: Row, action: str, error: str | None) -> Reply:
        """Run an action now, queue it, or fail, as `release_result` says; `error` is a reason in the data itself."""
        wanted: str = self.options["release_result"]
        if error is not None:
            return self.action_reply(ACTION_FAILED, error)
        if wanted == ACTION_FAILED:
            return self.action_reply(ACTION_FAILED, "The operation could not be completed. Please try again.")
        if wanted == "auto":
            wanted = ACTION_QUEUED if self.store.next("actions") % QUEUE_EVERY == 0 else ACTION_DONE
        if wanted == ACTION_QUEUED:
            due = self.clock() + timedelta(seconds=float(self.options["queue_seconds"]))
            number = self.store.next("queued")
            pending = {"key": row["key"], "action": action, "due": due.timestamp()}
            self.store.table("pendingAction").add(
                {"key": str(number), "business_number": row["business_number"], "received_at": "", "body": pending}
            )
            return self.action_reply(ACTION_QUEUED)
        self.run_action(row, action)
        return self.action_reply(ACTION_DONE)

    def run_action(self, row: Row, action: str) -> None:
        """Do what a queued action does; the groups of endpoints extend this by their actions."""
        raise LookupError(f"unknown action {action}")

    def tick(self) -> None:
        """Queued actions whose time has come."""
        super().tick()
        table, now = self.store.table("pendingAction"), self.clock().timestamp()
        for pending in [row for row in table.values() if row["body"]["due"] <= now]:
            del table[pending["key"]]
            entity = pending["body"]["action"].partition(".")[0]
            row = self.store.table(entity).get(pending["body"]["key"])
            if row is not None:
                self.run_action(row, pending["body"]["action"])


def apply(body: Json, values: Json, names: Iterable[str]) -> None:
    """Take over members that have the same name in reads and writes. Null clears."""
    for name in names:
        if name in values:
            body[name] = "" if values[name] is None else values[name]


def apply_address(body: Json, name: str, value: Any) -> None:
    """Change the named parts of an address."""
    if not isinstance(value, dict):
        return
    current: Json = {**(body.get(name) or {})}
    apply(current, value, ("addressLine1", "addressLine2", "addressLine3", "postalCode", "city", "overrideAddress"))
    if value.get("countryId"):
        code = value["countryId"]
        current["country"] = {"id": code, "name": COUNTRY_NAMES.get(code, code)}
    if value.get("county"):
        current["county"] = {"id": value["county"], "name": value["county"]}
    body[name] = current


def apply_contact(body: Json, name: str, value: Any) -> None:
    """Change the named parts of a contact."""
    if not isinstance(value, dict):
        return
    current: Json = {**(body.get(name) or {})}
    apply(current, value, ("name", "attention", "email", "web", "phone1", "phone2", "fax", "overrideContact"))
    body[name] = current

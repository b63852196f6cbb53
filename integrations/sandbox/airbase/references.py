"""Vendors, accounts, subsidiaries, currencies, tags and employees: lists, writes and bulk upserts."""

from __future__ import annotations

from typing import Any, Final

from integrations.sandbox.kernel import Refusal, Reply, Request, Row, json_reply, route

from . import fields
from .base import PREFIX, AirbaseBase
from .errors import REQUIRED, UNKNOWN, Errors, invalid, json_object

BULK_LIMIT: Final = 100
REQUIRED_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "vendors": ("name",),
    "accounts": ("name", "erp_reference_id", "type"),
    "subsidiaries": ("name", "erp_reference_id", "iso_code"),
    "currencies": ("iso_code",),
    "tags": ("name", "erp_reference_id"),
}
_TEXTS: Final[dict[str, bool]] = {
    "name": False, "type": False, "category": True, "account_number": True, "iso_code": False, "type_label": False,
    "tax_id": True, "email": True,
}  # fmt: skip
BLANK_BODIES: Final[dict[str, dict[str, Any]]] = {
    "vendors": {"erp_reference_id": "", "erp_parent_reference_id": None, "name": "", "is_active": True, "email": None,
                "tax_id": "", "subsidiary_reference_ids": []},
    "accounts": {"erp_reference_id": "", "name": "", "type": "", "category": "", "account_number": "",
                 "is_active": True, "erp_currency_reference_id": "", "subsidiary_reference_ids": []},
    "subsidiaries": {"erp_reference_id": "", "name": "", "iso_code": "", "erp_currency_reference_id": ""},
    "currencies": {"erp_reference_id": "", "iso_code": "", "name": ""},
    "tags": {"erp_reference_id": "", "name": "", "type_label": "Tag", "is_active": True,
             "subsidiary_reference_ids": []},
}  # fmt: skip
BRIEF_MEMBERS: Final = {"vendors": ("tax_id",)}
"""Members that no recording shows."""


def resource_of(request: Request) -> str:
    """The resource in the path: "vendors"."""
    return (request.route.rule if request.route else "").removeprefix(f"{PREFIX}/").partition("/")[0]


class References(AirbaseBase):
    """Master data. `clean` turns what was sent into a body, for single writes and bulk upserts alike."""

    @route("GET", f"{PREFIX}/vendors")
    @route("GET", f"{PREFIX}/accounts")
    @route("GET", f"{PREFIX}/subsidiaries")
    @route("GET", f"{PREFIX}/currencies")
    @route("GET", f"{PREFIX}/tags")
    @route("GET", f"{PREFIX}/employees")
    @route("GET", f"{PREFIX}/bills")
    @route("GET", f"{PREFIX}/purchase_orders")
    def listed(self, request: Request) -> Reply:
        """A page; erp_reference_id filters exactly, its empty value finds what is not linked."""
        rows = self.rows(resource_of(request))
        for name in ("erp_reference_id", "status"):
            wanted = request.args.get(name)
            if wanted is not None:
                rows = [row for row in rows if (row["body"].get(name) or "") == wanted]
        return self.page(request, rows)

    @route("GET", f"{PREFIX}/vendors/<airbase_id>")
    @route("GET", f"{PREFIX}/accounts/<airbase_id>")
    @route("GET", f"{PREFIX}/subsidiaries/<airbase_id>")
    @route("GET", f"{PREFIX}/bills/<airbase_id>")
    @route("GET", f"{PREFIX}/purchase_orders/<airbase_id>")
    def one(self, request: Request, airbase_id: str) -> Reply:
        """One row."""
        return json_reply(200, self.shown(self.row(resource_of(request), airbase_id)))

    @route("POST", f"{PREFIX}/vendors")
    @route("POST", f"{PREFIX}/accounts")
    @route("POST", f"{PREFIX}/subsidiaries")
    @route("POST", f"{PREFIX}/currencies")
    @route("POST", f"{PREFIX}/tags")
    @route("POST", f"{PREFIX}/bills")
    @route("POST", f"{PREFIX}/purchase_orders")
    def create(self, request: Request) -> Reply:
        """A new row; a used erp_reference_id is refused."""
        resource = resource_of(request)
        body, errors = self.clean(resource, json_object(request.get_data()), None)
        if errors:
            raise invalid(errors)
        return json_reply(201, self.shown(self.insert(resource, body)))

    @route("PATCH", f"{PREFIX}/vendors/<airbase_id>")
    @route("PATCH", f"{PREFIX}/accounts/<airbase_id>")
    @route("PATCH", f"{PREFIX}/subsidiaries/<airbase_id>")
    @route("PATCH", f"{PREFIX}/bills/<airbase_id>")
    @route("PATCH", f"{PREFIX}/purchase_orders/<airbase_id>")
    def change(self, request: Request, airbase_id: str) -> Reply:
        """Change what is sent; everything else stays."""
        resource = resource_of(request)
        row = self.row(resource, airbase_id)
        body, errors = self.clean(resource, json_object(request.get_data()), row)
        if errors:
            raise invalid(errors)
        return json_reply(200, self.shown(self.changed(resource, row, body)))

    @route("POST", f"{PREFIX}/vendors/bulk_upsert")
    @route("POST", f"{PREFIX}/accounts/bulk_upsert")
    @route("POST", f"{PREFIX}/tags/bulk_upsert")
    @route("POST", f"{PREFIX}/bills/bulk_upsert")
    @route("POST", f"{PREFIX}/purchase_orders/bulk_upsert")
    def bulk_upsert(self, request: Request) -> Reply:
        """At most 100 rows, all or none. What was done is told in another order than it was sent."""
        resource = resource_of(request)
        entities = json_object(request.get_data()).get("entities")
        if not isinstance(entities, list):
            raise invalid({"entities": [REQUIRED]})
        if len(entities) > BULK_LIMIT:
            raise invalid({"entities": [f"Ensure this field has no more than {BULK_LIMIT} elements."]})
        planned, wrong = self._planned(resource, entities)
        if wrong:
            raise Refusal(json_reply(400, {"validation_errors": wrong}))
        answer: dict[str, list[dict[str, Any]]] = {"created": [], "updated": []}
        for row, body in planned:
            done = self.insert(resource, body) if row is None else self.changed(resource, row, body)
            told = {name: done["body"][name] for name in ("airbase_id", "erp_reference_id")}
            answer["created" if row is None else "updated"].append(told)
        if self.options["bulk_order"] == "shuffled":
            for told_of in answer.values():
                self.rng.shuffle(told_of)
                if len(told_of) > 1 and told_of == sorted(told_of, key=lambda one: _sent_at(entities, one)):
                    told_of.reverse()
        return json_reply(200, answer)

    def _planned(
        self, resource: str, entities: list[Any]
    ) -> tuple[list[tuple[Row | None, dict[str, Any]]], list[dict[str, Any]]]:
        company, planned, wrong = self.tenant.company.key, [], []
        seen: set[str] = set()
        for index, values in enumerate(entities):
            if not isinstance(values, dict):
                wrong.append({"index": index, "non_field_errors": ["Invalid data. Expected a dictionary."]})
                continue
            given, reference = str(values.get("airbase_id") or ""), str(values.get("erp_reference_id") or "")
            by_reference = self.options["bulk_match"] == "erp_reference_id"
            row = self.found(resource, company, airbase_id=given, reference=reference if by_reference else "")
            if given and row is None:
                wrong.append({"index": index, "airbase_id": [UNKNOWN]})
                continue
            body, errors = self.clean(resource, values, row)
            if body["erp_reference_id"] and body["erp_reference_id"] in seen:
                errors.setdefault("erp_reference_id", []).append("This value stands in the batch more than once.")
            seen.add(body["erp_reference_id"])
            if errors:
                wrong.append({"index": index, **errors})
            planned.append((row, body))
        return planned, wrong

    def insert(self, resource: str, body: dict[str, Any]) -> Row:
        """A new row of the caller's tenant."""
        row = self.stored(resource, self.tenant.company.key, body)
        row["_brief_members"] = BRIEF_MEMBERS.get(resource, ())
        return row

    def clean(self, resource: str, values: dict[str, Any], row: Row | None) -> tuple[dict[str, Any], Errors]:
        """The body after a write, and what is wrong with it. Unknown members are ignored, as everywhere here."""
        errors: Errors = {}
        body = dict(row["body"]) if row else dict(BLANK_BODIES[resource])
        if row is None:
            fields.required(values, REQUIRED_FIELDS[resource], errors)
        if "erp_reference_id" in values:
            body["erp_reference_id"] = self.reference_id(resource, values, row, errors)
        for name, blank in _TEXTS.items():
            if name in values and name in body:
                body[name] = fields.text(values, name, errors, blank=blank)
        if isinstance(values.get("is_active"), bool) and "is_active" in body:
            body["is_active"] = values["is_active"]
        if "subsidiary_reference_ids" in values and "subsidiary_reference_ids" in body:
            body["subsidiary_reference_ids"] = fields.references(
                values["subsidiary_reference_ids"], "subsidiary_reference_ids", errors, self.subsidiary
            )
        if values.get("erp_currency_reference_id"):
            self.currency(values, errors)
            body["erp_currency_reference_id"] = values["erp_currency_reference_id"]
        types: list[str] = self.options["account_types"]
        if resource == "accounts" and types and body["type"] not in types:
            errors.setdefault("type", []).append(f'"{body["type"]}" is not a valid choice.')
        return body, errors

    def reference_id(self, resource: str, values: dict[str, Any], row: Row | None, errors: Errors) -> str:
        """The erp_reference_id of a write: unique in the tenant, and fixed once it is set."""
        given = fields.text(values, "erp_reference_id", errors, blank=resource in {"vendors", "currencies"})
        before = (row["body"]["erp_reference_id"] or "") if row else ""
        if before and given != before:
            errors.setdefault("erp_reference_id", []).append("This field cannot be changed once it is set.")
        other = self.found(resource, self.tenant.company.key, reference=given)
        if other is not None and other is not row:
            errors.setdefault("erp_reference_id", []).append("This erp_reference_id is already in use.")
        return given

    def subsidiary(self, airbase_id: str, reference: str) -> dict[str, str] | None:
        """A subsidiary as others refer to it."""
        row = self.found("subsidiaries", self.tenant.company.key, airbase_id=airbase_id, reference=reference)
        return {name: row["body"][name] for name in ("airbase_id", "erp_reference_id")} if row else None

    def currency(self, values: dict[str, Any], errors: Errors) -> dict[str, str] | None:
        """The currency of `erp_currency_reference_id`, or of a `currency` object with reference or ISO code."""
        name = "erp_currency_reference_id" if values.get("erp_currency_reference_id") else "currency"
        given = values.get(name)
        reference = given.get("erp_reference_id") if isinstance(given, dict) else given
        iso_code = given.get("iso_code") if isinstance(given, dict) else None
        for row in self.rows("currencies"):
            known = row["body"]
            if known["erp_reference_id"] and (
                known["erp_reference_id"] == reference or (not reference and known["iso_code"] == iso_code)
            ):
                return {"erp_reference_id": known["erp_reference_id"], "iso_code": known["iso_code"]}
        errors.setdefault(name, []).append(UNKNOWN)
        return None


def _sent_at(entities: list[Any], told: dict[str, Any]) -> int:
    for index, sent in enumerate(entities):
        if told["airbase_id"] == sent.get("airbase_id") or told["erp_reference_id"] == sent.get("erp_reference_id"):
            return index
    return 0

"""Registers that documents refer to. Most are not paged; metadata, versions and filters differ from one to the next."""

from __future__ import annotations

import copy
from typing import Any

from integrations.sandbox.kernel import Reply, Request, json_reply, route
from integrations.sandbox.visma.listing import Listing, Query, has_attributes, predicates
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.stamps import rowversion, shown
from integrations.sandbox.visma.writing import Writing, apply

ACCOUNTS = Listing(
    entity="account",
    paged=False,
    windowed=True,
    text={
        "publiccode": "publicCode1",
        "externalcode1": "externalCode1Info.number",
        "externalcode2": "externalCode2Info.number",
        "analysiscode": "analisysCodeInfo.number",
    },
    flags={"active": "active"},
)
SUBACCOUNTS = Listing(entity="subaccount", flags={"active": "active"})
INVENTORY = Listing(
    entity="inventory",
    created=True,
    text={"status": "status", "inventorynumber": "inventoryNumber"},
    contains={"description": "description"},
    special={
        "attributes": has_attributes,
        "inventorytypes": lambda row, wanted: row["body"]["type"] in wanted.split(","),
        "alternateid": lambda row, wanted: any(x["alternateID"] == wanted for x in row["body"]["crossReferences"]),
    },
    hidden={
        "accountInformation": "expandaccountinformation",
        "crossReferences": "expandcrossreference",
        "attachments": "expandattachment",
        "attributes": "expandattribute",
        "supplierDetails": "expandsupplierdetails",
    },
)
WAREHOUSES = Listing(entity="warehouse", modified=False, flags={"active": "active"}, text={"branch": "branch.number"})
BRANCHES = Listing(entity="branch", paged=False, metadata=False, hidden={"bankSettings": "expandbanksettings"})
ORGANIZATIONS = Listing(
    entity="organization",
    paged=False,
    metadata=False,
    hidden={"branches": "expandbranches", "bankSettings": "expandbanksettings"},
)
CURRENCIES = Listing(entity="currency", paged=False, metadata=False, modified=False)
PERIODS = Listing(entity="financialPeriod", paged=False, metadata=False, modified=False)
VAT = Listing(entity="vat", paged=False, windowed=True, metadata=False)
VAT_CATEGORIES = Listing(entity="vatCategory", paged=False, windowed=True, metadata=False, created=True)
PAYMENT_METHODS = Listing(entity="paymentmethod", paged=False, windowed=True, metadata=False)
CASH_ACCOUNTS = Listing(entity="cashaccount", paged=False, windowed=True, metadata=False)
CREDIT_TERMS = Listing(entity="creditTerm", created=True, text={"termsid": "termsId"})
REGISTERS = {
    listing.entity.lower(): listing
    for listing in (
        ACCOUNTS, SUBACCOUNTS, INVENTORY, WAREHOUSES, BRANCHES, ORGANIZATIONS, CURRENCIES, PERIODS, VAT,
        VAT_CATEGORIES, PAYMENT_METHODS, CASH_ACCOUNTS,
    )
}  # fmt: skip
_ACCOUNT_SAME = (
    "active", "accountClass", "currency", "description", "accountGroupCD", "postOption", "publicCode1", "type",
    "useDefaultSub", "taxCategory",
)  # fmt: skip
_ITEM_SAME = ("status", "type", "description", "body", "defaultPrice", "baseUnit", "salesUnit", "purchaseUnit", "note")


class References(Writing):
    """Read everything; write accounts and items."""

    @route("GET", "/v1/account")
    @route("GET", "/v1/subaccount")
    @route("GET", "/v1/inventory")
    @route("GET", "/v1/warehouse")
    @route("GET", "/v1/branch")
    @route("GET", "/v1/organization")
    @route("GET", "/v1/currency")
    @route("GET", "/v1/financialPeriod")
    @route("GET", "/v1/vat")
    @route("GET", "/v1/vatCategory")
    @route("GET", "/v1/paymentmethod")
    @route("GET", "/v1/cashaccount")
    def reference_list(self, request: Request) -> Reply:
        """The list of a register."""
        return self.list_of(request, REGISTERS[self._entity(request)])

    @route("GET", "/v1/account/<number>")
    @route("GET", "/v1/subaccount/<number>")
    @route("GET", "/v1/inventory/<number>")
    @route("GET", "/v1/warehouse/<number>")
    @route("GET", "/v1/branch/<number>")
    @route("GET", "/v1/organization/<number>")
    @route("GET", "/v1/currency/<number>")
    @route("GET", "/v1/financialPeriod/<number>")
    @route("GET", "/v1/vat/<number>")
    @route("GET", "/v1/vatCategory/<number>")
    @route("GET", "/v1/paymentmethod/<number>")
    @route("GET", "/v1/cashaccount/<number>")
    def reference_one(self, request: Request, number: str) -> Reply:
        """One row of a register."""
        entity = REGISTERS[self._entity(request)].entity
        return self.one(entity, self.row(entity, number))

    def _entity(self, request: Request) -> str:
        rule = request.route.rule if request.route else ""
        return rule.split("/")[2].lower()

    @route("GET", "/v1/creditTerm")
    def credit_terms(self, request: Request) -> Reply:
        """Shape B: one object with pageNumber, pageSize, totalCount and records."""
        query = Query(request)
        tests = predicates(CREDIT_TERMS, query, self.zone)
        rows = [row for row in self.rows("creditTerm") if all(test(row) for test in tests)]
        cap = int(self.options["page_cap"] or 500)
        size = min(query.integer("pagesize") or int(self.options["default_page_size"]), cap)
        number = max(query.integer("pagenumber") or 1, 1)
        page = rows[(number - 1) * size : number * size]
        records = []
        for row in page:
            record = self.rendered("creditTerm", row)
            del record["timeStamp"]
            records.append(record)
        body = {"pageNumber": number, "pageSize": size, "totalCount": len(rows), "records": records}
        return json_reply(200, body)

    @route("GET", "/v1/dimension")
    def dimensions(self, request: Request) -> Reply:
        """An array of strings."""
        return json_reply(200, [row["business_number"] for row in self.rows("dimension")])

    @route("GET", "/v1/dimension/<dimension>")
    def dimension_one(self, request: Request, dimension: str) -> Reply:
        """One dimension; values of its segments only with expandSegmentsValues=true."""
        row = self.row("dimension", dimension.upper())
        expand = Query(request).flag("expandsegmentsvalues")
        body = copy.deepcopy(row["body"])
        for segment in body["segments"]:
            self._stamp_segment(row, segment)
            if not expand:
                del segment["segmentValues"]
        return json_reply(200, body)

    @route("GET", "/v1/dimension/<dimension>/<int:segment>")
    def segment_one(self, request: Request, dimension: str, segment: int) -> Reply:
        """One segment with its values."""
        row = self.row("dimension", dimension.upper())
        for own in copy.deepcopy(row["body"]["segments"]):
            if own["segmentId"] == segment:
                self._stamp_segment(row, own)
                return Reply(200, own, self.etag(row))
        return self.business(404, "The segment was not found.", f"'{segment}' cannot be found in the system.")

    @route("GET", "/v1/dimension/<dimension>/<int:segment>/<value>")
    def segment_value(self, request: Request, dimension: str, segment: int, value: str) -> Reply:
        """One value of a segment."""
        row = self.row("dimension", dimension.upper())
        for own in copy.deepcopy(row["body"]["segments"]):
            self._stamp_segment(row, own)
            for entry in own["segmentValues"]:
                if own["segmentId"] == segment and entry["valueId"] == value:
                    return Reply(200, entry, self.etag(row))
        return self.business(404, "The segment value was not found.", f"'{value}' cannot be found in the system.")

    def _stamp_segment(self, row: dict[str, Any], segment: Json) -> None:
        form = self.options["timestamp_form"]
        stamps = {
            "timeStamp": rowversion(row["_version"]),
            "lastModified": shown(row["_modified"], zone=self.zone, form=form, salt=row["_version"]),
        }
        segment |= stamps
        for value in segment["segmentValues"]:
            value |= stamps

    @route("POST", "/v1/account")
    def account_create(self, request: Request) -> Reply:
        """A new account; the write field of external code 1 is misspelt in the API and so it is here."""
        values = self.body(request, "account")
        self.begin()
        number = values.get("accountCD") or ""
        if not number:
            self.errors.append("'Account' cannot be empty.")
        if self.find("account", number) is not None:
            self.errors.append(f"Account '{number}' already exists.")
        self.end("Error inserting the account.")
        body: Json = {"accountID": 9_000 + self.store.next("internalId"), "accountCD": number, "type": "Expense"}
        body |= {"active": True, "description": "", "lastModifiedDateTime": ""}
        self._change_account(body, values)
        return self.created_reply(request, f"/v1/account/{number}", self.add("account", number, body))

    @route("PUT", "/v1/account/<number>")
    def account_update(self, request: Request, number: str) -> Reply:
        """Change an account."""
        row = self.row("account", number)
        values = self.body(request, "account")
        self.check_match(request, row)
        self._change_account(row["body"], values)
        self.touch(row)
        return self.updated_reply(row)

    def _change_account(self, body: Json, values: Json) -> None:
        apply(body, values, _ACCOUNT_SAME)
        for written, read in (
            ("extenalCode1", "externalCode1Info"),
            ("externalCode2", "externalCode2Info"),
            ("analysisCode", "analisysCodeInfo"),
        ):
            if values.get(written) is not None:
                body[read] = {"number": values[written], "description": ""}

    @route("PUT", "/v1/inventory/<number>")
    def item_update(self, request: Request, number: str) -> Reply:
        """Change an item; there is no If-Match here."""
        row = self.row("inventory", number)
        values = self.body(request, "inventory")
        apply(row["body"], values, _ITEM_SAME)
        self.touch(row)
        return self.updated_reply(row)

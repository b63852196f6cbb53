"""Master data and matching orders: lists, batches, PATCH, DELETE."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from integrations.sandbox.kernel import Refusal, Reply, Request, Row, json_reply, route

from .errors import Problem
from .kinds import KINDS, LIST_KEY, Kind
from .processing import Processing
from .schema import moment, problems, without_nulls


class Master(Processing):
    """The API layer: it knows at once what P2P learns later."""

    @route("GET", "/v1/vendors")
    @route("GET", "/v1/accounts")
    @route("GET", "/v1/costCenters")
    @route("GET", "/v1/taxCodes")
    @route("GET", "/v1/paymentTerms")
    @route("GET", "/v1/exchangeRates")
    @route("GET", "/v2/projects")
    @route("GET", "/v1/advancedValidations")
    @route("GET", "/v1/matchingOrders")
    @route("GET", "/v1/matchingOrderLines")
    @route("GET", "/v1/lists/<list_key>")
    def records(self, request: Request, list_key: str = "") -> Reply:
        """A page. Nothing found is 404."""
        name, kind = self._kind(request, list_key)
        rows = [row for row in self.rows(name) if row.get("_list", "") == list_key.upper()]
        if name == "matchingOrderLines":
            order = request.args.get("orderExternalCode")
            if not order:
                raise self.refuse(400, [("", "PARAMETER_VALIDATION_ERROR", "orderExternalCode: field required")])
            rows = [row for row in rows if row["body"]["orderExternalCode"] == order]
        if company_code := request.args.get("companyCode"):
            rows = [row for row in rows if company_code in _company_codes(row["body"])]
        shown, more = self.page(request, self.since(request, rows), default=kind.page, most=kind.limit)
        return json_reply(200, {kind.envelope: [row["body"] for row in shown]}).with_headers(more)

    @route("GET", "/v1/vendors/<external_code>")
    @route("GET", "/v1/accounts/<external_code>")
    @route("GET", "/v1/costCenters/<external_code>")
    @route("GET", "/v1/taxCodes/<external_code>")
    @route("GET", "/v1/paymentTerms/<external_code>")
    @route("GET", "/v1/exchangeRates/<external_code>")
    @route("GET", "/v2/projects/<external_code>")
    @route("GET", "/v1/advancedValidations/<external_code>")
    @route("GET", "/v1/matchingOrders/<external_code>")
    @route("GET", "/v1/matchingOrderLines/<external_code>")
    @route("GET", "/v1/lists/<list_key>/<external_code>")
    def record(self, request: Request, external_code: str, list_key: str = "") -> Reply:
        """One record, bare."""
        name, _ = self._kind(request, list_key)
        return json_reply(200, self._row(name, external_code, list_key)["body"])

    @route("POST", "/v1/vendors")
    @route("POST", "/v1/accounts")
    @route("POST", "/v1/costCenters")
    @route("POST", "/v1/taxCodes")
    @route("POST", "/v1/paymentTerms")
    @route("POST", "/v1/exchangeRates")
    @route("POST", "/v2/projects")
    @route("POST", "/v1/advancedValidations")
    @route("POST", "/v1/matchingOrders")
    @route("POST", "/v1/matchingOrderLines")
    @route("POST", "/v1/lists/<list_key>")
    def batch(self, request: Request, list_key: str = "") -> Reply:
        """Upsert by externalCode, each record as a whole; 200 says only that the schema passed."""
        name, kind = self._kind(request, list_key)
        entities = self.decoded(request)
        if not isinstance(entities, list) or not entities:
            raise self.refuse(400, [("", "SCHEMA_VALIDATION_ERROR", "expected array with at least one element")])
        if len(entities) > kind.limit:
            text = f"at most {kind.limit} records are allowed in one request"
            raise self.refuse(400, [("", "SCHEMA_VALIDATION_ERROR", text)])
        self._check(kind, entities)
        codes = [entity["externalCode"] for entity in entities]
        if len(set(codes)) < len(codes):
            twice = next(code for code in codes if codes.count(code) > 1)
            raise self.refuse(409, [(twice, "CONFLICT_IN_POST", "externalCode stands in the request more than once")])
        items = [self._save(name, without_nulls(entity), list_key) for entity in entities]
        self.submit(self.tenant.company.key, name, kind.entity_type, items, operation="POST")
        return json_reply(200, entities)

    @route("PATCH", "/v1/vendors/<external_code>")
    @route("PATCH", "/v1/accounts/<external_code>")
    @route("PATCH", "/v1/costCenters/<external_code>")
    @route("PATCH", "/v1/taxCodes/<external_code>")
    @route("PATCH", "/v1/paymentTerms/<external_code>")
    @route("PATCH", "/v1/exchangeRates/<external_code>")
    @route("PATCH", "/v2/projects/<external_code>")
    @route("PATCH", "/v1/advancedValidations/<external_code>")
    @route("PATCH", "/v1/matchingOrders/<external_code>")
    @route("PATCH", "/v1/matchingOrderLines/<external_code>")
    @route("PATCH", "/v1/lists/<list_key>/<external_code>")
    def patch(self, request: Request, external_code: str, list_key: str = "") -> Reply:
        """Change members that are sent; null is "not sent". Receipts of a line are merged by their externalCode."""
        name, kind = self._kind(request, list_key)
        row = self._row(name, external_code, list_key)
        values = self.decoded(request)
        wrong = list(problems(kind.shape, values, partial=True))
        if wrong:
            raise self.refuse(400, [(external_code, "SCHEMA_VALIDATION_ERROR", text) for text in wrong])
        values = without_nulls(values)
        if values.get("externalCode", external_code) != external_code:
            text = "externalCode of the body is not that of the path"
            raise self.refuse(400, [(external_code, "EXTERNAL_CODE_MISMATCH", text)])
        if name == "matchingOrderLines":
            self._not_at_the_same_time(row)
        body = {**row["body"], **values}
        if "goodsReceipts" in values:
            receipts = {one["externalCode"]: one for one in row["body"].get("goodsReceipts", ())}
            receipts |= {one["externalCode"]: one for one in values["goodsReceipts"]}
            body["goodsReceipts"] = list(receipts.values())
        item = self._save(name, body, list_key)
        if name == "matchingOrderLines":
            saved = self.store.table(name)[row["key"]]
            saved["_patched"] = self.clock().timestamp()
        self.submit(self.tenant.company.key, name, kind.entity_type, [item], operation="PATCH")
        return json_reply(200, self.store.table(name)[row["key"]]["body"])

    @route("DELETE", "/v1/vendors")
    @route("DELETE", "/v1/accounts")
    @route("DELETE", "/v1/costCenters")
    @route("DELETE", "/v1/taxCodes")
    @route("DELETE", "/v1/paymentTerms")
    @route("DELETE", "/v1/exchangeRates")
    @route("DELETE", "/v2/projects")
    @route("DELETE", "/v1/advancedValidations")
    @route("DELETE", "/v1/matchingOrders")
    @route("DELETE", "/v1/matchingOrderLines")
    @route("DELETE", "/v1/lists/<list_key>")
    def delete(self, request: Request, list_key: str = "") -> Reply:
        """Off the API layer only: P2P keeps what it has."""
        name, _ = self._kind(request, list_key)
        values = self.decoded(request)
        wrong = list(problems("DeleteRequest", values))
        if wrong or not (values.get("externalCode") or values.get("lastUpdated")):
            text = wrong[0] if wrong else "externalCode or lastUpdated is required"
            raise self.refuse(400, [("", "SCHEMA_VALIDATION_ERROR", text)])
        table = self.store.table(name)
        if values.get("externalCode"):
            del table[self._row(name, values["externalCode"], list_key)["key"]]
            return json_reply(200, {"taskStatus": "Completed"})
        after = moment(values["lastUpdated"])
        for row in [row for row in self.rows(name) if row.get("_list", "") == list_key.upper()]:
            if after is None or datetime.fromisoformat(row["body"]["lastUpdated"]).date() > after.date():
                del table[row["key"]]
        task = {"statusApiLink": f"{request.base}/v1/tasks/{self.request_id}", "taskName": f"Delete {name}"}
        return json_reply(202, {**task, "taskStatus": "InProgress"})

    # parts

    def _kind(self, request: Request, list_key: str) -> tuple[str, Kind]:
        name = (request.route.rule if request.route else "").split("/")[2]
        if list_key and not LIST_KEY.match(list_key):
            raise self.refuse(400, [("", "PARAMETER_VALIDATION_ERROR", f"listKey {list_key} is not supported")])
        return name, KINDS[name]

    def _row(self, name: str, external_code: str, list_key: str) -> Row:
        prefix = f"{list_key.upper()}/" if list_key else ""
        row = self.store.table(name).get(f"{self.tenant.company.key}/{prefix}{external_code}")
        if row is None:
            raise Refusal(Reply(404))
        return row

    def _check(self, kind: Kind, entities: list[Any]) -> None:
        wrong: list[Problem] = []
        for entity in entities:
            own = str(entity.get("externalCode") or "") if isinstance(entity, dict) else ""
            texts = list(problems(kind.shape, entity))
            if not texts and kind.shape == "OrderLineEntity" and entity["quantity"] <= 0:
                texts.append("quantity: must be greater than 0")
            wrong += [(own, "SCHEMA_VALIDATION_ERROR", text) for text in texts]
        if wrong:
            raise self.refuse(400, wrong)

    def _save(self, name: str, body: dict[str, Any], list_key: str) -> dict[str, Any]:
        """Store a record in the API layer; answers the item to process."""
        company, own = self.tenant.company.key, body["externalCode"]
        prefix = f"{list_key.upper()}/" if list_key else ""
        before = self.store.table(name).get(f"{company}/{prefix}{own}")
        content = {member: value for member, value in body.items() if member != "lastUpdated"}
        known = {m: v for m, v in before["body"].items() if m != "lastUpdated"} if before else None
        changed = known is None or msgspec.json.encode(known, order="deterministic") != msgspec.json.encode(
            content, order="deterministic"
        )
        submitted = self.clock().timestamp() if changed or before is None else before["_submitted"]
        private = {"_list": list_key.upper(), "_submitted": submitted}
        if before and "_patched" in before:
            private["_patched"] = before["_patched"]
        self.stored(name, company, f"{prefix}{own}", {**content, "lastUpdated": self.now()}, **private)
        return {"externalCode": own, "content": content, "changed": changed, "list": list_key.upper()}

    def _not_at_the_same_time(self, row: Row) -> None:
        """A line that was patched a moment ago is still busy: 503."""
        busy = row.get("_patched", 0) + float(self.options["line_busy_seconds"]) - self.clock().timestamp()
        if busy > 0:
            raise Refusal(json_reply(503, {"message": "Service Unavailable"}))


def _company_codes(body: dict[str, Any]) -> set[str]:
    return {body["companyCode"]} if "companyCode" in body else {one["companyCode"] for one in body.get("companies", ())}

"""The second step: what was accepted with 200 reaches P2P later, or does not. `requestStatus` tells."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from integrations.sandbox.kernel import Row

from .push import Push

Item = dict[str, Any]
_CODED = {"paymentTerms": "paymentTermCode", "vendors": "vendorCode"}


class Processing(Push):
    """The queue between the API layer and P2P, worked through by `tick`."""

    def submit(self, company: str, kind: str, entity_type: str, items: list[Item], *, operation: str) -> None:
        """Queue the items of the running request: {externalCode, content, changed, list}."""
        now = self.clock()
        shown = [_shown(item, "InProgress", []) for item in items]
        body = {
            "requestId": self.request_id,
            "entityType": entity_type,
            "entityVersion": f"{entity_type}V1",
            "requestStatus": "InProgress",
            "operationType": operation,
            "lastUpdated": self.now(),
            "systems": [_system("InProgress", self.now(), shown)],
        }
        self.stored("requestStatus", company, self.request_id, body)
        jitter = float(self.options["processing_jitter"])
        delay = float(self.options["processing_delay"]) + (self.rng.random() * jitter if jitter else 0)
        queued = {"kind": kind, "items": items, "submitted": now.timestamp(), "due": now.timestamp() + delay}
        self.stored("queue", company, self.request_id, queued)
        if delay <= 0:
            self.tick()

    def tick(self) -> None:
        """Process what is due, in the order in which it became due."""
        super().tick()
        queue, now = self.store.table("queue"), self.clock().timestamp()
        if due := [row for row in queue.values() if row["body"]["due"] <= now]:
            for row in sorted(due, key=lambda row: (row["body"]["due"], row["_n"])):
                del queue[row["key"]]
                self._process(row)

    def _process(self, row: Row) -> None:
        company, work = row["_company"], row["body"]
        status = self.store.table("requestStatus")[row["key"]]
        shown = []
        for item in work["items"]:
            result, errors = self._item(company, work, item)
            shown.append(_shown(item, result, errors))
        whole = "Error" if any(item["status"] == "Error" for item in shown) else "Success"
        status["body"] = {
            **status["body"],
            "requestStatus": whole,
            "lastUpdated": self.now(),
            "systems": [_system(whole, self.now(), shown)],
        }
        self.store.touch()
        self.notify(company, "RequestStatus", whole, status["body"]["requestId"])

    def _item(self, company: str, work: dict[str, Any], item: Item) -> tuple[str, list[dict[str, str]]]:
        if not item["changed"]:
            return "NotProcessed", []
        if self._overtaken(company, work, item):
            return "RecordExpired", [_error("A newer version of the record was received", kind="RecordExpired")]
        outcomes: dict[str, Any] = self.options["outcomes"]
        if (planned := outcomes.get(item["externalCode"])) is not None:
            error = _error(planned.get("message", "Planned"), category=planned.get("category", "DataValidation"))
            result = str(planned.get("status", "Error"))
            return result, [{**error, "type": "Warning" if result == "Warning" else "Error"}]
        every = int(self.options["fail_every"])
        if every and self.store.next("processed item") % every == 0:
            return "Error", [_error("Record could not be processed", category="Technical")]
        texts = self._wrong(company, work["kind"], item["content"])
        if texts:
            return "Error", [_error(text) for text in texts]
        self._reach_p2p(company, work["kind"], item)
        return "Success", []

    def _overtaken(self, company: str, work: dict[str, Any], item: Item) -> bool:
        row = self.store.table(work["kind"]).get(f"{company}/{_key(item)}")
        newer = (row["_submitted"] - work["submitted"]) if row and "_submitted" in row else 0
        return 0 < newer <= float(self.options["expire_seconds"])

    def _wrong(self, company: str, kind: str, content: dict[str, Any]) -> list[str]:
        """What P2P finds wrong with a record, one sentence each."""
        known = self.tenants[company].codes
        given = [entry["companyCode"] for entry in content.get("companies", ())]
        if kind == "matchingOrders":
            given = [content["companyCode"]]
        if any(code not in known for code in given):
            return ["Record skipped due to wrong or missing CompanyCode"]
        texts = []
        if kind == "vendors":
            term = content.get("paymentTerms", {}).get("paymentTermCode")
            if term and not any(self.has_code(company, "paymentTerms", code, term) for code in given):
                texts.append(f"Payment term {term} does not exist")
            ids = [
                (identifier["schemeId"], identifier.get("id"))
                for means in content.get("paymentMeans", ())
                for account in means.get("financialAccounts", ())
                for identifier in account.get("financialAccountIdentifiers", ())
            ]
            if len(ids) != len(set(ids)):
                texts.append("Bank accounts of a supplier must be unique")
        elif kind == "matchingOrders":
            if not self.has_code(company, "vendors", content["companyCode"], content["supplierCode"]):
                texts.append(f"Supplier {content['supplierCode']} does not exist in company {content['companyCode']}")
        elif kind == "matchingOrderLines":
            order = content["orderExternalCode"]
            if f"{company}/matchingOrders/{order}" not in self.store.table("p2p"):
                texts.append(f"Order {order} does not exist")
        return texts

    def has_code(self, company: str, kind: str, company_code: str, code: str) -> bool:
        """Whether P2P knows a record by its code. A branch has what its company has."""
        main = company_code.partition("-")[0]
        return any(f"{company}/{kind}/{one}/{code}" in self.store.table("codes") for one in {company_code, main})

    def _reach_p2p(self, company: str, kind: str, item: Item) -> None:
        key = f"{kind}/{_key(item)}"
        before = self.store.table("p2p").get(f"{company}/{key}")
        times = before["body"]["processed"] + 1 if before else 1
        body = {"kind": kind, "externalCode": item["externalCode"], "processed": times, "content": item["content"]}
        if kind == "matchingOrders":  # an order without lines is there, but no user sees it
            body["visible"] = before is not None and before["body"]["visible"]
        self.stored("p2p", company, key, body)
        if kind == "matchingOrderLines":
            order = self.store.table("p2p")[f"{company}/matchingOrders/{item['content']['orderExternalCode']}"]
            order["body"] = {**order["body"], "visible": True}
        if kind in _CODED:
            for entry in item["content"]["companies"]:
                code = item["content"][_CODED[kind]]
                self.stored("codes", company, f"{kind}/{entry['companyCode']}/{code}", {})

    def finish_all(self) -> int:
        """Process everything that waits, now. Answers how many requests that were."""
        rows = list(self.store.table("queue").values())
        for row in rows:
            row["body"] = {**row["body"], "due": 0}
        self.tick()
        return len(rows)

    def age(self, moment: str) -> timedelta:
        """How long ago a moment of a body is."""
        return self.clock() - datetime.fromisoformat(moment)


def _key(item: Item) -> str:
    return f"{item['list']}/{item['externalCode']}" if item.get("list") else str(item["externalCode"])


def _shown(item: Item, status: str, errors: list[dict[str, str]]) -> dict[str, Any]:
    parent = item["content"].get("orderExternalCode")
    whole = {"externalCode": item["externalCode"], "parentExternalCode": parent, "status": status, "errors": errors}
    return {name: value for name, value in whole.items() if value is not None}


def _error(text: str, *, kind: str = "Error", category: str = "DataValidation") -> dict[str, str]:
    return {"type": kind, "message": text, "category": category}


def _system(status: str, at: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"system": "P2P", "module": "IA", "systemStatus": status, "lastUpdated": at, "items": items}

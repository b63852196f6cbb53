"""/v2/journaltransaction: general-ledger batches. Pages count lines, so that a batch may stand on two of them."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

from integrations.sandbox.kernel import Reply, Request, Row, route
from integrations.sandbox.visma import parts
from integrations.sandbox.visma.amounts import ZERO, decimal
from integrations.sandbox.visma.base import DEFAULT_MAX_PAGE_SIZE
from integrations.sandbox.visma.listing import Listing, Query, predicates
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.problems import model_state, refuse
from integrations.sandbox.visma.stamps import day
from integrations.sandbox.visma.writing import Writing, apply
from integrations.sandbox.world.documents import cents

ENTITY = "journaltransaction"
JOURNALS = Listing(entity=ENTITY, no_conditions=True, text={"status": "status", "branch": "branch"})
_CHANGEABLE = frozenset({"Hold", "Balanced"})
_SAME = ("description", "autoReversing", "transactionCode")


class Journals(Writing):
    """Batches of module GL; those that other modules post are not kept."""

    @route("GET", "/v2/journaltransaction")
    def journal_list(self, request: Request) -> Reply:
        """Batches of a period, or changed since; one of both has to be named."""
        query = Query(request)
        period = query.text("periodid")
        if period is None and query.text("lastmodifieddatetime") is None:
            refuse(model_state("periodId", "periodId or lastModifiedDateTime is required."))
        tests = predicates(JOURNALS, query, self.zone)
        module = (query.text("module") or "GL").removeprefix("Module")
        rows = [row for row in self.rows(ENTITY) if all(test(row) for test in tests) and module.upper() == "GL"]
        if period is not None:
            rows = [row for row in rows if row["body"]["financialPeriod"] == period]
        pairs = [(row, line) for row in sorted(rows, key=_number) for line in row["body"]["journalTransactionLines"]]
        cap = int(self.options["page_cap"] or DEFAULT_MAX_PAGE_SIZE)
        size = min(query.integer("pagesize") or int(self.options["default_page_size"]), cap)
        number = max(query.integer("pagenumber") or 1, 1)
        shown: dict[str, Json] = {}
        for row, line in pairs[(number - 1) * size : number * size]:
            body = shown.setdefault(row["key"], {**self.rendered(ENTITY, row), "journalTransactionLines": []})
            body["journalTransactionLines"].append(line)
            body["metadata"] = {"totalCount": len(pairs), "maxPageSize": cap}
        return Reply(200, list(shown.values()))

    @route("GET", "/v2/journaltransaction/<number>")
    def journal_one(self, request: Request, number: str) -> Reply:
        """One batch."""
        return self.one(ENTITY, self.row(ENTITY, number))

    @route("POST", "/v2/journaltransaction")
    def journal_create(self, request: Request) -> Reply:
        """A new batch, Balanced or on hold; debit and credit have to be the same."""
        values = self.body(request, ENTITY)
        self.begin()
        body = self._blank_journal(values)
        self._change_journal(body, values)
        self.end("Error creating document.")
        number = values.get("batchNumber") if values.get("overrideNumberSeries") else None
        body["batchNumber"] = number or self.series(ENTITY, digits=6)
        row = self.add(ENTITY, body["batchNumber"], body)
        return self.created_reply(request, f"/v2/journaltransaction/{body['batchNumber']}", row)

    @route("PUT", "/v2/journaltransaction/<number>")
    def journal_update(self, request: Request, number: str) -> Reply:
        """Change a batch that was not released."""
        row = self.row(ENTITY, number)
        values = self.body(request, ENTITY)
        self.check_match(request, row)
        if row["body"]["status"] not in _CHANGEABLE:
            text = f"The batch has the {row['body']['status']} status."
            refuse(self.business(400, "Error updating document.", text))
        body = copy.deepcopy(row["body"])
        self.begin()
        self._change_journal(body, values)
        self.end("Error updating document.")
        self.change(row, body)
        return self.updated_reply(row)

    @route("POST", "/v2/journaltransaction/<number>/action/release")
    def journal_release(self, request: Request, number: str) -> Reply:
        """Release and post."""
        row = self.row(ENTITY, number)
        self.check_match(request, row, required=False)
        error = None if row["body"]["status"] == "Balanced" else "Batch status is invalid for processing."
        return self.act(row, f"{ENTITY}.release", error or self.period_error(row["body"]["financialPeriod"]))

    def run_action(self, row: Row, action: str) -> None:
        """Release: the batch is posted."""
        if action != f"{ENTITY}.release":
            super().run_action(row, action)
            return
        if row["body"]["status"] == "Balanced":
            row["body"] |= {"status": "Posted", "hold": False}
            self.touch(row)

    def _blank_journal(self, values: Json) -> Json:
        company, today = self.company, self.clock().date()
        currency = values.get("currencyId") or company.currency
        return {
            "module": "ModuleGL",
            "batchNumber": "",
            "status": "Balanced",
            "hold": False,
            **_dated(today),
            "ledger": "1",
            "ledgerDescription": "Huvudbok",
            "currencyId": currency,
            "exchangeRate": values.get("exchangeRate") or self.rate_of(currency),
            "autoReversing": False,
            "reversingEntry": False,
            "description": "",
            "originalBatchNumber": "",
            "createVatTransaction": False,
            "skipVatAmountValidation": False,
            "transactionCode": "",
            "branch": "1",
            **parts.STAMPED,
            "journalTransactionLines": [],
            "attachments": [],
        }

    def _change_journal(self, body: Json, values: Json) -> None:
        apply(body, values, _SAME)
        if values.get("transactionDate"):
            body |= _dated(date.fromisoformat(values["transactionDate"][:10]))
        if (period := values.get("postPeriod")) is not None:
            body |= {"postPeriod": period, "financialPeriod": period[2:] + period[:2]}
        if (period := values.get("financialPeriod")) is not None:
            body |= {"postPeriod": period[4:] + period[:4], "financialPeriod": period}
        if values.get("ledger") not in (None, "1"):
            self.errors.append(f"Ledger '{values['ledger']}' cannot be found in the system.")
        if values.get("hold") is not None:
            body |= {"hold": values["hold"], "status": "Hold" if values["hold"] else "Balanced"}
        if (branch := values.get("branch")) is not None:
            body["branch"] = self.branch_reference(branch)["number"]
        for line in values.get("journalTransactionLines", ()):
            self._change_journal_line(body, line)
        self._total_journal(body)

    def _change_journal_line(self, body: Json, values: Json) -> None:
        lines, number = body["journalTransactionLines"], values.get("lineNumber")
        operation = values.get("operation") or "Insert"
        line: Json | None = next((known for known in lines if known["lineNumber"] == number), None)
        if operation != "Insert" and line is None:
            self.errors.append(f"Line '{number}' cannot be found in the system.")
            return
        if operation == "Delete":
            lines.remove(line)
            return
        if line is None:
            line = {
                "lineNumber": 1 + max((known["lineNumber"] for known in lines), default=0),
                "branch": body["branch"],
                "module": "ModuleGL",
                "transactionDescription": body["description"],
                "referenceNumber": "",
                "debitAmountInCurrency": 0.0,
                "creditAmountInCurrency": 0.0,
                "attachments": [],
            }
            lines.append(line)
            if not values.get("accountNumber"):
                self.errors.append("'Account' cannot be empty.")
        if values.get("accountNumber") and (account := self.account_reference(values["accountNumber"])) is not None:
            line |= {"accountNumber": account["number"], "description": account["description"]}
        segments = values.get("subaccount") or []
        if segments or "subaccount" not in line:
            line["subaccount"] = self.subaccount_reference(segments, line.get("subaccount"))
        apply(line, values, ("transactionDescription", "referenceNumber", "note"))
        for name in ("debitAmountInCurrency", "creditAmountInCurrency"):
            if values.get(name) is not None:
                line[name] = values[name]
            base = cents(decimal(line[name]) * decimal(body["exchangeRate"]))
            line[name.removesuffix("InCurrency")] = float(base)

    def _total_journal(self, body: Json) -> None:
        for side in ("debit", "credit"):
            for suffix in ("", "InCurrency"):
                name = f"{side}Amount{suffix}"
                total = sum((decimal(line[name]) for line in body["journalTransactionLines"]), ZERO)
                body[f"{side}Total{suffix}"] = float(total)
        body |= {"controlTotal": body["debitTotal"], "controlTotalInCurrency": body["debitTotalInCurrency"]}
        if body["debitTotalInCurrency"] != body["creditTotalInCurrency"] and not body["hold"]:
            self.errors.append("The batch is out of balance. Review the debit and credit amounts.")


def _dated(transaction_date: date) -> dict[str, Any]:
    return {
        "transactionDate": day(transaction_date),
        "postPeriod": f"{transaction_date:%m%Y}",
        "financialPeriod": f"{transaction_date:%Y%m}",
    }


def _number(row: Row) -> str:
    return str(row["business_number"])

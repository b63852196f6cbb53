"""Reference data as both sides have it: what Basware lists of accounts, cost centres, lists, terms and tax codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from integrations.http.session import Session
from integrations.models import Connection, Delivery
from integrations.systems.basware.sinks import ACCOUNTS, COST_CENTERS, LISTS, PAYMENT_TERMS, TAX_CODES, Kind, Records
from integrations.systems.contract import ListedRow, SinkSpec

ENVELOPES = {ACCOUNTS: "accounts", COST_CENTERS: "costCenters", PAYMENT_TERMS: "paymentTerms", TAX_CODES: "taxCodes"}
LIST_ITEMS = "listItems"
CODES = {
    "accountCode": "number",
    "costCenterCode": "number",
    "paymentTermCode": "code",
    "taxCode": "code",
    "text_1": "value",
    "text_2": "name",
    "taxPercentage": "percent",
    "dueDateDays": "days",
    "cashDueDateDays": "days of cash discount",
    "cashDiscount": "cash discount",
}
"""Members that the books are right on, in words."""


class Listed(Records):
    """Records that Basware lists, so that both sides can be laid side by side."""

    def __init__(self, kinds: tuple[Kind, ...], connection: Connection, session: Session) -> None:
        super().__init__(kinds, connection, session)
        self._connection = connection

    def rows(self) -> Iterator[ListedRow]:
        company = {"companyCode": self._options.company_code}
        for kind in self._kinds:
            paths = [(kind.path, ENVELOPES[kind])] if kind in ENVELOPES else [(p, LIST_ITEMS) for p in self._lists()]
            for path, envelope in paths:
                for page in self._client.pages(path, envelope, **company):
                    yield from (self.row_of(raw) for raw in page)

    def row_of(self, body: bytes) -> ListedRow:
        row: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
        fields = {words: _in_words(row[member]) for member, words in CODES.items() if row.get(member) is not None}
        name = fields.pop("name", "") or self._translation(row)
        number = next((fields[word] for word in ("number", "code", "value") if word in fields), "")
        return ListedRow(
            reference=str(row.get("externalCode") or ""),
            name=f"{number} {name}".strip(),
            fields={**fields, "name": name, "active": _in_words(self._is_active(row))},
        )

    def _lists(self) -> list[str]:
        """The lists that something was sent to: only a flow's settings name them."""
        sent = Delivery.objects.filter(sink_connection=self._connection, frozen_meta__has_key="list")
        return [f"{LISTS.path}/{key}" for key in sorted(set(sent.values_list("frozen_meta__list", flat=True)))]

    def _translation(self, row: Mapping[str, Any]) -> str:
        names = next((value for member, value in row.items() if member.endswith("Names") and value), ())
        in_language = {str(one.get("language")): str(one.get("translation") or "") for one in names}
        return in_language.get(self._options.language) or next(iter(in_language.values()), "")

    def _is_active(self, row: Mapping[str, Any]) -> bool:
        companies = row.get("companies") or ()
        return any(one.get("active") and one.get("companyCode") == self._options.company_code for one in companies)


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _spec(key: str, label: str, *kinds: Kind) -> SinkSpec:
    def opened(connection: Connection, session: Session) -> Listed:
        return Listed(kinds, connection, session)

    return SinkSpec(key=key, label=label, open=opened, batch=min(kind.batch for kind in kinds), lists_rows=True)


SINKS = (
    _spec("accounts", "GL accounts", ACCOUNTS),
    _spec("dimensions", "Cost centres and lists", COST_CENTERS, LISTS),
    _spec("payment-terms", "Payment terms", PAYMENT_TERMS),
    _spec("tax-codes", "Tax codes", TAX_CODES),
)

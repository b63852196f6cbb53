"""Calls to Adobe Commerce. https://developer.adobe.com/commerce/webapi/rest/"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from integrations.http.errors import NotFound, Transient
from integrations.http.session import Session
from integrations.systems.adobe import wire
from integrations.systems.adobe.errors import LABEL, PageTooLarge
from integrations.systems.adobe.settings import Options

T = TypeVar("T")
STAMP = "%Y-%m-%d %H:%M:%S"
"""Times are in UTC, to the second, and name no zone."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition of a search. Several are joined by AND."""

    field: str
    condition: str
    value: str | int


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a search."""

    elements: tuple[bytes, ...]
    """Each record's own bytes."""
    total: int | None


def stamp(moment: dt.datetime) -> str:
    """A moment as searches take it."""
    return moment.astimezone(dt.UTC).strftime(STAMP)


def moment_of(text: str | None) -> dt.datetime | None:
    """The instant of a time as records carry it; None for none, and for what is no time."""
    try:
        return dt.datetime.strptime((text or "")[:19], STAMP).replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def criteria(filters: Sequence[Filter], sort: Sequence[str], *, size: int, page: int = 1) -> dict[str, str | int]:
    """A search as query parameters: https://developer.adobe.com/commerce/webapi/rest/use-rest/performing-searches/"""
    found: dict[str, str | int] = {}
    for i, one in enumerate(filters):
        name = f"searchCriteria[filter_groups][{i}][filters][0]"
        found[f"{name}[field]"] = one.field
        found[f"{name}[value]"] = one.value
        found[f"{name}[condition_type]"] = one.condition
    for i, field in enumerate(sort):
        found[f"searchCriteria[sortOrders][{i}][field]"] = field
        found[f"searchCriteria[sortOrders][{i}][direction]"] = "ASC"
    return found | {"searchCriteria[pageSize]": size, "searchCriteria[currentPage]": page}


class Client:
    """A shop as one connection sees it. Every method raises Fault."""

    def __init__(self, session: Session, options: Options) -> None:
        self.session, self.options = session, options
        self.page_size = options.page_size

    def search(
        self, path: str, filters: Sequence[Filter], sort: Sequence[str], *, page: int = 1, size: int | None = None
    ) -> ListPage:
        """A page of a search. A shop that limits pages says how long they may be: from then on they are no longer."""
        while True:
            asked = min(size or self.page_size, self.page_size)
            try:
                answer = self.session.get(f"V1/{path}", params=criteria(filters, sort, size=asked, page=page))
            except PageTooLarge as limit:
                if limit.most >= self.page_size or limit.most < 1:
                    raise
                self.page_size = limit.most
                continue
            found: wire.Page = self.session.decode(answer, wire.Page)
            return ListPage(elements=tuple(bytes(raw) for raw in found.items or ()), total=found.total_count)

    def one(self, path: str) -> bytes | None:
        """One record's bytes, None when it does not exist."""
        try:
            return self.session.get(f"V1/{path}").body
        except NotFound:
            return None

    def read(self, path: str, kind: type[T], *, params: Mapping[str, Any] | None = None) -> T:
        found: T = self.session.decode(self.session.get(f"V1/{path}", params=params), kind)
        return found

    def decode(self, raw: bytes, kind: type[T]) -> T:
        """A record as `kind`. Raises Transient when it is not that."""
        try:
            return msgspec.json.decode(raw, type=kind, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Transient(f"{LABEL} sent a record that cannot be read: {error}") from error

    def comments(self, order: str) -> list[str]:
        """The comments of an order."""
        found = self.read(f"orders/{order}/comments", wire.Comments)
        return [one.comment or "" for one in found.items or ()]

    def comment(self, order: str, text: str) -> None:
        """Adds a comment that the shop's people see and its customers do not. Comments cannot be changed or taken back.
        The status is left out: the shop keeps the order's own."""
        history = {"comment": text, "is_customer_notified": 0, "is_visible_on_front": 0, "parent_id": int(order)}
        self.session.request("POST", f"V1/orders/{order}/comments", json={"statusHistory": history})

    def save_order(self, order: str, values: Mapping[str, Any]) -> None:
        """Writes single members of an order. Never its items, amounts or state: this call is not made for them."""
        self.session.request("POST", "V1/orders", json={"entity": {"entity_id": int(order), **values}})

    def save_company_attributes(self, company: str, values: Sequence[Mapping[str, str]]) -> None:
        """Writes all custom attributes of a company at once."""
        body = {"companyId": int(company), "customAttributes": list(values)}
        self.session.request("POST", "V1/company/setCustomAttributes", json=body)

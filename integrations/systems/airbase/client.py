"""Calls to Airbase. Addresses come from the connection's settings; all of them end with a slash.

What is public of it: https://github.com/hotgluexyz/tap-airbase and https://github.com/hotgluexyz/target-airbase.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from integrations.http.errors import NotFound, Transient
from integrations.http.session import Session
from integrations.systems.airbase import wire
from integrations.systems.airbase.errors import LABEL
from integrations.systems.airbase.settings import Options

MOST_PAGES = 2000
BULK = 100
"""Rows of one bulk upsert."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListPage:
    """The rows of a page, each row's own bytes."""

    elements: tuple[bytes, ...]
    is_last: bool


class Client:
    """Airbase as one API key sees it. Every method raises Fault."""

    def __init__(self, session: Session, options: Options) -> None:
        self.session, self.options = session, options

    def pages(self, path: str, **filters: str) -> Iterator[tuple[bytes, ...]]:
        """The rows of a list, page by page, each row's own bytes. Pages are counted here: what `next` holds is not
        known publicly. A page past the end is empty."""
        for number in range(1, MOST_PAGES + 1):
            page = self.page(path, number, self.options.page_size, **filters)
            yield page.elements
            if page.is_last:
                return
        raise Transient(f"{LABEL}'s list {path} does not end after {MOST_PAGES} pages.")

    def page(self, path: str, number: int, size: int, **filters: str) -> ListPage:
        """One page of a list."""
        params = {**filters, "page": number, "page_size": size}
        page: wire.Page = self.session.decode(self.session.get(path, params=params), wire.Page)
        ends = not page.data or page.pagination is None or page.pagination.next in (None, "", 0)
        return ListPage(tuple(bytes(row) for row in page.data), ends)

    def find(self, path: str, reference: str) -> dict[str, Any] | None:
        """The row with this erp_reference_id, None when there is none. The filter is looked at again: one that is not
        known is ignored."""
        for page in self.pages(path, erp_reference_id=reference):
            for raw in page:
                row: dict[str, Any] = msgspec.json.decode(raw)
                if isinstance(row, dict) and row.get("erp_reference_id") == reference:
                    return row
        return None

    def one(self, path: str, airbase_id: str) -> bytes | None:
        """One row's bytes, None when it does not exist."""
        try:
            return self.session.get(self._item(path, airbase_id)).body
        except NotFound:
            return None

    def bulk_upsert(self, path: str, entities: Sequence[Mapping[str, Any]]) -> wire.Upserted:
        """Writes up to 100 rows, all or none. Raises BatchRefused with what is
        wrong with which row, Rejected when that is not said."""
        answer = self.session.request("POST", f"{path}bulk_upsert/", json={"entities": list(entities)})
        done: wire.Upserted = self.session.decode(answer, wire.Upserted, effect=True)
        return done

    def change(self, path: str, airbase_id: str, values: Mapping[str, Any]) -> bytes:
        """Changes members of one row; returns it."""
        return self.session.request("PATCH", self._item(path, airbase_id), json=dict(values)).body

    def decode(self, raw: bytes, kind: type[T]) -> T:
        """A row as `kind`. Raises Transient when it is not that."""
        try:
            return msgspec.json.decode(raw, type=kind, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Transient(f"{LABEL} sent a row that cannot be read: {error}") from error

    def _item(self, path: str, airbase_id: str) -> str:
        return f"{path}{quote(airbase_id, safe='')}/"

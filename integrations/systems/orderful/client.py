"""Calls to Orderful.

v4 paths carry no version, the header `orderful-api-version` does; it never goes to `/v3/…`. Writing is v4 (Mosaic) by
default and v3 for what Mosaic has no words for; reading is v3.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote
from weakref import WeakKeyDictionary

import msgspec

from integrations.http.errors import ConfigError, NotFound, Rejected, Transient
from integrations.http.session import Session
from integrations.systems.orderful import wire
from integrations.systems.orderful.settings import Options

T = TypeVar("T")

RELATIONSHIPS_KEPT = 60.0
"""Seconds that a session remembers the relationships: somebody may be setting one up right now."""
MOST_RELATIONSHIP_PAGES = 100
INBOX_LIMIT = 100
"""Items that one look may give: the most that Orderful allows."""

_relationships: WeakKeyDictionary[Session, tuple[float, tuple[wire.Relationship, ...] | None]] = WeakKeyDictionary()


class Client:
    """Orderful as one connection sees it."""

    def __init__(self, session: Session, options: Options) -> None:
        self.session, self.options = session, options

    # --- writing ---

    def create(self, body: bytes) -> wire.Created:
        """Posts a transaction, byte for byte. Its 202 says ACCEPTED or FAILED. Not idempotent: the same body twice
        makes two."""
        answer = self.session.request("POST", "/transactions", body=body, headers=self._version, effect=True)
        created: wire.Created = self.session.decode(answer, wire.Created, effect=True)
        return created

    def convert(self, x12: str) -> dict[str, Any]:
        """An X12 interchange in Orderful's JSON form, `{"transactionSets": […]}`. Makes no transaction."""
        answer = self.session.request(
            "POST", "/v3/convert", body=x12.encode(), content_type="application/edi-x12", effect=False
        )
        found: dict[str, Any] = self.session.decode(answer, dict[str, Any])
        return found

    def create_by_v3(self, posted: wire.Posted, message: Mapping[str, Any]) -> wire.CreatedByV3:
        """Posts a transaction in Orderful's JSON form. Its 201 says nothing of validity; that comes later."""
        body = {
            "type": {"name": posted.type},
            "stream": posted.stream.upper(),
            "sender": {"isaId": posted.sender_id},
            "receiver": {"isaId": posted.receiver_id},
            "message": message,
        }
        answer = self.session.request("POST", "/v3/transactions", json=body, effect=True)
        created: wire.CreatedByV3 = self.session.decode(answer, wire.CreatedByV3, effect=True)
        return created

    def confirm(self, href: str) -> None:
        """Tells Orderful that an item of an inbox or bucket is ours; then it leaves it. The address is the item's own.

        Saying it twice does no harm, so a lost answer is a failed read and no doubt. Raises Conflict, NotFound or
        Rejected when it was confirmed before (what exactly is not known publicly).
        """
        self.session.request(
            "POST", href, json={"note": "Stored by ml-connector."}, headers=self._version_for(href), effect=False
        )

    def acknowledge(self, transaction_id: str, body: bytes) -> None:
        """Acknowledges a transaction that we received. Once only, and for good. Raises Conflict or Rejected when it was
        done before (which of them is not known publicly)."""
        path = f"/v3/transactions/{quote(transaction_id, safe='')}/acknowledgment"
        self.session.request("POST", path, body=body, effect=True)

    # --- reading ---

    def inbox(self, inbox_id: str, most: int = INBOX_LIMIT) -> list[msgspec.Raw]:
        """The oldest items of a v4 inbox, at most 100, each as it came. They stay until they are confirmed."""
        return self._items(f"/inboxes/{quote(inbox_id, safe='')}/transactions", most, headers=self._version)

    def bucket(self, bucket_id: str, most: int = INBOX_LIMIT) -> list[msgspec.Raw]:
        """The oldest items of a v3 polling bucket, at most 100, each as it came. They stay until they are confirmed."""
        return self._items(f"/v3/polling-buckets/{quote(bucket_id, safe='')}", most, headers={})

    def _items(self, path: str, most: int, *, headers: Mapping[str, str]) -> list[msgspec.Raw]:
        answer = self.session.get(path, params={"limit": most}, headers=headers)
        found: list[msgspec.Raw] = self.session.decode(answer, list[msgspec.Raw])
        return found

    def transaction_as_it_is(self, transaction_id: str) -> bytes:
        """The bytes of one transaction. Raises NotFound."""
        return self.session.get(f"/v3/transactions/{quote(transaction_id, safe='')}").body

    def organization(self) -> wire.Organization:
        """Whose key this is: the cheapest call there is."""
        return self._read("/v3/organizations/me", wire.Organization)

    def transaction(self, transaction_id: str) -> wire.Transaction:
        """One transaction with its statuses. Raises NotFound."""
        return self._read(f"/v3/transactions/{quote(transaction_id, safe='')}", wire.Transaction)

    def message(self, transaction_id: str) -> dict[str, Any]:
        """What a transaction says: `{"href", "transactionSets": […]}` in Orderful's JSON form. Raises NotFound."""
        return self._read(f"/v3/transactions/{quote(transaction_id, safe='')}/message", dict[str, Any])

    def acknowledgment(self, transaction_id: str) -> wire.Acknowledgment | None:
        """What the receiver answered (its 997), None as long as there is nothing."""
        try:
            return self._read(f"/v3/transactions/{quote(transaction_id, safe='')}/acknowledgment", wire.Acknowledgment)
        except NotFound:
            return None

    def transactions(self, filters: Mapping[str, Any], *, pages: int) -> Iterator[wire.TransactionPage]:
        """Transactions of both directions, newest first, 100 a page, at most `pages` pages.

        No `limit` is sent: v3 refuses it ("property limit should not exist"). Raises Rejected (400) when a filter is
        refused.
        """
        query: Mapping[str, Any] | None = filters
        for _ in range(pages):
            page = self._read("/v3/transactions", wire.TransactionPage, query)
            yield page
            query = page.metadata.next_query
            if query is None:
                return

    def relationships(self) -> tuple[wire.Relationship, ...] | None:
        """All relationships, remembered for a minute by the session; None where the key may not see them."""
        known = _relationships.get(self.session)
        if known is None or time.monotonic() - known[0] > RELATIONSHIPS_KEPT:
            known = (time.monotonic(), self._all_relationships())
            _relationships[self.session] = known
        return known[1]

    def _all_relationships(self) -> tuple[wire.Relationship, ...] | None:
        found: list[wire.Relationship] = []
        query: Mapping[str, Any] | None = {}
        try:
            for _ in range(MOST_RELATIONSHIP_PAGES):
                page = self._read("/v3/relationships", wire.RelationshipPage, query)
                found += page.data
                query = page.metadata.next_query
                if query is None:
                    return tuple(found)
        except ConfigError as fault:
            if fault.status != 403:
                raise
            return None
        except Rejected:
            return None
        raise Transient(f"Orderful's list of relationships does not end after {MOST_RELATIONSHIP_PAGES} pages.")

    # --- inside ---

    def _version_for(self, href: str) -> dict[str, str]:
        """The version header, where the path does not carry its version."""
        return {} if "/v3/" in href else self._version

    @property
    def _version(self) -> dict[str, str]:
        return {"orderful-api-version": self.options.api_version}

    def _read(self, path: str, kind: type[T], params: Mapping[str, Any] | None = None) -> T:
        answer = self.session.get(path, params=params)
        found: T = self.session.decode(answer, kind)
        return found

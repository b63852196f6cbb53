"""Calls to Basware P2P. Facts: the vendor's OpenAPI files and its developer site (developer.basware.com)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote
from weakref import WeakKeyDictionary

import msgspec

from integrations.http.errors import NotFound, Rejected, Transient
from integrations.http.session import Response, Session
from integrations.systems.basware import wire
from integrations.systems.basware.errors import LABEL
from integrations.systems.basware.mapping import encode
from integrations.systems.basware.session import CHEAP
from integrations.systems.basware.settings import Options

CONTINUATION = "x-amz-meta-continuationtoken"
REQUEST_ID = "x-amzn-RequestId"
MOST_PAGES = 2000
MAX_BYTES = 6 * 1024 * 1024
"""A request may be no larger."""
MOST_KNOWN = 50
T = TypeVar("T")
_FINAL: WeakKeyDictionary[Session, dict[str, tuple[wire.RequestStatus, ...]]] = WeakKeyDictionary()


class Client:
    """Basware as one set of credentials sees it. Every method raises Fault."""

    def __init__(self, session: Session, options: Options) -> None:
        self.session, self.options = session, options

    def pages(self, path: str, envelope: str, **filters: str) -> Iterator[tuple[bytes, ...]]:
        """The records of a list, page by page, each record's own bytes. An empty list is a 404. The continuation token
        comes in a header of the answer (of the store's, where the list is redirected) and goes in a header of the next
        request, whose query stays the same."""
        headers: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            try:
                answer = self._get(path, {**filters, "pageSize": str(self.options.page_size)}, headers)
            except NotFound:
                return
            page: dict[str, msgspec.Raw] = self.session.decode(answer, dict[str, msgspec.Raw])
            yield self._rows(page.get(envelope))
            token = answer.headers.get(CONTINUATION, "")
            if not token:
                return
            if token == headers.get(CONTINUATION):
                raise Transient(f"{LABEL}'s list {path} gives the same page again and again.")
            headers = {CONTINUATION: token}
        raise Transient(f"{LABEL}'s list {path} does not end after {MOST_PAGES} pages.")

    def one(self, path: str, key: str) -> Response | None:
        """One record's answer, None when it does not exist."""
        try:
            return self._get(f"{path}/{quote(key, safe='')}", {}, {})
        except NotFound:
            return None

    def post(self, path: str, records: Sequence[bytes]) -> str:
        """Writes records, all or none; returns the id by which `requestStatus` knows the request. Raises BatchRefused
        with what is wrong with which record."""
        answer = self.session.request("POST", path, body=b"[%b]" % b",".join(records))
        return answer.headers.get(REQUEST_ID, "")

    def patch(self, path: str, key: str, values: Mapping[str, Any]) -> str:
        """Changes members of one record; what is not sent stays. Returns the request's id."""
        answer = self.session.request("PATCH", f"{path}/{quote(key, safe='')}", body=encode(dict(values)))
        return answer.headers.get(REQUEST_ID, "")

    def request_status(self, request_id: str) -> tuple[wire.RequestStatus, ...]:
        """What became of a request; () while nobody knows it. What is final is asked for once a session: a request was
        about many records."""
        known = _FINAL.setdefault(self.session, {})
        if request_id in known:
            return known[request_id]
        answer = self.one("/v1/requestStatus", request_id)
        if answer is None:
            return ()
        decoded: wire.RequestStatuses = self.session.decode(answer, wire.RequestStatuses)
        found = decoded.request_status or ()
        if found and all(request.request_status not in (None, "InProgress") for request in found):
            if len(known) >= MOST_KNOWN:
                known.clear()
            known[request_id] = found
        return found

    def requests_since(self, since: dt.datetime, entity_type: str) -> Iterator[wire.RequestStatus]:
        """Requests about one kind of record that moved since then, whatever became of them."""
        moment = since.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for status in ("InProgress", "Success", "Error"):
            for page in self.pages(
                "/v1/requestStatus", "requestStatus", entityType=entity_type, lastUpdated=moment, status=status
            ):
                for raw in page:
                    yield self.decode(raw, wire.RequestStatus)

    def reachable(self) -> None:
        """A cheap call. That there is nothing in the list is as good."""
        try:
            self.session.get(CHEAP)
        except NotFound:
            return

    def listed(self, answer: Response, envelope: str) -> tuple[bytes, ...]:
        """The records of an answer that holds one in a list."""
        page: dict[str, msgspec.Raw] = self.session.decode(answer, dict[str, msgspec.Raw])
        return self._rows(page.get(envelope))

    def invoice_status(self, *, company: str, number: str, day: str, gross: str) -> list[dict[str, Any]]:
        """Where the invoices are that have this number, day and sum. Raises NotFound for none, and where the feature is
        off."""
        params = {"companyCode": company, "invoiceNumber": number, "invoiceDate": day, "grossSum": gross}
        answer = self._get("/v1/accountingDocuments/status", params, {})
        found: list[dict[str, Any]] = self.session.decode(answer, list[dict[str, Any]])
        return found

    def acknowledge(self, path: str, key: str) -> bool:
        """Says that a document was taken over. False when that was said before: status 405 (or that it is not its
        time, which only the document tells)."""
        try:
            self.session.request("POST", f"{path}/{quote(key, safe='')}/acknowledge")
        except Rejected as refused:
            if refused.status != 405:
                raise
            return False
        return True

    def respond(self, invoice_id: str, kind: str, response: bytes) -> str:
        """Answers about an accounting document; returns the request's id."""
        answer = self.session.request(
            "POST", f"/v1/accountingDocuments/{quote(invoice_id, safe='')}/{kind}", body=response
        )
        return answer.headers.get(REQUEST_ID, "")

    def decode(self, raw: bytes, kind: type[T]) -> T:
        """A record as `kind`. Raises Transient when it is not that."""
        try:
            return msgspec.json.decode(raw, type=kind, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Transient(f"{LABEL} sent a record that cannot be read: {error}") from error

    def _get(self, path: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        return self.session.get(path, params=params, headers=headers, storage=self.options.storage_hosts)

    def _rows(self, raw: msgspec.Raw | None) -> tuple[bytes, ...]:
        if raw is None:
            return ()
        rows = self.decode(bytes(raw), tuple[msgspec.Raw, ...])
        return tuple(bytes(row) for row in rows)

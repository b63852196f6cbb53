"""What Orderful says, as far as we read it. Unknown members are ignored, missing ones have a default.

Orderful's OpenAPI 2.15.0; transaction ids are strings in v3 and numbers in v4.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

Id = str | int


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of all: members in camel case."""


class Posted(Wire, frozen=True, kw_only=True):
    """What we froze: the body of a v4 create call, or in `x12` the document that goes through v3."""

    type: str
    stream: str
    sender_id: str
    receiver_id: str
    message: dict[str, Any] = {}
    """Mosaic; empty for v3."""
    x12: str = ""
    """An X12 interchange with trial numbers: Orderful turns it into its own JSON and writes the envelope anew."""


class ValidationError(Wire, frozen=True, kw_only=True):
    payload_paths: list[str] | None = None
    error_message: str = ""
    output_path: str | None = ""


class Created(Wire, frozen=True, kw_only=True):
    """The answer to a create call: 202 whether it was accepted or failed validation."""

    id: Id = ""
    status: str = ""
    detail: str | None = ""
    validation_errors: list[ValidationError] | None = None


class CreatedByV3(Wire, frozen=True, kw_only=True):
    """The answer to a v3 create call: an id, and nothing about validity yet."""

    id: Id = ""


class Identity(Wire, frozen=True, kw_only=True):
    isa_id: str | None = ""
    test_isa_id: str | None = ""
    name: str | None = ""

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(i for i in (self.isa_id, self.test_isa_id) if i)


class Named(Wire, frozen=True, kw_only=True):
    name: str = ""


class Transaction(Wire, frozen=True, kw_only=True):
    """A transaction of either direction, without its message."""

    id: Id
    type: Named | str = ""
    stream: str = ""
    sender: Identity | None = None
    receiver: Identity | None = None
    business_number: Id | None = ""
    validation_status: str | None = ""
    delivery_status: str | None = ""
    acknowledgment_status: str | None = ""
    created_at: dt.datetime | None = None

    @property
    def kind(self) -> str:
        return self.type if isinstance(self.type, str) else self.type.name


class Links(Wire, frozen=True, kw_only=True):
    next: str | None = None


class Pagination(Wire, frozen=True, kw_only=True):
    links: Links = Links()


class Metadata(Wire, frozen=True, kw_only=True):
    pagination: Pagination = Pagination()

    @property
    def next_query(self) -> dict[str, list[str]] | None:
        """The query of the next page: the link is a full URL, whose host is not ours to follow."""
        link = self.pagination.links.next
        return parse_qs(urlsplit(link).query) if link else None


class TransactionPage(Wire, frozen=True, kw_only=True):
    data: list[Transaction]
    metadata: Metadata = Metadata()


class RelationshipSide(Wire, frozen=True, kw_only=True):
    live_isa_id: str | None = ""
    test_isa_id: str | None = ""
    organization_name: str | None = ""
    edi_account_name: str | None = ""

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(i for i in (self.live_isa_id, self.test_isa_id) if i)


class Relationship(Wire, frozen=True, kw_only=True):
    """That one account may send one type to another."""

    id: Id = ""
    sender: RelationshipSide = RelationshipSide()
    receiver: RelationshipSide = RelationshipSide()
    transaction_type: Named = Named()
    status: str = ""
    auto_send: str | None = ""


class RelationshipPage(Wire, frozen=True, kw_only=True):
    data: list[Relationship]
    metadata: Metadata = Metadata()


class EdiAccount(Wire, frozen=True, kw_only=True):
    name: str | None = ""
    live_isa_id: str | None = ""
    test_isa_id: str | None = ""


class Organization(Wire, frozen=True, kw_only=True):
    id: Id = ""
    name: str | None = ""
    edi_accounts: list[EdiAccount] = []


class AcknowledgmentError(Wire, frozen=True, kw_only=True):
    path: str | None = ""
    code: str | None = ""
    message: str | None = ""


class Acknowledgment(Wire, frozen=True, kw_only=True):
    status: str = ""
    created_at: dt.datetime | None = None
    errors: list[AcknowledgmentError] | None = None


class Href(Wire, frozen=True, kw_only=True):
    href: str = ""


class InboxDelivery(Wire, frozen=True, kw_only=True):
    """How an item is confirmed. Addresses are followed as given: v4 says approve, and its path ends in accept."""

    approve: Href = Href()


class InboxItem(Wire, frozen=True, kw_only=True):
    """An item of a v4 inbox (`transactionId`, ids as texts, no type) or of a v3 bucket (a transaction)."""

    id: Id = ""
    transaction_id: Id = ""
    type: Named | str = ""
    stream: str = ""
    sender_id: str | None = ""
    receiver_id: str | None = ""
    sender: Identity | None = None
    receiver: Identity | None = None
    business_number: Id | None = ""
    message: dict[str, Any] = {}
    delivery: InboxDelivery = InboxDelivery()

    @property
    def kind(self) -> str:
        return self.type if isinstance(self.type, str) else self.type.name

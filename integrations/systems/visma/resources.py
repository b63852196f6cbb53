"""The kinds of records that are read. Adding one: its head in wire.py, a line here, its mapping."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from edi.documents.values import normalise
from integrations.systems.contract import Item
from integrations.systems.visma import stamps
from integrations.systems.visma.client import segment
from integrations.systems.visma.wire import (
    Head,
    PurchaseOrderHead,
    PurchaseReceiptHead,
    SupplierHead,
    SupplierInvoiceHead,
)
from integrations.systems.visma.wire_sales import CustomerHead, CustomerInvoiceHead

VOLATILE = frozenset({"metadata", "timeStamp", "lastModifiedDateTime", "errorInfo"})
"""Members that change by themselves, at any depth."""
FRACTION = Decimal("1E-10")
"""Digits beyond are noise of doubles: 0.1 + 0.2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One kind of record with a list that can be filtered by time of change."""

    feed: str
    """Key of its feed."""
    label: str
    noun: str
    """One such record, for sentences."""
    entity: str
    path: str
    head: type[Head]
    key_parts: int = 1
    """How many path segments name a single record."""
    expansions: frozenset[str] = frozenset()
    """Members that a single record has, and a list only when it is asked to expand them, which ours is not. They are no
    part of the fingerprint: a record says the same whichever way it was read.
    """
    asks_for: tuple[tuple[str, str], ...] = ()
    """Query parameters by which a list gives what mapping needs of each record."""
    asks_of_one: tuple[tuple[str, str], ...] = ()
    """Those by which a single record says the same as the list."""

    def path_of(self, source_id: str) -> str:
        """The path of a single record."""
        parts = source_id.split("/", self.key_parts - 1)
        return "/".join([self.path, *(segment(part) for part in parts)])

    def item(self, raw: bytes, zone: ZoneInfo, *, answered_at: dt.datetime | None = None, version: str = "") -> Item:
        """The item of one record's bytes. What cannot be understood becomes an item with a problem.

        `zone` is meant by stamps without one; `answered_at` is the server's clock as it answered; `version` is what
        the ETag said, for records without a version of their own.
        """
        try:
            head = msgspec.json.decode(raw, type=self.head, strict=False)
            mark = fingerprint(raw, without=self.expansions)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return self._unreadable(raw, f"cannot be read: {error}")
        if not all(head.key):
            return self._unreadable(raw, "has no number")
        return Item(
            source_id="/".join(head.key),
            raw=raw,
            fingerprint=mark,
            source_version=head.time_stamp or version,
            modified_at=_modified_at(head.last_modified_date_time, zone, answered_at),
            business_number=head.business_number,
            status=head.status or "",
            kind=head.kind,
        )

    def _unreadable(self, raw: bytes, reason: str) -> Item:
        """Where its number can be read, the record keeps its place among its versions; else its bytes name it."""
        digest = hashlib.sha256(raw).hexdigest()
        key = self._key_at_least(raw)
        return Item(
            source_id="/".join(key) or f"unreadable-{digest[:16]}",
            raw=raw,
            fingerprint=digest,
            business_number=key[-1] if key else "",
            problem=f"A {self.noun} that Visma sent {reason}."[:500],
        )

    def _key_at_least(self, raw: bytes) -> tuple[str, ...]:
        """The key by the record's texts alone, () when it is not whole."""
        try:
            members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
            texts = {name: value for name, value in members.items() if bytes(value).startswith(b'"')}
            key = msgspec.json.decode(msgspec.json.encode(texts), type=self.head).key
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ()
        return key if all(key) else ()


FREE_TEXTS = frozenset(f"customStr{n}" for n in range(1, 6))
FREE_FIELDS = FREE_TEXTS | {"customDateTimeUTC1", "customDec1", "customDec2", "customInt1", "customInt2"}
"""What includeCustomFreeFields adds to orders and their lines."""

RESOURCES = (
    Resource(
        feed="suppliers",
        label="Suppliers",
        noun="supplier",
        entity="supplier",
        path="v1/supplier",
        head=SupplierHead,
        expansions=frozenset({"glAccounts", "note"}),
    ),
    Resource(
        feed="purchase-orders",
        label="Purchase orders",
        noun="purchase order",
        entity="purchase_order",
        path="v1/purchaseorder",
        head=PurchaseOrderHead,
        expansions=FREE_FIELDS - FREE_TEXTS,
        asks_for=(("includeCustomFreeFields", "true"),),  # one of them may hold the number of a web order
        asks_of_one=(("includeCustomFreeFields", "true"),),
    ),
    Resource(
        feed="purchase-receipts",
        label="Purchase receipts",
        noun="purchase receipt",
        entity="purchase_receipt",
        path="v2/PurchaseReceipt",
        head=PurchaseReceiptHead,
        expansions=FREE_FIELDS | {"note"},
    ),
    Resource(
        feed="supplier-invoices",
        label="Supplier invoices",
        noun="supplier invoice",
        entity="supplier_invoice",
        path="v1/supplierInvoice",
        head=SupplierInvoiceHead,
        key_parts=2,
        expansions=frozenset({"approvalDetails", "landedCosts", "note", "prebookAccount", "prebookSubaccount"}),
        asks_for=(("expandAttachment", "true"),),  # a scan may be attached after the invoice was read
    ),
    Resource(
        feed="customers",
        label="Customers",
        noun="customer",
        entity="customer",
        path="v1/customer",
        head=CustomerHead,
        expansions=frozenset({"directDebitLines", "glAccounts", "note", "paymentMethods"}),
    ),
    Resource(
        feed="customer-invoices",
        label="Customer invoices",
        noun="customer invoice",
        entity="customer_invoice",
        path="v1/customerinvoice",
        head=CustomerInvoiceHead,
        expansions=frozenset(
            {
                "applications",
                "attachments",
                "contact",
                "dunningLetterDate",
                "dunningLetterLevel",
                "invoiceContact",
            }
        ),
        asks_for=(("expandTaxDetails", "true"), ("expandInvoiceAddress", "true")),
    ),
)


def fingerprint(raw: bytes, *, without: frozenset[str] = frozenset()) -> str:
    """SHA-256 (hex) of what a record says: numbers by value, members in alphabetical order; null ones are left out,
    and at any depth those that change by themselves and those named by `without`.

    Raises msgspec.DecodeError or UnicodeDecodeError.
    """
    stated = _stated(_DECODER.decode(raw), VOLATILE | without)
    return hashlib.sha256(msgspec.json.encode(stated, order="sorted")).hexdigest()


@lru_cache(maxsize=8192)
def _number(text: str) -> Decimal | int:
    """A number by its value, so that 1000, 1000.0 and 1E3 are one. Remembered: the same few fill most of a page."""
    value = Decimal(text)
    try:
        value = normalise(value.quantize(FRACTION))
    except InvalidOperation:
        return value  # too large for so many decimals: as it stands
    return int(value) if value == value.to_integral_value() else value


_DECODER = msgspec.json.Decoder(float_hook=_number)


def _stated(value: Any, without: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {
            k: _stated(v, without) if isinstance(v, dict | list) else v
            for k, v in value.items()
            if k not in without and v is not None
        }
    if isinstance(value, list):
        return [_stated(v, without) for v in value]
    return value


def _modified_at(text: str | None, zone: ZoneInfo, answered_at: dt.datetime | None) -> dt.datetime | None:
    """None for a record without time of change, or with one that has no known form: it is read all the same."""
    if not text:
        return None
    try:
        return stamps.parse(text, zone, not_after=answered_at)
    except (ValueError, OverflowError):
        return None

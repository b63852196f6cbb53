"""What Basware sends, as far as we read it. Null members are left out by it, unknown ones skipped by us."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base: members may be missing or null."""


# --- Errors


class Error(Wire, frozen=True, kw_only=True):
    external_code: str | None = None
    type: str | None = None
    code: str | None = None
    message: str | None = None
    info: str | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Bodies of failures in all known shapes: data APIs, token service, push API, gateway."""

    errors: Any = None
    """A list of errors of the data APIs, or the one object of the Network."""
    error_messages: tuple[Error, ...] | None = msgspec.field(default=None, name="errorMessages")
    error: str | None = None
    error_description: str | None = None
    message: str | None = None
    detail: Any = None


# --- What became of requests


class ItemError(Wire, frozen=True, kw_only=True):
    type: str | None = None
    message: str | None = None
    category: str | None = None


class ProcessedItem(Wire, frozen=True, kw_only=True):
    external_code: str | None = None
    parent_external_code: str | None = None
    status: str | None = None
    errors: tuple[ItemError, ...] | None = None


class ProcessingSystem(Wire, frozen=True, kw_only=True):
    system: str | None = None
    module: str | None = None
    system_status: str | None = None
    items: tuple[ProcessedItem, ...] | None = None


class RequestStatus(Wire, frozen=True, kw_only=True):
    request_id: str | None = None
    entity_type: str | None = None
    request_status: str | None = None
    operation_type: str | None = None
    last_updated: str | None = None
    systems: tuple[ProcessingSystem, ...] | None = None


class RequestStatuses(Wire, frozen=True, kw_only=True):
    request_status: tuple[RequestStatus, ...] | None = None


# --- Accounting documents


class Dispute(Wire, frozen=True, kw_only=True):
    is_disputed: bool | None = None
    dispute_reason: str | None = None


class Response(Wire, frozen=True, kw_only=True):
    """What was answered about a document: that it was transferred, or paid."""

    external_code: str | None = None
    success: bool | None = None
    response_message: str | None = None
    payment_date: str | None = None
    payment_number: str | None = None
    paid_total: Decimal | None = None


class AccountingDocument(Wire, frozen=True, kw_only=True):
    invoice_id: str | None = None
    bumid: str | None = None
    invoice_number: str | None = None
    supplier_code: str | None = None
    company_code: str | None = None
    currency_code: str | None = None
    gross_sum: Decimal | None = None
    processing_status: str | None = None
    status: str | None = None
    """Only in answers about the status alone: InApprovalProcess, ReadyForPayment, Paid, Rejected."""
    payment_block: bool | None = None
    dispute_info: Dispute | None = None
    removal_reason: str | None = None
    removal_reason_comment: str | None = None
    clearing_date: str | None = None
    clearing_reference_id: str | None = None
    prebook_responses: tuple[Response, ...] | None = None
    transfer_responses: tuple[Response, ...] | None = None
    payment_responses: tuple[Response, ...] | None = None
    last_updated: str | None = None


# --- Purchase orders that were made in Basware


class ExportedOrder(Wire, frozen=True, kw_only=True):
    external_code: str | None = None
    order_number: str | None = None
    requisition_number: str | None = None
    order_status: str | None = None
    processing_status: str | None = None
    supplier_code: str | None = None
    supplier_name: str | None = None
    purchase_currency: str | None = None
    net_sum: Decimal | None = None
    gross_sum: Decimal | None = None
    order_lines: tuple[Any, ...] | None = None
    last_updated: str | None = None

"""Words that Visma.net's API has for statuses and types of records, by its specification (enums of the read DTOs)."""

from __future__ import annotations

ORDER_STATUSES = (
    "Hold",
    "Balanced",
    "PendingPrint",
    "PendingEmail",
    "Printed",
    "Open",
    "Closed",
    "Cancelled",
    "Voided",
)
RECEIPT_STATUSES = ("Hold", "Balanced", "Released", "Cancelled")
RECEIPT_TYPES = ("PoReceipt", "PoReturn", "TransferReceipt")
SUPPLIER_INVOICE_STATUSES = (
    "Hold",
    "Balanced",
    "Scheduled",
    "Prebooked",
    "Reserved",
    "Printed",
    "Open",
    "Closed",
    "Voided",
)
SUPPLIER_INVOICE_TYPES = (
    "Invoice",
    "CreditAdj",
    "DebitAdj",
    "Prepayment",
    "Refund",
    "Check",
    "QuickCheck",
    "VoidCheck",
    "VoidQuickCheck",
)
CUSTOMER_INVOICE_STATUSES = (
    "Hold",
    "CreditHold",
    "CcHold",
    "Balanced",
    "Scheduled",
    "Reserved",
    "PendingPrint",
    "PendingEmail",
    "Open",
    "Closed",
    "Voided",
)
CUSTOMER_INVOICE_TYPES = (
    "Invoice",
    "DebitNote",
    "CreditNote",
    "Payment",
    "VoidPayment",
    "Prepayment",
    "Refund",
    "FinCharge",
    "SmallBalanceWo",
    "SmallCreditWo",
    "CashSale",
    "CashReturn",
)

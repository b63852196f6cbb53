"""Totals of documents, recalculated as the ERP does after every change. Bodies are changed in place."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from integrations.sandbox.visma import parts
from integrations.sandbox.visma.parts import Json, double
from integrations.sandbox.world.documents import cents
from integrations.sandbox.world.values import Company

ZERO = Decimal("0.00")
UNCOUNTED_RECEIPTS = frozenset({"Cancelled"})


def decimal(value: Any) -> Decimal:
    """A JSON number as Decimal; absent counts as zero."""
    return Decimal(str(value or 0))


def tax_details(
    company: Company, amounts: list[tuple[str, Decimal]], *, inclusive: bool = False
) -> tuple[list[Json], Decimal]:
    """VAT by code, rounded once per code, and its sum. `inclusive`: the amounts hold it already."""
    sums: dict[str, Decimal] = {}
    for vat_id, amount in amounts:
        sums[vat_id] = sums.get(vat_id, ZERO) + amount
    details, total = [], ZERO
    for number, (vat_id, taxable) in enumerate(sums.items(), start=1):
        rate = company.vat(vat_id).rate
        tax = cents(taxable * rate / (100 + rate if inclusive else 100))
        taxable -= tax if inclusive else ZERO
        total += tax
        details.append(
            {
                "taxId": vat_id,
                "recordId": number,
                "vatId": parts.vat_category(company, vat_id),
                "vatRate": double(rate),
                "taxableAmount": double(taxable),
                "vatAmount": double(tax),
            }
        )
    return details, total


def order_line(line: Json) -> None:
    """Extended cost, discount and amount of an order line."""
    extended = ZERO if line["canceled"] else cents(decimal(line["orderQty"]) * decimal(line["unitCost"]))
    discount = cents(extended * decimal(line["discountPercent"]) / 100)
    line["extCost"], line["discountAmount"] = double(extended), double(discount)
    line["amount"] = double(extended - discount)
    line["baseOrderQty"] = line["orderQty"]


def order(body: Json, company: Company) -> None:
    """Totals, taxes and open quantities of a purchase order."""
    rate = decimal(body["exchangeRate"])
    lines = [line for line in body["lines"] if not line["canceled"]]
    amounts = [(line["taxCategory"]["number"], decimal(line["amount"])) for line in lines]
    body["taxDetails"], tax_total = tax_details(company, amounts)
    line_total = sum((amount for _, amount in amounts), ZERO)
    exempt = sum((decimal(t["taxableAmount"]) for t in body["taxDetails"] if not t["vatRate"]), ZERO)
    for name, amount in (
        ("lineTotal", line_total),
        ("vatExemptTotal", exempt),
        ("taxTotal", tax_total),
        ("orderTotal", line_total + tax_total),
        ("controlTotal", line_total + tax_total),
    ):
        body[name] = double(amount)
        body[name + "InBaseCurrency"] = parts.in_base(amount, rate)
    for line in body["lines"]:
        line["receivedAmt"] = double(_received_amount(line))
    body["openQuantity"] = double(sum((open_quantity(line) for line in lines), Decimal(0)))
    body["openBalance"] = double(sum((decimal(line["amount"]) - _received_amount(line) for line in lines), ZERO))


def open_quantity(line: Json) -> Decimal:
    """Ordered and not on receipts; never below zero."""
    if line["canceled"] or line["completed"]:
        return Decimal(0)
    return max(decimal(line["orderQty"]) - decimal(line["qtyOnReceipts"]), Decimal(0))


def _received_amount(line: Json) -> Decimal:
    quantity = decimal(line["orderQty"])
    return cents(decimal(line["amount"]) * decimal(line["qtyOnReceipts"]) / quantity) if quantity else ZERO


def receipt(body: Json) -> None:
    """Totals of a purchase receipt."""
    for line in body["lines"]:
        amount = cents(decimal(line["receiptQty"]) * decimal(line["unitCost"]))
        amount -= cents(amount * decimal(line.get("discountPercent")) / 100)
        line["extCost"] = line["amount"] = double(amount)
        line["baseReceiptQty"] = line["receiptQty"]
    quantity = sum((decimal(line["receiptQty"]) for line in body["lines"]), Decimal(0))
    total = sum((decimal(line["amount"]) for line in body["lines"]), ZERO)
    body["totalQty"] = body["controlQty"] = double(quantity)
    body["totalAmt"] = body["controlTotal"] = body["vatTaxableTotal"] = double(total)


def set_pair(body: Json, name: str, amount: Decimal, rate: Decimal) -> None:
    """A member in the company's currency and its twin in the document's."""
    body[name] = parts.in_base(amount, rate)
    body[name + "InCurrency"] = double(amount)


def supplier_invoice(body: Json, company: Company, *, stated_vat: Decimal | None = None) -> Decimal:
    """Totals of a supplier invoice; answers the calculated total before rounding. With the VAT calculation mode Gross,
    lines hold amounts with VAT.

    `stated_vat` is the VAT that the supplier printed: it replaces the calculated one when less than one unit off.
    """
    rate = decimal(body["exchangeRate"])
    for line in body["invoiceLines"]:
        line["cost"] = parts.in_base(decimal(line["costInCurrency"]), rate)
        line["unitCost"] = double(_four(decimal(line["unitCostInCurrency"]) * rate))
    amounts = [(line["vatCode"]["id"], decimal(line["costInCurrency"])) for line in body["invoiceLines"]]
    gross = body.get("taxCalculationMode") == "Gross"
    body["taxDetailLines"], tax_total = tax_details(company, amounts, inclusive=gross)
    if stated_vat is not None and body["taxDetailLines"] and abs(stated_vat - tax_total) < 1:
        first = body["taxDetailLines"][0]
        first["vatAmount"] = double(decimal(first["vatAmount"]) + stated_vat - tax_total)
        tax_total = stated_vat
    line_total = sum((amount for _, amount in amounts), ZERO) - (tax_total if gross else ZERO)
    taxed = sum((decimal(t["taxableAmount"]) for t in body["taxDetailLines"] if t["vatRate"]), ZERO)
    set_pair(body, "detailTotal", line_total, rate)
    set_pair(body, "vatTaxableTotal", taxed, rate)
    set_pair(body, "vatExemptTotal", line_total - taxed, rate)
    set_pair(body, "vatTotal", tax_total, rate)
    body["vatAmount"] = double(tax_total)
    return line_total + tax_total


def settle(body: Json, total: Decimal, rounding: Decimal) -> None:
    """Final amount, rounding difference and balance of a supplier invoice that nothing was paid of."""
    rate = decimal(body["exchangeRate"])
    set_pair(body, "roundingDiff", rounding, rate)
    body["amount"] = double(total + rounding)
    set_pair(body, "balance", total + rounding, rate)


def customer_invoice(body: Json, company: Company) -> None:
    """Totals of a customer invoice."""
    rate = decimal(body["exchangeRate"])
    amounts = []
    for line in body["invoiceLines"]:
        amount = decimal(line["amountInCurrency"])
        line["amount"] = parts.in_base(amount, rate)
        line["unitPrice"] = double(_four(decimal(line["unitPriceInCurrency"]) * rate))
        amounts.append((line["vatCode"]["id"], amount))
    body["taxDetails"], tax_total = tax_details(company, amounts)
    line_total = sum((amount for _, amount in amounts), ZERO)
    taxed = sum((decimal(t["taxableAmount"]) for t in body["taxDetails"] if t["vatRate"]), ZERO)
    total = line_total + tax_total + decimal(body["roundingDiff"])
    for name, amount in (
        ("detailTotal", line_total),
        ("vatTaxableTotal", taxed),
        ("vatExemptTotal", line_total - taxed),
        ("vatTotal", tax_total),
        ("amount", total),
        ("balance", total),
    ):
        set_pair(body, name, amount, rate)


def _four(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)

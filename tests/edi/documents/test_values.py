from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import given

from edi.documents.invoice import Invoice
from edi.documents.purchase_order import PurchaseOrder
from edi.documents.values import digest, encode, normalise
from tests.edi.documents.strategies import invoices, purchase_orders


@given(invoices())
def test_document_survives_json(invoice: Invoice) -> None:
    assert msgspec.json.decode(encode(invoice), type=Invoice) == invoice


@given(purchase_orders())
def test_digest_ignores_purpose_and_needless_zeros(order: PurchaseOrder) -> None:
    padded = msgspec.structs.replace(order, purpose="replace", total=order.total.quantize(Decimal("0.0001")))
    assert digest(padded) == digest(order)


@given(purchase_orders())
def test_digest_tells_different_documents_apart(order: PurchaseOrder) -> None:
    assert digest(msgspec.structs.replace(order, total=order.total + 1)) != digest(order)
    assert digest(msgspec.structs.replace(order, number=order.number + "x")) != digest(order)


def test_normalise_never_writes_exponents() -> None:
    assert [str(normalise(Decimal(n))) for n in ("10.00", "1E+2", "-0.0", "0.50")] == ["10", "100", "0", "0.5"]

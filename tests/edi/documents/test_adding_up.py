"""Money: decimals everywhere, and nothing is written whose total is not what its parts make."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from edi.documents import t810, t850
from edi.documents.building import BuildOptions, BuildRefused
from edi.documents.money import minor_unit
from edi.documents.registry import SETS
from tests.edi.documents.examples import INVOICE, ORDER

TOLERANCE = Decimal("0.01")
"""Of a total in SEK: half a minor unit for each of two rounded amounts."""
OFF = st.integers(-100_000, 100_000).map(lambda n: Decimal(n).scaleb(-3))


@given(OFF)
def test_rule_20_an_order_goes_only_when_its_total_is_lines_and_tax_within_the_tolerance(off: Decimal) -> None:
    """Nor with more decimals than the currency has."""
    order = msgspec.structs.replace(ORDER, total=ORDER.total + off)
    if abs(off) <= TOLERANCE and off % TOLERANCE == 0:
        assert t850.build(order, BuildOptions())
    else:
        with pytest.raises(BuildRefused, match=r"the total is not lines|more decimals than SEK has"):
            t850.build(order, BuildOptions())


@given(st.integers(-10_000, 10_000).map(lambda n: Decimal(n).scaleb(-2)))
def test_rule_20_an_invoice_goes_only_when_its_total_adds_up(off: Decimal) -> None:
    invoice = msgspec.structs.replace(INVOICE, total=INVOICE.total + off)
    if abs(off) <= TOLERANCE:
        assert t810.build(invoice, BuildOptions())
    else:
        with pytest.raises(BuildRefused):
            t810.build(invoice, BuildOptions())


@pytest.mark.parametrize(("currency", "unit"), [("SEK", "0.01"), ("ISK", "1"), ("KWD", "0.001")])
def test_rule_20_the_tolerance_is_in_the_currency_s_own_unit(currency: str, unit: str) -> None:
    assert minor_unit(currency) == Decimal(unit)
    allowed, whole = minor_unit(currency), {"tax_total": Decimal(26), "total": Decimal(131)}
    exact = msgspec.structs.replace(ORDER, currency=currency, **whole)
    fits = msgspec.structs.replace(exact, total=exact.total + allowed)
    assert t850.build(fits, BuildOptions())
    with pytest.raises(BuildRefused):
        t850.build(msgspec.structs.replace(fits, total=fits.total + allowed), BuildOptions())


def test_rule_20_no_document_holds_a_float() -> None:
    for spec in SETS.values():
        floats = [path for path, kind in _types(inspect.type_info(spec.document), spec.document.__name__) if kind]
        assert floats == []


def _types(kind: inspect.Type, at: str, above: tuple[type, ...] = ()) -> Iterator[tuple[str, bool]]:
    """Every place of a document, and whether a float may stand there."""
    yield at, isinstance(kind, inspect.FloatType)
    inner: list[tuple[str, Any]] = []
    match kind:
        case inspect.StructType(cls=cls, fields=fields) if cls not in above:
            inner = [(f"{at}.{f.name}", f.type) for f in fields]
            above = (*above, cls)
        case inspect.UnionType(types=types):
            inner = [(at, one) for one in types]
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            inner = [(at, item)]
    for place, one in inner:
        yield from _types(one, place, above)

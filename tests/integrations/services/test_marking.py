"""The value that a problem is about, in the text that was read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.services.content import show
from integrations.services.marking import mark

INVOICE: dict[str, Any] = {
    "referenceNumber": "A1",
    "supplier": {"number": "50001"},
    "invoiceLines": [{"lineNumber": 1, "cost": "5"}, {"lineNumber": None, "cost": "5"}],
}


@pytest.mark.parametrize(
    ("path", "value", "is_there"),
    [
        ("referenceNumber", '  "referenceNumber": "A1",', True),
        ("supplier.number", '    "number": "50001"', True),
        ("Supplier.Number", '    "number": "50001"', True),
        ("supplier.vatNumber", '  "supplier": {\n    "number": "50001"\n  },', False),
        ("invoiceLines[1].lineNumber", '      "lineNumber": null,', True),
        ("invoiceLines[1].account.number", '    {\n      "lineNumber": null,\n      "cost": "5"\n    }', False),
    ],
)
def test_the_lines_of_the_value_or_of_what_it_is_missing_in_are_marked(path: str, value: str, is_there: bool) -> None:
    found = mark(INVOICE, path)
    assert found is not None
    assert (found.value, found.is_there) == (value, is_there)


@pytest.mark.parametrize("path", ["", "total", "nothing.at.all", "[3]", "..."])
def test_what_is_nowhere_is_not_marked(path: str) -> None:
    assert mark(INVOICE, path) is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(value=values, path=st.text(max_size=12) | st.sampled_from(["a.b", "[0].a", "a[1]"]))
def test_marking_never_changes_the_text_nor_fails(value: Any, path: str) -> None:
    found = mark(value, path)
    if found is not None:
        assert found.before + found.value + found.after == json.dumps(value, indent=2, ensure_ascii=False)


def test_what_is_marked_is_masked_like_all_else() -> None:
    shown = show(json.dumps({"bankAccount": {"iban": "SE4550000000058398257466"}}).encode(), about="bankAccount.iban")
    assert shown.marked is not None
    assert "SE455" not in shown.marked.value
    assert shown.masked == 1

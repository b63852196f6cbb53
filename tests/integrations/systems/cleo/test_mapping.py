"""Names of uploaded files."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.systems.cleo.mapping import file_name
from integrations.systems.cleo.settings import Options
from integrations.systems.contract import Unmappable

DEFAULT = Options().file_name_template
VALUES: dict[str, Any] = {
    "set_id": "850",
    "sender": "NORDLOGISTIK",
    "receiver": "SUP50001",
    "control_number": 12,
    "business_number": "500001",
    "extension": "x12",
}


def test_the_usual_name() -> None:
    assert file_name(DEFAULT, **VALUES) == "850_NORDLOGISTIK_SUP50001_000000012_500001.x12"


def test_both_streams_count_by_themselves() -> None:
    assert file_name(DEFAULT, **VALUES, stream="test") == "850_NORDLOGISTIK_SUP50001_T000000012_500001.x12"


@pytest.mark.parametrize(
    ("number", "part"),
    [
        ("Order 12/7", "_Order-12-7."),
        ("Ångström", "_Angstrom."),
        ("Sørøya æble", "_Soroya-aeble."),
        ("../../etc", "_etc."),
        ("中文", "_."),
        ("", "_."),
    ],
)
def test_other_characters_become_safe_ones(number: str, part: str) -> None:
    assert part in file_name(DEFAULT, **{**VALUES, "business_number": number})


@pytest.mark.parametrize(
    ("template", "part"),
    [
        ("{set_id}_{business_number}.{extension}", "must hold {control_number}"),
        ("{control_number}_{colour}.x12", "it may hold {set_id}"),
        ("{control_number", "it may hold"),
        ("{}_{control_number}", "it may hold"),
        ("{control_number.x}", "it may hold"),
        ("out/{control_number}.x12", "may have ASCII letters"),
        (".{control_number}.x12", "may have ASCII letters"),
        ("å{control_number}.x12", "may have ASCII letters"),
    ],
)
def test_a_template_that_cannot_be_used(template: str, part: str) -> None:
    with pytest.raises(Unmappable) as caught:
        file_name(template, **VALUES)
    assert part in caught.value.sentence
    assert "File names" in caught.value.remedy


@given(
    number=st.integers(0, 999_999_999),
    other=st.integers(0, 999_999_999),
    business=st.text(max_size=200),
    sender=st.text(max_size=60),
)
def test_names_are_safe_and_differ_by_control_number(number: int, other: int, business: str, sender: str) -> None:
    values = {**VALUES, "business_number": business, "sender": sender}
    one, two = (file_name(DEFAULT, **{**values, "control_number": n}) for n in (number, other))
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", one)
    assert len(one) <= 255
    assert (one == two) == (number == other)

from __future__ import annotations

import pytest

from edi.documents.ship_notice import is_sscc, sscc_check_digit


def test_check_digit() -> None:
    assert sscc_check_digit("37350010000000001") == "4"
    assert sscc_check_digit("735009912340") == "5"


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("373500100000000014", True),
        ("373500100000000015", False),
        ("00373500100000000014", False),
        ("37350010000000001４", False),
        ("", False),
    ],
)
def test_sscc(number: str, right: bool) -> None:
    assert is_sscc(number) is right

"""Texts of partners in columns of ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from edi import services as edi
from edi.models import Agreement, Network, TransactionSet
from edi.services.texts import storable
from tests.edi.interchanges import one


@pytest.mark.parametrize(
    ("text", "stored"), [("SHP-1", "SHP-1"), ("a\0b\x1f", "a\ufffdb\ufffd"), ("Å ä", "Å ä"), ("123456789", "12345678")]
)
def test_a_column_can_hold_it(text: str, stored: str) -> None:
    assert storable(text, 8) == stored


def test_control_characters_do_not_stop_a_file(
    agree: Callable[..., Agreement], network: Network, now: dt.datetime
) -> None:
    agree("856")
    data = one("856").replace(b"SHP-1", b"SHP\0\x011").replace(b"ST*856*0001", b"ST*856*00\x0001")
    received = edi.receive(network, data, now=now, source_name="in\0.x12")
    row = TransactionSet.objects.get()
    assert (row.business_number, row.intake) == ("SHP\ufffd\ufffd1", "refused")
    assert received.interchanges[0].row.text == data.rstrip()
    assert received.file.name == "in\ufffd.x12"

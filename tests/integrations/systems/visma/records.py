"""Vendor-shaped records for tests of mappings and sinks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edi.documents.values import Party, PartyId
from integrations.systems.contract import Unmappable

FIXTURES = Path(__file__).parent / "fixtures"
ZONE = ZoneInfo("Europe/Stockholm")
OURSELVES = Party(role="buyer", name="Nordbod AB", ids=(PartyId(scheme="organisation", value="5566778899"),))


def raw(fixture: str, /, **changes: Any) -> bytes:
    """A fixture with some members changed; `lines__0__canceled=True` reaches inside."""
    record = json.loads((FIXTURES / f"{fixture}.json").read_text())
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = record
        for part in parents:
            target = target[int(part) if part.isdecimal() else part]
        target[int(last) if last.isdecimal() else last] = value
    return json.dumps(record).encode()


def refusal(call, *args: Any, **kwargs: Any) -> Unmappable:
    """What a call refuses, which says what is wrong and what to do."""
    with pytest.raises(Unmappable) as caught:
        call(*args, **kwargs)
    assert caught.value.sentence
    assert caught.value.remedy
    return caught.value

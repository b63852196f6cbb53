from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.documents import rendering, t850, t856
from edi.documents.building import Seg
from edi.documents.purchase_order import PurchaseOrder
from edi.documents.ship_notice import ShipNotice
from tests.edi.documents.strategies import purchase_orders, ship_notices
from tests.edi.documents.support import parsed

ORDER: list[Seg] = [
    ["BEG", "00", "SA", "500001", "", "20260504"],
    ["N1", "BY", "Nordlager AB", "92", "17"],
    ["N3", "Hamngatan 1"],
    ["PO1", "1", "10", "EA", "4.5", "", "BP", "A-1"],
    ["PID", "F", "", "", "", "Spik"],
    ["PO1", "2", "5", "EA", "9"],
    ["CTT", "2"],
    ["AMT", "TT", "90"],
]


def render(segments: list[Seg], **names: str) -> dict[str, Any]:
    settings = {"set_id": "850", "control_number": "0001", "version": "004010"} | names
    return json.loads(rendering.as_json(segments, **settings))


def shape(parts: list[dict[str, Any]]) -> list[Any]:
    return [[p["loop"], *shape(p["segments"])] if "loop" in p else p["segment"] for p in parts]


def test_heading_names_set_version_and_number() -> None:
    data = render(ORDER)
    assert {k: v for k, v in data.items() if k != "segments"} == {
        "schema": "x12-json-1",
        "set": "850",
        "name": "Purchase Order",
        "version": "004010",
        "control_number": "0001",
    }


def test_segments_stand_in_their_loops() -> None:
    assert shape(render(ORDER)["segments"]) == [
        "BEG",
        ["N1", "N1", "N3"],
        ["PO1", "PO1", ["PID", "PID"]],
        ["PO1", "PO1"],
        ["CTT", "CTT", "AMT"],
    ]


def test_elements_have_names_values_and_meanings() -> None:
    beginning = render(ORDER)["segments"][0]
    assert beginning["elements"][0] == {
        "id": "BEG01",
        "name": "Transaction Set Purpose Code",
        "value": "00",
        "meaning": "Original",
    }
    assert [e["id"] for e in beginning["elements"]] == ["BEG01", "BEG02", "BEG03", "BEG05"]


def test_composite_is_a_list() -> None:
    data = render([["POC", "1", "CA", "5", "", ("EA", "1")]], set_id="860")
    elements = data["segments"][0]["segments"][0]["elements"]
    assert elements[-1]["components"] == ["EA", "1"]


def test_unknown_version_renders_flat_and_without_names() -> None:
    data = render(ORDER, version="003010")
    assert "name" not in data
    assert shape(data["segments"]) == [s[0] for s in ORDER]
    assert data["segments"][0]["elements"][0] == {"id": "BEG01", "value": "00"}


def test_unexpected_segment_stays_where_it_stands() -> None:
    data = render([*ORDER[:4], ["QQQ", "x"], *ORDER[4:]])
    assert shape(data["segments"])[2] == ["PO1", "PO1", "QQQ", ["PID", "PID"]]


@given(st.one_of(purchase_orders().map(lambda d: ("850", d)), ship_notices().map(lambda d: ("856", d))))
def test_rendering_is_read_again(case: tuple[str, PurchaseOrder | ShipNotice]) -> None:
    set_id, document = case
    segments = t850.build(document) if isinstance(document, PurchaseOrder) else t856.build(document)
    data = rendering.as_json(segments, set_id=set_id, control_number="0007", version="004010")
    assert rendering.from_json(data) == (set_id, "004010", "0007", segments)


def test_received_composites_are_split() -> None:
    tset = parsed("POC*1*CA*5**EA>1\nREF*ZZ*a>b", "860")
    assert rendering.segments_of(tset) == [["POC", "1", "CA", "5", "", ("EA", "1")], ["REF", "ZZ", "a>b"]]


@pytest.mark.parametrize("data", ["[]", '{"schema": "other"}', '{"schema": "x12-json-1"}'])
def test_other_json_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match="x12-json-1"):
        rendering.from_json(data)

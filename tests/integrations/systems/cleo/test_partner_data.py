"""What connections and partner files state of trading partners, and back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.documents.values import Address
from integrations.documents import PartnerData
from integrations.systems.cleo import partner_data
from integrations.systems.cleo.json_files import entries
from integrations.systems.cleo.matches import match_of
from integrations.systems.cleo.settings import PARTNER_FIELDS, Options
from integrations.systems.contract import Unmappable

WORDS = st.text("abcÅäö 0123456789-&/<>\"'", max_size=20).map(str.strip)
MAYBE = st.none() | WORDS
ADDRESSES = st.builds(
    Address,
    lines=st.lists(WORDS.filter(bool), max_size=3).map(tuple),
    postal_code=WORDS,
    city=WORDS,
    country=st.sampled_from(["", "SE", "NO"]),
)
DATA = st.builds(
    PartnerData,
    key=WORDS.filter(bool),
    supplier_number=WORDS,
    name=MAYBE,
    address=st.none() | ADDRESSES,
    vat_number=MAYBE,
    organisation_number=MAYBE,
    status=MAYBE,
)
CONNECTION: dict[str, Any] = {
    "id": "JOe0WtAxTFS7q3fd0mdg2Q",
    "alias": "Bruket AB",
    "type": "as2",
    "connect": {"url": "https://bruket.example/as2"},
    "ready": True,
    "meta": {"resourceType": "connection"},
    "_links": {"self": {"href": "/api/connections/JOe0WtAxTFS7q3fd0mdg2Q"}},
}


@given(DATA)
def test_a_partner_file_states_what_it_was_made_of(data: PartnerData) -> None:
    assert partner_data.from_file(partner_data.to_file(data)) == data


@given(DATA)
def test_a_connection_that_was_changed_states_what_it_was_told(data: PartnerData) -> None:
    wanted = partner_data.differences(data, CONNECTION, PARTNER_FIELDS)
    written = partner_data.changed(CONNECTION, wanted)
    assert partner_data.differences(data, written, PARTNER_FIELDS) == {}
    read = partner_data.from_connection(written, PARTNER_FIELDS, key_path="alias")
    for field in ("name", "vat_number", "organisation_number", "status"):
        assert (getattr(read, field) or "") == (getattr(data, field) or "")
    assert (read.address or Address()) == (data.address or Address())


def test_nothing_else_of_a_connection_is_touched_and_what_cleo_sets_is_not_sent() -> None:
    before = msgspec.json.encode(CONNECTION)
    written = partner_data.changed(CONNECTION, {"partner.name": "Bruket", "connect.note": "x"})
    assert written == {
        "alias": "Bruket AB",
        "type": "as2",
        "connect": {"url": "https://bruket.example/as2", "note": "x"},
        "partner": {"name": "Bruket"},
    }
    assert msgspec.json.encode(CONNECTION) == before


def test_a_member_that_is_not_there_says_nothing_and_an_empty_one_that_there_is_none() -> None:
    said = partner_data.from_connection(
        {**CONNECTION, "partner": {"vatNumber": "", "address": {"city": " Växjö "}}}, PARTNER_FIELDS, key_path="alias"
    )
    assert said == PartnerData(key="Bruket AB", vat_number="", address=Address(city="Växjö"))


def test_a_field_without_path_is_neither_read_nor_written() -> None:
    paths = {**PARTNER_FIELDS, "name": ""}
    data = PartnerData(key="Bruket AB", name="Bruket")
    assert partner_data.differences(data, CONNECTION, paths) == {}
    assert partner_data.from_connection({**CONNECTION, "partner": {"name": "x"}}, paths, key_path="alias").name is None


@pytest.mark.parametrize(
    ("content", "count"),
    [(b'{"partner": "A"}', 1), (b'[{"partner": "A"}, {"partner": "B"}]', 2), (b'{"partners": [1]}', 1)],
)
def test_a_file_holds_one_entry_or_several(content: bytes, count: int) -> None:
    assert len(entries(content, several="partners")) == count


@pytest.mark.parametrize("content", [b"", b"ISA*00", b"[]", b'{"partners": []}', b"7", b"\xff\xfe"])
def test_a_file_that_holds_none_is_refused(content: bytes) -> None:
    with pytest.raises(Unmappable):
        entries(content, several="partners")


@pytest.mark.parametrize(
    "raw", [b"{}", b'{"partner": 5}', b'{"partner": "A", "format": "x/9"}', b'{"partner": "A", "address": "B"}']
)
def test_an_entry_that_cannot_be_read_is_refused(raw: bytes) -> None:
    with pytest.raises(Unmappable):
        partner_data.from_file(raw)


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"partners":' * 100_000])
def test_json_that_is_nested_without_end_is_a_file_that_cannot_be_read(raw: bytes):
    with pytest.raises(Unmappable):
        entries(raw, several="partners")
    with pytest.raises(Unmappable):
        partner_data.from_file(raw)
    with pytest.raises(Unmappable):
        match_of(raw, Options())

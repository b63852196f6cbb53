from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.x12.decode import decode
from edi.x12.reader import read_bytes
from tests.edi.x12.orders import replaced, text

SWEDISH = replaced("CUR*BY*SEK", "CUR*BY*Åkerö")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (text().encode(), "ascii"),
        (SWEDISH.encode(), "utf-8"),
        (codecs.BOM_UTF8 + SWEDISH.encode(), "utf-8-sig"),
    ],
)
def test_utf_8_needs_no_finding(data, encoding):
    decoded, parsed = read_bytes(data)
    assert (decoded.encoding, decoded.finding, parsed.findings) == (encoding, None, [])
    assert "\ufeff" not in decoded.text


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (SWEDISH.encode("cp1252"), "cp1252"),
        (SWEDISH.encode("latin-1") + b"\x81", "latin-1"),
        (SWEDISH.encode("utf-16"), "utf-16"),
        (text().encode("cp037"), "cp037"),
        (codecs.BOM_UTF8 + SWEDISH.encode("cp1252"), "cp1252"),
    ],
)
def test_other_encodings_are_read_and_reported(data, encoding):
    decoded, parsed = read_bytes(data)
    assert decoded.encoding == encoding
    assert parsed.findings[0].code == "encoding-guessed"
    assert parsed.findings[0].severity == "warning"
    assert parsed.sets[0].body[1].get(2) == ("SEK" if encoding == "cp037" else "Åkerö")


@given(st.binary(max_size=200))
def test_any_bytes_become_text(data):
    decoded = decode(data)
    if decoded.encoding in ("utf-8", "ascii", "latin-1", "cp1252") and not data.startswith(codecs.BOM_UTF8):
        assert decoded.text.encode(decoded.encoding) == data
    read_bytes(data)

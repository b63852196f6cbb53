"""Bytes to text. X12 has no field that names the encoding, so it is found out, and said where it is a guess."""

from __future__ import annotations

import codecs

import msgspec

from edi.x12.findings import Finding

_EBCDIC = "cp037"
_EBCDIC_TAGS = tuple(tag.encode(_EBCDIC) for tag in ("ISA", "GS*", "ST*"))
_UTF_16_HEADS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Decoded(msgspec.Struct, frozen=True):
    """Text, the encoding it was read with, and a finding where that encoding was a guess."""

    text: str
    encoding: str
    finding: Finding | None = None


def decode(data: bytes) -> Decoded:
    """Decode as UTF-8 (with or without BOM), UTF-16, EBCDIC where the tags say so, else Windows-1252 or Latin-1.

    Never fails: each byte has a character in the last of these. The BOM is not part of the text.
    """
    if data.startswith(codecs.BOM_UTF8):
        text = _try(data[3:], "utf-8")
        if text is not None:
            return Decoded(text, "utf-8-sig")
        return _eight_bit(data[3:])
    for bom, encoding in _UTF_16_HEADS:
        if data.startswith(bom):
            text = _try(data, encoding)
            if text is not None:
                return Decoded(text, encoding, _guessed(data, "UTF-16"))
    if data.lstrip(b"\x40\x15\x25\x0d").startswith(_EBCDIC_TAGS):
        return Decoded(data.decode(_EBCDIC).replace("\x85", "\n"), _EBCDIC, _guessed(data, "EBCDIC (code page 37)"))
    text = _try(data, "utf-8")
    if text is not None:
        return Decoded(text, "ascii" if text.isascii() else "utf-8")
    return _eight_bit(data)


def _eight_bit(data: bytes) -> Decoded:
    text = _try(data, "cp1252")
    if text is not None:
        return Decoded(text, "cp1252", _guessed(data, "Windows-1252 (Latin-1)"))
    return Decoded(data.decode("latin-1"), "latin-1", _guessed(data, "Latin-1"))


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _guessed(data: bytes, name: str) -> Finding:
    at = next((index for index, byte in enumerate(data) if byte > 127), 0)
    return Finding(
        level="interchange",
        code="encoding-guessed",
        severity="warning",
        message=(
            f"The text is not UTF-8 and was read as {name}. Look at names with letters such as å, ä, ö; if they are "
            "wrong, agree on an encoding with the sender."
        ),
        value=repr(data[at : at + 10]),
        offset=at,
    )

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.x12.charset import LANGUAGE_LETTERS, Charset, CharsetPolicy, NoTransliteration

BASIC = re.compile(r"""[A-Z0-9 !"&'()*+,\-./:;?=]*""")
CHARSETS = ["basic", "extended", "latin-1", "utf-8"]


def converted(value: str, **policy) -> str:
    return Charset(CharsetPolicy(**policy)).convert(value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Åkerlund & Öberg, Säffle", "Akerlund & Oberg, Saffle"),
        ("Kjærgård Møbler, Ærø", "Kjaergard Mobler, AEro"),
        ("Þórður Ðanielsson", "THordur Danielsson"),
        ("Äänekoski Öljy", "Aanekoski Oljy"),
        ("Müller Straße", "Muller Strasse"),
        ("Łódź, Çelik, Ñandú, Dvořák, Škoda, Ģirts", "Lodz, Celik, Nandu, Dvorak, Skoda, Girts"),
        ("25 € – “quoted” … 3×4 ½", '25 EUR - "quoted" ... 3x4 1/2'),
        ("A\u030angstro\u0308m", "Angstrom"),
        ("no\u00a0break, zero\u200bwidth, soft\u00adhyphen", "no break, zerowidth, softhyphen"),
        ("two\r\nlines\tand tab", "two lines and tab"),
        ("№ ﬁ ™ ² Ⅳ", "No fi TM 2 IV"),
    ],
)
def test_transliteration_to_extended(before, after):
    assert converted(before) == after


def test_basic_is_upper_case_and_few_signs():
    assert converted("Bolt 50% #1 <a@b.se> {x|y}", charset="basic") == "BOLT 50PCT NO.1 (A(AT)B.SE) (X/Y)"
    assert converted("straße ærø ǆ", charset="basic") == "STRASSE AERO DZ"


def test_wider_sets_keep_what_they_have():
    assert converted("Åkerö – Łódź", charset="latin-1") == "Åkerö - Lódz"
    assert converted("Åkerö – Łódź €", charset="utf-8") == "Åkerö – Łódź €"
    assert converted("Åkerö Ä", language_letters=True) == "Akerö Ä"


def test_partners_have_the_last_word():
    overrides = {"Å": "AA", "Ä": "AE", "Ö": "OE", "&": "och"}
    assert converted("Åkerö & Sån", overrides=overrides) == "AAkeroe och Saan"
    assert converted("Åkerö & Sån", charset="basic", overrides={"Å": "AA"}) == "AAKERO & SAAN"
    assert converted("å", overrides={"å": "aa", "Å": "A"}) == "aa"
    assert converted("Å", charset="latin-1", overrides={"Å": "A"}) == "A"


def test_what_nothing_stands_for():
    assert converted("日本 AB") == "?? AB"
    with pytest.raises(NoTransliteration, match="日"):
        converted("日本 AB", placeholder="")
    assert converted("日本 AB", placeholder=".") == ".. AB"


def test_rejecting():
    with pytest.raises(NoTransliteration, match="LATIN CAPITAL LETTER A WITH RING ABOVE"):
        converted("Åkerö", policy="reject")
    assert converted("Åkerö", policy="reject", charset="latin-1") == "Åkerö"
    assert converted("small", policy="reject", charset="basic") == "SMALL"
    with pytest.raises(NoTransliteration):
        converted("50%", policy="reject", charset="basic")
    assert converted("50%", policy="reject", charset="basic", overrides={"%": "PCT"}) == "50PCT"
    with pytest.raises(NoTransliteration):
        converted("two\nlines", policy="reject", charset="utf-8")


def test_policies_that_cannot_work():
    with pytest.raises(ValueError, match="one character"):
        CharsetPolicy(overrides={"AB": "x"})
    with pytest.raises(ValueError, match="lacks"):
        CharsetPolicy(overrides={"Å": "Ä"})
    with pytest.raises(ValueError, match="lacks"):
        CharsetPolicy(charset="basic", placeholder="_")


@given(st.text(), st.sampled_from(CHARSETS))
def test_whatever_comes_out_can_be_sent_and_stays(value, name):
    charset = Charset(CharsetPolicy(charset=name))
    written = charset.convert(value)
    written.encode(charset.policy.encoding)
    assert charset.convert(written) == written
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u00a0\u2028\u2029\ufeff]", written)
    if name == "basic":
        assert BASIC.fullmatch(written)
    if name == "extended":
        assert written.isascii()


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_ascii_passes_unchanged_but_for_basic(value):
    for name in CHARSETS[1:]:
        assert converted(value, charset=name) == value


@given(st.text(st.characters(min_codepoint=0xC0, max_codepoint=0x24F, categories=("Lu", "Ll"))))
def test_every_latin_letter_is_transliterated(value):
    """Up to Latin Extended-A; from there on only what Unicode decomposes or the table names."""
    written = converted("".join(character for character in value if ord(character) < 0x180), placeholder="")
    assert written.isascii()


@pytest.mark.parametrize(
    ("policy", "encoding"),
    [
        ({"charset": "basic"}, "ascii"),
        ({}, "ascii"),
        ({"language_letters": True}, "latin-1"),
        ({"charset": "latin-1"}, "latin-1"),
        ({"charset": "utf-8"}, "utf-8"),
    ],
)
def test_encodings(policy, encoding):
    assert CharsetPolicy(**policy).encoding == encoding
    assert converted(LANGUAGE_LETTERS, **policy).encode(encoding)

"""Character sets of trading partners: what may be sent, and what is sent instead."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

import msgspec

from edi.x12.transliteration import BASIC, LETTERS, SIGNS

CharsetName = Literal["basic", "extended", "latin-1", "utf-8"]

LANGUAGE_LETTERS = "ÀÁÂÄàáâäÈÉÊËèéêëÌÍÎÏìíîïÒÓÔÖòóôöÙÚÛÜùúûüÇçÑñ¿¡"
"""Letters of the extended set beyond ASCII (X12.6): Ä and Ö, but no Å, Ø or Æ. Only by agreement with the partner."""

_BASIC_CHARACTERS = r"""A-Z0-9 !"&'()*+,\-./:;?="""
_ALLOWED = {
    "basic": _BASIC_CHARACTERS,
    "extended": " -~",
    "latin-1": " -~¡-¬®-ÿ",
    "utf-8": (
        " -~\xa1-\xac\xae-\u200a\u2010-\u2027\u202f-\u205e\u2070-\ud7ff\ue000-\ufefe\uff00-\ufffc\U00010000-\U0010fffd"
    ),
}
"""The inside of a regular expression class. No set has control characters, no-break spaces or invisible characters."""

_ENCODINGS = {"basic": "ascii", "extended": "ascii", "latin-1": "latin-1", "utf-8": "utf-8"}
_INVISIBLE = frozenset({"Cf", "Mn", "Me"})


class CharsetPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Which characters a trading partner takes, and what is done with the others."""

    charset: CharsetName = "extended"
    """``basic``: capitals, digits and few signs (small letters become capitals). ``extended``: printable ASCII."""
    policy: Literal["transliterate", "reject"] = "transliterate"
    overrides: dict[str, str] = {}
    """Replacements that come first, also for what the set has: ``{"Å": "AA"}``. A capital stands for both cases."""
    language_letters: bool = False
    """Whether ``extended`` includes ``LANGUAGE_LETTERS``; they are then encoded as Latin-1."""
    placeholder: str = "?"
    """Written for a character that has no transliteration; empty to reject it."""

    def __post_init__(self) -> None:
        if any(len(character) != 1 for character in self.overrides):
            raise ValueError("An override replaces one character.")
        allowed = re.compile(f"[{_allowed(self)}]*")
        for text in (*self.overrides.values(), self.placeholder):
            if not allowed.fullmatch(text):
                raise ValueError(f"The replacement {text!r} has characters that {self.charset} lacks.")

    @property
    def encoding(self) -> str:
        """Python's name of the encoding that the text is sent in."""
        if self.charset == "extended" and self.language_letters:
            return "latin-1"
        return _ENCODINGS[self.charset]


class NoTransliteration(ValueError):
    """A character that may not be sent and not be replaced."""

    def __init__(self, character: str, charset: str) -> None:
        self.character = character
        name = unicodedata.name(character, f"U+{ord(character):04X}")
        super().__init__(
            f"The character {character!r} ({name}) is not in the character set {charset!r} of the partner."
        )


class Charset:
    """A policy made ready for many values."""

    def __init__(self, policy: CharsetPolicy) -> None:
        self.policy = policy
        allowed = _allowed(policy)
        self._is_basic = policy.charset == "basic"
        self._overrides = _both_cases(policy.overrides, is_basic=self._is_basic)
        self._is_allowed = re.compile(f"[{allowed}]*")
        overridden = "".join(map(re.escape, self._overrides))
        self._touched = re.compile(f"[^{allowed}]" + (f"|[{overridden}]" if overridden else ""))
        self._known: dict[str, str] = {}

    def convert(self, value: str) -> str:
        """``value`` as it may be sent.

        Raises ``NoTransliteration`` for the first character that may not be sent, where the policy is to reject it
        (small letters never are) or nothing stands for it.
        """
        if self._touched.search(value) is None:
            return value
        composed = unicodedata.normalize("NFC", value.replace("\r\n", "\n"))
        return "".join([self._converted(character) for character in composed])

    def _converted(self, character: str) -> str:
        known = self._known.get(character)
        if known is None:
            known = self._known[character] = self._replacement(character)
        return known

    def _replacement(self, character: str) -> str:
        override = self._overrides.get(character)
        if override is not None:
            return override
        capital = character.upper() if self._is_basic else character
        if self._is_allowed.fullmatch(capital):
            return capital
        if self.policy.policy == "reject":
            raise NoTransliteration(character, self.policy.charset)
        written = self._transliterated(character)
        if written is None:
            written = self.policy.placeholder
            if not written:
                raise NoTransliteration(character, self.policy.charset)
        return written

    def _transliterated(self, character: str, depth: int = 0) -> str | None:
        """None when nothing that may be sent stands for the character."""
        category = unicodedata.category(character)
        if category in ("Cc", "Zs", "Zl", "Zp"):
            return " "
        if category in _INVISIBLE:
            return ""
        written = LETTERS.get(character) or SIGNS.get(character)
        if written is None:
            written = BASIC.get(character) if self._is_basic else None
        if written is None:
            written = unicodedata.normalize("NFKD", character)
        if self._is_basic:
            written = written.upper()
        if self._is_allowed.fullmatch(written):
            return written
        if written == character or depth > 2:
            return None
        parts = [
            part if self._is_allowed.fullmatch(part) else self._transliterated(part, depth + 1) for part in written
        ]
        return None if any(part is None for part in parts) else "".join(part or "" for part in parts)


def _allowed(policy: CharsetPolicy) -> str:
    allowed = _ALLOWED[policy.charset]
    return allowed + LANGUAGE_LETTERS if policy.charset == "extended" and policy.language_letters else allowed


def _both_cases(overrides: dict[str, str], *, is_basic: bool) -> dict[str, str]:
    small = {
        key.lower(): value if is_basic else value.lower() for key, value in overrides.items() if len(key.lower()) == 1
    }
    return small | overrides

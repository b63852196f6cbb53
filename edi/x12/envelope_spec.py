"""How one trading partner wants its interchanges: separators, characters, identifiers, versions."""

from __future__ import annotations

import datetime
import re
from typing import Literal

import msgspec

from edi.x12.charset import CharsetPolicy
from edi.x12.errors import InvalidEnvelope
from edi.x12.isa_check import is_number
from edi.x12.segments import Separators

_REPETITION_FROM = "00402"
_LONG_DATES_FROM = "004010"
_VERSION = re.compile(r"00[1-9]\d{3}[A-Z0-9]{0,6}")
_LINE_BREAKS = ("\n", "\r\n", "\r")


class TextFormat(msgspec.Struct, frozen=True, kw_only=True):
    """Separators and characters. Raises ``InvalidEnvelope`` when the separators cannot work."""

    separators: Separators = Separators()
    line_break: Literal["", "\n", "\r\n"] = ""
    """Written after each terminator, for people who read the files."""
    charset: CharsetPolicy = CharsetPolicy()
    separator_replacement: str | None = " "
    """Written for a separator found in data, since X12 cannot escape it; None to reject the value."""

    def __post_init__(self) -> None:
        marks = self.separators
        used = [marks.element, marks.component, marks.segment, *([marks.repetition] if marks.repetition else [])]
        if len(set(used)) < len(used):
            raise InvalidEnvelope(f"The separators {' '.join(map(repr, used))} are not all different.")
        for mark in used:
            is_usable = len(mark) == 1 and mark.isascii() and not mark.isalnum() and mark != " "
            if not is_usable and not (mark == marks.segment and mark in _LINE_BREAKS):
                raise InvalidEnvelope(f"{mark!r} cannot be a separator.")
        if self.line_break and marks.segment in _LINE_BREAKS:
            raise InvalidEnvelope("The terminator is a line break; another one after it would be an empty segment.")
        replacement = self.separator_replacement
        if replacement is not None and any(char in self.marks for char in replacement):
            raise InvalidEnvelope(f"{replacement!r} cannot replace separators: it contains one.")

    @property
    def marks(self) -> str:
        """All characters that mean something and so may not stand in data."""
        marks = self.separators
        return marks.element + marks.component + marks.segment + marks.repetition


class EnvelopeSpec(TextFormat, frozen=True, kw_only=True):
    """The envelopes between us and one trading partner. Raises ``InvalidEnvelope`` for values that do not fit."""

    sender_qualifier: str
    """ISA05."""
    sender_id: str
    """ISA06."""
    receiver_qualifier: str
    """ISA07."""
    receiver_id: str
    """ISA08."""
    usage: Literal["T", "P", "I"]
    """ISA15: test, production or information."""
    group_sender: str = ""
    """GS02; ``sender_id`` when empty."""
    group_receiver: str = ""
    """GS03; ``receiver_id`` when empty."""
    version: str = "004010"
    """GS08: ``004010``, ``005010``, ``004010VICS``."""
    interchange_version: str = ""
    """ISA12; from GS08 when empty (``00401``)."""
    acknowledgment_requested: bool = False
    """ISA14: whether a TA1 is wanted."""
    authorization: tuple[str, str] = ("00", "")
    """ISA01 and ISA02."""
    security: tuple[str, str] = ("00", "")
    """ISA03 and ISA04."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _VERSION.fullmatch(self.version):
            raise InvalidEnvelope(f"GS08 {self.version!r} is no version such as 004010.")
        if not (len(self.isa12) == 5 and is_number(self.isa12, 5)):
            raise InvalidEnvelope(f"ISA12 {self.isa12!r} is no version such as 00401.")
        if self.isa12 >= _REPETITION_FROM and not self.separators.repetition:
            raise InvalidEnvelope(f"Version {self.isa12} needs a repetition separator, usually ^.")
        if len(self.separators.segment) > 1:
            raise InvalidEnvelope(
                "The ISA has room for a terminator of one character; write CR or LF, or add a line break."
            )
        for name, qualifier in self._qualifiers().items():
            if len(qualifier) != 2 or not (qualifier.isascii() and qualifier.isalnum()):
                raise InvalidEnvelope(f"{name} {qualifier!r} is not two letters or digits.")
        for name, (value, shortest, longest) in self._ids().items():
            self._require_id(name, value, shortest=shortest, longest=longest)

    def _qualifiers(self) -> dict[str, str]:
        return {
            "ISA01": self.authorization[0],
            "ISA03": self.security[0],
            "ISA05": self.sender_qualifier,
            "ISA07": self.receiver_qualifier,
        }

    def _ids(self) -> dict[str, tuple[str, int, int]]:
        return {
            "ISA02": (self.authorization[1], 0, 10),
            "ISA04": (self.security[1], 0, 10),
            "ISA06": (self.sender_id, 1, 15),
            "ISA08": (self.receiver_id, 1, 15),
            "GS02": (self.group_sender or self.sender_id, 2, 15),
            "GS03": (self.group_receiver or self.receiver_id, 2, 15),
        }

    def _require_id(self, name: str, value: str, *, shortest: int, longest: int) -> None:
        if not shortest <= len(value) <= longest:
            raise InvalidEnvelope(f"{name} {value!r} does not have {shortest} to {longest} characters.")
        if value != value.strip() or not (value.isascii() and value.isprintable()):
            raise InvalidEnvelope(f"{name} {value!r} has characters that an identifier may not have.")
        if any(char in self.marks for char in value):
            raise InvalidEnvelope(f"{name} {value!r} contains a separator.")

    @property
    def isa12(self) -> str:
        """The version of the interchange."""
        return self.interchange_version or self.version[:5]

    def isa(self, *, control_number: int, written_at: datetime.datetime) -> list[str]:
        """The ISA with every element in its fixed width."""
        return [
            "ISA",
            self.authorization[0],
            f"{self.authorization[1]:10}",
            self.security[0],
            f"{self.security[1]:10}",
            self.sender_qualifier,
            f"{self.sender_id:15}",
            self.receiver_qualifier,
            f"{self.receiver_id:15}",
            f"{written_at:%y%m%d}",
            f"{written_at:%H%M}",
            self.separators.repetition if self.isa12 >= _REPETITION_FROM else "U",
            self.isa12,
            f"{control_number:09}",
            "1" if self.acknowledgment_requested else "0",
            self.usage,
            self.separators.component,
        ]

    def gs(self, *, functional_id: str, control_number: int, version: str, written_at: datetime.datetime) -> list[str]:
        """The GS of a group in ``version``; years have two digits before 004010."""
        if len(functional_id) != 2 or not (functional_id.isascii() and functional_id.isalnum()):
            raise InvalidEnvelope(f"GS01 {functional_id!r} is no functional id.")
        if not _VERSION.fullmatch(version):
            raise InvalidEnvelope(f"GS08 {version!r} is no version such as 004010.")
        return [
            "GS",
            functional_id,
            self.group_sender or self.sender_id,
            self.group_receiver or self.receiver_id,
            f"{written_at:%Y%m%d}" if version >= _LONG_DATES_FROM else f"{written_at:%y%m%d}",
            f"{written_at:%H%M}",
            str(control_number),
            "X",
            version,
        ]

"""What an agreement in EDIFACT says, and what in it cannot be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from edi.documents.edifact import MESSAGE_OF, EdifactOptions
from edi.edifact.segments import Marks
from edi.edifact.writer import LEVEL_A, Header, InvalidHeader
from edi.x12.charset import CharsetName, CharsetPolicy

if TYPE_CHECKING:
    from edi.models.agreement import Agreement

CHARSETS: dict[str, CharsetName] = {"UNOA": "basic", "UNOB": "extended", "UNOC": "latin-1", "UNOY": "utf-8"}
"""Characters by syntax identifier (UNB 0001), in the words of transliteration."""

USUAL_MARKS = ":+.? '"
"""Service characters in the order of UNA: component, element, decimal mark, release, reserved, segment."""

_QUALIFIER = re.compile(r"[0-9]{1,3}|Z[0-9Z]{1,2}")


def is_qualifier(text: str) -> bool:
    """Whether `text` is written as the qualifiers of UNB 0007 are: 1 to 128, 14 for a GLN, ZZ, ZZZ, Z01."""
    return _QUALIFIER.fullmatch(text) is not None


def header_of(agreement: Agreement) -> Header:
    """How an interchange of the agreement is written. Raises InvalidHeader for ids, service characters or letters with
    which none can be."""
    syntax: Any = agreement.syntax
    if syntax not in CHARSETS:
        raise InvalidHeader(f"The syntax {syntax!r} is not known.")
    header = Header(
        sender=agreement.sender_id,
        sender_qualifier=agreement.sender_qualifier,
        receiver=agreement.receiver_id,
        receiver_qualifier=agreement.receiver_qualifier,
        syntax=syntax,
        is_test=agreement.usage != "P",
        acknowledgment_requested=agreement.direction == "out" and agreement.acknowledgment_hours > 0,
        line_break="\n" if agreement.line_breaks else "",
        marks=marks_of(agreement.service_characters),
    )
    for end in (header.sender, header.receiver):
        if syntax == "UNOA" and not set(end) <= LEVEL_A:
            raise InvalidHeader(f"The id {end!r} has characters that UNOA lacks; it has capitals and digits.")
    return header


def marks_of(text: str) -> Marks:
    """Service characters as UNA states them. Raises InvalidHeader for some that cannot work."""
    if len(text) != 6 or text[4] != " ":
        raise InvalidHeader(f"Service characters are six, the fifth of them a space, as {USUAL_MARKS}")
    used = text[:4] + text[5]
    if len(set(used)) < len(used) or any(
        not char.isascii() or char.isalnum() or not char.isprintable() for char in used
    ):
        raise InvalidHeader("The service characters must differ and be neither letters nor digits.")
    if " " in used:
        raise InvalidHeader("A space cannot be a service character; without a release character values are damaged.")
    if text[2] != ".":
        raise InvalidHeader("The decimal mark is a point: numbers are written with one.")
    return Marks(component=text[0], element=text[1], decimal=text[2], release=text[3], segment=text[5])


def characters_of(agreement: Agreement) -> CharsetPolicy:
    """What becomes of letters that the syntax lacks. Raises ValueError or TypeError for settings of no use."""
    return CharsetPolicy(
        charset=CHARSETS[agreement.syntax],
        policy=agreement.charset_policy,  # type: ignore[arg-type]
        overrides=dict(agreement.setting("letters")),
    )


def faults(agreement: Agreement) -> list[tuple[str, str]]:
    """What in an EDIFACT agreement cannot be: (field, sentence)."""
    found: list[tuple[str, str]] = []
    if agreement.document_type not in MESSAGE_OF:
        sentence = f"EDIFACT has no message of its own for a {agreement.document_type}: the answer to a change is an "
        found.append(("document_type", sentence + "ORDRSP, as that to an order. Agree on 855."))
    if agreement.payload != "x12":
        found.append(("payload", "The JSON rendering is one of X12 sets. In EDIFACT the text itself is sent."))
    if agreement.guide:
        found.append(("guide", "Guides describe X12 sets; leave it empty in EDIFACT."))
    if agreement.group_sender_id or agreement.group_receiver_id:
        found.append(("group_sender_id", "Groups (UNG) are not written in EDIFACT; leave their ids empty."))
    if agreement.requests_ta1:
        found.append(
            ("requests_ta1", "There is no TA1 in EDIFACT. A CONTRL is asked for where one is awaited (hours above 0).")
        )
    for name in ("sender_qualifier", "receiver_qualifier"):
        qualifier = getattr(agreement, name)
        if qualifier and not is_qualifier(qualifier):
            found.append((name, f"{qualifier} is no qualifier (UNB 0007): 14 for a GLN, ZZZ as agreed, or none."))
    found += _wrong_header(agreement)
    try:
        msgspec.convert(agreement.setting("build"), EdifactOptions)
    except ValueError as error:
        found.append(("settings", f'The setting "build" cannot be used in EDIFACT: {error}.'))
    return found


def _wrong_header(agreement: Agreement) -> list[tuple[str, str]]:
    try:
        marks_of(agreement.service_characters)
    except InvalidHeader as error:
        return [("service_characters", str(error))]
    try:
        header_of(agreement)
    except InvalidHeader as error:
        return [("syntax" if "syntax" in str(error) else "sender_id", str(error))]
    try:
        characters_of(agreement)
    except (TypeError, ValueError) as error:
        return [("settings", f'The setting "letters" cannot be used: {error}')]
    return []

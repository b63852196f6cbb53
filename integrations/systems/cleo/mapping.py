"""Names of files. Pure: what is in the files is X12 text or its JSON rendering, which `edi` writes."""

from __future__ import annotations

import re
import unicodedata

from integrations.systems.contract import Unmappable

PLACEHOLDERS = ("set_id", "sender", "receiver", "control_number", "business_number", "extension", "stream")
LONGEST_PART = 60
_PLAIN = str.maketrans({"ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "ł": "l"})


def file_name(
    template: str,
    *,
    set_id: str,
    sender: str,
    receiver: str,
    control_number: int,
    business_number: str,
    extension: str,
    stream: str = "live",
) -> str:
    """The name of an uploaded file, unique by its interchange control number.

    `control_number` is written with nine digits, and with T before it on the test stream: both streams count by
    themselves. Other characters than ASCII letters, digits, `.`, `_` and `-` become the letter they resemble, or `-`.
    Raises Unmappable for a template that cannot be used or leaves the control number out.
    """
    number = f"{'' if stream == 'live' else 'T'}{control_number:09d}"
    values = {
        "set_id": set_id,
        "sender": sender,
        "receiver": receiver,
        "control_number": number,
        "business_number": business_number,
        "extension": extension,
        "stream": stream,
    }
    try:
        name = template.format(**{key: safe(value) for key, value in values.items()})
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise _unusable(template, f"it may hold {', '.join('{' + p + '}' for p in PLACEHOLDERS)}") from error
    if number not in name:
        raise _unusable(template, "it must hold {control_number}, or two files could have one name")
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", name):
        raise _unusable(template, "beside them it may have ASCII letters, digits, '.', '_' and '-'")
    return name


def safe(text: str) -> str:
    """A text as part of a file name: at most 60 characters, all of them safe on every file system."""
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN)).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.")[:LONGEST_PART]


def _unusable(template: str, why: str) -> Unmappable:
    return Unmappable(
        f"The template '{template}' cannot name a file: {why}.",
        remedy="Correct 'File names' in the settings of the Cleo connection.",
        field="file_name_template",
    )

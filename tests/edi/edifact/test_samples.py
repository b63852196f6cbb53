"""Real EDIFACT files say what is known to be wrong with them."""

from __future__ import annotations

import re

import pytest

from edi.edifact.reading import read_bytes
from edi.edifact.validate import validate
from tests.edi.x12.test_reader import SAMPLES, facts


def edifact() -> dict[str, dict]:
    return {name: fact for name, fact in facts().items() if name.startswith("edifact-")}


def said_of(text: str) -> list[str]:
    """The counts and references of the messages, in the words of the facts."""
    said = []
    for finding in validate(text).findings:
        if finding.code == "segment-count":
            claimed, real = re.findall(r"\d+", finding.message.removeprefix("UNT"))
            said.append(f"UNT=['{claimed}'] real={real}")
        if finding.code == "message-reference-mismatch":
            said.append("UNT ref")
    return said


def test_the_samples_are_what_their_facts_say() -> None:
    found = edifact()
    assert len(found) >= 3
    for name, fact in found.items():
        decoded, parsed = read_bytes((SAMPLES / name).read_bytes())
        (interchange,) = parsed.interchanges
        (message,) = interchange.messages
        around = 2 + decoded.text.lstrip("\ufeff").startswith("UNA")
        assert len(message.segments) + around == fact["segs"], name
        assert message.type == name.partition("/")[0].removeprefix("edifact-"), name
        assert said_of(decoded.text) == fact["issues"], name


@pytest.mark.parametrize(
    ("name", "code", "value"),
    [
        ("edifact-INVOIC/EDI.Net__edifact.Issue203.edi", "line-count", "120"),
        ("edifact-ORDRSP/EDI.Net__edifact.ORDRSP.edi", "interchange-reference-mismatch", "DAREFNR00001"),
    ],
)
def test_what_the_facts_do_not_count_is_said_too(name: str, code: str, value: str) -> None:
    assert name in facts()
    text = read_bytes((SAMPLES / name).read_bytes())[0].text
    (finding,) = [finding for finding in validate(text).findings if finding.code == code]
    assert value in finding.message

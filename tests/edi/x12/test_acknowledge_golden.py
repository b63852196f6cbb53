"""Acknowledgments as files, both ways: what we answer to what came, and what an answer that comes back says.

A case is a folder's three files: ``CASE.x12`` is received, ``CASE.997`` are the segments that answer it, ``CASE.json``
is what a partner who gets the answer reads in it.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from edi.x12.acknowledge import AcknowledgmentOptions, build_997, read_997
from edi.x12.maps import VERSIONS
from edi.x12.validate import validate, validate_set
from tests.edi.documents.support import as_set, lines

FOLDER = Path(__file__).parent / "golden"
CASES = sorted(path.stem for path in FOLDER.glob("*.x12"))

OPTIONS = {"errors-noted-004010": AcknowledgmentOptions(errors="note")}
"""Cases of partners who are not answered in the usual way."""


def answer_of(case: str) -> list[str]:
    """The segments of the file between ST and SE."""
    return (FOLDER / f"{case}.997").read_text().splitlines()


def version_of(case: str) -> str:
    (version,) = (version for version in VERSIONS if version in case)
    return version


def test_both_versions_and_all_verdicts_have_a_case() -> None:
    assert {version_of(case) for case in CASES} == set(VERSIONS)
    assert {json.loads((FOLDER / f"{case}.json").read_text())["code"] for case in CASES} == {"A", "E", "P", "R"}


@pytest.mark.parametrize("case", CASES)
def test_what_is_received_is_answered_by_the_file(case: str) -> None:
    report = validate((FOLDER / f"{case}.x12").read_text())
    (interchange,) = report.parsed.interchanges
    answer = build_997(interchange.groups[0], report.findings, OPTIONS.get(case))
    assert answer is not None
    assert lines(answer) == answer_of(case)


@pytest.mark.parametrize("case", CASES)
def test_the_answer_says_what_the_file_says(case: str) -> None:
    tset = as_set([row.split("*") for row in answer_of(case)], "997", version=version_of(case))
    assert validate_set(tset, version_of(case)) == []
    said = json.loads(msgspec.json.encode(read_997(tset)))
    assert said == json.loads((FOLDER / f"{case}.json").read_text())

"""One file a case, both ways: the document beside it builds exactly these segments, and they read as this document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edi.documents.building import BuildOptions
from edi.documents.registry import SETS
from edi.x12.maps import VERSIONS
from edi.x12.validate import validate_set
from tests.edi.documents.support import as_set, lines

FOLDER = Path(__file__).parent / "golden"
CASES = sorted(path.stem for path in FOLDER.glob("*.x12"))


def load(case: str) -> tuple[str, Any, BuildOptions, list[str]]:
    data = json.loads((FOLDER / f"{case}.json").read_text())
    spec = SETS[data["set"]]
    document = msgspec.convert(data["document"], spec.document, strict=False)
    options = msgspec.convert(data["options"], BuildOptions, strict=False)
    return data["set"], document, options, (FOLDER / f"{case}.x12").read_text().splitlines()


def test_every_set_has_cases_in_both_versions() -> None:
    versions = {(case[:3], load(case)[2].version) for case in CASES}
    assert versions == {(set_id, version) for set_id in SETS for version in VERSIONS}


@pytest.mark.parametrize("case", CASES)
def test_document_builds_the_file(case: str) -> None:
    set_id, document, options, expected = load(case)
    built = lines(SETS[set_id].build(document, options))
    assert [f"ST*{set_id}*0001", *built, f"SE*{len(built) + 2}*0001"] == expected


@pytest.mark.parametrize("case", CASES)
def test_file_reads_as_the_document(case: str) -> None:
    set_id, document, options, expected = load(case)
    tset = as_set([list(row.split("*")) for row in expected[1:-1]], set_id, version=options.version)
    result = SETS[set_id].read(tset)
    assert result.findings == ()
    assert result.left_over == ()
    assert result.document == document


@pytest.mark.parametrize("case", CASES)
def test_file_passes_the_validator(case: str) -> None:
    set_id, _, options, expected = load(case)
    tset = as_set([list(row.split("*")) for row in expected[1:-1]], set_id, version=options.version)
    found = {f.code: f.message for f in validate_set(tset, options.version)}
    found.pop("character-set", None)  # å, ø and þ are for the writer's charset to carry or to transliterate
    assert found == {}

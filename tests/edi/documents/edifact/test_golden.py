"""The documents of the X12 files as EDIFACT files, both ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edi.documents.edifact import MESSAGES
from edi.edifact.reading import read_bytes
from edi.edifact.validate import validate
from tests.edi.documents.edifact.support import written

FOLDER = Path(__file__).parent / "golden"
DOCUMENTS = Path(__file__).parents[1] / "golden"
FILES = {
    "ORDERS-original": "850-original",
    "ORDERS-cancellation": "850-cancellation",
    "ORDCHG-change": "860-change",
    "ORDRSP-accepted": "855-accepted-005010",
    "DESADV-receipt": "856-receipt",
    "DESADV-pallets-and-cartons": "856-pallets-and-cartons",
    "INVOIC-invoice": "810-invoice",
    "INVOIC-credit-note": "810-credit-note",
}


def document_of(case: str) -> tuple[str, Any]:
    kind = case.partition("-")[0]
    data = json.loads((DOCUMENTS / f"{FILES[case]}.json").read_text())
    return kind, msgspec.convert(data["document"], MESSAGES[kind].document, strict=False)


def test_every_message_has_a_file() -> None:
    assert {case.partition("-")[0] for case in FILES} == set(MESSAGES)
    assert {path.stem for path in FOLDER.glob("*.edi")} == set(FILES)


@pytest.mark.parametrize("case", FILES)
def test_the_document_is_written_as_the_file(case: str) -> None:
    kind, document = document_of(case)
    assert written(kind, document).data == (FOLDER / f"{case}.edi").read_bytes()


@pytest.mark.parametrize("case", FILES)
def test_the_file_is_read_as_the_document(case: str) -> None:
    kind, document = document_of(case)
    decoded, parsed = read_bytes((FOLDER / f"{case}.edi").read_bytes())
    assert decoded.encoding == "latin-1"
    assert validate(decoded.text).findings == []
    (message,) = parsed.messages
    result = MESSAGES[kind].read(message)
    assert result.findings == ()
    assert result.left_over == ()
    assert result.document == MESSAGES[kind].carried(document, None)

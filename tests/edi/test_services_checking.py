"""Any text checked: X12 and EDIFACT alike, with the documents in it as people read them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from edi.services import check_text
from tests.edi.documents import examples
from tests.edi.documents.edifact.support import written as edifact
from tests.edi.interchanges import content, one, written


def test_x12_is_checked_and_read() -> None:
    found = check_text(written([("810", content("810")), ("810", content("810", number="F-2"))]))
    assert found.view.ok
    assert [document.title for document in found.documents] == ["Invoice F-1", "Invoice F-2"]
    assert (found.encoding, found.by) == ("ascii", "")


def test_edifact_is_checked_and_read() -> None:
    found = check_text(edifact("ORDERS", examples.ORDER).data)
    assert found.view.ok
    assert found.encoding == "latin-1"
    (document,) = found.documents
    assert document.title == "Purchase order 500001"
    assert ("Name", "Nordlager AB") in document.sections[1].facts
    assert ("Total", "131.25") in document.totals
    pasted = check_text(edifact("ORDERS", examples.ORDER).text)
    assert pasted.documents == found.documents


def test_faults_are_found_in_both() -> None:
    assert not check_text(one("850").replace(b"PO1*1*10*EA", b"PO1*1*10*E")).view.ok
    found = check_text(edifact("ORDERS", examples.ORDER).data.replace(b"QTY+21:10", b"QTY+21:x"))
    assert [finding.code for finding in found.view.findings] == ["not-a-number"]


@pytest.mark.parametrize("text", ["", " \n", b"x" * (2 * 1024 * 1024 + 1)])
def test_what_cannot_be_checked_says_why(text: str | bytes) -> None:
    with pytest.raises(ValidationError):
        check_text(text)
    assert not check_text("hello").view.readable

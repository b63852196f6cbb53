"""What stands on paper, read back from the PDF by another library."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from edi.documents.purchase_order import OrderLine
from edi.documents.readable import readable
from edi.printing import as_pdf
from edi.printing.values import amount, number, written
from tests.edi.documents import examples, strategies
from tests.edi.documents.test_golden import CASES, load

PRINTED = dt.datetime(2026, 5, 4, 12, 30, tzinfo=dt.UTC)


def pages(data: bytes) -> list[str]:
    """The text of each page, with ordinary spaces."""
    return [page.extract_text().replace("\u00a0", " ") for page in PdfReader(io.BytesIO(data)).pages]


def printed(document) -> list[str]:
    return pages(as_pdf(readable(document), printed_at=PRINTED))


@pytest.mark.parametrize("case", CASES)
def test_every_golden_document_is_printed_whole(case: str) -> None:
    _, document, _, _ = load(case)
    text = "".join("".join(printed(document)).split())
    shown = readable(document)
    values = [fact.value for section in shown.sections for fact in section.facts]
    values += [v for s in shown.sections if s.table for row in s.table.rows for v in row]
    values += [text for section in shown.sections for text in section.texts]
    for value in values:
        for line in written(value, "text", shown.currency).split("\n"):
            plain = line.replace("–", "-")
            assert "".join(plain.split()) in text, line
    for fact in shown.totals:
        assert "".join(written(fact.value, "amount", shown.currency).split()) in text


def test_swedish_letters_are_right() -> None:
    party = msgspec.structs.replace(examples.BUYER, name="ÅÄÖ åäö Blåbär & Örter AB")
    order = msgspec.structs.replace(examples.ORDER, parties=(party,))
    (page,) = printed(order)
    assert "ÅÄÖ åäö Blåbär & Örter AB" in page
    assert "Göteborg" in page


def test_letters_that_the_font_lacks_are_written_nearly_so() -> None:
    party = msgspec.structs.replace(examples.BUYER, name="Łódź “Šeškinė” – 5 €")
    (page,) = printed(msgspec.structs.replace(examples.ORDER, parties=(party,)))
    assert 'Lódz "Seskine" - 5 EUR' in page


def test_an_address_stands_on_lines_of_its_own() -> None:
    (page,) = printed(examples.ORDER)
    assert "Hamngatan 1\n411 14 Göteborg\nSE" in page


def test_totals_and_title() -> None:
    (page,) = printed(examples.INVOICE)
    assert page.startswith("Invoice F-1")
    rows = page.split("\n")
    assert [row for row in rows if row.startswith(("Lines SEK", "Tax SEK", "Rounding SEK", "Total SEK"))] == [
        "Lines SEK 45.00",
        "Tax SEK 11.25",
        "Rounding SEK -0.25",
        "Total SEK 56.00",
    ]


def test_long_documents_have_numbered_pages_and_repeated_headings() -> None:
    lines = tuple(
        OrderLine(line_number=str(n), quantity=Decimal(n), unit="EA", unit_price=Decimal(2), description=f"Vara {n}")
        for n in range(1, 201)
    )
    document = msgspec.structs.replace(examples.ORDER, lines=lines, line_total=Decimal(40200), total=Decimal(40200))
    found = printed(document)
    assert len(found) > 3
    for index, page in enumerate(found, start=1):
        assert f"Page {index} of {len(found)}" in page
        assert "Purchase order 500001" in page
    assert all("Description" in page for page in found[1:-1])
    text = "\n".join(found)
    assert all(f"Vara {n}\n" in text or f"Vara {n} " in text for n in (1, 99, 200))
    assert "Total SEK 40 200.00" in found[-1]


def test_the_same_document_gives_the_same_bytes() -> None:
    shown = readable(examples.ORDER)
    assert as_pdf(shown, printed_at=PRINTED) == as_pdf(shown, printed_at=PRINTED)


def test_numbers_on_paper() -> None:
    assert amount(Decimal("1234567.5"), "SEK").replace("\u00a0", " ") == "1 234 567.50"
    assert amount(Decimal("1234"), "ISK").replace("\u00a0", " ") == "1 234"
    assert amount(Decimal("0.125"), "SEK") == "0.125", "nothing is rounded"
    assert number(Decimal("1E+3")).replace("\u00a0", " ") == "1 000"
    assert number(Decimal("2.50")) == "2.5"


@settings(max_examples=40, deadline=None)
@given(st.one_of(strategies.purchase_orders(), strategies.invoices(), strategies.ship_notices()))
def test_any_document_can_be_printed(document) -> None:
    assert f"of {len(printed(document))}" in printed(document)[-1]

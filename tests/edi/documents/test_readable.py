from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edi.documents.readable import Fact, Readable, Section, readable
from edi.documents.receipt import Receipt, ReceiptLine
from edi.documents.registry import SETS

FOLDER = Path(__file__).parent / "golden"


def shown(case: str) -> Readable:
    data = json.loads((FOLDER / f"{case}.json").read_text())
    return readable(msgspec.convert(data["document"], SETS[data["set"]].document, strict=False))


def section(document: Readable, title: str) -> Section:
    return next(s for s in document.sections if s.title == title)


def rows(part: Section) -> list[dict[str, Any]]:
    assert part.table is not None
    labels = [column.label for column in part.table.columns]
    return [dict(zip(labels, row, strict=True)) for row in part.table.rows]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_golden_document_can_be_shown(path: Path) -> None:
    document = shown(path.stem)
    assert document.title
    assert document.number
    assert document.sections
    for part in document.sections:
        if part.table is not None:
            assert {len(row) for row in part.table.rows} == {len(part.table.columns)}


def test_order_has_parties_lines_and_totals() -> None:
    document = shown("850-original")
    titles = ",".join(s.title for s in document.sections)
    assert titles == "Order,Buyer,Supplier,Ship to,Lines,Allowances and charges,Payment,References,Notes"
    assert Fact("Order date", dt.date(2026, 5, 4), "date") in section(document, "Order").facts
    assert Fact("Address", ("Havnegata 8", "6005 Ålesund", "NO"), "lines") in section(document, "Supplier").facts
    first = rows(section(document, "Lines"))[0]
    assert first["Item"] == ("Buyer's item EMB-1001", "Supplier's item FP-K40", "GTIN 7035001100018")
    assert first["Amount"] == Decimal("6120")
    assert [fact.label for fact in document.totals] == ["Lines", "Tax", "Total"]


def test_columns_without_values_are_left_out() -> None:
    labels = rows(section(shown("850-original"), "Lines"))[0].keys()
    assert "Status" not in labels
    assert "Requested" in labels


def test_invoice_shows_what_it_is_matched_by() -> None:
    document = shown("810-invoice")
    first = rows(section(document, "Lines"))[0]
    assert (first["Order"], first["Receipt"]) == ("500123 line 1", "R-9001 line 1")
    assert first["Discount"] == Decimal("-183.60")
    assert Fact("Rounding", Decimal("0.24"), "amount") in document.totals


def test_credit_note_is_named_so() -> None:
    assert shown("810-credit-note").title == "Credit note"


def test_answer_has_one_row_an_answer() -> None:
    found = rows(section(shown("855-changed"), "Lines"))
    assert [(row["Line"], row["Answer"], row["Answered"]) for row in found] == [
        ("1", "Accepted", Decimal(400)),
        ("1", "Backordered", Decimal(80)),
        ("2", "Changed", Decimal("37.5")),
        ("3", "Substituted", Decimal(6)),
        ("3", "Scheduled", Decimal(6)),
    ]
    assert found[3]["Instead"] == ("Supplier's item FP-P14",)


def test_ship_notice_names_the_packages_of_each_item() -> None:
    document = shown("856-pallets-and-cartons")
    assert rows(section(document, "Order 500123"))[0]["Package"] == (
        "Pallet 373500100000000014",
        "Carton 373500100000000021",
    )


def test_receipt_is_shown() -> None:
    line = ReceiptLine(line_number="1", quantity=Decimal(5), unit="EA", order_number="500123", order_line="2")
    document = readable(Receipt(number="R-1", date=dt.date(2026, 5, 1), lines=(line,)))
    assert rows(section(document, "Lines")) == [
        {"Line": "1", "Order": "500123 line 2", "Received": Decimal(5), "Unit": "EA"}
    ]


def test_other_values_are_refused() -> None:
    with pytest.raises(KeyError):
        readable("order")

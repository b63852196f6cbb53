"""A readable document as PDF: facts in two columns, tables over as many pages as they need, totals at the end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import zip_longest
from typing import Literal

from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from edi.documents.readable import Readable, Section, Table
from edi.printing.paper import FONT, GREY, LARGE, LINE, NORMAL, SMALL, Paper, letters
from edi.printing.values import fact_text, written

_LABEL = 0.38
"""Share of a column of facts that their labels take."""
_GAP = 6.0
_WIDE_TABLE = 9
"""Columns from which on pages lie on their side."""
_TOTALS = 80.0
"""Width of the totals, in millimetres."""
_ROWS_OF_A_WIDTH = 200
"""Rows whose texts decide how wide the columns are."""
_WIDEST, _NARROWEST = 60.0, 9.0


def as_pdf(document: Readable, *, printed_at: dt.datetime) -> bytes:
    """The document as PDF, A4, complete. Letters that ISO 8859-1 lacks are written as the nearest of it.

    The same document printed at the same time gives the same bytes.
    """
    title = f"{document.title} {document.number}".rstrip()
    columns = max((len(s.table.columns) for s in document.sections if s.table is not None), default=0)
    paper = Paper(title=title, orientation="landscape" if columns >= _WIDE_TABLE else "portrait")
    paper.set_creation_date(printed_at)
    paper.add_page()
    _add_title(paper, title)
    plain: list[Section] = []
    for section in document.sections:
        if section.table is None and not section.texts:
            plain.append(section)
            continue
        _add_side_by_side(paper, plain, document.currency)
        plain = []
        _add_section(paper, section, document.currency)
    _add_side_by_side(paper, plain, document.currency)
    _add_totals(paper, document)
    return bytes(paper.output())


def _add_title(paper: Paper, title: str) -> None:
    paper.set_font(FONT, "B", LARGE)
    paper.multi_cell(0, LARGE / 2, letters(title), new_x="LMARGIN", new_y="NEXT")
    paper.ln(3)


def _add_side_by_side(paper: Paper, sections: Sequence[Section], currency: str) -> None:
    """Sections of facts, two in a row."""
    width = (paper.epw - _GAP) / 2
    for left, right in zip_longest(sections[::2], sections[1::2]):
        pair = [section for section in (left, right) if section is not None]
        high = max(_height(paper, section, width, currency) for section in pair)
        if high < paper.eph and paper.will_page_break(high):
            paper.add_page()
        top, page = paper.get_y(), paper.page
        ends = []
        for place, section in enumerate(pair):
            paper.page = page
            paper.set_y(top)
            _add_facts(paper, section, paper.l_margin + place * (width + _GAP), width, currency)
            ends.append((paper.page, paper.get_y()))
        paper.page, bottom = max(ends)
        paper.set_y(bottom + 3)


def _height(paper: Paper, section: Section, width: float, currency: str) -> float:
    """How high a section of facts is."""
    paper.set_font(FONT, size=NORMAL)
    values = [letters(fact_text(fact, currency)) for fact in section.facts]
    return LINE * 1.5 + sum(paper.text_height(value, width * (1 - _LABEL)) for value in values)


def _add_facts(paper: Paper, section: Section, left: float, width: float, currency: str) -> None:
    _add_heading(paper, section.title, left, width)
    for fact in section.facts:
        label, value = letters(fact.label), letters(fact_text(fact, currency))
        high = max(paper.text_height(value, width * (1 - _LABEL)), paper.text_height(label, width * _LABEL))
        if paper.will_page_break(high):
            paper.add_page()
        top = paper.get_y()
        paper.set_xy(left, top)
        paper.set_text_color(GREY)
        paper.multi_cell(width * _LABEL, LINE, label, align="L")
        paper.set_text_color(0)
        paper.set_xy(left + width * _LABEL, top)
        paper.multi_cell(width * (1 - _LABEL), LINE, value, align="L")
        paper.set_y(top + high)


def _add_heading(paper: Paper, title: str, left: float, width: float) -> None:
    paper.set_x(left)
    paper.set_font(FONT, "B", NORMAL)
    paper.cell(width, LINE * 1.25, letters(title), border="B")
    paper.set_y(paper.get_y() + LINE * 1.5)
    paper.set_font(FONT, size=NORMAL)


def _add_section(paper: Paper, section: Section, currency: str) -> None:
    """A section with a table or with texts."""
    if paper.will_page_break(LINE * 5):
        paper.add_page()
    if section.facts:
        _add_facts(paper, section, paper.l_margin, paper.epw, currency)
    else:
        _add_heading(paper, section.title, paper.l_margin, paper.epw)
    if section.table is not None:
        _add_table(paper, section.table, currency)
    for text in section.texts:
        paper.multi_cell(0, LINE, letters(text), align="L", new_x="LMARGIN", new_y="NEXT")
    paper.ln(3)


def _add_table(paper: Paper, table: Table, currency: str) -> None:
    rows = [
        [letters(written(value, column.kind, currency)) for value, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    labels = [letters(column.label) for column in table.columns]
    aligned = tuple("RIGHT" if column.kind in ("number", "amount") else "LEFT" for column in table.columns)
    paper.set_font(FONT, size=SMALL)
    with paper.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=tuple(_widths(paper, labels, rows)),
        headings_style=FontFace(emphasis="BOLD", fill_color=(240, 240, 240)),
        line_height=LINE,
        padding=(0.7, 1.4),
        text_align=aligned,
        width=paper.epw,
    ) as drawn:
        for row in (labels, *rows):
            drawn.row(row)
    paper.set_font(FONT, size=NORMAL)


def _widths(paper: Paper, labels: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """Widths in proportion to the texts, none so narrow or so wide that the others suffer."""
    widths = []
    for place, label in enumerate(labels):
        texts = [line for row in rows[:_ROWS_OF_A_WIDTH] for line in row[place].split("\n")]
        paper.set_font(FONT, "B", SMALL)
        head = max((paper.get_string_width(word) for word in label.split()), default=0.0)
        paper.set_font(FONT, size=SMALL)
        widest = max((paper.get_string_width(text) for text in texts), default=0.0)
        widths.append(max(head + 3.5, min(max(widest + 3.5, _NARROWEST), _WIDEST)))
    return widths


def _add_totals(paper: Paper, document: Readable) -> None:
    high = LINE * 1.5
    if paper.will_page_break(high * len(document.totals)):
        paper.add_page()
    for place, fact in enumerate(document.totals, start=1):
        is_last = place == len(document.totals)
        border: str | Literal[0] = "T" if is_last else 0
        paper.set_font(FONT, "B" if is_last else "", NORMAL + is_last)
        paper.set_x(paper.l_margin + paper.epw - _TOTALS)
        paper.cell(_TOTALS / 2, high, letters(f"{fact.label} {document.currency}".rstrip()), border=border)
        paper.cell(_TOTALS / 2, high, letters(fact_text(fact, document.currency)), align="R", border=border)
        paper.ln()

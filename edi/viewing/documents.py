"""A readable document with every value as text, made for templates."""

from __future__ import annotations

import msgspec

from edi.documents.readable import Readable, Section
from edi.printing.values import fact_text, written


class TableView(msgspec.Struct, frozen=True, kw_only=True):
    """Headings and rows; `numeric` are the columns of numbers, from 0."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...]


class SectionView(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    facts: tuple[tuple[str, str], ...]
    table: TableView | None
    texts: tuple[str, ...]


class DocumentView(msgspec.Struct, frozen=True, kw_only=True):
    """An order, ship notice or invoice as people read it."""

    title: str
    """As "Purchase order 4711"."""
    sections: tuple[SectionView, ...]
    totals: tuple[tuple[str, str], ...]


def document_view(document: Readable) -> DocumentView:
    """The document with its values written."""
    currency = document.currency
    return DocumentView(
        title=f"{document.title} {document.number}".rstrip(),
        sections=tuple(_section(section, currency) for section in document.sections),
        totals=tuple((fact.label, fact_text(fact, currency)) for fact in document.totals),
    )


def _section(section: Section, currency: str) -> SectionView:
    table = section.table
    return SectionView(
        title=section.title,
        facts=tuple((fact.label, fact_text(fact, currency)) for fact in section.facts),
        table=TableView(
            headings=tuple(column.label for column in table.columns),
            rows=tuple(
                tuple(written(value, column.kind, currency) for value, column in zip(row, table.columns, strict=True))
                for row in table.rows
            ),
            numeric=tuple(n for n, column in enumerate(table.columns) if column.kind in ("number", "amount")),
        )
        if table is not None
        else None,
        texts=section.texts,
    )

"""CSV files that people open in spreadsheets, change and give back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that spreadsheets take for a formula: such a text is written with an apostrophe before it."""
MARK = "\ufeff"
"""Begins a file, so that spreadsheets know that it is UTF-8."""


class NoTable(ValueError):
    """A file that cannot be read as CSV; the text says what is wrong, with the line."""


def harmless(text: str) -> str:
    """A cell that a spreadsheet does not calculate with. What begins with an apostrophe gets another one, so that
    `plain` gives back what was written."""
    return f"'{text}" if text.startswith((*FORMULA, "'")) else text


def plain(cell: str) -> str:
    """A cell as it was before `harmless`, without spaces around it."""
    text = cell.strip()
    return text[1:] if text.startswith("'") else text


def written(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A file of these rows."""
    into = io.StringIO()
    lines = csv.writer(into, lineterminator="\r\n")
    lines.writerow(columns)
    lines.writerows([harmless(cell) for cell in row] for row in rows)
    return into.getvalue()


def read(data: bytes, *, most_bytes: int) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each line, the header too, separated by comma or semicolon (as spreadsheets of countries with
    a decimal comma write them). Raises NoTable."""
    if len(data) > most_bytes:
        raise NoTable(f"The file is larger than {most_bytes:,} bytes.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoTable("The file is not UTF-8. Save it as “CSV UTF-8”.") from error
    first = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        for cells in lines:
            yield lines.line_num, cells
    except csv.Error as error:
        raise NoTable(f"Line {lines.line_num}: this is no CSV ({error}).") from error

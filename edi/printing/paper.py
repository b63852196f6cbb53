"""An A4 page with our letters, a heading on each page and "page 1 of 3" below."""

from __future__ import annotations

from typing import Literal

from fpdf import FPDF
from fpdf.enums import MethodReturnValue

from edi.x12.charset import Charset, CharsetPolicy

FONT = "Helvetica"
SMALL, NORMAL, LARGE = 7.5, 8.5, 15.0
"""Sizes of letters in points."""
LINE = 4.0
"""Height of a line in millimetres."""
MARGIN = 15.0
GREY, BLACK = 110, 0

_LETTERS = Charset(CharsetPolicy(charset="latin-1", placeholder="?"))
"""The fonts that every reader of PDF has hold ISO 8859-1; other letters are written as the nearest of it."""

_TYPOGRAPHIC = str.maketrans(
    {"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "•": "-", "…": "...", "€": "EUR"}
)


class Paper(FPDF):
    """Pages of one document."""

    def __init__(self, *, title: str, orientation: Literal["portrait", "landscape"]) -> None:
        super().__init__(orientation=orientation, format="A4")
        self.heading = letters(title)
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN + 5)
        self.set_title(self.heading)
        self.set_lang("en")
        self.set_producer("ml-connector")
        self.alias_nb_pages()
        self.set_font(FONT, size=NORMAL)

    def header(self) -> None:
        """From the second page on, what this is."""
        if self.page_no() == 1:
            return
        self.set_font(FONT, size=SMALL)
        self.set_text_color(GREY)
        self.cell(0, LINE, self.heading, new_x="LMARGIN", new_y="NEXT")
        self.ln(2)
        self.set_text_color(BLACK)

    def footer(self) -> None:
        """The page and how many there are."""
        self.set_y(-MARGIN)
        self.set_font(FONT, size=SMALL)
        self.set_text_color(GREY)
        self.cell(0, LINE, f"Page {self.page_no()} of {{nb}}", align="R")
        self.set_text_color(BLACK)

    def text_height(self, text: str, width: float) -> float:
        """How high ``text`` is in a column of ``width``."""
        height = self.multi_cell(width, LINE, text, dry_run=True, output=MethodReturnValue.HEIGHT)
        if not isinstance(height, float | int):
            raise TypeError("the height of a text is a number")
        return max(LINE, float(height))


def letters(text: str) -> str:
    """``text`` in letters that the font has, its lines kept."""
    return "\n".join(_LETTERS.convert(line) for line in text.translate(_TYPOGRAPHIC).split("\n"))

"""Our marks in Visma's notes: by them we know again what we wrote, whatever people changed beside it.

A mark stands on a line of its own, as `[ml-connector 856 SUP50001/SHIP-1]`. People may write around it; when they
remove it, we no longer take the record for ours.
"""

from __future__ import annotations

import re

NAME = "ml-connector"


def mark(text: str) -> str:
    """The mark that says `text`, which may hold no brackets and no line breaks."""
    return f"[{NAME} {' '.join(re.sub(r'[][]', ' ', text).split())}]"


def is_marked(note: str | None, text: str) -> bool:
    """Whether a note holds the mark of `text`."""
    return mark(text) in (note or "")


def marked(note: str | None, text: str, *, saying: str = "") -> str:
    """The note with the mark on a new last line, and a few words after it. A note that holds it stays as it is."""
    if is_marked(note, text):
        return note or ""
    line = f"{mark(text)} {saying}".rstrip()
    return f"{note.rstrip()}\n{line}" if note and note.strip() else line

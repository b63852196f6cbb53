"""Notes and descriptions: N9 with MSG or MTX, NTE, and PID."""

from __future__ import annotations

from collections.abc import Sequence

from edi.documents import texts
from edi.documents.building import BuildOptions, Draft
from edi.documents.reading import View, every

MESSAGE, LONG_MESSAGE, NOTE, DESCRIPTION = 264, 4096, 80, 80
"""Characters in MSG01, MTX02, NTE02 and PID05."""
MOST_NOTES, MOST_NTE = 1000, 100


def _note_tag(options: BuildOptions) -> tuple[str, int]:
    return ("MTX", LONG_MESSAGE) if options.version == "005010" else ("MSG", MESSAGE)


def add_notes(draft: Draft, notes: Sequence[str], *, at: str = "") -> None:
    """Append one N9 loop a note, its text in MSG (004010) or MTX (005010)."""
    if len(notes) > MOST_NOTES:
        draft.refuse(f"there are {len(notes)} notes; {MOST_NOTES} can be sent", at=at)
    tag, size = _note_tag(draft.options)
    for number, note in enumerate(notes[:MOST_NOTES], start=1):
        draft.add("N9", "L1", str(number), at=at)
        for piece in texts.split(note, size):
            draft.add(tag, *(("GEN", piece) if tag == "MTX" else (piece,)), at=at)


def carried_notes(notes: Sequence[str], options: BuildOptions) -> tuple[str, ...]:
    """The notes that say something, as N9 loops carry them."""
    _, size = _note_tag(options)
    return tuple(texts.wrapped(n, size) for n in notes if n)


def read_note(loop: Sequence[View]) -> str:
    """The note of an N9 loop, "" when the loop carries none."""
    messages = [v for v in loop if v.tag in ("MSG", "MTX")]
    if not messages:
        return ""
    if loop[0].peek(1) == "L1" and loop[0].peek(2).isdigit():
        loop[0].use_all()
    pieces = []
    for view in messages:
        if view.tag == "MTX":
            view.get(1)
        pieces.append(view.get(2 if view.tag == "MTX" else 1))
    return texts.join(pieces)


def read_notes(inner: Sequence[Sequence[View]]) -> tuple[str, ...]:
    """The notes of all N9 loops."""
    return tuple(note for loop in inner if loop[0].tag == "N9" and (note := read_note(loop)))


def add_nte(draft: Draft, notes: Sequence[str]) -> None:
    """Append notes as NTE of 80 characters: GEN begins a note, ADD continues it."""
    segments = [("ADD" if i else "GEN", piece) for note in notes for i, piece in enumerate(texts.split(note, NOTE))]
    if len(segments) > MOST_NTE:
        draft.refuse(f"the notes need {len(segments)} segments of {NOTE} characters; {MOST_NTE} can be sent")
    for kind, piece in segments[:MOST_NTE]:
        draft.add("NTE", kind, piece)


def carried_nte(notes: Sequence[str]) -> tuple[str, ...]:
    """The notes that say something, as NTE carries them."""
    return tuple(texts.wrapped(n, NOTE) for n in notes if n)


def read_nte(views: Sequence[View]) -> tuple[str, ...]:
    """The notes of a set's NTE segments."""
    notes: list[list[str]] = []
    for view in every(views, "NTE"):
        kind, piece = view.get(1).strip(), view.get(2)
        if kind == "ADD" and notes:
            notes[-1].append(piece)
        elif piece:
            notes.append([piece])
    return tuple(texts.join(pieces) for pieces in notes)


def add_description(draft: Draft, description: str, *, at: str) -> None:
    """Append an item's description as free-form PID of 80 characters."""
    for piece in texts.split(description, DESCRIPTION):
        draft.add("PID", "F", "", "", "", piece, at=at)


def carried_description(description: str) -> str:
    """A description as PID carries it."""
    return texts.wrapped(description, DESCRIPTION)


def read_description(views: Sequence[View]) -> str:
    """An item's description: its free-form PID segments that name no characteristic, or the product itself (08)."""
    found = []
    for view in every(views, "PID"):
        if view.peek(1) == "F" and view.peek(2) in ("", "08") and view.peek(5):
            view.get(1)
            view.get(2)
            found.append(view.get(5))
    return texts.join(found)

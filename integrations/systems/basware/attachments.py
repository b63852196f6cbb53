"""Files that go with an invoice to Basware's intake. Pure.

How the Network takes files is not public; they go inside the invoice, as base64, which is an assumption like the rest
of its members. What does not fit or is not what its name says is left out and said: the invoice itself goes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from integrations.systems.files import ReadFile

Row = dict[str, Any]
TYPES: dict[str, str] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "xml": "application/xml",
}
"""Endings that are sent unless a setting says otherwise, and what they are."""
_BEGINS: dict[str, Callable[[bytes], bool]] = {
    "application/pdf": lambda data: b"%PDF-" in data[:1024],
    "image/png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "image/tiff": lambda data: data[:4] in (b"II*\0", b"MM\0*"),
    "application/xml": lambda data: data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"),
}
NAME = 250
"""Longest name of a file."""
MEMBERS = {"attachments": "attachments", "filename": "filename", "contentType": "contentType", "content": "content"}
"""What the list of files and the members of a file are called, unless a setting says otherwise."""


def rows(files: Sequence[ReadFile], *, types: Collection[str], room: int) -> tuple[list[Row], list[str]]:
    """The files as members of the invoice, and for each that is left out why, in words. `types` holds endings; `room`
    is how many bytes they may add to the request all together."""
    taken: list[Row] = []
    left_out: list[str] = []
    for file in files:
        name = file.name.replace("\\", "/").rpartition("/")[2]
        kind = TYPES.get(ending_of(name), "application/octet-stream")
        why = file.problem.rstrip(".") or _wrong(name, kind, file.data, types)
        row = {"filename": _shortened(name), "contentType": kind, "content": base64.b64encode(file.data).decode()}
        size = sum(len(value.encode()) for value in row.values()) + 64
        if not why and size > room:
            why = f"with {_megabytes(len(file.data))} it does not fit into the request any more"
        if why:
            left_out.append(f"{name}: {why}")
            continue
        taken.append(row)
        room -= size
    return taken, left_out


def members(taken: Sequence[Row], names: Mapping[str, str]) -> Row:
    """The files as a member of the invoice, by the names that this Basware takes; nothing where there are none."""
    called = {**MEMBERS, **{ours: theirs for ours, theirs in names.items() if theirs}}
    return (
        {called["attachments"]: [{called[name]: value for name, value in row.items()} for row in taken]}
        if taken
        else {}
    )


def ending_of(name: str) -> str:
    return name.rpartition(".")[2].strip().lower() if "." in name else ""


def _wrong(name: str, kind: str, data: bytes, types: Collection[str]) -> str:
    ending = ending_of(name)
    if ending not in types:
        return f"files of type {ending or '(none)'} are not sent"
    if not data:
        return "it is empty"
    looks_right = _BEGINS.get(kind)
    return "" if looks_right is None or looks_right(data) else f"it is called .{ending}, but is none"


def _shortened(name: str) -> str:
    """A name that is too long loses its middle, not its ending."""
    return name if len(name) <= NAME else f"{name[: NAME - 21]}…{name[-20:]}"


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB"

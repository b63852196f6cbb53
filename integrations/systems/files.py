"""Files that belong to records, as the scan of an invoice: what a source gives, and what a document takes along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@runtime_checkable
class HasFiles(Protocol):
    """A source whose records can have files."""

    def file(self, file_id: str) -> bytes:
        """One file as it is now. Raises Fault: Rejected where it will never be given."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFile:
    """A file that its record names."""

    file_id: str
    """As the source calls it."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file that was asked for, or why it could not be had."""

    name: str
    data: bytes = b""
    problem: str = ""
    """A sentence; empty where the file was read."""

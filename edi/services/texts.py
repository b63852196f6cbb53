"""What partners wrote, as a database can hold it."""

from __future__ import annotations


def storable(text: str, size: int) -> str:
    """`text` for a column of `size` characters: control characters (PostgreSQL refuses NUL) as U+FFFD, cut to size.

    For keys and labels. The bytes themselves are kept apart, unchanged.
    """
    return "".join(char if char.isprintable() else "\ufffd" for char in text[:size])

"""Code lists of the data elements: what a code means, and whether a list is complete.

The lists are shared by the versions: between 004010 and 005010 codes were added and none was given another meaning, so
the closed lists below hold the codes of both. A list is *closed* (``CLOSED``: another value is an error) only where
all its codes are known; the long lists (entities, references, dates, units, product ids, ...) are *open*: they name
the codes met in practice, and any other code of the right length passes. A partner guide narrows them.
"""

from __future__ import annotations

from edi.x12.maps.codes import acknowledgment, items, parties, references, terms
from edi.x12.maps.model import CodeList


def _read(table: str, *, closed: bool) -> dict[str, CodeList]:
    lists: dict[str, dict[str, str]] = {}
    number = ""
    for line in table.splitlines():
        if line.startswith("    "):
            code, _, meaning = line.strip().partition(" ")
            lists[number][code] = meaning
        elif line.strip():
            number = line.split()[0]
            lists[number] = {}
    return {number: CodeList(meanings, closed) for number, meanings in lists.items()}


CODES: dict[str, CodeList] = {}
"""Code list by data element number."""

for _module in (acknowledgment, items, parties, references, terms):
    CODES |= _read(_module.CLOSED, closed=True) | _read(_module.OPEN, closed=False)

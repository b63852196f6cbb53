"""What the headings of orders, changes and answers have in common: currency, references, terms, notes, parties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from edi.documents import notes, parties, terms
from edi.documents.building import BuildOptions, Draft
from edi.documents.reading import View, first
from edi.documents.values import Charge, Party, Reference, Terms


class Heading(NamedTuple):
    """The common parts, as a set states them."""

    currency: str
    references: tuple[Reference, ...]
    terms: Terms | None
    charges: tuple[Charge, ...]
    notes: tuple[str, ...]
    parties: tuple[Party, ...]


def add_currency(draft: Draft, entity: str, currency: str, *, required: bool = True) -> None:
    """Append CUR, stated by `entity` (element 98: BY buyer, SE seller)."""
    if currency or required:
        if len(currency) != 3 or not currency.isalpha():
            draft.refuse(f"currency '{currency}' is not an ISO 4217 code of three letters")
        draft.add("CUR", entity, currency)


def read_currency(head: Sequence[View]) -> str:
    """The currency of a heading, "" when it states none."""
    view = first(head, "CUR")
    if view is None:
        return ""
    view.get(1)
    return view.get(2)


def read_heading(head: Sequence[View], inner: Sequence[Sequence[View]]) -> Heading:
    """The common parts of a heading; `inner` are its loops."""
    found = [p for loop in inner if loop[0].tag == "N1" and (p := parties.read_party(loop)) is not None]
    return Heading(
        currency=read_currency(head),
        references=parties.read_references(head),
        terms=terms.read_terms(head),
        charges=terms.read_charges(head),
        notes=notes.read_notes(inner),
        parties=tuple(found),
    )


def carried_parties(found: Sequence[Party], options: BuildOptions) -> tuple[Party, ...]:
    """The parties as N1 loops carry them."""
    return tuple(parties.carried_party(p, options) for p in found)


def carried_references(found: Sequence[Reference]) -> tuple[Reference, ...]:
    """References that have a value."""
    return tuple(r for r in found if r.value)

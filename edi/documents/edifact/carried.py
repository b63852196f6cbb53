"""What EDIFACT messages carry of the parts that documents share: the same values, as their reader gets them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from edi.documents import texts
from edi.documents.edifact import codes
from edi.documents.edifact.building import NOTE, PIECE, PIECES, EdifactOptions, first_id
from edi.documents.edifact.values import from_unit, to_unit
from edi.documents.values import Address, Charge, Contact, ItemId, Party, Reference, Tax, Terms


def carried_party(party: Party, options: EdifactOptions) -> Party:
    """The number of NAD first, further ones of the kinds that have a code, long texts wrapped, nothing empty."""
    ids = [one for one in party.ids if one.value]
    named = first_id(ids, options)
    further = [one for one in ids if one is not named and one.scheme in codes.PARTY_REFERENCES]
    address = party.address
    if address is not None:
        streets = tuple(piece for line in address.lines for piece in texts.split(line, PIECE))
        address = msgspec.structs.replace(address, lines=streets)
    return msgspec.structs.replace(
        party,
        name=texts.wrapped(party.name, PIECE),
        ids=tuple([named, *further] if named is not None else further),
        address=None if address == Address() else address,
        contact=None if party.contact == Contact() else party.contact,
    )


def carried_parties(parties: Sequence[Party], options: EdifactOptions) -> tuple[Party, ...]:
    """Each party as NAD carries it."""
    return tuple(carried_party(party, options) for party in parties)


def carried_items(items: Sequence[ItemId], options: EdifactOptions) -> tuple[ItemId, ...]:
    """The item numbers that are sent, in the order they are sent in."""
    places = {scheme: place for place, scheme in enumerate(options.item_ids)}
    chosen = [item for item in items if item.value and item.scheme in places]
    return tuple(sorted(chosen, key=lambda item: places[item.scheme]))


def carried_references(references: Sequence[Reference]) -> tuple[Reference, ...]:
    """Kinds that have no code are sent as others, empty ones not at all."""
    kept = (r for r in references if r.value)
    return tuple(r if r.kind in codes.REFERENCES else Reference(kind="other", value=r.value) for r in kept)


def carried_terms(terms: Terms | None) -> Terms | None:
    """Terms that say nothing are not sent."""
    if terms is None or terms == Terms():
        return None
    return msgspec.structs.replace(terms, text=texts.wrapped(terms.text, NOTE))


def carried_charges(charges: Sequence[Charge]) -> tuple[Charge, ...]:
    """Each allowance or charge as ALC carries it."""
    return tuple(msgspec.structs.replace(charge, text=texts.wrapped(charge.text, PIECE)) for charge in charges)


def carried_taxes(taxes: Sequence[Tax]) -> tuple[Tax, ...]:
    """Each tax as TAX carries it: all of it."""
    return tuple(taxes)


def carried_notes(notes: Sequence[str]) -> tuple[str, ...]:
    """A note that is longer than one free text becomes several."""
    found = []
    for note in notes:
        pieces = texts.split(note, NOTE)
        found += [texts.join(pieces[start : start + PIECES]) for start in range(0, len(pieces), PIECES)]
    return tuple(found)


def carried_description(text: str) -> str:
    """A word that is longer than a piece has a space where it is cut."""
    return texts.wrapped(text, PIECE)


def carried_unit(unit: str, options: EdifactOptions) -> str:
    """The unit as its reader states it; one that is not known stays, and is refused."""
    code = to_unit(unit, options.units)
    return from_unit(code) if code else unit

"""Parties and further numbers: the N1 loop, REF, DTM, and notes, in all sets alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import msgspec

from edi.documents import codes, texts
from edi.documents.building import BuildOptions, Draft, as_date
from edi.documents.reading import View, every, first
from edi.documents.values import Address, Contact, Party, PartyId, Reference

NAME, LINE, CITY = 60, 55, 30
CONTACT_KINDS = {"TE": "phone", "EM": "email"}
MOST_REFERENCES = 12


def add_party(draft: Draft, party: Party) -> None:
    """Append the N1 loop of a party: N1, N2, N3, N4, REF, PER."""
    at = f"party {party.role}"
    named = _named(party, draft.options)
    pieces = texts.split(party.name, NAME)
    if not pieces and named is None:
        draft.refuse("it has neither a name nor a number", at=at)
    if len(pieces) > 5:
        draft.refuse(f"name '{party.name}' is longer than five times {NAME} characters", at=at)
    qualifier = ""
    if named is not None:
        qualifier = draft.options.party_qualifiers.get(named.scheme) or codes.PARTY_IDS[named.scheme]
    draft.add(
        "N1", codes.ROLES[party.role], pieces[0] if pieces else "", qualifier, named.value if named else "", at=at
    )
    for pair in range(1, min(len(pieces), 5), 2):
        draft.add("N2", *pieces[pair : pair + 2], at=at)
    if party.address is not None:
        _add_address(draft, party.address, at=at)
    further = [i for i in party.ids if i is not named]
    if len(further) > MOST_REFERENCES:
        draft.refuse(f"it has {len(further) + 1} numbers; {MOST_REFERENCES + 1} can be sent", at=at)
    for one in further:
        draft.add("REF", codes.PARTY_REFERENCES[one.scheme], one.value, at=at)
    if party.contact is not None:
        stated = {kind: getattr(party.contact, field) for kind, field in CONTACT_KINDS.items()}
        numbers = [part for kind, value in stated.items() if value for part in (kind, value)]
        draft.add("PER", "IC", party.contact.name, *numbers, at=at)


def _add_address(draft: Draft, address: Address, *, at: str) -> None:
    if len(address.lines) > 4:
        draft.refuse(f"the address has {len(address.lines)} lines of at most {LINE} characters; 4 can be sent", at=at)
    for pair in range(0, min(len(address.lines), 4), 2):
        draft.add("N3", *address.lines[pair : pair + 2], at=at)
    code, region = (address.region, "") if len(address.region) == 2 else ("", address.region)
    elements = (address.city, code, address.postal_code, address.country, "SP" if region else "", region)
    if any(elements):
        draft.add("N4", *elements, at=at)


def _named(party: Party, options: BuildOptions) -> PartyId | None:
    """The number that stands in N1: the first of the partner's preference that N104 holds (two characters or more)."""
    return next((i for scheme in options.party_ids for i in party.ids if i.scheme == scheme and len(i.value) > 1), None)


def carried_party(party: Party, options: BuildOptions) -> Party:
    """The party as an N1 loop carries it: the number of N1 first, long address lines wrapped, nothing empty."""
    ids = tuple(i for i in party.ids if i.value)
    named = _named(Party(role=party.role, ids=ids), options)
    if named is not None:
        rest = list(ids)
        rest.remove(named)
        ids = (named, *rest)
    address = party.address
    if address is not None:
        lines = tuple(piece for line in address.lines for piece in texts.split(line, LINE))
        address = msgspec.structs.replace(address, lines=lines)
    return msgspec.structs.replace(
        party,
        name=texts.wrapped(party.name, NAME),
        ids=ids,
        address=None if address == Address() else address,
        contact=None if party.contact == Contact() else party.contact,
    )


def read_party(loop: Sequence[View]) -> Party | None:
    """The party of an N1 loop; None for a role that documents do not know, whose segments stay left over."""
    n1 = loop[0]
    role = codes.ROLES_READ.get(n1.peek(1))
    if role is None:
        return None
    n1.get(1)
    names = [n1.get(2), *(v.get(e) for v in every(loop, "N2") for e in (1, 2))]
    ids = []
    if n1.peek(4):
        ids.append(PartyId(scheme=n1.word(3, codes.PARTY_IDS_READ, "other", "kind of party number"), value=n1.get(4)))  # type: ignore[arg-type]
    for ref in every(loop, "REF"):
        scheme = codes.PARTY_REFERENCES_READ.get(ref.peek(1))
        if scheme is not None and ref.peek(2):
            ref.get(1)
            ids.append(PartyId(scheme=scheme, value=ref.get(2)))  # type: ignore[arg-type]
    return Party(
        role=role,  # type: ignore[arg-type]
        name=texts.join(names),
        ids=tuple(ids),
        address=_read_address(loop),
        contact=_read_contact(loop),
    )


def _read_address(loop: Sequence[View]) -> Address | None:
    lines = tuple(line.strip() for v in every(loop, "N3") for e in (1, 2) if (line := v.get(e)))
    n4 = first(loop, "N4")
    if n4 is None:
        return Address(lines=lines) if lines else None
    region = n4.get(2)
    if not region and n4.peek(5) == "SP":
        n4.get(5)
        region = n4.get(6)
    return Address(lines=lines, city=n4.get(1), region=region, postal_code=n4.get(3), country=n4.get(4))


def _read_contact(loop: Sequence[View]) -> Contact | None:
    per = first(loop, "PER")
    if per is None:
        return None
    per.get(1)
    found = {"name": per.get(2)}
    for element in (3, 5, 7):
        field = CONTACT_KINDS.get(per.peek(element))
        if field is not None and field not in found:
            per.get(element)
            found[field] = per.get(element + 1)
    return Contact(**found)


def add_references(draft: Draft, references: Sequence[Reference]) -> None:
    """Append one REF for each further number of a document."""
    for reference in references:
        draft.add("REF", codes.REFERENCES[reference.kind], reference.value, at=f"reference {reference.kind}")


def read_references(views: Sequence[View]) -> tuple[Reference, ...]:
    """The further numbers that a heading states, of the kinds that documents know."""
    found = []
    for ref in every(views, "REF"):
        kind = codes.REFERENCES_READ.get(ref.peek(1))
        if kind is not None and ref.peek(2):
            ref.get(1)
            found.append(Reference(kind=kind, value=ref.get(2)))  # type: ignore[arg-type]
    return tuple(found)


def read_reference(views: Sequence[View], qualifiers: Collection[str], element: int = 2) -> str:
    """One number by its element 128 code, "" when it is not there."""
    ref = next((v for v in every(views, "REF") if v.peek(1) in qualifiers and v.peek(element)), None)
    if ref is None:
        return ""
    ref.get(1)
    return ref.get(element)


def add_date(draft: Draft, qualifier: str, date: dt.date | None, *, at: str = "") -> None:
    """Append a DTM, when there is a date."""
    if date is not None:
        draft.add("DTM", qualifier, as_date(date), at=at)


def read_date(views: Sequence[View], qualifiers: Mapping[str, str]) -> dt.date | None:
    """The first DTM with one of these element 374 codes, in the order of `qualifiers` (code to name)."""
    for qualifier, name in qualifiers.items():
        dtm = first(views, "DTM", (qualifier,))
        if dtm is not None:
            dtm.get(1)
            return dtm.date(2, name)
    return None

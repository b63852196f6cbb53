from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from edi.documents import parties
from edi.documents.building import BuildOptions, BuildRefused, Draft, tidy
from edi.documents.reading import Reading
from edi.documents.values import Address, Contact, Party, PartyId
from tests.edi.documents import strategies
from tests.edi.documents.support import as_set, lines, parsed

SUPPLIER = Party(role="supplier", name="Fjordpakk AS", ids=(PartyId(scheme="buyer", value="50012"),))


def built(party: Party, options: BuildOptions | None = None) -> list[str]:
    draft = Draft(options or BuildOptions())
    parties.add_party(draft, party)
    return lines(draft.finish())


def refusal(party: Party) -> tuple[str, ...]:
    with pytest.raises(BuildRefused) as refused:
        built(party)
    return refused.value.reasons


def read(text: str) -> Party | None:
    return parties.read_party(Reading(parsed(text, "850")).views)


@given(strategies.parties, strategies.options())
def test_party_is_read_again(party: Party, options: BuildOptions) -> None:
    carried = parties.carried_party(tidy(party), options)
    draft = Draft(options)
    parties.add_party(draft, carried)
    reading = Reading(as_set(draft.finish(), "850"))
    assert parties.read_party(reading.views) == carried
    assert reading.result(None).left_over == ()


def test_the_partners_choice_of_number_stands_in_n1() -> None:
    party = msgspec.structs.replace(
        SUPPLIER,
        ids=(
            PartyId(scheme="duns", value="123456789"),
            PartyId(scheme="gln", value="7350099123405"),
            PartyId(scheme="vat", value="NO923456789MVA"),
            PartyId(scheme="organisation", value="923456789"),
        ),
    )
    assert built(party) == [
        "N1*SU*Fjordpakk AS*UL*7350099123405",
        "REF*DUN*123456789",
        "REF*VX*NO923456789MVA",
        "REF*EI*923456789",
    ]
    options = BuildOptions(party_ids=("duns",), party_qualifiers={"duns": "9"})
    assert built(party, options)[:2] == ["N1*SU*Fjordpakk AS*9*123456789", "REF*LU*7350099123405"]


def test_a_number_of_one_character_stands_in_ref() -> None:
    party = msgspec.structs.replace(SUPPLIER, ids=(PartyId(scheme="buyer", value="7"),))
    assert built(party) == ["N1*SU*Fjordpakk AS", "REF*IA*7"]


def test_long_names_go_on_in_n2() -> None:
    party = msgspec.structs.replace(SUPPLIER, name="Aktiebolaget " + "Skandinavisk Emballage " * 8)
    tidied = tidy(party)
    rows = built(tidied)
    assert rows[0].startswith("N1*SU*Aktiebolaget Skandinavisk")
    assert rows[1].startswith("N2*Skandinavisk Emballage")
    assert read("\n".join(rows)) == tidied


def test_names_that_do_not_fit_are_refused() -> None:
    assert "longer than five times 60" in refusal(msgspec.structs.replace(SUPPLIER, name="Bolag " * 60))[0]


def test_somebody_without_name_and_number_is_refused() -> None:
    assert refusal(Party(role="ship_to")) == ("party ship_to: it has neither a name nor a number",)


def test_too_many_address_lines_are_refused() -> None:
    party = msgspec.structs.replace(SUPPLIER, address=Address(lines=tuple("abcde")))
    assert refusal(party) == ("party supplier: the address has 5 lines of at most 55 characters; 4 can be sent",)


def test_long_address_lines_are_wrapped() -> None:
    line = "Industriområdet vid gamla hamnen, byggnad sjutton, port tre, andra våningen"
    party = msgspec.structs.replace(SUPPLIER, address=Address(lines=(line,)))
    carried = parties.carried_party(party, BuildOptions())
    assert carried.address is not None
    assert carried.address.lines == ("Industriområdet vid gamla hamnen, byggnad sjutton, port", "tre, andra våningen")


def test_towns_of_one_letter_are_refused_in_words() -> None:
    party = msgspec.structs.replace(SUPPLIER, address=Address(city="Å", country="NO"))
    assert refusal(party) == ("party supplier: city 'Å' has 1 characters; N401 takes at least 2",)


def test_regions_are_codes_or_names() -> None:
    us = msgspec.structs.replace(SUPPLIER, address=Address(city="Duluth", region="MN", country="US"))
    se = msgspec.structs.replace(SUPPLIER, address=Address(city="Lund", region="Skåne län", country="SE"))
    assert built(us)[1] == "N4*Duluth*MN**US"
    assert built(se)[1] == "N4*Lund***SE*SP*Skåne län"


def test_too_many_numbers_are_refused() -> None:
    ids = tuple(PartyId(scheme="other", value=f"no-{n}") for n in range(14))
    assert refusal(msgspec.structs.replace(SUPPLIER, ids=ids)) == ("party supplier: it has 14 numbers; 13 can be sent",)


def test_parties_of_other_senders() -> None:
    party = read(
        "N1*VN*Fjordpakk*93*77\nN2*Norge\nN3*Havnegata 8\nN4*Ålesund**6005*NO\nREF*VR*12\nPER*CN*Kari*FX*1*TE*2"
    )
    assert party == Party(
        role="supplier",
        name="Fjordpakk Norge",
        ids=(PartyId(scheme="other", value="77"), PartyId(scheme="buyer", value="12")),
        address=Address(lines=("Havnegata 8",), city="Ålesund", postal_code="6005", country="NO"),
        contact=Contact(name="Kari", phone="2"),
    )


def test_roles_that_documents_do_not_know_stay_left_over() -> None:
    reading = Reading(parsed("N1*Z7*Mark for\nN3*x", "850"))
    assert parties.read_party(reading.views) is None
    assert len(reading.result(None).left_over) == 2


def test_references_by_meaning() -> None:
    reading = Reading(parsed("REF*CT*RAM-1\nREF*IA*5\nREF*ZZ*x\nREF*CT", "850"))
    assert [(r.kind, r.value) for r in parties.read_references(reading.views)] == [
        ("contract", "RAM-1"),
        ("other", "x"),
    ]
    assert [over.elements[0] for over in reading.result(None).left_over] == ["IA", "CT"]

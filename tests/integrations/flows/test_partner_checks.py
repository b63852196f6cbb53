"""Whether what a network says of a supplier can be true."""

from __future__ import annotations

import pytest

from edi.documents.values import Address
from integrations.documents import PartnerData
from integrations.flows.partner_checks import (
    FIELDS,
    POSTAL_CODES,
    countries,
    is_organisation_number,
    is_postal_code,
    is_vat_number,
    problems,
)
from integrations.flows.visma_cleo_partners import REQUIRED

TAMPERE = Address(lines=("Uusikatu 7",), postal_code="33100", city="Tampere", country="FI")
REQUIRED_FIELDS = REQUIRED.default


def of(address: Address = TAMPERE, **values: str) -> list[str]:
    data = PartnerData(key="SUP80001", **{"name": "Pakkaus Oy", "address": address, **values})
    return problems(data, fields=FIELDS, country="FI", required=REQUIRED_FIELDS)


def test_what_can_be_true_is_taken() -> None:
    assert of() == []
    assert of(vat_number="FI20774740", organisation_number="2077474-0") == []
    assert problems(PartnerData(key="X"), fields=FIELDS, country="FI", required=REQUIRED_FIELDS) == []


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (Address(lines=("A 1",), postal_code="3310", city="B", country="FI"), ["3310 is no postal code of FI"]),
        (
            Address(lines=("A 1",), postal_code="33100", city="B", country="XX"),
            ["XX is no country (two letters, as SE)"],
        ),
        (
            Address(lines=("A 1",), postal_code="411 09", city="B", country="SE"),
            ["the country changes from FI to SE, which changes how VAT is treated"],
        ),
        (Address(country="FI"), ["the address has no street, no postal code, no city"]),
        (Address(lines=("A 1",), postal_code="33100", city="B"), ["the address has no country"]),
    ],
)
def test_addresses_that_cannot_be_are_named(address: Address, says: list[str]) -> None:
    assert of(address) == says


def test_only_the_fields_that_are_asked_for_are_looked_at() -> None:
    data = PartnerData(key="X", name="", vat_number="FI1", address=Address())
    assert problems(data, fields=(), country="FI", required=REQUIRED_FIELDS) == []
    assert problems(data, fields=("name",), country="FI", required=REQUIRED_FIELDS) == ["the name is empty"]
    assert problems(data, fields=("name",), country="FI", required=()) == []


@pytest.mark.parametrize(
    ("text", "country", "right"),
    [
        ("411 09", "SE", True),
        ("SE-411 09", "SE", True),
        ("4110", "SE", False),
        ("0110", "NO", True),
        ("01100", "NO", False),
        ("EC1A 1BB", "GB", True),
        ("10001-1234", "US", True),
        ("1234 AB", "NL", True),
        ("anything", "BR", True),
    ],
)
def test_postal_codes(text: str, country: str, right: bool) -> None:
    assert is_postal_code(text, country) is right


@pytest.mark.parametrize(
    ("text", "country", "right"),
    [
        ("FI20774740", "FI", True),
        ("FI20774741", "FI", False),
        ("20774740", "FI", True),
        ("SE556188840401", "SE", True),
        ("SE556188840402", "SE", False),
        ("NO995525828MVA", "NO", True),
        ("NO995525829MVA", "NO", False),
        ("DK13585628", "DK", True),
        ("DK13585627", "DK", False),
        ("DE136695976", "SE", True),
        ("EL094259216", "GR", True),
        ("EL094259217", "GR", False),
        ("12-3456789", "US", True),
    ],
)
def test_vat_numbers_by_form_and_check_digits(text: str, country: str, right: bool) -> None:
    assert is_vat_number(text, country) is right


@pytest.mark.parametrize(
    ("text", "country", "right"),
    [
        ("2077474-0", "FI", True),
        ("2077474-1", "FI", False),
        ("988 077 917", "NO", True),
        ("988 077 918", "NO", False),
        ("1234567897", "SE", True),
        ("1234567891", "SE", False),
        ("whatever", "DE", True),
    ],
)
def test_organisation_numbers(text: str, country: str, right: bool) -> None:
    assert is_organisation_number(text, country) is right


def test_every_country_with_a_postal_code_is_one() -> None:
    assert set(POSTAL_CODES) <= countries()

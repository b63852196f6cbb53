"""Whether what a network says of a supplier can be true: country, postal code, VAT and organisation number. Pure.

Check digits are computed, nobody is asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from importlib.resources import files

from stdnum import get_cc_module

from edi.documents.values import Address
from integrations.documents import PartnerData

POSTAL_CODES = {
    "AT": r"\d{4}",
    "BE": r"\d{4}",
    "CA": r"[A-Z]\d[A-Z]\d[A-Z]\d",
    "CH": r"\d{4}",
    "DE": r"\d{5}",
    "DK": r"\d{4}",
    "EE": r"\d{5}",
    "ES": r"\d{5}",
    "FI": r"\d{5}",
    "FR": r"\d{5}",
    "GB": r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}",
    "IS": r"\d{3}",
    "IT": r"\d{5}",
    "LT": r"\d{5}",
    "LV": r"\d{4}",
    "NL": r"\d{4}[A-Z]{2}",
    "NO": r"\d{4}",
    "PL": r"\d{5}",
    "SE": r"\d{5}",
    "US": r"\d{5}(\d{4})?",
}
"""By country, without spaces, hyphens and the country's own prefix."""
VAT_PREFIXES = {"GR": "EL"}
"""Countries that begin VAT numbers otherwise than their ISO code."""
ORGANISATION_NUMBERS = {"SE": "orgnr", "NO": "orgnr", "DK": "cvr", "FI": "ytunnus"}
FIELDS = ("name", "address", "vat_number", "organisation_number")


def problems(data: PartnerData, *, fields: Collection[str], country: str, required: Collection[str]) -> list[str]:
    """What is wrong with the given fields of what a network states, in words; [] when all of them can be true.

    `country` is the supplier's in the books, "" when it has none. `required` = fields that may not be empty, of
    FIELDS and postal_code, city, country, street.
    """
    found: list[str] = []
    address = data.address if "address" in fields else None
    if "name" in fields and data.name is not None and not data.name and "name" in required:
        found.append("the name is empty")
    if address is not None:
        found += _address(address, country, required)
    where = address.country if address is not None and address.country else country
    for field, words, check in (
        ("vat_number", "VAT number", is_vat_number),
        ("organisation_number", "organisation number", is_organisation_number),
    ):
        value = getattr(data, field) if field in fields else None
        if value is not None and not value and field in required:
            found.append(f"the {words} is empty")
        if value and not check(value, where):
            found.append(f"{value} is no {words} of {where or 'any country'}")
    return found


def _address(address: Address, country: str, required: Collection[str]) -> list[str]:
    found = []
    parts = {
        "street": address.lines,
        "postal_code": address.postal_code,
        "city": address.city,
        "country": address.country,
    }
    empty = [name.replace("_", " ") for name, part in parts.items() if name in required and not part]
    if empty:
        found.append(f"the address has no {', no '.join(empty)}")
    if address.country and address.country not in countries():
        found.append(f"{address.country} is no country (two letters, as SE)")
    elif address.country and country and address.country != country:
        found.append(f"the country changes from {country} to {address.country}, which changes how VAT is treated")
    where = address.country or country
    if address.postal_code and not is_postal_code(address.postal_code, where):
        found.append(f"{address.postal_code} is no postal code of {where}")
    return found


def is_postal_code(text: str, country: str) -> bool:
    """Whether it has the form of the country's postal codes; of countries whose form is not known here, always."""
    pattern = POSTAL_CODES.get(country)
    if pattern is None:
        return True
    plain = re.sub(r"[\s-]", "", text.upper()).removeprefix(country)
    return re.fullmatch(pattern, plain) is not None


def is_vat_number(text: str, country: str) -> bool:
    """Whether form and check digits are those of a VAT number: of the country that it begins with, else of
    `country`. Of countries without known numbers, always."""
    plain = re.sub(r"[\s.-]", "", text.upper())
    prefix = next((iso for iso, own in VAT_PREFIXES.items() if plain.startswith(own)), plain[:2])
    module = get_cc_module(prefix.lower(), "vat") if prefix.isalpha() and prefix in countries() else None
    module = module or (get_cc_module(country.lower(), "vat") if country else None)
    return True if module is None else bool(module.is_valid(plain))


def is_organisation_number(text: str, country: str) -> bool:
    """Whether form and check digits are those of the country's organisation numbers, where they are known here."""
    name = ORGANISATION_NUMBERS.get(country)
    module = get_cc_module(country.lower(), name) if name else None
    return True if module is None else bool(module.is_valid(text))


@cache
def countries() -> frozenset[str]:
    """ISO 3166-1 alpha-2 codes, from the time zone data that is installed anyway."""
    table = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line.partition("\t")[0] for line in table.splitlines() if line and not line.startswith("#"))

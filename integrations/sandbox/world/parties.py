"""Suppliers, customers and trading partners of the four companies."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from integrations.sandbox.world import names
from integrations.sandbox.world.identifiers import bankgiro, gln, iban, organisation_number, vat_number
from integrations.sandbox.world.values import Address, Company, Contact, Customer, Supplier, WorldPartner

SUPPLIERS = {"SE": 80, "NO": 50, "DK": 40, "FI": 30}
FIRST_SUPPLIER = {"SE": 50001, "NO": 60001, "DK": 70001, "FI": 80001}
CUSTOMERS = {"SE": 14, "NO": 10, "DK": 12, "FI": 24}
EDI_PARTNERS = {"SE": 12, "NO": 8, "DK": 6, "FI": 6}
SERIES_LENGTH = 9_999
_NEIGHBOURS = {"SE": "FUNDG", "NO": "GSDU", "DK": "SUGN", "FI": "SGUD"}
_FOREIGN = {"N": "NO", "D": "DK", "F": "FI", "S": "SE", "G": "DE", "U": "US"}
_STATUSES = ("OnHold", "HoldPayments", "Inactive", "OneTime")
_SPECIAL_NAMES = {
    ("SE", 3): "Skruv*Mutter ~ Fästteknik AB",
    ("NO", 3): "Bolt > Bits: Håndverk AS",
    ("DK", 3): "Frugt~Grønt * Import ApS",
    ("FI", 3): "Lanka: Puikko > Silmukka Oy",
}
_FAULTS = {13: "missing_vat_number", 14: "missing_organisation_number", 15: "no_bank_account", 16: "blank_city"}


def moment(day: date, rng: random.Random) -> datetime:
    """A moment of office hours on `day`, with milliseconds, in UTC."""
    start = datetime.combine(day, time(6), tzinfo=UTC)
    return start + timedelta(milliseconds=rng.randrange(10 * 3600 * 1000))


def later(moment_before: datetime, rng: random.Random, today: date) -> datetime:
    """A moment after the given one and before `today` begins."""
    limit = datetime.combine(today, time(), tzinfo=UTC) - timedelta(minutes=1)
    span = int((limit - moment_before) / timedelta(milliseconds=1))
    return moment_before + timedelta(milliseconds=rng.randrange(max(span, 1)))


def build_suppliers(company: Company, *, seed: int, size: int, today: date, edi: int | None = None) -> list[Supplier]:
    """The suppliers of a company; positions 13 to 16 and 20 to 23 carry what real master data carries. The first `edi`
    are trading partners; None: as many as the company usually has."""
    rng = random.Random(f"{seed}/{company.key}/suppliers")
    count = min(SUPPLIERS[company.key] * size, SERIES_LENGTH)
    used: set[str] = set()
    partners = EDI_PARTNERS[company.key] if edi is None else edi
    return [_supplier(company, position, rng, used, today, partners) for position in range(1, count + 1)]


def _supplier(
    company: Company, position: int, rng: random.Random, used: set[str], today: date, partners: int
) -> Supplier:
    foreign = position % 4 == 0 and position not in _FAULTS
    neighbours = _NEIGHBOURS[company.key]
    country = _FOREIGN[neighbours[(position // 4 - 1) % len(neighbours)]] if foreign else company.country
    organisation = organisation_number(country, rng)
    number = FIRST_SUPPLIER[company.key] + position - 1
    name = _SPECIAL_NAMES.get((company.key, position)) or _company_name(country, rng, used)
    created = moment(today - timedelta(days=rng.randrange(400, 1500)), rng)
    supplier = Supplier(
        company=company.key,
        number=str(number),
        internal_id=number - 46_000,
        name=name,
        status=_supplier_status(position, partners),
        address=_address(country, rng),
        contact=_contact(country, name, rng),
        organisation_number=organisation,
        vat_number=vat_number(country, organisation, rng),
        currency=names.CURRENCIES[country],
        terms_days=rng.choice((10, 14, 30, 30, 30, 60)),
        iban=iban(country, rng),
        bankgiro=bankgiro(rng) if country == "SE" else None,
        gln=gln(country, rng),
        domestic=not foreign,
        created_at=created,
        modified_at=later(max(created, moment(today - timedelta(days=200), rng)), rng, today),
    )
    return _with_fault(supplier, _FAULTS.get(position))


def _supplier_status(position: int, partners: int) -> str:
    if position <= partners:
        return "OnHold" if position == partners else "Active"
    return _STATUSES[position % 10] if position >= 20 and position % 10 < len(_STATUSES) else "Active"


def _with_fault(supplier: Supplier, fault: str | None) -> Supplier:
    match fault:
        case "missing_vat_number":
            return replace(supplier, vat_number=None, faults=frozenset({fault}))
        case "missing_organisation_number":
            return replace(supplier, organisation_number=None, faults=frozenset({fault}))
        case "no_bank_account":
            return replace(supplier, iban=None, bankgiro=None, faults=frozenset({fault}))
        case "blank_city":
            return replace(supplier, address=replace(supplier.address, city=" "), faults=frozenset({fault}))
        case _:
            return supplier


def build_customers(company: Company, *, seed: int, size: int, today: date) -> list[Customer]:
    """The customers of a company. The Finnish ones are people who buy in the web shop, mostly."""
    rng = random.Random(f"{seed}/{company.key}/customers")
    used: set[str] = set()
    customers = []
    for position in range(1, CUSTOMERS[company.key] * size + 1):
        known = names.CUSTOMER_NAMES[company.key]
        name = known[position - 1] if position <= len(known) else _company_name(company.country, rng, used)
        person = company.key == "FI" and (position <= 3 or position % 2 == 0)
        if person and position > len(known):
            name = f"{rng.choice(names.PEOPLE['FI'])} {position}"
        customers.append(_customer(company, position, name, rng, today, person=person))
    return customers


def _customer(company: Company, position: int, name: str, rng: random.Random, today: date, *, person: bool) -> Customer:
    organisation = None if person else organisation_number(company.country, rng)
    created = moment(today - timedelta(days=rng.randrange(100, 900)), rng)
    faults = frozenset({"missing_vat_number"}) if position == 5 and not person else frozenset()
    return Customer(
        company=company.key,
        number=str(10_000 + position),
        internal_id=8_000 + position,
        name=name,
        status={6: "OnHold", 7: "CreditHold", 8: "Inactive", 9: "OneTime"}.get(position, "Active"),
        address=_address(company.country, rng),
        contact=_contact(company.country, name, rng),
        organisation_number=organisation,
        vat_number=vat_number(company.country, organisation, rng) if organisation and not faults else None,
        currency=company.currency,
        terms_days=14 if person else 30,
        credit_limit=Decimal(rng.randrange(0, 20) * 5_000),
        web_id=100 + position if company.key == "FI" else None,
        created_at=created,
        modified_at=later(created, rng, today),
        faults=faults,
    )


def build_trading_partners(suppliers: list[Supplier], *, on_cleo: int = 0) -> list[WorldPartner]:
    """The EDI table: the first suppliers of each company, odd positions through Cleo, even ones through Orderful;
    where `on_cleo` is given, so many of them, all through Cleo."""
    partners = []
    for supplier in suppliers:
        position = int(supplier.number) - FIRST_SUPPLIER[supplier.company] + 1
        isa_id = f"SUP{supplier.number}"
        usual = ("orderful", "cleo")[position % 2] if position <= EDI_PARTNERS[supplier.company] else None
        network = ("cleo" if position <= on_cleo else None) if on_cleo else usual
        partners.append(
            WorldPartner(
                company=supplier.company,
                supplier_number=supplier.number,
                name=supplier.name,
                isa_qualifier="ZZ",
                isa_id=isa_id,
                test_isa_id=isa_id + "T",
                network=network,
            )
        )
    return partners


def _company_name(country: str, rng: random.Random, used: set[str]) -> str:
    for _attempt in range(50):
        stem, trade = rng.choice(names.STEMS[country]), rng.choice(names.TRADES[country])
        name = f"{stem} {trade} {rng.choice(names.LEGAL_FORMS[country])}"
        if name not in used:
            break
    else:
        name = f"{name} {len(used)}"
    used.add(name)
    return name


def _address(country: str, rng: random.Random) -> Address:
    postal_code, city = rng.choice(names.PLACES[country])
    street = f"{rng.choice(names.STREETS[country])} {rng.randrange(1, 180)}"
    line2 = rng.choice((None, None, None, "c/o Söderström", "Port 4: lastkaj > B"))
    return Address(line1=street, line2=line2, postal_code=postal_code, city=city, country=country)


def _contact(country: str, name: str, rng: random.Random) -> Contact:
    folded = name.lower().translate(str.maketrans("åäöøæéü", "aaooaeu"))
    slug = "".join(c for c in folded.partition(" ")[0] if "a" <= c <= "z") or "post"
    phone = (
        f"{names.PHONE_CODES[country]} {rng.randrange(10, 99)} {rng.randrange(100, 999)} {rng.randrange(1000, 9999)}"
    )
    person = rng.choice(names.PEOPLE[country])
    return Contact(name=name, email=f"faktura@{slug}.example", phone=phone, attention=person)

"""The four companies.

| key | Visma company id | EDI id (qualifier ZZ) | test id |
|---|---|---|---|
| SE | 1001 | NORDLOGISTIK | NORDLOGISTIKT |
| NO | 1002 | FJORDMEKANIKK | FJORDMEKANIKKT |
| DK | 1003 | SMORENGROS | SMORENGROST |
| FI | 1004 | KASITYOPUOTI | KASITYOPUOTIT |

These, the tenant ids and the credentials do not depend on the seed: configuration files may name them.
"""

from __future__ import annotations

import random
from decimal import Decimal

from integrations.sandbox.world.identifiers import gln, iban, organisation_number, vat_number
from integrations.sandbox.world.values import (
    Account,
    Address,
    Branch,
    Company,
    Contact,
    SegmentValue,
    VatRate,
    Warehouse,
)

_VAT: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "SE": (("11", "25", "Ingående moms 25 %", "High"), ("12", "12", "Ingående moms 12 %", "Medium"),
           ("13", "6", "Ingående moms 6 %", "Low"), ("10", "0", "Momsfritt", "Zero")),
    "NO": (("1", "25", "Inngående mva høy sats", "High"), ("12", "15", "Inngående mva middels sats", "Medium"),
           ("13", "12", "Inngående mva lav sats", "Low"), ("0", "0", "Ingen mva", "Zero")),
    "DK": (("I25", "25", "Købsmoms 25 %", "High"), ("I0", "0", "Momsfrit køb", "Zero")),
    "FI": (("255", "25.5", "Osto-alv 25,5 %", "High"), ("135", "13.5", "Osto-alv 13,5 %", "Medium"),
           ("100", "10", "Osto-alv 10 %", "Low"), ("000", "0", "Veroton", "Zero")),
}  # fmt: skip

_ACCOUNTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "SE": (("1510", "Kundfordringar", "Asset"), ("1930", "Företagskonto", "Asset"),
           ("1940", "Valutakonto EUR", "Asset"),
           ("1460", "Lager av handelsvaror", "Asset"), ("2440", "Leverantörsskulder", "Liability"),
           ("2641", "Debiterad ingående moms", "Liability"), ("3001", "Försäljning inom Sverige 25 %", "Income"),
           ("3740", "Öres- och kronutjämning", "Income"), ("4010", "Inköp material och varor", "Expense"),
           ("5410", "Förbrukningsinventarier", "Expense"), ("5611", "Drivmedel", "Expense"),
           ("5710", "Frakter och transporter", "Expense"), ("6110", "Kontorsmateriel", "Expense"),
           ("6550", "Konsultarvoden", "Expense"), ("6990", "Övriga kostnader (avslutat)", "Expense")),
    "NO": (("1500", "Kundefordringer", "Asset"), ("1920", "Bankinnskudd", "Asset"),
           ("1930", "Valutakonto EUR", "Asset"),
           ("1460", "Varelager", "Asset"), ("2400", "Leverandørgjeld", "Liability"),
           ("2710", "Inngående merverdiavgift", "Liability"), ("3000", "Salgsinntekt, avgiftspliktig", "Income"),
           ("7770", "Øreavrunding", "Expense"), ("4000", "Innkjøp av råvarer", "Expense"),
           ("6540", "Inventar", "Expense"), ("6100", "Frakt og transport", "Expense"),
           ("6800", "Kontorrekvisita", "Expense"), ("6700", "Fremmedtjenester", "Expense"),
           ("6999", "Annen kostnad (utgått)", "Expense")),
    "DK": (("1200", "Debitorer", "Asset"), ("5820", "Bankkonto", "Asset"), ("5830", "Valutakonto EUR", "Asset"),
           ("5530", "Varelager", "Asset"), ("6800", "Kreditorer", "Liability"), ("6904", "Købsmoms", "Liability"),
           ("1000", "Salg af varer", "Income"), ("3690", "Øreafrunding", "Expense"), ("2100", "Vareforbrug", "Expense"),
           ("2770", "Fragt", "Expense"), ("3620", "Småanskaffelser", "Expense"), ("3604", "Kontorartikler", "Expense"),
           ("3640", "Konsulenter", "Expense"), ("3999", "Diverse (lukket)", "Expense")),
    "FI": (("1700", "Myyntisaamiset", "Asset"), ("1910", "Pankkitili", "Asset"), ("1920", "Verkkokaupan tili", "Asset"),
           ("1530", "Valmiit tuotteet", "Asset"), ("2870", "Ostovelat", "Liability"),
           ("2939", "Alv-saamiset", "Liability"),
           ("3000", "Myynti kotimaa", "Income"), ("4700", "Pyöristyserot", "Expense"), ("4000", "Ostot", "Expense"),
           ("4230", "Rahdit", "Expense"), ("7620", "Kalusto", "Expense"), ("8450", "Toimistokulut", "Expense"),
           ("8380", "Ulkopuoliset palvelut", "Expense"), ("8999", "Muut (päättynyt)", "Expense")),
}  # fmt: skip

_SEGMENTS: dict[str, tuple[tuple[int, str, str], ...]] = {
    "SE": ((1, "10", "Terminal Göteborg"), (1, "20", "Terminal Växjö"), (1, "30", "Åkeri"), (1, "90", "Gemensamt"),
           (2, "000", "Inget projekt"), (2, "101", "Ny lagerhall Hisingen"), (2, "102", "Elektrifiering")),
    "NO": ((1, "10", "Produksjon"), (1, "20", "Vedlikehold"), (1, "30", "Salg"), (1, "90", "Felles"),
           (2, "000", "Uten prosjekt"), (2, "201", "Ny presse Ålesund")),
    "DK": ((1, "10", "Køl"), (1, "20", "Frost"), (1, "30", "Tørvarer"), (1, "90", "Fælles"),
           (2, "000", "Intet projekt")),
    "FI": ((1, "10", "Myymälä"), (1, "20", "Verkkokauppa"), (1, "90", "Yhteiset"), (2, "000", "Ei projektia"),
           (2, "301", "Joulu")),
}  # fmt: skip

_BASICS: dict[str, dict[str, str]] = {
    "SE": {"name": "Nordlogistik Göteborg AB", "currency": "SEK", "zone": "Europe/Stockholm", "isa": "NORDLOGISTIK",
           "street": "Östra Hamngatan 17", "code": "411 09", "city": "Göteborg", "mail": "ekonomi@nordlogistik.example",
           "who": "Åsa Lindström", "phone": "+46 31 700 10 01", "slug": "nordlogistik"},
    "NO": {"name": "Fjordmekanikk Ålesund AS", "currency": "NOK", "zone": "Europe/Oslo", "isa": "FJORDMEKANIKK",
           "street": "Sjøgata 4", "code": "6002", "city": "Ålesund", "mail": "regnskap@fjordmekanikk.example",
           "who": "Øyvind Bråten", "phone": "+47 70 10 10 02", "slug": "fjordmekanikk"},
    "DK": {"name": "Smør & Brød Engros A/S", "currency": "DKK", "zone": "Europe/Copenhagen", "isa": "SMORENGROS",
           "street": "Industrivænget 12", "code": "4600", "city": "Køge", "mail": "bogholderi@smorengros.example",
           "who": "Mette Østergård", "phone": "+45 56 10 10 03", "slug": "smorengros"},
    "FI": {"name": "Käsityöpuoti Hämeenlinna Oy", "currency": "EUR", "zone": "Europe/Helsinki", "isa": "KASITYOPUOTI",
           "street": "Käsityöläiskatu 3", "code": "13100", "city": "Hämeenlinna", "mail": "talous@kasityopuoti.example",
           "who": "Päivi Mäkinen", "phone": "+358 3 100 1004", "slug": "kasityopuoti"},
}  # fmt: skip

_WAREHOUSES = {
    "SE": (("1", "Huvudlager Göteborg"), ("2", "Terminal Växjö"), ("3", "Kylterminal Åstorp (stängd)")),
    "NO": (("1", "Hovedlager Ålesund"), ("2", "Reservedeler")),
    "DK": (("KOL", "Kølelager Køge"), ("FROST", "Frostlager Køge"), ("TOR", "Tørlager")),
    "FI": (("HML", "Myymälä Hämeenlinna"), ("WEB", "Verkkokaupan varasto")),
}

BASE_RATES = {"SEK": Decimal(1), "NOK": Decimal("0.9750"), "DKK": Decimal("1.5030"), "EUR": Decimal("11.2150"),
              "USD": Decimal("10.4275")}  # fmt: skip


def exchange_rate(currency: str, base: str) -> Decimal:
    """Units of `base` for one unit of `currency`, six decimals."""
    return (BASE_RATES[currency] / BASE_RATES[base]).quantize(Decimal("0.000001"))


def build_companies() -> list[Company]:
    """The four companies, the same for every seed."""
    return [_company(key, 1001 + position) for position, key in enumerate(_BASICS)]


def _company(key: str, company_id: int) -> Company:
    basics, rng = _BASICS[key], random.Random(f"company/{key}")
    address = Address(line1=basics["street"], postal_code=basics["code"], city=basics["city"], country=key)
    organisation = organisation_number(key, rng)
    return Company(
        key=key,
        name=basics["name"],
        country=key,
        currency=basics["currency"],
        time_zone=basics["zone"],
        isa_qualifier="ZZ",
        isa_id=basics["isa"],
        test_isa_id=basics["isa"] + "T",
        gln=gln(key, rng),
        organisation_number=organisation,
        vat_number=vat_number(key, organisation, rng) or "",
        iban=iban(key, rng) or "",
        address=address,
        contact=Contact(name=basics["who"], email=basics["mail"], phone=basics["phone"]),
        branches=(Branch(number="1", name=basics["name"], main=True), Branch(number="2", name="Filial 2", main=False)),
        warehouses=tuple(
            Warehouse(warehouse_id=code, description=text, address=address, active="stängd" not in text)
            for code, text in _WAREHOUSES[key]
        ),
        vat_rates=tuple(
            VatRate(vat_id=code, rate=Decimal(rate), description=text, level=level)
            for code, rate, text, level in _VAT[key]
        ),
        accounts=tuple(
            Account(number=number, description=text, kind=kind, active=position + 1 < len(_ACCOUNTS[key]))
            for position, (number, text, kind) in enumerate(_ACCOUNTS[key])
        ),
        segments=tuple(SegmentValue(segment=s, value=v, description=text) for s, v, text in _SEGMENTS[key]),
        visma_company_id=company_id,
        visma_tenant_id=f"5a6d0e10-{company_id}-4c00-8a00-00000000{company_id}",
        visma_customer_tenant_id=f"c0570e12-{company_id}-4c00-8a00-00000000{company_id}",
        visma_client_id=f"isv_mlconnector_{basics['slug']}",
        visma_client_secret=f"sandbox-{basics['slug']}-secret",
    )

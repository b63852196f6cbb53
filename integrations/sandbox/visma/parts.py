"""Small structures that many DTOs share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.sandbox.world.documents import Tax, cents
from integrations.sandbox.world.names import COUNTRY_NAMES
from integrations.sandbox.world.values import Address, Company, Contact, Supplier

Json = dict[str, Any]
TERMS = {0: "Kontant", 10: "10 dagar netto", 14: "14 dagar netto", 30: "30 dagar netto", 60: "60 dagar netto"}
CURRENCIES = {"SEK": "kr", "NOK": "kr", "DKK": "kr", "EUR": "€", "USD": "$"}
STAMPED = {"lastModifiedDateTime": ""}  # filled in when the row is shown
PAYMENT_METHODS = {"1": "Bank", "2": "Utland IBAN"}


def double(amount: Decimal | float | int) -> float:
    """A JSON number as .NET writes a double."""
    return float(amount)


def address(value: Address, address_id: int) -> Json:
    """AddressDto."""
    return {
        "addressId": address_id,
        "addressLine1": value.line1,
        "addressLine2": value.line2 or "",
        "addressLine3": "",
        "postalCode": value.postal_code,
        "city": value.city,
        "country": {"id": value.country, "name": COUNTRY_NAMES.get(value.country, value.country)},
    }


def contact(value: Contact, contact_id: int) -> Json:
    """ContactInfoDto."""
    return {
        "contactId": contact_id,
        "name": value.name,
        "attention": value.attention or "",
        "email": value.email,
        "web": "",
        "phone1": value.phone,
        "phone2": "",
        "fax": "",
    }


def terms(days: int) -> Json:
    """Credit terms as a reference."""
    return {"id": str(days), "description": TERMS.get(days, f"{days} dagar")}


def payment_method(method: str) -> Json:
    """A payment method as a reference."""
    return {"id": method, "description": PAYMENT_METHODS.get(method, method)}


def supplier_class(*, domestic: bool) -> Json:
    """The class of suppliers at home and abroad."""
    return {"id": "1", "description": "Inrikes"} if domestic else {"id": "2", "description": "Utrikes"}


def vat_zone(company: Company, *, domestic: bool) -> Json:
    """The zone that decides VAT: 01 at home, 02 abroad."""
    category = company.vat_rates[0 if domestic else -1]
    return {
        "id": "01" if domestic else "02",
        "description": "Inrikes" if domestic else "Utrikes",
        "defaultVatCategory": category.vat_id,
        "defaultTaxCategory": {"number": category.vat_id, "description": category.description},
    }


def branch(company: Company, number: str) -> Json:
    """A branch as a reference. Raises KeyError for an unknown number."""
    for own in company.branches:
        if own.number == number:
            return {"number": own.number, "name": own.name}
    raise KeyError(number)


def account(company: Company, number: str) -> Json:
    """A ledger account as a reference. Raises KeyError."""
    for own in company.accounts:
        if own.number == number:
            return {"type": own.kind, "number": own.number, "description": own.description}
    raise KeyError(number)


def vat_category(company: Company, vat_id: str) -> Json:
    """A VAT category as `{number, description}`."""
    return {"number": vat_id, "description": company.vat(vat_id).description}


def subaccount(company: Company, department: str) -> Json:
    """The subaccount of a department, without project. Raises KeyError for an unknown department."""
    first = [segment for segment in company.segments if segment.segment == 1]
    project = next(segment for segment in company.segments if segment.segment == 2)
    for position, segment in enumerate(first, start=1):
        if segment.value == department:
            return {
                "subaccountNumber": f"{segment.value}-{project.value}",
                "subaccountId": position,
                "description": segment.description,
                "active": True,
                "segments": [
                    {
                        "segmentId": 1,
                        "segmentDescription": "Avdelning",
                        "segmentValue": segment.value,
                        "segmentValueDescription": segment.description,
                    },
                    {
                        "segmentId": 2,
                        "segmentDescription": "Projekt",
                        "segmentValue": project.value,
                        "segmentValueDescription": project.description,
                    },
                ],
            }
    raise KeyError(department)


def in_base(amount: Decimal, rate: Decimal) -> float:
    """An amount in the company's currency."""
    return double(cents(amount * rate))


def taxes(values: tuple[Tax, ...], company: Company) -> list[Json]:
    """TaxDetailDto."""
    return [
        {
            "taxId": tax.vat_id,
            "recordId": number,
            "vatId": vat_category(company, tax.vat_id),
            "vatRate": double(tax.rate),
            "taxableAmount": double(tax.taxable),
            "vatAmount": double(tax.amount),
        }
        for number, tax in enumerate(values, start=1)
    ]


def supplier_reference(value: Supplier) -> Json:
    """`{internalId, number, name}`."""
    return {"internalId": value.internal_id, "number": value.number, "name": value.name}


def location(country: str) -> Json:
    """The only location of a business partner."""
    return {"countryId": country, "id": "MAIN", "name": "Primary Location"}


def cash_account(company: Company, currency: str) -> str:
    """The bank account of a currency: the second account of the plan at home, the third for the rest."""
    return company.accounts[1 if currency == company.currency else 2].number

"""DTOs of what documents refer to: accounts, segments, branches, currencies, terms, VAT, periods."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from integrations.sandbox.visma import parts
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.stamps import day
from integrations.sandbox.world.values import Company

PERIODS_BACK, PERIODS_AHEAD = 24, 4
OPEN_PERIODS = 3
Bodies = Iterator[tuple[str, Json]]


def accounts(company: Company) -> Bodies:
    """AccountDto, by number."""
    cash = {company.accounts[1].number, company.accounts[2].number}
    for position, value in enumerate(company.accounts, start=1):
        yield (
            value.number,
            {
                "accountID": 1_000 + position,
                "accountCD": value.number,
                "accountGroupCD": value.number[0],
                "accountClass": value.kind.upper(),
                "type": value.kind,
                "active": value.active,
                "description": value.description,
                "useDefaultSub": False,
                "postOption": "Detail",
                "cashAccount": value.number in cash,
                "publicCode1": value.number,
                **parts.STAMPED,
                "externalCode1Info": {"number": value.number, "description": value.description},
                "analisysCodeInfo": {"number": "", "description": ""},
                "allowManualEntry": True,
            },
        )


def subaccounts(company: Company) -> Bodies:
    """SubAccountDto, by number."""
    for value in company.segments:
        if value.segment == 1:
            body = parts.subaccount(company, value.value)
            yield body["subaccountNumber"], {**body, **parts.STAMPED}


def dimension(company: Company, guids: Iterator[str]) -> Json:
    """DtoDimension of the subaccount key, with its segments and their values."""
    segments = []
    for number, description in ((1, "Avdelning"), (2, "Projekt")):
        own = [value for value in company.segments if value.segment == number]
        values = [
            {
                "internalId": next(guids),
                "segmentId": number,
                "valueId": value.value,
                "description": value.description,
                "publicId": next(guids),
                "active": value.active,
            }
            for value in own
        ]
        segments.append(
            {
                "internalId": next(guids),
                "segmentId": number,
                "description": description,
                "length": len(own[0].value),
                "publicId": next(guids),
                "validate": True,
                "segmentValues": values,
                "isAutoNumber": False,
            }
        )
    return {"id": "SUBACCOUNT", "length": 5, "description": "Subkonto", "segments": segments}


def branches(company: Company) -> Bodies:
    """BranchDto, by number."""
    for position, value in enumerate(company.branches, start=1):
        yield (
            value.number,
            {
                "branchId": position,
                "number": value.number,
                "name": value.name,
                "organizationId": 1,
                "isMainBranch": value.main,
                "isActive": True,
                **parts.STAMPED,
                "corporateId": company.organisation_number,
                "vatRegistrationId": company.vat_number,
                "mainAddress": parts.address(company.address, 1),
                "mainContact": parts.contact(company.contact, 1),
                "defaultCountry": {"id": company.country, "name": company.country},
                "currency": {
                    "id": company.currency,
                    "description": company.currency,
                    "symbol": parts.CURRENCIES[company.currency],
                },
                "bankSettings": {"iban": company.iban, "bankCountry": company.country},
            },
        )


def organization(company: Company) -> Json:
    """ExtendedOrganizationDto."""
    return {
        "organizationCd": "1",
        "name": company.name,
        "organizationType": "WithBranchesNotBalancing",
        "fileTaxByBranches": False,
        "baseCurrency": company.currency,
        "mainAddress": parts.address(company.address, 1),
        "mainContact": parts.contact(company.contact, 1),
        "corporateId": company.organisation_number,
        "vatRegistrationId": company.vat_number,
        "defaultCountry": {"id": company.country, "name": company.country},
        "currency": currency(company.currency, company),
        **parts.STAMPED,
        "bankSettings": {"iban": company.iban, "bankCountry": company.country},
        "branches": [{"number": value.number, "name": value.name} for value in company.branches],
    }


def currency(code: str, company: Company) -> Json:
    """CurrencyDto."""
    return {
        "id": code,
        "description": code,
        "symbol": parts.CURRENCIES[code],
        "isBaseCurrency": code == company.currency,
        "decimalPrecision": 2,
        "isUsedForAccounting": True,
    }


def credit_terms() -> Bodies:
    """CreditTermDto, by id."""
    for days, description in parts.TERMS.items():
        yield (
            str(days),
            {
                "termsId": str(days),
                "description": description,
                "visibleTo": "All",
                "dueDateType": "FixedNumberOfDays",
                "dueDay1": days,
                "discountType": "FixedNumberOfDays",
                "discountDay": 0,
                "discountPercent": 0.0,
                "instalmentType": "Single",
                "numberOfInstalments": 0,
                "instalmentsSchedule": [],
                "createdDateTime": "",
                **parts.STAMPED,
            },
        )


def vat_codes(company: Company) -> Iterator[tuple[str, Json, Json]]:
    """VatInformationDto and VatCategoryDto, by id."""
    for value in company.vat_rates:
        rate = parts.double(value.rate)
        line = {
            "vatId": value.vat_id,
            "description": value.description,
            "type": "Vat",
            "calculateOn": "ItemAmount",
            "vatRates": [{"vatRate": rate, "groupType": "Input", "startDate": "2020-01-01T00:00:00"}],
        }
        vat = {
            "vatCategoryId": value.vat_id,
            "vatId": value.vat_id,
            "description": value.description,
            "type": "Vat",
            "deductibleVat": True,
            "reverseVat": False,
            "calculateOn": "ItemAmount",
            "vismaXmlVatType": f"VatType{value.level}",
            **parts.STAMPED,
            "schedules": [{"startDate": "2020-01-01T00:00:00", "vatRate": rate, "groupType": "Input"}],
            "categories": [],
            "zones": [],
        }
        category = {
            "vatCategoryId": value.vat_id,
            "description": value.description,
            "active": True,
            "excludeListedTaxes": False,
            **parts.STAMPED,
            "vatCategoryLines": [line],
        }
        yield value.vat_id, vat, category


def payment_methods() -> Bodies:
    """PaymentMethodDto, by id."""
    for method, description in parts.PAYMENT_METHODS.items():
        yield (
            method,
            {
                "paymentMethodID": method,
                "active": True,
                "meansOfPayment": "DirectDeposit",
                "description": description,
                "useInAP": True,
                "details": [{"detailID": method, "description": description, "bankingDetailType": "AccountNo"}],
            },
        )


def cash_accounts(company: Company) -> Bodies:
    """CashAccountDto, by number."""
    for value, code in zip(company.accounts[1:3], (company.currency, "EUR"), strict=True):
        yield (
            value.number,
            {
                **parts.STAMPED,
                "entryTypes": [],
                "currency": code,
                "account": parts.account(company, value.number),
                "number": value.number,
                "description": value.description,
            },
        )


def warehouses(company: Company) -> Bodies:
    """WarehouseDto, by id."""
    for value in company.warehouses:
        yield (
            value.warehouse_id,
            {
                "warehouseID": value.warehouse_id,
                "branch": parts.branch(company, "1"),
                "active": value.active,
                "description": value.description,
                "locationEntry": "NoValidate",
                "avgDefaultCost": "AverageCost",
                "fifoDefaultCost": "AverageCost",
                "receiptLocation": {"id": "R1M", "description": "Huvudplats"},
                "locations": [{"locationId": "R1M", "description": "Huvudplats", "active": True}],
            },
        )


def financial_periods(today: date) -> Bodies:
    """FinancialPeriodDto, by YYYYPP; all but the last three months are closed in the ledgers."""
    first_open = _month(today, -OPEN_PERIODS)
    for offset in range(-PERIODS_BACK, PERIODS_AHEAD + 1):
        start = _month(today, offset)
        closed = start < first_open
        yield (
            f"{start:%Y%m}",
            {
                "year": start.year,
                "period": f"{start:%m%Y}",
                "startDate": day(start),
                "endDate": day(_month(today, offset + 1) - timedelta(days=1)),
                "description": f"Period {start:%m-%Y}",
                "active": True,
                "closedInSupplierLedger": closed,
                "closedInCustomerLedger": closed,
                "closedInInventoryManagement": closed,
                "closedInGeneralLedger": False,
                "closedInCashManagement": closed,
                "closedInFixedAssets": False,
            },
        )


def _month(today: date, offset: int) -> date:
    months = today.year * 12 + today.month - 1 + offset
    return date(months // 12, months % 12 + 1, 1)

"""Records for Basware: external codes that never change, and values as P2P takes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from edi.documents.values import Address
from integrations.documents import PaidTo, Supplier
from integrations.systems.basware import mapping
from integrations.systems.basware.errors import said_in
from integrations.systems.basware.mapping import CODE, Place
from integrations.systems.basware.sinks import differences, marked
from integrations.systems.visma import mapping as visma

PLACE = Place(company="1001", element="1001", source="VISMA", language="sv-SE")
PARTS = st.lists(st.text("ABC0123456789", min_size=1, max_size=30), min_size=1, max_size=3)


@given(PARTS, PARTS)
def test_external_codes_fit_and_differ(one: list[str], other: list[str]):
    assert len(PLACE.code(*one)) <= CODE
    assert PLACE.code(*one) == PLACE.code(*one)
    if one != other:
        assert PLACE.code(*one) != PLACE.code(*other)


def test_a_vendor_has_iban_identifiers_and_address():
    row = mapping.vendor(
        PLACE,
        Supplier(
            number="50001",
            name="Åkerlund & Söner AB",
            vat_number="SE556677889901",
            currency="SEK",
            bank_account="SE45 5000 0000 0583 9825 7466",
            address=Address(lines=("Storgatan 1",), city="Göteborg", postal_code="411 01", country="SE"),
        ),
        term="30",
    )
    assert (row["externalCode"], row["vendorCode"]) == ("VISMA-1001-S-50001", "50001")
    account = row["paymentMeans"][0]["financialAccounts"][0]["financialAccountIdentifiers"][0]
    assert (account["schemeId"], account["id"]) == ("IBAN", "SE4550000000058398257466")
    assert row["identifiers"] == [{"id": "SE556677889901", "schemeId": "VAT", "defaultPartyId": True}]
    assert (row["addresses"][0]["countryId"], row["paymentTerms"]) == ("SE", {"paymentTermCode": "30"})


def test_a_national_account_keeps_its_form():
    row = mapping.vendor(PLACE, Supplier(number="1", name="A", bank_account="123-4567"))
    account = row["paymentMeans"][0]["financialAccounts"][0]["financialAccountIdentifiers"][0]
    assert (account["schemeId"], account["id"]) == ("BBAN", "123-4567")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=0, max_value=10**9))
def test_amounts_are_numbers_digit_by_digit(amount: Decimal):
    text = mapping.encode({"netSum": amount})
    assert msgspec.json.Decoder(float_hook=Decimal).decode(text)["netSum"] == amount
    assert not differences({"netSum": amount}, {"netSum": amount})


def test_a_record_that_goes_again_is_another_one():
    now = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    again = msgspec.json.decode(marked(b'{"externalCode":"X","rate":1.10}', "text5", now))
    assert again == {"externalCode": "X", "rate": 1.1, "text5": "sent again 2026-01-02T03:04:05Z"}


def test_every_shape_of_error_says_something():
    assert said_in(b'{"errors":[{"externalCode":"V","code":"C","message":"m","info":"i"}]}') == "V: m i"
    assert said_in(b'{"error":"invalid_client"}') == "invalid_client"
    assert said_in(b'{"message":"Too Many Requests"}') == "Too Many Requests"
    assert said_in(b'{"detail":[{"loc":[],"msg":"no","type":""}]}') == "no"
    network = b'{"errors":{"message":"bad","validationErrors":[{"fieldId":"a","fieldMessage":"b"}]}}'
    assert said_in(network) == "bad; a: b"
    assert said_in(b"") == ""


def test_all_accounts_and_addresses_go_and_each_once():
    means = PaidTo(
        accounts=("123-4567", "SE45 5000 0000 0583 9825 7466"),
        bic="ESSESESS",
        bank="SEB",
        address=Address(lines=("Box 1",), city="Lund", country="SE"),
    )
    supplier = Supplier(number="50001", name="A", address=Address(lines=("Gata 1",), city="Malmö", country="SE"))
    row = mapping.vendor(PLACE, supplier, paid_to=means)
    accounts = row["paymentMeans"][0]["financialAccounts"]
    known = [one["financialAccountIdentifiers"][0] for one in accounts]
    assert [(one["schemeId"], one["id"], one["default"]) for one in known] == [
        ("BBAN", "123-4567", True),
        ("IBAN", "SE4550000000058398257466", False),
    ]
    assert [one.get("financialInstitution") for one in accounts] == [
        None,
        {"name": "SEB", "id": "ESSESESS", "schemeId": "BIC"},
    ]
    assert [(a["externalCode"], a["addressType"], a["cityName"], a["default"]) for a in row["addresses"]] == [
        ("VISMA-1001-S-50001-P", "PostalAddress", "Malmö", True),
        ("VISMA-1001-S-50001-R", "RemittanceAddress", "Lund", False),
    ]


def test_payment_details_of_the_books_are_read_by_their_descriptions():
    def detail(words: str, value: str, kind: str = "AccountNo") -> dict[str, str]:
        return {
            "paymentMethodDetailDescription": words,
            "paymentMethodDetailValue": value,
            "paymentMethodDetailBankingDetailType": kind,
        }

    raw = {
        "number": "1",
        "name": "A",
        "accountUsedForPayment": "IBAN",
        "mainAddress": {"city": "Lund"},
        "remitAddress": {"city": "Lund"},
        "supplierPaymentMethodDetails": [
            detail("Bankgiro", "123-4567"),
            detail("IBAN", "SE4550000000058398257466", "IBAN"),
            detail("Account number", "SE45 5000 0000 0583 9825 7466"),
            detail("Account holder", "Åsa"),
            detail("SWIFT", "esse sess"),
            detail("Bank name", "SEB"),
        ],
    }
    found = visma.paid_to(msgspec.json.encode(raw))
    assert found == PaidTo(accounts=("SE4550000000058398257466", "123-4567"), bic="ESSESESS", bank="SEB")
    raw["remitAddress"] = {"city": "Malmö"}
    assert visma.paid_to(msgspec.json.encode(raw)).address == Address(city="Malmö")

"""All numbers of trading partners as a file, and back."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from edi.models import PartnerNumber, TradingPartner
from integrations.services import unmapped
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import House


@pytest.fixture
def url(house: House) -> str:
    return reverse("customer:partner_numbers", args=[house.tenant.slug])


@pytest.fixture
def second(house: House) -> TradingPartner:
    return TradingPartner.objects.create(tenant=house.tenant, key="second", name="=Second AB")


def company(house: House) -> str:
    ((found, _),) = unmapped.companies(house.tenant)
    return found


def looked_at(client: Client, url: str, text: str | bytes) -> Any:
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(url, {"how": "look", "file": SimpleUploadedFile("numbers.csv", data)})


def take(client: Client, url: str, text: str) -> Any:
    """Looks at what a file would change, and has it done as the page's form does."""
    page = looked_at(client, url, text)
    found = page.context["shown"]
    assert found.plan is not None, found.problems
    return client.post(url, {"how": "take", "seen": found.plan.digest, "text": found.text})


def numbers() -> dict[str, str]:
    return dict(PartnerNumber.objects.values_list("number", "partner__key"))


def test_a_file_changes_nothing_before_it_is_looked_at_and_then_what_it_said(
    house: House, second: TradingPartner, operator: Client, url: str
) -> None:
    PartnerNumber.objects.all().delete()
    old = PartnerNumber.objects.create(
        tenant=house.tenant, partner=house.partner, company=company(house), entity="supplier", number="50001"
    )
    gone = PartnerNumber.objects.create(
        tenant=house.tenant, partner=house.partner, company=company(house), entity="customer", number="1"
    )
    text = (
        "partner;kind;number\r\nsecond;Supplier;50001\r\n;customer;1\r\nsecond;supplier;50002\r\nsecond;supplier;\r\n"
    )
    page = looked_at(operator, url, text).content.decode()
    assert (
        escape(f"Supplier 50001 of company {company(house)} is =Second AB from now on, and {house.partner} no longer")
        in page
    )
    assert numbers() == {"50001": house.partner.key, "1": house.partner.key}, "it was only looked at"
    assert take(operator, url, text).status_code == 302
    assert numbers() == {"50001": "second", "50002": "second"}
    assert PartnerNumber.objects.get(number="50001").pk == old.pk
    assert not PartnerNumber.objects.filter(pk=gone.pk).exists()
    told = AuditEvent.objects.filter(action__startswith="trading_partner.").order_by("pk")
    assert [(e.action, e.details["number"]) for e in told] == [
        ("trading_partner.linked", "50001"),
        ("trading_partner.unlinked", "1"),
        ("trading_partner.linked", "50002"),
    ]
    assert all(e.actor is not None for e in told)


def test_what_was_taken_out_and_not_changed_says_what_is_so(
    house: House, second: TradingPartner, operator: Client, url: str
) -> None:
    before = numbers()
    answer = operator.get(url, {"csv": "1"})
    text = answer.content.decode("utf-8-sig")
    assert f"second,'=Second AB,{company(house)},supplier,\r\n" in text, "to be filled in, and no formula"
    assert "Nothing: all of it is so already." in looked_at(operator, url, answer.content).content.decode()
    filled = text.replace("supplier,\r\n", "supplier,0777\r\n")
    assert take(operator, url, filled).status_code == 302
    assert numbers() == before | {"0777": "second"}


WRONG = {
    "": "Line 1: the columns partner, name, company, kind, number are expected",
    "partner,number\nsecond,5\n": "Line 1: the columns",
    "partner,kind,number\nnobody,supplier,5\n": "Line 2: there is no trading partner with the key nobody.",
    "partner,kind,number\nsecond,vendor,5\n": "Line 2: kind is vendor, and has to be supplier or customer.",
    "partner,kind,number\nsecond,supplier,5\n\n,supplier,5\n": "Line 4: its number stands in line 2 too.",
    "partner,company,kind,number\nsecond,99,supplier,5\n": "Line 2: company is 99, and has to be one of:",
    "partner,kind,number\nsecond,supplier," + "5" * 61: "Line 2: number is longer than 60 characters.",
    "partner,kind,number\n": "The file names no number.",
    b"partner,kind,number\n\xe5": "The file is not UTF-8.",
}


@pytest.mark.usefixtures("second")
def test_what_is_wrong_with_a_file_is_said_by_line_and_nothing_is_taken_of_it(operator: Client, url: str) -> None:
    before = numbers()
    for text, said in WRONG.items():
        found = looked_at(operator, url, text).context["shown"]
        assert found.plan is None
        assert [p for p in found.problems if p.startswith(said)], (text, found.problems)
    good_and_bad = "partner,kind,number\nsecond,supplier,5\nnobody,supplier,6\n"
    answer = operator.post(url, {"how": "take", "seen": "", "text": good_and_bad})
    assert answer.status_code == 200
    assert operator.post(url, {"how": "look"}).context["shown"].problems == ["Choose a file first."]
    assert numbers() == before


def test_what_changed_since_it_was_looked_at_is_shown_again(
    house: House, second: TradingPartner, operator: Client, url: str
) -> None:
    text = "partner,kind,number\nsecond,supplier,777\n"
    found = looked_at(operator, url, text).context["shown"]
    PartnerNumber.objects.create(
        tenant=house.tenant, partner=house.partner, company=company(house), entity="supplier", number="777"
    )
    answer = operator.post(url, {"how": "take", "seen": found.plan.digest, "text": found.text})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Something was changed meanwhile." in page
    assert escape(f"from now on, and {house.partner} no longer") in page
    assert numbers()["777"] == house.partner.key


def test_numbers_of_another_tenant_are_nobodys_business(
    house: House, operator: Client, viewer: Client, stranger: Client, url: str
) -> None:
    TradingPartner.objects.create(tenant=house.other, key="theirs", name="Theirs AB")
    assert b"Theirs AB" not in operator.get(url, {"csv": "1"}).content
    problems = looked_at(operator, url, "partner,kind,number\ntheirs,supplier,5\n").context["shown"].problems
    assert problems == ["Line 2: there is no trading partner with the key theirs."]
    assert viewer.get(url, {"csv": "1"}).status_code == 403
    assert stranger.get(url, {"csv": "1"}).status_code == 404

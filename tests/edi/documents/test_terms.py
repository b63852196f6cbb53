from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from edi.documents import terms
from edi.documents.building import BuildOptions, BuildRefused, Draft
from edi.documents.reading import Reading
from edi.documents.values import Charge, Tax, Terms
from tests.edi.documents.support import lines, parsed


def refused(draft: Draft) -> tuple[str, ...]:
    with pytest.raises(BuildRefused) as error:
        draft.finish()
    return error.value.reasons


def test_standard_codes_and_own_codes() -> None:
    draft = Draft(BuildOptions())
    terms.add_charges(
        draft,
        (
            Charge(kind="charge", code="D240", text="Frakt", amount=Decimal("45")),
            Charge(kind="allowance", code="KUND3", amount=Decimal("0.50")),
            Charge(kind="charge", amount=Decimal(1)),
        ),
    )
    assert lines(draft.finish()) == [
        "SAC*C*D240***4500*******06***Frakt",
        "SAC*A**ZZ*KUND3*50*******02",
        "SAC*C*ZZZZ***100*******06",
    ]


def test_negative_charges_are_refused() -> None:
    draft = Draft(BuildOptions())
    terms.add_charges(draft, (Charge(kind="charge", amount=Decimal(-1)),), at="line 2")
    assert refused(draft) == ("line 2: charge -1 is negative; state it as the opposite kind",)


def test_more_charges_than_fit_are_refused() -> None:
    draft = Draft(BuildOptions())
    terms.add_charges(draft, (Charge(kind="charge", amount=Decimal(1)),) * 26)
    assert refused(draft) == ("there are 26 allowances and charges; 25 can be sent",)


def test_negative_amounts_of_other_senders_are_turned_round() -> None:
    views = Reading(parsed("SAC*C*D240***-500", "810")).views
    assert terms.read_charges(views) == (Charge(kind="allowance", code="D240", amount=Decimal(5)),)


def test_informative_charges_stay_left_over() -> None:
    reading = Reading(parsed("SAC*N*D240***500\nSAC*A*C310****Z*10", "810"))
    assert terms.read_charges(reading.views) == ()
    assert len(reading.result(None).left_over) == 2


@pytest.mark.parametrize(("rounding", "row"), [("0.24", "C*ZZZZ***24*******06"), ("-0.49", "A*ZZZZ***49*******02")])
def test_rounding_is_a_charge_or_an_allowance(rounding: str, row: str) -> None:
    draft = Draft(BuildOptions())
    terms.add_rounding(draft, Decimal(rounding))
    built = lines(draft.finish())
    assert built == [f"SAC*{row}*ROUNDING**Rounding"]
    assert terms.read_rounding(Reading(parsed(built[0], "810")).views) == Decimal(rounding)


def test_no_rounding_no_segment() -> None:
    draft = Draft(BuildOptions())
    terms.add_rounding(draft, Decimal(0))
    assert draft.finish() == []


@pytest.mark.parametrize(("sent", "rate"), [("0.25", "25"), (".12", "12"), ("25", "25"), ("1", "100"), ("0", "0")])
def test_rates_are_fractions_or_per_cent(sent: str, rate: str) -> None:
    assert terms.read_taxes(Reading(parsed(f"TXI*VA*10*{sent}", "810")).views)[0].rate == Decimal(rate)


def test_tax_of_the_books_is_carried_with_code_and_base() -> None:
    draft = Draft(BuildOptions(tax_type="GS"))
    terms.add_taxes(draft, (Tax(code="3", rate=Decimal("12.5"), base=Decimal(80), amount=Decimal(10)),), "SEK")
    assert lines(draft.finish()) == ["TXI*GS*10*0.125*****80**3"]


def test_taxes_that_are_not_added_are_left_over() -> None:
    reading = Reading(parsed("TXI*VA*10\nTXI*VA*5*****I\nTXI*VA**0.25\nTXI*CT*2", "810"))
    assert [tax.amount for tax in terms.read_taxes(reading.views)] == [Decimal(10), Decimal(2)]
    assert [(over.position, over.unused) for over in reading.result(None).left_over] == [(3, ()), (4, ()), (5, (1,))]


def test_impossible_rates_are_refused() -> None:
    draft = Draft(BuildOptions())
    terms.add_taxes(draft, (Tax(rate=Decimal(250), amount=Decimal(1)),), "SEK")
    assert refused(draft) == ("tax rate 250 % is not between 0 and 100",)


def test_bases_that_do_not_fit_are_left_out() -> None:
    fits = Tax(rate=Decimal(25), base=Decimal("9999999.99"), amount=Decimal(1))
    assert terms.carried_tax(fits) == fits
    assert terms.carried_tax(Tax(rate=Decimal(25), base=Decimal("12345678.91"), amount=Decimal(1))).base is None
    assert terms.carried_tax(Tax(base=Decimal(4), amount=Decimal(1))).base is None


def test_terms_of_payment() -> None:
    draft = Draft(BuildOptions())
    agreed = Terms(
        text="30 dagar netto",
        net_days=30,
        due_date=dt.date(2026, 6, 19),
        discount_percent=Decimal(2),
        discount_days=10,
    )
    terms.add_terms(draft, agreed)
    rows = lines(draft.finish())
    assert rows == ["ITD*08*3*2**10*20260619*30*****30 dagar netto"]
    assert terms.read_terms(Reading(parsed(rows[0], "850")).views) == agreed


def test_a_discount_needs_its_days() -> None:
    draft = Draft(BuildOptions())
    terms.add_terms(draft, Terms(discount_percent=Decimal(2)))
    assert refused(draft) == ("terms: the discount of 2 % has no number of days in which it is given",)


def test_further_terms_stay_left_over() -> None:
    reading = Reading(parsed("ITD*01*3*****30\nITD*05*15*****60", "850"))
    found = terms.read_terms(reading.views)
    assert found == Terms(net_days=30)
    assert [over.position for over in reading.result(None).left_over] == [3]


def test_another_basis_than_the_invoice_date_is_left_over() -> None:
    reading = Reading(parsed("ITD*01*2*****30", "850"))
    terms.read_terms(reading.views)
    assert reading.result(None).left_over[0].unused == (2,)

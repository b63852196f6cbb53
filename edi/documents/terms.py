"""Charges, taxes and terms of payment: SAC, TXI, ITD."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from edi.documents import money
from edi.documents.building import Draft, as_date
from edi.documents.reading import View, every, first
from edi.documents.values import Charge, Tax, Terms

ROUNDING = "ROUNDING"
"""SAC13 of the segment that carries the rounding of a total to whole kronor."""
ANY_CODE = "ZZZZ"
MOST_CHARGES = 25


def add_charges(draft: Draft, charges: Sequence[Charge], *, at: str = "") -> None:
    """Append one SAC for each allowance (A) or charge (C).

    A code of four characters is an element 1300 code (SAC02), any other is the books' own and stands in SAC04 with ZZ.
    """
    if len(charges) > MOST_CHARGES:
        draft.refuse(f"there are {len(charges)} allowances and charges; {MOST_CHARGES} can be sent", at=at)
    for charge in charges:
        if charge.amount < 0:
            draft.refuse(f"{charge.kind} {charge.amount} is negative; state it as the opposite kind", at=at)
        code = charge.code or ANY_CODE
        named = (code, "", "") if len(code) == 4 else ("", "ZZ", code)
        allowed = charge.kind == "allowance"
        amount = draft.n2(charge.amount, charge.kind, at=at)
        text = ("", "", "", "", "", "", "02" if allowed else "06", "", "", charge.text)
        draft.add("SAC", "A" if allowed else "C", *named, amount, *text, at=at)


def add_rounding(draft: Draft, rounding: Decimal) -> None:
    """Append the rounding of the total as a SAC: a charge when it raises the total, an allowance when it lowers it."""
    if rounding:
        amount = draft.n2(abs(rounding), "rounding")
        kind, handling = ("C", "06") if rounding > 0 else ("A", "02")
        draft.add("SAC", kind, ANY_CODE, "", "", amount, "", "", "", "", "", "", handling, ROUNDING, "", "Rounding")


def carried_charge(charge: Charge) -> Charge:
    """ZZZZ ("mutually defined") is what a charge without a code is sent with."""
    return charge if charge.code != ANY_CODE else msgspec.structs.replace(charge, code="")


def read_charges(views: Sequence[View]) -> tuple[Charge, ...]:
    """The allowances and charges. Informative SAC (N) and those without an amount stay left over."""
    found = []
    for view in every(views, "SAC"):
        if view.peek(1) not in ("A", "C") or not view.peek(5):
            continue
        kind, code = view.get(1), view.get(2)
        amount = view.n2(5, "charge amount") or Decimal(0)
        if view.peek(12) in ("02", "06"):
            view.get(12)
        if not code and view.peek(4):
            if view.peek(3) == "ZZ":
                view.get(3)
            code = view.get(4)
        allowed = (kind == "A") == (amount >= 0)
        code = "" if code == ANY_CODE else code
        found.append(
            Charge(kind="allowance" if allowed else "charge", code=code, text=view.get(15), amount=abs(amount))
        )
    return tuple(found)


def is_rounding(view: View) -> bool:
    """Whether a segment carries the rounding of a total, as `add_rounding` writes it."""
    return view.tag == "SAC" and view.peek(1) in ("A", "C") and view.peek(13) == ROUNDING


def read_rounding(views: Sequence[View]) -> Decimal:
    """The rounding of a total, 0 when there is none."""
    total = Decimal(0)
    for view in views:
        if is_rounding(view):
            amount = view.n2(5, "rounding") or Decimal(0)
            total += amount if view.get(1) == "C" else -amount
            for element in (2, 12, 13, 15):
                view.get(element)
    return total


def add_taxes(draft: Draft, taxes: Sequence[Tax], currency: str, *, at: str = "") -> None:
    """Append one TXI a tax: amount, rate as a decimal fraction (25 % is 0.25), base, the books' tax code."""
    for tax in taxes:
        if tax.rate is not None and not 0 <= tax.rate <= 100:
            draft.refuse(f"tax rate {tax.rate} % is not between 0 and 100", at=at)
        rate = "" if tax.rate is None else money.as_r(tax.rate.scaleb(-2))
        base = "" if tax.base is None else draft.amount(tax.base, "tax base", currency, at=at)
        amount = draft.amount(tax.amount, "tax", currency, at=at)
        draft.add("TXI", draft.options.tax_type, amount, rate, "", "", "", "", base, "", tax.code, at=at)


def carried_tax(tax: Tax) -> Tax:
    """TXI08 holds nine digits and needs a rate beside it: a base that is longer or has no rate is not sent."""
    base = tax.base
    if base is not None and (tax.rate is None or sum(c.isdigit() for c in money.as_r(base)) > 9):
        base = None
    return Tax(code=tax.code, rate=tax.rate, base=base, amount=tax.amount)


def read_taxes(views: Sequence[View]) -> tuple[Tax, ...]:
    """The taxes of TXI segments. A rate above 1 is read as per cent: the standard says 0.25, some partners send 25.

    A tax without an amount, or one that is only stated and not added (TXI07 I or O), stays left over.
    """
    found = []
    for view in every(views, "TXI"):
        if not view.peek(2) or view.peek(7) in ("I", "O"):
            continue
        amount, rate = view.number(2, "tax amount") or Decimal(0), view.number(3, "tax rate")
        if view.peek(1) in ("VA", "GS", "TX"):
            view.get(1)
        if rate is not None and rate <= 1:
            rate *= 100
        found.append(Tax(code=view.get(10), rate=rate, base=view.number(8, "tax base"), amount=amount))
    return tuple(found)


def add_terms(draft: Draft, terms: Terms | None) -> None:
    """Append the terms of payment as ITD, counted from the invoice date."""
    if terms is None:
        return
    discount = "" if terms.discount_percent is None else money.as_r(terms.discount_percent)
    days, net = ("" if n is None else str(n) for n in (terms.discount_days, terms.net_days))
    if discount and not days:
        draft.refuse(f"the discount of {discount} % has no number of days in which it is given", at="terms")
    kind = "08" if discount or days else "01"
    draft.add(
        "ITD", kind, "3", discount, "", days, as_date(terms.due_date), net, "", "", "", "", terms.text, at="terms"
    )


def carried_terms(terms: Terms | None) -> Terms | None:
    """Terms that say nothing are not sent."""
    return None if terms == Terms() else terms


def read_terms(views: Sequence[View]) -> Terms | None:
    """The first ITD; further ones stay left over."""
    view = first(views, "ITD")
    if view is None:
        return None
    if view.peek(1) in ("01", "05", "08", "12", "14"):
        view.get(1)
    if view.peek(2) == "3":
        view.get(2)
    return carried_terms(
        Terms(
            text=view.get(12),
            net_days=view.days(7, "net days"),
            due_date=view.date(6, "due date"),
            discount_percent=view.number(3, "discount"),
            discount_days=view.days(5, "discount days"),
        )
    )


def carried_taxes(taxes: Sequence[Tax]) -> tuple[Tax, ...]:
    """Each tax as TXI carries it."""
    return tuple(carried_tax(t) for t in taxes)


def read_amount(views: Sequence[View], qualifier: str) -> Decimal | None:
    """The amount of an AMT by its element 522 code."""
    amt = first(views, "AMT", (qualifier,))
    if amt is None:
        return None
    amt.get(1)
    return amt.number(2, "amount")

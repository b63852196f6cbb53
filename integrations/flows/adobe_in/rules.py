"""Which account, dimensions and VAT code an amount of the shop goes to, by rules that are data. Pure.

A rule says when it applies (kind of amount, type of product, store, country …) and what follows. The first rule that
applies and states a value decides that value: so a short rule may state the VAT code of a country, and another one the
account of shipping.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from integrations.systems.adobe.amounts import ShopLine
from integrations.systems.adobe.mapping import Sale
from integrations.systems.contract import Unmappable

REMEDY = "Add a rule to the settings of the flow, with its VAT code, account and dimensions; then replay."


class When(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """When a rule applies. What is empty does not matter; each list needs one that fits."""

    kinds: tuple[str, ...] = ()
    """product, shipping, gift_wrap, fee, gift_card, store_credit, reward_points, adjustment, rounding."""
    product_types: tuple[str, ...] = ()
    """simple, configurable, bundle, virtual, downloadable …"""
    skus: tuple[str, ...] = ()
    """Article numbers; with * at the end those that begin so."""
    percents: tuple[Decimal, ...] = ()
    """Rates of tax."""
    tax_codes: tuple[str, ...] = ()
    """Codes of the shop's tax rates, as FI-25.5: what articles' tax classes come to. With * as article numbers."""
    stores: tuple[int, ...] = ()
    countries: tuple[str, ...] = ()
    """Of supply, which VAT follows: where the goods go; where nothing is shipped, where the bill goes."""
    billing_countries: tuple[str, ...] = ()
    """Of the billing address."""
    shipping_countries: tuple[str, ...] = ()
    """Of the shipping address; an order of which nothing is shipped has none."""
    groups: tuple[int, ...] = ()
    """Customer groups."""
    payment_methods: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What follows. Empty: another rule decides, or the books' own default."""

    when: When = When()
    vat_code: str = ""
    account: str = ""
    segments: dict[int, str] = {}
    """Segment of the subaccount to its value: the dimensions."""
    branch: str = ""
    terms: str = ""
    """Terms of payment, for the document as a whole."""
    due_days: Annotated[int, msgspec.Meta(ge=0, le=3650)] | None = None
    """In how many days after its date an invoice is due. None: the books reckon it by the terms."""

    @property
    def words(self) -> str:
        said = msgspec.to_builtins(self.when)
        return ", ".join(f"{name} {value}" for name, value in said.items()) or "always"


class Coding(msgspec.Struct, frozen=True, kw_only=True):
    """Where an amount goes."""

    vat_code: str = ""
    account: str = ""
    segments: dict[int, str] = {}


def rules_of(settings: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules of a flow's settings. Raises Unmappable naming what is wrong in which."""
    stated = settings.get("rules") or []
    if not isinstance(stated, list):
        raise Unmappable("The rules of the flow are no list.", remedy="Correct them in the flow's settings.")
    found = []
    for place, one in enumerate(stated, 1):
        try:
            found.append(msgspec.convert(one, Rule, strict=False))
        except msgspec.ValidationError as error:
            raise Unmappable(
                f"Rule {place} of the flow cannot be used: {error}.", remedy="Correct it in the flow's settings."
            ) from error
    return tuple(found)


def applies(when: When, sale: Sale, line: ShopLine | None) -> bool:
    """Whether a rule applies to a line; to the document as a whole where there is none."""
    if line is None and (when.kinds or when.product_types or when.skus or when.percents or when.tax_codes):
        return False
    checks: list[tuple[Sequence[Any], Any]] = [
        (when.stores, sale.store_id),
        (when.countries, sale.country),
        (when.billing_countries, sale.billing_country),
        (when.shipping_countries, sale.shipping_country),
        (when.groups, sale.customer_group),
        (when.payment_methods, sale.payment_method),
        (when.currencies, sale.currency),
    ]
    if line is not None:
        checks += [
            (when.kinds, line.kind),
            (when.product_types, line.product_type),
            (when.percents, line.percent),
        ]
    if line is not None and not (_is_like(when.skus, line.sku) and _is_like(when.tax_codes, line.tax_code)):
        return False
    return all(not wanted or value in wanted for wanted, value in checks)


Said = tuple[int, str]
"""Which rule decides a value (the first is 1), and the value."""


def decisions(rules: Sequence[Rule], sale: Sale, line: ShopLine | None) -> dict[str, Said]:
    """What is decided of a line, by the names of a rule's members (segments as `segment 1`), and which rule does; of
    the document as a whole where there is no line."""
    found: dict[str, Said] = {}
    for place, rule in enumerate(rules, 1):
        if not applies(rule.when, sale, line):
            continue
        stated = {"vat_code": rule.vat_code, "account": rule.account}
        stated |= {f"{SEGMENT}{number}": value for number, value in rule.segments.items()}
        for name, value in (stated if line is not None else _of_the_whole(rule)).items():
            if value and name not in found:
                found[name] = (place, value)
    return found


def _of_the_whole(rule: Rule) -> dict[str, str]:
    days = "" if rule.due_days is None else str(rule.due_days)
    return {"branch": rule.branch, "terms": rule.terms, "due_days": days}


SEGMENT = "segment "


def coding_of(rules: Sequence[Rule], sale: Sale, line: ShopLine) -> Coding:
    """Where a line goes. Raises Unmappable when no rule says which VAT code it has: a wrong one would be a wrong
    return."""
    said = {name: value for name, (_, value) in decisions(rules, sale, line).items()}
    if "vat_code" not in said:
        raise Unmappable(
            f"No rule says which VAT code {line.percent} % has: {line.kind.replace('_', ' ')} “{line.text}” of "
            f"{sale.kind.replace('_', ' ')} {sale.number}, {where(sale)}.",
            remedy=REMEDY,
            field="rules",
        )
    segments = {int(name.removeprefix(SEGMENT)): value for name, value in said.items() if name.startswith(SEGMENT)}
    return Coding(vat_code=said["vat_code"], account=said.get("account", ""), segments=segments)


def where(sale: Sale) -> str:
    """The country whose VAT it is, in words, with that of the bill where it is another one."""
    bill = sale.billing_country
    return f"country {sale.country or 'not known'}" + (
        f" (the bill goes to {bill})" if bill not in ("", sale.country) else ""
    )


def _is_like(patterns: Sequence[str], value: str) -> bool:
    """Whether one of the patterns fits; where there are none, everything does."""
    return not patterns or any(value.startswith(p[:-1]) if p.endswith("*") else value == p for p in patterns)


def stated(rules: Sequence[Rule], sale: Sale, name: str) -> str:
    """What the rules say of the document as a whole: its `branch`, `terms` or `due_days`; "" when none does."""
    return decisions(rules, sale, None).get(name, (0, ""))[1]


def due_on(rules: Sequence[Rule], sale: Sale) -> dt.date | None:
    """When an invoice is due by the rules; None where they leave it to the books."""
    days = stated(rules, sale, "due_days")
    return sale.date + dt.timedelta(days=int(days)) if days else None

"""The table of rules, and trying them on an order: where each line would go, and which rule says so. Sends nothing."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.flows.adobe_in.booking import coded
from integrations.flows.adobe_in.reading import posting_settings, zone_of
from integrations.flows.adobe_in.rules import SEGMENT, Rule, Said, decisions, rules_of
from integrations.flows.contract import Decided, Job, Offer, RuleTable, Tried, TriedLine
from integrations.systems.adobe import mapping
from integrations.systems.adobe import offers as shop
from integrations.systems.adobe.amounts import ShopLine
from integrations.systems.adobe.mapping import Sale
from integrations.systems.contract import Setting, Unmappable
from integrations.systems.visma import offers as books

KINDS = (
    "product",
    "shipping",
    "gift_wrap",
    "fee",
    "gift_card",
    "store_credit",
    "reward_points",
    "adjustment",
    "rounding",
)
LABELS = {
    "vat_code": "VAT code",
    "account": "account",
    "branch": "branch",
    "terms": "terms of payment",
    "due_days": "days until it is due",
}


def try_on(job: Job) -> Tried:
    """Raises Unmappable for an order that cannot be read, and for rules that cannot be used."""
    sale = mapping.order(job.raw, zone=zone_of(job))
    rules = rules_of(posting_settings(job))
    lines, problem = list(sale.lines), ""
    try:
        lines = [line for line, _ in coded(sale, rules)]
    except Unmappable as error:
        problem = f"{error.sentence} {error.remedy}".strip()
    return Tried(
        number=sale.number,
        facts=_facts(sale),
        lines=tuple(_line(rules, sale, line) for line in lines),
        whole=_said(decisions(rules, sale, None)),
        problem=problem,
    )


def _facts(sale: Sale) -> tuple[str, ...]:
    said = (
        f"{sale.total} {sale.currency} of {sale.date:%Y-%m-%d}",
        f"store {sale.store_id}",
        f"country {sale.country}" if sale.country else "",
        f"goods to {sale.shipping_country}" if sale.shipping_country else "nothing is shipped",
        f"bill to {sale.billing_country}" if sale.billing_country else "",
        f"paid with {sale.payment_method}" if sale.payment_method else "",
        f"customer group {sale.customer_group}" if sale.customer_group is not None else "",
    )
    return tuple(one for one in said if one)


def _line(rules: tuple[Rule, ...], sale: Sale, line: ShopLine) -> TriedLine:
    said = decisions(rules, sale, line)
    facts = (
        line.kind.replace("_", " "),
        line.product_type,
        line.sku,
        f"{line.percent} %" if line.kind != "rounding" else "",
        line.tax_code,
    )
    return TriedLine(
        text=line.text,
        facts=tuple(one for one in facts if one),
        amount=f"{line.net} {sale.currency}",
        decided=_said(said),
        problem="" if "vat_code" in said else "No rule says which VAT code it has.",
    )


def _said(said: Mapping[str, Said]) -> tuple[Decided, ...]:
    return tuple(
        Decided(
            what=LABELS.get(name) or f"dimension {name.removeprefix(SEGMENT)}",
            value=value,
            rule=place,
        )
        for name, (place, value) in said.items()
    )


def _several(name: str, label: str, help: str = "") -> Setting:
    return Setting(name=name, label=label, kind="json", default=[], help=help)


TABLE = RuleTable(
    setting="rules",
    shape=Rule,
    what="order",
    intro="Each amount of an order asks the rules from the first to the last. The first that fits and states a value "
    "decides that value, so a short rule may state the VAT code of a rate, and another one the account of shipping. "
    "An amount without VAT code is not posted: it becomes an issue.",
    when=(
        Setting(
            name="kinds", label="Kind of amount", kind="choices", choices=tuple((k, k.replace("_", " ")) for k in KINDS)
        ),
        _several("product_types", "Types of product", "simple, configurable, bundle, virtual, downloadable …"),
        _several("skus", "Article numbers", "BOOK-* for all that begin so. Of an app's fee its code."),
        _several("percents", "Rates of tax (%)"),
        _several("tax_codes", "Tax classes", "By the code of the tax rate that the shop took, as FI-25.5 or FI-*."),
        _several("stores", "Stores", "Ids of store views."),
        _several(
            "countries", "Countries", "Whose VAT it is: where the goods go, as FI; the bill where nothing is shipped."
        ),
        _several("billing_countries", "Countries of the bill", "Wherever the goods go."),
        _several("shipping_countries", "Countries of the goods", "Of the shipping address alone."),
        _several("groups", "Customer groups", "Their ids."),
        _several("payment_methods", "Payment methods", "As klarna_kp."),
        _several("currencies", "Currencies"),
    ),
    then=(
        Setting(name="vat_code", label="VAT code"),
        Setting(name="account", label="Account"),
        Setting(name="segments", label="Dimensions", kind="json", default={}, help="Segment=value, as 1=10, 2=200."),
        Setting(name="branch", label="Branch", help="Of the whole document."),
        Setting(name="terms", label="Terms of payment", help="Of the whole document."),
        Setting(
            name="due_days",
            label="Days until it is due",
            help="After the invoice's date. Empty: as Visma.net reckons it by the terms of payment.",
        ),
    ),
    try_on=try_on,
    offers=(
        Offer(what="accounts", side="books", read=books.accounts),
        Offer(what="VAT codes", side="books", read=books.vat_codes),
        Offer(what="dimensions", side="books", read=books.dimensions),
        Offer(what="branches", side="books", read=books.branches),
        Offer(what="terms of payment", side="books", read=books.terms),
        Offer(what="stores", side="partner", read=shop.stores),
        Offer(what="customer groups", side="partner", read=shop.groups),
        Offer(what="tax classes", side="partner", read=shop.tax_rates),
    ),
    find=shop.orders_called,
)

"""Customers and guests of a shop as customers of the books."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from edi.documents.values import digest
from integrations.flows.adobe_in import start
from integrations.flows.adobe_in.reading import CUSTOMER, GUEST, ORDER, linked, send_command, shop_of, zone_of
from integrations.flows.adobe_in.rules import When
from integrations.flows.contract import Job, Nothing, Prepared
from integrations.systems.adobe import mapping
from integrations.systems.adobe.mapping import ShopCustomer
from integrations.systems.adobe.sources import guest_of
from integrations.systems.contract import Setting, Unmappable
from integrations.systems.visma import sale_commands

FIELDS = ("name", "email", "phone", "vat_number", "address")


class CustomerRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a new customer gets. Empty: another rule decides, or the books' own default."""

    when: When = When()
    """Of it, countries (of the address that bills go to) and groups count."""
    customer_class: str = ""
    vat_zone: str = ""
    terms: str = ""
    currency: str = ""


_CHOICES = tuple((field, field.replace("_", " ")) for field in FIELDS)
MATCHED = Setting(
    name="matched_fields",
    label="Fields that follow the shop, of customers that Visma.net had before",
    kind="choices",
    choices=_CHOICES,
    default=[],
    help="Those that were found by their number or e-mail address, which anybody can type into a shop. Nothing chosen: "
    "Visma.net is right on all of them, and people are told of differences.",
)
SETTINGS = (
    Setting(
        name="fields",
        label="Fields that follow the shop",
        kind="choices",
        choices=_CHOICES,
        default=list(FIELDS),
        help="Of a customer that was made for this customer of the shop. The others are only stated when it is made.",
    ),
    Setting(
        name="tell_differences",
        label="Differences are issues",
        kind="boolean",
        default=True,
        help="Where a customer that Visma.net had before has another name, VAT number or address than in the shop. "
        "Otherwise only the delivery's page says so.",
    ),
    Setting(
        name="match_email",
        label="The same e-mail address is the same customer",
        kind="boolean",
        default=True,
        help="Where no VAT or organisation number tells, and exactly one customer of the books has the address.",
    ),
    Setting(
        name="new_customers",
        label="What new customers get",
        kind="json",
        default=[],
        shape=list[CustomerRule],
        help='Rules, as [{"when": {"countries": ["SE"]}, "customer_class": "1", "vat_zone": "01", "terms": "30"}]. '
        "The first that fits and states a value decides it.",
    ),
)


def keep_customer(job: Job) -> Prepared:
    customer = job.edited(mapping.customer(job.raw))
    if job.last is not None and job.last.digest == digest(customer) and not job.forced_purpose:
        return Nothing("It says nothing new to the books.")
    stamp = shop_of(job).reference(customer.customer_id, "customer")
    matched = job.flow.settings.get("matched_fields", MATCHED.default)
    return _keep(job, customer, stamp, number=linked(job, CUSTOMER, customer.customer_id), matched=matched)


def keep_guest(job: Job) -> Prepared:
    """The customer that a guest's order names. Each order has its own link; the same address with the same VAT number,
    or none, is the same customer. A guest is anybody: one that was not made for them, or has another name, is never
    changed, whatever a setting says; people share addresses."""
    sale = mapping.order(job.raw, zone=zone_of(job))
    if linked(job, GUEST, sale.entity_id) and not job.forced_purpose:
        return Nothing("The customer of this order is known.")
    if linked(job, ORDER, sale.entity_id) and not job.forced_purpose:
        return Nothing("The order is in the books, with the customer that it had.")  # who was deleted since
    placed = mapping.times_of_order(job.raw).placed
    if start.is_before(job, placed):
        return Nothing(f"Its order was placed {start.before_in_words(job, placed)}.")
    guest = job.edited(mapping.guest(sale))
    known_by = f"{guest.email} {guest.vat_number}" if guest.vat_number else guest.email
    stamp = shop_of(job).reference(guest_of(known_by).partition("-")[2], "guest")
    return _keep(job, guest, stamp, number="", matched=(), same_name=True)


def _keep(
    job: Job, customer: ShopCustomer, stamp: str, *, number: str, matched: Sequence[str], same_name: bool = False
) -> Prepared:
    settings = job.flow.settings
    rules = _rules(job)
    command = sale_commands.KeepCustomer(
        stamp=stamp,
        number=number,
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        vat_number=customer.vat_number,
        address=customer.address,
        match_email=bool(settings.get("match_email", True)),
        fields=tuple(f for f in settings.get("fields", FIELDS) if f in FIELDS),
        matched_fields=tuple(f for f in matched if f in FIELDS),
        same_name=same_name,
        tell=bool(settings.get("tell_differences", True)),
        customer_class=_stated(rules, customer, "customer_class"),
        vat_zone=_stated(rules, customer, "vat_zone"),
        terms=_stated(rules, customer, "terms"),
        currency=_stated(rules, customer, "currency"),
    )
    return send_command(command, customer, meta=stamp)


def _rules(job: Job) -> list[CustomerRule]:
    try:
        return msgspec.convert(job.flow.settings.get("new_customers") or [], list[CustomerRule], strict=False)
    except msgspec.ValidationError as error:
        raise Unmappable(
            f"A rule for new customers cannot be used: {error}.", remedy="Correct it in the flow's settings."
        ) from error


def _stated(rules: list[CustomerRule], customer: ShopCustomer, name: str) -> str:
    for rule in rules:
        countries, groups = rule.when.countries, rule.when.groups
        fits = (not countries or customer.country in countries) and (not groups or customer.group_id in groups)
        if fits and getattr(rule, name):
            return str(getattr(rule, name))
    return ""

"""Customers that are kept elsewhere: found in our books, kept in step, made where there is none.

Visma knows no idempotency key. A customer that we make carries our stamp in its account reference (what it is called
elsewhere), and is looked for by that, by its VAT or organisation number, and by its e-mail address before it is made.

Anybody can type the VAT number or e-mail address of somebody else into a shop. So only what carries our stamp, because
it was made for just this customer, follows the shop by default. What was there before is linked, and never gets our
stamp; where it says otherwise it stays as it is, and people are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from edi.documents.values import Address
from integrations.http.errors import NotFound, Rejected
from integrations.systems.contract import (
    Applied,
    CannotTell,
    Change,
    Delivered,
    Differs,
    Effect,
    Evidence,
    NotApplied,
    Outgoing,
)
from integrations.systems.visma import wire_sales
from integrations.systems.visma.client import ETag, segment
from integrations.systems.visma.mapping.parts import address_of, clean
from integrations.systems.visma.sale_commands import KeepCustomer
from integrations.systems.visma.sinks.base import CUSTOMERS, CommandSink, read
from integrations.systems.visma.sinks.suppliers import address_members

FIELDS = {
    "name": "name",
    "email": "e-mail",
    "phone": "phone",
    "vat_number": "VAT number",
    "address": "address",
}
IDENTITY = ("name", "vat_number", "address")
"""Fields of which people are told: colleagues have each their own e-mail address and phone."""
MOST_PAGES = 20
"""Pages of a search that are looked through: a filter that Visma does not know gives all customers."""


class CustomerSink(CommandSink[KeepCustomer]):
    kind = KeepCustomer

    def apply(self, command: KeepCustomer, item: Outgoing) -> Effect:
        number = command.number or self._find(command)
        if not number:
            return Delivered(target_id=self.client.create(CUSTOMERS, _new_members(command)))
        try:
            customer, etag = self._read(number)
        except NotFound as gone:
            raise Rejected(
                f"There is no customer {number} in Visma.net ERP.",
                remedy="It was linked to this customer before. Make it there, or remove the link, and replay.",
            ) from gone
        different = differences(command, customer)
        differs = differs_of(command, customer, number)
        if not different:
            return Delivered(target_id=number, version_tag=etag.value, differs=differs)
        new = self.client.put(f"{CUSTOMERS}/{segment(number)}", _members(command, different), etag)
        return Delivered(target_id=number, version_tag=new.value if new else "", differs=differs)

    def changes(self, item: Outgoing) -> list[Change]:
        """The fields that Visma states otherwise."""
        command = self.command(item)
        number = command.number or self._find(command)
        if not number:
            return [Change(field="customer", before="", after=command.name, reason="it is not in the books")]
        customer, _ = self._read(number)
        here = stated(customer)
        return [
            Change(
                field=FIELDS[f], before=_words(here[f]), after=_words(getattr(command, f)), reason="the shop says so"
            )
            for f in differences(command, customer)
        ]

    def look(self, command: KeepCustomer, item: Outgoing) -> Evidence:
        number = command.number or item.target_id or self._stamped(command)  # one that was there before has no stamp
        if not number:
            return NotApplied(proof=f"No customer of that e-mail address or name is called {command.stamp} elsewhere.")
        try:
            customer, _ = self._read(number)
        except NotFound:
            return CannotTell(reason=f"There is no customer {number} in Visma.net ERP any more.")
        different = differences(command, customer)
        if different:
            return NotApplied(proof=f"{', '.join(FIELDS[f] for f in different)} of {number} are not ours.")
        return Applied(target_id=number, proof=f"Customer {number} has all values that were sent.")

    # --- Finding

    def _find(self, command: KeepCustomer) -> str:
        """The customer's number: by our stamp, else by VAT or organisation number, else by e-mail. Raises Rejected
        where several are alike."""
        if made := self._stamped(command):
            return made
        wanted = plain(command.vat_number)
        if wanted:
            alike = [
                customer
                for name in ("vatRegistrationId", "corporateId")
                for customer in self._listed({name: command.vat_number})
                if wanted in (plain(customer.vat_registration_id), plain(customer.corporate_id))
            ]
            if found := self._single(command, alike, f"the number {command.vat_number}"):
                return found
        if command.match_email and command.email:
            listed = self._listed({"email": command.email})
            # One that is another customer elsewhere is another one here, too: people share addresses.
            mine = [c for c in listed if _email(c) == command.email.lower() and not clean(c.account_reference)]
            return self._single(command, mine, f"the e-mail {command.email}")
        return ""

    def _single(self, command: KeepCustomer, found: list[wire_sales.Customer], by: str) -> str:
        """The number of the one that was found, of several that of the same name; "" for none. Raises Rejected where
        several are left."""
        alike = {c.number or "": c for c in found}
        if len(alike) > 1:
            name = command.name.casefold()
            alike = {n: c for n, c in alike.items() if clean(c.name).casefold() == name} or alike
        if len(alike) > 1:
            raise Rejected(
                f"“{command.name}” with {by} may be customer {', '.join(sorted(alike))} in Visma.net ERP.",
                remedy="Say on the delivery's page which customer it is.",
            )
        return next(iter(alike), "")

    def _stamped(self, command: KeepCustomer) -> str:
        """By our stamp: among those of its e-mail address, else of its name."""
        filters = {"email": command.email} if command.email else {"name": command.name}
        for customer in self._listed(filters):
            if clean(customer.account_reference) == command.stamp:
                return customer.number or ""
        return ""

    def _listed(self, filters: dict[str, str]) -> Iterator[wire_sales.Customer]:
        rows = 0
        for number in range(1, MOST_PAGES + 1):
            page = self.client.page(CUSTOMERS, number, filters=filters)
            for raw in page.elements:
                yield self.client.decode_element(raw, wire_sales.Customer)
            rows += len(page.elements)
            if not page.elements or (page.total is not None and rows >= page.total):
                return
        raise Rejected(
            f"Visma.net ERP lists more customers with {', '.join(filters.values())} than can be looked through.",
            remedy="Say on the delivery's page which customer it is.",
        )

    def _read(self, number: str) -> tuple[wire_sales.Customer, ETag]:
        return read(self.client, CUSTOMERS, number, wire_sales.Customer)


def plain(number: str | None) -> str:
    """A VAT or organisation number without spaces and signs, as it is compared."""
    return re.sub(r"[^0-9A-Z]", "", (number or "").upper())


def stated(customer: wire_sales.Customer) -> dict[str, str | Address | None]:
    """What Visma says of the fields that can be written."""
    contact = customer.main_contact
    return {
        "name": clean(customer.name),
        "email": clean(contact.email) if contact else "",
        "phone": clean(contact.phone1) if contact else "",
        "vat_number": clean(customer.vat_registration_id),
        "address": address_of(customer.main_address),
    }


def differences(command: KeepCustomer, customer: wire_sales.Customer) -> list[str]:
    """The fields that are ours to change and that Visma states otherwise."""
    ours = command.fields if _is_made_for(command, customer) else command.matched_fields
    here = stated(customer)
    return [f for f in FIELDS if f in ours and getattr(command, f) and not _same(getattr(command, f), here[f])]


def _is_made_for(command: KeepCustomer, customer: wire_sales.Customer) -> bool:
    """Whether we made it for just this customer of the shop."""
    if command.same_name and _letters(command.name) != _letters(clean(customer.name)):
        return False
    return clean(customer.account_reference) == command.stamp


def differs_of(command: KeepCustomer, customer: wire_sales.Customer, number: str) -> Differs | None:
    """What a customer that was there before says otherwise and goes on saying; None of one that we made: which of its
    fields follow the shop is a setting, and people know that others do not."""
    if _is_made_for(command, customer):
        return None
    here = stated(customer)
    ours = {f: getattr(command, f) for f in FIELDS if f not in command.matched_fields and getattr(command, f)}
    if plain(command.vat_number) == plain(customer.corporate_id):
        ours.pop("vat_number", None)  # the shop calls it by its organisation number
    others = [f for f, value in ours.items() if not _alike(value, here[f])]
    about = f"{number} {command.stamp}"
    if not others:
        return Differs(about=about)
    reason = (
        f"Customer {number} was in Visma.net ERP before: its {', '.join(FIELDS[f] for f in others)} "
        f"{'is' if len(others) == 1 else 'are'} not as in the shop, and stayed as in Visma.net."
    )
    if not command.tell or not any(f in IDENTITY for f in others):
        return Differs(about=about, reason=reason)
    values = "; ".join(f"{FIELDS[f]} “{_words(here[f])}” here, “{_words(ours[f])}” in the shop" for f in others)
    return Differs(
        about=about,
        reason=reason,
        sentence=f"Customer {number} was in Visma.net ERP before, and a customer of the shop says otherwise: {values}. "
        "Nothing of it was changed.",
        remedy="See whether they are the same. If so, enter in Visma.net what is right; the flow's settings say which "
        "fields follow the shop. If not, somebody typed another's number or e-mail address into the shop: correct it "
        "there, and the customer of its invoices in Visma.net.",
    )


def _same(wanted: str | Address, here: str | Address | None) -> bool:
    """Visma keeps three lines of an address, and the shop's regions are not its counties."""
    if isinstance(wanted, Address) and isinstance(here, Address):
        return (wanted.lines[:3], wanted.postal_code, wanted.city) == (here.lines, here.postal_code, here.city) and (
            wanted.country in ("", here.country)
        )
    return wanted == here


def _alike(wanted: str | Address, here: str | Address | None) -> bool:
    """Whether people would take it for the same: case, spaces and signs do not count."""
    return _same(wanted, here) or _letters(_words(wanted)) == _letters(_words(here))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()


def _email(customer: wire_sales.Customer) -> str:
    return clean(customer.main_contact.email).lower() if customer.main_contact else ""


def _members(command: KeepCustomer, fields: list[str]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    if "name" in fields:
        members["name"] = {"value": command.name}
    if "vat_number" in fields:
        members["vatRegistrationId"] = {"value": command.vat_number}
    contact = {"email": command.email} if "email" in fields else {}
    contact |= {"phone1": command.phone} if "phone" in fields else {}
    if contact:
        members["mainContact"] = {"value": {name: {"value": value} for name, value in contact.items()}}
    if "address" in fields and command.address is not None:
        members["mainAddress"] = {"value": address_members(command.address)}
    return members


def _new_members(command: KeepCustomer) -> dict[str, Any]:
    filled = [field for field in FIELDS if getattr(command, field)]
    members = {
        "accountReference": {"value": command.stamp},
        **_members(command, filled),
        "status": {"value": "Active"},
    }
    if "mainContact" in members:
        members["mainContact"]["value"]["name"] = {"value": command.name}
    for name, value in (
        ("customerClassId", command.customer_class),
        ("vatZoneId", command.vat_zone),
        ("creditTermsId", command.terms),
        ("currencyId", command.currency),
    ):
        if value:
            members[name] = {"value": value}
    return members


def _words(value: str | Address | None) -> str:
    if isinstance(value, Address):
        return ", ".join(p for p in (*value.lines, f"{value.postal_code} {value.city}".strip(), value.country) if p)
    return value or ""

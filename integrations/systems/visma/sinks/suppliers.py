"""Fields of suppliers that another system is the master of, written on the version that was read."""

from __future__ import annotations

import re
from typing import Any

from edi.documents.values import Address
from integrations.http.errors import NotFound, Rejected
from integrations.systems.contract import Applied, CannotTell, Change, Delivered, Effect, Evidence, NotApplied, Outgoing
from integrations.systems.visma import wire
from integrations.systems.visma.client import ETag, segment
from integrations.systems.visma.commands import UpdateSupplier
from integrations.systems.visma.mapping.parts import address_of, clean
from integrations.systems.visma.sinks.base import SUPPLIERS, CommandSink, read

FIELDS = {
    "name": "name",
    "address": "address",
    "vat_number": "VAT number",
    "organisation_number": "organisation number",
}
ADDRESS_LINES = ("addressLine1", "addressLine2", "addressLine3")


class SupplierSink(CommandSink[UpdateSupplier]):
    """Writes the given fields and no other. A field that was changed in Visma meanwhile is left to a person."""

    kind = UpdateSupplier

    def apply(self, command: UpdateSupplier, item: Outgoing) -> Effect:
        try:
            supplier, etag = self._read(command.number)
        except NotFound as gone:
            raise Rejected(
                f"There is no supplier {command.number} in Visma.net ERP.",
                remedy="Make the supplier in Visma.net, or correct the number by which the trading partner is known.",
            ) from gone
        different = differences(command, supplier)
        clashing = [field for field in different if _is_for_a_person(command, supplier, field)]
        if clashing:
            filled = self._fill(command, [f for f in different if f in command.first_seen and f not in clashing], etag)
            raise Rejected("; ".join(_clash(command, supplier, field) for field in clashing) + filled, remedy=_DECIDE)
        if not different:
            return Delivered(target_id=command.number, version_tag=etag.value)
        new = self.client.put(f"{SUPPLIERS}/{segment(command.number)}", members_of(command, different), etag)
        return Delivered(target_id=command.number, version_tag=new.value if new else "")

    def changes(self, item: Outgoing) -> list[Change]:
        """The fields that Visma states otherwise; one that was changed there too says so."""
        command = self.command(item)
        supplier, _ = self._read(command.number)
        here = stated(supplier)
        return [
            Change(
                field=FIELDS[field],
                before=_words(here[field]),
                after=_words(getattr(command, field)),
                reason=_why(command, supplier, field),
            )
            for field in differences(command, supplier)
        ]

    def look(self, command: UpdateSupplier, item: Outgoing) -> Evidence:
        try:
            supplier, _ = self._read(command.number)
        except NotFound:
            return CannotTell(reason=f"There is no supplier {command.number} in Visma.net ERP any more.")
        different = differences(command, supplier)
        if different:
            return NotApplied(proof=f"{', '.join(FIELDS[f] for f in different)} of {command.number} are not ours.")
        return Applied(target_id=command.number, proof=f"Supplier {command.number} has all values that were sent.")

    def _fill(self, command: UpdateSupplier, fields: list[str], etag: ETag) -> str:
        """Writes what only the other side knows, whatever a person decides of the rest. Returns that it was done."""
        if not fields:
            return ""
        self.client.put(f"{SUPPLIERS}/{segment(command.number)}", members_of(command, fields), etag)
        return f". The {' and '.join(FIELDS[f] for f in fields)} that Visma.net had not was filled in"

    def _read(self, number: str) -> tuple[wire.Supplier, ETag]:
        return read(self.client, SUPPLIERS, number, wire.Supplier)


_DECIDE = (
    "Decide which value is right. To keep Visma.net's, dismiss this change (if a third value is right, enter it in "
    "Visma.net first); to take the other side's, replay it by force."
)


def stated(supplier: wire.Supplier) -> dict[str, str | Address | None]:
    """What Visma says of the fields that can be written."""
    return {
        "name": clean(supplier.name),
        "address": address_of(supplier.main_address),
        "vat_number": clean(supplier.vat_registration_id),
        "organisation_number": clean(supplier.corporate_id),
    }


def differences(command: UpdateSupplier, supplier: wire.Supplier) -> list[str]:
    """The given fields that Visma states otherwise. At first sight another spelling of the same is no difference."""
    here = stated(supplier)
    found = [f for f in FIELDS if getattr(command, f) is not None and getattr(command, f) != here[f]]
    return [f for f in found if f not in command.first_seen or not same(getattr(command, f), here[f])]


def same(one: Any, other: Any) -> bool:
    """Whether two values say the same: case, spaces and signs between digits do not count, nor the books' region."""
    return _plain(one) == _plain(other)


def _plain(value: Any) -> tuple[str, ...]:
    if isinstance(value, Address):
        parts = (*value.lines, "", value.postal_code, value.city, value.country)
        return tuple(filter(None, (_letters(part) for part in parts)))
    text = _letters(str(value or ""))
    return (text,) if text else ()


def _letters(text: str) -> str:
    return re.sub(r"[\s.,-]", "", text).casefold()


def members_of(command: UpdateSupplier, fields: list[str]) -> dict[str, Any]:
    """The request members that write these fields. Address members that are empty are written as such: an address is
    one thing, half of an old one under a new street would be wrong."""
    members: dict[str, Any] = {}
    if "name" in fields:
        members["name"] = {"value": command.name}
    if "vat_number" in fields:
        members["vatRegistrationId"] = {"value": command.vat_number}
    if "organisation_number" in fields:
        members["corporateId"] = {"value": command.organisation_number}
    if "address" in fields and command.address is not None:
        members["mainAddress"] = {"value": address_members(command.address)}
    return members


def address_members(address: Address) -> dict[str, Any]:
    """The request members of an address, which is written as a whole."""
    lines = (*address.lines, "", "", "")[: len(ADDRESS_LINES)]
    members: dict[str, Any] = {name: {"value": line} for name, line in zip(ADDRESS_LINES, lines, strict=True)}
    members["postalCode"] = {"value": address.postal_code}
    members["city"] = {"value": address.city}
    if address.country:
        members["countryId"] = {"value": address.country}
    return members


def _is_for_a_person(command: UpdateSupplier, supplier: wire.Supplier, field: str) -> bool:
    return _changed_here(command, supplier, field) or _would_replace(command, supplier, field)


def _would_replace(command: UpdateSupplier, supplier: wire.Supplier, field: str) -> bool:
    """Whether a value that is seen for the first time would take the place of one of Visma's. One that says all that
    Visma says, and more, only fills it: most addresses in Visma have at least a country."""
    if field not in command.first_seen:
        return False
    return not set(_plain(stated(supplier)[field])) <= set(_plain(getattr(command, field)))


def _why(command: UpdateSupplier, supplier: wire.Supplier, field: str) -> str:
    if _changed_here(command, supplier, field):
        return "changed on both sides: a person decides"
    if _would_replace(command, supplier, field):
        return "both sides had a value before they were connected: a person decides"
    return "the other side is its master"


def _changed_here(command: UpdateSupplier, supplier: wire.Supplier, field: str) -> bool:
    """Whether Visma's value is neither the one that we knew nor the new one."""
    known = getattr(command.base, field) if command.base is not None else None
    return known is not None and known != stated(supplier)[field]


def _clash(command: UpdateSupplier, supplier: wire.Supplier, field: str) -> str:
    here, there = stated(supplier)[field], getattr(command, field)
    how = "was changed on both sides" if _changed_here(command, supplier, field) else "differs at first sight"
    return (
        f"The {FIELDS[field]} of supplier {command.number} {how}: Visma.net ERP says "
        f"“{_words(here)}”, the other side “{_words(there)}”"
    )


def _words(value: str | Address | None) -> str:
    if isinstance(value, Address):
        return ", ".join(p for p in (*value.lines, f"{value.postal_code} {value.city}".strip(), value.country) if p)
    return value or ""

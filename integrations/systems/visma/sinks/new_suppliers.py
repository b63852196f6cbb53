"""Suppliers that were made elsewhere: found in our books by VAT or organisation number, else made when a person says
yes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from integrations.http.errors import NeedsApproval, Rejected
from integrations.systems.contract import Applied, Delivered, Effect, Evidence, NotApplied, Outgoing
from integrations.systems.visma import marks, wire
from integrations.systems.visma.commands import AdoptSupplier
from integrations.systems.visma.sinks.base import SUPPLIERS, CommandSink, listed

NUMBER_FILTERS = ("vatRegistrationId", "corporateId")


class NotedSupplier(wire.Supplier, frozen=True, kw_only=True):
    note: str | None = None


class NewSupplierSink(CommandSink[AdoptSupplier]):
    kind = AdoptSupplier

    def apply(self, command: AdoptSupplier, item: Outgoing) -> Effect:
        found = self._same(command)
        if len(found) == 1:
            return Delivered(target_id=found[0].number or "")
        if found:
            numbers = ", ".join(sorted(s.number or "?" for s in found))
            raise Rejected(
                f"“{command.name}” with the number {command.tax_id} may be supplier {numbers} in Visma.net ERP.",
                remedy="Say on the delivery's page which supplier it is.",
            )
        if (made := self._made(command)) is not None:
            return Delivered(target_id=made)
        digest = digest_of(command)
        if command.given != digest:
            raise NeedsApproval(
                f"“{command.name}” was made elsewhere, and no supplier in Visma.net ERP has its VAT or organisation "
                "number. Shall it be made?",
                asks=[
                    f"supplier: nothing → {command.name}",
                    f"VAT or organisation number: nothing → {command.tax_id or 'not known'}",
                    f"e-mail: nothing → {command.email or 'not known'}",
                ],
                digest=digest,
            )
        return Delivered(target_id=self.client.create(SUPPLIERS, _members(command)))

    def look(self, command: AdoptSupplier, item: Outgoing) -> Evidence:
        made = self._made(command)
        if made is None:
            return NotApplied(proof=f"No supplier called {command.name} carries {marks.mark(command.stamp)}.")
        return Applied(target_id=made, proof=f"Supplier {made} carries {marks.mark(command.stamp)}.")

    def _same(self, command: AdoptSupplier) -> list[NotedSupplier]:
        """The suppliers with this VAT or organisation number. Visma compares letter by letter, and people write numbers
        with spaces and without: both are asked for, and whoever has the name. It ignores filters that it does not know,
        so what it sends is looked at."""
        wanted = plain(command.tax_id)
        if not wanted:
            return []
        found: dict[str, NotedSupplier] = {}
        written = dict.fromkeys((command.tax_id, "".join(command.tax_id.split()), wanted))
        asked = [{name: form} for name in NUMBER_FILTERS for form in written]
        for filters in (*asked, {"name": command.name}):
            for supplier in self._listed(filters):
                if wanted in (plain(supplier.vat_registration_id), plain(supplier.corporate_id)):
                    found[supplier.number or ""] = supplier
        return list(found.values())

    def _made(self, command: AdoptSupplier) -> str | None:
        """The supplier that was made for it, by our mark in the note."""
        for supplier in self._listed({"name": command.name, "expandNote": "true"}):
            if marks.is_marked(supplier.note, command.stamp):
                return supplier.number
        return None

    def _listed(self, filters: dict[str, str]) -> Iterator[NotedSupplier]:
        """All pages: the filter may be one that Visma ignores."""
        return listed(self.client, SUPPLIERS, filters, NotedSupplier, what="suppliers")


def plain(number: str | None) -> str:
    """A VAT or organisation number without spaces and signs, as it is compared."""
    return re.sub(r"[^0-9A-Z]", "", (number or "").upper())


def digest_of(command: AdoptSupplier) -> str:
    """What a yes counts for."""
    said = "\x1f".join((command.stamp, command.name, command.tax_id, command.email, command.supplier_class))
    return hashlib.sha256(said.encode()).hexdigest()


def _members(command: AdoptSupplier) -> dict[str, Any]:
    members: dict[str, Any] = {
        "name": {"value": command.name},
        "note": {"value": marks.mark(command.stamp)},
        "status": {"value": "Active"},
    }
    if command.supplier_class:
        members["supplierClassId"] = {"value": command.supplier_class}
    if command.tax_id:
        members["vatRegistrationId"] = {"value": command.tax_id}
    if command.email:
        members["mainContact"] = {"value": {"name": {"value": command.name}, "email": {"value": command.email}}}
    return members

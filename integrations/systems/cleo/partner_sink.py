"""Telling Cleo of suppliers: in the connection of the trading partner, or by a partner file."""

from __future__ import annotations

from typing import Any

import msgspec

from integrations.documents import PartnerData
from integrations.http.errors import Fault, NotFound, Rejected
from integrations.systems.cleo import partner_data
from integrations.systems.cleo.partner_source import sees_connections
from integrations.systems.cleo.sinks import Files
from integrations.systems.contract import Applied, CannotTell, Delivered, Effect, Evidence, NotApplied, Outgoing, Stated


class Partners(Files):
    """Makes Cleo state what the books say of a supplier.

    `Outgoing.body` is a partner file. `Outgoing.meta` has its `name` and `folder`, and in `aliases` what the
    connection may call the trading partner. A connection is read, changed at the configured paths, written as a whole
    and read again: Cleo has no versions that a write could be made conditional on.
    """

    def _apply(self, item: Outgoing) -> Effect:
        try:
            if self._uses_connections():
                return self._write(item)
            effect = super()._apply(item)
        except Fault as fault:
            return fault
        if isinstance(effect, Delivered):
            return msgspec.structs.replace(effect, target_id=partner_data.from_file(item.body).key)
        return effect

    def evidence(self, item: Outgoing) -> Evidence:
        if not self._uses_connections():
            return super().evidence(item)
        data = partner_data.from_file(item.body)
        try:
            found = self._find(item, data)
        except Rejected as fault:
            return CannotTell(reason=fault.sentence)
        missing = partner_data.differences(data, found, self.options.partner_fields)
        alias = found.get("alias", "")
        if missing:
            return NotApplied(proof=f"Connection {alias} has other values at {', '.join(sorted(missing))}.")
        return Applied(target_id=str(alias), proof=f"Connection {alias} has all values that were sent.")

    @property
    def _stays(self) -> bool:
        """Cleo takes partner files in: that one is gone says nothing, whatever becomes of documents."""
        return False

    def current(self, item: Outgoing) -> Stated | NotApplied | CannotTell:
        """What the connection states now, or the file that was not taken in yet."""
        if not self._uses_connections():
            return super().current(item)
        found = self.evidence(item)
        return Stated(target_id=found.target_id, fields=self.says(item)) if isinstance(found, Applied) else found

    def _write(self, item: Outgoing) -> Effect:
        data = partner_data.from_file(item.body)
        found = self._find(item, data)
        alias, number = str(found.get("alias", "")), str(found["id"])
        wanted = partner_data.differences(data, found, self.options.partner_fields)
        if not wanted:
            return Delivered(target_id=alias, status={"connection": alias, "changed": []})
        self.client.replace_connection(number, partner_data.changed(found, wanted))
        left = partner_data.differences(data, self.client.connection(number), self.options.partner_fields)
        if left:
            raise Rejected(
                f"Connection {alias} of Cleo took the change of supplier {data.supplier_number}, but does not keep "
                f"{', '.join(sorted(left))}.",
                remedy="Give these fields other paths in the connection's settings, or none; or exchange supplier data "
                "with files.",
            )
        return Delivered(target_id=alias, status={"connection": alias, "changed": sorted(wanted)})

    def _find(self, item: Outgoing, data: PartnerData) -> dict[str, Any]:
        """The connection of the trading partner, as it is now. Raises Rejected for none and for several."""
        names = [*(str(alias) for alias in item.meta.get("aliases", ())), data.key]
        path, wanted = self.options.partner_key, {name.casefold() for name in names}
        first = self.client.connections_of(names[0]) if path == "alias" else []
        every = first or self.client.all_connections()  # the quick way finds most; letters may differ in case
        found = [c for c in every if c.get("id") and partner_data.key_of(c, path).casefold() in wanted]
        if len(found) != 1:
            said = ", ".join(str(c.get("alias", "")) for c in found[:5])
            raise Rejected(
                f"Cleo has {len(found) or 'no'} connection{'' if len(found) == 1 else 's'} of {data.key}"
                f"{f' ({said})' if said else ''}.",
                remedy="Give the trading partner here the name, or the key, that its connection has in Cleo; or "
                "correct 'Connections: who it is' in the connection's settings.",
            )
        try:
            return self.client.connection(str(found[0]["id"]))
        except NotFound as gone:
            raise Rejected(f"The connection of {data.key} in Cleo was just removed.", remedy="Replay it.") from gone

    def _uses_connections(self) -> bool:
        return sees_connections(self.client, self.options)

"""Documents from trading partners: put into download folders by POST /_control/mutate with entity "inbound"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from integrations.sandbox.kernel import Row
from integrations.sandbox.world import WorldPartner

from .receiving import Receiving
from .x12 import writer
from .x12.reader import Segment, TransactionSet, read

SETTINGS: Final[dict[str, str]] = {
    "kinds": 'sets of one interchange: "855" (default), "856", "860", "810", "997", or several as "997+855+856"',
    "partner": "ISA id of the sending partner; default: of the order, else the first partner on Cleo",
    "company": "receiving company; narrows the default partner",
    "purchaseOrderNumber": "the uploaded 850 it is about; default: the one answered least often; without any, a sample",
    "verdict": '855 only: "accepted" (default), "changed" or "rejected"',
    "usage": 'ISA15 of a document without an uploaded order: "P" (default) or "T"',
    "folder": "path of the download folder; default: that of the set, or the root of downloads for several sets",
    "name": "file name; default: made from kinds and control number",
    "content": "the whole file: text, or an object that is written as JSON; nothing is generated then",
}
_SAMPLE_ORDER = "PO-SANDBOX-1"


class Inbound(Receiving):
    """Creation of files from trading partners."""

    def mutate(self, entity: str, key: str | None, values: Mapping[str, Any], count: int) -> list[str]:
        """Entity "inbound" creates files; everything else as the base does."""
        if entity != "inbound":
            return super().mutate(entity, key, values, count)
        if unknown := sorted(set(values) - set(SETTINGS)):
            raise KeyError(f"unknown: {', '.join(unknown)}; known: {', '.join(SETTINGS)}")
        return [self._send(values) for _ in range(count)]

    def _send(self, values: Mapping[str, Any]) -> str:
        if "content" in values:
            return self._send_given(values)
        sets = values.get("kinds", "855")
        kinds = sets.split("+") if isinstance(sets, str) else [str(one) for one in sets]
        source = self._source(values)
        partner = self._partner(values, source)
        number = self.store.next(f"control number {partner.isa_id}")
        envelope, order, group = self._context(partner, values, source, number)
        written = [self._set(kind, order, group, values, number) for kind in kinds]
        content = writer.write(envelope, written)
        default = kinds[0] if len(kinds) == 1 else ""
        folder = str(values.get("folder") or f"/{partner.isa_id}/download/{default}".rstrip("/"))
        name = str(values.get("name") or f"{'-'.join(kinds)}_{partner.isa_id}_{number:09}.edi")
        return str(self.place(folder, name, content.encode(), kind="+".join(kinds))["key"])

    def _send_given(self, values: Mapping[str, Any]) -> str:
        content = values["content"]
        data = content.encode() if isinstance(content, str) else msgspec.json.encode(content)
        suffix = "edi" if isinstance(content, str) else "json"
        partner = self._partner(values, None)
        kind = str(values.get("kinds") or ("partners" if suffix == "json" else "997"))
        folder = str(values.get("folder") or f"/{partner.isa_id}/download/{kind}")
        name = str(values.get("name") or f"given_{self.store.next('given file'):04}.{suffix}")
        return str(self.place(folder, name, data, kind=kind)["key"])

    def _source(self, values: Mapping[str, Any]) -> Row | None:
        """The uploaded 850 that is answered: valid X12, of the wanted partner and number, answered least often."""
        rows = [
            row
            for row in self.store.table("files").values()
            if row["body"]["direction"] == "outbound"
            and "850" in row["body"]["kind"].split("+")
            and "interchange" in row["body"]
            and not row["body"]["problems"]
            and values.get("company") in (None, row["_company"])
            and values.get("partner") in (None, self.partner_of(row["body"]["folder"]).isa_id)
            and values.get("purchaseOrderNumber") in (None, *row["body"]["business_numbers"])
        ]
        if not rows:
            return None
        chosen = min(rows, key=lambda row: row.get("_answered", 0))
        chosen["_answered"] = chosen.get("_answered", 0) + 1
        return chosen

    def _partner(self, values: Mapping[str, Any], source: Row | None) -> WorldPartner:
        if source is not None:
            return self.partner_of(source["body"]["folder"])
        for partner in self.partners:
            if values.get("partner") in (None, partner.isa_id) and values.get("company") in (None, partner.company):
                return partner
        raise KeyError(f"no trading partner on Cleo for {dict(values)}")

    def _context(
        self, partner: WorldPartner, values: Mapping[str, Any], source: Row | None, number: int
    ) -> tuple[writer.Envelope, TransactionSet, list[Segment]]:
        """The envelope, the order, and the 997 of its group."""
        now = self.clock()
        if source is not None:
            orders = [
                (interchange, group, one)
                for interchange in read(source["body"]["content"])
                for group in interchange.groups
                for one in group.sets
                if one.id == "850"
            ]
            wanted = values.get("purchaseOrderNumber")
            chosen = next((found for found in orders if found[2].find("BEG")[0][3] == wanted), orders[0])
            envelope = writer.Envelope.answering(chosen[0], number=number, at=now)
            return envelope, chosen[2], writer.acknowledgment(chosen[1])
        company, usage = self.world.company(partner.company), str(values.get("usage", "P"))
        test = usage == "T"
        envelope = writer.Envelope(
            sender_qualifier=partner.isa_qualifier,
            sender=partner.test_isa_id if test else partner.isa_id,
            receiver_qualifier=company.isa_qualifier,
            receiver=company.test_isa_id if test else company.isa_id,
            usage=usage,
            number=number,
            at=now,
        )
        order = _sample_order(str(values.get("purchaseOrderNumber", _SAMPLE_ORDER)), now.strftime("%Y%m%d"))
        return envelope, order, [["AK1", "PO", "1"], ["AK9", "A", "1", "1", "1"]]

    def _set(
        self, kind: str, order: TransactionSet, group: list[Segment], values: Mapping[str, Any], number: int
    ) -> tuple[str, Sequence[Segment]]:
        now = self.clock()
        day, order_number = now.strftime("%Y%m%d"), order.find("BEG")[0][3]
        match kind:
            case "997":
                return "997", group
            case "855":
                return "855", writer.order_response(order, verdict=str(values.get("verdict", "accepted")), day=day)
            case "856":
                return "856", writer.ship_notice(order, shipment=f"S{number:06}-{order_number}"[:30], at=now)
            case "860":
                sequence = self.store.next(f"changes of {order_number}")
                return "860", writer.order_change(order, sequence=sequence, day=day)
            case "810":
                return "810", writer.invoice(order, number=f"I{number:06}-{order_number}"[:22], day=day)
        raise ValueError(f"no sample for {kind!r}; give `content`. Samples exist for 997, 855, 856, 860, 810")


def _sample_order(number: str, day: str) -> TransactionSet:
    segments = [
        ["ST", "850", "0001"],
        ["BEG", "00", "SA", number, "", day],
        ["PO1", "1", "10", "EA", "10.00", "", "VP", "SANDBOX-1"],
        ["CTT", "1"],
        ["SE", "5", "0001"],
    ]
    return TransactionSet(id="850", control_number="0001", segments=segments)

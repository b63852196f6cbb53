"""What Cleo and the trading partner do with an uploaded file: read it strictly, note faults, answer it later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from integrations.sandbox.kernel import Row, iso

from . import edifact
from .admin import AdminEndpoints
from .folders import FolderEndpoints
from .login import LoginEndpoint
from .x12 import writer
from .x12.content import business_numbers, check_content, kinds
from .x12.reader import Interchange, NoInterchange, Segment, read

_NUMBER_NAMES = (
    "business_number",
    "purchaseOrderNumber",
    "invoiceNumber",
    "shipmentId",
    "shipmentNumber",
    "orderNumber",
    "documentNumber",
    "number",
)


class Receiving(FolderEndpoints, AdminEndpoints, LoginEndpoint):
    """Reactions to uploads."""

    def received(self, row: Row) -> None:
        """Read the file: X12, EDIFACT, or JSON by content type or name; anything else is stored and noted."""
        body = row["body"]
        if body["content"].startswith("ISA"):
            self._received_x12(row)
        elif edifact.is_edifact(body["content"]):
            self._received_edifact(row)
        elif body["content_type"] == "application/json" or body["name"].lower().endswith(".json"):
            self._received_json(row)
        else:
            self._problems(
                row, ["the file is neither an X12 or EDIFACT interchange nor JSON"], kind="invalidInterchange"
            )
        self.store.touch()

    def _received_json(self, row: Row) -> None:
        body = row["body"]
        folder_kind = body["folder"].rpartition("/")[2]
        body["kind"] = folder_kind if folder_kind != "upload" else "json"
        try:
            content = msgspec.json.decode(body["content"])
        except msgspec.DecodeError as error:
            self._problems(row, [f"the file is not JSON: {error}"], kind="invalidFile")
            return
        row["business_number"] = _number_in(content)

    def _received_x12(self, row: Row) -> None:
        body = row["body"]
        try:
            interchanges = read(body["content"])
        except NoInterchange as error:
            self._problems(row, [str(error)], kind="invalidInterchange")
            return
        first = interchanges[0]
        body["kind"] = kinds(interchanges)
        body["interchange"] = {
            "sender": first.sender,
            "receiver": first.receiver,
            "control_number": first.control_number,
            "usage": first.isa[15],
        }
        body["business_numbers"] = business_numbers(interchanges)
        row["business_number"] = next(iter(body["business_numbers"]), "")
        for interchange in interchanges:
            check_content(interchange)
            self._check_control_number(row, interchange)
            self._check_receiver(row, interchange)
        if notes := [note for interchange in interchanges for note in interchange.all_notes]:
            self._problems(row, notes, kind="invalidInterchange")
        if self.options["auto_997"]:
            for interchange in interchanges:
                self._acknowledge(row, interchange)

    def _received_edifact(self, row: Row) -> None:
        body = row["body"]
        try:
            found = edifact.read(body["content"])
        except edifact.NoEdifact as error:
            self._problems(row, [str(error)], kind="invalidInterchange")
            return
        body["kind"] = "+".join(message.kind[0] for message in found.messages)
        body["interchange"] = {
            "sender": found.sender,
            "receiver": found.receiver,
            "control_number": found.reference,
            "usage": "T" if found.test == "1" else "P",
        }
        body["business_numbers"] = [message.number for message in found.messages if message.number]
        row["business_number"] = next(iter(body["business_numbers"]), "")
        self._check_reference(row, found)
        if found.notes:
            self._problems(row, found.notes, kind="invalidInterchange")
        if self.options["auto_997"] and not any(message.kind[0] == "CONTRL" for message in found.messages):
            self._plan_control(row, found)

    def _check_reference(self, row: Row, found: edifact.Interchange) -> None:
        """UNB 0020 counts for a pair of sender and receiver, test and production apart."""
        key = f"{found.sender}>{found.receiver}:{found.test}:UNB {found.reference}"
        used = self.store.table("_control_numbers")
        if key not in used:
            used.add({"key": key, "path": row["key"]})
            return
        row["body"]["duplicate_control_number"] = True
        message = f"UNB 0020 {found.reference} of {row['key']} was used before in {used[key]['path']}"
        self.record("duplicateControlNumber", message, company=row["_company"], severity="warning", path=row["key"])
        if self.options["duplicate_policy"] == "reject":
            edifact.came_before(found)
            found.notes.append(message)

    def _plan_control(self, row: Row, found: edifact.Interchange) -> None:
        """Have the CONTRL appear in the partner's download folder after `answer_delay` seconds."""
        partner = self.partner_of(row["body"]["folder"])
        every, count = self.options["reject_every"], self.store.next("acknowledged")
        number = self.store.next(f"control number {partner.isa_id}")
        answer = {
            "key": str(self.store.next("answer")),
            "due": self.later(self.options["answer_delay"]),
            "folder": f"/{partner.isa_id}/download/997",
            "name": f"CONTRL_{found.receiver}_{number:09}.edi",
            "content": edifact.control(
                found, reference=f"{number:09}", at=self.clock(), reject=every > 0 and count % every == 0
            ),
            "kind": "CONTRL",
        }
        self.store.table("_answers").add(answer)

    def _check_control_number(self, row: Row, interchange: Interchange) -> None:
        """ISA13 counts for a pair of sender and receiver, test and production apart."""
        isa = interchange.isa
        key = f"{interchange.sender}>{interchange.receiver}:{isa[15]}:{interchange.control_number}"
        used = self.store.table("_control_numbers")
        if key not in used:
            used.add({"key": key, "path": row["key"]})
            return
        row["body"]["duplicate_control_number"] = True
        first = used[key]["path"]
        message = f"ISA13 {interchange.control_number} of {row['key']} was used before in {first}"
        self.record("duplicateControlNumber", message, company=row["_company"], severity="warning", path=row["key"])
        if self.options["duplicate_policy"] == "reject":
            interchange.codes.append("025")
            interchange.notes.append(message)

    def _check_receiver(self, row: Row, interchange: Interchange) -> None:
        partner = self.partner_of(row["body"]["folder"])
        if interchange.receiver not in (partner.isa_id, partner.test_isa_id):
            message = f"ISA08 {interchange.receiver} of {row['key']} is not the partner of this folder"
            self.record("wrongReceiver", message, company=row["_company"], severity="warning", path=row["key"])

    def _problems(self, row: Row, problems: Sequence[str], *, kind: str) -> None:
        row["body"]["problems"] = list(problems)
        message = f"{row['key']}: {'; '.join(problems)}"
        self.record(kind, message, company=row["_company"], severity="error", path=row["key"])

    def _acknowledge(self, row: Row, interchange: Interchange) -> None:
        """Plan the TA1 or the 997s. Acknowledgments are never acknowledged."""
        ta1 = interchange.codes[0] if interchange.codes else ("000" if interchange.isa[14] == "1" else "")
        if ta1:
            segment = writer.ta1(interchange, code=ta1)
            self.plan_answer(row["body"]["folder"], interchange, kind="TA1", sets=[], ta1=segment)
        if interchange.codes:
            return
        sets = []
        for group in interchange.groups:
            if group.functional_id != "FA":
                every, number = self.options["reject_every"], self.store.next("acknowledged")
                reject = every > 0 and number % every == 0
                sets.append(("997", writer.acknowledgment(group, reject=reject)))
        if sets:
            self.plan_answer(row["body"]["folder"], interchange, kind="997", sets=sets)

    def plan_answer(
        self,
        folder: str,
        interchange: Interchange,
        *,
        kind: str,
        sets: Sequence[tuple[str, Sequence[Segment]]],
        ta1: Segment | None = None,
    ) -> None:
        """Have an answer to `interchange` appear in the partner's download folder after `answer_delay` seconds."""
        partner = self.partner_of(folder)
        number = self.store.next(f"control number {partner.isa_id}")
        envelope = writer.Envelope.answering(interchange, number=number, at=self.clock())
        answer = {
            "key": str(self.store.next("answer")),
            "due": self.later(self.options["answer_delay"]),
            "folder": f"/{partner.isa_id}/download/997",
            "name": f"{kind}_{envelope.sender}_{number:09}.edi",
            "content": writer.write(envelope, sets, ta1=ta1),
            "kind": kind,
        }
        self.store.table("_answers").add(answer)

    def tick(self) -> None:
        """Place the answers that are due, and take away uploaded files that the Data Flow picked up."""
        now = iso(self.clock())
        planned = self.store.table("_answers")
        for answer in [row for row in planned.values() if row["due"] <= now]:
            del planned[answer["key"]]
            self.place(answer["folder"], answer["name"], answer["content"].encode(), kind=answer["kind"])
        if self.options["pickup_seconds"] > 0:
            for row in self.store.table("files").values():
                body = row["body"]
                if body["direction"] == "outbound" and not body["picked_up"] and row["_pickup_at"] <= now:
                    body["picked_up"] = True
                    self.store.touch()

    def place(self, folder: str, name: str, data: bytes, *, kind: str) -> Row:
        """Put a file from the partner into a download folder. Raises KeyError for an unknown folder."""
        if folder not in self.store.table("folders"):
            raise KeyError(f"there is no folder {folder}")
        company = self.store.table("folders")[folder]["_company"]
        row = self.add_file(
            folder=folder,
            name=name,
            data=data,
            content_type="application/octet-stream",
            company=company,
            inbound=True,
        )
        row["body"]["kind"] = kind
        row["business_number"] = _inbound_number(row["body"]["content"])
        self.record("fileRouted", f"{row['key']} came in", company=company, path=row["key"])
        return row


def _inbound_number(content: str) -> str:
    if edifact.is_edifact(content):
        try:
            return next((message.number for message in edifact.read(content).messages), "")
        except edifact.NoEdifact:
            return ""
    try:
        return next(iter(business_numbers(read(content))), "")
    except NoInterchange:
        return ""


def _number_in(content: Any) -> str:
    """The first member that names a document, nearest to the top."""
    level = [content]
    while level:
        for name in _NUMBER_NAMES:
            for value in level:
                if isinstance(value, dict) and isinstance(value.get(name), str | int) and value[name] != "":
                    return str(value[name])
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
        ]
    return ""

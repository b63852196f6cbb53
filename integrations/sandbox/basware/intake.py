"""How invoices come in: by the Network, by a P2P path where one is set up, and by nobody else."""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from integrations.sandbox.kernel import Reply, Request, Row, json_reply, new_row, route

from .base import MAX_BYTES, pair
from .documents import midnight
from .errors import network_refused
from .orders import ExportedOrders

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "companyCode": ("companyCode", "company.code", "buyer.companyCode", "buyer.code", "company"),
    "supplierCode": ("supplierCode", "vendorCode", "supplier.code", "supplier.number", "vendor.code", "supplier"),
    "supplierName": ("supplierName", "supplier.name", "vendor.name"),
    "invoiceNumber": ("invoiceNumber", "invoice.invoiceNumber", "invoice.number", "number", "supplierReference"),
    "invoiceDate": ("invoiceDate", "invoice.date", "issueDate", "date"),
    "dueDate": ("dueDate", "invoice.dueDate"),
    "currencyCode": ("currencyCode", "currency", "invoice.currency"),
    "grossSum": ("grossSum", "grossTotal", "totalAmount", "total", "amount", "invoice.total"),
    "netSum": ("netSum", "netTotal", "net"),
    "taxSum1": ("taxSum1", "taxSum", "taxTotal", "tax", "vat"),
    "referenceNumber": ("referenceNumber", "paymentReference"),
    "description": ("description", "note"),
}
"""Where a member of the document is looked for in the payload, whose form no public source tells."""


class Intake(ExportedOrders):
    """PUT /v1/invoices/{bumId} at the Network's own host, and POST to the path of option `p2p_intake_path`."""

    @route("PUT", "/network/v1/invoices/<bum_id>", open=True)
    def network_put(self, request: Request, bum_id: str) -> Reply:
        """An invoice under an id that the sender chose; the same again changes nothing."""
        company = self._network_company(request)
        if isinstance(company, Reply):
            return company
        if len(request.get_data()) > MAX_BYTES:
            return json_reply(413, {"message": "Request Entity Too Large"})
        payload = _payload(request.get_data())
        if not payload or len(bum_id) > 36:
            fields = {"payload": "is empty or no JSON object"} if not payload else {"bumId": "maximum length is 36"}
            return network_refused(400, self.request_id, "Invoice is not valid", fields)
        if text := _broken_attachment(payload):
            return network_refused(400, self.request_id, "Invoice is not valid", {"attachments": text})
        digest = hashlib.sha256(request.get_data()).hexdigest()
        before = self.store.table("invoices").get(f"{company}/{bum_id}")
        if before is not None and before["_digest"] != digest and before["body"]["status"] != "Received":
            return network_refused(409, self.request_id, f"Invoice {bum_id} is already in process")
        if before is None or before["_digest"] != digest or before.get("_lost"):
            self._take(company, bum_id, payload, channel="network", digest=digest)
        return json_reply(201 if before is None else 200, {"bumId": bum_id, "status": "Received"})

    @route("GET", "/network/v1/invoices/<bum_id>", open=True)
    def network_get(self, request: Request, bum_id: str) -> Reply:
        """What the Network knows of an invoice."""
        company = self._network_company(request)
        if isinstance(company, Reply):
            return company
        row = self.store.table("invoices").get(f"{company}/{bum_id}")
        if row is None:
            return network_refused(404, self.request_id, f"Invoice {bum_id} was not found")
        return json_reply(200, {"bumId": bum_id, "status": row["body"]["status"]})

    def _network_company(self, request: Request) -> str | Reply:
        """Whose user calls: HTTP Basic only, with a request id of the caller's own."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        name, secret = pair(given) if scheme.lower() == "basic" else ("", "")
        for tenant in self.tenants.values():
            if (tenant.network.client_id, tenant.network.secret) == (name, secret):
                break
        else:
            return network_refused(401, self.request_id, "Unauthorized")
        if (limited := self.limited(name)) is not None:
            return limited
        try:
            uuid.UUID(request.headers.get("X-BW-REQUEST-ID", ""))
        except ValueError:
            return network_refused(400, self.request_id, "Invalid request", {"X-BW-REQUEST-ID": "UUID is required"})
        return tenant.company.key

    @route("POST", "/invoice-intake")
    def p2p_intake(self, request: Request) -> Reply:
        """One invoice or an array of them, each with an externalCode; answered like master data."""
        given = self.decoded(request)
        entities = given if isinstance(given, list) else [given]
        wrong = [
            (str(n), "SCHEMA_VALIDATION_ERROR", "externalCode: field required")
            for n, one in enumerate(entities)
            if not isinstance(one, dict) or not one.get("externalCode")
        ]
        wrong += [
            (str(one["externalCode"]), "SCHEMA_VALIDATION_ERROR", f"attachments: {text}")
            for one in entities
            if isinstance(one, dict) and one.get("externalCode") and (text := _broken_attachment(one))
        ]
        if wrong:
            raise self.refuse(400, wrong)
        company = self.tenant.company.key
        items: list[dict[str, Any]] = []
        for one in entities:
            code, digest = str(one["externalCode"]), hashlib.sha256(msgspec.json.encode(one)).hexdigest()
            before = self.store.table("invoices").get(f"{company}/{code}")
            changed = before is None or before["_digest"] != digest
            if before is not None and changed and before["body"]["status"] != "Received":
                raise self.refuse(409, [(code, "CONFLICT_IN_POST", "the invoice is already in process")])
            if changed:
                self._take(company, code, one, channel="p2p", digest=digest)
            items.append({"externalCode": code, "content": {}, "changed": changed, "list": ""})
        self.submit(company, "invoices", "Invoice", items, operation="POST")
        return json_reply(200, given)

    def _take(self, company: str, code: str, payload: dict[str, Any], *, channel: str, digest: str) -> None:
        body = {"code": code, "channel": channel, "status": "Received", "payload": payload}
        due = self.clock().timestamp() + float(self.options["intake_delay"])
        row = new_row(key=f"{company}/{code}", body=body, received_at=self.clock(), business_number=code)
        lost = int(self.options["lose_intake"]) > 0
        row |= {"_company": company, "_digest": digest, "_due": due, "_n": self.store.next("row"), "_lost": lost}
        self.store.table("invoices").add(row)
        if lost:
            self.options.set({"lose_intake": int(self.options["lose_intake"]) - 1})
            return
        self.store.table("arriving").add(new_row(key=f"{company}/{code}", body={}, received_at=self.clock()))

    def tick(self) -> None:
        """Invoices whose time has come become accounting documents in approval."""
        super().tick()
        arriving = self.store.table("arriving")
        if not arriving:
            return
        now, invoices = self.clock().timestamp(), self.store.table("invoices")
        for key in [key for key in arriving if invoices[key]["_due"] <= now]:
            del arriving[key]
            self._arrive(invoices[key])

    def arrive_all(self) -> int:
        """Let every invoice arrive now. Answers how many."""
        keys = list(self.store.table("arriving"))
        for key in keys:
            self.store.table("invoices")[key]["_due"] = 0
        self.tick()
        return len(keys)

    def _arrive(self, row: Row) -> None:
        company, payload = row["_company"], row["body"]["payload"]
        values = self._read(company, payload)
        files = [
            {
                "filename": str(one.get("filename") or one.get("name") or "attachment"),
                "type": str(one.get("contentType") or one.get("mimeType") or "application/octet-stream"),
                "content": base64.b64decode(one.get("content") or "").decode("latin-1"),
                "category": "ORIGINALIMAGE" if position == 0 else "ATTACHMENT",
            }
            for position, one in enumerate(_attachments(payload))
        ]
        document = self.new_document(company, {**values, "bumid": row["body"]["code"]}, files=files)
        known = self.has_code(company, "vendors", document["body"]["companyCode"], values["supplierCode"])
        if not known:
            reason = f"Supplier {values['supplierCode'] or '(none)'} is not known"
            dispute = {"isDisputed": True, "disputeReason": reason, "disputeDate": self.now()}
            document["body"] = {**document["body"], "disputeInfo": dispute}
        row["body"] = {**row["body"], "status": "Delivered", "invoiceId": document["body"]["invoiceId"]}
        self.store.touch()

    def _read(self, company: str, payload: dict[str, Any]) -> dict[str, Any]:
        own: Mapping[str, list[str]] = self.options["intake_fields"]
        found: dict[str, Any] = {}
        for member, places in FIELDS.items():
            for place in (*own.get(member, ()), *places):
                value = _member(payload, place)
                if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
                    found[member] = value
                    break
        values: dict[str, Any] = {name: str(value) for name, value in found.items()}
        for name in ("grossSum", "netSum", "taxSum1"):
            if name in values:
                values[name] = _number(values[name])
        for name in ("invoiceDate", "dueDate"):
            if name in values:
                values[name] = midnight(values[name])
        if values.get("companyCode") not in self.tenants[company].codes:
            values.pop("companyCode", None)
        return {"supplierCode": "", **{name: value for name, value in values.items() if value is not None}}


def _payload(data: bytes) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(data)
    except msgspec.DecodeError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _attachments(payload: dict[str, Any]) -> list[dict[str, Any]]:
    given = payload.get("attachments")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _broken_attachment(payload: dict[str, Any]) -> str:
    """What is wrong with the attachments. Documents list them by file name, so none is without."""
    given = payload.get("attachments")
    if given is None:
        return ""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        return "must be an array of objects"
    for position, one in enumerate(given):
        try:
            content = base64.b64decode(one.get("content") or "", validate=True)
        except (binascii.Error, TypeError, ValueError):
            return f"content of attachment {position + 1} is no base64"
        if not content:
            return f"attachment {position + 1} has no content"
        if not (one.get("filename") or one.get("name")):
            return f"attachment {position + 1} has no filename"
    return ""


def _member(payload: Any, path: str) -> Any:
    for part in path.split("."):
        payload = payload.get(part) if isinstance(payload, dict) else None
    return payload


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None

"""Purchase orders that were made in Basware Procurement, to be read by the ERP."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.kernel import Refusal, Reply, Request, Row, json_reply, route

from .errors import refused
from .status import Status


class ExportedOrders(Status):
    """/v1/exportedPurchaseOrders."""

    @route("GET", "/v1/exportedPurchaseOrders")
    def exported_list(self, request: Request) -> Reply:
        """A page; the parameter orderStatus filters the processing status."""
        rows = self.rows("exportedPurchaseOrders")
        if (status := request.args.get("orderStatus")) is not None:
            rows = [row for row in rows if row["body"]["processingStatus"] == status]
        shown, more = self.page(request, self.since(request, rows), default=100, most=100)
        body = {"exportedPurchaseOrders": [row["body"] for row in shown]}
        return self.listed(request, "exportedPurchaseOrders", body, more)

    @route("GET", "/v1/exportedPurchaseOrders/<external_code>")
    def exported_one(self, request: Request, external_code: str) -> Reply:
        """One order, in a list."""
        body = {"exportedPurchaseOrders": [self._exported(external_code)["body"]]}
        return self.listed(request, "exportedPurchaseOrders", body, {})

    @route("POST", "/v1/exportedPurchaseOrders/<external_code>/acknowledge")
    def exported_acknowledge(self, request: Request, external_code: str) -> Reply:
        """Taken over; a second time is 405."""
        row = self._exported(external_code)
        if row["body"]["processingStatus"] == "Exported":
            return refused(405, self.request_id, [(external_code, "METHOD_NOT_ALLOWED", "already exported")])
        row["body"] = {**row["body"], "processingStatus": "Exported", "lastUpdated": self.now()}
        self.task_done(row["_company"], external_code)
        return json_reply(200, "OK")

    def _exported(self, external_code: str) -> Row:
        row = self.store.table("exportedPurchaseOrders").get(f"{self.tenant.company.key}/{external_code}")
        if row is None:
            raise Refusal(Reply(404))
        return row

    def export_order(self, company: str, values: dict[str, Any]) -> Row:
        """A new order, or a change of a known one, that waits to be exported."""
        own = self.world.company(company)
        code = str(values.get("externalCode") or self.new_id())
        number = self.store.next("exported order")
        before = self.store.table("exportedPurchaseOrders").get(f"{company}/{code}")
        person = {"loginAccount": own.contact.email, "userName": own.contact.name}
        address = {"name": own.name, "streetName": own.address.line1, "city": own.address.city}
        base: dict[str, Any] = {
            "externalCode": code,
            "orderNumber": f"BW{number:06}",
            "requisitionNumber": f"REQ{number:06}",
            "orderStatus": "Ordered",
            "requisitionCreationTime": self.now(),
            "orderCreationTime": self.now(),
            "orderExportTimestamp": self.now(),
            "documentSource": "P2P",
            "sendingMethod": "Email",
            "companyCode": str(own.visma_company_id),
            "purchaseCurrency": own.currency,
            "releaseOrdersRequired": False,
            "hidePricesFromSupplier": False,
            "creator": person,
            "owner": person,
            "deliveryAddress": {**address, "postalZone": own.address.postal_code, "countryCode": own.country},
            "orderLines": [],
        }
        body = {**(before["body"] if before else base), **values}
        body |= {"externalCode": code, "processingStatus": "WaitingForExport", "lastUpdated": self.now()}
        row = self.stored("exportedPurchaseOrders", company, code, body)
        self.notify(company, "ExportedPurchaseOrders", "WaitingForExport", code)
        return row

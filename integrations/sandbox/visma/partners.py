"""/v1/supplier and /v1/customer."""

from __future__ import annotations

import copy
from typing import Any

from integrations.sandbox.kernel import Reply, Request, Row, json_reply, route
from integrations.sandbox.visma import parts
from integrations.sandbox.visma.listing import Listing, has_attributes
from integrations.sandbox.visma.parts import Json
from integrations.sandbox.visma.writing import Writing, apply, apply_address, apply_contact
from integrations.sandbox.world.names import COUNTRY_NAMES

SUPPLIERS = Listing(
    entity="supplier",
    text={"status": "status", "vatregistrationid": "vatRegistrationId", "corporateid": "corporateId"},
    contains={"name": "name"},
    special={"attributes": has_attributes},
    hidden={"glAccounts": "expandaccountinformation", "note": "expandnote"},
    order_by={"number": "number", "name": "name", "status": "status"},
)
CUSTOMERS = Listing(
    entity="customer",
    created=True,
    text={
        "status": "status",
        "vatregistrationid": "vatRegistrationId",
        "corporateid": "corporateId",
        "email": "mainContact.email",
        "phone": "mainContact.phone1",
    },
    contains={"name": "name"},
    special={"attributes": has_attributes},
)
_SUPPLIER_SAME = (
    "name", "status", "accountReference", "numberOfEmployees", "documentLanguage", "currencyId", "currencyOverride",
    "currencyRateOverride", "cashAccount", "paymentLeadTime", "paymentRefDisplayMask", "paySeparately",
    "vatRegistrationId", "corporateId", "chargeBearer", "accountUsedForPayment", "paymentBy", "retainageApply",
    "retainagePct", "note", "naceCode", "landedCostSupplier",
)  # fmt: skip
_CUSTOMER_SAME = (
    "name", "status", "accountReference", "numberOfEmployees", "currencyId", "creditLimit", "creditDaysPastDue",
    "printInvoices", "acceptAutoInvoices", "sendInvoicesByEmail", "sendDunningLettersViaEMail", "printDunningLetters",
    "printStatements", "sendStatementsByEmail", "printMultiCurrencyStatements", "invoiceToDefaultLocation",
    "vatRegistrationId", "corporateId", "gln", "note", "creditVerification", "statementType", "excludeDebtCollection",
)  # fmt: skip
_CLASSES = {"1": "Inrikes", "2": "Utrikes"}
_CUSTOMER_CLASSES = {"1": "Standard", "2": "Webbkunder", "3": "Utlandskunder"}


class Partners(Writing):
    """Suppliers and customers."""

    @route("GET", "/v1/supplier")
    def supplier_list(self, request: Request) -> Reply:
        """All suppliers, filtered and paged."""
        return self.list_of(request, SUPPLIERS)

    @route("GET", "/v1/supplier/supplierClass")
    def supplier_classes(self, request: Request) -> Reply:
        """The two classes."""
        return json_reply(200, [{"id": key, "description": text} for key, text in _CLASSES.items()])

    @route("GET", "/v1/supplier/<number>")
    def supplier_one(self, request: Request, number: str) -> Reply:
        """One supplier."""
        return self.one("supplier", self.row("supplier", number))

    @route("GET", "/v1/supplier/<number>/balance")
    def supplier_balance(self, request: Request, number: str) -> Reply:
        """What is owed, from open documents."""
        supplier = self.row("supplier", number)["body"]
        owed = sum(
            row["body"]["balance"]
            for row in self.rows("supplierInvoice")
            if row["body"]["supplier"]["number"] == supplier["number"] and row["body"]["status"] == "Open"
        )
        reference = {name: supplier[name] for name in ("internalId", "number", "name")}
        return json_reply(200, {"supplier": reference, "balance": round(owed, 2)})

    @route("POST", "/v1/supplier")
    def supplier_create(self, request: Request) -> Reply:
        """A new supplier; its number is ours only with overrideNumberSeries."""
        values = self.body(request, "supplier")
        self.begin()
        number = self._number("supplier", values, "Supplier")
        body = self._blank_supplier(number)
        self._change_supplier(body, values)
        self._require_name(body, "Supplier name")
        self.end("Error inserting the supplier. Error: Inserting 'Supplier' record raised at least one error.")
        row = self.add("supplier", number, body)
        return self.created_reply(request, f"/v1/supplier/{number}", row)

    @route("PUT", "/v1/supplier/<number>")
    def supplier_update(self, request: Request, number: str) -> Reply:
        """Change the named members."""
        row = self.row("supplier", number)
        self.check_match(request, row)
        return self._update(row, self.body(request, "supplier"), "supplier")

    @route("GET", "/v1/customer")
    def customer_list(self, request: Request) -> Reply:
        """All customers, filtered and paged."""
        return self.list_of(request, CUSTOMERS)

    @route("GET", "/v1/customer/customerClass")
    def customer_classes(self, request: Request) -> Reply:
        """All classes."""
        return json_reply(200, [_customer_class(key) for key in _CUSTOMER_CLASSES])

    @route("GET", "/v1/customer/customerClass/<number>")
    def customer_class(self, request: Request, number: str) -> Reply:
        """One class."""
        if number not in _CUSTOMER_CLASSES:
            return self.business(404, "The customer class was not found.", f"'{number}' cannot be found in the system.")
        return json_reply(200, _customer_class(number))

    @route("GET", "/v1/vatZone")
    def vat_zone_list(self, request: Request) -> Reply:
        """Zones, at home and abroad."""
        return json_reply(200, list(self.vat_zones().values()))

    @route("GET", "/v1/vatZone/<number>")
    def vat_zone_one(self, request: Request, number: str) -> Reply:
        """One zone."""
        zone = self.vat_zones().get(number)
        if zone is None:
            return self.business(404, "The VAT zone was not found.", f"'{number}' cannot be found in the system.")
        return json_reply(200, zone)

    @route("GET", "/v1/customer/<number>")
    def customer_one(self, request: Request, number: str) -> Reply:
        """One customer."""
        return self.one("customer", self.row("customer", number))

    @route("GET", "/v1/customer/internal/<int:internal_id>")
    def customer_internal(self, request: Request, internal_id: int) -> Reply:
        """One customer by its internal id."""
        return self.one("customer", self._by_internal_id(internal_id))

    @route("POST", "/v1/customer")
    def customer_create(self, request: Request) -> Reply:
        """A new customer."""
        values = self.body(request, "customer")
        self.begin()
        number = self._number("customer", values, "Customer")
        body = self._blank_customer(number)
        self._change_customer(body, values)
        self._require_name(body, "Customer name")
        self.end("Error inserting the customer. Error: Inserting 'Customer' record raised at least one error.")
        row = self.add("customer", number, body)
        return self.created_reply(request, f"/v1/customer/{number}", row)

    @route("PUT", "/v1/customer/<number>")
    def customer_update(self, request: Request, number: str) -> Reply:
        """Change the named members."""
        row = self.row("customer", number)
        self.check_match(request, row)
        return self._update(row, self.body(request, "customer"), "customer")

    @route("PUT", "/v1/customer/internal/<int:internal_id>")
    def customer_internal_update(self, request: Request, internal_id: int) -> Reply:
        """Change the named members, found by internal id."""
        row = self._by_internal_id(internal_id)
        self.check_match(request, row)
        return self._update(row, self.body(request, "customer"), "customer")

    def _update(self, row: Row, values: Json, entity: str) -> Reply:
        body = copy.deepcopy(row["body"])
        self.begin()
        if entity == "supplier":
            self._change_supplier(body, values)
        else:
            self._change_customer(body, values)
        self._require_name(body, f"{entity.capitalize()} name")
        self.end(f"Error updating the {entity}. Error: Updating '{entity.capitalize()}' record raised an error.")
        self.change(row, body)
        return self.updated_reply(row)

    def _by_internal_id(self, internal_id: int) -> Row:
        for row in self.rows("customer"):
            if row["body"]["internalId"] == internal_id:
                return row
        return self.row("customer", f"internal {internal_id}")

    def _number(self, entity: str, values: Json, caption: str) -> str:
        given = values.get("number")
        if not (given and values.get("overrideNumberSeries")):
            return self.series(entity)
        if self.find(entity, str(given)) is not None:
            self.errors.append(f"{caption} ID '{given}' already exists.")
        return str(given)

    def _require_name(self, body: Json, caption: str) -> None:
        if not str(body["name"]).strip():
            self.errors.append(f"'{caption}' cannot be empty.")

    def _change_supplier(self, body: Json, values: Json) -> None:
        apply(body, values, _SUPPLIER_SAME)
        if (code := values.get("supplierClassId")) is not None:
            if code in _CLASSES:
                body["supplierClass"] = {"id": code, "description": _CLASSES[code]}
            else:
                self.errors.append(f"Supplier Class '{code}' cannot be found in the system.")
        self._change_shared(body, values)
        if (method := values.get("paymentMethodId")) is not None:
            self.refer(body, "paymentMethod", "paymentmethod", method, "Payment method")
        for name in ("remitAddress", "supplierAddress"):
            apply_address(body, name, values.get(name))
        for name in ("remitContact", "supplierContact"):
            apply_contact(body, name, values.get(name))
        for detail in values.get("supplierPaymentMethodDetails", ()):
            self._change_payment_detail(body, detail)

    def _change_payment_detail(self, body: Json, detail: Json) -> None:
        description = detail.get("paymentMethodDetailDescription")
        for own in body["supplierPaymentMethodDetails"]:
            if own["paymentMethodDetailDescription"] == description:
                own["paymentMethodDetailValue"] = detail.get("paymentMethodDetailValue")
                return
        body["supplierPaymentMethodDetails"].append(detail)

    def _change_customer(self, body: Json, values: Json) -> None:
        apply(body, values, _CUSTOMER_SAME)
        if (code := values.get("customerClassId")) is not None:
            body["customerClass"] = {"id": code, "description": _CUSTOMER_CLASSES.get(code, "")}
            if code not in _CUSTOMER_CLASSES:
                self.errors.append(f"Customer Class '{code}' cannot be found in the system.")
        self._change_shared(body, values)
        for name in ("invoiceAddress", "deliveryAddress"):
            apply_address(body, name, values.get(name))
        for name in ("invoiceContact", "deliveryContact"):
            apply_contact(body, name, values.get(name))

    def _change_shared(self, body: Json, values: Json) -> None:
        if (currency := values.get("currencyId")) is not None:
            self.need("currency", currency, "Currency")
        if (days := values.get("creditTermsId")) is not None:
            self.refer(body, "creditTerms", "creditTerm", days, "Terms")
        if (zone := values.get("vatZoneId")) is not None:
            if zone in {"01", "02"}:
                body["vatZone"] = parts.vat_zone(self.company, domestic=zone == "01")
            else:
                self.errors.append(f"Tax Zone '{zone}' cannot be found in the system.")
        apply_address(body, "mainAddress", values.get("mainAddress"))
        apply_contact(body, "mainContact", values.get("mainContact"))
        self.attributes(body, values.get("attributeLines", ()))

    def _blank_supplier(self, number: str) -> Json:
        company = self.company
        return {
            **self._blank(number, 90_000),
            "supplierClass": parts.supplier_class(domestic=True),
            "documentLanguage": f"{company.country.lower()}-{company.country}",
            "paymentMethod": parts.payment_method("1"),
            "cashAccount": parts.cash_account(company, company.currency),
            "chargeBearer": "Shared",
            "accountUsedForPayment": "IBAN",
            "paymentBy": "DueDate",
            "paymentLeadTime": 0,
            "paySeparately": False,
            "glAccounts": {},
            "supplierPaymentMethodDetails": [],
            "note": "",
        }

    def _blank_customer(self, number: str) -> Json:
        return {
            **self._blank(number, 80_000),
            "customerClass": {"id": "1", "description": "Standard"},
            "creditVerification": "Disabled",
            "creditLimit": 0.0,
            "gln": "",
            "defaultPaymentMethodId": "1",
            "createdDateTime": "",
        }

    def _blank(self, number: str, first_internal_id: int) -> dict[str, Any]:
        company = self.company
        return {
            "internalId": first_internal_id + self.store.next("internalId"),
            "number": number,
            "name": "",
            "status": "Active",
            "mainAddress": {"country": {"id": company.country, "name": COUNTRY_NAMES[company.country]}},
            "mainContact": {},
            "creditTerms": parts.terms(30),
            "currencyId": company.currency,
            "vatRegistrationId": "",
            "corporateId": "",
            "vatZone": parts.vat_zone(company, domestic=True),
            "location": parts.location(company.country),
            "attributes": [],
            **parts.STAMPED,
        }


def _customer_class(key: str) -> Json:
    return {
        "id": key,
        "description": _CUSTOMER_CLASSES[key],
        "taxZoneId": "02" if key == "3" else "01",
        "requiredTaxzoneId": True,
        "paymentMethodId": "1",
        "attributes": [],
    }

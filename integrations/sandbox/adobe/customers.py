"""Customers with their addresses, customer groups and companies (B2B)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.sandbox.kernel import Reply, Request, Row, json_reply, route
from integrations.sandbox.world.values import Customer

from .access import Json, without_nulls
from .catalog import Catalog
from .errors import NO_ROUTE, no_entity, refuse, required
from .lists import COMPANIES, CUSTOMERS, GROUPS

CUSTOMER_ACL, GROUP_ACL, COMPANY_ACL = "Magento_Customer::customer", "Magento_Customer::group", "Magento_Company::index"
COMPANY_ATTRIBUTES = "Magento_CustomAttributeSerializableB2b"
ADDRESS_MEMBERS = (
    "firstname", "middlename", "lastname", "company", "street", "postcode", "city", "country_id", "region",
    "region_id", "telephone", "vat_id",
)  # fmt: skip
_WRITABLE = (
    "group_id", "email", "firstname", "lastname", "middlename", "prefix", "suffix", "dob", "gender", "taxvat",
    "store_id", "website_id", "disable_auto_group_change", "custom_attributes", "default_billing", "default_shipping",
)  # fmt: skip
_SHOP_ONLY = (
    ("Maja", "Sundqvist", "SE", "Storgatan 4", "903 26", "Umeå", "+46 90 700 41", None, None),
    ("Sindre", "Haugen", "NO", "Torgallmenningen 8", "5014", "Bergen", "+47 55 30 41 20", None, None),
    ("Jürgen", "Groß", "DE", "Lange Straße 12", "20457", "Hamburg", "+49 40 700 12", "Wollstube Groß GmbH",
     "DE811907980"),
    ("Aino", "O'Korhonen", "FI", "Hämeenkatu 1 A 2", "33100", "Tampere", "+358 50 700 12", None, None),
    ("Emil", "Åkerblom", "SE", "Kungsgatan 9 lgh 1102", "411 19", "Göteborg", "+46 31 700 77", None, None),
    ("Kirsten", "Holm", "DK", "Vestergade 2, 2. th.", "8000", "Aarhus C", "+45 86 70 70 70", None, None),
)  # fmt: skip


class Customers(Catalog):
    """Customer master data."""

    @route("GET", "/V1/customers/search", label=CUSTOMER_ACL)
    def customer_search(self, request: Request) -> Reply:
        """Search; addresses are included."""
        return self.search(request, CUSTOMERS)

    @route("GET", "/V1/customers/<int:customer_id>", label=CUSTOMER_ACL)
    def customer_one(self, request: Request, customer_id: int) -> Reply:
        """One customer."""
        return self.shown(request, self._customer(customer_id))

    @route("POST", "/V1/customers", label=CUSTOMER_ACL)
    def customer_create(self, request: Request) -> Reply:
        """A new customer; an e-mail address counts once a website."""
        values = self.body_of(request).get("customer") or required("customer")
        return json_reply(200, without_nulls(self._saved_customer(None, values)["body"]))

    @route("PUT", "/V1/customers/<int:customer_id>", label=CUSTOMER_ACL)
    def customer_update(self, request: Request, customer_id: int) -> Reply:
        """Change the named members; a list of addresses replaces all of them, none keeps them."""
        values = self.body_of(request).get("customer") or required("customer")
        return json_reply(200, without_nulls(self._saved_customer(self._customer(customer_id), values)["body"]))

    @route("DELETE", "/V1/customers/<int:customer_id>", label=CUSTOMER_ACL)
    def customer_delete(self, request: Request, customer_id: int) -> Reply:
        """Delete; orders stay, without customer_id."""
        self.remove_customer(self._customer(customer_id))
        return json_reply(200, True)

    @route("GET", "/V1/customers/<int:customer_id>/billingAddress", label=CUSTOMER_ACL)
    def customer_billing(self, request: Request, customer_id: int) -> Reply:
        """The default billing address, or null."""
        return json_reply(200, without_nulls(default_address(self._customer(customer_id)["body"], "billing")))

    @route("GET", "/V1/customers/<int:customer_id>/shippingAddress", label=CUSTOMER_ACL)
    def customer_shipping(self, request: Request, customer_id: int) -> Reply:
        """The default shipping address, or null."""
        return json_reply(200, without_nulls(default_address(self._customer(customer_id)["body"], "shipping")))

    @route("GET", "/V1/customerGroups/search", label=GROUP_ACL)
    def group_search(self, request: Request) -> Reply:
        """Search."""
        return self.search(request, GROUPS)

    @route("GET", "/V1/customerGroups/<int:group_id>", label=GROUP_ACL)
    def group_one(self, request: Request, group_id: int) -> Reply:
        """One group."""
        row = self.row("customer_groups", group_id)
        return self.shown(request, row) if row else no_entity("id", group_id)

    @route("GET", "/V1/company", label=COMPANY_ACL)
    def company_search(self, request: Request) -> Reply:
        """Search; only where the B2B modules are."""
        self._business()
        return self.search(request, COMPANIES, show=self._company_shown)

    @route("GET", "/V1/company/<int:company_id>", label=COMPANY_ACL)
    def company_one(self, request: Request, company_id: int) -> Reply:
        """One company."""
        self._business()
        row = self.row("companies", company_id) or no_entity("id", company_id)
        return self.answer(request, self._company_shown(row["body"]))

    @route("POST", "/V1/company/setCustomAttributes", label=COMPANY_ACL)
    def company_attributes(self, request: Request) -> Reply:
        """Attributes of a company, all at once; only where the module for them is."""
        self._business()
        if not self.has_module(COMPANY_ATTRIBUTES):
            refuse(404, NO_ROUTE)
        values = self.body_of(request)
        own = values.get("companyId") or values.get("company_id") or required("companyId")
        row = self.row("companies", own) or no_entity("id", own)
        given = values.get("customAttributes") or values.get("custom_attributes") or []
        row["body"]["custom_attributes"] = [
            {"attribute_code": one["attribute_code"], "value": str(one["value"])} for one in given
        ]
        self.store.touch()
        return json_reply(200, True)

    def _company_shown(self, company: Json) -> Any:
        hidden = () if self.has_module(COMPANY_ATTRIBUTES) else ("custom_attributes",)
        return without_nulls({name: value for name, value in company.items() if name not in hidden})

    def _business(self) -> None:
        if not self.has_module("Magento_Company"):
            refuse(404, NO_ROUTE)

    def _customer(self, customer_id: int) -> Row:
        row = self.row("customers", customer_id)
        return row if row else no_entity("customerId", customer_id)

    def _saved_customer(self, row: Row | None, values: Mapping[str, Any]) -> Row:
        if row is None or "website_id" in values:
            website = values.get("website_id") or 1
            same = [
                r
                for r in self.rows("customers")
                if r["body"]["email"].casefold() == str(values.get("email", "")).casefold()
            ]
            if any(r is not row and r["body"]["website_id"] == website for r in same):
                refuse(400, "A customer with the same email address already exists in an associated website.")
        for name in ("email", "firstname", "lastname"):
            if not (values.get(name) or (row and row["body"].get(name))):
                required(name)
        row = row or self.new_customer(values)
        body = row["body"] | {name: values[name] for name in _WRITABLE if name in values}
        if "addresses" in values:
            body["addresses"] = [self._address(body["id"], one) for one in values["addresses"]]
        row["body"] = body
        self.touch_customer(row)
        return row

    # what people and seeds do

    def new_customer(self, values: Mapping[str, Any], *, own: int | None = None) -> Row:
        """A customer with `values` in the API's words."""
        own = own or self.number("customer")
        store = self.shop.store_by_id(int(values.get("store_id", 1)))
        body: Json = {
            "id": own,
            "group_id": 1,
            "default_billing": None,
            "default_shipping": None,
            "created_at": self.stamp(),
            "updated_at": self.stamp(),
            "created_in": store.name,
            "email": "",
            "firstname": "",
            "lastname": "",
            "middlename": None,
            "gender": 0,
            "taxvat": None,
            "store_id": store.id,
            "website_id": store.website,
            "addresses": [],
            "disable_auto_group_change": 0,
            "extension_attributes": {"is_subscribed": False},
            "custom_attributes": None,
        }
        body |= {name: value for name, value in values.items() if name in body and name != "addresses"}
        body["addresses"] = [self._address(own, one) for one in values.get("addresses", ())]
        for one in body["addresses"][:1]:
            one |= {"default_billing": True, "default_shipping": True}
            body |= {"default_billing": str(one["id"]), "default_shipping": str(one["id"])}
        return self.add("customers", own, body)

    def _address(self, customer_id: int, values: Mapping[str, Any]) -> Json:
        region = values.get("region") if isinstance(values.get("region"), dict) else None
        address = {name: values.get(name) for name in ADDRESS_MEMBERS if values.get(name) is not None}
        own = values.get("id") or self.number("address")
        nested = region or {"region_code": None, "region": None, "region_id": 0}
        flags = {name: True for name in ("default_billing", "default_shipping") if values.get(name)}
        return {"id": own, "customer_id": customer_id, **address, "region": nested, "region_id": 0, **flags}

    def touch_customer(self, row: Row) -> None:
        """A customer's own row was written: updated_at moves."""
        row["body"] = {**row["body"], "updated_at": self.stamp()}
        self.store.touch()
        self.happened("customer_save_after", {"customer": row["body"]})

    def remove_customer(self, row: Row) -> None:
        """Delete a customer; its orders keep everything but the id."""
        for order in self.rows("orders"):
            if order["body"].get("customer_id") == row["body"]["id"]:
                order["body"]["customer_id"] = None
        del self.store.table("customers")[row["key"]]

    def happened(self, event: str, data: Json) -> None:
        """Hook: something was saved that webhooks and events may tell of."""

    def seed_customers(self) -> None:
        """The company's active customers; in the Finnish shop also people whom Visma does not know."""
        used: set[str] = set()
        known = [c for c in self.world.customers if c.company == self.shop.key and c.status == "Active"]
        for customer in known:
            own = customer.web_id or 100 + int(customer.number) - 10_000
            email = customer.contact.email
            email = email if email not in used else f"{own}.{email}"
            used.add(email)
            row = self.new_customer(self._twin(customer, email), own=own)
            if self.shop.business:
                self._seed_company(customer, row)
        self.store.counters[f"{self.shop.key}/customer"] = 10_000
        if not self.shop.business:
            for values in _SHOP_ONLY:
                self._seed_stranger(*values)

    def _twin(self, customer: Customer, email: str) -> Json:
        person = customer.name if customer.organisation_number is None else customer.contact.attention or customer.name
        first, _, last = person.partition(" ")
        address = customer.address
        lines = [line for line in (address.line1, address.line2) if line]
        return {
            "email": email,
            "firstname": first,
            "lastname": last or first,
            "taxvat": customer.vat_number,
            "addresses": [
                {
                    "firstname": first,
                    "lastname": last or first,
                    "company": customer.name if customer.organisation_number else None,
                    "street": lines,
                    "postcode": address.postal_code,
                    "city": address.city,
                    "country_id": address.country,
                    "telephone": customer.contact.phone,
                    "vat_id": customer.vat_number,
                }
            ],
        }

    def _seed_company(self, customer: Customer, row: Row) -> None:
        own, address = self.number("company"), customer.address
        body = {
            "id": own,
            "status": 1,
            "company_name": customer.name,
            "legal_name": customer.name,
            "company_email": customer.contact.email,
            "vat_tax_id": customer.vat_number,
            "reseller_id": customer.organisation_number,
            "street": [address.line1],
            "city": address.city,
            "country_id": address.country,
            "region": "",
            "postcode": address.postal_code,
            "telephone": customer.contact.phone,
            "customer_group_id": 1,
            "sales_representative_id": 1,
            "reject_reason": "",
            "rejected_at": "",
            "super_user_id": row["body"]["id"],
        }
        self.add("companies", own, body)
        attributes = {"customer_id": row["body"]["id"], "company_id": own, "job_title": "", "status": 1}
        row["body"]["extension_attributes"] |= {"company_attributes": attributes}

    def _seed_stranger(
        self, first: str, last: str, country: str, street: str, code: str, city: str, phone: str,
        company: str | None, vat: str | None,
    ) -> None:  # fmt: skip
        store = {"SE": 3, "NO": 4}.get(country, 1)
        letters = "".join(c for c in f"{first}.{last}".lower() if c.isascii() and (c.isalpha() or c == "."))
        self.new_customer(
            {
                "email": f"{letters}@post.example",
                "firstname": first,
                "lastname": last,
                "group_id": 4 if vat else 1,
                "taxvat": vat,
                "store_id": store,
                "addresses": [
                    {"firstname": first, "lastname": last, "company": company, "street": [street], "postcode": code,
                     "city": city, "country_id": country, "telephone": phone, "vat_id": vat}
                ],
            }
        )  # fmt: skip


def default_address(customer: Json, kind: str) -> Json | None:
    """The default "billing" or "shipping" address of a customer."""
    return next((a for a in customer["addresses"] if a.get(f"default_{kind}")), None)

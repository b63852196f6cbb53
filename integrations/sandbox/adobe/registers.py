"""What a shop is set up with: modules, websites, stores, taxes, currencies, countries."""

from __future__ import annotations

from integrations.sandbox.kernel import Reply, Request, json_reply, route

from .access import SAAS_MODULES
from .amounts import number
from .documents import Documents
from .errors import no_entity
from .lists import TAX_CLASSES, TAX_RATES, TAX_RULES
from .shops import BUSINESS_ABROAD, EU, GROUPS, RETAIL, TAX_LEVELS, tax_code

STORE_ACL, TAX_ACL = "Magento_Backend::store", "Magento_Tax::manage_tax"


class Registers(Documents):
    """Read only."""

    @route("GET", "/V1/modules", label="Magento_Backend::all")
    def module_list(self, request: Request) -> Reply:
        """Names of the installed modules."""
        more = SAAS_MODULES if self.face == "saas" else ()
        return json_reply(200, [*self.options["modules"], *(m for m in more if m not in self.options["modules"])])

    @route("GET", "/V1/store/storeConfigs", label=STORE_ACL)
    def store_configs(self, request: Request) -> Reply:
        """Locale, currencies and time zone of each store view; option storeCodes[] narrows."""
        wanted = [value for name, value in request.args.items(multi=True) if name.startswith("storeCodes")]
        host = f"{request.scheme}://{request.host}/adobe/{self.shop.slug}/"
        names = ("base_url", "base_link_url", "base_static_url", "base_media_url")
        urls = {prefix + name: host for name in names for prefix in ("", "secure_")}
        return json_reply(
            200,
            [
                {
                    "id": store.id,
                    "code": store.code,
                    "website_id": store.website,
                    "locale": store.locale,
                    "base_currency_code": self.shop.base_currency,
                    "default_display_currency_code": store.currency,
                    "timezone": store.time_zone,
                    "weight_unit": "kgs",
                    **urls,
                }
                for store in self.shop.stores
                if not wanted or store.code in wanted
            ],
        )

    @route("GET", "/V1/store/storeViews", label=STORE_ACL)
    def store_views(self, request: Request) -> Reply:
        """Store views, the admin's first."""
        admin = {"id": 0, "code": "admin", "name": "Admin", "website_id": 0, "store_group_id": 0, "is_active": 1}
        own = [
            {
                "id": s.id,
                "code": s.code,
                "name": s.name,
                "website_id": s.website,
                "store_group_id": s.group,
                "is_active": 1,
            }
            for s in self.shop.stores
        ]
        return json_reply(200, [admin, *own])

    @route("GET", "/V1/store/storeGroups", label=STORE_ACL)
    def store_groups(self, request: Request) -> Reply:
        """Groups: one in each website."""
        admin = {
            "id": 0,
            "website_id": 0,
            "root_category_id": 0,
            "default_store_id": 0,
            "name": "Default",
            "code": "default",
        }
        own = [
            {"id": w.id, "website_id": w.id, "root_category_id": 2, "default_store_id": w.default_store,
             "name": f"{w.name} Store", "code": f"{w.code}_store"}
            for w in self.shop.websites
        ]  # fmt: skip
        return json_reply(200, [admin, *own])

    @route("GET", "/V1/store/websites", label=STORE_ACL)
    def websites(self, request: Request) -> Reply:
        """Websites, the admin's first."""
        admin = {"id": 0, "code": "admin", "name": "Admin", "default_group_id": 0}
        own = [{"id": w.id, "code": w.code, "name": w.name, "default_group_id": w.id} for w in self.shop.websites]
        return json_reply(200, [admin, *own])

    @route("GET", "/V1/directory/currency", open=True)
    def currencies(self, request: Request) -> Reply:
        """Currencies of the shop; anyone may read them."""
        base, all_of = self.shop.base_currency, list(dict.fromkeys(s.currency for s in self.shop.stores))
        own = self.store_view.currency if self.store_view else base
        return json_reply(200, {"base_currency_code": base, "default_display_currency_code": own,
                                "available_currency_codes": all_of, "exchange_rates": []})  # fmt: skip

    @route("GET", "/V1/taxClasses/search", label=TAX_ACL)
    def tax_class_search(self, request: Request) -> Reply:
        """Classes of products and of customers."""
        return self.search(request, TAX_CLASSES)

    @route("GET", "/V1/taxClasses/<int:class_id>", label=TAX_ACL)
    def tax_class_one(self, request: Request, class_id: int) -> Reply:
        """One class."""
        row = self.row("tax_classes", class_id)
        return self.shown(request, row) if row else no_entity("class_id", class_id)

    @route("GET", "/V1/taxRates/search", label=TAX_ACL)
    def tax_rate_search(self, request: Request) -> Reply:
        """Rates; their codes stand in applied taxes."""
        return self.search(request, TAX_RATES)

    @route("GET", "/V1/taxRules/search", label=TAX_ACL)
    def tax_rule_search(self, request: Request) -> Reply:
        """Which classes have which rates."""
        return self.search(request, TAX_RULES)

    def seed_registers(self) -> None:
        """Customer groups, tax classes, rates for the shop's EU countries, rules."""
        classes = {number: (name, "PRODUCT") for number, name in TAX_LEVELS.values()}
        classes |= {RETAIL: ("Retail Customer", "CUSTOMER"), BUSINESS_ABROAD: ("EU Business", "CUSTOMER")}
        for own, (name, kind) in sorted(classes.items()):
            self.add("tax_classes", own, {"class_id": own, "class_name": name, "class_type": kind})
        for own, code, tax_class in GROUPS:
            body = {"id": own, "code": code, "tax_class_id": tax_class, "tax_class_name": classes[tax_class][0]}
            self.add("customer_groups", own, body)
        for rate in self.shop.company.vat_rates:
            product, ids = TAX_LEVELS[rate.level][0], []
            if not rate.rate:
                continue
            for country in sorted(EU):
                own = self.number("tax_rate")
                ids.append(own)
                body = {
                    "id": own,
                    "tax_country_id": country,
                    "tax_region_id": 0,
                    "tax_postcode": "*",
                    "rate": number(rate.rate),
                    "code": tax_code(country, rate.rate),
                    "titles": [],
                }
                self.add("tax_rates", own, body)
            rule = self.number("tax_rule")
            body = {
                "id": rule,
                "code": f"{classes[product][0]} {number(rate.rate)} %",
                "priority": 0,
                "position": 0,
                "customer_tax_class_ids": [RETAIL],
                "product_tax_class_ids": [product],
                "tax_rate_ids": ids,
                "calculate_subtotal": False,
            }
            self.add("tax_rules", rule, body)

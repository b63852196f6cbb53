"""The two shops and everything about them that does not change: stores, credentials, tax classes, customer groups."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from decimal import Decimal

from integrations.sandbox.world import Company

from .oauth import LENGTH, Integration

RETAIL, BUSINESS_ABROAD = 3, 7
STANDARD_CLASS = 2
TAX_LEVELS = {
    "High": (STANDARD_CLASS, "Taxable Goods"),
    "Medium": (4, "Medium Rate"),
    "Low": (5, "Low Rate"),
    "Zero": (6, "Exempt"),
}
GROUPS = ((0, "NOT LOGGED IN", RETAIL), (1, "General", RETAIL), (2, "Wholesale", RETAIL), (3, "Retailer", RETAIL),
          (4, "EU business", BUSINESS_ABROAD))  # fmt: skip
EU = frozenset({"SE", "DK", "FI", "DE"})
READ_ONLY = frozenset(
    {
        "Magento_Sales::actions_view", "Magento_Sales::sales_invoice", "Magento_Sales::sales_creditmemo",
        "Magento_Sales::shipment", "Magento_Customer::customer", "Magento_Customer::group", "Magento_Backend::store",
        "Magento_Catalog::products", "Magento_Tax::manage_tax", "Magento_Backend::all", "Magento_Company::index",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A store view: what a shopper sees. `website` and `group` are ids; prices are shown in `currency`."""

    id: int
    code: str
    name: str
    website: int
    group: int
    locale: str
    currency: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Website:
    """A website with its only group of stores."""

    id: int
    code: str
    name: str
    default_store: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One installation of Adobe Commerce, of one company."""

    company: Company
    slug: str
    tenant_id: str
    base_currency: str
    prices_include_tax: bool
    business: bool
    websites: tuple[Website, ...]
    stores: tuple[Store, ...]
    integration: Integration
    limited: Integration
    admin: str
    password: str
    totp_seed: str
    ims_client: str
    ims_secret: str
    ims_org: str

    @property
    def key(self) -> str:
        """The key of the company: "FI" or "SE"."""
        return self.company.key

    def store(self, code: str) -> Store:
        """The store view with this code. Raises KeyError."""
        for store in self.stores:
            if store.code == code:
                return store
        raise KeyError(f"{self.slug} has no store {code!r}; there are {', '.join(s.code for s in self.stores)}")

    def store_by_id(self, store_id: int) -> Store:
        """The store view with this id. Raises KeyError."""
        for store in self.stores:
            if store.id == store_id:
                return store
        raise KeyError(store_id)

    def website(self, website_id: int) -> Website:
        """The website with this id. Raises KeyError."""
        for website in self.websites:
            if website.id == website_id:
                return website
        raise KeyError(website_id)

    def tax_class(self, vat_id: str) -> int:
        """The product tax class of goods with this VAT code. Raises KeyError."""
        return TAX_LEVELS[self.company.vat(vat_id).level][0]

    def rate_of_class(self, tax_class: int) -> Decimal:
        """The home rate of a product tax class, in percent."""
        for rate in self.company.vat_rates:
            if TAX_LEVELS[rate.level][0] == tax_class:
                return rate.rate
        return Decimal(0)

    def tax_rate(self, tax_class: int, *, country: str, group: int) -> Decimal:
        """What is charged: the home rate, but nothing outside the EU and to businesses of other EU countries."""
        if country not in EU or (country != self.company.country and _class_of(group) == BUSINESS_ABROAD):
            return Decimal(0)
        return self.rate_of_class(tax_class)


def tax_code(country: str, rate: Decimal) -> str:
    """The code of a tax rate, as it stands in applied taxes: "FI-25.5"."""
    return f"{country}-{rate.normalize():f}"


def build_shops(companies: list[Company]) -> dict[str, Shop]:
    """The Finnish shop (people, prices with tax, EUR, SEK, NOK) and the Swedish one (companies, SEK, EUR)."""
    shops = [_finnish(company) if company.key == "FI" else _swedish(company) for company in companies
             if company.key in {"FI", "SE"}]  # fmt: skip
    return {shop.key: shop for shop in shops}


def _class_of(group: int) -> int:
    return next((tax_class for number, _, tax_class in GROUPS if number == group), RETAIL)


def _finnish(company: Company) -> Shop:
    zone = company.time_zone
    return _shop(
        company,
        base_currency="EUR",
        prices_include_tax=True,
        business=False,
        websites=(
            Website(id=1, code="base", name="Käsityöpuoti", default_store=1),
            Website(id=2, code="nordic", name="Käsityöpuoti Norden", default_store=3),
        ),
        stores=(
            _store(1, "default", "Suomi", 1, "fi_FI", "EUR", zone),
            _store(2, "sv", "Svenska", 1, "sv_FI", "EUR", zone),
            _store(3, "se", "Sverige", 2, "sv_SE", "SEK", "Europe/Stockholm"),
            _store(4, "no", "Norge", 2, "nb_NO", "NOK", "Europe/Oslo"),
        ),
    )


def _swedish(company: Company) -> Shop:
    zone = company.time_zone
    return _shop(
        company,
        base_currency="SEK",
        prices_include_tax=False,
        business=True,
        websites=(Website(id=1, code="base", name="Nordlogistik", default_store=1),),
        stores=(
            _store(1, "default", "Sverige", 1, "sv_SE", "SEK", zone),
            _store(2, "eu", "Europe", 1, "en_US", "EUR", zone),
        ),
    )


def _store(id: int, code: str, name: str, website: int, locale: str, currency: str, zone: str) -> Store:
    return Store(
        id=id, code=code, name=name, website=website, group=website, locale=locale, currency=currency, time_zone=zone
    )


def _shop(
    company: Company,
    *,
    base_currency: str,
    prices_include_tax: bool,
    business: bool,
    websites: tuple[Website, ...],
    stores: tuple[Store, ...],
) -> Shop:
    slug = company.isa_id.lower()
    return Shop(
        company=company,
        slug=slug,
        tenant_id=_padded(f"{slug}tenant", 22),
        base_currency=base_currency,
        prices_include_tax=prices_include_tax,
        business=business,
        websites=websites,
        stores=stores,
        integration=_integration(1, slug, "", None),
        limited=_integration(2, slug, "ro", READ_ONLY),
        admin=f"admin-{slug}",
        password=f"sandbox-{slug}-Passw0rd",
        totp_seed=base64.b32encode(_padded(f"{slug}totp", 20).encode()).decode(),
        ims_client=f"ims-{slug}",
        ims_secret=f"sandbox-{slug}-ims-secret",
        ims_org=f"{_padded(slug.upper(), 24)}@AdobeOrg",
    )


def _integration(id: int, slug: str, kind: str, resources: frozenset[str] | None) -> Integration:
    return Integration(
        id=id,
        consumer_key=_padded(f"{slug}{kind}consumerkey", LENGTH),
        consumer_secret=_padded(f"{slug}{kind}consumersecret", LENGTH),
        access_token=_padded(f"{slug}{kind}accesstoken", LENGTH),
        access_token_secret=_padded(f"{slug}{kind}tokensecret", LENGTH),
        resources=resources,
    )


def _padded(text: str, length: int) -> str:
    return text.ljust(length, "0")[:length]
